import { describe, expect, it } from 'vitest';
import { fault, LONGEST, moved, offered, typed, written } from './range';

const ZONE = 'Asia/Ho_Chi_Minh';
const NOW = Date.parse('2026-11-22T22:00:00+07:00');

describe('range of an export', () => {
  it('is typed in the time of the site and comes back the same', () => {
    expect(written(NOW + 5000, ZONE)).toBe('22/11/2026 22:00:05');
    expect(typed(written(NOW + 5000, ZONE), 0, ZONE)).toBe(NOW + 5000);
    expect(typed('2026-11-22T22:00:00', 0, ZONE)).toBe(NOW);
    expect(typed('22/11 22:00', NOW, ZONE)).toBe(NOW);
    expect(typed('22.11.2026 22h', 0, ZONE)).toBe(NOW);
    expect(typed('22h00', NOW - 3_600_000, ZONE)).toBe(NOW);
    expect(typed('22:00', NOW - 86_400_000, ZONE)).toBe(NOW - 86_400_000);
  });
  it('is not typed as what is no moment', () => {
    for (const text of ['', 'hôm qua', '24:00', '22:60', '31/11/2026 10:00', '11/22/2026 10:00', '22/11/2026'])
      expect(typed(text, NOW, ZONE), text).toBeNull();
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
