"""offline: nobody can be told for more than an hour, while people walk; then everybody can.

The hour is made of two lives of the recorder: in the first its clock is 70 minutes slow (libfaketime) and both receivers answer
503; in the second it is right, and they take what comes. Requires: the first loses no frame of any stream; afterwards the phone
gets one digest with all that happened and nothing else, and the webhook each alert, once and in the order of its making.
"""

import os
import time

from rig import cannot

from .stage import EMPTY, WALK, Stage

SHIFTED = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
CLOCK = dict(LD_PRELOAD=SHIFTED, FAKETIME="-70m", FAKETIME_DONT_FAKE_MONOTONIC="1", FAKETIME_DISABLE_SHM="1")
CAMERAS, CALM_S, WALK_S, TOLD_WITHIN_S = 6, 20, 6, 60
MADE = "select lower(hex(id)) from alert where person is null order by key"
IN_DIGEST = "select lower(hex(a.id)) from digest_member d join alert a on a.key = d.alert_key order by a.key"


def run(options, folder, verdict):
    if not os.path.exists(SHIFTED):
        cannot("please install: faketime (named as in Debian 12)")
    with Stage(folder, options.binary, CAMERAS, env=CLOCK) as stage:
        stage.hook.status = stage.phone.status = 503
        stage.begin()
        time.sleep(CALM_S)
        for camera in stage.fleet.cameras:
            stage.show(camera["name"], WALK)
            time.sleep(WALK_S)
            stage.show(camera["name"], EMPTY)
        time.sleep(5)
        verdict.require("both were tried, and took nothing", stage.hook.refused and stage.phone.refused and not stage.hook.came + stage.phone.came,
                        f"{stage.phone.refused} times the phone, {stage.hook.refused} times the webhook")
        stage.require_whole(verdict)
        made = rows(stage, MADE)
        verdict.require(f"at least {CAMERAS} alerts were made", len(made) >= CAMERAS, len(made))
        for name in CLOCK:
            stage.recorder.env.pop(name)
        stage.hook.status = stage.phone.status = 201
        began = time.time()
        stage.recorder.start()
        stage.recorder.wait_healthy(60)
        stage.phone.wait(lambda _: True, TOLD_WITHIN_S)
        stage.hook.wait(lambda _: len(stage.hook.came) >= len(made), TOLD_WITHIN_S)
        time.sleep(15)
        kinds = [c.own["kind"] for c in stage.phone.came]
        verdict.require("the phone gets one digest and nothing else", kinds == ["digest"],
                        f"{stage.phone.came[0].at - began:.1f} s after the start" if kinds == ["digest"] else kinds)
        told = rows(stage, IN_DIGEST)
        verdict.require("everything is in it", told == made, f"{len(told)} of {len(made)}")
        hooked = [c.message["data"]["id"].replace("-", "") for c in stage.hook.came]
        verdict.require("the webhook gets each, once and in order", hooked == made, f"{len(hooked)} of {len(made)}")
        verdict.none("all messages opened and their sender verified", [c.message for c in stage.phone.came + stage.hook.came if not c.signed])
        verdict.require("orderly stop", (code := stage.recorder.stop()) == 0, code)


def rows(stage, question):
    db = stage.catalogue()
    found = [row[0] for row in db.execute(question)]
    db.close()
    return found
