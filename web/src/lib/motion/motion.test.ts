import { describe, expect, it } from 'vitest';
import { CELLS, cellsOf, COLUMNS, Glow } from './cells';
import type { MotionEvent } from '../api/types';
import { byDay, leadTo, merged, neighbour, story, type Happening } from './events';

const T = Date.UTC(2026, 10, 22, 15);
const event = (id: string, from: number, to: number | null = from + 4000): Happening => ({ id, kind: 'motion', from, to }); // prettier-ignore

describe('cells', () => {
  it('are read as the recorder writes them: lowest bit of the first byte first', () => {
    const bytes = new Uint8Array(72);
    for (const c of [0, 9, COLUMNS, CELLS - 1]) bytes[c >> 3]! |= 1 << (c & 7);
    const hex = [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
    expect(cellsOf(hex)).toEqual([0, 9, COLUMNS, CELLS - 1]);
    expect(cellsOf('')).toEqual([]);
    expect(cellsOf('ff'.repeat(100)).length).toBe(CELLS);
  });
  it('glow and fade away', () => {
    const glow = new Glow();
    glow.add([5, 70]);
    expect(glow.fade(100)).toBe(true);
    glow.add([5]);
    expect(glow.light[5]!).toBeGreaterThan(glow.light[70]!);
    expect(glow.fade(10_000)).toBe(false);
    expect(Math.max(...glow.light)).toBe(0);
  });
});

describe('jumping between events', () => {
  const events = [0, 60_000, 61_000, 600_000].map((ms, i) => event(String(i), T + ms));
  it('forwards goes through all of them, once each, and then ends', () => {
    const seen: string[] = [];
    let at = T - 3_600_000;
    for (let e = neighbour(events, at, 1); e; e = neighbour(events, at, 1)) {
      seen.push(e.id);
      at = leadTo(e);
    }
    expect(seen).toEqual(['0', '1', '2', '3']);
  });
  it('backwards as well, but for those that begin within the same blink', () => {
    const seen: string[] = [];
    let at = T + 3_600_000;
    for (let e = neighbour(events, at, -1); e; e = neighbour(events, at, -1)) {
      seen.push(e.id);
      at = leadTo(e);
    }
    expect(seen).toEqual(['3', '2', '0']);
  });
  it('backwards in the midst of one begins it anew, soon after its beginning goes to the one before', () => {
    expect(neighbour(events, T + 606_000, -1)?.id).toBe('3');
    expect(neighbour(events, T + 597_000, -1)?.id).toBe('2');
  });
  it('the order of the list does not matter', () => {
    expect(neighbour([...events].reverse(), T + 30_000, 1)?.id).toBe('1');
    expect(neighbour([], T, 1)).toBeNull();
  });
});

describe('the feed', () => {
  it("is cut at the site's midnight", () => {
    // 22:00 in the village, then 23:59 and 00:01.
    const list = [event('c', T + 7_260_000), event('b', T + 7_140_000), event('a', T)];
    expect(byDay(list, 'Asia/Ho_Chi_Minh').map((d) => [d.key, d.events.map((e) => e.id)])).toEqual([
      ['2026-11-23', ['c']],
      ['2026-11-22', ['b', 'a']],
    ]);
    expect(byDay(list, 'UTC').length).toBe(1);
  });
  it('takes newer words about an event, keeps its order, and shows each once', () => {
    const old = [event('b', T + 1000, null), event('a', T)];
    const news = [event('c', T + 2000, null), event('b', T + 1000, T + 1500)];
    expect(merged(old, news).map((e) => [e.id, e.to])).toEqual([['c', null], ['b', T + 1500], ['a', T + 4000]]); // prettier-ignore
  });
});

describe('what an event shows', () => {
  const told = (objects: MotionEvent['objects']): MotionEvent => ({
    id: 'e', kind: 'motion', camera: 'c', from: '2026-01-01T00:00:00Z', to: null, score: 1, size: 0.1, cells: '', zone_ids: [],
    best_at: '2026-01-01T00:00:01Z', objects, rank: 'usual', seen: false, handled: null, verdict: null, snapshot: { small: null, large: null },
    clip: { url: '', from: '2025-12-31T23:59:55Z', to: '2026-01-01T00:00:09Z' },
  }); // prettier-ignore

  it('is named in the order of the recorder, without things that are only there', () => {
    const seen = told([
      { kind: 'vehicle', confidence: 0.9 },
      { kind: 'other', confidence: 0.8 },
      { kind: 'person', confidence: 0.7 },
    ]);
    expect(story(seen).objects).toEqual(['vehicle', 'person']);
  });

  it('is nothing when nothing was found, or nobody looked', () => {
    expect(story(told([])).objects).toEqual([]);
    expect(story(told(null)).objects).toEqual([]);
  });
});
