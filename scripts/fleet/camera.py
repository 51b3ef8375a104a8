"""A camera: two mount points (main, sub) and its faults."""

import os
import random
import socket
import threading
import time

from .gst import GLib, Gst, GstRtspServer
from .pacing import Player, begin, no_sync

PAYLOADER = {"h264": "rtph264pay name=pay0 pt=96 config-interval=-1", "h265": "rtph265pay name=pay0 pt=96 config-interval=-1",
             "aac": "rtpmp4gpay name=pay1 pt=97", "pcma": "rtppcmapay name=pay1 pt=8", "pcmu": "rtppcmupay name=pay1 pt=0"}
FOR_EVER = 1 << 62

FAULTS = """\
Faults: `camera-fleet ctl CAMERA ACTION [key=value ...]`, or POST /CAMERA/ACTION?key=value&... on the control port.
CAMERA is a name, a comma list, or `all`.

  drop                     close the connections of the camera's clients; they may come back at once
  off, on                  camera gone, camera back. One port per camera: connection refused; one port for all: 404
  restart s=5              off, and on again after s seconds; new SSRC, new timestamps, new session
  hang s=30                the port accepts connections and never answers (one port per camera only), then on again
  freeze [s=10]            connection and RTCP stay up, no media; without s until `thaw`
  thaw                     end of freeze; media goes on at the next key frame
  burst s=4                hold media back for s seconds, then send all of it at once (timestamps intact)
  loss p=0.02 [s=30]       lose that share of the RTP packets; sequence numbers show it (p=0 ends it)
  switch clip=NAME [mode=inband|reconnect] [from=SECOND]
                           another clip. inband: same session, new parameter sets in the stream; reconnect: the
                           connections are closed and the next DESCRIBE tells of the new stream. It goes on where the
                           camera's clock says it is, or begins at a second of the clip
  auth state=deny|allow    401 although the password is right, as if it had been changed on the camera; sessions
                           that play go on, so combine it with drop
  tsjump s=3600            RTP timestamps jump by s seconds (clock set on the camera)
  clear                    end all faults of the camera

freeze, burst, loss, switch and tsjump take stream=main|sub.
GET /status: cameras, clients, faults, frames and bytes sent per stream, and which second of the clip is on air.
"""


