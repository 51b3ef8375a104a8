"""Adds the simulated cameras of the demo to a recorder, those that are not there yet. For `scripts/run`.

    demo.py LANEWATCH DATA FLEET_OUT PASSWORD_FILE <CAMERAS      CAMERAS: what `camera list --json` printed; nothing where
                                                                 nothing was kept yet
"""

import json
import subprocess
import sys


def main():
    binary, data, fleet_out, secret = sys.argv[1:]
    with open(fleet_out, encoding="utf-8") as f:
        fleet = json.loads(f.readline())
    listed = sys.stdin.read().strip()
    there = {c["name"] for c in json.loads(listed)["items"]} if listed else set()
    for c in fleet["cameras"]:
        if c["label"] not in there:
            sub = ["--sub", c["sub"]] if "sub" in c else []
            subprocess.run([binary, "camera", "add", "--data", data, "--name", c["label"], "--main", c["main"], *sub,
                            "--username", fleet["user"], "--password-file", secret], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
