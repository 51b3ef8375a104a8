/**
 * Playback without Media Source Extensions: the recorder's HLS playlist where the browser plays such, else its MP4, a piece
 * of unbroken footage at a time. Coarser than `PlaybackPlayer` at the seams, but the same clock, gaps and growing end.
 */
import { api, ApiError } from '../api/client';
import type { RenditionId } from '../api/types';
import type { PlaybackOptions, PlaybackSnapshot, Player } from './playback-types';
import type { Gap } from './playlist';
import { EDGE_MS, JOIN_MS } from './playlist';
import { presented } from './presented';
import { SegmentIndex } from './segment-index';
import { atRest, seekTimings, SKIP_AFTER_MS } from './snapshot';

const PIECE_MS = 5 * 60_000;
/** So close to the end of a piece nothing more of it is shown. */
const END_MS = 80;
/** What has to be there behind the end before playing goes on: each piece is loaded anew. */
const MORE_MS = 4000;
const LOAD_MS = 20_000;

export const playsHls = (v: HTMLVideoElement): boolean => v.canPlayType('application/vnd.apple.mpegurl') !== '';

export class NativePlayer implements Player {
  readonly s: PlaybackSnapshot;
  #o: PlaybackOptions;
  #index: SegmentIndex;
  #piece: { from: number; to: number } | null = null;
  #generation = 0;
  #abort = new AbortController();
  #continuing = false;
  #timer: ReturnType<typeof setInterval>;

  constructor(o: PlaybackOptions) {
    this.#o = o;
    this.s = atRest(o);
    o.video.playsInline = true;
    this.#index = new SegmentIndex(o.camera, o.rendition, o.now);
    this.#timer = setInterval(() => this.#tick(), 100);
  }

