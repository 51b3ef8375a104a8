import { expect, it } from 'vitest';
import { missing } from './password';

it('counts what is missing of a password, unless it has four words', () => {
  expect(missing('')).toBe(15);
  expect(missing('trâu cày')).toBe(7);
  expect(missing('bốn từ dễ nhớ')).toBe(0);
  expect(missing('mẹ mẹ mẹ mẹ')).toBe(4);
  expect(missing('trâucàyruộngcạn')).toBe(0);
});
