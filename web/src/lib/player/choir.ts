/**
 * Keeps several players at one clock. The clock belongs to none of them: it runs on the wall, and every player ("voice")
 * is led to it, by a slightly other speed when it is off by little, by a seek when by much. A voice without footage waits
 * and comes in when its footage begins again; a slow one is left behind and catches up; only when nobody keeps time does
 * the clock stand still. Pure but for the clocks it is given; positions are epoch ms, `now` is `performance.now()`.
 */
import type { PlaybackState } from './playback-types';
import type { Gap } from './playlist';

export interface Voice {
  readonly state: PlaybackState;
  /** Where its picture is. */
  readonly at: number;
  /** It has nothing to play. */
  readonly waiting: boolean;
  readonly gap: Gap | null;
  /** Shows the frame of `t` and stays there. */
  seek(t: number): void;
  play(): void;
  pause(): void;
  /** How fast the media runs. */
  pace(speed: number): void;
  /** The hole around `t` as far as is known without asking. */
  holeAt(t: number): Gap | null;
}

/** What a voice does in the choir: keeps time, comes late, has no footage now, cannot be played. */
export type Part = 'keeps' | 'late' | 'gap' | 'failed';

export interface ChoirSnapshot {
  position: number;
  /** Wants to play. */
  wanted: boolean;
  rate: number;
  /** After a seek: the pictures are not all there yet. */
  gathering: boolean;
  parts: ReadonlyMap<string, Part>;
  /** Nobody has footage: it goes on where somebody has, at this instant of `now`. */
  skipAt: number | null;
  /** From the last seek until every picture was there; null while some are not. */
  lastSeekMs: number | null;
}

interface Singer {
  voice: Voice;
  part: Part;
  /** Where it was last sent, when, and how often in vain. */
  target: number;
  sentAt: number;
  tries: number;
  away: boolean;
  /** How long a seek of it takes. */
  tookMs: number;
  dryAt: number | null;
  /** To be brought to the very instant of the pause. */
  align: boolean;
}

export interface ChoirOptions {
  /** `performance.now()` */
  now(): number;
  /** The newest instant that can be expected to be there. */
  latest(): number;
}

/** Above this only key frames are shown, and no voice plays. */
export const KEYS_ABOVE = 4;
/** Off by less (at normal speed) is made good by speed, by more with a seek. */
export const SEEK_MS = 500;
const CLOSE_MS = 15;
/** A difference is made good in about this time, with at most this change of speed. */
const NUDGE_MS = 600;
const NUDGE = 0.25;
/** A start takes a moment: so much before its time a waiting voice is let go. */
const EARLY_MS = 30;
/** After a seek the others wait so long for the last one. */
const PATIENCE_MS = 1500;
/** Less is not worth a word. */
const LATE_MS = 400;
/** So long before its footage begins again a voice gets ready. */
const PREPARE_MS = 1500;
/** Footage that begins within this of where it was looked for is the footage that was meant. */
const SOON_MS = 700;
const SKIP_AFTER_MS = 3000;
const SHORT_GAP_MS = 5000;
/** A camera that is away may be back. */
const ASK_AGAIN_MS = 10_000;
const LONGEST_WAIT_MS = 8000;

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

export class Choir {
  #o: ChoirOptions;
  #singers = new Map<string, Singer>();
  #at: number;
  #since: number;
  #running = false;
  #wanted = false;
  #rate = 1;
  #gatheringSince: number | null = null;
  /** All were there within the time of patience, or not yet. */
  #sought: { since: number } | null = null;
  #lastSeekMs: number | null = null;
  #skipAt: number | null = null;

  constructor(at: number, o: ChoirOptions) {
    this.#o = o;
    this.#at = Math.min(at, o.latest());
    this.#since = o.now();
  }

