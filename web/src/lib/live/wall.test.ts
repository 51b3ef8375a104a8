import { describe, expect, it } from 'vitest';
import { cellsOf, GRIDS, moved, onPage, pagesOf, wallGrid } from './grid';
import { BRIGHT_MS, IDLE_MS, isDim, isIdle, shiftAt } from './idle';
import { sharpest } from './rendition';
import { saverReason, STALL_WINDOW_MS, STALLED_MS, Stalls } from './saver';
import { AGAIN_MS, GIVE_UP_MS, SharpKeeper } from './sharp';
import { isAway, STILL_FRESH_MS, stillSnapshot } from './still';
import { MOST, pan, WHOLE, zoomAt } from './zoom';

describe('wall grid', () => {
  it('is five by four of 384x216 for 19 cameras on full HD, with 168 px left for the strip', () => {
    const wanted = { columns: 5, rows: 4, tileWidth: 384, tileHeight: 216 };
    expect(wallGrid('auto', 19, 1920, 1080 - 48 - 168, 0)).toEqual(wanted);
    expect(wallGrid('5x4', 3, 1920, 1080 - 48 - 168, 0)).toEqual(wanted);
  });
  it('cuts cameras into pages without losing or repeating one', () => {
    const all = Array.from({ length: 19 }, (_, n) => n);
    for (const id of GRIDS) {
      const pages = pagesOf(id, all.length);
      const shown = Array.from({ length: pages }, (_, page) => onPage(id, all, page));
      expect(shown.flat()).toEqual(all);
      expect(Math.max(...shown.map((p) => p.length))).toBeLessThanOrEqual(cellsOf(id, all.length));
    }
    expect(GRIDS.map((id) => pagesOf(id, 19))).toEqual([1, 4, 5, 3, 1]);
    expect(onPage('2x2', all, 99)).toEqual([16, 17, 18]);
    expect(onPage('2x2', [], 0)).toEqual([]);
  });
  it('moves one tile and leaves the others in their order', () => {
    expect(moved(['a', 'b', 'c', 'd'], 3, 1)).toEqual(['a', 'd', 'b', 'c']);
    expect(moved(['a', 'b', 'c', 'd'], 0, 2)).toEqual(['b', 'c', 'a', 'd']);
    expect(moved(['a', 'b'], 1, 2)).toEqual(['a', 'b']);
    expect(moved(['a', 'b'], -1, 0)).toEqual(['a', 'b']);
  });
});

describe('main streams', () => {
  it('go to the largest tiles', () => {
    const wishes = [800, 1200, 640, 900, 700].map((width, n) => ({ id: `${n}`, width }));
    expect([...sharpest(wishes, 2)].sort()).toEqual(['1', '3']);
    expect(sharpest(wishes, 9).size).toBe(5);
  });
  it('are given up when they do not keep up, and tried again after half a minute or at once when asked', () => {
    const keeper = new SharpKeeper();
    keeper.look(0, 'late', 'live');
    keeper.look(GIVE_UP_MS - 1, 'late', 'live');
    expect(keeper.resting(GIVE_UP_MS - 1)).toBe(false);
    keeper.look(GIVE_UP_MS, 'late', 'live');
    expect(keeper.resting(GIVE_UP_MS)).toBe(true);
    expect(keeper.resting(GIVE_UP_MS + AGAIN_MS)).toBe(false);
    keeper.again();
    expect(keeper.resting(GIVE_UP_MS + 1)).toBe(false);
  });
  it('are kept when the camera itself is away, and when they catch up', () => {
    const keeper = new SharpKeeper();
    for (let now = 0; now < 60_000; now += 250) keeper.look(now, 'lost', 'lost');
    for (let now = 60_000; now < 120_000; now += 250) keeper.look(now, now % 5000 ? 'late' : 'live', 'live');
    for (let now = 120_000; now < 180_000; now += 250) keeper.look(now, null, 'live');
    expect(keeper.resting(180_000)).toBe(false);
  });
});

