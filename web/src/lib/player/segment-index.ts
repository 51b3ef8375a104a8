/** The playlist of one camera and rendition, loaded piece by piece from the API as playback needs it. */
import { api, ApiError } from '../api/client';
import type { RenditionId } from '../api/types';
import { deadline } from './deadline';
import { Playlist } from './playlist';

const AHEAD_MS = 120_000;
const BEHIND_MS = 10_000;
const FRESH_MS = 1000;
const SETTLED_MS = 10_000;
const ANSWER_MS = 15_000;

interface Loaded {
  from: number;
  to: number;
}

export class SegmentIndex {
  readonly list = new Playlist();
  #loaded: Loaded[] = [];
  #refreshed = 0;
  #pending: Promise<void> | null = null;

  constructor(
    readonly camera: string,
    readonly rendition: RenditionId,
    private readonly now: () => number,
  ) {}

  /** Is the list around `t` known to be all there is? */
  covers(t: number): boolean {
    return this.#loaded.some((l) => l.from <= t && t < l.to);
  }

  /** Makes sure that the list around `t` is known. */
  async ensure(t: number, signal: AbortSignal): Promise<void> {
    if (this.covers(t)) return;
    await this.#load(t - BEHIND_MS, t + AHEAD_MS, signal);
  }

  /** Asks again for the growing end, at most once a second. */
  async refreshEnd(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#refreshed < FRESH_MS) return;
    const from = Math.max(this.now() - 60_000, (this.list.end ?? 0) - 1);
    await this.#load(from, this.now() + AHEAD_MS, signal);
  }

  async #load(from: number, to: number, signal: AbortSignal): Promise<void> {
    while (this.#pending) await this.#pending.catch(() => {});
    const work = this.#fetch(from, to, signal);
    this.#pending = work;
    try {
      await work;
    } finally {
      this.#pending = null;
    }
  }

  async #fetch(from: number, to: number, signal: AbortSignal): Promise<void> {
    const asked = this.now();
    const limit = deadline(signal, ANSWER_MS);
    const list = await api
      .segments(this.camera, from, to, this.rendition, limit.signal)
      .catch((e: unknown) => {
        // Some browsers call every end of a request an abort: only the seek's own is one.
        throw limit.signal.aborted && !signal.aborted ? new ApiError('unreachable', 0) : e;
      })
      .finally(limit.clear);
    this.list.add(list);
    if (to > asked) {
      this.#refreshed = performance.now();
      if (!list.tail) this.list.tail = null;
    }
    // Up to its last fragment an answer is final; after it, only what is so old that nothing can still be on its way.
    const row = list.segments.at(-1);
    const last = row?.fragments.at(-1);
    const end = row && last ? (row.start_90k + last[2] + last[3]) / 90 : from;
    const known = Math.min(to, list.next_cursor ? end : Math.max(end, asked - SETTLED_MS));
    if (known > from) this.#loaded.push({ from, to: known });
  }
}
