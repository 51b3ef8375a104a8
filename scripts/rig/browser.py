"""The browser tests' other side: a recorder with small cameras, 19 unless told, and some footage. For `scripts/test`.

    browser.py [--cameras N] LANEWATCH CLIPS COMMAND...     runs COMMAND and ends with its exit code

COMMAND finds in its environment LANEWATCH_URL; LANEWATCH_BINARY and LANEWATCH_DATA, with which it prints a new sign-in code
whenever it needs one; and LANEWATCH_FLEET, the fleet's ready line, for faults and for cameras that are not yet added.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time

# `python3 scripts/rig/browser.py` puts rig/ on the path, not scripts/.
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rig import ROOT, cannot  # noqa: E402
from rig.cameras import PASSWORD, Fleet  # noqa: E402
from rig.recorder import Recorder  # noqa: E402

# What the lanes send. Their sub streams are H.264, but for those of H265_ONLY.
PAIRS = ("h264", "aac")
WALL = 19
H265_MAIN = 18         # this lane's main stream is H.265, as many a village buys them; it is always there
H265_ONLY = 20         # both streams; not on the wall, tests add it
CONFIG = '[alert]\nlocal_hosts = ["127.0.0.1"]\n'     # a push service of the tests' own
# A debug build would take the browser's share to look for motion; what is measured is a release build, as it comes.
DEBUG_CONFIG = CONFIG + '[detect]\npictures_per_second = 2.0\n'
FOOTAGE_S = 12         # recorded before the browser comes, so that there is something to play back
ON_AIR_LIMIT_S = 60    # debug build, slow machine
LIMIT_S = 30 * 60      # LANEWATCH_LIMIT_S sets another


def lanes(count):
    """The numbers of the lanes on the wall, when there are to be so many."""
    return [*range(1, count), H265_MAIN] if count < H265_MAIN else [*range(1, count + 1)]


def plan(clips, folder, numbers):
    """Writes the fleet's plan and returns its path. Footage for measurements has no formats, only pairs."""
    found = sorted(f.removesuffix(".sub.mp4") for f in os.listdir(clips) if f.endswith(".sub.mp4"))
    formats = "h265" in found
    pairs = PAIRS if formats else found

    def clip(pair, kind):
        return os.path.join(os.path.abspath(clips), f"{pair}.{kind}.mp4")

    def lane(n):
        pair = pairs[n % len(pairs)]
        return dict(name=f"lane{n:02d}", main=clip("h265" if formats and n in (H265_MAIN, H265_ONLY) else pair, "main"),
                    sub=clip("h265" if formats and n == H265_ONLY else pair, "sub"))

    path = os.path.join(folder, "fleet.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(dict(cameras=[lane(n) for n in [*numbers, H265_ONLY]]), f)
    return path


def run(command, env):
    """The exit code. Whatever happens, nothing of the command is left running."""
    limit = float(env.get("LANEWATCH_LIMIT_S", LIMIT_S))
    process = subprocess.Popen(command, env=env, start_new_session=True)
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return f"no end within {limit} s"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cameras", type=int, default=WALL, choices=range(2, WALL + 1), metavar="N")
    p.add_argument("binary")
    p.add_argument("clips")
    p.add_argument("command", nargs=argparse.REMAINDER)
    args = p.parse_args()
    binary, clips, command, numbers = args.binary, args.clips, args.command, lanes(args.cameras)
    folder = os.path.join(ROOT, "target", "suites", "browser")
    config = DEBUG_CONFIG if os.path.basename(os.path.dirname(os.path.abspath(binary))) == "debug" else CONFIG
    with Recorder(folder, os.path.abspath(binary), config=config) as recorder, \
            Fleet(clips, os.path.join(folder, "fleet.log"), len(numbers) + 1, layout="port-per-camera",
                  config=plan(clips, folder, numbers)) as fleet:
        on_wall = fleet.cameras[:-1]
        recorder.add(on_wall)
        recorder.start()
        recorder.wait_healthy()
        wanted = sorted(s for s in fleet.streams() if s.split("/")[0] in {c["name"] for c in on_wall})
        if fleet.wait_on_air(wanted, ON_AIR_LIMIT_S) is None:
            cannot(f"the recorder does not read all cameras; see {recorder.log}")
        time.sleep(FOOTAGE_S)
        env = dict(os.environ, LANEWATCH_URL=f"http://127.0.0.1:{recorder.port}", LANEWATCH_BINARY=recorder.binary,
                   LANEWATCH_DATA=os.path.abspath(recorder.data), LANEWATCH_FLEET=json.dumps(dict(fleet.ready, password=PASSWORD)))
        if (failed := run(command, env)) != 0:
            sys.exit(f"failed ({failed}); the recorder's log is {recorder.log}")
        if (code := recorder.stop()) != 0:
            sys.exit(f"the recorder did not stop in order ({code}); its log is {recorder.log}")


if __name__ == "__main__":
    main()
