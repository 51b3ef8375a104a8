"""The control port: faults and status over HTTP, and the client for it. Needs no GStreamer but a main loop."""

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER_LIMIT_S = 15


def serve(hamlet, run_on_main_loop, address, port):
    """Starts answering in a thread; returns the port."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self, code, body):
            data = (json.dumps(body, indent=1, ensure_ascii=False) + "\n").encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self):
            if self.path.split("?")[0] in ("/", "/status"):
                self.answer(200, hamlet.status())
            else:
                self.answer(404, dict(error="GET /status, or POST /CAMERA/ACTION?key=value"))

        def do_POST(self):
            url = urllib.parse.urlsplit(self.path)
            parts, q = url.path.strip("/").split("/"), dict(urllib.parse.parse_qsl(url.query))
            if len(parts) != 2:
                return self.answer(400, dict(error="POST /CAMERA/ACTION?key=value"))
            done, out = threading.Event(), {}

            def act():  # on the main loop, where the servers live
                try:
                    out["ok"] = hamlet.act(*parts, q)
                except Exception as error:
                    out["error"] = f"missing: {error}" if isinstance(error, KeyError) else str(error)
                done.set()
                return False

            run_on_main_loop(act)
            done.wait(ANSWER_LIMIT_S)
            self.answer(200 if "ok" in out else 400, out or dict(error="no answer in time"))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer((address, port), Handler)
    threading.Thread(target=server.serve_forever, name="control", daemon=True).start()
    return server.server_address[1]


class Control:
    """Client of a control port."""

    def __init__(self, url):
        self.url = url.rstrip("/")

    def _ask(self, request):
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_LIMIT_S + 5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error).get("error", str(error))) from None
        except OSError as error:
            raise RuntimeError(f"no fleet at {self.url}: {error}") from None

    def status(self):
        return self._ask(self.url + "/status")

    def act(self, who, action, **q):
        return self._ask(urllib.request.Request(f"{self.url}/{who}/{action}?{urllib.parse.urlencode(q)}", method="POST"))["ok"]
