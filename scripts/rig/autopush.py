"""A push service as Firefox speaks to it, on loopback: the browser's end is a WebSocket (hello, register, notification, ack), the
recorder's an address to post to (RFC 8030). It keeps nothing and opens nothing: what is in a message is between these two.
"""

import base64
import hashlib
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"     # RFC 6455
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class AutoPush:
    """Context manager. `posted`: (unix seconds, headers) of each message that came."""

    def __init__(self):
        self.posted, self.acknowledged, self.browsers, self.lock = [], [], {}, threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                service.browser(self)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status = service.post(self.path.rsplit("/", 1)[-1], dict(self.headers.items()), body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def post(self, channel, headers, body):
        with self.lock:
            socket = self.browsers.get(channel)
            self.posted.append((time.time(), {name.lower(): value for name, value in headers.items()}))
        if not socket:
            return 410
        data = base64.urlsafe_b64encode(body).decode().rstrip("=")
        coding = {name.lower(): value for name, value in headers.items()}["content-encoding"]
        socket.say(dict(messageType="notification", channelID=channel, version=uuid.uuid4().hex, data=data, headers=dict(encoding=coding)))
        return 201

    def browser(self, handler):
        key = handler.headers["sec-websocket-key"].encode()
        handler.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"),
                            ("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key + ACCEPT).digest()).decode())):
            handler.send_header(name, value)
        asked = handler.headers.get("sec-websocket-protocol")
        if asked:
            handler.send_header("Sec-WebSocket-Protocol", asked.split(",")[0].strip())
        handler.end_headers()
        handler.close_connection = True
        socket = Socket(handler)
        for message in socket.messages():
            self.answer(socket, message)

    def answer(self, socket, message):
        kind = message.get("messageType")
        if kind == "hello":
            socket.say(dict(messageType="hello", uaid=message.get("uaid") or uuid.uuid4().hex, status=200, use_webpush=True, broadcasts={}))
        elif kind == "register":
            channel = message["channelID"]
            with self.lock:
                self.browsers[channel] = socket
            socket.say(dict(messageType="register", channelID=channel, status=200, pushEndpoint=f"http://{self.host}/wpush/{channel}"))
        elif kind == "unregister":
            with self.lock:
                self.browsers.pop(message["channelID"], None)
            socket.say(dict(messageType="unregister", channelID=message["channelID"], status=200))
        elif kind == "ack":
            with self.lock:
                self.acknowledged += message["updates"]
        elif not message:
            socket.say({})      # its own ping


class Socket:
    """The server's end of a WebSocket of JSON texts."""

    def __init__(self, handler):
        self.reader, self.writer, self.lock = handler.rfile, handler.wfile, threading.Lock()

    def send(self, opcode, data):
        size = bytes((len(data),)) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big")
        with self.lock:
            self.writer.write(bytes((0x80 | opcode,)) + size + data)
            self.writer.flush()

    def say(self, message):
        self.send(TEXT, json.dumps(message).encode())

    def messages(self):
        while len(head := self.reader.read(2)) == 2:
            opcode, size = head[0] & 0xF, head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self.reader.read(2 if size == 126 else 8), "big")
            mask = self.reader.read(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.reader.read(size)))
            if opcode == TEXT:
                yield json.loads(data)
            elif opcode == PING:
                self.send(PONG, data)
            elif opcode == CLOSE:
                return
