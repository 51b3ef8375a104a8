/**
 * Several cameras at one clock as state: who is shown, which one is large, where in time, how fast. Joins the choir, the
 * tiles' players and the timeline's data; the components only show it and call it.
 */
import type { Camera } from '../lib/api/types';
import { moved } from '../lib/exports/range';
import { Choir, type ChoirSnapshot, type Part } from '../lib/player/choir';
import type { Gap } from '../lib/player/playlist';
import { TileVoice } from '../lib/player/tile-voice';
import { CoverageLoader } from '../lib/timeline/loader';
import { clock } from './app.svelte';
import { showSync } from './debug';
import type { TimelineSession } from './timeline-session';

const TICK_MS = 50;
/** The page is told at every second tick. */
const TELL_EVERY = 2;
/** So long after it was filmed a moment can be asked for: fragments are written as they are full. */
const SETTLED_MS = 6000;
/** A key frame per tile about so often while time flies or the timeline is dragged. */
const KEYS_EVERY_MS = 200;
/** A hole that ended so long ago is as it will be. */
const SURE_MS = 60_000;

export class SyncSession implements TimelineSession {
  readonly mode = 'playback';
  readonly tape = null;
  readonly tapeVersion = 0;
  marks = $state.raw<{ in: number | null; out: number | null }>({ in: null, out: null });
  snap = $state.raw<ChoirSnapshot>()!;
  cameras = $state.raw<Camera[]>([]);
  big = $state<string | null>(null);
  /** Time under the finger while dragging. */
  scrub = $state<number | null>(null);
  /** Slugs whose canvas stands for the moment. */
  painted = $state.raw<ReadonlySet<string>>(new Set());
  coverageVersion = $state(0);
  coverage = $state.raw<CoverageLoader>()!;
  #choir: Choir;
  #voices = new Map<string, TileVoice>();
  #timer: ReturnType<typeof setInterval>;
  #ticks = 0;
  #keysAt = 0;
  #keys = false;

