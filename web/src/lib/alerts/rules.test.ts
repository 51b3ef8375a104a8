import { describe, expect, it } from 'vitest';
import { isTold, sizes, withTold } from './rules';

describe('whose motion is told of', () => {
  it('is all, but for those that are off', () => {
    let rules = { cameras: [] as string[], cameras_off: [] as string[] };
    expect(isTold(rules, 'a')).toBe(true);
    rules = withTold(rules, 'a', false);
    expect(rules).toEqual({ cameras: [], cameras_off: ['a'] });
    expect([isTold(rules, 'a'), isTold(rules, 'b')]).toEqual([false, true]);
    expect(withTold(rules, 'a', true)).toEqual({ cameras: [], cameras_off: [] });
  });
  it('is those that are named, where some are', () => {
    const some = { cameras: ['a', 'b'], cameras_off: ['b'] };
    expect(['a', 'b', 'c'].map((id) => isTold(some, id))).toEqual([true, false, false]);
    expect(withTold(some, 'c', true)).toEqual({ cameras: ['a', 'b', 'c'], cameras_off: ['b'] });
    // Taking the last name away would make it all of them.
    const one = withTold({ cameras: ['a'], cameras_off: [] }, 'a', false);
    expect(['a', 'b'].map((id) => isTold(one, id))).toEqual([false, false]);
  });
});

it('a size that was set by other means is offered too', () => {
  expect(sizes(0.03)).toEqual([0, 0.01, 0.03, 0.1]);
  expect(sizes(0.02)).toEqual([0, 0.01, 0.02, 0.03, 0.1]);
});
