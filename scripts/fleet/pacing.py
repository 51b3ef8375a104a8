"""Pacing: one thread that pushes every frame of every stream when it is due."""

import heapq
import sys
import threading
import time

from .marks import mark


class Player:
    """Feeds one appsrc with one track, without end, on the clock of its camera."""

    def __init__(self, stream, track, appsrc):
        self.stream, self.appsrc, self.closed = stream, appsrc, False
        self.track = self.index = self.base = self.lead = self.next_key = None
        self.shift = 0             # ns added to the buffer times (fault `tsjump`)
        self.running_offset = 0    # running time of the pipeline minus our monotonic clock
        self.wait_for_key = False
        self.lock = threading.Lock()   # `load` is also called by a fault, from the main loop
        self.load(track)

    def load(self, track):
        """Take up a track at the place where the camera's clock says it is, from a key frame on."""
        with self.lock:
            self._load(track)

    def _load(self, track):
        self.track = track
        self.appsrc.set_property("caps", track.caps)
        now = time.monotonic_ns()
        phase = (now - self.stream.epoch) % track.duration
        self.base = now - phase    # when frame 0 of this loop was due
        self.lead = 0              # how late the first GOP runs because it was started on demand
        if track.kind == "audio":
            self.index = track.at(phase)
        else:
            self.index, self.next_key = track.key_at(phase)
            self.lead = phase - track.dts[self.index]

    def due(self):
        return self.base + self.track.dts[self.index] + self.lead

    def advance(self):
        track = self.track
        self.index += 1
        if self.lead:
            key_due = self.base + (track.dts[self.next_key] if self.next_key < len(track.dts) else track.duration)
            if self.index >= self.next_key or self.due() >= key_due:
                self.index, self.lead = self.next_key, 0
        if self.index >= len(track.dts):
            self.index, self.base = 0, self.base + track.duration

    def pump(self, now):
        """Push what is due; returns when the next frame is."""
        with self.lock:
            return self._pump(now)

    def _pump(self, now):
        stream = self.stream
        while (due := self.due()) <= now and not self.closed:
            index, track = self.index, self.track
            self.advance()
            if now < stream.frozen_until:
                self.wait_for_key = track.kind == "video"
                continue
            if self.wait_for_key and not track.is_key[index]:
                continue
            self.wait_for_key = False
            when = due + track.pts[index] - track.dts[index] + self.running_offset + self.shift
            if when < 0:
                continue
            if now < stream.hold_until:
                stream.held.append((self, track, index, when))
            else:
                stream.release()
                self.push(track, index, when)
        return self.due()

    def push(self, track, index, when):
        stream, note = self.stream, b""
        if track.kind == "video":
            unix = time.time_ns()
            if stream.marks:
                note = mark(track.encoding, stream.name, stream.frames, unix)
            stream.last_frame_ns = unix
            stream.first_frame_ns = stream.first_frame_ns or unix
        buffer = track.frame(index, note)
        buffer.pts = buffer.dts = when
        if track.kind == "video":
            stream.frames += 1
            stream.bytes += buffer.get_size()
        self.appsrc.push_buffer(buffer)  # FLUSHING only says that the last client has just left


class Feeder(threading.Thread):
    """Wakes every few milliseconds; what falls due within one tick goes out together."""

    TICK_S = 0.008

    def __init__(self):
        super().__init__(name="feeder", daemon=True)
        self.heap, self.lock, self.count = [], threading.Lock(), 0

    def add(self, player):
        with self.lock:
            self.count += 1
            heapq.heappush(self.heap, (player.due(), self.count, player))

    def run(self):
        while True:
            now = time.monotonic_ns()
            while True:
                with self.lock:
                    if not self.heap or self.heap[0][0] > now:
                        break
                    _, ticket, player = heapq.heappop(self.heap)
                if player.closed:
                    continue
                try:
                    due = player.pump(now)
                except Exception as error:  # one broken stream must not stop the others
                    print(f"camera-fleet: {player.stream.name}: {error!r}", file=sys.stderr, flush=True)
                    continue
                with self.lock:
                    heapq.heappush(self.heap, (due, ticket, player))
            time.sleep(self.TICK_S)


def begin(pipeline, players, feeder, name):
    """Buffer times are running times of the pipeline: wait until it has its clock, then start the players."""
    limit = time.monotonic() + 5
    while pipeline.get_clock() is None or pipeline.get_base_time() == 0:
        if time.monotonic() > limit:
            print(f"camera-fleet: {name}: the pipeline did not start", file=sys.stderr, flush=True)
            return
        time.sleep(0.003)
    offset = pipeline.get_clock().get_time() - pipeline.get_base_time() - time.monotonic_ns()
    for player in players:
        player.running_offset = offset
        player.load(player.track)
        feeder.add(player)


def no_sync(element):
    """The feeder paces; a sink that waited for the clock would stall at a jump of the timestamps."""
    factory = element.get_factory()
    if factory and factory.get_name() in ("appsink", "multiudpsink", "udpsink"):
        element.set_property("sync", False)
        element.connect("notify::sync", lambda e, _: e.get_property("sync") and e.set_property("sync", False))