  constructor(cameras: Camera[], at: number) {
    this.#choir = new Choir(at, { now: () => performance.now(), latest: () => clock.now() - SETTLED_MS });
    this.show(cameras);
    this.snap = this.#choir.tick();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Other cameras at the same clock. */
  show(cameras: Camera[]): void {
    const same = cameras.length === this.cameras.length && cameras.every((c, i) => c.id === this.cameras[i]!.id);
    this.cameras = cameras;
    if (this.big && !cameras.some((c) => c.slug === this.big)) this.big = null;
    const [first, ...rest] = cameras.map((c) => c.id);
    if ((same && this.coverage) || !first) return;
    this.coverage?.stop();
    this.coverage = new CoverageLoader(
      [first, ...rest],
      () => clock.now(),
      () => this.coverageVersion++,
    );
    this.coverageVersion++;
  }

  /** A tile brings its picture; it takes it away with what it gets back. */
  attach(camera: Camera, video: HTMLVideoElement, canvas: HTMLCanvasElement): () => void {
    const { slug, id } = camera;
    const voice = new TileVoice({
      camera,
      video,
      canvas,
      now: () => clock.now(),
      gapAround: (t) => this.#gapAround(t, id),
      holeAt: (t) => this.#holeAt(t, id),
      painted: (yes) => this.#setPainted(slug, yes),
    });
    voice.setRate(Math.min(4, this.#choir.rate));
    voice.setSharp(slug === this.big);
    this.#voices.set(slug, voice);
    this.#choir.join(slug, voice);
    return () => {
      this.#choir.leave(slug);
      this.#voices.delete(slug);
      this.#setPainted(slug, false);
      voice.stop();
      showSync(slug, null);
    };
  }

  destroy(): void {
    clearInterval(this.#timer);
    this.coverage?.stop();
  }

  /** Begins or ends at this moment what is exported of all cameras. */
  mark(which: 'in' | 'out'): void {
    this.setMark(which, this.position);
  }

  setMark(which: 'in' | 'out', t: number): void {
    this.marks = moved(this.marks, which, t);
  }

  clearMarks(): void {
    this.marks = { in: null, out: null };
  }

  get position(): number {
    return this.scrub ?? this.snap.position;
  }

  get rate(): number {
    return this.snap.rate;
  }

  get oldest(): number | null {
    const all = this.cameras.flatMap((c) => (c.oldest_at ? [Date.parse(c.oldest_at)] : []));
    return all.length ? Math.min(...all) : null;
  }

  /** A line of the timeline for each camera. */
  get lanes(): TimelineSession['lanes'] {
    return this.cameras.flatMap((c) => {
      const coverage = this.coverage?.of.get(c.id);
      return coverage ? [{ camera: c, coverage }] : [];
    });
  }

  partOf(slug: string): Part {
    return this.snap.parts.get(slug) ?? 'late';
  }

  /** Why a tile has no footage now, and until when. */
  holeOf(slug: string): Gap | null {
    const voice = this.#voices.get(slug);
    return (voice?.state === 'gap' ? voice.gap : null) ?? voice?.holeAt(this.snap.position) ?? null;
  }

  failureOf(slug: string): string | null {
    return this.#voices.get(slug)?.error?.code ?? null;
  }

  /** Codec of the main stream, when this machine cannot play it. */
  unplayableOf(slug: string): string | null {
    return this.#voices.get(slug)?.unplayable ?? null;
  }

  seek(t: number): void {
    this.#choir.seek(t);
    this.snap = this.#choir.tick();
    if (this.#choir.keys) this.#paint(true);
  }

  jump(ms: number): void {
    this.seek(this.position + ms);
  }

  /** To the end of what is recorded. */
  goLive(): void {
    this.seek(clock.now());
  }

  toggle(): void {
    if (this.snap.wanted) this.#choir.pause();
    else this.#choir.play();
    this.snap = this.#choir.tick();
  }

  play(): void {
    this.#choir.play();
  }

  /** One frame on or back, by the slowest common measure: that of the large camera, else of the first. */
  step(direction: 1 | -1): void {
    this.#choir.pause();
    const camera = this.cameras.find((c) => c.slug === this.big) ?? this.cameras[0];
    const rendition = this.#voices.get(camera?.slug ?? '')?.rendition;
    const fps = camera?.renditions.find((r) => r.id === rendition)?.fps || 10;
    this.jump((direction * 1000) / fps);
  }

  setRate(rate: number): void {
    this.#choir.setRate(rate);
    for (const v of this.#voices.values()) v.setRate(Math.min(4, rate));
    this.snap = this.#choir.tick();
  }

  enlarge(slug: string | null): void {
    this.big = slug;
    for (const [s, voice] of this.#voices) if (voice.setSharp(s === slug)) this.#choir.again(s);
  }

  retry(slug: string): void {
    this.#choir.again(slug);
  }

  /** The timeline is dragged to `t`. */
  scrubTo(t: number): void {
    if (this.scrub === null) {
      this.#wasPlaying = this.snap.wanted;
      this.#choir.pause();
    }
    this.scrub = Math.min(t, clock.now());
    this.#paint(false);
  }
  #wasPlaying = false;

  scrubEnd(t: number): void {
    this.scrub = null;
    this.seek(t);
    if (this.#wasPlaying) this.play();
  }

  scrubCancel(): void {
    this.scrubEnd(this.snap.position);
  }

  /** On to where the next of the cameras has footage again, or back to the end of what was before. */
  footage(direction: 1 | -1): void {
    const at = this.position;
    const ends = this.lanes.flatMap(({ coverage }) => {
      const span =
        direction > 0 ? coverage.spans.find((s) => s.to > at) : coverage.spans.findLast((s) => s.from < at - 1000);
      return span ? [direction > 0 ? Math.max(span.from + 1, at) : coverage.leadIn(Math.min(span.to, at))] : [];
    });
    if (ends.length) this.seek(direction > 0 ? Math.min(...ends) : Math.max(...ends));
  }

  #tick(): void {
    const snap = this.#choir.tick();
    if (++this.#ticks % TELL_EVERY === 0) this.snap = snap;
    const keys = this.#choir.keys || this.scrub !== null;
    if (keys) this.#paint(false);
    else if (this.#keys) for (const v of this.#voices.values()) v.key(null);
    this.#keys = keys;
    for (const [slug, v] of this.#voices)
      showSync(slug, { part: snap.parts.get(slug)!, state: v.state, at: v.at, rendition: v.rendition, clock: snap.position }); // prettier-ignore
  }

  #paint(now: boolean): void {
    if (!now && performance.now() - this.#keysAt < KEYS_EVERY_MS) return;
    this.#keysAt = performance.now();
    this.#keys = true;
    for (const v of this.#voices.values()) v.key(this.position);
  }

  #setPainted(slug: string, yes: boolean): void {
    if (this.painted.has(slug) === yes) return;
    const next = new Set(this.painted);
    if (yes) next.add(slug);
    else next.delete(slug);
    this.painted = next;
  }

  #holeAt(t: number, id: string): Gap | null {
    const coverage = this.coverage.of.get(id);
    if (!coverage?.loaded(t - 1, t + 1)) return null;
    return t > clock.now() - 15_000 ? null : coverage.hole(t);
  }

  async #gapAround(t: number, id: string): Promise<Gap | null> {
    const known = this.#holeAt(t, id);
    if (known && Number.isFinite(known.from) && known.to < clock.now() - SURE_MS) return known;
    return this.coverage.hole(t, id);
  }
}
