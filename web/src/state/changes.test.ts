import { afterEach, expect, test, vi } from 'vitest';
import { changed, changedAll, whenChanged } from './changes.svelte';

vi.useFakeTimers();
afterEach(() => vi.clearAllTimers());

test('what is about one thing hears of that one, of what says nothing of itself, and when all may have changed', () => {
  const ask = vi.fn();
  const end = whenChanged(['events'], ask, 'e1');
  const asked = (tell: () => void): number => {
    ask.mockClear();
    tell();
    vi.runAllTimers();
    return ask.mock.calls.length;
  };
  expect(asked(() => changed('events', { what: 'event_mark', id: 'e2' }))).toBe(0);
  expect(asked(() => changed('events', { what: 'event_mark', id: 'e1' }))).toBe(1);
  expect(asked(() => changed('health', { what: 'health' }))).toBe(0);
  expect(asked(() => changed('events'))).toBe(1);
  expect(asked(changedAll)).toBe(1);
  end();
});
