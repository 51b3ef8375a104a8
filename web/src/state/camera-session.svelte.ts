/**
 * One camera's page as state: live or playback, where in time, how fast, what is marked. Joins the player, the scrubber
 * and the timeline's data; the components only show it and call it.
 */
import { api } from '../lib/api/client';
import type { Camera, RenditionId } from '../lib/api/types';
import { canPlay, codecName } from '../lib/player/mse';
import { keyPainter } from '../lib/player/key-painter';
import { playerFor } from '../lib/player/player';
import type { PlaybackSnapshot, Player } from '../lib/player/playback-types';
import { Scrubber } from '../lib/player/scrub';
import { moved } from '../lib/exports/range';
import { leadTo, neighbour } from '../lib/motion/events';
import { CoverageLoader } from '../lib/timeline/loader';
import { TapeLoader } from '../lib/timeline/tape-loader';
import { rfc3339, startOfDay } from '../lib/time/zone';
import { clock, zone } from './app.svelte';
import { Kept } from './kept.svelte';
import { cameraPath, rewrite } from './router.svelte';
import { saver } from './saver.svelte';
import type { TimelineSession } from './timeline-session';

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;
const REST_MS = 120;
const SUB_ABOVE = 4;
const REVERSE_TICK_MS = 120;
const NOTICE_MS = 4000;

/** What somebody chose last, on whichever camera: it stands above what the machine would spare. */
let chosen: RenditionId | null = null;

export class CameraSession implements TimelineSession {
  mode = $state<'live' | 'playback'>('live');
  snap = $state.raw<PlaybackSnapshot | null>(null);
  /** Time under the finger while dragging. */
  scrub = $state<number | null>(null);
  /** The canvas holds a key frame that stands for the wanted moment. */
  scrubPainted = $state(false);
  scrubMissing = $state(false);
  rate = $state(1);
  reverse = $state(0);
  quality = $state<RenditionId>('main');
  /** The light picture is shown because data are spared, not because somebody chose it. */
  spared = $state(false);
  marks = $state<{ in: number | null; out: number | null }>({ in: null, out: null });
  /** The first frame of playback has been shown: live may be taken away. */
  shown = $state(false);
  coverageVersion = $state(0);
  tapeVersion = $state(0);
  /** There is no event in the direction that was asked for. */
  noEvent = $state<'before' | 'after' | null>(null);
  /** Codec that this machine cannot play, for the sentence. */
  unplayable = $state<string | null>(null);

  readonly coverage: CoverageLoader;
  readonly tape: TapeLoader;
  readonly kept: Kept;
  #video: HTMLVideoElement | null = null;
  #canvas: HTMLCanvasElement | null = null;
  #player: Player | null = null;
  #scrubber: Scrubber | null = null;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #reverseTimer: ReturnType<typeof setInterval> | undefined;
  #urlTimer: ReturnType<typeof setInterval> | undefined;
  #before: number | null = null;
  #hasSub: boolean;

  constructor(readonly camera: Camera) {
    this.coverage = new CoverageLoader(
      [camera.id],
      () => clock.now(),
      () => this.coverageVersion++,
    );
    this.tape = new TapeLoader(
      camera.id,
      () => clock.now(),
      () => this.tapeVersion++,
    );
    this.kept = new Kept(camera.id);
    const main = camera.renditions.find((r) => r.id === 'main');
    this.#hasSub = camera.renditions.some((r) => r.id === 'sub');
    if (main?.codec && this.#hasSub && !canPlay(`video/mp4; codecs="${main.codec}"`)) {
      this.unplayable = codecName(main.codec);
      this.quality = 'sub';
    } else if (chosen) this.quality = this.#hasSub ? chosen : 'main';
    else if (saver.reason && this.#hasSub) {
      this.quality = 'sub';
      this.spared = true;
    }
    this.#urlTimer = setInterval(() => this.#writeUrl(), 2000);
  }

  attach(video: HTMLVideoElement, canvas: HTMLCanvasElement): void {
    this.#video = video;
    this.#canvas = canvas;
  }

