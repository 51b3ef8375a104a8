"""rain: rain falls before 19 cameras, and some people come by in it; who is told of what?

The clips are those of `--clips DIR`, with their ground truth (NAME.main.gt.json: format motion-gt/1, `tags`, `motion_intervals`,
`still_intervals`): each stretch of a clip tagged `rain` in which nothing moves that counts is shown there and back again, over
and over; a clip without any motion is shown as it is. The people are those of the longest motion in the first such clip. Without
`--clips` it is the painted alley of `scripts/footage --alley`. The rules are those of a new recorder.

Requires that no more are told than the budget of a night, that everybody is told of, and that nothing is recorded less for it.
Somebody who comes before a camera within five minutes of others there is one more of their matter, which people have been told of.
Prints also what detection took for motion, and how many were told of that nobody caused.
"""

import glob
import json
import os
import random
import subprocess
import time

from rig import cannot
from rig.cameras import load_clips
from scenes.encode import video_args

from .stage import TICKS, Stage, until

CAMERAS, BUDGET, LEARNED_S, TOLD_WITHIN_S = 19, 20, 60, 15
# Seconds before and after people that their clip shows.
AROUND_S = 1.5
EVENTS = """
select e.start_90k, e.end_90k, e.peak, c.name, j.why, hex(a.id), a.rank, a.out from event e join camera c on c.key = e.camera_key
left join judged j on j.event = e.id left join alert a on a.key = j.alert_key where e.kind = 'motion' order by e.start_90k
"""


def run(options, folder, verdict):
    clips, rain, people, lasts = (cut if options.clips else painted)(options.clips, f"{folder}-clips")
    rng = random.Random(options.seed)
    print(f"     seed {options.seed}; {len(rain)} kinds of rain", flush=True)
    with Stage(folder, options.binary, CAMERAS, clips=clips, pairs=",".join(rain)) as stage:
        stage.begin(min_seconds=2, cooldown_minutes=5, night_budget=BUDGET, digest_at=time.strftime("%H:00", time.gmtime(time.time() + 12 * 3600)))
        time.sleep(LEARNED_S)
        began, planted = time.time(), []
        part = (options.minutes * 60 - lasts - TOLD_WITHIN_S) / options.people
        for n in range(options.people):
            until(began + (n + rng.random()) * part)
            planted.append(come(stage, rng, people, rain, lasts))
        until(began + options.minutes * 60)
        judge(stage, planted, began, verdict)
        stage.require_whole(verdict)


def come(stage, rng, people, rain, lasts):
    """Somebody comes before a camera: (camera, from, to), unix seconds."""
    number = rng.randrange(CAMERAS)
    camera = stage.fleet.cameras[number]["name"]
    first = stage.show(camera, people)
    until(first + lasts)
    stage.show(camera, rain[number % len(rain)])
    return camera, first, first + lasts


def judge(stage, planted, began, verdict):
    names = {camera: name for name, camera in stage.ids.items()}
    told = [(c.at, names[c.message["data"]["cameras"][-1]], c.message["data"]["id"].replace("-", "")) for c in stage.hook.came
            if c.message["type"] == "alert.motion" and c.at > began]
    db = stage.catalogue()
    events = [(start / TICKS, (end or start) / TICKS, *rest) for start, end, *rest in db.execute(EVENTS) if start / TICKS > began]
    db.close()
    missed, of_people = [], set()
    for camera, first, last in planted:
        ours = [e for e in events if e[3] == camera and e[0] < last and e[1] > first]
        of_ours = {alert.lower() for *_, alert, _, _ in ours if alert}
        came = [at for at, where, alert in told if where == camera and alert in of_ours and at <= last + TOLD_WITHIN_S]
        of_people |= of_ours
        print(f"     {camera}: " + (f"told {came[-1] - first:+.1f} s after they came" if came else "not told") + "".join(
            f"; {end - start:.1f} s, {cells} cells, {why}, rank {rank and round(rank, 2)}" for start, end, cells, _, why, _, rank, _ in ours), flush=True)
        if not came:
            missed.append(camera)
    hours = (time.time() - began) / 3600
    others = [e for e in events if not any(e[3] == camera and e[0] < last and e[1] > first for camera, first, last in planted)]
    ranks = sorted(round(e[6], 2) for e in others if e[6] is not None)
    print(f"     of rain: {len(others)} events, {len(others) / hours / CAMERAS:.2f} an hour and camera; {sum(e[4] == 'told' for e in others)} passed the rules"
          + (f", ranks {ranks[0]} to {ranks[-1]}, median {ranks[len(ranks) // 2]}" if ranks else ""), flush=True)
    alerts = {alert for *_, alert in told}
    verdict.require(f"no more alerts than the budget of {BUDGET}", len(alerts) <= BUDGET, f"{len(alerts)}, {len(alerts - of_people)} of them of rain")
    verdict.none(f"all {len(planted)} people in the rain are told of", missed)


def painted(_, folder):
    """(folder, kinds of rain, people, their seconds)"""
    return load_clips("alley"), ["alley03"], "alley04", 20


def cut(source, folder):
    os.makedirs(folder, exist_ok=True)
    rain, people = [], None
    for path in sorted(glob.glob(os.path.join(source, "**", "*.gt.json"), recursive=True)):
        with open(path, encoding="utf-8") as f:
            truth = json.load(f)
        if not any("rain" in str(truth.get(key, "")) for key in ("tags", "clip")):
            continue
        main = os.path.join(os.path.dirname(path), truth["clip"])
        sub = main.replace(".main.", ".sub.")
        name = truth["clip"].split(".")[0]
        if not truth["motion_intervals"]:
            shown(main, sub, 0, truth["duration_s"], folder, name, back=False)
            rain.append(name)
            continue
        for n, still in enumerate(truth["still_intervals"]):
            shown(main, sub, still["start_s"], still["end_s"], folder, f"{name}{n + 1}", back=True)
            rain.append(f"{name}{n + 1}")
        if people is None:
            longest = max(truth["motion_intervals"], key=lambda m: m["end_s"] - m["start_s"])
            begins, ends = longest["start_s"] - AROUND_S, longest["end_s"] + AROUND_S
            shown(main, sub, begins, ends, folder, "people", back=False)
            people = ends - begins
    if people is None:
        cannot(f"no clip of {source} shows rain and somebody in it")
    return folder, rain, "people", people


def shown(main, sub, begins, ends, folder, name, back):
    """A stretch of a clip; `back`: there and back again, so that it goes on without a jump."""
    for source, kind, size, fps, kbit in ((main, "main", "1280:720", 15, 1500), (sub, "sub", "640:360", 5, 400)):
        picture = f"[0:v]fps={fps},scale={size}"
        picture += ",split[a][b];[b]reverse[c];[a][c]concat" if back else ""
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-ss", str(begins), "-t", str(ends - begins), "-i", source, "-an", "-filter_complex", picture,
                        *video_args("h264", fps, kbit, 2, "ultrafast"), os.path.join(folder, f"{name}.{kind}.mp4")], check=True)
