"""The recorder under test, by its command line only."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import ROOT, cannot
from .cameras import PASSWORD, USER

BINARY = os.path.join(ROOT, "target", "release", "lanewatch")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Recorder:
    """One data folder, served again and again. Context manager: whatever happens, nothing is left running."""

    def __init__(self, folder, binary=BINARY, config="", env=None, password=PASSWORD):
        if not os.access(binary, os.X_OK):
            cannot(f"{binary} is missing: cargo build --release --locked")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.binary, self.folder, self.process = binary, folder, None
        self.env = {**os.environ, **(env or {})}
        self.data, self.log = os.path.join(folder, "data"), os.path.join(folder, "recorder.log")
        self.secret = os.path.join(folder, "camera-password")
        with open(self.secret, "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(password + "\n")
        self.port = free_port()
        self.config = []
        if config:
            self.config = ["--config", os.path.join(folder, "lanewatch.toml")]
            with open(self.config[1], "w", encoding="utf-8") as f:
                f.write(config)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def cli(self, *words, check=True):
        done = subprocess.run([self.binary, *words, "--data", self.data], capture_output=True, text=True, env=self.env)
        if check and done.returncode:
            cannot(f"lanewatch {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def add(self, cameras, with_sub=True, auth=True):
        """`area` of a camera is taken where it has one."""
        for c in cameras:
            words = ["camera", "add", "--name", c["name"], "--main", c["main"]]
            if with_sub and "sub" in c:
                words += ["--sub", c["sub"]]
            if "area" in c:
                words += ["--area", c["area"]]
            if auth:
                words += ["--username", USER, "--password-file", self.secret]
            self.cli(*words)

    def start(self):
        """Returns the wall-clock time of the start, in ns."""
        with open(self.log, "ab") as log:
            began = time.time_ns()
            self.process = subprocess.Popen([self.binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *self.config],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self.env)
        return began

    def wait_healthy(self, limit=20):
        took = self.wait_health(("ok", "degraded"), limit)
        return took if took is not None else cannot(f"the recorder did not become healthy within {limit} s; see {self.log}")

    def wait_health(self, wanted, limit=20):
        """Seconds until its status is one of these; None when the limit passed."""
        began = time.monotonic()
        while time.monotonic() - began < limit:
            if self.process.poll() is not None:
                cannot(f"the recorder ended by itself ({self.process.returncode}); see {self.log}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/health", timeout=2) as answer:
                    if json.load(answer)["status"] in wanted:
                        return time.monotonic() - began
            except (OSError, ValueError, urllib.error.URLError):
                pass
            time.sleep(0.02)
        return None

    def metric(self, token, name):
        """A number of /metrics that has no labels."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1/metrics", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.split()[0] == name)

    def pause(self, seconds):
        """The whole process does not run, as when the machine under it hangs."""
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, limit=30):
        """An orderly stop; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            return "no end within %d s" % limit

    def check(self):
        """(all invariants hold, the whole report)."""
        done = self.cli("check", "--json", check=False)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            return False, dict(ok=False, invariants=[], streams=[], error=(done.stderr or done.stdout)[-500:])
        return done.returncode == 0 and report["ok"], report


def violations(report):
    """One line for a report that is not clean."""
    bad = [f"({i['id']}) {i['name']}: {i['violations']}, e.g. {i['examples'][:1]}" for i in report["invariants"] if i["violations"]]
    return "; ".join(bad) or report.get("error", "")
