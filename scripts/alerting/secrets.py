"""secrets: what must not come out is given to the recorder, which logs all it can, and looked for in all that comes out of it.

Given: passwords of cameras (right ones and wrong ones, in their fields and in addresses), a passphrase and mistyped ones, session
and device cookies, tokens of machines, codes, links of invites and exports and their PIN, address and key of a webhook, a phone's
keys, passwords of mail server and broker, a bot's token. Cameras go away, refuse the password and come back, by Digest and Basic;
somebody walks, exports, shares; channels fail; the recorder is killed and started again. Log level: trace, of everything.

Looked for, plain, percent-encoded, as in HTML, JSON and debug output, in hex and base64 (so also as Basic), and as the hash that
opens a camera as its password does: in the log, every answer to every GET of the description of the API and to all else that was
asked (but those answers that are there to tell a secret once), exports and clips, the dump of the catalogue and every file in the data
folder, command lines and environments of the recorder's processes, and what each command of `lanewatch` prints and logs. Requires 0 hits.

Controls: each secret in each form is found in noise and in an archive; and something that may be known, a camera's name, is found
in each place where one would look for the others.
"""

import os
import random
import re
import shutil
import sqlite3
import time
import urllib.parse

from rig.api import Api, Refused
from rig.cameras import USER, Fleet, load_clips
from rig.process import tree
from rig.receivers import Hook, Phone
from rig.recorder import Recorder, free_port

from .canaries import Canaries, below
from .stage import CONFIG, EMPTY, RULES, WALK

# Answers that tell a secret, once: that is what they are for.
TELL = re.compile(r"POST session$|PUT me/password$|PUT alert-channels/webhook$|POST invites$|POST exports/.*/shares$")
# A socket, and answers that do not end.
SOCKET, ENDLESS = "/live", ("/stream", "/cameras/{id}/activity")


def secret(words="abcdefghkmnpqrstuvwxyz23456789", length=12):
    return "".join(random.SystemRandom().choice(words) for _ in range(length))


def given():
    """{what it is: the secret}, those that are chosen; others are made by the recorder."""
    odd = "+/&<%~'"       # what a form of writing changes
    return {"camera password": f"Kq{odd}{secret()}", "wrong camera password": f"Wr{odd}{secret()}", "password in an address": f"Ad{odd}{secret()}",
            "passphrase": f"tre xanh {odd}{secret()}", "first passphrase": f"trau cay {odd}{secret()}", "mistyped passphrase": f"tre xahn {odd}{secret()}",
            "pin": secret("0123456789"), "webhook address": f"wh{secret()}", "endpoint address": f"ep{secret()}",
            "mail password": f"Ml{odd}{secret()}", "broker password": f"Mq{odd}{secret()}", "bot token": f"bot{secret()}:{secret()}"}


class Place:
    """A recorder with cameras of both kinds, and what was seen of it."""

    def __init__(self, options, folder):
        self.secrets, self.plant = given(), f"plant-{secret()}"
        folder = os.path.join(folder, self.plant)
        clips = load_clips("alley")
        env = dict(RUST_LOG="trace", RUST_BACKTRACE="1", LANEWATCH_PLANT=self.plant)
        self.recorder = Recorder(folder, options.binary, CONFIG, env, self.secrets["camera password"])
        common = dict(layout="port-per-camera", pairs=EMPTY, password_file=self.recorder.secret)
        self.fleets = [Fleet(clips, os.path.join(folder, f"{auth}.log"), n, auth=auth, **common) for auth, n in (("digest", 3), ("basic", 2))]
        self.phone, self.hook = Phone(), Hook()
        self.admin = Api(self.recorder.port)
        self.admin.heard = []
        self.seen = []             # (place, bytes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in (self.recorder, *self.fleets, self.phone, self.hook):
            one.__exit__()

    def say(self, *words):
        """A command of the program; what it prints is seen."""
        done = self.recorder.cli(*words, check=False)
        self.seen.append((f"lanewatch {' '.join(words[:2])}", (done.stdout + done.stderr).encode()))
        return done.stdout.strip()

    def walks(self, n):
        """Somebody, before one of the cameras."""
        for kind in ("sub", "main"):
            self.fleets[0].control.act(self.fleets[0].cameras[n]["name"], "switch", clip=f"{WALK}.{kind}", stream=kind, **{"from": 0})

    def processes(self):
        for pid in tree(self.recorder.process.pid):
            for what in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{pid}/{what}", "rb") as f:
                        self.seen.append((f"processes: {what}", f.read()))
                except OSError:
                    pass

    def tries(self, who, method, path, form=None):
        """What may be refused: the answer is kept."""
        try:
            return who.call(method, path, form)
        except Refused:
            return None


