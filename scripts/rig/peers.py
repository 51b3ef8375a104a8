"""The recorders of the bench: how each is started on N cameras. Peers are given by location; nothing of theirs is here."""

import json
import os
import shutil
import sqlite3
import subprocess
import time
import uuid

from . import cannot
from .recorder import Recorder, free_port

# Frigate's input options for RTSP over TCP, and its preset for recording (10 s MP4 segments).
FFMPEG_IN = ("ffmpeg -hide_banner -loglevel warning -nostdin -avoid_negative_ts make_zero -fflags +genpts+discardcorrupt "
             "-rtsp_transport tcp -timeout 10000000 -use_wallclock_as_timestamps 1").split()
SEGMENTS = "-f segment -segment_time 10 -segment_format mp4 -reset_timestamps 1 -strftime 1 -c:v copy -an".split()
FRAGMENTS = "-c:v copy -an -f mp4 -movflags frag_keyframe+empty_moov+default_base_moof".split()


class Peer:
    """Started in an empty folder; `processes` are the roots of what is to be accounted."""

    def __init__(self, name, begin, version="", records=True):
        self.name, self.begin, self.version, self.records = name, begin, version, records
        self.processes, self.launched = [], 0.0    # unix time of the start, cameras and database prepared

    def start(self, cameras, folder):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        with open(os.path.join(folder, "log"), "ab") as log:
            commands = list(self.begin(cameras, folder))
            self.launched = time.time()
            for command in commands:
                self.processes.append(subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT))

    def alive(self):
        return all(p.poll() is None for p in self.processes)

    def stop(self, folder):
        for p in self.processes:
            p.terminate()
        for p in self.processes:
            try:
                p.wait(20)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        self.processes = []
        shutil.rmtree(folder, ignore_errors=True)


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        return (done.stdout or done.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return ""


def served(binary, recorder, folder, detect):
    """The command for a recorder with one line of settings on detection."""
    config = os.path.join(folder, "lanewatch.toml")
    with open(config, "w", encoding="utf-8") as f:
        f.write(f"[detect]\n{detect}\n")
    return [binary, "serve", "--data", recorder.data, "--listen", f"127.0.0.1:{recorder.port}", "--config", config]


def lanewatch(binary):
    """Recording only, as its peers do."""
    def begin(cameras, folder):
        recorder = Recorder(os.path.join(folder, "lanewatch"), binary)
        recorder.add(cameras, with_sub=False, auth=False)
        return [served(binary, recorder, folder, "enabled = false")]

    return Peer("lanewatch", begin, first_line(binary, "--version"))


def lanewatch_motion(binary, pictures):
    """A sub stream is looked at for motion, too. `pictures`: which; see the README's settings."""
    def begin(cameras, folder):
        recorder = Recorder(os.path.join(folder, "lanewatch"), binary)
        # Both streams are the small one: what counts is looking at it.
        recorder.add([dict(c, main=c["sub"]) for c in cameras], auth=False)
        return [served(binary, recorder, folder, f'pictures = "{pictures}"')]

    return Peer(f"lanewatch, {pictures}", begin, first_line(binary, "--version"))


def motion_daemon():
    """The `motion` of Debian: detection only, nothing recorded."""
    def begin(cameras, folder):
        main = os.path.join(folder, "motion.conf")
        with open(main, "w", encoding="utf-8") as f:
            f.write(f"daemon off\nsetup_mode off\nlog_level 5\nwebcontrol_port 0\nstream_port 0\npicture_output off\nmovie_output off\n"
                    f"target_dir {folder}\n")
            for n, c in enumerate(cameras, 1):
                path = os.path.join(folder, f"camera{n}.conf")
                with open(path, "w", encoding="utf-8") as camera:
                    camera.write(f"camera_id {n}\nnetcam_url {c['sub']}\nwidth 640\nheight 360\nframerate 5\n")
                f.write(f"camera {path}\n")
        return [["motion", "-n", "-c", main]]

    return Peer("motion", begin, first_line("dpkg-query", "-W", "motion").replace("\t", " "), records=False)


def ffmpeg_decode():
    """Decoding and making small and grey, and nothing else: what the pictures cost by themselves."""
    def begin(cameras, _folder):
        for c in cameras:
            yield [*FFMPEG_IN, "-threads", 1, "-i", c["sub"], *"-vf scale=240:136:flags=area,format=gray -threads 1 -an -f null -".split()]

    return Peer("ffmpeg, decoded and made small", begin, first_line("ffmpeg", "-version").split(" Copyright")[0], records=False)


def ffmpeg(name, tail):
    def begin(cameras, folder):
        for c in cameras:
            yield FFMPEG_IN + ["-i", c["main"]] + tail(folder, c["name"])

    return Peer(name, begin, first_line("ffmpeg", "-version").split(" Copyright")[0])


def ffmpeg_null():
    peer = ffmpeg("ffmpeg, thrown away", lambda _folder, _name: "-c copy -an -f null -".split())
    peer.records = False
    return peer


def ffmpeg_segments():
    def tail(folder, name):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        return SEGMENTS + [os.path.join(folder, name, "%Y%m%d%H%M%S.mp4")]

    return ffmpeg("ffmpeg, 10 s segments", tail)


def ffmpeg_fragments():
    return ffmpeg("ffmpeg, one fragmented MP4", lambda folder, name: FRAGMENTS + [os.path.join(folder, name + ".mp4")])


def floor(binary):
    """A reader on retina that throws the frames away: the least an ingest costs."""
    def begin(cameras, _folder):
        return [[binary, "--mode", "demuxed", "--threads", 1, "--seconds", 1_000_000, *[c["main"] for c in cameras]]]

    return Peer("floor: retina frames", begin, records=False)


def moonfire(binary):
    """Moonfire NVR: its own `init`, then rows as its configuration dialogue would write them; flushing as its guide advises."""
    def begin(cameras, folder):
        db, samples = os.path.join(folder, "db"), os.path.join(folder, "samples")
        os.makedirs(samples)
        subprocess.run([binary, "init", "--db-dir", db], check=True, capture_output=True)
        with sqlite3.connect(os.path.join(db, "db")) as c:
            c.execute("insert into sample_file_dir (id, uuid, config) values (1, ?, ?)", (uuid.uuid4().bytes, json.dumps({"path": samples})))
            for i, camera in enumerate(cameras, 1):
                stream = dict(mode="record", url=camera["main"], rtspTransport="tcp", retainBytes=200 << 30, flushIfSec=120)
                c.execute("insert into camera (id, uuid, short_name, config) values (?, ?, ?, '{}')", (i, uuid.uuid4().bytes, camera["name"]))
                c.execute("insert into stream (camera_id, sample_file_dir_id, type, config, cum_recordings, cum_media_duration_90k, cum_runs) "
                          "values (?, 1, 'main', ?, 0, 0, 0)", (i, json.dumps(stream)))
        c.close()
        config = os.path.join(folder, "moonfire.toml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(f'dbDir = "{db}"\nuiDir = "{folder}"\n[[binds]]\nipv4 = "127.0.0.1:{free_port()}"\n'
                    "allowUnauthenticatedPermissions = { viewVideo = true }\n")
        return [[binary, "run", "--config", config]]

    return Peer("Moonfire NVR", begin, first_line(binary, "--version"))


def at_hand(options):
    """The peers of this run, ours first."""
    for path in (options.floor, options.moonfire):
        if path and not os.access(path, os.X_OK):
            cannot(f"{path} cannot be run")
    peers = [] if options.without_lanewatch else [lanewatch(options.binary)]
    if options.floor:
        peers.append(floor(options.floor))
    if options.moonfire:
        peers.append(moonfire(options.moonfire))
    return peers + [ffmpeg_null(), ffmpeg_segments(), ffmpeg_fragments()]
