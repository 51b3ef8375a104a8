/** How long playback bears with failures. Pure; times are `performance.now()`, positions epoch milliseconds. */

const BETWEEN_TRIES_MS = 1000;
const GIVE_UP_MS = 30_000;
/** So little left counts as run out. */
const DRY_MS = 200;

/** Fetching ahead that fails: tried again at a gentle pace, given up only when nothing is left to play. */
export class FetchPatience {
  #since: number | null = null;
  #next = 0;

  /** May it be tried now? */
  due(now: number): boolean {
    return now >= this.#next;
  }

  succeeded(): void {
    this.#since = null;
    this.#next = 0;
  }

  /** True when it is time to give up. `leftMs` is what is still buffered. */
  failed(now: number, leftMs: number): boolean {
    this.#since ??= now;
    this.#next = now + BETWEEN_TRIES_MS;
    return leftMs < DRY_MS && now - this.#since >= GIVE_UP_MS;
  }
}

const NEAR_MS = 3000;
const STEP_MS = 1000;
/** A damaged group of pictures is at most so many steps long. */
const STEPS = 12;

/** Media that cannot be decoded: once more at the spot, then a second further on each time, so that it comes to an end. */
export class DecodePatience {
  #spot = -Infinity;
  #steps = 0;

  /** Where to go on after a failure at `position`; null when nothing around there can be decoded. */
  next(position: number): number | null {
    if (Math.abs(position - this.#spot) > NEAR_MS) {
      this.#spot = position;
      this.#steps = 0;
      return position;
    }
    if (this.#steps === STEPS) {
      this.#spot = -Infinity;
      return null;
    }
    this.#steps++;
    this.#spot = Math.max(position, this.#spot) + STEP_MS;
    return this.#spot;
  }
}
