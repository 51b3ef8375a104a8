/** Key frames seen while scrubbing, found again by the time they stand for. Pure. */
interface Entry<T> {
  start: number;
  /** Latest instant for which this is known to be the key frame. */
  until: number;
  value: T;
}

export class GopCache<T> {
  #entries: Entry<T>[] = [];

  constructor(
    private readonly capacity: number,
    /** Key frames are at least this far apart: so long a key frame is surely the right one. */
    private readonly shortestMs: number,
  ) {}

  /** `value` is the key frame that starts at `start` and was the answer for `asked`. */
  put(start: number, asked: number, value: T): void {
    const known = this.#entries.find((e) => e.start === start);
    if (known) {
      known.until = Math.max(known.until, asked);
      return;
    }
    this.#entries.push({ start, until: Math.max(asked, start + this.shortestMs), value });
    if (this.#entries.length > this.capacity) this.#entries.shift();
  }

  get(t: number): T | null {
    let best: Entry<T> | null = null;
    for (const e of this.#entries) if (e.start <= t && (!best || e.start > best.start)) best = e;
    return best && t <= best.until ? best.value : null;
  }

  get size(): number {
    return this.#entries.length;
  }
}
