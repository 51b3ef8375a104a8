import { describe, expect, it, vi } from 'vitest';
import { backoffMs } from './backoff';
import { CaptureMap } from './capture-map';
import { ServerClock } from './clock';
import { followEdge } from './edge';
import { bestGrid, neighbour } from './grid';
import { choose } from './rendition';
import { dotFor, tileState } from './truth';
import { parseEvent, parseMedia } from './wire';
import { FrameHold, HOLD_MS } from './frame-hold';
import { Intake } from './intake';
import type { Kind, MediaMessage } from './wire';

describe('backoff', () => {
  it('grows from half a second to fifteen, jitter takes at most a quarter', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((n) => backoffMs(n, 0))).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000]);
    for (let n = 0; n < 12; n++) {
      expect(backoffMs(n, 0.999)).toBeGreaterThanOrEqual(backoffMs(n, 0) * 0.75 - 1);
      expect(backoffMs(n + 1, 0)).toBeGreaterThanOrEqual(backoffMs(n, 0));
    }
  });
});

describe('intake', () => {
  const message = (kind: Kind, n = 0): MediaMessage => ({ kind, ch: 1, captureMs: n, bytes: new Uint8Array([n]) });
  it('begins with a key frame behind its init segment, and leaves nothing out after it', () => {
    const intake = new Intake();
    expect(intake.take(message('delta'))).toBeNull();
    expect(intake.take(message('init', 1))).toBeNull();
    expect(intake.take(message('delta'))).toBeNull();
    expect(intake.take(message('key', 2))).toEqual({ media: message('key', 2), init: new Uint8Array([1]) });
    for (const kind of ['delta', 'delta', 'key', 'delta'] as const)
      expect(intake.take(message(kind, 3))).toEqual({ media: message(kind, 3), init: null });
  });
  it('begins anew with new parameters and after a loss', () => {
    const intake = new Intake();
    intake.take(message('init', 1));
    intake.take(message('key'));
    intake.take(message('init', 2));
    expect(intake.take(message('delta'))).toBeNull();
    expect(intake.take(message('key'))?.init).toEqual(new Uint8Array([2]));
    intake.restart();
    expect(intake.take(message('delta'))).toBeNull();
    expect(intake.take(message('key'))?.init).toEqual(new Uint8Array([2]));
  });
});

describe('wire', () => {
  it('reads the header', () => {
    const b = new Uint8Array(15);
    const v = new DataView(b.buffer);
    v.setUint8(0, 1);
    v.setUint8(1, 2);
    v.setUint16(2, 513);
    v.setBigInt64(4, 1_795_477_080_123_456n);
    b.set([7, 8, 9], 12);
    expect(parseMedia(b.buffer)).toEqual({
      kind: 'delta',
      ch: 513,
      captureMs: 1_795_477_080_123.456,
      bytes: new Uint8Array([7, 8, 9]),
    });
    v.setUint8(0, 2);
    expect(parseMedia(b.buffer)).toBeNull();
    expect(parseMedia(new ArrayBuffer(5))).toBeNull();
  });
  it('survives nonsense', () => {
    expect(parseEvent('{')).toBeNull();
    expect(parseEvent('5')).toBeNull();
    expect(parseEvent('{"ev":"cameras"}')).toEqual({ ev: 'cameras' });
  });
});

describe('truth', () => {
  it('never calls an old picture live', () => {
    expect([0, 1999, 2000, 10_000, 10_001, null].map((a) => dotFor(a))).toEqual([
      'green',
      'green',
      'amber',
      'amber',
      'red',
      'red',
    ]);
    for (let age = 0; age < 60_000; age += 100) if (tileState(age, false, 0) === 'live') expect(age).toBeLessThan(2000);
  });
  it('a camera known to be away is lost as soon as its picture is not fresh', () => {
    expect(tileState(2500, true, 0)).toBe('lost');
    expect(tileState(2500, false, 0)).toBe('late');
    expect(tileState(null, true, 0)).toBe('lost');
    expect(tileState(null, false, 500)).toBe('connecting');
    expect(tileState(null, false, 11_000)).toBe('lost');
  });
});

