/** When to spare data: by what the browser knows of the network, by stalls, and by what the user has pinned. Pure. */
export type SaverMode = 'auto' | 'on' | 'off';

export interface Network {
  /** The user has asked the browser to spare data. */
  saveData: boolean;
  /** It costs money: a mobile network. */
  metered: boolean;
}

export const STALLS = 2;
export const STALL_WINDOW_MS = 60_000;
/** Tiles stall together: what comes so close after another is the same stall. */
const SAME_STALL_MS = 3000;
/** How long stalls are remembered: then everything is tried again. */
export const STALLED_MS = 5 * 60_000;

/** Counts the moments at which the network did not keep up: one late camera is not one of them, half of those shown are. */
export class Stalls {
  #late = new Map<string, number>();
  #at: number[] = [];
  #until = 0;

  /** A tile of `playing` ones was late. */
  note(now: number, tile: string, playing: number): void {
    this.#late.set(tile, now);
    for (const [name, at] of this.#late) if (now - at >= SAME_STALL_MS) this.#late.delete(name);
    if (2 * this.#late.size < playing) return;
    const last = this.#at.at(-1);
    if (last !== undefined && now - last < SAME_STALL_MS) return;
    this.#at = [...this.#at.filter((at) => now - at < STALL_WINDOW_MS), now];
    if (this.#at.length >= STALLS) this.#until = now + STALLED_MS;
  }

  forget(): void {
    this.#late.clear();
    this.#at = [];
    this.#until = 0;
  }

  stalled(now: number): boolean {
    return now < this.#until;
  }
}

export type SaverReason = 'cannot' | 'pinned' | 'asked' | 'metered' | 'stalled';

/** Why there are stills; null when there are not. `plays`: the browser can play a stream at all. */
export function saverReason(mode: SaverMode, network: Network, stalled: boolean, plays = true): SaverReason | null {
  if (!plays) return 'cannot';
  if (mode === 'on') return 'pinned';
  if (mode === 'off') return null;
  if (network.saveData) return 'asked';
  if (network.metered) return 'metered';
  return stalled ? 'stalled' : null;
}
