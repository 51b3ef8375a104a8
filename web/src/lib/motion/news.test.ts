import { expect, it } from 'vitest';
import type { Happening } from './events';
import { NEWS, newsSince } from './news';

const NOW = Date.UTC(2026, 10, 27);
const event = (from: number, to: number | null = from + 1000): Happening => ({
  id: `${from}`,
  kind: 'motion',
  from,
  to,
});

it('news goes back to the oldest of those that are shown: somebody else may have handled it', () => {
  expect(newsSince([], NOW)).toBe(NOW - 180_000);
  expect(newsSince([event(NOW - 1000)], NOW)).toBe(NOW - 180_000);
  expect(newsSince([event(NOW - 1000), event(NOW - 3_600_000)], NOW)).toBe(NOW - 3_600_000);
});

it('but not to more than one answer holds, unless one of them lasts', () => {
  const many = Array.from({ length: NEWS + 20 }, (_, n) => event(NOW - n * 60_000));
  expect(newsSince(many, NOW)).toBe(NOW - (NEWS - 1) * 60_000);
  expect(newsSince([...many, event(NOW - 86_400_000, null)], NOW)).toBe(NOW - 86_400_000);
});
