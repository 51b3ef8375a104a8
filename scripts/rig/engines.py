"""The web app in engines that are not Chromium: live, playback and seeks, with pictures that are really seen. For `scripts/engines`.

    engines.py NAME... [--look FOLDER]      NAME: firefox, webkit

Under rig/browser.py, which leaves the recorder in the environment. Every mode is what one kind of machine has: Media Source
Extensions; only the managed kind, as iPhones; none of both. In Firefox an alert too, by a push service on loopback: from motion to
what it shows. Ends with 1 when a picture did not move or was black, or no alert was shown.
"""

import argparse
import datetime
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rig import ROOT, cannot  # noqa: E402
from rig.autopush import AutoPush  # noqa: E402
from rig.verdict import Verdict  # noqa: E402
from rig.webdriver import ENGINES, Fault  # noqa: E402

URL = os.environ.get("LANEWATCH_URL") or cannot("no recorder; scripts/engines starts one")
LIMIT_S = 45          # for a picture to appear or to move; this is no budget
CAMERA = "lane01"
BACK_S = 60           # playback begins so long ago
# From there: ahead of what is buffered, back to what was dropped, to before all that was ever asked for, and within it.
SEEKS_S = (45, 3, -12, -8)

# Before anything plays: the app asks for the class whenever it needs one. What is hidden stays so until the page is loaded anew.
MODES = {
    "MSE": "",
    "only ManagedMediaSource": "if (!window.ManagedMediaSource) window.ManagedMediaSource = window.MediaSource; delete window.MediaSource;",
}

# The largest and the smallest brightness of what a picture shows: equal where it is black.
CONTRAST = """const contrast = (picture) => {
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const pen = canvas.getContext('2d');
  pen.drawImage(picture, 0, 0, 64, 36);
  const green = pen.getImageData(0, 0, 64, 36).data.filter((_, i) => i % 4 === 1);
  return Math.max(...green) - Math.min(...green);
};"""
SEEN = 40             # of 255; test pictures have white on dark

# So that Firefox asks the service on loopback, and nobody. What drives a browser switches push off otherwise.
PUSH = {
    "dom.push.testing.allowInsecureServerURL": True, "dom.push.enabled": True, "dom.push.connection.enabled": True,
    "permissions.default.desktop-notification": 1, "remote.prefs.recommended": False, "dom.push.userAgentID": "",
    "alerts.useSystemBackend": False,
}
ALERTS = 3            # that are waited for: the lanes are learned after a while
ALERTS_S = 240

SEND = """const send = async (method, path, body, revision) => {
  const headers = { 'content-type': 'application/json', ...(revision !== undefined ? { 'if-match': `"${revision}"` } : {}) };
  const answer = await fetch(`/api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
};"""
SHOWN = "await (await navigator.serviceWorker.ready).getNotifications()"

STAGE = "const stage = document.querySelector('[data-stage=playback]'); const video = document.querySelector('video.recorded');"


def code():
    done = subprocess.run([os.environ["LANEWATCH_BINARY"], "login-code", "--data", os.environ["LANEWATCH_DATA"]], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else cannot(f"no sign-in code: {done.stderr.strip()}")


def rfc3339(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms / 1000)) + f".{int(ms % 1000):03d}Z"


