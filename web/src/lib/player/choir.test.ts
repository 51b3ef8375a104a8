import { describe, expect, it } from 'vitest';
import { Choir, type ChoirSnapshot, type Part, type Voice } from './choir';
import type { PlaybackState } from './playback-types';
import type { Gap } from './playlist';

/** Deterministic pseudo-random numbers: the same cases on every run. */
function random(seed: number): () => number {
  let x = seed * 2654435 + 7;
  return () => {
    x = (x * 1103515245 + 12345) % 2147483648;
    return x / 2147483648;
  };
}

const T = Date.UTC(2026, 10, 22, 15, 14, 5);
const TICK = 50;

/** Virtual time, and voices that live in it. */
class Stage {
  ms = 1000;
  latest = T + 3_600_000;
  voices = new Map<string, FakeVoice>();
  snap!: ChoirSnapshot;
  choir = new Choir(T, { now: () => this.ms, latest: () => this.latest });

  add(id: string, o: Partial<FakeVoice> = {}): FakeVoice {
    const voice = Object.assign(new FakeVoice(this), o);
    this.voices.set(id, voice);
    this.choir.join(id, voice);
    return voice;
  }

  /** Lets time pass; `each` sees every tick. */
  run(ms: number, each: () => void = () => {}): void {
    for (const end = this.ms + ms; this.ms < end;) {
      this.ms += TICK;
      for (const v of this.voices.values()) v.live(TICK);
      this.snap = this.choir.tick();
      each();
    }
  }

  part(id: string): Part {
    return this.snap.parts.get(id)!;
  }

  /** How far apart the pictures are of those that keep time. */
  spread(): number {
    const off = [...this.voices].filter(([id]) => this.part(id) === 'keeps').map(([, v]) => v.at - this.choir.position);
    return off.length ? Math.max(0, ...off) - Math.min(0, ...off) : 0;
  }
}

/** A player as far as the choir sees it: seeks take their time, starts too, media run a little wrong, and run dry. */
class FakeVoice implements Voice {
  state: PlaybackState = 'idle';
  at = T;
  waiting = false;
  gap: Gap | null = null;
  gaps: Gap[] = [];
  seekMs = (): number => 120;
  startMs = 40;
  skew = 1;
  dry = (): boolean => false;
  broken = false;
  seeks = 0;
  #speed = 1;
  #landing = 0;
  #starting = 0;

  constructor(readonly stage: Stage) {}

  seek(t: number): void {
    this.seeks++;
    this.state = 'seeking';
    this.at = t;
    this.gap = null;
    this.#landing = this.seekMs();
  }
  play(): void {
    expect(this.state).toBe('paused');
    this.state = 'playing';
    this.#starting = this.startMs;
  }
  pause(): void {
    if (this.state === 'playing') this.state = 'paused';
  }
  pace(speed: number): void {
    this.#speed = speed;
  }
  holeAt(t: number): Gap | null {
    return this.gaps.find((g) => g.from <= t && t < g.to) ?? null;
  }

