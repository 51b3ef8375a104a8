"""Live viewers at the socket: what `nvr.live.v1` sends, when, and how old the frames are. No picture is decoded."""

import base64
import json
import os
import selectors
import socket
import struct
import time

from fleet.marks import PATTERN

INIT, KEY = 0, 1               # kinds of binary messages
MARK_WITHIN = 1024             # a frame's mark stands before its slices


class Viewer:
    """One WebSocket (RFC 6455) with one channel."""

    def __init__(self, host, port, token):
        self.socket = socket.create_connection((host, port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET /api/v1/live HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n"
                            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                            "Sec-WebSocket-Protocol: nvr.live.v1\r\n\r\n".encode())
        self.buffer = bytearray()
        while b"\r\n\r\n" not in self.buffer:
            more = self.socket.recv(65536)
            if not more:
                raise OSError("the recorder refused the live socket")
            self.buffer += more
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise OSError(head.decode(errors="replace"))
        self.buffer = bytearray(rest)
        self.socket.setblocking(False)
        self.asked = self.first = None      # monotonic
        self.ages, self.frames, self.dropped, self.newest = [], 0, 0, -1

    def say(self, **request):
        text = json.dumps(request).encode()
        mask = os.urandom(4)
        head = bytes((0x81, 0x80 | len(text))) if len(text) < 126 else b"\x81\xfe" + struct.pack(">H", len(text))
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))

    def subscribe(self, camera):
        self.asked = time.monotonic()
        self.say(op="sub", ch=1, camera=camera, rendition="main")

    def read(self, fresh_from):
        """Takes what is there. Ages are kept of frames that were sent after `fresh_from` (unix ns): not of the cached GOP."""
        try:
            while data := self.socket.recv(1 << 20):
                self.buffer += data
                if len(data) < 1 << 20:
                    break
            else:
                raise OSError("the recorder closed a live socket")
        except BlockingIOError:
            pass
        now, monotonic = time.time_ns(), time.monotonic()
        for opcode, body in self.messages():
            if opcode == 1:
                event = json.loads(bytes(body))
                if event["ev"] == "error":
                    raise OSError(event["message"])
                self.dropped += event["frames"] if event["ev"] == "drop" else 0
            elif opcode == 2 and body[1] != INIT:
                if self.first is None and body[1] == KEY:
                    self.first = monotonic
                self.frames += 1
                if (m := PATTERN.search(body[:MARK_WITHIN])) and int(m[3]) >= fresh_from:
                    self.ages.append((now - int(m[3])) / 1e6)

    def messages(self):
        at, have = 0, self.buffer
        while len(have) - at >= 2:
            length, head = have[at + 1] & 127, 2
            if length > 125:
                head = 4 if length == 126 else 10
                if len(have) - at < head:
                    break
                length = int.from_bytes(have[at + 2:at + head], "big")
            if len(have) - at < head + length:
                break
            yield have[at] & 15, have[at + head:at + head + length]
            at += head + length
        del have[:at]


def watch(viewers, seconds, fresh_from):
    """Lets them all read for so long, in one thread."""
    with selectors.DefaultSelector() as ready:
        for viewer in viewers:
            ready.register(viewer.socket, selectors.EVENT_READ, viewer)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in ready.select(left):
                key.data.read(fresh_from)
