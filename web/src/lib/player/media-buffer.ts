/**
 * The MSE side of playback: one media element whose time 0 is `origin`, filled with recorded fragments.
 * Knows init segments and buffers, not seeking or gaps.
 */
import { mediaBytes } from '../api/client';
import { AppendQueue } from './append-queue';
import { attach, bufferedUntil, canPlay, detach, holdsIn, rangesOf } from './mse';

/** Media time 0 lies this long before the first seek: room to go back without a new media source. */
const BACK_MS = 400 * 86_400_000;

export class Unplayable extends Error {}

const initCache = new Map<string, Promise<Uint8Array>>();

/** Init segments never change: fetched once per page. */
export function initBytes(url: string): Promise<Uint8Array> {
  let bytes = initCache.get(url);
  if (!bytes) {
    bytes = mediaBytes(url);
    bytes.catch(() => initCache.delete(url));
    initCache.set(url, bytes);
    if (initCache.size > 100) initCache.delete(initCache.keys().next().value!);
  }
  return bytes;
}

export class MediaBuffer {
  #queue: AppendQueue | null = null;
  #buffer: SourceBuffer | null = null;
  #source: MediaSource | null = null;
  #init = '';
  #mime = '';
  #origin = 0;
  /** Where the media appended last began. */
  #last = -Infinity;

  constructor(
    readonly video: HTMLVideoElement,
    private readonly failed: () => void,
  ) {}

  get open(): boolean {
    return this.#source?.readyState === 'open';
  }

  toMedia(ms: number): number {
    return (ms - this.#origin) / 1000;
  }

  toEpoch(mediaS: number): number {
    return this.#origin + mediaS * 1000;
  }

  /** Makes the buffer ready for media of this init segment around `at`. */
  async prepare(hash: string, spec: { url: string; mime: string }, at: number): Promise<void> {
    if (!canPlay(spec.mime)) throw new Unplayable(spec.mime);
    await this.prepareWith(hash, spec.mime, await initBytes(spec.url), at);
  }

  /** The same with the init segment's bytes at hand. */
  async prepareWith(hash: string, mime: string, init: Uint8Array, at: number): Promise<void> {
    if (!this.open || at < this.#origin || !this.takes(mime)) await this.#start(mime, at);
    if (at < this.#last) {
      // WebKit's GStreamer loses what goes back in time, unless its parser begins anew.
      this.#queue!.parseAnew();
      this.#init = '';
    }
    this.#last = at;
    if (hash === this.#init) return;
    if (mime !== this.#mime) this.#queue!.changeType(mime);
    this.#mime = mime;
    this.#init = hash;
    this.#queue!.append(init);
  }

  /** Can media of this type follow? WebKitGTK has no `changeType`: there another codec needs another source. */
  takes(mime: string): boolean {
    return !this.open || mime === this.#mime || 'changeType' in this.#buffer!;
  }

  async #start(mime: string, at: number): Promise<void> {
    this.close();
    const source = await attach(this.video);
    this.#origin = Math.floor(at / 1000) * 1000 - BACK_MS;
    this.#source = source;
    source.duration = 2 * (BACK_MS / 1000);
    this.#buffer = source.addSourceBuffer(mime);
    this.#mime = mime;
    this.#init = '';
    this.#last = -Infinity;
    this.#queue = new AppendQueue(this.#buffer, { failed: this.failed, full: () => this.#free() });
    this.#queue.offset(-this.#origin / 1000);
  }

  append(bytes: Uint8Array): Promise<void> {
    if (!this.#queue) return Promise.resolve();
    this.#queue.append(bytes);
    return this.#queue.settled();
  }

  /** End of the unbroken buffered stretch around `ms`, or null. */
  until(ms: number): number | null {
    if (!this.#buffer || !this.open) return null;
    const end = bufferedUntil(rangesOf(this.#buffer.buffered), this.toMedia(ms));
    return end === null ? null : this.toEpoch(end);
  }

  /** Is the picture of `ms` there, and `ahead` ms more? Unlike `until` without tolerance: a seek into a hole, however small, waits. */
  holds(ms: number, ahead: number): boolean {
    if (!this.#buffer || !this.open) return false;
    return holdsIn(rangesOf(this.#buffer.buffered), this.toMedia(ms), ahead / 1000);
  }

  /** Forgets everything outside the range. */
  keep(from: number, to: number): void {
    if (!this.#buffer || !this.open) return;
    for (const [a, b] of rangesOf(this.#buffer.buffered)) {
      const start = this.toMedia(from);
      const end = this.toMedia(to);
      if (a < start - 1) this.#queue?.remove(a, Math.min(b, start));
      if (b > end + 1) this.#queue?.remove(Math.max(a, end), b);
    }
  }

  /** Drops all media, for another rendition; the last picture stays on the screen. */
  empty(): void {
    this.#queue?.clear();
    this.#queue?.remove(0, Number.POSITIVE_INFINITY);
    this.#init = '';
  }

  #free(): void {
    const at = this.video.currentTime;
    this.#queue?.removeFirst(0, at - 3);
    this.#queue?.removeFirst(at + 15, Number.POSITIVE_INFINITY);
  }

  close(): void {
    this.#queue?.close();
    this.#queue = null;
    this.#buffer = null;
    if (this.#source) detach(this.video);
    this.#source = null;
    this.#init = '';
  }
}
