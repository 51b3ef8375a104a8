import { describe, expect, it } from 'vitest';
import { Coverage, paintedEnd, united, without } from './coverage';

const iso = (ms: number): string => new Date(ms).toISOString();
const answer = (spans: [number, number][], gaps: [number, number, string][] = []) => ({
  id: 'x',
  spans: spans.map(([a, b]) => ({ from: iso(a), to: iso(b) })),
  gaps: gaps.map(([a, b, cause]) => ({ from: iso(a), to: iso(b), cause })),
  live_edge: null,
  motion: [],
  events: [],
  oldest_at: null,
});

describe('stretches', () => {
  it('unite when they touch or overlap', () => {
    expect(united([{ from: 5, to: 9 }, { from: 0, to: 5 }, { from: 20, to: 30 }, { from: 25, to: 26 }])).toEqual([{ from: 0, to: 9 }, { from: 20, to: 30 }]); // prettier-ignore
  });
  it('are cut around a range', () => {
    expect(without([{ from: 0, to: 100 }], 40, 60)).toEqual([{ from: 0, to: 40 }, { from: 60, to: 100 }]); // prettier-ignore
  });
});

describe('coverage', () => {
  it('joins neighbouring answers and lets newer ones win', () => {
    const c = new Coverage();
    c.add(answer([[0, 1000]]), 0, 1000, 5000);
    c.add(answer([[1000, 1500]], [[1500, 2000, 'camera_lost']]), 1000, 2000, 5000);
    expect(c.spans).toEqual([{ from: 0, to: 1500 }]);
    c.add(answer([[500, 600]]), 500, 1000, 5000);
    expect(c.recorded(700)).toBe(false);
    expect(c.recorded(550)).toBe(true);
    expect(c.recorded(1200)).toBe(true);
  });
  it('tells the whole hole with its cause', () => {
    const c = new Coverage();
    c.add(answer([[0, 1000], [9000, 9900]], [[1000, 4000, 'camera_lost'], [4000, 9000, 'recorder_off']]), 0, 10_000, 10_000); // prettier-ignore
    expect(c.hole(500)).toBeNull();
    expect(c.hole(5000)).toEqual({ from: 1000, to: 9000, cause: 'recorder_off' });
  });
  it('never claims to know the future', () => {
    const c = new Coverage();
    c.add(answer([[0, 1000]]), 0, 5000, 1000);
    expect(c.loaded(0, 900)).toBe(true);
    expect(c.loaded(0, 2000)).toBe(false);
  });
  it('leads into a gap by ten seconds, or from where a shorter stretch begins', () => {
    const c = new Coverage();
    c.add(answer([[0, 60_000], [90_000, 93_000]]), 0, 200_000, 200_000); // prettier-ignore
    expect(c.leadIn(60_000)).toBe(50_000);
    expect(c.leadIn(93_000)).toBe(90_000);
  });
});

describe('the painted end of the newest stretch', () => {
  const last = { from: 0, to: 100_000 };
  it('follows the present while the camera is recorded', () => {
    expect(paintedEnd(last, 100_000, 112_000)).toBe(112_000);
    expect(paintedEnd(last, 101_900, 103_000)).toBe(103_000);
  });
  it('stands where a gap begins: footage goes on later, has ended, or is not recorded at all', () => {
    expect(paintedEnd(last, 500_000, 501_000)).toBe(100_000);
    expect(paintedEnd(last, 100_000, 130_000)).toBe(100_000);
    expect(paintedEnd(last, null, 101_000)).toBe(100_000);
  });
});
