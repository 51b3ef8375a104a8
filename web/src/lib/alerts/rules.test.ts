import { describe, expect, it } from 'vitest';
import type { Zone } from '../api/types';
import { choices, isTold, isWithin, sizes, withTold, withZone } from './rules';

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

describe('where in a picture motion is told of', () => {
  it('is within the zones that are chosen of a camera, and anywhere again when the last is given up', () => {
    let rules = withZone({ zones: {} }, 'a', 'gate', true);
    rules = withZone(rules, 'b', 'pond', true);
    rules = withZone(rules, 'a', 'road', true);
    expect(rules).toEqual({ zones: { a: ['gate', 'road'], b: ['pond'] } });
    expect([isWithin(rules, 'a', 'gate'), isWithin(rules, 'b', 'gate'), isWithin(rules, 'c', 'gate')]).toEqual([true, false, false]); // prettier-ignore
    expect(withZone(rules, 'a', 'gate', true).zones['a']).toEqual(['road', 'gate']);
    rules = withZone(rules, 'a', 'gate', false);
    expect(rules.zones).toEqual({ a: ['road'], b: ['pond'] });
    rules = withZone(rules, 'a', 'road', false);
    expect(rules.zones).toEqual({ b: ['pond'] });
    expect(withZone(rules, 'a', 'road', false)).toEqual(rules);
  });
  it('is chosen from zones in which motion counts', () => {
    const zone = (kind: Zone['kind'], id?: string): Zone => ({ id, kind, name: 'Cổng', points: [] }) as Zone;
    expect(choices([zone('alert', '1'), zone('ignore', '2'), zone('alert')])).toEqual([{ id: '1', name: 'Cổng' }]);
  });
});

it('a size that was set by other means is offered too', () => {
  expect(sizes(0.03)).toEqual([0, 0.01, 0.03, 0.1]);
  expect(sizes(0.02)).toEqual([0, 0.01, 0.02, 0.03, 0.1]);
});
