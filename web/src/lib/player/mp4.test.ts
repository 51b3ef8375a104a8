import { describe, expect, it } from 'vitest';
import { boxes, firstMdat, readFragment, readInit, setDuration, splitInit } from './mp4';

const u32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const u64 = (n: number): number[] => [...u32(Math.floor(n / 2 ** 32)), ...u32(n % 2 ** 32)];
const box = (type: string, ...body: number[]): number[] => [
  ...u32(8 + body.length),
  ...[...type].map((c) => c.charCodeAt(0)),
  ...body,
];

const TIME = 161_592_937_200_000;

function fragment(options: { trun: boolean; samples?: number }): Uint8Array {
  const samples = options.samples ?? 1;
  const tfhd = options.trun
    ? box('tfhd', ...u32(0x020000), ...u32(1))
    : box('tfhd', ...u32(0x020008), ...u32(1), ...u32(7500));
  const tfdt = box('tfdt', ...u32(0x01000000), ...u64(TIME));
  const rows = Array.from({ length: samples }, (_, i) =>
    options.trun ? [...u32(7000 + i), ...u32(50)] : u32(50),
  ).flat();
  const trun = box('trun', ...u32(options.trun ? 0x000301 : 0x000201), ...u32(samples), ...u32(100), ...rows);
  return new Uint8Array([
    ...box('moof', ...box('mfhd', ...u32(0), ...u32(1)), ...box('traf', ...tfhd, ...tfdt, ...trun)),
    ...box('mdat', 1, 2, 3),
  ]);
}

describe('fragments', () => {
  it('tell an absolute 64-bit time exactly', () => {
    expect(readFragment(fragment({ trun: true }))).toMatchObject({ track: 1, time: TIME, duration: 7000, samples: 1 });
  });
  it('sum the durations of several samples', () => {
    expect(readFragment(fragment({ trun: true, samples: 3 }))?.duration).toBe(7000 + 7001 + 7002);
    expect(readFragment(fragment({ trun: false, samples: 3 }))?.duration).toBe(22_500);
  });
  it('take a new duration in place, wherever it stands', () => {
    for (const trun of [true, false]) {
      const b = fragment({ trun });
      setDuration(b, readFragment(b)!, 18_000);
      expect(readFragment(b)).toMatchObject({ time: TIME, duration: 18_000 });
      expect([...boxes(b)].map((x) => x.type)).toEqual(['moof', 'mdat']);
    }
  });
  it('give the sample of a key-frame answer', () => {
    const b = new Uint8Array([...box('ftyp', 0), ...box('moov'), ...fragment({ trun: true })]);
    const { init, media } = splitInit(b);
    expect([...boxes(init)].map((x) => x.type)).toEqual(['ftyp', 'moov']);
    expect([...firstMdat(media)!]).toEqual([1, 2, 3]);
  });
  it('do not run past torn bytes', () => {
    const b = fragment({ trun: true });
    for (let n = 0; n < b.length; n++) expect(() => [...boxes(b.subarray(0, n))]).not.toThrow();
    expect(readFragment(b.subarray(0, 20))).toBeNull();
    expect(readInit(b)).toBeNull();
  });
});
