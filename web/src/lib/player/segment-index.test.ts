import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '../api/client';
import { SegmentIndex } from './segment-index';

const NOW = Date.UTC(2026, 10, 22, 12);

beforeEach(() => {
  vi.useFakeTimers();
  // A recorder that takes the question and never answers.
  vi.stubGlobal('fetch', (_url: string, { signal }: { signal: AbortSignal }) => {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('an aborted seek ends its request for the list', async () => {
  const index = new SegmentIndex('x', 'main', () => NOW);
  const seek = new AbortController();
  const first = index.ensure(NOW - 600_000, seek.signal).catch((e: unknown) => e);
  seek.abort();
  expect(await first).toMatchObject({ name: 'AbortError' });
});

it('a list that never comes is a failure after fifteen seconds', async () => {
  const index = new SegmentIndex('x', 'main', () => NOW);
  const answer = index.ensure(NOW - 600_000, new AbortController().signal).catch((e: unknown) => e);
  await vi.advanceTimersByTimeAsync(15_001);
  expect(await answer).toBeInstanceOf(ApiError);
  expect(await answer).toMatchObject({ code: 'unreachable' });
});
