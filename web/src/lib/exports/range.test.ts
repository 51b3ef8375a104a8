import { describe, expect, it } from 'vitest';
import { fault, fromInput, LONGEST, moved, offered, toInput } from './range';

const ZONE = 'Asia/Ho_Chi_Minh';
const NOW = Date.parse('2026-11-22T22:00:00+07:00');

describe('range of an export', () => {
  it('is typed in the time of the site and comes back the same', () => {
    expect(toInput(NOW, ZONE)).toBe('2026-11-22T22:00:00');
    expect(fromInput('2026-11-22T22:00:00', ZONE)).toBe(NOW);
    // Browsers leave seconds out when they are nought.
    expect(fromInput('2026-11-22T22:00', ZONE)).toBe(NOW);
    expect(fromInput('', ZONE)).toBeNull();
  });
  it('says what is wrong with it', () => {
    expect(fault(NOW - 1000, NOW, NOW)).toBeNull();
    expect(fault(null, NOW, NOW)).toBe('empty');
    expect(fault(NOW, NOW, NOW)).toBe('backward');
    expect(fault(NOW, NOW + 1000, NOW)).toBe('future');
    expect(fault(NOW - LONGEST - 1, NOW, NOW)).toBe('long');
  });
  it('keeps a second between its ends when one is dragged over the other', () => {
    expect(moved({ in: 0, out: 5000 }, 'in', 7400)).toEqual({ in: 7000, out: 8000 });
    expect(moved({ in: 4000, out: 9000 }, 'out', 2600)).toEqual({ in: 2000, out: 3000 });
    expect(moved({ in: null, out: 9000 }, 'out', 2600)).toEqual({ in: null, out: 3000 });
  });
  it('is offered around the moment, from the marks as far as they are set', () => {
    const t = NOW - 600_000;
    expect(offered({ in: null, out: null }, t, NOW)).toEqual({ from: t - 30_000, to: t + 30_000 });
    expect(offered({ in: t, out: null }, t, NOW)).toEqual({ from: t, to: t + 60_000 });
    expect(offered({ in: null, out: t }, t, NOW)).toEqual({ from: t - 60_000, to: t });
    expect(offered({ in: t - 5000, out: t }, t, NOW)).toEqual({ from: t - 5000, to: t });
    expect(offered({ in: null, out: null }, NOW, NOW)).toEqual({ from: NOW - 30_000, to: NOW });
  });
});
