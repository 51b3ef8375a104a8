import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../api/client';
import { motionApi } from '../api/motion';
import type { EventQuery } from '../api/motion';
import type { Happening } from '../motion/events';
import { centered } from './scale';
import { bucketOf, BUCKETS, PIECE, piecesOf, Tape } from './tape';
import { TapeLoader } from './tape-loader';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 30);
const MIN = 60_000;
const HOUR = 60 * MIN;
const iso = (ms: number): string => new Date(ms).toISOString();
const event = (id: string, from: number): Happening => ({ id, kind: 'motion', from, to: from + 1000 });

describe('pieces', () => {
  it('cover any range without holes and lie on the same grid wherever one looks', () => {
    for (const bucket of BUCKETS) {
      const long = bucket * PIECE;
      const pieces = piecesOf(NOW - 2.5 * long, NOW, bucket);
      expect(pieces[0]!.from).toBeLessThanOrEqual(NOW - 2.5 * long);
      expect(pieces.at(-1)!.to).toBeGreaterThanOrEqual(NOW);
      pieces.forEach((p, i) => i && expect(p.from).toBe(pieces[i - 1]!.to));
      expect(piecesOf(NOW - 1, NOW, bucket)[0]).toEqual(pieces.at(-1));
    }
  });
  it('a bar is at least three pixels wide, and no wider than the width of the next step needs', () => {
    for (const minutes of [0.2, 1, 10, 60, 360, 1440])
      for (const width of [390, 1400]) {
        const view = centered(NOW, minutes * MIN, width);
        const px = (bucketOf(view) / (minutes * MIN)) * width;
        expect(px).toBeGreaterThanOrEqual(Math.min(3, (600_000 / (minutes * MIN)) * width));
        if (bucketOf(view) > 1000) expect(px).toBeLessThan(10);
      }
  });
});

describe('the tape', () => {
  const [piece] = piecesOf(NOW, NOW + 1, 1000) as [ReturnType<typeof piecesOf>[number]];
  const at = (second: number): number => piece.from + second * 1000;

  it('tells what is known, and nothing of what is not', () => {
    const tape = new Tape();
    tape.put(piece, piece.from, [0, 7, 200], [], at(3));
    expect([tape.at(at(1), 1000), tape.at(at(2) + 999, 1000), tape.at(at(0), 1000)]).toEqual([7, 200, 0]);
    expect(tape.at(at(3), 1000)).toBeNull();
    expect(tape.at(piece.to + 1, 1000)).toBeNull();
  });
  it('uses the next coarser answer until the fine one is there', () => {
    const tape = new Tape();
    const coarse = piecesOf(NOW, NOW + 1, MIN)[0]!;
    const values = Array.from({ length: PIECE }, () => 50);
    tape.put(coarse, coarse.from, values, [], coarse.to);
    expect(tape.at(at(5), 1000)).toBe(50);
    tape.put(piece, piece.from, [], [], piece.to);
    expect(tape.at(at(5), 1000), 'nobody looked').toBe(0);
    expect(tape.at(at(5), MIN)).toBe(50);
  });
  it('a running piece grows from where it was', () => {
    const tape = new Tape();
    tape.put(piece, piece.from, [1, 2, 3], [], at(3));
    tape.put(piece, at(2), [9, 4], [], at(4));
    expect([0, 1, 2, 3].map((s) => tape.at(at(s), 1000))).toEqual([1, 2, 9, 4]);
    const bars = [...tape.bars({ from: piece.from, to: at(4), width: 100 }, 1000)];
    expect(bars.map((b) => b.strength)).toEqual([1, 2, 9, 4]);
  });
  it('forgets events that an answer does not name any more, and no others', () => {
    const tape = new Tape();
    tape.put(piece, piece.from, [], [event('a', at(1)), event('b', at(10))], at(20));
    tape.put(piece, at(5), [], [event('c', at(15))], at(20));
    expect([...tape.events.keys()].sort()).toEqual(['a', 'c']);
  });
  it('where there are more events than are told, the older ones stay', () => {
    const tape = new Tape();
    tape.put(piece, piece.from, [], [event('old', at(1))], at(20));
    const many = Array.from({ length: 1000 }, (_, i) => event(`e${i}`, at(30 + i / 10)));
    tape.put(piece, piece.from, [], many, piece.to);
    expect(tape.events.size).toBe(1001);
  });
});

describe('the loader', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const answer = { bucket_s: 1, cameras: [{ id: 'x', spans: [], gaps: [], motion: [5], events: [], live_edge: null, oldest_at: null }] }; // prettier-ignore
  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  it('asks for each piece once, and for what goes on no more than every two seconds, with little of the past', async () => {
    const timeline = vi.spyOn(api, 'timeline').mockResolvedValue(answer);
    let now = NOW;
    const loader = new TapeLoader('x', () => now, () => {}); // prettier-ignore
    const view = { from: NOW - HOUR, to: NOW + 5 * MIN, width: 1000 };
    loader.want(view);
    await settle();
    const first = timeline.mock.calls.length;
    expect(first).toBe(piecesOf(view.from, NOW, bucketOf(view)).length);
    vi.advanceTimersByTime(2001);
    now += 2001;
    loader.want(view);
    await settle();
    loader.want(view);
    await settle();
    expect(timeline.mock.calls.length).toBe(first + 1);
    const [, from, to] = timeline.mock.calls.at(-1)!;
    expect(to).toBeGreaterThan(NOW);
    expect(NOW - from).toBeLessThan(3 * MIN);
  });

  /** Answers as the recorder does: newest first, by pages. */
  function recorder(events: number[]) {
    return vi.spyOn(motionApi, 'events').mockImplementation(async (q: EventQuery) => {
      const all = events.filter((t) => t < q.to && t + 1000 > q.from).sort((a, b) => b - a);
      const start = q.cursor ? Number(q.cursor) : 0;
      const end = start + (q.limit ?? 50);
      const items = all.slice(start, end).map((t) => ({ ...event(String(t), t), from: iso(t), to: iso(t + 1000) }));
      return { items: items as never[], next_cursor: end < all.length ? String(end) : null };
    });
  }

  it('finds the next and the previous event however far away they are', async () => {
    const loader = new TapeLoader('x', () => NOW, () => {}); // prettier-ignore
    const old = NOW - 100 * 24 * HOUR;
    const busy = Array.from({ length: 450 }, (_, i) => NOW - 20 * HOUR + i * 10_000);
    recorder([old, ...busy, NOW - MIN]);
    expect((await loader.neighbour(old + HOUR, 1))?.from).toBe(busy[0]);
    expect((await loader.neighbour(NOW - 30 * 24 * HOUR, -1))?.from).toBe(old);
    expect((await loader.neighbour(busy[449]! + MIN, 1))?.from).toBe(NOW - MIN);
    expect((await loader.neighbour(NOW - MIN - 4000, -1))?.from).toBe(busy[449]);
    expect(await loader.neighbour(old - 5000, -1)).toBeNull();
    expect(await loader.neighbour(NOW, 1)).toBeNull();
  });
});
