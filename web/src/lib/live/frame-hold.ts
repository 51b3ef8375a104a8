/**
 * Gives every live frame its true duration before it is appended.
 *
 * The recorder must send a frame before it knows when the next one comes, so its durations are predictions. MSE drops
 * everything up to the next key frame once a frame comes more than twice its predecessor's duration after it: one
 * camera hiccup would freeze the tile for a whole GOP. So a frame is held until its successor is here (one frame of
 * latency) and gets the real distance as its duration. A frame without successor goes out after `HOLD_MS`, with a
 * duration long enough to bridge the hiccup.
 */
import { readFragment, setDuration, type FragmentInfo } from '../player/mp4';

export const HOLD_MS = 220;
const BRIDGE_TICKS = 90_000;
/** Farther apart is a real gap (a lost camera, a pause): the prediction stays and the gap shows in the buffer. */
const LONGEST_TICKS = 3 * 90_000;

interface Held {
  bytes: Uint8Array;
  info: FragmentInfo;
}

export class FrameHold {
  #held = new Map<number, Held>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly out: (bytes: Uint8Array) => void) {}

  push(bytes: Uint8Array, info: FragmentInfo | null = readFragment(bytes)): void {
    if (!info || info.samples !== 1 || info.durationAt === null) {
      this.flush();
      return this.out(bytes);
    }
    const before = this.#held.get(info.track);
    if (before) {
      const distance = info.time - before.info.time;
      if (distance > 0 && distance < LONGEST_TICKS) setDuration(before.bytes, before.info, distance);
      this.out(before.bytes);
    }
    this.#held.set(info.track, { bytes, info });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(BRIDGE_TICKS), HOLD_MS);
  }

  /** Lets go of what is held; `bridge` replaces a shorter predicted duration. */
  flush(bridge = 0): void {
    clearTimeout(this.#timer);
    for (const { bytes, info } of this.#held.values()) {
      if (bridge > (info.duration ?? 0)) setDuration(bytes, info, bridge);
      this.out(bytes);
    }
    this.#held.clear();
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#held.clear();
  }
}
