"""The browser tests' other side: a recorder with 19 small cameras and some footage. For `scripts/test`.

    browser.py LANEWATCH CLIPS COMMAND...     runs COMMAND with LANEWATCH_URL and LANEWATCH_CODE, ends with its exit code
"""

import os
import subprocess
import sys
import time

# `python3 scripts/rig/browser.py` puts rig/ on the path, not scripts/.
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rig import ROOT, cannot  # noqa: E402
from rig.cameras import Fleet  # noqa: E402
from rig.recorder import Recorder  # noqa: E402

PAIRS = "h264,aac"     # what every Chromium plays
FOOTAGE_S = 12         # recorded before the browser comes, so that there is something to play back


def main():
    binary, clips, *command = sys.argv[1:]
    folder = os.path.join(ROOT, "target", "suites", "browser")
    with Recorder(folder, os.path.abspath(binary)) as recorder, \
            Fleet(clips, os.path.join(folder, "fleet.log"), 19, pairs=PAIRS) as fleet:
        recorder.add(fleet.cameras)
        recorder.start()
        recorder.wait_healthy()
        if fleet.wait_on_air(sorted(fleet.streams()), 20) is None:
            cannot(f"the recorder does not read all cameras; see {recorder.log}")
        time.sleep(FOOTAGE_S)
        code = recorder.cli("login-code").stdout.strip()
        env = dict(os.environ, LANEWATCH_URL=f"http://127.0.0.1:{recorder.port}", LANEWATCH_CODE=code)
        done = subprocess.run(command, env=env)
        if done.returncode:
            sys.exit(f"failed; the recorder's log is {recorder.log}")
        recorder.stop()


if __name__ == "__main__":
    main()
