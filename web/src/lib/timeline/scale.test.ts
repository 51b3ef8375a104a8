import { describe, expect, it } from 'vitest';
import {
  bounded,
  centered,
  follow,
  MAX_SPAN,
  MIN_SPAN,
  nextStep,
  pan,
  span,
  STEPS,
  toTime,
  toX,
  withSpan,
  zoomAbout,
  type View,
} from './scale';

/** Deterministic pseudo-random numbers: the same cases on every run. */
function* random(seed = 7): Generator<number> {
  for (let x = seed; ;) {
    x = (x * 1103515245 + 12345) % 2147483648;
    yield x / 2147483648;
  }
}
const T = Date.UTC(2026, 10, 22, 15, 14, 5);

function views(n: number): View[] {
  const r = random();
  const next = (): number => r.next().value as number;
  return Array.from({ length: n }, () => {
    const s = MIN_SPAN * (MAX_SPAN / MIN_SPAN) ** next();
    const from = T - next() * 14 * 86_400_000;
    return { from, to: from + s, width: 320 + next() * 3500 };
  });
}

describe('time and pixel', () => {
  it('round trips', () => {
    for (const v of views(200))
      for (const x of [0, 1, v.width / 3, v.width]) expect(toX(v, toTime(v, x))).toBeCloseTo(x, 3);
  });
  it('is monotone', () => {
    for (const v of views(50))
      for (let x = 1; x < v.width; x += 7) expect(toTime(v, x)).toBeGreaterThan(toTime(v, x - 1));
  });
});

describe('zoom', () => {
  it('keeps the time under the pointer within a thousandth of a pixel', () => {
    for (const v of views(200))
      for (const f of [0.01, 0.5, 0.97, 1.03, 2, 100]) {
        const x = v.width * 0.37;
        const z = zoomAbout(v, x, f);
        expect(Math.abs(toX(z, toTime(v, x)) - x)).toBeLessThan(0.001 + (0.001 * z.width) / span(z));
      }
  });
  it('stays between 10 s and 24 h', () => {
    for (const v of views(50)) {
      expect(span(zoomAbout(v, 10, 1e6))).toBeCloseTo(MAX_SPAN, -1);
      expect(span(zoomAbout(v, 10, 1e-6))).toBeCloseTo(MIN_SPAN, -1);
    }
  });
  it('out and in again by wheel ends where it began', () => {
    let v = centered(T, 3_600_000, 1000);
    for (let i = 0; i < 20; i++) v = zoomAbout(v, 250, 1.05);
    for (let i = 0; i < 20; i++) v = zoomAbout(v, 250, 1 / 1.05);
    expect(v.from).toBeCloseTo(T - 1_800_000, -1);
  });
  it('buttons walk through every step and stop at the ends', () => {
    let s: number = STEPS[0];
    const seen = [s];
    for (let i = 0; i < 20; i++) if ((s = nextStep(s, -1)) !== seen.at(-1)) seen.push(s);
    expect(seen).toEqual([...STEPS]);
    for (let i = 0; i < 20; i++) s = nextStep(s, 1);
    expect(s).toBe(STEPS[0]);
  });
});

describe('panning and bounds', () => {
  it('a drag to the right shows earlier times', () => {
    const v = centered(T, 3_600_000, 1000);
    expect(pan(v, 100).from).toBeLessThan(v.from);
    expect(pan(pan(v, 100), -100).from).toBeCloseTo(v.from, 3);
  });
  it('some of the allowed time always shows, and zooming there never moves the anchor', () => {
    for (const v of views(100)) {
      const b = bounded(pan(v, -1e6), T - 14 * 86_400_000, T);
      expect(b.from).toBeLessThan(T);
      const z = zoomAbout(bounded(v, T - 15 * 86_400_000, T), v.width * 0.5, 0.3);
      if (toTime(z, z.width * 0.5) < T) expect(bounded(z, T - 15 * 86_400_000, T)).toBe(z);
    }
  });
  it('follows the playhead only when it leaves', () => {
    const v = centered(T, 60_000, 800);
    expect(follow(v, T)).toBe(v);
    const next = follow(v, T + 40_000);
    expect(toX(next, T + 40_000)).toBeGreaterThan(0);
    expect(toX(next, T + 40_000)).toBeLessThan(800 * 0.5);
  });
  it('withSpan keeps the anchor', () => {
    const v = centered(T, 60_000, 800);
    expect(toTime(withSpan(v, 10_000, 200), 200)).toBeCloseTo(toTime(v, 200), 3);
  });
});
