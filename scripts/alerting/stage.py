"""The stage of each part: cameras that see an alley, a recorder that alerts at any hour, a phone and a webhook that are told."""

import os
import sqlite3
import time

from rig import cannot
from rig.api import Api
from rig.cameras import Fleet, load_clips
from rig.receivers import Hook, Phone
from rig.recorder import Recorder
from rig.recording import frames, holes, media_files

# Clips of `scripts/footage --alley`.
EMPTY, WALK, COVERED, BLACK = "alley01", "alley02", "alley-covered", "alley-black"
CONFIG = '[alert]\nlocal_hosts = ["127.0.0.1"]\n'
# Everything at once, and as much as there is: what is left out by design is not what is measured here.
RULES = dict(min_seconds=0, cooldown_minutes=0, night_budget=500, digest_at="00:00")
TICKS = 90_000


class Stage:
    """Context manager. `areas`: so many cameras see the same people, in the order of their names."""

    def __init__(self, folder, binary, cameras, areas=0, config=CONFIG, env=None, clips=None, pairs=EMPTY, **fleet):
        self.recorder = Recorder(folder, binary, config, env)
        self.fleet = Fleet(clips or load_clips("alley"), os.path.join(folder, "fleet.log"), cameras, pairs=pairs, **fleet)
        self.phone, self.hook = Phone(), Hook()
        self.cameras = [dict(c, area=f"area{n // areas + 1}") if areas else c for n, c in enumerate(self.fleet.cameras)]
        self.api = Api(self.recorder.port)
        self.ids = {}              # of cameras, by their names

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in (self.recorder, self.fleet, self.phone, self.hook):
            one.__exit__()

    def begin(self, **rules):
        """Starts, signs in, and sets who is told; returns when all cameras are recorded."""
        self.recorder.add(self.cameras)
        self.recorder.start()
        self.recorder.wait_healthy(60)
        self.api.sign_in(self.recorder.cli("login-code").stdout.strip())
        self.ids = {c["name"]: c["id"] for c in self.api.get("cameras?limit=500")["items"]}
        self.api.put("schedules/site", dict(week=["1" * 48] * 7, special=[], hand=None))
        self.api.put("alert-rules", RULES | rules)
        self.phone.vapid = self.api.get("push/vapid-key")["public_key"]
        self.endpoint = self.api.post("push-subscriptions", self.phone.subscription())["id"]
        self.hook.secret = self.api.put("alert-channels/webhook", dict(enabled=True, url=f"{self.hook.origin}/hook"))["secret"]
        if self.fleet.wait_on_air(sorted(self.fleet.streams()), 60) is None:
            cannot(f"the recorder does not read all cameras; see {self.recorder.log}")

    def show(self, camera, clip):
        """What a camera sees from now on; answers when the first picture of it went out on the small stream, unix seconds."""
        for kind in ("sub", "main"):
            self.fleet.control.act(camera, "switch", clip=f"{clip}.{kind}", stream=kind, **{"from": 0})
        while (first := self.fleet.streams()[f"{camera}/sub"]["first_frame_unix"]) is None:
            time.sleep(0.02)
        return first

    def require_whole(self, verdict):
        """Stops the recorder in order; requires that it has recorded every frame."""
        verdict.require("orderly stop", (code := self.recorder.stop()) == 0, code)
        recorded = frames(media_files(self.recorder.data))
        verdict.none(f"recording loses 0 frames of {len(self.fleet.streams())} streams meanwhile",
                     [s for s in self.fleet.streams() if s not in recorded or holes(recorded[s])])

    def catalogue(self):
        """To read, whether the recorder runs or not."""
        return sqlite3.connect(f"file:{os.path.join(self.recorder.data, 'catalogue.db')}?mode=ro", uri=True)


def until(moment):
    """Waits for it, unix seconds."""
    time.sleep(max(0.0, moment - time.time()))


def quantile(values, share):
    """By the nearest rank: a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]