class Run:
    def __init__(self, browser, mode, verdict, folder):
        self.b, self.mode, self.verdict, self.folder = browser, mode, verdict, folder

    def require(self, what, holds, found=""):
        holds = bool(holds)
        self.verdict.require(f"{self.b.name}, {self.mode}: {what}", holds, found)
        if not holds or self.folder:
            self.look(what)
        return holds

    def look(self, what):
        folder = self.folder or os.path.join(ROOT, "target", "suites", "engines")
        os.makedirs(folder, exist_ok=True)
        name = "".join(c if c.isalnum() else "-" for c in f"{self.b.name} {self.mode} {what}")[:80]
        try:
            self.b.look(os.path.join(folder, f"{name}.png"))
        except Fault as e:
            print(f"no screen of {what}: {e}", flush=True)

    def figure(self, what, value):
        print(f"figure: {self.b.name}, {self.mode}, {what}: {value}", flush=True)

    def page(self, path):
        """Within the app: what a mode has hidden stays hidden."""
        self.b.call("history.pushState({}, '', arguments[0]); dispatchEvent(new PopStateEvent('popstate'))", path)

    def begin(self):
        self.b.go(f"{URL}/cameras")
        if not self.b.wait("{ return document.querySelector('header .brand') && document.querySelector('main') }", LIMIT_S):
            self.look("begin")
            raise Fault("the app does not come up")
        self.b.call(MODES[self.mode])
        self.b.call("window.engineFaults = []; addEventListener('error', (e) => engineFaults.push(String(e.message)));"
                    "addEventListener('unhandledrejection', (e) => engineFaults.push(String(e.reason)));")

    def guarded(self, steps):
        try:
            steps()
        except Fault as e:
            self.require("comes to its end", False, str(e)[:400])

    def all(self):
        self.begin()
        self.wall()
        self.enlarged()
        self.playback()
        self.require("no error in the page", not (faults := self.b.call("return window.engineFaults")), faults[:3] or "")

    def wall(self):
        expected = self.b.call("return (await (await fetch('/api/v1/cameras?limit=200')).json()).items.filter((c) => c.state === 'live').length")
        began = time.monotonic()
        self.page("/")
        live = self.b.wait("{ const tiles = Object.values(window.__lanewatch.tiles); return tiles.length >= args[0]"
                           " && tiles.every((t) => t.firstFrameMs !== null) }", LIMIT_S, expected)
        took = time.monotonic() - began
        told = self.tiles()
        first = [t["firstFrameMs"] for t in told.values() if t["firstFrameMs"] is not None]
        self.require(f"all {expected} tiles of the wall have a frame", live, f"{len(first)} within {took:.1f} s")
        if not live:
            return
        self.figure(f"wall, last first frame of {len(first)}", f"{max(first)} ms after its tile (median {statistics.median(first):.0f} ms)")
        moving = self.b.wait("{ window.framesThen ??= Object.fromEntries(Object.entries(window.__lanewatch.tiles).map(([n, t]) => [n, t.frames]));"
                             "return Object.entries(window.__lanewatch.tiles).every(([n, t]) => t.frames > (framesThen[n] ?? 0) + 30) }", LIMIT_S)
        told = self.tiles()
        self.require("every tile moves", moving)
        latency = sorted(t["latencyMs"] for t in told.values() if t["latencyMs"] is not None)
        if latency:
            self.figure("wall, latency", f"{statistics.median(latency):.0f} ms (median), {latency[-1]} ms (worst)")
        self.figure("wall, begun anew", sum(t["rebuilds"] for t in told.values()))
        black = self.b.call(CONTRAST + "const [seen] = arguments; return [...document.querySelectorAll('[data-tile]')].filter((tile) =>"
                            "contrast(tile.querySelector('video')) < seen).map((tile) => tile.dataset.tile)", SEEN)
        self.require("no tile is black", not black, ", ".join(black))

    def tiles(self):
        """What the app says of each tile, but for main streams on top of another."""
        return {name: tile for name, tile in self.b.call("return window.__lanewatch.tiles").items() if not name.endswith(":main")}

    def enlarged(self):
        self.b.call("document.querySelector(`[data-tile='${arguments[0]}'] .hit`).click()", CAMERA)
        main = self.b.wait("{ return window.__lanewatch.tiles[`${args[0]}:main`]?.firstFrameMs }", LIMIT_S, CAMERA)
        self.require("one camera enlarged shows its main stream", main, f"{main} ms")
        black = self.b.wait("{" + CONTRAST + "const video = [...document.querySelectorAll('.tile.focused video')].pop();"
                            "return video && contrast(video) >= args[0] }", LIMIT_S, SEEN)
        self.require("its picture is not black", black)

    def playback(self):
        start = self.footage()
        self.page(f"/c/{CAMERA}?t={rfc3339(start)}")
        first = self.b.wait("{" + STAGE + "return stage?.dataset.lastSeekMs && Number(stage.dataset.lastSeekMs) }", LIMIT_S)
        self.require("playback shows its first frame", first, f"{first} ms")
        moves = self.b.wait("{" + STAGE + "window.positionThen ??= Number(stage.dataset.position);"
                            "return Number(stage.dataset.position) > positionThen + 2000 }", LIMIT_S)
        self.require("playback plays", moves)
        self.picture("playing")
        times = []
        for to in SEEKS_S:
            count = self.b.call("return window.__lanewatch.seeks.length")
            self.page(f"/c/{CAMERA}?t={rfc3339(start + to * 1000)}")
            done = self.b.wait("{" + STAGE + "return window.__lanewatch.seeks.length > args[0] && stage?.dataset.state === 'playing'"
                               " && window.__lanewatch.seeks.at(-1) }", LIMIT_S, count)
            self.require(f"a seek to {to:+d} s", done, f"{done} ms")
            self.picture(f"after the seek to {to:+d} s", start + to * 1000)
            if done:
                times.append(done)
        self.figure("playback, first frame", f"{first} ms")
        if times:
            self.figure("playback, seeks", f"{min(times)} to {max(times)} ms")
        self.b.call("document.querySelector('[data-action=live]').click()")
        live = self.b.wait("{ return document.querySelector('[data-stage=live][data-state=live]') !== null }", LIMIT_S)
        self.require("back to live", live)

    def footage(self):
        """Where playback begins; waits for enough footage around it."""
        known = self.b.wait("{ const [slug, before] = args; const { items } = await (await fetch('/api/v1/cameras?limit=200')).json();"
                            "const now = Date.now(); const { id } = items.find((c) => c.slug === slug);"
                            "const span = new URLSearchParams({ cameras: id, rendition: 'main', from: new Date(now - 3600000).toISOString(),"
                            " to: new Date(now).toISOString() });"
                            "const [first] = (await (await fetch(`/api/v1/timeline?${span}`)).json()).cameras[0].spans;"
                            "return first && now - Date.parse(first.from) > before && now }", 2 * BACK_S, CAMERA, (BACK_S - min(SEEKS_S) + 3) * 1000)
        return (known or cannot("the recorder keeps no footage")) - BACK_S * 1000

    def picture(self, what, at=None):
        """A picture is seen, of about the right moment, and the one after it."""
        seen = self.b.wait("{" + STAGE + CONTRAST + "const [least, at] = args; const position = Number(stage?.dataset.position);"
                           "if (!stage || getComputedStyle(video).visibility !== 'visible' || video.readyState < 2 || contrast(video) < least) return false;"
                           "const then = video.currentTime; await new Promise((f) => setTimeout(f, 300));"
                           "return video.currentTime > then && (at === null || Math.abs(position - at) < 10000) }", LIMIT_S, SEEN, at)
        self.require(f"a picture that moves {what}", seen)


