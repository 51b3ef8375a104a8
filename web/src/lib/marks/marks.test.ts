import { describe, expect, it } from 'vitest';
import type { Story } from '../motion/events';
import { grouped } from './groups';
import { AROUND_MS, inOrder, keptAt, ofBookmark, ofLock, rangeToKeep, type Keepsake } from './kept';
import { drawn, FAR_PX } from './swipe';
import { marked, undoOf } from './undo';
import { stretchOf } from './when';

const T = Date.UTC(2026, 10, 22, 15);
const story = (id: string, more: Partial<Story> = {}): Story => ({
  id, kind: 'motion', from: T, to: T + 4000, camera: 'a', zones: [], playFrom: T - 5000, picture: null, objects: [],
  seen: false, handled: null, verdict: null, ...more,
}); // prettier-ignore
const handled = { at: T, by: 'An', note: 'đã gọi' };

describe('undo', () => {
  it('goes back to what each event was, and leaves alone what did not change', () => {
    const before = [story('1'), story('2', { seen: true }), story('3')];
    expect(undoOf(before, { seen: true })).toEqual([{ ids: ['1', '3'], seen: false }]);
    expect(undoOf(before, { seen: false })).toEqual([{ ids: ['2'], seen: true }]);
  });
  it('gives back the note and the verdict that stood there', () => {
    const before = [story('1'), story('2', { handled, verdict: 'false_alarm' })];
    expect(undoOf(before, { handled: { note: 'x' }, seen: true, verdict: 'false_alarm' })).toEqual([
      { ids: ['1'], seen: false, handled: null, verdict: null },
      { ids: ['2'], seen: false, handled: { note: 'đã gọi' } },
    ]);
    expect(undoOf(before, { handled: null })).toEqual([{ ids: ['2'], handled: { note: 'đã gọi' } }]);
  });
  it('what is done shows before the recorder knows of it, and changes nothing else', () => {
    const before = story('1', { verdict: 'false_alarm' });
    expect(marked(before, { seen: true, handled: { note: 'x' } }, 'Bình', T)).toEqual({
      ...before,
      seen: true,
      handled: { at: T, by: 'Bình', note: 'x' },
    });
    expect(marked({ ...before, handled }, { handled: null, verdict: null }, 'Bình', T)).toEqual({
      ...before,
      verdict: null,
    });
  });
});

describe('groups', () => {
  const at = (id: string, s: number, camera = 'a', long = 10): Story =>
    story(id, { camera, from: T + s * 1000, to: T + (s + long) * 1000 });
  const ids = (events: Story[]): string[][] => grouped(events).map((g) => g.events.map((e) => e.id));
  it('draw together what one camera saw within two minutes, at the newest', () => {
    expect(ids([at('4', 500), at('3', 390), at('2', 300, 'b'), at('1', 261)])).toEqual([['4', '3', '1'], ['2']]);
    expect(ids([at('2', 130), at('1', 0)]), 'exactly two minutes between').toEqual([['2'], ['1']]);
  });
  it('do not mix kinds, and go on from the oldest of them', () => {
    const covered = story('2', { kind: 'tamper_covered', from: T + 50_000, to: T + 60_000 });
    expect(ids([at('3', 100), covered, at('1', 0)])).toEqual([['3', '1'], ['2']]);
    expect(ids([at('3', 220), at('2', 110), at('1', 0)])).toEqual([['3', '2', '1']]);
  });
  it('keep every event once', () => {
    const many = Array.from({ length: 50 }, (_, n) => at(String(n), 5000 - n * 97, n % 3 ? 'a' : 'b'));
    expect(ids(many).flat().sort()).toEqual(many.map((e) => e.id).sort());
  });
});

describe('today, yesterday and last night', () => {
  const zone = 'Asia/Ho_Chi_Minh';
  const hour = (h: number): number => Date.UTC(2026, 10, 22, h - 7);
  it('are the site’s', () => {
    expect(stretchOf('today', hour(9), zone)).toEqual({ from: hour(0), to: hour(24) });
    expect(stretchOf('yesterday', hour(9), zone)).toEqual({ from: hour(-24), to: hour(0) });
    expect(stretchOf('night', hour(9), zone)).toEqual({ from: hour(-6), to: hour(6) });
    expect(stretchOf('night', hour(23), zone), 'the one that is over').toEqual({ from: hour(-6), to: hour(6) });
    expect(stretchOf('night', hour(2), zone), 'the one that goes on').toEqual({ from: hour(-6), to: hour(6) });
  });
  it('keep their hours where clocks change', () => {
    const { from, to } = stretchOf('yesterday', Date.parse('2026-11-02T09:00:00-05:00'), 'America/New_York');
    expect((to - from) / 3_600_000).toBe(25);
    // In New York it was 2 a.m. twice on 1 November 2026.
    const night = stretchOf('night', Date.parse('2026-11-02T09:00:00-05:00'), 'America/New_York');
    expect(new Date(night.to).toISOString()).toBe('2026-11-02T11:00:00.000Z');
  });
});

describe('swiping', () => {
  it('counts to both sides, and never while the list scrolls', () => {
    expect(drawn(5, 3)).toBe('unknown');
    expect(drawn(-40, 2)).toBe(-40);
    expect(drawn(-30, 25)).toBe('scroll');
    expect(drawn(-500, 8)).toBeLessThanOrEqual(-FAR_PX);
    expect(drawn(30, 25)).toBe('scroll');
    expect(drawn(50, 8)).toBe(50);
    expect(drawn(500, 8)).toBeGreaterThanOrEqual(FAR_PX);
  });
});

describe('what is kept', () => {
  const note = { id: 'b', camera: 'a', at: new Date(T).toISOString(), to: null, note: 'xe lạ', by: 'An', made_at: '', revision: 1 }; // prettier-ignore
  const kept: Keepsake[] = [
    ofBookmark(note),
    ofLock({ id: 'l', camera: 'a', from: new Date(T - 30_000).toISOString(), to: new Date(T + 30_000).toISOString(), until: null, note: '', by: 'An', made_at: '' }), // prettier-ignore
  ];
  it('is found under the pointer, a bookmark first', () => {
    expect(keptAt(kept, T + 500, 1000)?.id).toBe('b');
    expect(keptAt(kept, T + 20_000, 1000)?.id).toBe('l');
    expect(keptAt(kept, T + 40_000, 1000)).toBeNull();
    expect(inOrder([kept[1]!, kept[0]!]).map((k) => k.id)).toEqual(['b', 'l']);
  });
  it('is what is marked, else the moment with half a minute on both sides', () => {
    expect(rangeToKeep({ in: T, out: T + 5000 }, 0)).toEqual({ from: T, to: T + 5000, marked: true });
    const around = { from: T - AROUND_MS, to: T + AROUND_MS, marked: false };
    expect(rangeToKeep({ in: T + 5000, out: T }, T)).toEqual(around);
    expect(rangeToKeep({ in: T, out: null }, T + 0.4)).toEqual(around);
  });
});