  stop(): void {
    this.#generation++;
    this.#abort.abort();
    clearInterval(this.#timer);
    this.#o.video.removeAttribute('src');
    this.#o.video.removeAttribute('poster');
    this.#o.video.load();
  }

  get at(): number {
    const moving = this.s.state === 'playing' && this.#piece && !this.#o.video.seeking;
    return moving ? this.#epoch() : this.s.position;
  }

  async seek(t: number, play = this.s.wanted): Promise<void> {
    const generation = ++this.#generation;
    const started = performance.now();
    this.#abort.abort();
    this.#abort = new AbortController();
    t = Math.min(t, this.#o.now());
    Object.assign(this.s, { state: 'seeking', position: t, wanted: play, gap: null, skipAt: null, error: null });
    this.#o.video.pause();
    this.#emit();
    try {
      const shown = await this.#show(t, generation);
      if (generation !== this.#generation || shown === null) return;
      this.s.position = shown;
      this.s.lastSeekMs = Math.round(performance.now() - started);
      seekTimings.push(this.s.lastSeekMs);
      this.#resume();
    } catch (e) {
      if (generation === this.#generation) this.#failed(e);
    }
  }

  play(): void {
    this.s.wanted = true;
    if (this.s.state === 'paused') this.#resume();
    else if (this.s.state === 'gap' && this.s.gap) this.#skip(this.s.gap);
    else if (this.s.state === 'error') void this.seek(this.s.position, true);
    this.#emit();
  }

  pause(): void {
    Object.assign(this.s, { wanted: false, skipAt: null });
    this.#o.video.pause();
    if (this.s.state === 'playing' || this.s.state === 'edge') this.s.state = 'paused';
    this.#emit();
  }

  setRate(rate: number): void {
    this.s.rate = rate;
    this.#o.video.playbackRate = rate;
    this.#emit();
  }

  setRendition(rendition: RenditionId): void {
    if (rendition === this.s.rendition) return;
    this.s.rendition = rendition;
    this.#index = new SegmentIndex(this.#o.camera, rendition, this.#o.now);
    this.#piece = null;
    void this.seek(this.s.position);
  }

  step(direction: 1 | -1): void {
    this.pause();
    const frame = 1000 / Math.max(1, this.#o.fps());
    void this.seek(this.s.position + (direction > 0 ? 1.5 : -0.5) * frame, false);
  }

  #epoch(): number {
    return this.#piece!.from + this.#o.video.currentTime * 1000;
  }

  /** Where the picture is that is shown now; null when there is none, or somebody else has sought meanwhile. */
  async #show(t: number, generation: number): Promise<number | null> {
    const v = this.#o.video;
    const list = this.#index.list;
    if (!this.#piece || t < this.#piece.from || t > this.#piece.to - END_MS) {
      await this.#index.ensure(t, this.#abort.signal);
      if (generation !== this.#generation) return null;
      let piece = list.pieceAt(t, PIECE_MS);
      if (!piece && this.#atEdge(t)) piece = list.pieceAt(list.end! - END_MS, PIECE_MS);
      if (!piece) {
        await this.#enterGap(t, generation);
        return null;
      }
      // Whole milliseconds within the frames: a fraction before the first would ask for the picture before it.
      this.#piece = { from: Math.ceil(piece.from), to: Math.floor(piece.to) };
      await this.#load(this.#piece);
      if (generation !== this.#generation) return null;
    }
    const { from, to } = this.#piece;
    const target = Math.max(from, Math.min(t, to - END_MS));
    const shown = presented(v);
    v.currentTime = (target - from) / 1000;
    await shown;
    return target;
  }

  async #load({ from, to }: { from: number; to: number }): Promise<void> {
    const v = this.#o.video;
    this.#keepPicture();
    await new Promise<void>((resolve, reject) => {
      const signal = this.#abort.signal;
      const done = (f: () => void) => (): void => {
        clearTimeout(timer);
        v.removeEventListener('loadeddata', ready);
        v.removeEventListener('error', broken);
        f();
      };
      const ready = done(resolve);
      const broken = done(() => {
        this.#piece = null;
        reject(new ApiError(v.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED ? 'codec_unplayable' : 'decode_failed', 0)); // prettier-ignore
      });
      const timer = setTimeout(broken, LOAD_MS);
      v.addEventListener('loadeddata', ready);
      v.addEventListener('error', broken);
      signal.addEventListener('abort', done(() => reject(new DOMException('', 'AbortError'))), { once: true }); // prettier-ignore
      v.preload = 'auto';
      v.src = api.playUrl(this.#o.camera, from, to, this.s.rendition, playsHls(v));
      v.load();
    });
  }

  /** The last picture stays on the screen until the next piece has one. */
  #keepPicture(): void {
    const v = this.#o.video;
    if (v.readyState < 2 || !v.videoWidth) return;
    const canvas = document.createElement('canvas');
    canvas.width = v.videoWidth;
    canvas.height = v.videoHeight;
    canvas.getContext('2d')?.drawImage(v, 0, 0);
    v.poster = canvas.toDataURL('image/jpeg', 0.8);
  }

  /** So close to the end there is no picture left. */
  #atEdge(t: number): boolean {
    return this.#index.list.atEdge(t + END_MS, this.#o.now());
  }

  async #enterGap(t: number, generation: number): Promise<void> {
    const known = await this.#o.gapAround(t).catch(() => null);
    if (generation !== this.#generation) return;
    this.s.gap = this.#index.list.holeAt(t, known);
    this.s.state = 'gap';
    this.#emit();
  }

  #resume(): void {
    const v = this.#o.video;
    this.s.state = this.s.wanted ? 'playing' : 'paused';
    v.playbackRate = this.s.rate;
    if (this.s.wanted)
      v.play().catch((e: unknown) => {
        if (e instanceof DOMException && e.name === 'NotAllowedError') this.pause();
      });
    this.#emit();
  }

  #skip(gap: Gap): void {
    if (gap.to > gap.from && gap.to < this.#o.now() - 500) void this.seek(gap.to + 1, true);
  }

  #tick(): void {
    const s = this.s;
    const v = this.#o.video;
    if (s.state === 'gap' && s.skipAt !== null && s.gap && performance.now() > s.skipAt) return this.#skip(s.gap);
    if ((s.state !== 'playing' && s.state !== 'edge') || !this.#piece) return;
    if (!v.seeking && s.state === 'playing') s.position = Math.min(this.#epoch(), this.#piece.to);
    s.waiting = v.readyState < 3 && !v.ended;
    if (v.error) return this.#failed(new ApiError('decode_failed', 0));
    if (v.ended || s.state === 'edge' || s.position >= this.#piece.to - END_MS) void this.#continue(this.#piece.to);
    this.#emit();
  }

  /** The piece has been played: the next one, the growing end, or a gap. */
  async #continue(end: number): Promise<void> {
    if (this.#continuing) return;
    this.#continuing = true;
    const generation = this.#generation;
    const list = this.#index.list;
    try {
      if (this.#o.now() - end < 2 * EDGE_MS) await this.#index.refreshEnd(this.#abort.signal);
      else await this.#index.ensure(end + JOIN_MS, this.#abort.signal);
      if (generation !== this.#generation) return;
      const next = list.pieceAt(end + END_MS, PIECE_MS);
      const growing = list.end !== null && this.#atEdge(list.end);
      if (next && (next.to - end > MORE_MS || (!growing && next.to - end > END_MS))) void this.seek(end + END_MS, true);
      else if (this.#atEdge(end) || growing || !this.#index.covers(end + JOIN_MS)) this.s.state = 'edge';
      else await this.#stopAtGap(end);
    } catch (e) {
      // Asked again with the next tick; what is shown stays.
      if (!(e instanceof ApiError || (e instanceof DOMException && e.name === 'AbortError'))) throw e;
    } finally {
      this.#continuing = false;
    }
  }

  async #stopAtGap(end: number): Promise<void> {
    const generation = ++this.#generation;
    this.#o.video.pause();
    this.s.position = end;
    await this.#enterGap(end + JOIN_MS + 50, generation);
    const { gap, wanted } = this.s;
    if (generation === this.#generation && wanted && gap && gap.to < this.#o.now() - 1000)
      this.s.skipAt = performance.now() + SKIP_AFTER_MS;
    this.#emit();
  }

  #failed(e: unknown): void {
    if (e instanceof DOMException && e.name === 'AbortError') return;
    if (e instanceof ApiError) {
      const codec = this.#index.list.lastBefore(this.s.position)?.init;
      const mime = codec ? this.#index.list.inits[codec]?.mime : undefined;
      this.s.error = { code: e.code, params: e.code === 'codec_unplayable' ? { mime } : e.params };
    } else {
      reportError(e);
      this.s.error = { code: 'internal', params: {} };
    }
    this.s.state = 'error';
    this.#o.video.pause();
    this.#emit();
  }

  #emit(): void {
    this.#o.changed(this.s);
  }
}
