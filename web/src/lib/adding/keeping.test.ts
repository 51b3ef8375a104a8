import { describe, expect, it } from 'vitest';
import { keepingOf } from './keeping';

describe('how long footage stays', () => {
  it('has no rule where nothing is typed', () => {
    expect(keepingOf(undefined, null)).toEqual({ days_min: null, days_max: null });
    expect(keepingOf(7, undefined)).toEqual({ days_min: 7, days_max: null });
    expect(keepingOf(7, 7)).toEqual({ days_min: 7, days_max: 7 });
  });
  it('is whole days, at least one, and the most not less than the least', () => {
    expect(keepingOf(0, 5)).toBe('days_min');
    expect(keepingOf(1.5, null)).toBe('days_min');
    expect(keepingOf(null, 0)).toBe('days_max');
    expect(keepingOf(null, 3651)).toBe('days_max');
    expect(keepingOf(8, 7)).toBe('order');
  });
});
