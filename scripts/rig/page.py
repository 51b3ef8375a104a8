"""A page that plays one MP4 by itself and tells what it saw: for browsers that nobody drives."""

import http.server
import json
import os
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

from .process import finish

WIDTH, HEIGHT = 320, 180    # of the test clips: nothing is scaled, as everybody scales differently
STEP = 7                    # of the pixels that are compared

PAGE = """<!doctype html><meta charset=utf-8><video muted playsinline preload=auto src=/clip.mp4></video><canvas width=%d height=%d></canvas><script>
const video = document.querySelector('video'), canvas = document.querySelector('canvas'), pen = canvas.getContext('2d');
const step = %d, seeks = %s, told = { seeks: [] };
const tell = () => fetch('/told', { method: 'POST', body: JSON.stringify(told) });
const happens = (what) => new Promise((then) => video.addEventListener(what, then, { once: true }));
const drawn = () => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)));
async function green() {
  await drawn();
  pen.drawImage(video, 0, 0, canvas.width, canvas.height);
  const rgba = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  return Array.from({ length: Math.ceil(rgba.length / 4 / step) }, (_, i) => rgba[4 * i * step + 1]);
}
video.addEventListener('error', () => { told.error = `${video.error.code} ${video.error.message}`; tell(); });
(async () => {
  if (video.readyState < 2) await happens('loadeddata');
  told.duration = video.duration;
  told.first = await green();
  for (const at of seeks) {
    const done = happens('seeked');
    video.currentTime = at;
    await done;
    told.seeks.push(await green());
  }
  const back = happens('seeked');
  video.currentTime = 0;
  await back;
  const end = happens('ended');
  await video.play();
  await end;
  told.frames = video.getVideoPlaybackQuality().totalVideoFrames;
  told.ended = video.currentTime;
  tell();
})().catch((error) => { told.error = String(error); tell(); });
</script>"""


class Player:
    """Serves the page and passes requests for the clip on to the recorder, ranges included."""

    def __init__(self, url, token, seeks):
        told, self.heard, self.ranges = {}, threading.Event(), 0
        self.told, player = told, self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path != "/clip.mp4":
                    found = self.path == "/"
                    body = (PAGE % (WIDTH, HEIGHT, STEP, json.dumps(seeks))).encode() if found else b""
                    self.answer(200 if found else 404, {"Content-Type": "text/html"}, body)
                    return
                ask = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
                for name in ("Range", "If-Range"):
                    if value := self.headers.get(name):
                        ask.add_header(name, value)
                player.ranges += "Range" in ask.headers
                try:
                    with urllib.request.urlopen(ask) as got:
                        kept = {n: v for n, v in got.headers.items() if n.lower() in ("content-type", "content-range", "accept-ranges", "etag")}
                        self.answer(got.status, kept, got.read())
                except urllib.error.HTTPError as error:
                    self.answer(error.code, {}, error.read())

            def do_POST(self):
                told.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer(204, {}, b"")
                player.heard.set()

            def answer(self, status, headers, body):
                try:
                    self.send_response(status)
                    for name, value in {**headers, "Content-Length": len(body)}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass            # a player that seeks closes what it does not need

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def play(self, browser, limit=60):
        """Opens the page in `chromium` or `firefox`; what it told, or None."""
        page = f"http://127.0.0.1:{self.server.server_port}/"
        with tempfile.TemporaryDirectory() as profile:
            if browser == "chromium":
                command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}",
                           "--autoplay-policy=no-user-gesture-required", page]
            else:
                command = ["firefox-esr", "--headless", "--no-remote", "--profile", profile, page]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=profile))
            self.heard.wait(limit)
            finish(process)
        self.server.shutdown()
        return self.told or None
