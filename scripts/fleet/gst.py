"""The one place that loads GStreamer; everybody else imports the names from here."""

NEEDS = ("python3-gi gir1.2-gst-rtsp-server-1.0 gir1.2-gst-plugins-base-1.0 gstreamer1.0-plugins-base "
         "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad")

try:
    import gi

    for _name in ("Gst", "GstApp", "GstRtsp", "GstRtspServer"):
        gi.require_version(_name, "1.0")
    from gi.repository import GLib, Gst, GstApp, GstRtsp, GstRtspServer  # noqa: F401 (GstApp gives appsrc its methods)
except (ImportError, ValueError) as error:
    raise SystemExit(f"camera-fleet: {error}\nOn Debian 12: apt-get install {NEEDS}") from None

Gst.init(None)