def run(options, folder, verdict):
    shutil.rmtree(folder, ignore_errors=True)
    with Place(options, folder) as place:
        people_and_channels(place)
        cameras(place)
        used = use(place)
        troubles(place)
        asked, silent = everything(place, used)
        commands(place)
        place.processes()
        verdict.require("orderly stop", (code := place.recorder.stop()) == 0, code)
        commands(place)
        look(place, asked, silent, verdict)


def people_and_channels(place):
    s, admin = place.secrets, place.admin
    place.recorder.start()
    place.recorder.wait_healthy(60)
    # What these commands print is what they are asked for: a secret that is told once.
    code = place.recorder.cli("login-code").stdout.strip()
    s["sign-in code"] = code
    s["machine token"] = place.recorder.cli("token", "create", "--scope", "read", "--name", place.plant).stdout.split()[-1]
    admin.sign_in(code)
    s["admin's cookie"], s["admin's device"] = list(admin.cookies.values())
    invited = admin.post("invites", dict(name="truong.thon", display_name=place.plant, role="head"))
    s["invite link"] = urllib.parse.urlsplit(invited["url"]).fragment
    other = admin.post("invites", dict(name="cong.an", display_name=place.plant, role="guard"))
    s["open invite link"] = urllib.parse.urlsplit(other["url"]).fragment
    place.head = head = Api(place.recorder.port)
    head.heard = admin.heard
    head.post("invites:accept", dict(token=s["invite link"], password=s["first passphrase"]))
    place.tries(Api(place.recorder.port), "POST", "session", dict(name="truong.thon", password=s["mistyped passphrase"]))
    head.post("session", dict(name="truong.thon", password=s["first passphrase"]))
    head.call("PUT", "me/password", dict(password=s["passphrase"]))
    head.post("session", dict(name="truong.thon", password=s["passphrase"]))
    s["head's cookie"], s["head's device"] = list(head.cookies.values())
    admin.put("schedules/site", dict(week=["1" * 48] * 7, special=[], hand=None))
    admin.put("alert-rules", RULES)
    place.phone.vapid = admin.get("push/vapid-key")["public_key"]
    for who, name in ((admin, s["endpoint address"]), (head, s["endpoint address"] + "2")):
        who.post("push-subscriptions", place.phone.subscription(name))
    s["phone's key"] = place.phone.subscription()["keys"]["auth"]
    # Its own key is set last: what comes is signed by it.
    for name in ("first", s["webhook address"]):
        s["webhook key"] = place.hook.secret = admin.put("alert-channels/webhook", dict(enabled=True, url=f"{place.hook.origin}/{name}"))["secret"]
    server = dict({"from": "camera@example.vn"}, enabled=True, host="127.0.0.1", port=free_port(), security="none", username=place.plant)
    admin.put("alert-channels/mail", dict(server=server, password=s["mail password"]))
    broker = dict(enabled=True, host="127.0.0.1", port=free_port(), username=place.plant, base="lanewatch", discovery=None)
    admin.put("alert-channels/mqtt", dict(broker=broker, password=s["broker password"]))
    admin.put("alert-channels/zalo", dict(enabled=True, token=s["bot token"]))
    for who in (admin, head):
        who.call("PUT", "me/notification-prefs", dict(mail="binh@example.vn", zalo="123456"))


def cameras(place):
    """Added in each way there is, with right and wrong passwords."""
    s, admin = place.secrets, place.admin
    lanes = [dict(c, name=f"{place.plant} {n}") for n, c in enumerate(c for fleet in place.fleets for c in fleet.cameras)]
    place.recorder.add(lanes[:2])
    for c in lanes[2:4]:
        admin.post("cameras", dict(name=c["name"], main_url=c["main"], sub_url=c["sub"], username=USER, password=s["camera password"]))
    wrong = lanes[4]
    admin.post("cameras", dict(name=wrong["name"], main_url=wrong["main"], username=USER, password=s["wrong camera password"]))
    quoted = urllib.parse.quote(s["password in an address"], safe="")
    address = lanes[0]["main"].replace("rtsp://", f"rtsp://{USER}:{quoted}@")
    place.tries(admin, "POST", "cameras", dict(name="address", main_url=address))
    place.tries(admin, "POST", "cameras", dict(name="address", main_url=address, username=USER, password=s["wrong camera password"]))
    for form in (dict(address=address), dict(address=lanes[1]["main"], username=USER, password=s["wrong camera password"]),
                 dict(address=lanes[3]["main"], username=USER, password=s["wrong camera password"]),
                 dict(address=f"http://{USER}:{quoted}@127.0.0.1:1/onvif"), dict(address=lanes[1]["main"], username=USER, password=s["camera password"])):
        place.tries(admin, "POST", "camera-tests", form)
    place.ids = [c["id"] for c in admin.get("cameras?limit=500")["items"]]
    for _ in range(2):
        kept = admin.get(f"cameras/{place.ids[1]}")
        admin.call("PATCH", f"cameras/{place.ids[1]}", dict(password=s["camera password"]), {"If-Match": f'"{kept["revision"]}"'})
    digest, basic = place.fleets
    digest.wait_on_air(list(digest.streams()), 60)
    basic.wait_on_air([f"{basic.cameras[0]['name']}/main"], 60)    # the other has the wrong password
    time.sleep(25)


