"""Reading recorded files from outside: which frames are in them (by the fleet's marks), and does ffprobe open them."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from fleet.marks import PATTERN

CHUNK, OVERLAP = 16 << 20, 256


def media_files(data, newer_than=0.0):
    """MP4 files with at least one fragment, wherever the recorder puts them."""
    out = []
    for folder, _, names in os.walk(data):
        for name in names:
            path = os.path.join(folder, name)
            try:
                if os.stat(path).st_mtime >= newer_than:
                    with open(path, "rb") as f:
                        head = f.read(65536)
                    if head[4:8] == b"ftyp" and b"moof" in head:
                        out.append(path)
            except OSError:
                pass           # gone meanwhile
    return sorted(out)


def frames(paths):
    """{stream: {frame number: sent at, unix ns}} of all marks in some files."""
    out = {}
    for path in paths:
        with open(path, "rb") as f:
            tail = b""
            while chunk := f.read(CHUNK):
                for m in PATTERN.finditer(tail + chunk):
                    out.setdefault(m[1].decode(), {})[int(m[2])] = int(m[3])
                tail = chunk[-OVERLAP:]
    return out


def holes(numbered, ignore=()):
    """Frame numbers missing between the first and the last. `ignore`: (from, to) in unix ns, where a hole may lie."""
    numbers, out = sorted(numbered), []
    for before, after in zip(numbers, numbers[1:]):
        if after != before + 1:
            lost_from, lost_to = numbered[before], numbered[after]
            if not any(a <= lost_to and lost_from <= b for a, b in ignore):
                out.append((before + 1, after - 1))
    return out


def probe(path):
    """(plays, what ffprobe had to say)."""
    done = subprocess.run(["ffprobe", "-v", "warning", "-count_packets", "-select_streams", "v", "-show_entries",
                           "stream=nb_read_packets", "-of", "json", path], capture_output=True, text=True)
    try:
        packets = sum(int(s.get("nb_read_packets", 0)) for s in json.loads(done.stdout)["streams"])
    except (ValueError, KeyError):
        packets = 0
    return done.returncode == 0 and packets > 0, done.stderr.strip()


def probe_all(paths):
    """(unplayable, with a warning): lists of "path: message"."""
    with ThreadPoolExecutor(2) as pool:
        results = list(zip(paths, pool.map(probe, paths)))
    name = os.path.basename
    return [f"{name(p)}: {said}" for p, (plays, said) in results if not plays], [f"{name(p)}: {said}" for p, (plays, said) in results if plays and said]
