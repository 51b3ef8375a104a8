import { describe, expect, it } from 'vitest';
import type { Alert } from '../api/alerts';
import { isTask, placeOf, reachKey, whatKey, withNews, withOlder, withOne } from './recent';

const alert = (id: string, more: Partial<Alert> = {}): Alert => ({
  id,
  kind: 'motion',
  cameras: ['c1'],
  from: '2026-11-27T15:14:05.000Z',
  to: '2026-11-27T15:14:09.000Z',
  rank: 0.5,
  told: true,
  events: [],
  reached: { made: 0, sent: 0, shown: 0, opened: 0 },
  handled: null,
  ...more,
});
const ids = (r: { items: readonly Alert[] }): string => r.items.map((a) => a.id).join('');
const page = (text: string, next_cursor: string | null) => ({ items: [...text].map((id) => alert(id)), next_cursor });

describe('recent alerts', () => {
  it('are one list out of pages, each once', () => {
    let list = withNews({ items: [], cursor: null }, page('fed', 'd'));
    list = withOlder(list, page('dcb', 'b'));
    expect([ids(list), list.cursor]).toEqual(['fedcb', 'b']);
    list = withNews(list, page('hgf', 'f'));
    expect([ids(list), list.cursor]).toEqual(['hgfedcb', 'b']);
    list = withOlder(list, page('a', null));
    expect([ids(list), list.cursor]).toEqual(['hgfedcba', null]);
  });
  it('have no hole: where more have come than a page has, older ones are asked for anew', () => {
    const list = withNews({ items: page('cba', null).items, cursor: null }, page('zyx', 'x'));
    expect([ids(list), list.cursor]).toEqual(['zyx', 'x']);
  });
  it('are all there when they fit one page: what has been removed goes', () => {
    const list = withNews({ items: page('cba', null).items, cursor: null }, page('dc', null));
    expect([ids(list), list.cursor]).toEqual(['dc', null]);
  });
  it('show what was done meanwhile', () => {
    const by = { by: 'Bình', at: '2026-11-27T15:20:00.000Z', note: '' };
    const known = { items: page('cba', null).items, cursor: 'a' };
    const done = withOne(known, alert('b', { handled: by }));
    expect(done.items.map((a) => a.handled?.by)).toEqual([undefined, 'Bình', undefined]);
    const anew = withNews(done, { items: [alert('c', { handled: by }), alert('b')], next_cursor: 'b' });
    expect(anew.items.map((a) => a.handled?.by)).toEqual(['Bình', undefined, undefined]);
  });
});

describe('an alert', () => {
  it('leads to its event, its camera, or the state of the recorder', () => {
    expect(placeOf(alert('a', { events: ['e1', 'e2'] }))).toEqual({ event: 'e1' });
    expect(placeOf(alert('a'))).toBe('events');
    expect(placeOf(alert('a', { kind: 'camera_lost' }))).toEqual({ camera: 'c1' });
    expect(placeOf(alert('a', { kind: 'camera_lost', cameras: ['c1', 'c2'] }))).toBe('health');
    expect(placeOf(alert('a', { kind: 'disk', cameras: [] }))).toBe('health');
  });
  it('says how far it came', () => {
    const reached = { made: 3, sent: 2, shown: 1, opened: 0 };
    expect(reachKey(alert('a', { reached }))).toBe('al.reach.sent');
    expect(reachKey(alert('a', { reached: { ...reached, sent: 0 } }))).toBe('al.reach.stuck');
    expect(reachKey(alert('a'))).toBe('al.reach.none');
    expect(reachKey(alert('a', { told: false, reached }))).toBe('al.reach.digest');
  });
  it('is to be dealt with until somebody has, unless it only tells of an end', () => {
    expect(isTask(alert('a', { kind: 'disk' }))).toBe(true);
    expect(isTask(alert('a', { kind: 'camera_back' }))).toBe(false);
    expect(isTask(alert('a', { handled: { by: 'x', at: '2026-11-27T15:14:05.000Z', note: '' } }))).toBe(false);
  });
  it('of a kind that this app does not know is one all the same', () => {
    expect(whatKey(alert('a', { kind: 'flood' }))).toBe('al.kind.other');
    expect(whatKey(alert('a', { kind: 'clock' }))).toBe('al.kind.clock');
  });
});