  /** The clock. */
  get position(): number {
    const gone = this.#running ? (this.#o.now() - this.#since) * this.#rate : 0;
    return Math.min(this.#at + gone, Math.max(this.#at, this.#o.latest()));
  }

  get rate(): number {
    return this.#rate;
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** Only key frames are shown; the page paints them. */
  get keys(): boolean {
    return this.#rate > KEYS_ABOVE;
  }

  join(id: string, voice: Voice): void {
    const now = this.#o.now();
    const singer: Singer = { voice, part: 'late', target: 0, sentAt: now, tries: 0, away: false, tookMs: 300, dryAt: null, align: false }; // prettier-ignore
    this.#singers.set(id, singer);
    if (!this.keys) this.#send(singer, this.#meetingPoint(singer));
  }

  leave(id: string): void {
    this.#singers.delete(id);
  }

  /** Its media are new (another stream, a second try): it comes in again. */
  again(id: string): void {
    const singer = this.#singers.get(id);
    if (!singer || this.keys) return;
    singer.tries = 0;
    this.#send(singer, this.#meetingPoint(singer));
  }

  seek(t: number): void {
    this.#set(Math.min(t, this.#o.latest()), false);
    this.#skipAt = null;
    if (this.keys) return;
    this.#gather();
  }

  play(): void {
    this.#wanted = true;
  }

  pause(): void {
    this.#wanted = false;
    this.#skipAt = null;
    this.#set(this.position, false);
    for (const s of this.#singers.values()) {
      if (s.voice.state === 'playing' || s.voice.state === 'edge') s.voice.pause();
      s.align = true;
    }
  }

  setRate(rate: number): void {
    const keys = this.keys;
    this.#set(this.position, this.#running);
    this.#rate = rate;
    if (this.keys && !keys) {
      this.#gatheringSince = null;
      this.#sought = null;
      for (const s of this.#singers.values()) s.voice.pause();
    } else if (keys && !this.keys) this.seek(this.position);
  }

  /** To be called some twenty times a second. */
  tick(): ChoirSnapshot {
    const now = this.#o.now();
    // Faster than time cannot go on at the present.
    if (this.#running && this.#rate > 1 && this.position >= this.#o.latest()) this.setRate(1);
    if (this.keys) this.#keyParts();
    else {
      this.#leadAll(now);
      // Whoever has waited for the others starts at once.
      if (this.#conduct(now)) this.#leadAll(now);
    }
    this.#skipCommonGap(now);
    return {
      position: this.position,
      wanted: this.#wanted,
      rate: this.#rate,
      gathering: this.#gatheringSince !== null && now - this.#gatheringSince > LATE_MS,
      parts: new Map([...this.#singers].map(([id, s]) => [id, s.part])),
      skipAt: this.#skipAt,
      lastSeekMs: this.#lastSeekMs,
    };
  }

  #set(at: number, running: boolean): void {
    this.#at = at;
    this.#since = this.#o.now();
    this.#running = running;
  }

  #gather(): void {
    this.#gatheringSince = this.#o.now();
    this.#sought = { since: this.#gatheringSince };
    this.#lastSeekMs = null;
    for (const s of this.#singers.values()) {
      s.tries = 0;
      this.#send(s, this.#at);
    }
  }

  #send(s: Singer, t: number): void {
    s.target = t;
    s.sentAt = this.#o.now();
    s.tries++;
    s.away = true;
    s.align = false;
    s.dryAt = null;
    s.voice.seek(t);
  }

  /** Where the clock will be when a seek that begins now has come to its end. */
  #meetingPoint(s: Singer): number {
    if (!this.#running) return this.position;
    return this.position + clamp(s.tookMs * 1.3 + 80, 150, 3000) * this.#rate;
  }

  /** Not a seek after a seek where they do no good: each waits longer than the one before. */
  #sendSoon(s: Singer, now: number): void {
    const wait = Math.min(LONGEST_WAIT_MS, 250 * 2 ** s.tries);
    if (now - s.sentAt >= wait) this.#send(s, this.#meetingPoint(s));
  }

  #keyParts(): void {
    for (const s of this.#singers.values()) s.part = s.voice.holeAt(this.position) ? 'gap' : 'keeps';
    if (this.#running !== this.#wanted) this.#set(this.position, this.#wanted);
  }

  #leadAll(now: number): void {
    for (const s of this.#singers.values()) this.#lead(s, this.position, now);
  }

  #lead(s: Singer, position: number, now: number): void {
    const v = s.voice;
    if (v.state === 'idle' || v.state === 'seeking') {
      if (s.part === 'gap' && position < s.target) return;
      if (now - s.sentAt > LATE_MS) s.part = 'late';
      return;
    }
    if (s.away) {
      s.away = false;
      s.tookMs = (s.tookMs + (now - s.sentAt)) / 2;
    }
    if (v.state === 'error') s.part = 'failed';
    else if (v.state === 'gap') this.#inGap(s, position, now);
    else if (v.state === 'paused') this.#ready(s, position, now);
    else this.#sounding(s, position, now);
  }

  #inGap(s: Singer, position: number, now: number): void {
    s.part = 'gap';
    const gap = s.voice.gap;
    const ends = gap && gap.to > gap.from && gap.to <= this.#o.latest();
    if (ends) {
      if (position > gap.to) this.#sendSoon(s, now);
      else if (this.#running && position + PREPARE_MS * this.#rate > gap.to) this.#send(s, gap.to + 1);
    } else if (this.#running && now - s.sentAt > ASK_AGAIN_MS) this.#send(s, position);
  }

  #ready(s: Singer, position: number, now: number): void {
    const ahead = s.voice.at - position;
    // Sent ahead on purpose it stays what it was until its time comes.
    if (ahead <= EARLY_MS * this.#rate) s.part = 'keeps';
    else if (s.target - position <= EARLY_MS * this.#rate) s.part = ahead > SOON_MS ? 'gap' : 'keeps';
    if (!this.#wanted) {
      if (s.align && Math.abs(ahead) > CLOSE_MS) this.#send(s, position);
      s.align = false;
    } else if (this.#gatheringSince === null && ahead <= EARLY_MS * this.#rate) {
      if (-ahead > SEEK_MS * Math.max(1, this.#rate)) return this.#sendSoon(s, now);
      s.voice.pace(this.#rate);
      s.voice.play();
    }
  }

  #sounding(s: Singer, position: number, now: number): void {
    const v = s.voice;
    if (!this.#wanted || this.#gatheringSince !== null) return v.pause();
    const behind = position - v.at;
    const far = Math.abs(behind) > SEEK_MS * Math.max(1, this.#rate);
    s.dryAt = v.waiting ? (s.dryAt ?? now) : null;
    if (s.dryAt !== null) {
      if (now - s.dryAt > LATE_MS) s.part = 'late';
    } else if (!far) {
      s.part = 'keeps';
      if (now - s.sentAt > LONGEST_WAIT_MS) s.tries = 0;
      v.pace(this.#paceFor(behind));
      return;
    }
    if (!far) return;
    if (s.tries > 1) s.part = 'late';
    this.#sendSoon(s, now);
  }

  /** In steps of a twentieth, so that the speed is not set anew all the time. */
  #paceFor(behind: number): number {
    const late = behind / this.#rate;
    if (Math.abs(late) < CLOSE_MS) return this.#rate;
    return this.#rate * (1 + Math.round(clamp(late / NUDGE_MS, -NUDGE, NUDGE) * 20) / 20);
  }

  /** Lets the clock run, or stand while nobody keeps time. True when it has just begun to run. */
  #conduct(now: number): boolean {
    const all = [...this.#singers.values()];
    const present = all.filter((s) => s.part !== 'gap' && s.part !== 'failed');
    // One that waits, be it ahead of time, can start.
    const ready = present.some((s) => !s.away && (s.part === 'keeps' || s.voice.state === 'paused'));
    const everyone = all.every((s) => !s.away);
    if (this.#sought && everyone) {
      this.#lastSeekMs = Math.round(now - this.#sought.since);
      this.#sought = null;
    }
    if (this.#gatheringSince !== null) {
      if (!everyone && !(ready && now - this.#gatheringSince > PATIENCE_MS)) return false;
      this.#gatheringSince = null;
    }
    const empty = present.length === 0 && all.some((s) => s.part === 'gap');
    const run = this.#wanted && (ready || empty);
    if (run === this.#running) return false;
    this.#set(this.position, run);
    return run;
  }

  /** Nobody has footage, and it is not for a breath only: on to where somebody has, with notice. */
  #skipCommonGap(now: number): void {
    const all = [...this.#singers.values()].filter((s) => s.part !== 'failed');
    const position = this.position;
    const empty = this.#wanted && this.#gatheringSince === null && all.length > 0 && all.every((s) => s.part === 'gap');
    const ends = empty ? all.map((s) => this.#gapEnd(s, position)).filter((t) => t > position && t < this.#o.latest()) : []; // prettier-ignore
    const next = Math.min(...ends);
    if (!ends.length || next - position <= SHORT_GAP_MS * Math.max(1, this.#rate)) {
      this.#skipAt = null;
      return;
    }
    this.#skipAt ??= now + SKIP_AFTER_MS;
    if (now >= this.#skipAt) this.seek(next + 1);
  }

  #gapEnd(s: Singer, position: number): number {
    if (this.keys) return s.voice.holeAt(position)?.to ?? Infinity;
    return s.voice.state === 'gap' ? (s.voice.gap?.to ?? Infinity) : s.target;
  }
}
