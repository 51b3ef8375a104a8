import { describe, expect, it } from 'vitest';
import type { FragmentRow, SegmentList } from '../api/types';
import { EDGE_MS, JOIN_MS, Playlist } from './playlist';

const T0 = Date.UTC(2026, 10, 22, 15, 0, 0);

/** Fragments `from..to` of a segment of one-second fragments, a key frame every other, a 64-byte box between them. */
function segment(id: string, start: number, to: number, from = 0, complete = true) {
  const all: FragmentRow[] = Array.from({ length: to }, (_, i) => [
    800 + i * 1064,
    1000,
    i * 90_000,
    90_000,
    i % 2 ? 0 : 1,
  ]);
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    id,
    url: `/s/${id}`,
    init: 'h1',
    start_90k: start * 90,
    duration_90k: to * 90_000,
    from: iso(start),
    to: iso(start + to * 1000),
    first_offset: 800,
    complete,
    fragments: all.slice(from),
  };
}
const list = (...segments: ReturnType<typeof segment>[]): SegmentList => ({
  inits: {},
  segments,
  gaps: [],
  tail: null,
  next_cursor: null,
});

function playlist(): Playlist {
  const p = new Playlist();
  p.add(list(segment('b', T0 + 10_000, 10), segment('a', T0, 10)));
  p.add(list(segment('c', T0 + 60_000, 5)));
  return p;
}

describe('locating', () => {
  const p = playlist();
  it('finds the fragment that holds an instant, for every instant', () => {
    for (let t = T0; t < T0 + 20_000; t += 137) {
      const f = p.locate(t)!;
      expect(f.start).toBeLessThanOrEqual(t);
      expect(f.end).toBeGreaterThan(t);
    }
  });
  it('goes back to a key frame', () => {
    for (let t = T0; t < T0 + 20_000; t += 137) {
      const key = p.keyBefore(p.locate(t)!);
      expect(key.key).toBe(true);
      expect(key.start).toBeLessThanOrEqual(t);
      expect(t - key.start).toBeLessThan(2000);
    }
  });
  it('takes a breath for footage and a gap for a gap', () => {
    expect(p.locate(T0 - JOIN_MS + 10)?.start).toBe(T0);
    expect(p.locate(T0 + 20_000 + JOIN_MS - 10)?.end).toBe(T0 + 20_000);
    expect(p.locate(T0 + 40_000)).toBeNull();
    expect(p.locate(T0 - 5000)).toBeNull();
    expect(p.firstAfter(T0 + 40_000)?.start).toBe(T0 + 60_000);
  });
});

describe('chunks', () => {
  const p = playlist();
  it('cover adjacent fragments in one range, with the boxes between, and never cross a file', () => {
    const c = p.chunk(p.locate(T0 + 2000)!, T0 + 4500, 1e9);
    expect(c.range).toEqual([800 + 2 * 1064, 800 + 4 * 1064 + 1000 - 1]);
    expect(c.next?.start).toBe(T0 + 5000);
    const end = p.chunk(p.locate(T0 + 8000)!, T0 + 99_000, 1e9);
    expect(end.end).toBe(T0 + 10_000);
    expect(end.next?.url).toBe('/s/b');
  });
  it('respect the limit but always take one fragment', () => {
    expect(p.chunk(p.locate(T0)!, T0 + 9000, 10).end).toBe(T0 + 1000);
    expect(p.chunk(p.locate(T0)!, T0 + 9000, 2500).end).toBe(T0 + 2000);
  });
  it('lead through everything without hole or overlap', () => {
    let f = p.locate(T0)!;
    let at = T0;
    for (let guard = 0; guard < 100; guard++) {
      const c = p.chunk(f, at + 3000, 1e9);
      if (c.start !== T0 + 60_000) expect(c.start).toBe(at);
      at = c.end;
      if (!c.next) break;
      f = c.next;
    }
    expect(at).toBe(T0 + 65_000);
  });
});

describe('merging', () => {
  it('lets a growing segment grow', () => {
    const p = new Playlist();
    p.add(list(segment('a', T0, 3, 0, false)));
    expect(p.growing).toBe(true);
    p.add(list(segment('a', T0, 6, 2, true)));
    expect(p.fragments).toHaveLength(6);
    expect(p.end).toBe(T0 + 6000);
    expect(p.growing).toBe(false);
  });
  it('keeps the parts of a file apart while what lies between is not known', () => {
    const p = new Playlist();
    p.add(list(segment('a', T0, 4)));
    p.add(list(segment('a', T0, 60, 40)));
    expect(p.locate(T0 + 20_000)).toBeNull();
    expect(p.locate(T0 + 41_500)?.start).toBe(T0 + 41_000);
    expect(p.keyBefore(p.locate(T0 + 41_500)!).start).toBe(T0 + 40_000);
    const c = p.chunk(p.locate(T0)!, T0 + 60_000, 1e9);
    expect(c.end).toBe(T0 + 4000);
    expect(c.next?.start).toBe(T0 + 40_000);
    p.add(list(segment('a', T0, 60)));
    expect(p.chunk(p.locate(T0)!, T0 + 60_000, 1e9).end).toBe(T0 + 60_000);
  });
  it('joins gaps that touch into one hole', () => {
    const p = new Playlist();
    const iso = (s: number): string => new Date(T0 + s * 1000).toISOString();
    p.add({ ...list(), gaps: [{ from: iso(0), to: iso(10), cause: 'camera_lost' }, { from: iso(10), to: iso(30), cause: 'recorder_off' }] }); // prettier-ignore
    expect(p.gapAt(T0 + 15_000)).toEqual({ from: T0, to: T0 + 30_000, cause: 'recorder_off' });
    expect(p.gapAt(T0 + 31_000)).toBeNull();
  });
});

describe('where footage ends', () => {
  it('knows a hole to the frame, as far as footage around it is known', () => {
    const p = playlist();
    const around = { from: T0 + 19_000, to: T0 + 62_000, cause: 'camera_lost' };
    expect(p.holeAt(T0 + 30_000, around)).toEqual({ from: T0 + 20_000, to: T0 + 60_000, cause: 'camera_lost' });
    expect(p.holeAt(T0 + 30_000, null)).toEqual({ from: T0 + 20_000, to: T0 + 60_000, cause: 'unknown' });
    expect(p.holeAt(T0 + 70_000, null)).toEqual({ from: T0 + 65_000, to: Infinity, cause: 'unknown' });
  });
  it('tells the edge of a camera that records from the end of footage', () => {
    const p = new Playlist();
    expect(p.atEdge(T0, T0)).toBe(false);
    p.add(list(segment('a', T0, 3, 0, false)));
    expect([T0 + 2999, T0 + 3000].map((t) => p.atEdge(t, T0 + 3000 + EDGE_MS - 1))).toEqual([false, true]);
    expect(p.atEdge(T0 + 3000, T0 + 3000 + EDGE_MS)).toBe(false);
    p.add(list(segment('a', T0, 3, 0, true)));
    expect(p.atEdge(T0 + 3000, T0 + 3000)).toBe(false);
  });
  it('gives pieces that begin with a key frame and end where footage does, or when they are long', () => {
    const p = playlist();
    expect(p.pieceAt(T0 + 3500, 60_000)).toEqual({ from: T0 + 2000, to: T0 + 20_000 });
    expect(p.pieceAt(T0 + 3500, 5000)).toEqual({ from: T0 + 2000, to: T0 + 7000 });
    expect(p.pieceAt(T0 + 40_000, 60_000)).toBeNull();
  });
});
