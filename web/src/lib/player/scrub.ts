/**
 * Pictures while the timeline is dragged: key frames of the recorded sub stream, fetched one at a time with the newest
 * wish next, kept by GOP, and painted by whatever decoder the browser has.
 */
import { api, ApiError, mediaBytes } from '../api/client';
import type { RenditionId } from '../api/types';
import { GopCache } from './gop-cache';
import { Unplayable } from './media-buffer';
import { readFragment, splitInit } from './mp4';
import type { KeyPainter } from './key-painter';

export interface ScrubOptions {
  camera: string;
  rendition: RenditionId;
  gopMs: number;
  painter: KeyPainter;
  /** A picture for `asked` is on the screen; `at` is the time it really shows. */
  painted(asked: number, at: number): void;
  missing(asked: number): void;
}

interface KeyFrame {
  start: number;
  bytes: Uint8Array;
}

/** 400 key frames of 360p are some 10 MB. */
const KEEP = 400;

export const scrubTimings: number[] = [];

export class Scrubber {
  #o: ScrubOptions;
  #cache: GopCache<KeyFrame>;
  #wish: { t: number; since: number } | null = null;
  #busy = false;
  #stopped = false;

  constructor(o: ScrubOptions) {
    this.#o = o;
    this.#cache = new GopCache(KEEP, Math.max(200, o.gopMs * 0.9));
  }

  request(t: number): void {
    this.#wish = { t, since: performance.now() };
    void this.#work();
  }

  /** Forgets the wish, for instance when the finger is lifted and real video takes over. */
  cancel(): void {
    this.#wish = null;
  }

  stop(): void {
    this.#stopped = true;
    this.#wish = null;
    this.#o.painter.close();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#wish && !this.#stopped) {
      const { t, since } = this.#wish;
      this.#wish = null;
      try {
        const key = this.#cache.get(t) ?? (await this.#fetch(t));
        if (this.#stopped) break;
        await this.#o.painter.paint(key.bytes, key.start);
        scrubTimings.push(Math.round(performance.now() - since));
        this.#o.painted(t, key.start);
      } catch (e) {
        if (e instanceof ApiError) {
          // Anything but "not there" tells nothing about the footage: the picture stays, the next wish asks again.
          if (e.status === 404) this.#o.missing(t);
        }
        // The picture stays as it is; the player says why when the finger rests.
        else if (!(e instanceof Unplayable)) reportError(e);
      }
    }
    this.#busy = false;
  }

  async #fetch(t: number): Promise<KeyFrame> {
    const bytes = await mediaBytes(api.keyframeUrl(this.#o.camera, t, this.#o.rendition));
    const info = readFragment(splitInit(bytes).media);
    if (!info) throw new ApiError('no_recording', 404);
    const key = { start: info.time / 90, bytes };
    this.#cache.put(key.start, t, key);
    return key;
  }
}
