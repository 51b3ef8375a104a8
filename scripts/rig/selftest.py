"""Tests of the simulators: are the cameras cameras, and do the faults do what they say?

    cd scripts && python3 -m unittest rig.selftest
"""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from fleet import marks

from . import SCRIPTS
from .cameras import PASSWORD, USER, Fleet
from .recording import frames, holes

TCP = ("-rtsp_transport", "tcp", "-analyzeduration", "300000")
FORMATS = ("h264", "h265", "aac", "pcma", "pcmu", "longgop", "bframes")


def url(camera, kind="main", password=PASSWORD):
    return camera[kind].replace("rtsp://", f"rtsp://{USER}:{urllib.parse.quote(password)}@")


def probe(camera, kind="main", password=PASSWORD, timeout_s=5):
    """Codec names of a stream, or ffprobe's complaint."""
    done = subprocess.run(["ffprobe", "-v", "error", *TCP, "-timeout", str(timeout_s * 1_000_000), "-show_entries", "stream=codec_name",
                           "-of", "csv=p=0", url(camera, kind, password)], capture_output=True, text=True)
    return sorted(done.stdout.split()) if done.returncode == 0 else done.stderr


def record(camera, kind, path, seconds):
    """A reader that only copies, in the background."""
    return subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-y", *TCP, "-i", url(camera, kind), "-t", str(seconds),
                             "-c", "copy", "-an", "-f", "mpegts", path], stderr=subprocess.DEVNULL)