class Alerts:
    """Switches alerts on as a person does, and looks at what the browser shows of what moves."""

    def __init__(self, run, service):
        self.b, self.require, self.figure, self.service = run.b, run.require, run.figure, service

    def all(self):
        self.b.go(f"{URL}/alerts")
        self.b.wait("{ return document.querySelector('[data-part=device] [data-action=push-on]') }", LIMIT_S)
        self.b.call("document.querySelector('[data-action=push-on]').click()")
        on = self.b.wait("{ return document.querySelector('[data-device=on]') !== null }", LIMIT_S)
        if not self.require("alerts are switched on by a press", on, "" if on else self.b.call("return document.querySelector('[data-part=device]')?.innerText")):
            return
        self.b.call("document.querySelector('[data-action=test-push]').click()")
        shown = self.b.wait("{ return (" + SHOWN + ").map((n) => n.title)[0] }", LIMIT_S)
        self.require("the trial is shown", shown, shown)
        told = self.b.wait("{ const times = [...document.querySelectorAll('[data-trial] dd')].map((d) => d.innerText);"
                           "return times.length > 1 && times.slice(0, 2).every((t) => /\\d/.test(t)) && times }", LIMIT_S)
        self.require("the page says when it was sent and shown", told, told)
        self.motion()

    def motion(self):
        """What moves before any camera, from now on and at once."""
        self.b.call(SEND + "const { revision, ...plan } = await send('GET', 'schedules/site');"
                    "await send('PUT', 'schedules/site', { week: plan.week, special: plan.special, hand: { armed: true, until: null } }, revision);"
                    "const { revision: at, ...rules } = await send('GET', 'alert-rules');"
                    "await send('PUT', 'alert-rules', { ...rules, cooldown_minutes: 0, min_seconds: 0, night_budget: 200 }, at);")
        seen = self.b.wait("{" + SEND + "const id = JSON.parse(localStorage.getItem('lanewatch.push'));"
                           "const { items } = await send('GET', `push-subscriptions/${id}/deliveries`);"
                           "const moved = items.filter((d) => d.kind === 'motion' && d.shown_at);"
                           "return moved.length >= args[0] && moved }", ALERTS_S, ALERTS)
        if not self.require(f"{ALERTS} alerts of motion are shown", seen):
            return
        titles = self.b.call("return (" + SHOWN + ").map((n) => [n.title, n.body])")
        self.require("they stand there in words", titles and all(title and body for title, body in titles), titles[:1])
        self.figure("alert, from the push service to being shown", span([ms(d["shown_at"]) - ms(d["sent_at"]) for d in seen]))
        self.require("the push service was told whose they are, and how urgent",
                     all(h.get("authorization", "").startswith("vapid ") and h.get("urgency") and h.get("ttl") for _, h in self.service.posted))


def ms(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def span(values):
    return f"{statistics.median(values):.0f} ms (median of {len(values)}), {max(values):.0f} ms (worst)"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="+", choices=list(ENGINES))
    parser.add_argument("--look", metavar="FOLDER")
    options = parser.parse_args()
    verdict = Verdict()
    folder = os.path.join(ROOT, "target", "suites", "engines")
    os.makedirs(folder, exist_ok=True)
    for name in options.names:
        pushes = name == "firefox"
        with AutoPush() as service, ENGINES[name](os.path.join(folder, f"{name}.log"), dict(PUSH, **{
                "dom.push.serverURL": f"ws://{service.host}/"})) as browser:
            print(f"{browser.name} {browser.version}", flush=True)
            browser.go(f"{URL}/#code={code()}")
            browser.wait("{ return document.querySelector('header .brand') }", LIMIT_S) or cannot("signing in does not lead to the wall")
            for mode in MODES:
                run = Run(browser, mode, verdict, options.look)
                run.guarded(run.all)
            if pushes:
                run = Run(browser, "push", verdict, options.look)
                run.guarded(Alerts(run, service).all)
    verdict.end()


if __name__ == "__main__":
    main()
