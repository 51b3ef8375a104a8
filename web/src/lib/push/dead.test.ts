import { expect, it } from 'vitest';
import type { Subscribed } from '../api/alerts';
import { isDead } from './dead';

const at = '2026-11-27T15:14:05.000Z';
const phone = (id: string, gone_at: string | null = null): Subscribed => ({ id, name: '', host: 'push.example', created_at: at, used_at: null, gone_at, current: true }); // prettier-ignore

it('alerts here are dead when the push service has given them up, or the browser has forgotten them', () => {
  expect(isDead([phone('a'), phone('b', at)], 'a', false)).toBe(false);
  expect(isDead([phone('a'), phone('b', at)], 'b', false)).toBe(true);
  expect(isDead([phone('a')], 'a', true)).toBe(true);
});
it('nothing is said where they were never on, or were taken back', () => {
  expect(isDead([phone('a', at)], '', true)).toBe(false);
  expect(isDead([phone('a')], 'b', true)).toBe(false);
});