  destroy(): void {
    clearTimeout(this.#rest);
    clearInterval(this.#reverseTimer);
    clearInterval(this.#urlTimer);
    this.#player?.stop();
    this.#scrubber?.stop();
    this.coverage.stop();
    this.tape.stop();
    clearTimeout(this.#quiet);
  }

  /** The instant that counts: under the finger, in playback, or now. */
  get position(): number {
    return this.scrub ?? (this.mode === 'playback' ? (this.snap?.position ?? clock.now()) : clock.now());
  }

  get oldest(): number | null {
    const told = this.camera.oldest_at;
    return this.coverage.coverage.oldest ?? (told ? Date.parse(told) : null);
  }

  get lanes(): TimelineSession['lanes'] {
    return [{ camera: this.camera, coverage: this.coverage.coverage }];
  }

  get hasSub(): boolean {
    return this.#hasSub;
  }

  #ensurePlayer(): Player {
    this.#player ??= playerFor({
      video: this.#video!,
      camera: this.camera.id,
      rendition: this.#effective(),
      now: () => clock.now(),
      gapAround: (t) => this.coverage.hole(t),
      changed: (s) => this.#changed(s),
      fps: () => this.camera.renditions.find((r) => r.id === this.snap?.rendition)?.fps ?? 15,
    });
    return this.#player;
  }

  #changed(s: PlaybackSnapshot): void {
    this.snap = { ...s };
    if (s.lastSeekMs !== null) this.shown = true;
    if (s.state === 'playing' || s.state === 'paused' || s.state === 'edge') {
      // The real picture has arrived: the key frame on top has done its work.
      if (this.scrub === null && !this.reverse) this.scrubPainted = false;
    }
    // Faster than time cannot go on at the present.
    if (s.state === 'edge' && this.rate > 1) queueMicrotask(() => this.setRate(1));
    if (s.state === 'error' && s.error?.code === 'codec_unplayable' && this.quality === 'main' && this.#hasSub) {
      this.unplayable = codecName(/codecs="([^"]+)"/.exec(String(s.error.params.mime))?.[1]);
      this.setQuality('sub');
    }
  }

  #effective(): RenditionId {
    return this.#hasSub && (this.quality === 'sub' || this.rate > SUB_ABOVE) ? 'sub' : 'main';
  }

  seek(t: number, play?: boolean): void {
    this.stopReverse();
    const wasLive = this.mode === 'live';
    this.mode = 'playback';
    const player = this.#ensurePlayer();
    void player.seek(Math.min(t, clock.now() - 300), play ?? (wasLive ? true : undefined));
    this.#writeUrl();
  }

  goLive(): void {
    this.stopReverse();
    clearTimeout(this.#rest);
    this.#player?.stop();
    this.#player = null;
    this.mode = 'live';
    this.snap = null;
    this.shown = false;
    this.scrub = null;
    this.scrubPainted = false;
    this.rate = 1;
    this.#writeUrl();
  }

  toggle(): void {
    if (this.mode === 'live') return this.seek(clock.now() - 1000, false);
    if (this.reverse) return this.stopReverse(true);
    if (this.snap?.wanted) this.#player?.pause();
    else this.#player?.play();
  }

  jump(ms: number): void {
    this.seek(this.position + ms);
  }

  step(direction: 1 | -1): void {
    if (this.mode === 'live') return this.seek(clock.now() - 1000, false);
    this.stopReverse(true);
    this.#player?.step(direction);
  }

  setRate(rate: number): void {
    this.rate = rate;
    if (this.mode === 'live') return;
    this.#player?.setRate(rate);
    this.#player?.setRendition(this.#effective());
  }

  /** Somebody asks for it. */
  choose(q: RenditionId): void {
    chosen = q;
    this.spared = false;
    this.setQuality(q);
  }

  setQuality(q: RenditionId): void {
    this.quality = q;
    this.#player?.setRendition(this.#effective());
  }

  /** J and L: slower or faster; below normal speed J runs backwards over key frames. */
  shuttle(direction: 1 | -1): void {
    if (this.reverse) {
      const next = direction < 0 ? Math.min(32, this.reverse * 2) : this.reverse / 2;
      if (next < 2) this.stopReverse(true);
      else this.reverse = next;
      return;
    }
    const i = SPEEDS.indexOf(this.rate as (typeof SPEEDS)[number]);
    if (direction > 0) {
      if (!this.snap?.wanted) this.toggle();
      else this.setRate(SPEEDS[Math.min(SPEEDS.length - 1, i + 1)]!);
    } else if (i > 1) this.setRate(SPEEDS[i - 1]!);
    else this.#startReverse();
  }

  #startReverse(): void {
    const from = this.position;
    if (this.mode === 'live') this.seek(clock.now() - 2000, false);
    this.#player?.pause();
    this.reverse = 2;
    this.scrub = from;
    this.#reverseTimer = setInterval(() => {
      this.scrub = (this.scrub ?? this.position) - this.reverse * REVERSE_TICK_MS;
      this.#picture(this.scrub);
    }, REVERSE_TICK_MS);
  }

  stopReverse(andShow = false): void {
    if (!this.reverse) return;
    clearInterval(this.#reverseTimer);
    this.reverse = 0;
    const at = this.scrub;
    this.scrub = null;
    if (andShow && at !== null) this.seek(at, false);
  }

  #picture(t: number): void {
    if (!this.#canvas) return;
    const sub = this.camera.renditions.find((r) => r.id === 'sub') ?? this.camera.renditions[0];
    this.#scrubber ??= new Scrubber({
      camera: this.camera.id,
      rendition: sub?.id ?? 'main',
      gopMs: sub?.gop_ms ?? 1000,
      painter: keyPainter(this.#canvas),
      painted: () => {
        this.scrubMissing = false;
        if (this.scrub !== null) this.scrubPainted = true;
      },
      missing: () => {
        this.scrubMissing = true;
        this.scrubPainted = false;
      },
    });
    if (this.coverage.coverage.hole(t) && t < clock.now() - 10_000 && this.coverage.coverage.loaded(t - 1, t + 1)) {
      this.#scrubber.cancel();
      this.scrubMissing = true;
      this.scrubPainted = false;
    } else this.#scrubber.request(t);
  }

  /** The timeline is dragged to `t`. */
  scrubTo(t: number): void {
    this.stopReverse();
    if (this.scrub === null) {
      this.#before = this.mode === 'playback' ? this.position : null;
      this.#wasPlaying = this.mode === 'live' || (this.snap?.wanted ?? false);
      this.#player?.pause();
    }
    this.scrub = Math.min(t, clock.now());
    this.#picture(this.scrub);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => {
      if (this.scrub === null || this.scrubMissing) return;
      this.mode = 'playback';
      void this.#ensurePlayer().seek(Math.min(this.scrub, clock.now() - 300), false);
    }, REST_MS);
  }
  #wasPlaying = false;

  scrubEnd(t: number): void {
    clearTimeout(this.#rest);
    this.#scrubber?.cancel();
    this.scrub = null;
    this.scrubMissing = false;
    if (t >= clock.now() - 1500) return this.goLive();
    this.seek(t, this.#wasPlaying);
  }

  scrubCancel(): void {
    clearTimeout(this.#rest);
    this.#scrubber?.cancel();
    this.scrub = null;
    this.scrubPainted = false;
    this.scrubMissing = false;
    if (this.#before !== null) this.seek(this.#before, this.#wasPlaying);
    else this.goLive();
  }

  /** To the footage before or after the hole at the position. */
  async footage(direction: 1 | -1): Promise<void> {
    const at = this.position;
    const hole = this.snap?.gap ?? (await this.coverage.hole(at).catch(() => null));
    if (hole) {
      if (direction > 0 && hole.to > at && hole.to < clock.now() - 1000) this.seek(hole.to + 1, true);
      else if (direction > 0) this.goLive();
      else if (Number.isFinite(hole.from)) this.seek(this.coverage.coverage.leadIn(hole.from), true);
      return;
    }
    const coverage = this.coverage.coverage;
    const spans = coverage.spans;
    const target = direction > 0 ? spans.find((s) => s.from > at)?.from : spans.findLast((s) => s.to < at - 1000)?.to;
    if (target !== undefined) this.seek(direction > 0 ? target + 1 : coverage.leadIn(target), true);
  }

  /** To the same time of day on the day that begins at `start`, or to the footage of that day that is next to it. */
  async seekDay(start: number): Promise<void> {
    const [at, end] = [start + (this.position - startOfDay(this.position, zone())), startOfDay(start, zone(), 1)];
    const hole = await this.coverage.hole(at).catch(() => null);
    if (!hole) return this.seek(at, true);
    if (hole.to < Math.min(end, clock.now() - 1000)) return this.seek(hole.to + 1, true);
    this.seek(hole.from > start ? this.coverage.coverage.leadIn(hole.from) : at, true);
  }

  /** To the event before or after the position: what the timeline knows, else what the recorder finds. */
  async event(direction: 1 | -1): Promise<void> {
    const at = this.position;
    clearTimeout(this.#quiet);
    this.noEvent = null;
    const known = this.coverage.coverage;
    const near = neighbour(this.tape.tape.events.values(), at, direction);
    // Between here and there everything has to be known, or there may be a nearer one.
    const sure = near && this.tape.known(Math.min(at, near.from), Math.max(at, near.from));
    const found = sure ? near : await this.tape.neighbour(at, direction).catch(() => near);
    if (!found) {
      this.noEvent = direction > 0 ? 'after' : 'before';
      this.#quiet = setTimeout(() => (this.noEvent = null), NOTICE_MS);
      return;
    }
    const lead = leadTo(found);
    this.seek(known.recorded(lead) || !known.recorded(found.from) ? lead : found.from, true);
  }
  #quiet: ReturnType<typeof setTimeout> | undefined;

  mark(which: 'in' | 'out'): void {
    const t = Math.round(this.position / 1000) * 1000;
    this.marks[which] = t;
    const { in: a, out: b } = this.marks;
    if (a !== null && b !== null && b <= a) this.marks[which === 'in' ? 'out' : 'in'] = null;
  }

  setMark(which: 'in' | 'out', t: number): void {
    this.marks = moved(this.marks, which, Math.min(t, clock.now()));
  }

  clearMarks(): void {
    this.marks = { in: null, out: null };
  }

  get clip(): { from: number; to: number; url: string; bytes: number } | null {
    const { in: from, out: to } = this.marks;
    if (from === null || to === null) return null;
    const kbps = this.camera.renditions.find((r) => r.id === 'main')?.kbps ?? 2000;
    return { from, to, url: api.clipUrl(this.camera.id, from, to, 'main'), bytes: ((to - from) / 1000) * kbps * 125 };
  }

  #written = '';
  #writeUrl(): void {
    const at = this.mode === 'playback' ? Math.round(this.position / 1000) * 1000 : null;
    const path = cameraPath(this.camera.slug, at === null ? undefined : rfc3339(at, zone()));
    if (path === this.#written || !location.pathname.startsWith('/c/')) return;
    this.#written = path;
    rewrite(path);
  }
}
