import { describe, expect, it } from 'vitest';
import { clipsOf } from './chosen';

const T = 1e12;
const event = (camera: string, from: number, to: number | null) => ({ camera, playFrom: T + from * 1000, to: to === null ? null : T + to * 1000 }); // prettier-ignore
const seconds = (...of: Parameters<typeof clipsOf>) => clipsOf(...of).map((r) => [r.camera, (r.from - T) / 1000, (r.to - T) / 1000]); // prettier-ignore

describe('the clips of chosen events', () => {
  it('go on for some seconds after each, oldest first, and are one where they meet', () => {
    expect(seconds([event('a', 100, 120), event('b', 110, 115), event('a', 0, 20), event('a', 22, 40)], T + 1e6)).toEqual([
      ['a', 0, 45],
      ['a', 100, 125],
      ['b', 110, 120],
    ]); // prettier-ignore
  });
  it('end now at the latest', () => {
    expect(seconds([event('a', 0, null), event('b', 10, 28)], T + 30_000)).toEqual([['a', 0, 30], ['b', 10, 30]]); // prettier-ignore
    expect(seconds([event('a', 0, 10), event('a', 2, 5)], T + 1e6), 'one within another').toEqual([['a', 0, 15]]);
  });
});
