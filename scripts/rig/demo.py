"""Adds the simulated cameras of the demo to a recorder, those that are not there yet. For `scripts/run`.

    demo.py LANEWATCH DATA FLEET_OUT PASSWORD_FILE
"""

import json
import os
import subprocess
import sys


def names(binary, data):
    """Of the cameras that are there; none where nothing was kept yet."""
    if not os.path.exists(os.path.join(data, "catalogue.db")):
        return set()
    listed = subprocess.run([binary, "camera", "list", "--json", "--data", data], check=True, capture_output=True, text=True)
    cameras = json.loads(listed.stdout)
    return {c["name"] for c in (cameras["items"] if isinstance(cameras, dict) else cameras)}


def main():
    binary, data, fleet_out, secret = sys.argv[1:]
    with open(fleet_out, encoding="utf-8") as f:
        fleet = json.loads(f.readline())
    there = names(binary, data)
    for c in fleet["cameras"]:
        if c["label"] not in there:
            sub = ["--sub", c["sub"]] if "sub" in c else []
            subprocess.run([binary, "camera", "add", "--data", data, "--name", c["label"], "--main", c["main"], *sub,
                            "--username", fleet["user"], "--password-file", secret], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
