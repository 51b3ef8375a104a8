import { describe, expect, it } from 'vitest';
import { MOST, nameFor, targets } from './batch';

const addresses = (text: string): unknown => {
  const found = targets(text);
  return typeof found === 'string' ? found : found.map((x) => [x.address, x.sub].filter(Boolean).join(' '));
};

describe('addresses of many cameras', () => {
  it('come by lines and by ranges, each once', () => {
    expect(addresses('192.168.1.7\n\n 192.168.1.9 \n192.168.1.7')).toEqual(['192.168.1.7', '192.168.1.9']);
    expect(addresses('192.168.1.101-103')).toEqual(['192.168.1.101', '192.168.1.102', '192.168.1.103']);
    expect(addresses('10.0.0.9-10:8000')).toEqual(['10.0.0.9:8000', '10.0.0.10:8000']);
    expect((addresses('192.168.1.101-119') as string[]).length).toBe(19);
  });
  it('name both streams of a camera in one line', () => {
    expect(addresses('rtsp://10.0.0.[7-8]/ch1 rtsp://10.0.0.[7-8]/ch2')).toEqual([
      'rtsp://10.0.0.7/ch1 rtsp://10.0.0.7/ch2',
      'rtsp://10.0.0.8/ch1 rtsp://10.0.0.8/ch2',
    ]);
    expect(addresses('rtsp://nvr/cam-2-a')).toEqual(['rtsp://nvr/cam-2-a']);
    expect(addresses('10.0.0.7 rtsp://10.0.0.7/ch2')).toBe('sub_without_rtsp');
  });
  it('are refused with a reason', () => {
    expect(addresses(' \n')).toBe('none');
    expect(addresses('10.0.0.9-3')).toBe('bad_range');
    expect(addresses('rtsp://10.0.0.[7-8]/ch1 rtsp://10.0.0.[7-9]/ch2')).toBe('bad_range');
    expect(addresses(`10.0.0.1-${MOST + 1}`)).toBe('too_many');
    expect(addresses('rtsp://admin:secret@10.0.0.7/ch1')).toBe('secret');
  });
});

describe('names of many cameras', () => {
  it('count where the pattern says so', () => {
    expect(nameFor('Ngõ {n} – cổng', 7, true)).toBe('Ngõ 7 – cổng');
    expect(nameFor('Ngõ', 7, true)).toBe('Ngõ 7');
    expect(nameFor(' Cổng đình ', 1, false)).toBe('Cổng đình');
  });
});
