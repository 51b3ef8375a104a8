"""Who is told: a push service with one phone, and a webhook, on loopback. What comes is opened by others' libraries (http_ece,
PyJWT, standardwebhooks; `scripts/alert-peers install`), and noted as soon as it has come, before it is answered."""

import base64
import json
import os
import random
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
import jwt
import standardwebhooks
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Came:
    at: float                 # unix seconds
    headers: dict
    message: dict
    signed: bool              # by the recorder, as its standard says

    @property
    def own(self):
        """What a push message carries for our own worker; nothing in what a machine gets."""
        return self.message.get("notification", {}).get("data", {}).get("lanewatch", {})


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_url64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Receiver:
    """Takes what is posted to it, until `status` says otherwise. Context manager."""

    def __init__(self):
        self.came, self.news = [], threading.Condition()
        self.status = 201          # what it answers; what it refuses is not noted
        self.slow_s = 0.0          # answers come after at most so long
        self.refused = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if receiver.status == 201:
                    receiver.note({k.lower(): v for k, v in self.headers.items()}, body)
                else:
                    receiver.refused += 1
                time.sleep(random.uniform(0, receiver.slow_s))
                try:
                    self.send_response(receiver.status)
                    self.send_header("content-length", "0")
                    self.end_headers()
                except OSError:
                    pass           # the recorder has died meanwhile

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def note(self, headers, body):
        at = time.time()
        message, signed = self.opened(headers, body)
        with self.news:
            self.came.append(Came(at, headers, message, signed))
            self.news.notify_all()

    def wait(self, wanted, limit, after=0):
        """The first that came, from a place in the list on, of which `wanted` is true; None when none did within the limit."""
        end = time.monotonic() + limit
        with self.news:
            while True:
                for one in self.came[after:]:
                    if wanted(one):
                        return one
                after = len(self.came)
                if not self.news.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    return None


class Phone(Receiver):
    """A browser and its push service."""

    def __init__(self):
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.vapid = None          # key of the recorder, once it is known
        super().__init__()

    def subscription(self, path="phone"):
        point = self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return dict(endpoint=f"{self.origin}/push/{path}", keys=dict(p256dh=url64(point), auth=url64(self.auth)), name="phone")

    def opened(self, headers, body):
        text = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        token, _, key = headers["authorization"].removeprefix("vapid t=").partition(", k=")
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_url64(key))
        try:
            jwt.decode(token, point, algorithms=["ES256"], audience=self.origin)
            signed = key == self.vapid
        except jwt.InvalidTokenError:
            signed = False
        return json.loads(text), signed


class Hook(Receiver):
    """A webhook."""

    def __init__(self):
        self.secret = None         # as the recorder has given it
        super().__init__()

    def opened(self, headers, body):
        try:
            standardwebhooks.Webhook(self.secret).verify(body, headers)
            signed = True
        except (standardwebhooks.WebhookVerificationError, RuntimeError, TypeError):
            signed = False
        return json.loads(body), signed
