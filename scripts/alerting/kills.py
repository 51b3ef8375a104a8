"""kills: kill -9 of the recorder, again and again, while people walk, cameras drop and tests are asked for.

Moments: some soon after the start, some later, and every third in the middle of sending, when a receiver has read a message and
has not answered yet. Requires at the end, of the catalogue and of what both receivers have read:

- decided: every event has a judgement, and every alert a delivery to the phone and one to the webhook;
- lost: what a delivery says it has sent has come, after its version was decided on, to the webhook under the version's name;
  nothing is left waiting or was dropped; what waited for the digest is in one, and that has come; so has each test that the
  recorder said was on its way. What is asked is at least once: how many came again is printed;
- false alarms: nothing is told of disks and clock, with which all is well;
- visible twice: on the phone one notification replaces another of the same `tag`, at its push service one that waits another of
  the same `Topic`, and a webhook knows by `webhook-id` what it has had. So a duplicate that somebody can see is an alert under
  two tags, topics or message ids; a version of one under two webhook-ids; two alerts of one happening, which have the same kind,
  beginning and cameras, or the same event; and an alert that the phone got by itself and in a digest, too.
"""

import random
import sqlite3
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import replace

from rig.recorder import violations

from .stage import EMPTY, TICKS, WALK, Stage

# Somebody walks past two cameras of an area, then at the next; none again before it counts as a new matter, after two minutes.
CAMERAS, AREA = 24, 2
WALKS_S, WALK_S, AWAY_EVERY_S, AWAY_S = 5.5, 14, 60, 40
DRAINED_S = 90
DUE = "select d.channel, a.kind, d.tries, d.error from delivery d join alert a on a.key = d.alert_key where d.state = 'due'"
DELIVERIES = """
select hex(d.id), hex(a.id), a.kind, d.channel, d.state, d.version, d.error, coalesce((select min(at_90k) from outbox o
  where o.kind = 'alert' and o.object = a.id and o.body ->> 'version' >= d.version), a.made_90k)
from delivery d join alert a on a.key = d.alert_key
"""
IN_DIGEST = "select hex(m.id), hex(g.id) from digest_member d join alert m on m.key = d.alert_key join alert g on g.key = d.digest_key"


class Life(threading.Thread):
    """What happens in the hamlet meanwhile."""

    def __init__(self, stage, rng):
        super().__init__(daemon=True)
        self.stage, self.rng, self.over = stage, rng, threading.Event()

    def run(self):
        act, cameras = self.stage.fleet.control.act, [c["name"] for c in self.stage.cameras]
        ends, away, next_away = {}, None, time.monotonic() + 15
        while not self.over.wait(WALKS_S):
            now = time.monotonic()
            for camera in [c for c, end in ends.items() if end < now]:
                act(camera, "switch", clip=f"{EMPTY}.sub", stream="sub")
                del ends[camera]
            cameras.append(camera := cameras.pop(0))
            act(camera, "switch", clip=f"{WALK}.sub", stream="sub", **{"from": 0})
            ends[camera] = now + WALK_S
            if now > next_away:
                if away:
                    act(away, "on")
                away = None if away else self.rng.choice([c for c in cameras if c not in ends])
                if away:
                    act(away, "off")
                next_away = now + (AWAY_S if away else AWAY_EVERY_S - AWAY_S)
        for camera in ends:
            act(camera, "switch", clip=f"{EMPTY}.sub", stream="sub")
        if away:
            act(away, "on")


def run(options, folder, verdict):
    rng = random.Random(options.seed)
    print(f"     seed {options.seed}", flush=True)
    with Stage(folder, options.binary, CAMERAS, areas=AREA, layout="port-per-camera") as stage:
        stage.begin()
        for receiver in (stage.phone, stage.hook):
            receiver.slow_s = 0.03
        life = Life(stage, random.Random(options.seed + 1))
        life.start()
        tests, in_sending = [], 0
        for kill in range(options.kills):
            in_sending += one_life(stage, rng, kill, tests)
            stage.recorder.kill()
            stage.recorder.start()
            stage.recorder.wait_healthy(60)
            if kill % 20 == 19:
                print(f"     {kill + 1} kills: {len(stage.phone.came)} messages to the phone, {len(stage.hook.came)} to the webhook", flush=True)
        life.over.set()
        life.join()
        drained = drain(stage)
        verdict.require(f"{options.kills} kills", True, f"{in_sending} of them in the middle of sending")
        verdict.none(f"nothing waits {DRAINED_S} s after the last start", drained)
        verdict.require("orderly stop", (code := stage.recorder.stop()) == 0, code)
        digest(stage, verdict)
        judge(stage, tests, verdict)
        clean, report = stage.recorder.check()
        verdict.require("lanewatch check is clean", clean, violations(report))


def one_life(stage, rng, kill, tests):
    """Ends at the moment of the kill; answers whether that was in the middle of sending."""
    if rng.random() < 0.3:
        try:
            tests.append(stage.api.post(f"push-subscriptions/{stage.endpoint}/test")["alert"])
        except OSError:
            pass               # not yet to be reached: nothing was said to be on its way
    if kill % 3 == 2:
        receiver = rng.choice((stage.phone, stage.hook))
        came = len(receiver.came)
        return receiver.wait(lambda _: True, 6, came) is not None
    # Long enough for a camera to count as lost, for somebody to be seen, or for nothing.
    time.sleep(26 if kill % 25 == 12 else rng.uniform(4, 9) if kill % 3 == 0 else rng.uniform(0.2, 3))
    return False


