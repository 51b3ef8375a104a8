"""What a table of figures must say of itself: machine, version, time, command."""

import os
import subprocess
import sys
import time

from . import ROOT


def machine():
    def grep(path, key):
        with open(path, encoding="utf-8") as f:
            return next((line.split(":", 1)[1].strip() for line in f if line.startswith(key)), "?")

    system = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
    return (f"{len(os.sched_getaffinity(0))} x {grep('/proc/cpuinfo', 'model name')}, {int(grep('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB, "
            f"{system.get('PRETTY_NAME', '?').strip(chr(34))}, Linux {os.uname().release}")


def commit():
    done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def written_by(script):
    words = [script, *("PATH" if os.sep in w else w for w in sys.argv[1:])]
    return f"Written by `{' '.join(words)}` on {time.strftime('%Y-%m-%d %H:%M %Z')}, commit {commit()}."
