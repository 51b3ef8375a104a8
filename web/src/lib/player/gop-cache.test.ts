import { expect, it } from 'vitest';
import { GopCache } from './gop-cache';

it('answers for the stretch that a key frame is known to stand for, and no further', () => {
  const c = new GopCache<string>(3, 900);
  c.put(10_000, 11_500, 'a');
  expect(c.get(9_999)).toBeNull();
  expect(c.get(11_500)).toBe('a');
  expect(c.get(11_501)).toBeNull();
  c.put(12_000, 12_000, 'b');
  expect(c.get(12_900)).toBe('b');
  expect(c.get(11_000)).toBe('a');
  c.put(14_000, 14_000, 'c');
  c.put(16_000, 16_000, 'd');
  expect(c.size).toBe(3);
  expect(c.get(10_500)).toBeNull();
});