def waiting(stage):
    db = stage.catalogue()
    rows = db.execute(DUE).fetchall()
    db.close()
    return rows


def drain(stage):
    """What waits still when there was time enough."""
    time.sleep(20)             # cameras that are back, the start that is told of
    end = time.monotonic() + DRAINED_S
    while (left := waiting(stage)) and time.monotonic() < end:
        time.sleep(0.5)
    return left


def digest(stage, verdict):
    """The morning's digest, now: as if it had not been sent today."""
    with sqlite3.connect(f"{stage.recorder.data}/catalogue.db") as db:
        db.execute("delete from meta where name = 'alert_digest_day'")
    db.close()
    stage.recorder.start()
    stage.recorder.wait_healthy(60)
    time.sleep(5)
    end = time.monotonic() + 30
    while waiting(stage) and time.monotonic() < end:
        time.sleep(0.5)
    verdict.require("orderly stop after the digest", (code := stage.recorder.stop()) == 0, code)


def name(text):
    """Of an id, as `hex` of SQLite has it."""
    return uuid.UUID(text).hex.upper()


class Heard:
    """What both receivers have read, by what it is of."""

    def __init__(self, phone, hook):
        self.pushed, self.hooked, self.names = defaultdict(list), defaultdict(list), defaultdict(set)
        for c in phone:
            said = c.own
            self.pushed[name(said["id"])].append(c.at)
            self.names["push", name(said["alert"])].add((c.message["notification"]["tag"], c.headers["topic"], said["id"]))
        for c in hook:
            delivery, _, version = c.headers["webhook-id"].partition(".")
            self.hooked[name(delivery), int(version)].append(c.at)
            self.names["webhook", name(c.message["data"]["id"]), c.message["data"]["version"]].add(c.headers["webhook-id"])

    def lost(self, rows, digests):
        """Deliveries that have not come, of those of the catalogue."""
        def has_come(delivery, alert, kind, channel, state, version, error, decided):
            if state == "digested":
                return any(("push", digest) in self.names for digest in digests[alert])
            there = self.hooked.get((delivery, version), []) if channel == "webhook" else self.pushed.get(delivery, [])
            return state == "sent" and any(at >= decided / TICKS for at in there)

        return [row[2:7] for row in rows if not has_come(*row)]

    def twice(self):
        return [(key, names) for key, names in self.names.items() if len(names) > 1]


def judge(stage, tests, verdict):
    db = stage.catalogue()
    undecided = db.execute("select hex(id), kind from event where id not in (select event from judged)").fetchall()
    events = db.execute("select count(*) from event").fetchone()[0]
    alerts = db.execute("select hex(id), kind, from_90k, cameras, facts ->> 'event', person is null from alert").fetchall()
    rows = db.execute(DELIVERIES).fetchall()
    digests = defaultdict(set)
    for alert, told_in in db.execute(IN_DIGEST):
        digests[alert].add(told_in)
    db.close()
    phone, hook = stage.phone.came, stage.hook.came
    heard = Heard(phone, hook)
    kinds = ", ".join(f"{sum(a[1] == kind for a in alerts)} {kind}" for kind in sorted({a[1] for a in alerts}))
    print(f"     {events} events; {len(alerts)} alerts ({kinds}); {len(phone)} messages to the phone, {len(hook)} to the webhook, "
          f"of which {len(hook) - len(heard.hooked)} came again; {len(digests)} alerts in digests", flush=True)
    verdict.none("all messages opened and their sender verified", [c.message for c in phone + hook if not c.signed])
    verdict.none(f"every one of {events} events has been decided on", undecided)
    for channel in ("push", "webhook"):
        has = {row[1] for row in rows if row[3] == channel}
        verdict.none(f"every alert for all has its {channel}", [a[:2] for a in alerts if a[5] and a[0] not in has])
    verdict.none(f"0 of {len(rows)} deliveries lost", heard.lost(rows, digests))
    verdict.none(f"0 of {len(tests)} tests lost", [t for t in tests if ("push", name(t)) not in heard.names])
    verdict.none("0 visible twice: names of a message", heard.twice())
    verdict.none("0 false alarms of disks and clock", [a[:3] for a in alerts if a[1] in ("disk", "clock", "not_recording")])
    happenings = defaultdict(list)
    for alert, kind, begun, cameras, event, _ in alerts:
        if kind not in ("test", "digest"):
            happenings[kind, begun, cameras].append(alert)
            happenings[event or alert].append(alert)
    verdict.none("0 visible twice: alerts of one happening", [(key, ids) for key, ids in happenings.items() if len(ids) > 1])
    verdict.none("0 visible twice: by itself and in a digest", [alert for alert in digests if ("push", alert) in heard.names])
    control(phone, hook, rows, digests, verdict)


def control(phone, hook, rows, digests, verdict):
    """Would it be noticed? One message of each is taken away, and one comes under another name."""
    for channel, came in (("push", phone), ("webhook", hook)):
        gone = came[-1].headers.get("webhook-id") or came[-1].own["id"]
        left = [c for c in came if gone not in (c.headers.get("webhook-id"), c.own.get("id"))]
        missed = Heard(left, hook) if channel == "push" else Heard(phone, left)
        verdict.require(f"control: a {channel} that has not come is missed", missed.lost(rows, digests))
    other = replace(hook[-1], headers=hook[-1].headers | {"webhook-id": f"{uuid.uuid4()}.1"})
    tag = replace(phone[-1], message=phone[-1].message | {"notification": phone[-1].message["notification"] | {"tag": "other"}})
    verdict.require("control: a second name is noticed", len(Heard(phone + [tag], hook + [other]).twice()) == 2)