class Stream:
    """Main or sub of one camera; all its clients share one media."""

    def __init__(self, camera, kind, clip, epoch):
        self.camera, self.kind, self.clip, self.name = camera, kind, clip, f"{camera.name}/{kind}"
        self.epoch = epoch         # monotonic ns at which the clip's first frame was on air
        self.marks = camera.hamlet.options.marks
        self.media, self.players, self.held = None, [], []
        self.frames = self.bytes = self.starts = self.plays = self.packets_lost = 0
        self.played_ns = None      # when a client's latest PLAY was answered
        self.last_frame_ns = None
        self.first_frame_ns = None # of the clip that is on air
        self.clear()

    def clear(self):
        self.frozen_until = self.hold_until = self.loss_until = 0
        self.loss = 0.0

    def release(self):
        """What `burst` held back goes out, in order."""
        if self.held:
            held, self.held = self.held, []
            for player, track, index, when in held:
                player.push(track, index, when)

    # media: exists while somebody watches

    def launch(self):
        video = f"appsrc name=video is-live=true format=time block=false max-bytes=16777216 ! {PAYLOADER[self.clip.video.encoding]}"
        if self.clip.audio is None:
            return f"( {video} )"
        return f"( {video} appsrc name=audio is-live=true format=time block=false max-bytes=1048576 ! {PAYLOADER[self.clip.audio.encoding]} )"

    def media_configured(self, _factory, media):
        self.media, self.starts = media, self.starts + 1
        element = media.get_element()
        self.players = [Player(self, self.clip.video, element.get_by_name("video"))]
        if self.clip.audio is not None:
            self.players.append(Player(self, self.clip.audio, element.get_by_name("audio")))
        if self.loss:
            self.install_loss()
        media.connect("unprepared", self.media_unprepared, self.players)
        pipeline = element
        while pipeline.get_parent() is not None:
            pipeline = pipeline.get_parent()
        pipeline.connect("deep-element-added", lambda _pipeline, _bin, e: no_sync(e))
        threading.Thread(target=begin, args=(pipeline, self.players, self.camera.hamlet.feeder, self.name), daemon=True).start()

    def media_unprepared(self, media, players):
        for player in players:
            player.closed = True
        if self.media is media:
            self.media, self.players, self.held = None, [], []

    # faults

    def install_loss(self):
        if self.media is not None and not getattr(self.media, "loses", False):
            pad = self.media.get_element().get_by_name("pay0").get_static_pad("src")
            pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, self.lose, threading.local())
            self.media.loses = True

    def lose(self, pad, info, here):
        if not self.loss or time.monotonic_ns() > self.loss_until or getattr(here, "resending", False):
            return Gst.PadProbeReturn.OK
        if info.type & Gst.PadProbeType.BUFFER:
            lost = random.random() < self.loss
            self.packets_lost += lost
            return Gst.PadProbeReturn.DROP if lost else Gst.PadProbeReturn.OK
        packets = info.get_buffer_list()
        kept = [packets.get(i) for i in range(packets.length()) if random.random() >= self.loss]
        if len(kept) == packets.length():
            return Gst.PadProbeReturn.OK
        self.packets_lost += packets.length() - len(kept)
        here.resending = True
        try:
            for packet in kept:
                pad.push(packet)
        finally:
            here.resending = False
        return Gst.PadProbeReturn.DROP

    def switch(self, clip, inband, begin=None):
        before, after = self.clip, clip
        if inband and (before.video.encoding, bool(before.audio)) != (after.video.encoding, bool(after.audio)):
            raise ValueError("inband needs the same codecs; use mode=reconnect")
        self.clip, self.first_frame_ns = clip, None
        if begin is not None:
            self.epoch = time.monotonic_ns() - int(begin * 1e9)
        if inband:
            for player in self.players:
                player.load(clip.video if player.track.kind == "video" else clip.audio)
        self.camera.mount(self)

    def status(self):
        now = time.monotonic_ns()
        video = self.clip.video
        out = dict(clip=os.path.basename(self.clip.path), video=video.encoding, audio=self.clip.audio and self.clip.audio.encoding,
                   width=self.clip.width, height=self.clip.height, fps=round(len(video.dts) * 1e9 / video.duration, 2),
                   on_air=self.media is not None, starts=self.starts, plays=self.plays,
                   played_unix=self.played_ns and self.played_ns / 1e9, frames_sent=self.frames, bytes_sent=self.bytes,
                   last_frame_unix=self.last_frame_ns and self.last_frame_ns / 1e9,
                   first_frame_unix=self.first_frame_ns and self.first_frame_ns / 1e9, packets_lost=self.packets_lost,
                   air=dict(unix=round(time.time(), 3), clip_s=round((now - self.epoch) % video.duration / 1e9, 3),
                            loop_s=round(video.duration / 1e9, 3)))
        faults = {}
        if now < self.frozen_until:
            faults["freeze_s"] = None if self.frozen_until == FOR_EVER else round((self.frozen_until - now) / 1e9, 1)
        if now < self.hold_until:
            faults["burst_s"] = round((self.hold_until - now) / 1e9, 1)
        if self.loss and now < self.loss_until:
            faults["loss"] = self.loss
        return out | (dict(faults=faults) if faults else {})


