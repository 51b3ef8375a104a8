import { describe, expect, it } from 'vitest';
import { partsOf } from './parts';

const T = Date.UTC(2026, 10, 22, 15);
const at = (s: number): string => new Date(T + s * 1000).toISOString();
const item = (camera: string, from: number, to: number) => ({ camera, name: camera, from: at(from), to: at(to) });
const hole = (camera: string, from: number, to: number) => ({
  camera,
  from: at(from),
  to: at(to),
  cause: 'camera_lost',
});
const seconds = (...of: Parameters<typeof partsOf>) =>
  partsOf(...of).map((p) => [p.camera, (p.from - T) / 1000, (p.to - T) / 1000]);

describe('the videos of an export', () => {
  it('are what was asked for, cut where something is missing', () => {
    expect(seconds({ items: [item('a', 0, 60), item('b', 0, 60)], missing: [hole('a', 20, 30)] })).toEqual([
      ['a', 0, 20],
      ['a', 30, 60],
      ['b', 0, 60],
    ]);
  });
  it('leave out what is missing at an end, and slivers between two holes', () => {
    const missing = [hole('a', 30, 90), hole('a', -10, 10), hole('a', 10.2, 15)];
    expect(seconds({ items: [item('a', 0, 60)], missing })).toEqual([['a', 15, 30]]);
    expect(seconds({ items: [item('a', 0, 60)], missing: [hole('a', 0, 60)] })).toEqual([]);
  });
});
