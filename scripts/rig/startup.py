"""How fast a recorder begins: all cameras playing, the first bytes of all on disk; and how soon it sees that one hangs."""

import os
import sqlite3
import time
from dataclasses import dataclass

from .process import cost

# More than a file's header, less than any key frame of the load.
FOOTAGE_BYTES = 16 << 10

# One row a minute and main stream, as the recorder writes them, oldest first, up to what is recorded already.
FILL = """
insert into segment (stream_key, start_90k, id, volume_key, boot, run, state, duration_90k, bytes, parameters_key, first_offset, holds,
  chain_hash, frag_index)
with recursive minute (m) as (select ?2 union all select m - 1 from minute where m > ?1 + 1)
select s.key, f.start_90k - m * 5400000, cast(printf('%012x%02x', (f.start_90k - m * 5400000) / 90, s.key) || hex(randomblob(1)) as blob),
  f.volume_key, f.boot, m / 720, 1, 5400000, 1, f.parameters_key, 800, 0, randomblob(32), randomblob(580 + abs(random() % 80))
from minute cross join stream s join segment f on f.stream_key = s.key and f.start_90k =
  (select min(start_90k) from segment where stream_key = s.key and boot = (select max(id) from boot))
where s.kind = 'main'
"""
SUMS = """
insert into usage (stream_key, volume_key, segments, bytes, oldest_90k)
select stream_key, volume_key, count(*), sum(bytes), min(start_90k) from segment where state in (1, 2) group by 1, 2
"""


@dataclass
class Start:
    playing: float            # s until the last camera's PLAY was answered
    first_byte: float         # s until every stream's file has a byte; None: does not record
    first_footage: float      # s until every stream's file has more than a header
    cpu: float                # s of the process tree until then
    rss: float                # MiB then


def sizes(folder, since):
    """Sizes of the footage files below a folder that were written to since a time, whoever's they are."""
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".mp4") or (os.path.basename(place) == "samples" and name != "meta"):
                stat = os.stat(os.path.join(place, name))
                if stat.st_mtime >= since - 0.05 and stat.st_size:
                    found.append(stat.st_size)
    return found


def playing(fleet, names, since):
    """Unix time at which the last of these streams began to play; None while one does not."""
    now = fleet.streams()
    times = [now[n]["played_unix"] or 0 for n in names]
    return max(times) if min(times) > since else None


def measure(peer, fleet, folder, limit=30):
    """A start in an empty folder; a text when it did not come up."""
    names = [f"{c['name']}/main" for c in fleet.cameras]
    peer.start(fleet.cameras, folder)
    try:
        return watch([p.pid for p in peer.processes], fleet, names, folder, peer.launched, peer.records, limit)
    finally:
        peer.stop(folder)


def watch(pids, fleet, names, folder, launched, records, limit):
    byte = footage = played = None
    while time.time() - launched < limit and (played is None or (records and footage is None)):
        if records:
            there, now = sizes(folder, launched), time.time()
            byte = byte or (now if len(there) >= len(names) else None)
            footage = footage or (now if sum(s >= FOOTAGE_BYTES for s in there) >= len(names) else None)
        if not records or byte:          # asking the fleet costs it time: not while it is busy
            played = played or playing(fleet, names, launched)
        time.sleep(0.01)
    if played is None or (records and footage is None):
        return f"not all streams came up within {limit} s"
    spent = cost(pids)
    return Start(played - launched, records and byte - launched, records and footage - launched, spent.cpu_s, spent.rss_mib)


def add_history(catalogue, segments):
    """Puts so many rows before what a stopped recorder's catalogue holds; their files do not exist."""
    with sqlite3.connect(catalogue) as c:
        streams = c.execute("select count(distinct stream_key) from segment").fetchone()[0]
        minutes = segments // streams
        for m in range(minutes, 0, -1440):
            c.execute(FILL, (max(0, m - 1440), m))
        c.execute("delete from usage")
        c.execute(SUMS)
        # The next start makes the day summaries anew.
        c.execute("delete from meta where name = 'time_zone'")
        c.execute("analyze")
        rows = c.execute("select sum(segments) from usage").fetchone()[0]
    c.close()
    return rows


def measure_with_history(recorder, fleet, segments, limit=60):
    """A start of lanewatch with many segments in its catalogue: the second after they were put there. Answers rows and start."""
    names = [f"{c['name']}/main" for c in fleet.cameras]

    def once(seconds):
        launched = recorder.start() / 1e9
        seen = watch([recorder.process.pid], fleet, names, recorder.data, launched, True, limit)
        time.sleep(seconds)
        recorder.stop()
        return seen

    recorder.add(fleet.cameras, with_sub=False, auth=False)
    once(2)
    rows = add_history(os.path.join(recorder.data, "catalogue.db"), segments)
    once(2)
    return rows, once(0)


def hang_noticed(peer, fleet, folder, limit=45):
    """Seconds until a recorder leaves a camera whose connection stays open without media; None: not within the limit."""
    names = [f"{c['name']}/main" for c in fleet.cameras]
    lane = fleet.cameras[0]["name"]
    peer.start(fleet.cameras, folder)
    try:
        began = time.monotonic()
        while playing(fleet, names, peer.launched) is None:
            if time.monotonic() - began > limit:
                return None
            time.sleep(0.1)
        time.sleep(5)
        fleet.control.act(lane, "freeze")
        frozen, plays = time.monotonic(), fleet.streams()[names[0]]["plays"]
        while time.monotonic() - frozen < limit:
            camera = fleet.control.status()["cameras"][lane]
            if camera["clients"] == 0 or camera["streams"]["main"]["plays"] > plays:
                return time.monotonic() - frozen
            time.sleep(0.05)
        return None
    finally:
        peer.stop(folder)
        fleet.control.act(lane, "clear")
