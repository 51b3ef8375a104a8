"""Clips: files read once, kept in memory as the encoded frames of a video and perhaps an audio track."""

import bisect
import threading

from .gst import Gst

VIDEO = {"video/x-h264": ("h264", "h264parse config-interval=-1", "video/x-h264,stream-format=byte-stream,alignment=au"),
         "video/x-h265": ("h265", "h265parse config-interval=-1", "video/x-h265,stream-format=byte-stream,alignment=au")}
AUDIO = {"audio/mpeg": ("aac", "aacparse", "audio/mpeg,mpegversion=4,stream-format=raw"),
         "audio/x-alaw": ("pcma", "identity", "audio/x-alaw"),
         "audio/x-mulaw": ("pcmu", "identity", "audio/x-mulaw")}
SHARE = Gst.BufferCopyFlags.MEMORY  # the new buffer refers to the bytes of the old one
LOAD_LIMIT = 60 * Gst.SECOND


class ClipError(Exception):
    """A file that cannot be a camera, with the reason."""


def picture_offset(data, encoding):
    """Where the first slice begins (its start code): parameter sets and SEI stand before it."""
    at = data.find(b"\0\0\1")
    while 0 <= at < len(data) - 3:
        kind = data[at + 3] & 0x1F if encoding == "h264" else data[at + 3] >> 1 & 0x3F
        if (1 <= kind <= 5) if encoding == "h264" else kind < 32:
            return at - 1 if at and data[at - 1] == 0 else at
        at = data.find(b"\0\0\1", at + 3)
    return 0


class Track:
    """Frames in decoding order. Times in nanoseconds from the first frame; `dts` paces, `pts` stamps."""

    def __init__(self, kind, encoding):
        self.kind, self.encoding, self.caps = kind, encoding, None
        self.heads, self.bodies, self.pts, self.dts, self.is_key = [], [], [], [], []
        self.duration = self.bytes = 0
        self.keys, self.filler = [], None

    def add(self, buffer):
        data = buffer.extract_dup(0, buffer.get_size())
        cut = picture_offset(data, self.encoding) if self.kind == "video" else 0
        self.heads.append(data[:cut])
        self.bodies.append(Gst.Buffer.new_wrapped(data[cut:]))
        self.bytes += len(data)
        self.pts.append(None if buffer.pts == Gst.CLOCK_TIME_NONE else buffer.pts)
        self.dts.append(self.pts[-1] if buffer.dts == Gst.CLOCK_TIME_NONE else buffer.dts)
        self.is_key.append(not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT))

    def finish(self):
        n = len(self.pts)
        if n < 2:
            raise ClipError("a track with fewer than two frames cannot be looped")
        if None in self.pts:  # a raw stream has no times, only (perhaps) a frame rate
            known, num, den = self.caps.get_structure(0).get_fraction("framerate")
            step = 1_000_000_000 * den // num if known and num else 1_000_000_000 // 15
            self.pts = self.dts = [i * step for i in range(n)]
        start = self.dts[0]
        self.pts, self.dts = [p - start for p in self.pts], [d - start for d in self.dts]
        if any(later <= earlier for earlier, later in zip(self.dts, self.dts[1:])):
            raise ClipError("frames do not follow each other in time")
        self.duration = self.dts[-1] + round(self.dts[-1] / (n - 1))
        self.keys = [i for i, key in enumerate(self.is_key) if key] or [0]

    def fill(self, kbit):
        """Pad every frame with one filler NAL unit up to an average bit rate, as constant-rate encoders do."""
        missing = kbit * 125 * self.duration // 1_000_000_000 - self.bytes
        each = missing // len(self.pts)
        if each >= 16:
            head = b"\0\0\0\1\x0c" if self.encoding == "h264" else b"\0\0\0\1\x4c\x01"
            self.filler = Gst.Buffer.new_wrapped(head + b"\xff" * (each - len(head) - 1) + b"\x80")
            self.bytes += each * len(self.pts)

    def frame(self, index, mark=b""):
        """A buffer of frame `index` with a mark before its picture. Copies the mark, not the frame."""
        head = self.heads[index] + mark
        buffer = Gst.Buffer.new_wrapped(head) if head else Gst.Buffer.new()
        buffer.copy_into(self.bodies[index], SHARE, 0, self.bodies[index].get_size())
        if self.filler is not None:
            buffer.copy_into(self.filler, SHARE, 0, self.filler.get_size())
        if not self.is_key[index]:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        return buffer

    def at(self, phase):
        """Index of the frame on air at `phase`."""
        return max(0, bisect.bisect_right(self.dts, phase) - 1)

    def key_at(self, phase):
        """Index of the key frame whose GOP is on air at `phase`, and of the one after it (len = the next loop's)."""
        n = bisect.bisect_right(self.keys, self.at(phase))
        return self.keys[max(0, n - 1)], self.keys[n] if n < len(self.keys) else len(self.dts)


class Clip:
    """A file as a camera stream."""

    def __init__(self, path, video, audio):
        self.path, self.video, self.audio = path, video, audio
        shape = video.caps.get_structure(0)
        self.width, self.height = shape.get_value("width"), shape.get_value("height")

    def describe(self):
        v = self.video
        return dict(video=v.encoding, audio=self.audio and self.audio.encoding, width=self.width, height=self.height,
                    seconds=round(v.duration / 1e9, 3), fps=round(len(v.dts) * 1e9 / v.duration, 2),
                    kbit_s=round(v.bytes * 8e6 / v.duration), key_frames=len(v.keys))


def load(path, fill_kbit=0, want_audio=True):
    """Demux and parse one file."""
    pipeline = Gst.parse_launch("filesrc name=file ! parsebin name=parse")
    pipeline.get_by_name("file").set_property("location", path)
    tracks, lock = {}, threading.Lock()

    def pad_added(_bin, pad):
        name = (pad.get_current_caps() or pad.query_caps(None)).get_structure(0).get_name()
        kind = "video" if name in VIDEO else "audio" if name in AUDIO and want_audio else None
        with lock:
            wanted = kind is not None and kind not in tracks
            if wanted:
                encoding, parser, caps = (VIDEO if kind == "video" else AUDIO)[name]
                track = tracks[kind] = Track(kind, encoding)
        if not wanted:
            branch = Gst.ElementFactory.make("fakesink")
            branch.set_property("async", False)
        else:
            branch = Gst.parse_bin_from_description(
                f"queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! {parser} ! {caps} ! "
                "appsink name=out sync=false emit-signals=true", True)
            branch.get_by_name("out").connect("new-sample", new_sample, track)
        pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    def new_sample(sink, track):
        sample = sink.emit("pull-sample")
        track.caps = track.caps or sample.get_caps()
        track.add(sample.get_buffer())
        return Gst.FlowReturn.OK

    pipeline.get_by_name("parse").connect("pad-added", pad_added)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(LOAD_LIMIT, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        raise ClipError(f"{path}: {message.parse_error()[0].message if message else 'no end within a minute'}")
    if "video" not in tracks:
        raise ClipError(f"{path}: no H.264 or H.265 video in it")
    try:
        for track in tracks.values():
            track.finish()
    except ClipError as error:
        raise ClipError(f"{path}: {error}") from None
    if fill_kbit:
        tracks["video"].fill(fill_kbit)
    return Clip(path, tracks["video"], tracks.get("audio"))