describe('data saver', () => {
  const free = { saveData: false, metered: false };
  it('begins by itself, and what is pinned wins', () => {
    expect(saverReason('auto', free, false)).toBeNull();
    expect(saverReason('auto', { ...free, saveData: true }, false)).toBe('asked');
    expect(saverReason('auto', { ...free, metered: true }, false)).toBe('metered');
    expect(saverReason('auto', free, true)).toBe('stalled');
    expect(saverReason('off', { saveData: true, metered: true }, true)).toBeNull();
    expect(saverReason('on', free, false)).toBe('pinned');
    // Nothing but stills, whatever is chosen.
    for (const mode of ['auto', 'on', 'off'] as const) expect(saverReason(mode, free, false, false)).toBe('cannot');
  });
  it('counts two stalls in a minute; tiles that stall together are one', () => {
    const s = new Stalls();
    const stall = (from: number): void => [0, 1, 2, 3].forEach((n) => s.note(from + 100 * n, `tile ${n}`, 6));
    stall(0);
    stall(1000);
    expect(s.stalled(2000)).toBe(false);
    stall(STALL_WINDOW_MS + 5000);
    expect(s.stalled(STALL_WINDOW_MS + 6000)).toBe(false);
    const now = STALL_WINDOW_MS + 20_000;
    stall(now);
    expect(s.stalled(now + 500)).toBe(true);
    expect(s.stalled(now + 500 + STALLED_MS)).toBe(false);
    s.forget();
    expect(s.stalled(now + 500)).toBe(false);
  });
  it('does not take one bad camera for a bad network', () => {
    const s = new Stalls();
    for (let now = 0; now < 60_000; now += 500) s.note(now, 'the bad one', 19);
    expect(s.stalled(60_000)).toBe(false);
    for (let now = 0; now < 60_000; now += 5000) s.note(now, 'alone', 1);
    expect(s.stalled(60_000)).toBe(true);
  });
});

describe('a wall that hangs alone', () => {
  it('is idle after five minutes and dim at night, but not for somebody who stands before it', () => {
    expect(isIdle(IDLE_MS - 1, 0)).toBe(false);
    expect(isIdle(IDLE_MS, 0)).toBe(true);
    expect([21, 22, 23, 0, 4, 5, 12].map((h) => isDim(h, BRIGHT_MS, 0))).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(isDim(23, BRIGHT_MS - 1, 0)).toBe(false);
  });
  it('moves what stands still by a few pixels each minute, and comes back', () => {
    const steps = Array.from({ length: 9 }, (_, n) => shiftAt(n * 60_000));
    expect(new Set(steps.map(String)).size).toBe(8);
    expect(steps[8]).toEqual(steps[0]);
    for (const [x, y] of steps) expect(Math.max(x, y)).toBeLessThanOrEqual(4);
  });
});

describe('digital zoom', () => {
  const box = { width: 400, height: 200 };
  it('keeps what is under the fingers where it is', () => {
    const z = zoomAt(WHOLE, 2, 100, -50, box);
    // The point of the picture that was at (100, -50): its place now is shift + scale * place before.
    expect([z.x + 2 * 100, z.y + 2 * -50]).toEqual([100, -50]);
  });
  it('never shows what is outside the picture', () => {
    const far = pan({ scale: 2, x: 0, y: 0 }, 9999, -9999, box);
    expect(far).toEqual({ scale: 2, x: 200, y: -100 });
    expect(zoomAt(far, 0.1, 0, 0, box)).toEqual({ scale: 1, x: 0, y: 0 });
    expect(zoomAt(WHOLE, 100, 0, 0, box).scale).toBe(MOST);
    expect(pan(WHOLE, 50, 50, box)).toEqual(WHOLE);
  });
});

describe('a still in place of a stream', () => {
  const NOW = 1e12;
  const [FRESH, OLD] = [NOW - 9000, NOW - STILL_FRESH_MS - 1];
  const state = (at: number | null, asked: number | null, away = false): string =>
    stillSnapshot(at, NOW, asked, away).state;
  it('never looks live, and is not lost while it is on its way', () => {
    expect([state(FRESH, OLD), stillSnapshot(FRESH, NOW, OLD, false).dot]).toEqual(['late', 'amber']);
    expect(state(null, null), 'nobody asks').toBe('connecting');
    expect(state(null, FRESH)).toBe('connecting');
    expect(state(OLD, FRESH), 'asked for again').toBe('connecting');
  });
  it('is lost when none comes for long, and at once when the camera is away', () => {
    expect([state(null, OLD), state(OLD, OLD)]).toEqual(['lost', 'lost']);
    expect([state(null, FRESH, true), state(FRESH, FRESH, true)]).toEqual(['lost', 'lost']);
    expect(stillSnapshot(FRESH, NOW, FRESH, true).dot).toBe('red');
    expect(['live', 'connecting', 'stalled', 'offline', 'off'].filter((s) => isAway({ state: s as 'live' }))).toEqual(['stalled', 'offline', 'off']); // prettier-ignore
  });
});