class Camera:
    """Where it is mounted, whether it is there, whom it lets in."""

    def __init__(self, hamlet, number, name, label, clips, phase_ns):
        self.hamlet, self.number, self.name, self.label = hamlet, number, name, label
        # The sub stream's key frames lie between those of the main stream.
        self.streams = {kind: Stream(self, kind, clip, hamlet.started_ns - phase_ns - (53_000_000 if kind == "sub" else 0))
                        for kind, clip in clips.items()}
        self.is_on, self.denied, self.server, self.factories = True, False, None, {}
        self.life = 0              # counts returns, so that an overtaken timer does nothing
        self.mute_socket, self.mute_clients = None, []

    def mount_all(self):
        self.server = self.hamlet.server_for(self)
        for stream in self.streams.values():
            self.mount(stream)

    def mount(self, stream):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(stream.launch())
        factory.set_shared(True)
        factory.set_protocols(self.hamlet.protocols)
        factory.set_latency(0)
        factory.set_stop_on_disconnect(True)
        factory.set_suspend_mode(GstRtspServer.RTSPSuspendMode.NONE)
        factory.connect("media-configure", stream.media_configured)
        self.factories[stream.kind] = factory
        self.set_permissions()
        if self.is_on:
            self.server.get_mount_points().add_factory(f"/{stream.name}", factory)

    def set_permissions(self):
        for factory in self.factories.values():
            rules = GstRtspServer.RTSPPermissions()
            for role in ("viewer", "anonymous"):
                rules.add_permission_for_role(role, "media.factory.access", True)
                rules.add_permission_for_role(role, "media.factory.construct", not self.denied)
            factory.set_permissions(rules)

    # coming and going

    def drop(self):
        clients = self.hamlet.clients_of(self)
        for client in clients:
            client.close()
        return len(clients)

    def off(self):
        self.is_on = False
        for stream in self.streams.values():
            self.server.get_mount_points().remove_factory(f"/{stream.name}")
        self.hamlet.close_port(self)
        return self.drop()

    def on(self):
        self.life += 1
        if self.mute_socket is not None:
            self.mute_socket.shutdown(socket.SHUT_RDWR)
            for s in (self.mute_socket, *self.mute_clients):
                s.close()
            self.mute_socket, self.mute_clients = None, []
        if not self.is_on:
            self.is_on = True
            self.hamlet.open_port(self)
            for stream in self.streams.values():
                self.mount(stream)

    def back_after(self, seconds):
        life = self.life

        def back():
            if life == self.life:
                self.on()
            return False

        GLib.timeout_add(int(seconds * 1000), back)

    def hang(self):
        """In place of the server a socket that accepts and keeps silent."""
        if not self.hamlet.port_per_camera:
            raise ValueError("hang needs --layout port-per-camera")
        closed, life = self.off(), self.life

        def accept():
            for _ in range(100):  # the server's own socket closes a moment after its source is gone
                try:
                    self.mute_socket = socket.create_server((self.hamlet.options.address, self.hamlet.port_of(self)))
                    break
                except OSError:
                    time.sleep(0.05)
            while self.mute_socket is not None and life == self.life:
                try:
                    self.mute_clients.append(self.mute_socket.accept()[0])
                except (OSError, AttributeError):
                    return

        threading.Thread(target=accept, daemon=True).start()
        return closed

    def act(self, action, q):
        """One fault; on the main loop."""
        if q.get("stream", "main") not in ("main", "sub"):
            raise ValueError("stream is main or sub")
        streams = [s for kind, s in self.streams.items() if q.get("stream", kind) == kind]
        now = time.monotonic_ns()
        seconds = float(q["s"]) if "s" in q else None
        until = FOR_EVER if seconds is None else now + int(seconds * 1e9)
        if action == "drop":
            return dict(closed=self.drop())
        if action == "off":
            return dict(closed=self.off())
        if action in ("restart", "hang"):
            closed = self.off() if action == "restart" else self.hang()
            pause = seconds if seconds is not None else 5.0 if action == "restart" else 30.0
            self.back_after(pause)
            return dict(closed=closed, back_in_s=pause)
        if action == "on":
            self.on()
        elif action in ("freeze", "thaw"):
            for s in streams:
                s.frozen_until = until if action == "freeze" else 0
        elif action == "burst":
            for s in streams:
                s.hold_until = now + int((seconds or 4.0) * 1e9)
        elif action == "loss":
            for s in streams:
                s.loss, s.loss_until = float(q["p"]), until
                if s.loss:
                    s.install_loss()
        elif action == "switch":
            inband = q.get("mode", "inband") == "inband"
            begin = float(q["from"]) if "from" in q else None
            for s in streams:
                s.switch(self.hamlet.clip(q["clip"]), inband, begin)
            if not inband:
                return dict(closed=self.drop())
        elif action == "auth":
            self.denied = q["state"] == "deny"
            self.set_permissions()
        elif action == "tsjump":
            for s in streams:
                for player in s.players:
                    player.shift += int((seconds or 0) * 1e9)
        elif action == "clear":
            for s in self.streams.values():
                s.clear()
            self.denied = False
            self.set_permissions()
            self.on()
        else:
            raise ValueError(f"no such action: {action}")
        return {}

    def status(self):
        return dict(port=self.hamlet.port_of(self), label=self.label, on=self.is_on, auth="denied" if self.denied else "ok",
                    clients=len(self.hamlet.clients_of(self)), streams={k: s.status() for k, s in self.streams.items()})
