/**
 * Plays recorded footage: seek, play, speed, frame steps, gaps, the growing end. One seek at a time; a newer one wins.
 * The position is an instant (epoch ms) and belongs to the user: nothing here moves it except playing and skipping a
 * gap with notice.
 */
import { ApiError, mediaBytes } from '../api/client';
import type { RenditionId } from '../api/types';
import { MediaBuffer, Unplayable } from './media-buffer';
import { DecodePatience, FetchPatience } from './patience';
import type { PlaybackOptions, PlaybackSnapshot, Player } from './playback-types';
import { presented } from './presented';
import type { Chunk, Fragment, Gap } from './playlist';
import { EDGE_MS, JOIN_MS } from './playlist';
import { SegmentIndex } from './segment-index';
import { atRest, seekTimings, SKIP_AFTER_MS } from './snapshot';

const AHEAD_MS = 20_000;
const BEHIND_MS = 15_000;
const FIRST_BYTES = 8 << 20;
const CHUNK_BYTES = 4 << 20;
/** Shorter gaps are jumped at once; the notice comes all the same. */
const SHORT_GAP_MS = 5000;
const SKIP_NOTICE_MS = 6000;
const SOON_MS = 3000;

export class PlaybackPlayer implements Player {
  readonly s: PlaybackSnapshot;
  #o: PlaybackOptions;
  #index: SegmentIndex;
  #media: MediaBuffer;
  #generation = 0;
  #abort = new AbortController();
  /** The fragment that continues what was appended last. */
  #cursor: Fragment | null = null;
  /** Appended past the list from memory up to here: continue with a key frame. */
  #tailTo: number | null = null;
  #filling = false;
  /** The buffer holds media of another rendition that is about to go. */
  #foreign = false;
  #fetching = new FetchPatience();
  #decoding = new DecodePatience();
  #timer: ReturnType<typeof setInterval>;
  #moved = { at: 0, when: 0 };
  /** Speed of the media: `rate`, but for what `pace` makes of it. */
  #speed = 1;

