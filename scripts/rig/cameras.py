"""A camera fleet as a child process that ends with us."""

import json
import os
import subprocess
import time

from fleet.control import Control

from . import ROOT, SCRIPTS, cannot

USER = "admin"
PASSWORD = "hamlet-demo"


def load_clips(kind="load"):
    """Full-size clips for measurements, made at first use; `calm`: nothing happens in them."""
    folder = os.path.join(ROOT, "data", f"{kind}-footage")
    subprocess.run([os.path.join(SCRIPTS, "footage"), f"--{kind}", folder], check=True)
    return folder


class Fleet:
    """Cameras on free ports of loopback. Context manager."""

    def __init__(self, clips, log, cameras=19, layout="one-port", auth="digest", fill_main=0, fill_sub=0, config=None, pairs=None, password_file=None):
        command = [os.path.join(SCRIPTS, "camera-fleet"), "serve", "--clips", clips, "--cameras", cameras, "--port", 0, "--control-port", 0,
                   "--layout", layout, "--auth", auth, "--fill-main", fill_main, "--fill-sub", fill_sub, "--until-eof",
                   *(["--config", config] if config else []), *(["--pairs", pairs] if pairs else []),
                   *(["--password-file", password_file] if password_file else [])]
        self.log = open(log, "ab")
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline()
        if not line:
            cannot(f"the camera fleet did not start; see {log}")
        self.ready = json.loads(line)
        self.cameras, self.control = self.ready["cameras"], Control(self.ready["control"])
        self.ports = sorted({int(c["main"].split(":")[2].split("/")[0]) for c in self.cameras})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def streams(self, status=None):
        """What the fleet says of every stream: {"lane01/main": {...}}."""
        cameras = (status or self.control.status())["cameras"]
        return {f"{name}/{kind}": s for name, c in cameras.items() for kind, s in c["streams"].items()}

    def wait_on_air(self, names, limit, since_unix=0.0):
        """Seconds until every named stream has sent a frame after `since_unix`; None if not within the limit."""
        began = time.monotonic()
        while time.monotonic() - began < limit:
            now = self.streams()
            if all(now[n]["on_air"] and (now[n]["last_frame_unix"] or 0) > since_unix for n in names):
                return time.monotonic() - began
            time.sleep(0.1)
        return None

    def wire_bytes(self):
        """Bytes sent on the open connections of the cameras, by `ss`; None where there is no `ss`."""
        try:
            out = subprocess.run(["ss", "-tinH"], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
        ours, total = False, 0
        for line in out.splitlines():
            if not line[:1].isspace():
                words = line.split()
                ours = len(words) > 3 and int(words[3].rsplit(":", 1)[1]) in self.ports
            elif ours:
                total += sum(int(w.split(":")[1]) for w in line.split() if w.startswith("bytes_sent:"))
        return total
