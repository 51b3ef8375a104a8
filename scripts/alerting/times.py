"""times: somebody walks before one camera after another; how long until a push service and a webhook have the alert?

Requires that 95 of 100 are with the push service, and with the webhook, within two seconds of the first picture that shows
somebody, as the camera sent it: so it includes the wait for a picture that is looked at, and the time in which detection becomes
sure that it is somebody. The same from the event's start in the catalogue, which is dated back to when the mover appeared, and
from when the event was written there: what alerting itself takes. "Has it" is when the receiver has read the whole message.
The rule that motion must have lasted for two seconds, which is set in a new recorder, is switched off: it would be measured.
The cameras are in groups of an area: a walk along one is one matter, told of anew with each camera, as in a lane.
"""

import time
import uuid

from .stage import EMPTY, TICKS, WALK, Stage, quantile

WITHIN_S, SAMPLES, LIMIT_S = 2.0, 20, 30
SINCE = dict(first="the first picture of somebody", start="the event's start", written="the event was written")
GROUPS = 6                    # as many new matters as go out to people in ten minutes


def run(options, folder, verdict):
    with Stage(folder, options.binary, options.cameras, areas=-(-options.cameras // GROUPS)) as stage:
        stage.begin()
        time.sleep(options.calm)
        walks, silent = [], []
        for camera in stage.fleet.cameras:
            found = walk(stage, camera["name"])
            (walks if found else silent).append(found or camera["name"])
        verdict.require(f"at least {SAMPLES} walks", len(walks) >= SAMPLES, len(walks))
        verdict.none("every walk was told of", silent)
        for name in ("push", "webhook"):
            for since, what in SINCE.items():
                took = [w[name] - w[since] for w in walks]
                verdict.require(f"{name} after {what}: p95 within {WITHIN_S:g} s", quantile(took, 95) <= WITHIN_S,
                                f"p50 {quantile(took, 50):.2f} s, p95 {quantile(took, 95):.2f} s, longest {max(took):.2f} s of {len(took)}")
        came = stage.phone.came + stage.hook.came
        verdict.none(f"all {len(came)} messages opened and their sender verified", [c.message for c in came if not c.signed])
        verdict.require("orderly stop", (code := stage.recorder.stop()) == 0, code)


def walk(stage, camera):
    """When somebody came, and when each was told of it, unix seconds; None when nobody was."""
    seen = len(stage.hook.came), len(stage.phone.came)
    first = stage.show(camera, WALK)
    ours = stage.ids[camera]
    hook = stage.hook.wait(lambda c: c.message["type"] == "alert.motion" and c.message["data"]["cameras"][-1] == ours, LIMIT_S, seen[0])
    alert = hook and hook.message["data"]["id"]
    push = hook and stage.phone.wait(lambda c: c.own["alert"] == alert, LIMIT_S, seen[1])
    stage.show(camera, EMPTY)
    if not push:
        return None
    db = stage.catalogue()
    start, written = db.execute(
        "select e.start_90k, (select min(at_90k) from outbox where object = e.id) from event e join camera c on c.key = e.camera_key "
        "where c.id = ? and e.kind = 'motion' order by e.id desc limit 1", (uuid.UUID(ours).bytes,)).fetchone()
    db.close()
    print(f"     {camera}: event after {written / TICKS - first:.2f} s, push {push.at - written / TICKS:.2f} s and webhook "
          f"{hook.at - written / TICKS:.2f} s after it", flush=True)
    return dict(first=first, start=start / TICKS, written=written / TICKS, push=push.at, webhook=hook.at)

