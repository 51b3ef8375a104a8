/** A search for motion in a part of the picture: begun, followed until it is over, ended when nobody wants it any more. */
import { ApiError } from '../api/client';
import { motionApi } from '../api/motion';
import type { MotionHit, MotionSearch, SearchState } from '../api/types';
import type { Polygon } from '../zones/geometry';

export interface Hit {
  from: number;
  to: number;
  best: number;
  /** Share of the area that moved at once, 0 to 1. */
  strength: number;
}

export interface SearchView {
  state: SearchState | 'canceled';
  from: number;
  to: number;
  hits: Hit[];
  /** Everything from here on has been looked at. */
  scannedUntil: number;
  /** Since when motion of this camera is known; null = it was never looked at. */
  dataSince: number | null;
  /** Seconds of the range in which motion was looked at. */
  observedS: number;
  truncated: boolean;
  error: unknown;
}

export interface Wanted {
  camera: string;
  from: number;
  to: number;
  polygon: Polygon;
  minStrength: number;
}

/** Enough to look through; the recorder finds more only when asked. */
export const MOST_HITS = 1000;

const hitOf = (h: MotionHit): Hit => ({ from: Date.parse(h.from), to: Date.parse(h.to), best: Date.parse(h.best_at), strength: h.strength }); // prettier-ignore

export class RegionSearch {
  #view: SearchView;
  #stop = new AbortController();
  #id: string | null = null;

  constructor(
    wanted: Wanted,
    private readonly changed: (v: SearchView) => void,
  ) {
    const { from, to } = wanted;
    this.#view = { state: 'running', from, to, hits: [], scannedUntil: to, dataSince: null, observedS: 0, truncated: false, error: null }; // prettier-ignore
    void this.#run(wanted);
  }

  #tell(patch: Partial<SearchView>): void {
    if (this.#stop.signal.aborted) return;
    this.#view = { ...this.#view, ...patch };
    this.changed(this.#view);
  }

  /** Ends it; what was found stays on the screen. */
  cancel(): void {
    if (this.#view.state === 'running') this.#tell({ state: 'canceled' });
    this.#end();
  }

  /** Ends it without a word. */
  stop(): void {
    this.#end();
  }

  #end(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#forget();
  }

  #forget(): void {
    // It is forgotten by itself after some minutes.
    if (this.#id) void motionApi.endSearch(this.#id).catch(() => {});
    this.#id = null;
  }

  async #run(w: Wanted): Promise<void> {
    try {
      const polygon = w.polygon.map(([x, y]) => [x, y]);
      const begun = await motionApi.beginSearch({ camera: w.camera, from: w.from, to: w.to, polygon, min_strength: w.minStrength }); // prettier-ignore
      this.#id = begun.id;
      if (this.#stop.signal.aborted) return this.#forget();
      this.#tell(this.#known(begun));
      await this.#follow(begun.id);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#tell({ state: 'failed', error });
    } finally {
      this.#forget();
    }
  }

  #known(s: MotionSearch): Partial<SearchView> {
    return {
      dataSince: s.data_since === null ? null : Date.parse(s.data_since),
      observedS: s.observed_s,
      truncated: s.truncated,
    };
  }

  async #follow(id: string): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await motionApi.hits(id, cursor, this.#stop.signal);
      const hits = [...this.#view.hits, ...page.items.map(hitOf)];
      cursor = page.next_cursor ?? undefined;
      if (hits.length >= MOST_HITS && cursor) return this.#tell({ hits, scannedUntil: hits.at(-1)!.from, state: 'done', truncated: true }); // prettier-ignore
      this.#tell({ hits, scannedUntil: Date.parse(page.scanned_until) });
      if (page.state === 'failed') throw new ApiError('internal', 500);
    } while (cursor);
    this.#tell({ ...this.#known(await motionApi.search(id)), state: 'done' });
  }
}
