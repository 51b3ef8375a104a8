/**
 * The recorder's clock as seen from here. Every notice `now` arrives late by the network delay, so the largest of the
 * recent differences is the closest to the truth. `performance.now` carries it on: changing the PC's clock does nothing.
 */
const KEEP = 12;

export class ServerClock {
  #differences: number[] = [];

  constructor(private readonly monotonic: () => number = () => performance.now()) {}

  /** A notice from the recorder that its clock says `serverMs`. */
  learn(serverMs: number): void {
    if (!Number.isFinite(serverMs)) return;
    const difference = serverMs - this.monotonic();
    // A step of the recorder's own clock makes older notices worthless.
    if (Math.abs(difference - this.#offset()) > 5000) this.#differences = [];
    this.#differences.push(difference);
    if (this.#differences.length > KEEP) this.#differences.shift();
  }

  get known(): boolean {
    return this.#differences.length > 0;
  }

  #offset(): number {
    return this.known ? Math.max(...this.#differences) : Date.now() - this.monotonic();
  }

  /** Epoch milliseconds on the recorder's clock; this machine's clock until the recorder has spoken. */
  now(): number {
    return this.monotonic() + this.#offset();
  }
}
