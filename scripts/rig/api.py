"""Somebody at the recorder's HTTP API: signed in as a person is, by a code, with the cookies of a browser."""

import http.client
import json
import time
from http.cookies import SimpleCookie


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, method, path, status, text):
        super().__init__(f"{method} {path}: {status} {text[:300]}")
        self.status = status


def first(answer, seconds):
    data, end = b"", time.monotonic() + 4 * seconds
    try:
        while time.monotonic() < end and (more := answer.read1(65536)):
            data += more
    except TimeoutError:
        pass
    return data


class Api:
    def __init__(self, port):
        self.port, self.cookies = port, {}
        self.heard = None          # a list that keeps all answers: (what was asked, head or body)

    def ask(self, method, path, form=None, headers=None, seconds=None):
        """(status, headers, bytes) of an answer; of one that does not end, what comes until nothing does for so many seconds."""
        own = {"Origin": f"http://127.0.0.1:{self.port}", "Host": f"127.0.0.1:{self.port}", **(headers or {})}
        if self.cookies:
            own["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if form is not None:
            body, own["Content-Type"] = json.dumps(form), "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds or 30)
        try:
            connection.request(method, path if path.startswith("/") else f"/api/v1/{path}", body, own)
            answer = connection.getresponse()
            data = answer.read() if seconds is None else first(answer, seconds)
        finally:
            connection.close()
        for line in answer.headers.get_all("set-cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        if self.heard is not None:
            self.heard += [(f"{method} {path}", str(answer.headers).encode()), (f"{method} {path}", data)]
        return answer.status, dict(answer.headers.items()), data

    def call(self, method, path, form=None, headers=None):
        """What an answer says, as JSON; None when it says nothing."""
        status, _, data = self.ask(method, path, form, headers)
        if not 200 <= status < 300:
            raise Refused(method, path, status, data.decode(errors="replace"))
        return json.loads(data) if data else None

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, form=None):
        return self.call("POST", path, form)

    def put(self, path, form):
        """In place of whatever revision is there."""
        return self.call("PUT", path, form, {"If-Match": f'"{self.get(path)["revision"]}"'})

    def sign_in(self, code):
        self.post("session", dict(code=code))
        return self
