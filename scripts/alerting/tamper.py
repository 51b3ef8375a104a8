"""tamper: four of 19 cameras get a cloth or a cap over the lens; then six that hang on one switch go dark within five seconds.

Requires one alert for each covered camera within 30 s of the first covered picture, and none for any other, until long after it
sees again; then one alert for all six cameras of the switch, and one when they are back.
"""

import time

from .stage import BLACK, COVERED, EMPTY, Stage, until

CAMERAS = 19
COVERS = (("lane03", COVERED), ("lane08", BLACK), ("lane12", COVERED), ("lane17", BLACK))
SWITCH = ("lane02", "lane05", "lane07", "lane11", "lane14", "lane19")
WITHIN_S, LEARNED_S, COVERED_S, AFTER_S = 30.0, 45, 60, 30
APART_S, DARK_S, LOST_WITHIN_S, BACK_WITHIN_S = 0.9, 45, 45, 60


def run(options, folder, verdict):
    with Stage(folder, options.binary, CAMERAS, layout="port-per-camera") as stage:
        stage.begin()
        time.sleep(LEARNED_S)
        verdict.none("nothing is told of cameras that see an empty alley", told(stage))
        covers(stage, verdict)
        switch(stage, verdict)
        verdict.require("orderly stop", (code := stage.recorder.stop()) == 0, code)


def told(stage, after=(0, 0)):
    """What both receivers were told from a place in their lists on: (kind, cameras) of the webhook, titles of the phone."""
    names = {camera: name for name, camera in stage.ids.items()}
    hook = [(c.message["type"], [names[i] for i in c.message["data"]["cameras"]]) for c in stage.hook.came[after[0]:]]
    return hook + [c.message["notification"]["title"] for c in stage.phone.came[after[1]:]]


def now(stage):
    return len(stage.hook.came), len(stage.phone.came)


def covers(stage, verdict):
    first, took, before = {}, {}, now(stage)
    for camera, clip in COVERS:
        first[camera] = stage.show(camera, clip)
        time.sleep(1.7)
    for camera, clip in COVERS:
        ours = stage.ids[camera]
        alert = stage.hook.wait(lambda c: c.message["type"] == "alert.tamper" and ours in c.message["data"]["cameras"], COVERED_S, before[0])
        took[camera] = alert.at - first[camera] if alert else float("inf")
        print(f"     {camera}, {clip}: {took[camera]:.1f} s", flush=True)
    verdict.require(f"{len(COVERS)} covered cameras are told within {WITHIN_S:g} s", max(took.values()) <= WITHIN_S, f"longest {max(took.values()):.1f} s")
    until(min(first.values()) + COVERED_S)
    for camera, _ in COVERS:
        stage.show(camera, EMPTY)
    time.sleep(AFTER_S)
    found = told(stage, before)
    exactly(verdict, "one alert for each, to the webhook and to the phone, and no other", found, len(COVERS))


def exactly(verdict, what, found, wanted):
    verdict.require(what, len(found) == 2 * wanted, found)


def switch(stage, verdict):
    act, before = stage.fleet.control.act, now(stage)
    for camera in SWITCH:
        act(camera, "off")
        time.sleep(APART_S)
    dark = time.time()
    lost = stage.hook.wait(lambda c: c.message["type"] == "alert.camera_lost", LOST_WITHIN_S, before[0])
    until(dark + DARK_S)
    found = told(stage, before)
    verdict.require("one alert tells of all six", lost and sorted(found[0][1]) == sorted(SWITCH),
                    f"{lost.at - dark:.1f} s after the last was gone" if lost else found)
    exactly(verdict, "no other while they are dark", found, 1)
    before = now(stage)
    for camera in SWITCH:
        act(camera, "on")
        time.sleep(APART_S)
    back = time.time()
    alert = stage.hook.wait(lambda c: c.message["type"] == "alert.camera_back", BACK_WITHIN_S, before[0])
    time.sleep(15)
    found = told(stage, before)
    verdict.require("one tells that all six are back", alert and sorted(found[0][1]) == sorted(SWITCH),
                    f"{alert.at - back:.1f} s after the last came" if alert else found)
    exactly(verdict, "no other until then", found, 1)
