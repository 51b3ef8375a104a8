import { describe, expect, it } from 'vitest';
import { besides, toPlay, toSend, whyGone } from './clip';

const H264 = 'avc1.4d4016';
const H265 = 'hvc1.1.6.L93.B0';
const main = (codec: string | null) => ({ id: 'main' as const, codec });
const sub = (codec: string | null) => ({ id: 'sub' as const, codec });
const chromium = (mime: string): boolean => mime.includes('avc1');

describe('the clip of an event', () => {
  it('is played light where that plays', () => {
    expect(toPlay([main(H264), sub(H264)], chromium)).toBe('sub');
    expect(toPlay([main(H264), sub(null)], chromium), 'nobody has said what it is').toBe('sub');
    expect(toPlay([main(H264), sub(H265)], chromium)).toBe('main');
    expect(toPlay([main(H265)], chromium)).toBe('main');
  });
  it('is sent full where every phone plays that', () => {
    expect(toSend([main(H264), sub(H264)], false)).toBe('main');
    expect(toSend([main(H265), sub(H264)], false)).toBe('sub');
    expect(toSend([main(H265), sub(H265)], false)).toBe('main');
    expect(toSend([main(H264), sub(H264)], true)).toBe('sub');
    expect(toSend([main(H264)], true)).toBe('main');
  });
  it('says why it is gone', () => {
    const at = (s: number): string => new Date(1e12 + s * 1000).toISOString();
    const gap = (a: number, b: number, cause: string) => ({ from: at(a), to: at(b), cause });
    expect(whyGone({ spans: [], gaps: [gap(0, 5, 'camera_lost'), gap(5, 60, 'retention')] }, 1e12 + 6000)).toBe('retention'); // prettier-ignore
    expect(whyGone({ spans: [], gaps: [gap(2, 5, 'disabled'), gap(5, 60, 'retention')] }, 1e12)).toBe('retention');
    expect(whyGone({ spans: [], gaps: [] }, 1e12)).toBe('unknown');
    expect(whyGone({ spans: [{ from: at(0), to: at(9) }], gaps: [] }, 1e12), 'it is there').toBeNull();
    expect(whyGone(undefined, 1e12)).toBeNull();
  });
});

describe('the cameras beside it', () => {
  const camera = (id: string, area: string, enabled = true) => ({ id, area, enabled });
  const all = [camera('a', 'x'), camera('b', 'x'), camera('c', 'x', false), camera('d', 'x'), camera('e', 'y'), camera('f', 'x')]; // prettier-ignore
  const ids = (id: string, most = 3): string[] => besides(all, id, most).map((c) => c.id);
  it('are the nearest of its area, in the order of the wall', () => {
    expect(ids('b')).toEqual(['a', 'd', 'f']);
    expect(ids('f')).toEqual(['a', 'b', 'd']);
    expect(ids('f', 1)).toEqual(['d']);
  });
  it('are of all cameras where it is alone in its area, and none where it is gone', () => {
    expect(ids('e', 2)).toEqual(['d', 'f']);
    expect(ids('nobody')).toEqual([]);
  });
});