describe('live edge', () => {
  const base = { target: 0.3, settling: false, canChangeRate: true };
  it('leaves a good picture alone', () => {
    expect(followEdge({ ...base, at: 9.65, ranges: [[0, 10]] })).toEqual({ seek: null, rate: 1 });
  });
  it('speeds up a little when late and jumps when far behind', () => {
    expect(followEdge({ ...base, at: 9.4, ranges: [[0, 10]] }).rate).toBe(1.05);
    expect(followEdge({ ...base, at: 9.1, ranges: [[0, 10]] }).rate).toBe(1.1);
    expect(followEdge({ ...base, at: 8.7, ranges: [[0, 10]] }).rate).toBe(1.25);
    expect(followEdge({ ...base, at: 8, ranges: [[0, 10]] }).seek).toBeCloseTo(9.7);
    expect(followEdge({ ...base, settling: true, at: 8.8, ranges: [[0, 10]] }).seek).toBeCloseTo(9.7);
  });
  it('gets out of a hole: data begins after the position', () => {
    expect(followEdge({ ...base, at: 3, ranges: [[0, 4], [20, 20.1]] }).seek).toBe(20); // prettier-ignore
    expect(followEdge({ ...base, at: 0, ranges: [[1, 1.1]] }).seek).toBe(1);
  });
  it('uses jumps only where rates stutter', () => {
    expect(followEdge({ ...base, canChangeRate: false, at: 9.1, ranges: [[0, 10]] }).rate).toBe(1);
  });
});

describe('capture times', () => {
  it('finds the frame that is shown, also after a restart', () => {
    const m = new CaptureMap();
    for (let i = 0; i < 1000; i++) m.add(i * 0.1, 5000 + i * 100);
    expect(m.at(99.05)).toBe(5000 + 990 * 100);
    m.add(95, 1);
    expect(m.at(99.05)).toBe(1);
    expect(new CaptureMap().at(1)).toBeNull();
  });
});

describe('server clock', () => {
  it('trusts the notice with the least delay and follows a step', () => {
    let mono = 0;
    const c = new ServerClock(() => mono);
    c.learn(1_000_000 - 80);
    c.learn(1_000_000 - 5);
    c.learn(1_000_000 - 400);
    expect(c.now()).toBe(1_000_000 - 5);
    mono = 1000;
    c.learn(1_000_000 + 1000 + 3_600_000);
    expect(c.now()).toBe(1_000_000 + 1000 + 3_600_000);
  });
});

describe('grid', () => {
  it('puts 19 cameras in five columns on full HD and fills small counts', () => {
    expect(bestGrid(19, 1920, 1032, 4)).toMatchObject({ columns: 5, rows: 4 });
    expect(bestGrid(1, 1920, 1032, 4).columns).toBe(1);
    expect(bestGrid(4, 1920, 1032, 4).columns).toBe(2);
  });
  it('never overflows', () => {
    for (let n = 1; n < 60; n++) {
      const g = bestGrid(n, 1500, 800, 4);
      expect(g.columns * g.tileWidth + (g.columns - 1) * 4).toBeLessThanOrEqual(1500);
      expect(g.rows * g.tileHeight + (g.rows - 1) * 4).toBeLessThanOrEqual(800);
      expect(g.columns * g.rows).toBeGreaterThanOrEqual(n);
    }
  });
  it('arrows stay inside', () => {
    expect(neighbour(0, 19, 5, 'ArrowDown')).toBe(5);
    expect(neighbour(0, 19, 5, 'ArrowUp')).toBe(0);
    expect(neighbour(18, 19, 5, 'ArrowRight')).toBe(18);
  });
});

describe('rendition', () => {
  const r = (id: 'main' | 'sub', width: number | null) => ({ id, width }) as Parameters<typeof choose>[0][number];
  it('is the smallest that is sharp enough', () => {
    expect(choose([r('main', 1920), r('sub', 640)], 384, 1)).toBe('sub');
    expect(choose([r('main', 1920), r('sub', 640)], 960, 1)).toBe('main');
    expect(choose([r('main', 1920), r('sub', 640)], 384, 2)).toBe('main');
    expect(choose([r('main', null)], 100, 1)).toBe('main');
  });
});

describe('frame hold', () => {
  it('gives each frame its real distance and bridges a hiccup', () => {
    vi.useFakeTimers();
    const out: number[] = [];
    const bytes = (): Uint8Array => new Uint8Array(4);
    const info = (time: number) => ({ track: 1, time, duration: 9000, samples: 1, durationAt: 0 });
    const hold = new FrameHold((b) => out.push(new DataView(b.buffer).getUint32(0)));
    hold.push(bytes(), info(0));
    hold.push(bytes(), info(9000));
    hold.push(bytes(), info(40_000));
    expect(out).toEqual([9000, 31_000]);
    vi.advanceTimersByTime(HOLD_MS + 1);
    expect(out).toEqual([9000, 31_000, 90_000]);
    hold.push(bytes(), info(900_000));
    hold.push(bytes(), info(2_000_000));
    // A real gap keeps its prediction (none written here).
    expect(out).toEqual([9000, 31_000, 90_000, 0]);
    hold.drop();
    vi.useRealTimers();
  });
});