  live(ms: number): void {
    if (this.state === 'seeking' && (this.#landing -= ms) <= 0) {
      this.gap = this.holeAt(this.at);
      this.state = this.broken ? 'error' : this.gap ? 'gap' : 'paused';
    }
    if (this.state !== 'playing') return;
    this.waiting = this.dry();
    if (this.waiting || (this.#starting -= ms) > 0) return;
    this.at += ms * this.#speed * this.skew;
    this.gap = this.holeAt(this.at);
    if (this.gap) {
      this.at = this.gap.from;
      this.state = 'gap';
    }
  }
}

const ids = (n: number): string[] => Array.from({ length: n }, (_, i) => `c${i + 1}`);

describe('a choir', () => {
  it('starts only when all are there, and together', () => {
    const stage = new Stage();
    ids(9).forEach((id, i) => stage.add(id, { seekMs: () => 100 + 100 * i }));
    stage.choir.seek(T + 5000);
    stage.choir.play();
    stage.run(800);
    expect(stage.choir.position).toBe(T + 5000);
    stage.run(400);
    expect(stage.snap.lastSeekMs).toBe(900);
    stage.run(3000, () => expect(stage.spread()).toBeLessThan(150));
    expect(stage.choir.position).toBeGreaterThan(T + 5000 + 3000);
  });

  it('keeps players that run wrong within a tenth of a second, by their speed alone', () => {
    const stage = new Stage();
    ids(4).forEach((id, i) => stage.add(id, { skew: 0.96 + 0.03 * i }));
    stage.choir.seek(T);
    stage.choir.play();
    stage.run(2000);
    const before = [...stage.voices.values()].map((v) => v.seeks);
    stage.run(60_000, () => expect(stage.spread()).toBeLessThan(100));
    expect([...stage.voices.values()].map((v) => v.seeks)).toEqual(before);
  });

  it('a slow tile holds the others for a moment only, is called late, and catches up', () => {
    const stage = new Stage();
    ids(3).forEach((id) => stage.add(id));
    const slow = stage.add('slow', { seekMs: () => 6000 });
    stage.choir.seek(T);
    stage.choir.play();
    stage.run(1200);
    expect(stage.choir.position).toBe(T);
    stage.run(800);
    expect(stage.choir.position).toBeGreaterThan(T);
    expect(stage.part('slow')).toBe('late');
    slow.seekMs = () => 300;
    stage.run(8000);
    expect(stage.part('slow')).toBe('keeps');
    stage.run(2000, () => expect(stage.spread()).toBeLessThan(150));
  });

  it('one that runs dry is left behind and comes back by a seek to where the others then are', () => {
    const stage = new Stage();
    ids(3).forEach((id) => stage.add(id));
    let dry = false;
    const v = stage.add('weak', { dry: () => dry });
    stage.choir.seek(T);
    stage.choir.play();
    stage.run(3000);
    const [seeks, from] = [v.seeks, stage.choir.position];
    dry = true;
    stage.run(3000);
    expect(stage.part('weak')).toBe('late');
    expect(stage.choir.position - from).toBeCloseTo(3000, -2);
    dry = false;
    stage.run(6000);
    expect(stage.part('weak')).toBe('keeps');
    expect(v.seeks).toBeGreaterThan(seeks);
    // Not a storm of them.
    expect(v.seeks - seeks).toBeLessThan(8);
    stage.run(1000, () => expect(stage.spread()).toBeLessThan(150));
  });

  it('stands while nobody can play, and goes on where it stood', () => {
    const stage = new Stage();
    let dry = false;
    ids(3).forEach((id) => stage.add(id, { dry: () => dry }));
    stage.choir.seek(T);
    stage.choir.play();
    stage.run(3000);
    const from = stage.choir.position;
    dry = true;
    stage.run(20_000);
    expect(stage.choir.position - from).toBeLessThan(1500);
    expect(stage.snap.wanted).toBe(true);
    dry = false;
    const stood = stage.choir.position;
    stage.run(5000);
    expect(stage.choir.position - stood).toBeGreaterThan(3500);
    expect(stage.spread()).toBeLessThan(200);
  });

  it('a tile in a gap waits without holding the others, and comes in to the tenth of a second', () => {
    const stage = new Stage();
    ids(3).forEach((id) => stage.add(id));
    stage.add('gap', { gaps: [{ from: T + 4000, to: T + 14_000, cause: 'camera_lost' }] });
    stage.choir.seek(T);
    stage.choir.play();
    stage.run(6000);
    expect(stage.part('gap')).toBe('gap');
    const from = stage.choir.position;
    const seen = new Set<Part>();
    stage.run(12_000, () => {
      const now = stage.choir.position;
      seen.add(stage.part('gap'));
      if (now < T + 13_900) expect(stage.part('gap')).toBe('gap');
      if (now > T + 14_100) expect(stage.part('gap')).toBe('keeps');
      expect(stage.spread()).toBeLessThan(200);
    });
    expect(stage.choir.position - from).toBeCloseTo(12_000, -2);
    expect([...seen]).toEqual(['gap', 'keeps']);
  });

  it('where nobody has footage it goes on to where somebody has, with notice; short gaps pass by themselves', () => {
    const stage = new Stage();
    const long = (to: number): Gap[] => [{ from: T + 2000, to: T + to, cause: 'recorder_off' }];
    stage.add('a', { gaps: long(600_000) });
    stage.add('b', { gaps: long(900_000) });
    stage.choir.seek(T);
    stage.choir.play();
    stage.run(3000);
    expect(stage.snap.skipAt).not.toBeNull();
    expect(stage.choir.position).toBeLessThan(T + 4000);
    stage.run(4500);
    expect(stage.choir.position).toBeGreaterThan(T + 600_000);
    expect(stage.part('a')).toBe('keeps');
    expect(stage.part('b')).toBe('gap');

    const short = new Stage();
    short.add('a', { gaps: long(5000) });
    short.add('b', { gaps: long(5000) });
    short.choir.seek(T);
    short.choir.play();
    short.run(6500, () => expect(short.snap.skipAt).toBeNull());
    expect(short.part('a')).toBe('keeps');
    expect(short.choir.position).toBeCloseTo(T + 6300, -3);
  });

  it('pauses at one instant, for all', () => {
    const stage = new Stage();
    ids(6).forEach((id, i) => stage.add(id, { skew: 0.95 + 0.02 * i }));
    stage.choir.seek(T);
    stage.choir.play();
    stage.run(3333);
    stage.choir.pause();
    const at = stage.choir.position;
    stage.run(1000);
    expect(stage.choir.position).toBe(at);
    expect(stage.spread()).toBeLessThan(31);
    expect([...stage.voices.values()].every((v) => v.state === 'paused')).toBe(true);
    stage.choir.play();
    stage.run(1000, () => expect(stage.spread()).toBeLessThan(150));
  });

  it('above 4× shows key frames on the same clock, and takes the players up again below', () => {
    const stage = new Stage();
    const gap = { from: T + 60_000, to: T + 90_000, cause: 'camera_lost' };
    stage.add('a');
    stage.add('b', { gaps: [gap] });
    stage.choir.seek(T);
    stage.choir.play();
    stage.run(1000);
    stage.choir.setRate(16);
    const from = stage.choir.position;
    stage.run(4000);
    expect(stage.choir.keys).toBe(true);
    expect(stage.choir.position - from).toBeCloseTo(64_000, -3);
    expect(stage.part('b')).toBe('gap');
    expect([...stage.voices.values()].every((v) => v.state !== 'playing')).toBe(true);
    stage.choir.setRate(2);
    stage.run(3000);
    expect(stage.part('a')).toBe('keeps');
    expect(stage.part('b')).toBe('gap');
    expect(stage.spread()).toBeLessThan(100);
  });

  it('does not run past what is recorded: fast becomes 1× there', () => {
    for (const rate of [2, 4, 8]) {
      const stage = new Stage();
      ids(2).forEach((id) => stage.add(id));
      stage.latest = T + 10_000;
      stage.choir.seek(T);
      stage.choir.play();
      stage.choir.setRate(rate);
      stage.run(10_000, () => {
        stage.latest += TICK;
        expect(stage.choir.position).toBeLessThanOrEqual(stage.latest);
      });
      stage.run(10_000, () => (stage.latest += TICK));
      expect(stage.snap.rate).toBe(1);
      expect(stage.part('c1')).toBe('keeps');
    }
  });

  it('one that cannot be played is said to have failed, holds nobody, and gets a second try', () => {
    const stage = new Stage();
    stage.add('well');
    const ill = stage.add('ill', { broken: true });
    stage.choir.seek(T);
    stage.choir.play();
    stage.run(3000);
    expect(stage.part('ill')).toBe('failed');
    expect(stage.choir.position).toBeGreaterThan(T + 2000);
    ill.broken = false;
    stage.choir.again('ill');
    stage.run(2000);
    expect(stage.part('ill')).toBe('keeps');
    expect(stage.spread()).toBeLessThan(150);
  });

  it('property: whatever happens, the clock never goes back by itself and all find together again within seconds', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = random(seed);
      const stage = new Stage();
      const n = 2 + Math.floor(next() * 8);
      let troubled = true;
      for (const id of ids(n)) {
        const gaps: Gap[] = [];
        for (let at = T; next() < 0.5;) {
          at += 4000 + next() * 30_000;
          gaps.push({ from: at, to: (at += 1500 + next() * 20_000), cause: 'camera_lost' });
        }
        const weak = next() < 0.3;
        stage.add(id, {
          gaps,
          skew: 0.97 + next() * 0.06,
          startMs: next() * 120,
          seekMs: () => 30 + next() * (troubled ? 1500 : 400),
          dry: () => troubled && weak && Math.floor(stage.ms / 1700) % 3 === 0,
        });
      }
      stage.choir.seek(T);
      stage.choir.play();
      let last = T;
      const watch = (): void => {
        expect(stage.choir.position, `seed ${seed}`).toBeGreaterThanOrEqual(last - 1e-6);
        last = stage.choir.position;
      };
      for (let i = 0; i < 6; i++) {
        const what = next();
        if (what < 0.25) stage.choir.setRate([0.5, 1, 2, 4, 8, 16][Math.floor(next() * 6)]!);
        else if (what < 0.5) {
          last = T + next() * 60_000;
          stage.choir.seek(last);
        } else if (what < 0.6) stage.choir.pause();
        else stage.choir.play();
        stage.run(1000 + next() * 8000, watch);
      }
      troubled = false;
      const rate = next() < 0.5 ? 1 : 4;
      stage.choir.setRate(rate);
      stage.choir.play();
      stage.run(14_000, watch);
      for (let i = 0; i < 100; i++) {
        stage.run(TICK, watch);
        // At 4x a start that takes 120 ms is half a second of footage; it is made good.
        expect(stage.spread(), `seed ${seed}`).toBeLessThan(200 * Math.max(1, (rate * 2) / 3));
        for (const part of stage.snap.parts.values()) expect(['keeps', 'gap', 'late']).toContain(part);
      }
    }
  });
});
