import { describe, expect, it } from 'vitest';
import { bufferedUntil, holdsIn, type Ranges } from './mse';

const ranges: Ranges = [
  [10, 12],
  [12.1, 14],
  [20, 21],
];

describe('what is buffered', () => {
  it('ends where playing would stop: small holes are played over', () => {
    expect(bufferedUntil(ranges, 11)).toBe(14);
    expect(bufferedUntil(ranges, 9.9)).toBe(14);
    expect(bufferedUntil(ranges, 12.05)).toBe(14);
    expect(bufferedUntil(ranges, 15)).toBeNull();
  });
  it('holds only what a seek can show: a place in a hole or before a range is not there', () => {
    expect(holdsIn(ranges, 10, 0.04)).toBe(true);
    expect(holdsIn(ranges, 12, 0)).toBe(true);
    expect(holdsIn(ranges, 9.95, 0.04)).toBe(false);
    expect(holdsIn(ranges, 12.05, 0.04)).toBe(false);
    expect(holdsIn(ranges, 13.98, 0.04)).toBe(false);
  });
});
