import { describe, expect, it } from 'vitest';
import { DecodePatience, FetchPatience } from './patience';

describe('fetching that fails', () => {
  /** Tries ten times a second, as playback does, with nothing buffered, until it gives up. */
  function untilGivenUp(p: FetchPatience, from: number, left = 0): { after: number; tries: number } {
    let tries = 0;
    for (let now = from; now < from + 120_000; now += 100) {
      if (!p.due(now)) continue;
      tries++;
      if (p.failed(now, left)) return { after: now - from, tries };
    }
    return { after: Infinity, tries };
  }
  it('is tried once a second for half a minute', () => {
    expect(untilGivenUp(new FetchPatience(), 5000)).toEqual({ after: 30_000, tries: 31 });
  });
  it('is never given up while there is something to play', () => {
    expect(untilGivenUp(new FetchPatience(), 5000, 1000).after).toBe(Infinity);
  });
  it('begins anew after a success', () => {
    const p = new FetchPatience();
    for (let now = 0; now < 29_000; now += 1000) p.failed(now, 0);
    p.succeeded();
    expect(p.due(29_100)).toBe(true);
    expect(untilGivenUp(p, 29_100).after).toBe(30_000);
  });
});

describe('media that cannot be decoded', () => {
  const T = Date.UTC(2026, 10, 22);
  it('is tried again at the spot, then a second further each time', () => {
    const p = new DecodePatience();
    expect([0, 0, 1000, 2000].map((d) => p.next(T + d)! - T)).toEqual([0, 1000, 2000, 3000]);
  });
  it('gets past it even if the position falls back to the same spot', () => {
    const p = new DecodePatience();
    expect([0, 0, 0, 0].map((d) => p.next(T + d)! - T)).toEqual([0, 1000, 2000, 3000]);
  });
  it('ends, and a retry by hand begins anew', () => {
    const p = new DecodePatience();
    let at = T;
    let n = 0;
    for (let next = p.next(at); next !== null && n < 100; next = p.next(at)) {
      at = next;
      n++;
    }
    expect(n).toBe(13);
    expect(p.next(at)).toBe(at);
  });
  it('does not hold one bad spot against another', () => {
    const p = new DecodePatience();
    p.next(T);
    p.next(T);
    expect(p.next(T + 60_000)).toBe(T + 60_000);
  });
});