class Simulators(unittest.TestCase):
    """One fleet of small cameras, a port each, one per format."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="lanewatch-selftest-")
        clips = os.path.join(cls.folder, "clips")
        subprocess.run([os.path.join(SCRIPTS, "footage"), "--test", clips], check=True, stderr=subprocess.DEVNULL)
        for name in ("large",):   # only for `switch`
            for kind in ("main", "sub"):
                os.rename(os.path.join(clips, f"{name}.{kind}.mp4"), os.path.join(clips, f"{name}-{kind}.mp4"))
        cls.fleet = Fleet(clips, os.path.join(cls.folder, "fleet.log"), len(FORMATS), layout="port-per-camera")
        # Pairs are dealt out in the order of their names.
        cls.camera = dict(zip(sorted(FORMATS), cls.fleet.cameras))

    @classmethod
    def tearDownClass(cls):
        cls.fleet.__exit__()
        shutil.rmtree(cls.folder)

    def act(self, camera, action, **q):
        return self.fleet.control.act(camera["name"], action, **q)

    def recorded(self, camera, kind, seconds, during=None):
        """{frame number: sent at} that a reader got."""
        path = os.path.join(self.folder, f"{camera['name']}-{kind}.ts")
        reader = record(camera, kind, path, seconds)
        if during:
            time.sleep(2)
            during()
        reader.wait(seconds + 30)
        return unpacked(path).get(f"{camera['name']}/{kind}", {})

    def test_formats(self):
        for name, expected in dict(h264=["h264"], h265=["hevc"], aac=["aac", "h264"], pcma=["h264", "pcm_alaw"], pcmu=["h264", "pcm_mulaw"],
                                   bframes=["h264"]).items():
            with self.subTest(name):
                self.assertEqual(probe(self.camera[name]), expected)

    def test_wrong_password_is_refused(self):
        self.assertIn("401", probe(self.camera["h264"], password="wrong"))

    def test_every_frame_arrives_in_order(self):
        for name in ("h264", "h265"):
            with self.subTest(name):
                got = self.recorded(self.camera[name], "main", 4)
                self.assertGreater(len(got), 30)
                self.assertEqual(holes(got), [])

    def test_key_frames_of_cameras_do_not_coincide(self):
        status = self.fleet.control.status()["cameras"]
        phases = sorted(s["streams"]["main"]["air"]["clip_s"] % 1.0 for n, s in status.items() if n != self.camera["longgop"]["name"])
        apart = [b - a for a, b in zip(phases, phases[1:])]
        self.assertGreater(min(apart), 0.05, phases)

    def test_a_play_is_told(self):
        camera = self.camera["h264"]
        name, began = f"{camera['name']}/main", time.time()
        before = self.fleet.streams()[name]["plays"]
        probe(camera)
        after = self.fleet.streams()[name]
        self.assertGreater(after["plays"], before)
        self.assertTrue(began <= after["played_unix"] <= time.time())

    def test_freeze_sends_nothing_and_skips_no_number(self):
        camera = self.camera["pcmu"]
        got = self.recorded(camera, "sub", 8, lambda: self.act(camera, "freeze", s=2, stream="sub"))
        times = [got[n] for n in sorted(got)]
        self.assertGreater(max(b - a for a, b in zip(times, times[1:])), 1.8e9)
        self.assertEqual(holes(got), [])

    def test_switch_in_band_changes_the_size(self):
        camera = self.camera["h264"]
        path = os.path.join(self.folder, "switch.h264")
        reader = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-y", *TCP, "-i", url(camera), "-t", "5", "-c", "copy", "-f", "h264", path],
                                  stderr=subprocess.DEVNULL)
        time.sleep(3)
        self.act(camera, "switch", clip="large-main", stream="main")
        reader.wait(30)
        sizes = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "frame=width", "-of", "csv=p=0", path], capture_output=True, text=True).stdout.split()
        self.assertEqual({s.strip(",") for s in sizes}, {"320", "480"})
        self.act(camera, "switch", clip="h264.main", mode="reconnect", stream="main")

    def test_switch_begins_at_a_second_of_the_clip(self):
        camera = self.camera["h264"]
        reader = record(camera, "sub", os.path.join(self.folder, "begin.ts"), 4)
        self.fleet.wait_on_air([f"{camera['name']}/sub"], 10)
        before = time.time()
        self.act(camera, "switch", clip="h264.sub", stream="sub", **{"from": 2})
        after = time.time()
        reader.wait(30)
        sub = self.fleet.streams()[f"{camera['name']}/sub"]
        began = (sub["air"]["unix"] - sub["air"]["clip_s"] + 2 - before) % sub["air"]["loop_s"]
        self.assertLess(began, after - before + 0.01)
        self.assertGreaterEqual(sub["first_frame_unix"], before)

    def test_auth_denied_and_allowed(self):
        camera = self.camera["pcmu"]
        self.act(camera, "auth", state="deny")
        self.assertIn("401", probe(camera))
        self.act(camera, "auth", state="allow")
        self.assertEqual(probe(camera), ["h264", "pcm_mulaw"])

    def test_off_refuses_and_on_is_back(self):
        camera = self.camera["pcma"]
        self.act(camera, "off")
        self.assertIn("refused", probe(camera))
        self.act(camera, "on")
        self.assertEqual(probe(camera), ["h264", "pcm_alaw"])

    def test_hang_accepts_and_keeps_silent(self):
        camera = self.camera["aac"]
        self.act(camera, "hang", s=30)
        time.sleep(0.3)
        began = time.monotonic()
        self.assertIsInstance(probe(camera, timeout_s=1), str)
        self.assertGreater(time.monotonic() - began, 0.9)
        self.act(camera, "clear")
        self.assertEqual(probe(camera), ["aac", "h264"])

    def test_drop_closes_the_connection(self):
        camera = self.camera["h264"]
        path = os.path.join(self.folder, "drop.ts")
        reader = record(camera, "sub", path, 30)
        time.sleep(2.5)
        self.assertGreaterEqual(self.act(camera, "drop")[camera["name"]]["closed"], 1)
        reader.wait(5)

    def test_unknown_words_are_refused(self):
        for who, action, q in (("lane99", "drop", {}), ("lane01", "explode", {}), ("lane01", "switch", dict(clip="none")), ("lane01", "loss", {})):
            with self.assertRaises(RuntimeError):
                self.fleet.control.act(who, action, **q)

    def test_marks_read_back(self):
        for encoding in ("h264", "h265"):
            data = b"junk" + marks.mark(encoding, "lane01/sub", 7, 1_764_000_000_123_456_789) + b"more"
            self.assertEqual(marks.find(data), [("lane01/sub", 7, 1_764_000_000_123_456_789)])


def unpacked(path):
    """Marks of a transport stream, whose packets would cut them: by way of its elementary stream."""
    plain = path + ".bin"
    codec = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path], capture_output=True, text=True).stdout.split()
    subprocess.run(["ffmpeg", "-nostdin", "-v", "quiet", "-y", "-i", path, "-c", "copy", "-f", codec[0] if codec else "h264", plain], check=False)
    return frames([plain])


if __name__ == "__main__":
    unittest.main()
