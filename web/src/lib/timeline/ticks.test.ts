import { describe, expect, it } from 'vitest';
import { parts } from '../time/zone';
import { centered, msPerPx, STEPS } from './scale';
import { MIN_TICK_PX, minorStep, multiples, ticks, tickStep } from './ticks';

const HCM = 'Asia/Ho_Chi_Minh';
const T = Date.UTC(2026, 10, 22, 15, 14, 5);

describe('ticks', () => {
  it('are never closer than 70 px at any zoom and width', () => {
    for (const s of STEPS)
      for (const width of [320, 390, 1000, 1900]) {
        const v = centered(T, s, width);
        const { step, marks } = ticks(v, HCM);
        expect(step / msPerPx(v)).toBeGreaterThanOrEqual(Math.min(MIN_TICK_PX, 86_400_000 / msPerPx(v)));
        for (let i = 1; i < marks.length; i++)
          expect((marks[i]!.t - marks[i - 1]!.t) / msPerPx(v)).toBeGreaterThanOrEqual(MIN_TICK_PX - 0.01);
      }
  });
  it('stand on the wall clock of the site, not of UTC or the browser', () => {
    const { marks } = ticks(centered(T, 86_400_000, 1000), HCM);
    const midnight = marks.find((m) => m.day)!;
    expect(new Date(midnight.t).toISOString()).toBe('2026-11-22T17:00:00.000Z');
    expect(midnight.label).toBe('23/11');
    expect(marks.filter((m) => !m.day).every((m) => m.label.endsWith(':00'))).toBe(true);
  });
  it('show seconds when near', () => {
    expect(ticks(centered(T, 10_000, 800), HCM).marks[0]!.label).toMatch(/^\d\d:\d\d:\d\d$/);
  });
  it('a minor step divides its major step', () => {
    for (let ms = 1; ms < 2e6; ms *= 1.7) expect(tickStep(ms) % minorStep(tickStep(ms))).toBe(0);
  });
  it('stay on the hour across a change of offset', () => {
    const v = centered(Date.UTC(2026, 2, 29, 1), 86_400_000, 1000);
    for (const t of multiples(v, 3 * 3_600_000, 'Europe/Berlin')) {
      const p = parts(t, 'Europe/Berlin');
      expect([p.minute, p.hour % 3]).toEqual([0, 0]);
    }
  });
});