def iso(unix):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix))


def use(place):
    """What people do; ids of what came of it."""
    s, admin, camera = place.secrets, place.admin, place.ids[0]
    place.walks(0)
    place.hook.wait(lambda c: c.message["type"] == "alert.motion", 40)
    time.sleep(8)
    now = time.time()
    span = {"camera": camera, "from": iso(now - 20), "to": iso(now - 3)}
    made = admin.post("exports", dict(items=[span, dict(span, camera=place.ids[2])], reason=place.plant))["id"]
    end = time.monotonic() + 60
    while admin.get(f"exports/{made}")["state"] not in ("done", "failed") and time.monotonic() < end:
        time.sleep(0.5)
    shared = admin.post(f"exports/{made}/shares", dict(pin=s["pin"]))
    s["export link"] = urllib.parse.urlsplit(shared["url"]).path.split("/")[2]
    stranger = Api(place.recorder.port)
    page = f"/s/{s['export link']}"
    for path in (page, f"{page}/file"):
        # The page of a link names itself, to whoever has it: that is no leak, and is not kept.
        stranger.ask("GET", path)
    used = {"exports": made, "jobs": made, "schedules": "site", "cameras": camera,
            "bookmarks": admin.post("bookmarks", dict(camera=camera, at=span["from"], note=place.plant))["id"],
            "locks": admin.post("locks", dict(span, note=place.plant))["id"],
            "layouts": admin.post("layouts", dict(name=place.plant, cameras=[camera], grid="2x2"))["id"],
            "push-subscriptions": admin.get("push-subscriptions")["items"][0]["id"]}
    admin.post(f"push-subscriptions/{used['push-subscriptions']}/test")
    admin.post("snoozes", dict(camera=camera, until=iso(now + 3600)))
    return used


def troubles(place):
    """Cameras and places that fail, and a recorder that is killed."""
    place.hook.status = place.phone.status = 503
    place.walks(1)
    end = time.monotonic() + 40
    while not (place.hook.refused and place.phone.refused) and time.monotonic() < end:
        time.sleep(0.5)
    for fleet in place.fleets:
        for action, q in (("auth", dict(state="deny")), ("drop", {})):
            fleet.control.act("all", action, **q)
    time.sleep(12)
    for fleet in place.fleets:
        fleet.control.act("all", "off")
    time.sleep(4)
    place.processes()
    place.recorder.kill()
    place.recorder.start()
    place.recorder.wait_healthy(60)
    for fleet in place.fleets:
        fleet.control.act("all", "clear")
    place.hook.status = place.phone.status = 201
    time.sleep(20)


def everything(place, used):
    """Asks every GET of the description; answers how many, and those that never answered 200."""
    admin, now = place.admin, time.time()
    listed = {"alerts": admin.get("alerts")["items"], "events": admin.get(f"events?from={iso(now - 3000)}&to={iso(now)}")["items"]}
    used |= {name: items[0]["id"] for name, items in listed.items() if items}
    segments = admin.get(f"cameras/{used['cameras']}/segments?from={iso(now - 600)}&to={iso(now)}")
    used |= {"segments": segments["segments"][0]["url"].rsplit("/", 1)[1], "init": next(iter(segments["inits"].values()))["url"].rsplit("/", 1)[1]}
    form = dict(address=place.fleets[0].cameras[0]["main"], username=USER, password=place.secrets["camera password"])
    for _ in range(3):         # a busy machine may have no picture in time
        made = place.tries(admin, "POST", "camera-tests", form) or {}
        if pictures := [t["snapshot_url"] for t in made.get("streams", []) if t.get("snapshot_url")]:
            used["camera-tests"] = pictures[0].split("/")[-2]
            break
    span = {"camera": used["cameras"], "from": iso(now - 60), "to": iso(now), "polygon": [[0, 0], [1, 0], [1, 1]]}
    used["motion-searches"] = admin.post("motion-searches", span)["id"]
    values = {"from": iso(now - 25), "to": iso(now - 3), "t": iso(now - 15), "month": time.strftime("%Y-%m"), "at": iso(now - 15),
              "topics": "events,cameras,jobs,health"}
    asked, silent = 0, []
    for path, methods in admin.call("GET", "/api/openapi.json")["paths"].items():
        if "get" not in methods or path == SOCKET:
            continue
        room = path.split("/")[1]
        query = {p["name"]: values[p["name"]] for p in methods["get"].get("parameters", []) if p["in"] == "query" and p["name"] in values}
        if room == "events" and "{id}" in path:
            query = {}
        right = False
        for one in place.ids if room == "cameras" else [used.get(room)]:
            there = path.replace("{id}", str(one)).replace("{name}", str(one))
            status, _, _ = admin.ask("GET", f"/api/v1{there}?{urllib.parse.urlencode(query)}", seconds=2 if path in ENDLESS else None)
            right, asked = right or 200 <= status < 300, asked + 1
        silent += [] if right else [path]
    for path in ("/", "/trust", "/ca.crt", "/health", "/nothing", "/api/v1/nothing", "/api/v1/cameras/none"):
        for who in (admin, place.head, Api(place.recorder.port)):
            who.heard = admin.heard
            who.ask("GET", path)
            asked += 1
    return asked, silent


