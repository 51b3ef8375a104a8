import { describe, expect, it } from 'vitest';
import { Herald, QUIET_MS } from './herald';

const T = 1e12;
const event = (id: string, s: number, seen = false) => ({ id, from: T + s * 1000, seen });
const herald = (): Herald<ReturnType<typeof event>> => {
  const h = new Herald<ReturnType<typeof event>>();
  h.learn([event('old', -60)], T);
  return h;
};

describe('telling new events', () => {
  it('begins with what comes after the page was opened, and tells each once', () => {
    const h = herald();
    expect(h.next(T)).toBeNull();
    h.learn([event('1', 1), event('old', -60)], T + 2000);
    expect(h.next(T + 2000)?.id).toBe('1');
    h.learn([event('1', 1)], T + 60_000);
    expect(h.next(T + 60_000)).toBeNull();
  });
  it('waits ten seconds between two, and then tells the newest', () => {
    const h = herald();
    h.learn([event('1', 1)], T + 1000);
    expect(h.next(T + 1000)?.id).toBe('1');
    h.learn([event('2', 3), event('3', 5)], T + 5000);
    h.learn([event('2', 3)], T + 6000);
    expect(h.next(T + 1000 + QUIET_MS - 1)).toBeNull();
    expect(h.next(T + 1000 + QUIET_MS)?.id).toBe('3');
    expect(h.next(T + 60_000)).toBeNull();
  });
  it('leaves out what somebody has seen, and what is no news any more', () => {
    const h = herald();
    h.learn([event('1', 1, true)], T + 2000);
    expect(h.next(T + 2000)).toBeNull();
    h.learn([event('2', 3)], T + 600_000);
    expect(h.next(T + 600_000), 'the page was asleep').toBeNull();
    h.learn([event('3', 599)], T + 601_000);
    expect(h.next(T + 601_000)?.id).toBe('3');
  });
});
