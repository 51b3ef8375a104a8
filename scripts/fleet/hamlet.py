"""The hamlet: the plan of the cameras, their clips, and the RTSP servers in front of them."""

import json
import os
import re
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from . import clips
from .camera import Camera
from .gst import GLib, GstRtsp, GstRtspServer
from .pacing import Feeder

REALM = "camera"
ROLE = "viewer"


def free_port(address):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


class Hamlet:
    def __init__(self, options):
        self.options = options
        self.port_per_camera = options.layout == "port-per-camera"
        self.cameras, self.clips, self.servers, self.listening, self.ports = {}, {}, {}, {}, {}
        self.visits, self.lock = {}, threading.Lock()      # client -> names of the cameras it asked for
        self.started_ns, self.started_unix = time.monotonic_ns(), time.time()
        self.feeder = Feeder()
        tcp, udp = GstRtsp.RTSPLowerTrans.TCP, GstRtsp.RTSPLowerTrans.UDP
        self.protocols = {"tcp": tcp, "udp": udp, "both": tcp | udp}[options.transport]

    # plan and clips

    def plan(self):
        """(name, label, main path, sub path or None, seconds into the clip) per camera."""
        o = self.options
        config = o.config or os.path.join(o.clips, "fleet.json")
        if o.config or os.path.isfile(config):
            with open(config, encoding="utf-8") as f:
                listed = json.load(f)["cameras"]
            base = os.path.dirname(os.path.abspath(config))
            for c in listed[:o.cameras]:
                yield (c["name"], c.get("label", c["name"]), os.path.join(base, c["main"]),
                       os.path.join(base, c["sub"]) if c.get("sub") else None, float(c.get("offset_s", 0)))
            return
        files = set(os.listdir(o.clips))
        pairs = []
        for name in sorted(files):
            m = re.fullmatch(r"(.+)\.main\.(mp4|mov|mkv)", name)
            if m and (o.pairs is None or m[1] in o.pairs):
                sub = f"{m[1]}.sub.{m[2]}"
                pairs.append((os.path.join(o.clips, name), os.path.join(o.clips, sub) if sub in files else None))
        if not pairs:
            raise clips.ClipError(f"{o.clips}: no NAME.main.mp4 / NAME.sub.mp4 pairs; scripts/footage makes some")
        for i in range(o.cameras or 19):
            main, sub = pairs[i % len(pairs)]
            yield f"lane{i + 1:02d}", f"lane{i + 1:02d}", main, sub, 7.0 * (i // len(pairs))

    def clip(self, name, fill=0):
        """A clip by path, or by its name in the clips folder (for `switch`)."""
        tries = [name] + [os.path.join(self.options.clips, name + end) for end in ("", ".mp4", ".mov", ".main.mp4", ".main.mov")]
        path = next((os.path.realpath(t) for t in tries if os.path.isfile(t)), None)
        if path is None:
            raise clips.ClipError(f"no such clip: {name}")
        if (path, fill) not in self.clips:
            self.clips[path, fill] = clips.load(path, fill, self.options.audio)
        return self.clips[path, fill]

    def start(self):
        o = self.options
        plan = list(self.plan())
        wanted = {(path, fill) for _, _, main, sub, _ in plan for path, fill in ((main, o.fill_main), (sub, o.fill_sub)) if path}
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda w: self.clip(*w), sorted(wanted)))
        self.started_ns, self.started_unix = time.monotonic_ns(), time.time()
        for i, (name, label, main, sub, offset) in enumerate(plan):
            pair = {"main": self.clip(main, o.fill_main)}
            if sub:
                pair["sub"] = self.clip(sub, o.fill_sub)
            # Spread the key frames of all cameras evenly over one GOP.
            video = pair["main"].video
            gop = video.duration // len(video.keys)
            self.cameras[name] = Camera(self, i + 1, name, label, pair, int(offset * 1e9) + gop * i // len(plan))
        for camera in self.cameras.values():
            camera.mount_all()
        self.feeder.start()

    # servers

    def port_of(self, camera):
        key = camera.name if self.port_per_camera else ""
        if key not in self.ports:
            port = self.options.port
            self.ports[key] = free_port(self.options.address) if port == 0 else port + (camera.number if key else 0)
        return self.ports[key]

    def make_server(self, port, mounts=None):
        o, server = self.options, GstRtspServer.RTSPServer()
        server.set_address(o.address)
        server.set_service(str(port))
        server.set_backlog(128)    # with the default of 5 a crowd of clients waits seconds for its SYN to be repeated
        if o.auth != "none":
            auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
            token.set_string("media.factory.role", ROLE)
            if o.auth == "digest":
                auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
                auth.set_realm(REALM)
                auth.add_digest(o.user, o.password, token)
            else:
                auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
                auth.add_basic(GstRtspServer.RTSPAuth.make_basic(o.user, o.password), token)
            server.set_auth(auth)
        if mounts is not None:
            server.set_mount_points(mounts)
        server.connect("client-connected", self.client_connected)
        server.get_thread_pool().set_max_threads(8)    # clients that connect at once do not wait for each other
        sessions = server.get_session_pool()
        GLib.timeout_add_seconds(5, lambda: sessions.cleanup() >= 0)
        return server

    def server_for(self, camera):
        key = camera.name if self.port_per_camera else ""
        if key not in self.servers:
            self.servers[key] = self.make_server(self.port_of(camera))
            self.listen(key, self.port_of(camera))
        return self.servers[key]

    def listen(self, key, port):
        source = self.servers[key].create_source(None)
        if source is None:
            raise clips.ClipError(f"port {port} is in use")
        source.attach(None)
        self.listening[key] = source

    def close_port(self, camera):
        if self.port_per_camera and camera.name in self.listening:
            self.listening.pop(camera.name).destroy()

    def open_port(self, camera):
        if self.port_per_camera and camera.name not in self.listening:
            camera.server = self.servers[camera.name] = self.make_server(self.port_of(camera), camera.server.get_mount_points())
            self.listen(camera.name, self.port_of(camera))

    # clients

    def client_connected(self, _server, client):
        with self.lock:
            self.visits[client] = set()
        for signal in ("describe-request", "setup-request", "play-request"):
            client.connect(signal, self.client_request)
        client.connect("play-request", self.client_plays)
        client.connect("closed", self.client_closed)

    def client_request(self, client, context):
        camera = (context.uri.abspath or "").strip("/").split("/")[0]
        with self.lock:
            if camera in self.cameras and client in self.visits:
                self.visits[client].add(camera)

    def client_plays(self, _client, context):
        """`PLAY` was answered."""
        camera, _, kind = (context.uri.abspath or "").strip("/").partition("/")
        if camera in self.cameras and kind in self.cameras[camera].streams:
            stream = self.cameras[camera].streams[kind]
            stream.plays, stream.played_ns = stream.plays + 1, time.time_ns()

    def client_closed(self, client):
        with self.lock:
            self.visits.pop(client, None)

    def clients_of(self, camera):
        with self.lock:
            return [client for client, names in self.visits.items() if camera.name in names]

    # control

    def urls(self):
        """Without credentials: the password stays in its file."""
        return [dict(name=c.name, label=c.label) |
                {kind: f"rtsp://{self.options.address}:{self.port_of(c)}/{c.name}/{kind}" for kind in c.streams}
                for c in self.cameras.values()]

    def status(self):
        return dict(started_unix=round(self.started_unix, 3), up_s=round((time.monotonic_ns() - self.started_ns) / 1e9, 1),
                    cpu_s=round(time.process_time(), 2), layout=self.options.layout, clients=len(self.visits),
                    cameras={name: c.status() for name, c in self.cameras.items()})

    def act(self, who, action, q):
        names = list(self.cameras) if who == "all" else who.split(",")
        unknown = [n for n in names if n not in self.cameras]
        if unknown:
            raise ValueError(f"no such camera: {', '.join(unknown)}")
        done = {n: self.cameras[n].act(action, q) for n in names}
        print(time.strftime("%H:%M:%S"), "fault:", who, action, q or "", file=sys.stderr, flush=True)
        return done