def commands(place):
    """What each command prints, while the recorder runs and when it does not."""
    now, out = time.time(), os.path.join(place.recorder.folder, "out.mp4")
    for words in (("check",), ("check", "--json"), ("check", "--deep"), ("camera", "list"), ("camera", "list", "--json"), ("openapi",),
                  ("camera", "test", f"{place.plant} 1"), ("camera", "test", f"{place.plant} 4"),
                  ("export", "--camera", f"{place.plant} 0", "--from", iso(now - 40), "--to", iso(now - 20), "--stream", "main", out),
                  ("motion", "replay", "--camera", f"{place.plant} 0", "--from", iso(now - 40), "--to", iso(now - 20))):
        place.say(*words)


def look(place, asked, silent, verdict):
    canaries = Canaries(place.secrets)
    plants = Canaries({"plant": place.plant})
    verdict.none(f"control: each of {len(canaries.patterns)} forms of {len(place.secrets)} secrets is found", canaries.missed())
    verdict.none(f"every GET of the description was answered ({asked} in all)", silent)
    heard = [(what, data) for what, data in place.admin.heard if not TELL.match(what)]
    db = sqlite3.connect(os.path.join(place.recorder.data, "catalogue.db"))
    dump = "\n".join(db.iterdump()).encode()
    causes = {cause for cause, in db.execute("select distinct cause from gap")}
    failed = {channel for channel, in db.execute("select distinct channel from delivery where error is not null or tries > 1")}
    db.close()
    verdict.require("cameras went, refused the password and came back", {"camera_lost", "camera_auth"} <= causes, sorted(causes))
    verdict.require("every way of telling failed for a while", {"push", "webhook", "mail", "mqtt", "zalo"} <= failed, sorted(failed))
    files = below(place.recorder.data)
    media = [data for what, data in heard if ".mp4" in what or what.endswith("/file?") or "segments/" in what]
    verdict.require("an export is an archive that was looked into", any(data[:4] == b"PK\3\4" for data in media))
    rooms = {"log": lambda c: c.in_file(place.recorder.log),
             f"{len(heard) // 2} answers": lambda c: union(c.in_bytes(data) for _, data in heard),
             f"exports and clips ({sum(map(len, media)) >> 20} MiB)": lambda c: union(c.in_bytes(data) for data in media),
             f"dump of the catalogue ({len(dump) >> 10} KiB)": lambda c: c.in_bytes(dump),
             f"{len(files)} files of the data folder": lambda c: union(c.in_file(path) for path in files),
             "command lines and environments": lambda c: union(c.in_bytes(data) for what, data in place.seen if what.startswith("processes")),
             "output of commands": lambda c: union(c.in_bytes(data) for what, data in place.seen if what.startswith("lanewatch"))}
    with open(place.recorder.log, "rb") as f:
        lines = f.read()
    print(f"     log: {len(lines) >> 20} MiB, {lines.count(b'TRACE')} lines of trace, {lines.count(b'of the log are lost')} times lines were dropped",
          flush=True)
    for room, search in rooms.items():
        verdict.none(f"0 secrets in {room}", sorted(search(canaries)))
        verdict.require(f"control: what may be known is found in {room}", search(plants))
    hits = [(what, sorted(found)) for what, data in heard + place.seen if (found := canaries.in_bytes(data))]
    hits += [(path, sorted(found)) for path in files if (found := canaries.in_file(path))]
    for hit in hits:
        print(f"     {hit}", flush=True)


def union(sets):
    return set().union(*sets)
