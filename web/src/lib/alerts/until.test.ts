import { describe, expect, it } from 'vitest';
import { over, until } from './until';

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

describe('a hand', () => {
  const before = { armed: true, until: null, then: null };
  it('that has an end puts a longer one aside, and one without an end replaces it', () => {
    expect(over(false, 1000, before).then).toEqual({ armed: true, until: null });
    expect(over(false, null, before)).toEqual({ armed: false, until: null, then: null });
    expect(over(false, 1000, null).then).toBeNull();
    expect(over(false, 2000, { ...before, until: new Date(1500).toISOString() }).then).toBeNull();
  });
  it('twice in a row goes back to what was below both', () => {
    const first = over(false, 1000, before);
    expect(over(false, 5000, first).then).toEqual({ armed: true, until: null });
  });
});
