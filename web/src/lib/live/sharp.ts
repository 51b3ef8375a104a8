/**
 * When the main stream is given up because network or machine do not keep up with it, and when it is tried again.
 * A viewer must not stay on the small picture for ever, nor watch the large one stutter. Pure.
 */
import type { TileState } from './truth';

export const GIVE_UP_MS = 6000;
export const AGAIN_MS = 30_000;

export class SharpKeeper {
  #behindSince: number | null = null;
  #restUntil = 0;

  /** Tells how both streams do; `main` is null while it is not played. */
  look(now: number, main: TileState | null, sub: TileState | null): void {
    // Where both are away it is the camera, and nothing is won by giving up.
    if (main === null || main === 'live' || sub !== 'live') this.#behindSince = null;
    else if (now - (this.#behindSince ??= now) >= GIVE_UP_MS) {
      this.#behindSince = null;
      this.#restUntil = now + AGAIN_MS;
    }
  }

  /** True while the small picture has to do. */
  resting(now: number): boolean {
    return now < this.#restUntil;
  }

  /** Somebody wants it sharp now. */
  again(): void {
    this.#restUntil = 0;
  }
}