  constructor(o: PlaybackOptions) {
    this.#o = o;
    this.s = atRest(o);
    o.video.playsInline = true;
    o.video.addEventListener('error', this.#decodeFailed);
    this.#index = new SegmentIndex(o.camera, o.rendition, o.now);
    this.#media = new MediaBuffer(o.video, this.#decodeFailed);
    this.#timer = setInterval(() => this.#tick(), 100);
  }

  stop(): void {
    this.#generation++;
    this.#abort.abort();
    clearInterval(this.#timer);
    this.#o.video.removeEventListener('error', this.#decodeFailed);
    this.#media.close();
  }

  /** Shows the frame at `t` and goes on playing or stays, as before. Footage that is not there becomes a gap in words. */
  async seek(t: number, play = this.s.wanted): Promise<void> {
    const generation = ++this.#generation;
    const started = performance.now();
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#filling = false;
    this.#fetching.succeeded();
    t = Math.min(t, this.#o.now());
    Object.assign(this.s, { state: 'seeking', position: t, wanted: play, gap: null, skipAt: null, error: null });
    this.#o.video.pause();
    this.#emit();
    try {
      await this.#show(t, generation);
      if (generation !== this.#generation || this.s.state !== 'seeking') return;
      this.s.lastSeekMs = Math.round(performance.now() - started);
      seekTimings.push(this.s.lastSeekMs);
      this.#resume();
    } catch (e) {
      if (generation === this.#generation) this.#failed(e);
    }
  }

  play(): void {
    this.s.wanted = true;
    if (this.s.state === 'gap' && this.s.gap && !this.#o.staysInGaps) void this.#skip(this.s.gap);
    else if (this.s.state === 'paused') this.#resume();
    else if (this.s.state === 'error') void this.seek(this.s.position, true);
    this.#emit();
  }

  pause(): void {
    this.s.wanted = false;
    this.s.skipAt = null;
    this.#o.video.pause();
    if (this.s.state === 'playing' || this.s.state === 'edge') this.s.state = 'paused';
    this.#emit();
  }

  setRate(rate: number): void {
    this.s.rate = rate;
    this.pace(rate);
    this.#emit();
  }

  /** A speed that differs from the rate for a while: whoever keeps several players together. */
  pace(speed: number): void {
    this.#speed = speed;
    if (this.#o.video.playbackRate !== speed) this.#o.video.playbackRate = speed;
  }

  /** Where the picture is at this very moment; `s.position` is as old as the last tick. */
  get at(): number {
    const moving = this.s.state === 'playing' || this.s.state === 'edge';
    return moving && !this.#o.video.seeking ? this.#media.toEpoch(this.#o.video.currentTime) : this.s.position;
  }

  setRendition(rendition: RenditionId): void {
    if (rendition === this.s.rendition) return;
    this.s.rendition = rendition;
    this.#index = new SegmentIndex(this.#o.camera, rendition, this.#o.now);
    this.#cursor = null;
    this.#foreign = true;
    this.#media.empty();
    void this.seek(this.s.position);
  }

  /** One frame on or back. Targets lie between frames, so that uneven frame distances cannot show the same one twice. */
  step(direction: 1 | -1): void {
    this.pause();
    const frame = 1000 / Math.max(1, this.#o.fps());
    const target = this.s.position + (direction > 0 ? 1.5 : -0.5) * frame;
    if (!this.#media.holds(target, 0)) return void this.seek(target, false);
    this.#generation++;
    this.#filling = false;
    this.s.position = target;
    this.s.state = 'paused';
    this.#o.video.currentTime = this.#media.toMedia(target);
    this.#alignToFrame(this.#generation);
    this.#emit();
  }

  /** After a step the position becomes the time of the frame that is really shown. */
  #alignToFrame(generation: number): void {
    const v = this.#o.video;
    if (!('requestVideoFrameCallback' in v)) return;
    v.requestVideoFrameCallback((_n, f) => {
      if (generation !== this.#generation || this.s.state !== 'paused') return;
      this.s.position = this.#media.toEpoch(f.mediaTime);
      this.#emit();
    });
  }

  async #show(t: number, generation: number): Promise<void> {
    const stale = (): boolean => generation !== this.#generation;
    const list = this.#index.list;
    const shown = presented(this.#o.video);
    if (!this.#foreign && this.#media.holds(t, 40)) {
      this.#o.video.currentTime = this.#media.toMedia(t);
      return shown;
    }
    await this.#index.ensure(t, this.#abort.signal);
    if (stale()) return;
    let found = list.locate(t);
    // A gap that has just ended is no edge, though the footage behind it may not be in the list yet.
    if (!found && list.atEdge(t, this.#o.now()) && !(await this.#o.gapAround(t).catch(() => null))) found = list.last;
    if (stale()) return;
    if (!found) found = await this.#soonAfter(t);
    if (stale()) return;
    if (!found) return this.#enterGap(t, generation);
    const key = list.keyBefore(found);
    const chunk = list.chunk(key, found.start + 1, FIRST_BYTES);
    const bytes = mediaBytes(chunk.url, chunk.range, this.#abort.signal);
    // Awaited after the buffer is ready; if that fails, nobody asks for the bytes.
    bytes.catch(() => {});
    await this.#media.prepare(chunk.init, list.inits[chunk.init]!, t);
    if (stale()) return;
    this.#foreign = false;
    const first = key.start;
    let target = Math.max(t, first + 1);
    if (chunk.end > target) this.#o.video.currentTime = this.#media.toMedia(target);
    const data = await bytes;
    if (stale()) return;
    this.#tailTo = null;
    await this.#media.append(data);
    this.#cursor = chunk.next;
    if (chunk.end <= target && !stale()) {
      if (list.tail) await this.#appendTail();
      const end = this.#media.until(chunk.end - 50) ?? chunk.end;
      target = Math.max(first + 1, Math.min(target, end - 60));
      this.#o.video.currentTime = this.#media.toMedia(target);
    }
    if (stale()) return;
    this.s.position = target;
    this.#filling = false;
    void this.#fill();
    await shown;
    if (!stale()) this.#media.keep(target - BEHIND_MS - 5000, target + 3 * AHEAD_MS * Math.max(1, this.s.rate / 4));
  }

  /** The timeline is coarser than the list: where it says "recorded", footage that starts within seconds is what was meant. */
  async #soonAfter(t: number): Promise<Fragment | null> {
    const next = this.#index.list.firstAfter(t);
    if (!next || next.start - t > SOON_MS) return null;
    const hole = await this.#o.gapAround(t).catch(() => null);
    return hole ? null : next;
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
    v.playbackRate = this.#speed;
    if (this.s.wanted)
      v.play().catch((e: unknown) => {
        // A pause or a seek that came in between is no fault.
        if (e instanceof DOMException && e.name === 'NotAllowedError') this.pause();
      });
    this.#emit();
  }

  async #skip(gap: Gap): Promise<void> {
    if (gap.to <= gap.from || gap.to >= this.#o.now() - 500) return;
    this.s.skipped = gap;
    setTimeout(() => {
      if (this.s.skipped === gap) this.s.skipped = null;
      this.#emit();
    }, SKIP_NOTICE_MS);
    await this.seek(gap.to + 1, true);
  }

  #tick(): void {
    const s = this.s;
    const v = this.#o.video;
    if (s.state === 'gap' && s.skipAt !== null && s.gap && performance.now() > s.skipAt) return void this.#skip(s.gap);
    if (s.state !== 'playing' && s.state !== 'edge') return;
    if (!v.seeking) s.position = this.#media.toEpoch(v.currentTime);
    const until = this.#media.until(s.position);
    s.waiting = v.readyState < 3 && (until === null || until - s.position < 200);
    void this.#fill();
    const left = until === null ? 0 : until - s.position;
    if (this.#cursor === null && left < 250) void this.#reachedEnd(until ?? s.position);
    else if (this.#cursor !== null && left < 120 && until !== null) this.#crossSmallHole(until);
    else if (s.state === 'edge' && left > 400) s.state = 'playing';
    if (s.state === 'playing' && v.paused && s.wanted && left > 250) this.#resume();
    this.#unstick(left);
    this.#emit();
  }

  /** Media is there but the picture stands still (a re-appended GOP can do that): a seek to the spot wakes the decoder. */
  #unstick(left: number): void {
    const v = this.#o.video;
    const now = performance.now();
    if (v.currentTime !== this.#moved.at || v.paused || v.seeking) this.#moved = { at: v.currentTime, when: now };
    else if (left > 500 && now - this.#moved.when > 1200) {
      v.currentTime += 0.04;
      this.#moved.when = now;
    }
  }

  /** Next footage starts within a breath after what is buffered: hop over. A real gap gets words and a pause. */
  #crossSmallHole(until: number): void {
    const next = this.#cursor;
    if (next && !this.#takes(next)) return void this.seek(next.start + 1);
    if (!next || next.start <= until + 20) return;
    if (next.start - until > JOIN_MS && (!this.#index.covers(until + JOIN_MS) || this.#reconcile(until))) return;
    if (next.start - until <= JOIN_MS) {
      if (this.#media.until(next.start + 20) !== null) this.#o.video.currentTime = this.#media.toMedia(next.start + 2);
    } else this.#stopAtGap(until);
  }

  async #reachedEnd(end: number): Promise<void> {
    if (this.#index.list.atEdge(end + 1, this.#o.now()) || this.#o.now() - end < EDGE_MS) {
      if (this.s.state !== 'edge') {
        this.s.state = 'edge';
        this.#emit();
      }
      return;
    }
    // Not a gap before the list says so: it may still be on its way.
    if (this.#index.covers(end + JOIN_MS)) this.#stopAtGap(end);
  }

  #stopAtGap(end: number): void {
    const generation = ++this.#generation;
    this.#filling = false;
    this.#o.video.pause();
    this.s.position = end;
    void this.#enterGap(end + JOIN_MS + 50, generation).then(() => {
      const gap = this.s.gap;
      if (generation !== this.#generation || !this.s.wanted || !gap || gap.to > this.#o.now() - 1000) return;
      if (this.#o.staysInGaps) return;
      this.s.skipAt = performance.now() + (gap.to - gap.from < SHORT_GAP_MS ? 0 : SKIP_AFTER_MS);
      this.#emit();
    });
  }

  /** Keeps about twenty seconds (more at speed) buffered ahead, in requests that grow. */
  async #fill(): Promise<void> {
    if (this.#filling || !this.#media.open || !this.#fetching.due(performance.now())) return;
    this.#filling = true;
    const generation = this.#generation;
    const ahead = AHEAD_MS * Math.max(1, this.s.rate / 2);
    const list = this.#index.list;
    try {
      for (let span = 2000; generation === this.#generation; span = Math.min(span * 2, 10_000)) {
        const at = this.s.position;
        const until = this.#media.until(at) ?? at;
        if (until - at > ahead) break;
        if (!this.#cursor) {
          if (!(await this.#extend(until, generation))) break;
          continue;
        }
        if (!this.#reconcile(until)) {
          if (this.#index.covers(until + JOIN_MS) || !(await this.#extend(until, generation))) break;
          continue;
        }
        const next: Fragment = this.#cursor;
        if (!this.#takes(next)) break;
        await this.#appendChunk(list.chunk(next, next.start + span, CHUNK_BYTES), generation);
      }
      this.#media.keep(this.s.position - BEHIND_MS, this.s.position + 4 * ahead);
      if (generation === this.#generation) this.#fetching.succeeded();
    } catch (e) {
      if (generation === this.#generation) this.#fillFailed(e);
    } finally {
      if (generation === this.#generation) this.#filling = false;
    }
  }

  /**
   * Is the cursor where the buffer ends? After a seek into an older buffered stretch it is not: then it moves to the
   * key frame at or before that end. False when footage really ends there.
   */
  #reconcile(until: number): boolean {
    const list = this.#index.list;
    const next = this.#cursor;
    if (next && Math.abs(next.start - until) <= JOIN_MS) return true;
    const found = list.locate(until + 5);
    if (!found || found.end <= until + 20) return next !== null && next.start <= until;
    this.#cursor = list.keyBefore(found);
    return true;
  }

  /** Can it follow what is buffered? */
  #takes(f: Fragment): boolean {
    return this.#media.takes(this.#index.list.inits[f.init]!.mime);
  }

  async #appendChunk(chunk: Chunk, generation: number): Promise<void> {
    const bytes = await mediaBytes(chunk.url, chunk.range, this.#abort.signal);
    if (generation !== this.#generation) return;
    await this.#media.prepare(chunk.init, this.#index.list.inits[chunk.init]!, chunk.start);
    if (generation !== this.#generation) return;
    this.#cursor = chunk.next;
    await this.#media.append(bytes);
    this.#fetching.succeeded();
  }

  /** The list is used up: ask for more of it. True when there is something new to append. */
  async #extend(until: number, generation: number): Promise<boolean> {
    const list = this.#index.list;
    const before = list.end ?? 0;
    if (this.#o.now() - until > 30_000 || before > until + JOIN_MS)
      await this.#index.ensure(until + JOIN_MS, this.#abort.signal);
    else await this.#index.refreshEnd(this.#abort.signal);
    if (generation !== this.#generation) return false;
    const found = list.locate(until + 5);
    if (found && found.end > until + 20) {
      // Contiguous fragments may follow as they are; after frames from memory only a key frame continues cleanly.
      this.#cursor = this.#tailTo !== null || found.start < until - 30 ? list.keyBefore(found) : found;
      this.#tailTo = null;
      return true;
    }
    const next = list.firstAfter(until + 5);
    if (next) {
      this.#cursor = next;
      return true;
    }
    // Within a second of the end of what is on disk: take what is still in memory.
    if (list.tail && this.#tailTo === null && (list.end ?? 0) === before && before - this.s.position < 1000)
      await this.#appendTail();
    return false;
  }

  async #appendTail(): Promise<void> {
    const tail = this.#index.list.tail;
    if (!tail) return;
    const bytes = await mediaBytes(tail.url, undefined, this.#abort.signal).catch(() => new Uint8Array());
    if (!bytes.length) return;
    await this.#media.append(bytes);
    this.#tailTo = tail.from;
  }

  #fillFailed(e: unknown): void {
    if (e instanceof DOMException && e.name === 'AbortError') return;
    // What is buffered still plays.
    const until = this.#media.until(this.s.position);
    const left = until === null ? 0 : until - this.s.position;
    if (this.#fetching.failed(performance.now(), left)) this.#failed(e);
  }

  readonly #decodeFailed = (): void => {
    this.#media.close();
    this.#cursor = null;
    const next = this.#decoding.next(this.s.position);
    if (next === null) return this.#failed(new ApiError('decode_failed', 0));
    void this.seek(next);
  };

  #failed(e: unknown): void {
    if (e instanceof DOMException && e.name === 'AbortError') return;
    if (e instanceof Unplayable) this.s.error = { code: 'codec_unplayable', params: { mime: e.message } };
    else if (e instanceof ApiError) this.s.error = { code: e.code, params: e.params };
    else {
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
