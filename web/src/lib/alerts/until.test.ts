import { describe, expect, it } from 'vitest';
import { until } from './until';

const ZONE = 'Asia/Ho_Chi_Minh';
const at = (text: string): number => Date.parse(`${text}+07:00`);

describe('until when', () => {
  it('is minutes from now', () => {
    expect(until('15', 1000, ZONE)).toBe(1000 + 15 * 60_000);
    expect(until('60', 1000, ZONE)).toBe(1000 + 3_600_000);
  });
  it('is the next six in the morning of the site, also over the end of a month', () => {
    expect(until('morning', at('2026-11-27T22:10:00'), ZONE)).toBe(at('2026-11-28T06:00:00'));
    expect(until('morning', at('2026-11-28T02:00:00'), ZONE)).toBe(at('2026-11-28T06:00:00'));
    expect(until('morning', at('2026-11-28T06:00:00'), ZONE)).toBe(at('2026-11-29T06:00:00'));
    expect(until('morning', at('2026-12-31T23:59:59'), ZONE)).toBe(at('2027-01-01T06:00:00'));
  });
});
