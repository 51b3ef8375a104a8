import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { api, ApiError } from '../api/client';
import { CoverageLoader } from './loader';

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('after a failure waits some seconds, unless asked to retry', async () => {
  const timeline = vi.spyOn(api, 'timeline').mockRejectedValue(new ApiError('unreachable', 0));
  const loader = new CoverageLoader(
    ['x'],
    () => NOW,
    () => {},
  );
  const asked = async (work: () => void): Promise<number> => {
    work();
    await vi.advanceTimersByTimeAsync(0);
    return timeline.mock.calls.length;
  };
  const want = (): void => loader.want(NOW - 2 * HOUR, NOW - HOUR);
  expect(await asked(want)).toBe(1);
  expect(await asked(want)).toBe(1);
  vi.advanceTimersByTime(5001);
  expect(await asked(want)).toBe(2);
  expect(await asked(() => loader.retry(NOW - 2 * HOUR, NOW - HOUR))).toBe(3);
});
