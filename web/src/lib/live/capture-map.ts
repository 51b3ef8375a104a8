/** Remembers when each recent frame was captured, by its media time, so that a presented frame tells its true age. Pure. */
const KEEP = 400;

export class CaptureMap {
  #media: number[] = [];
  #capture: number[] = [];

  add(mediaS: number, captureMs: number): void {
    // After a restart of the stream old entries with later media times would only mislead.
    while (this.#media.length && this.#media[this.#media.length - 1]! >= mediaS) {
      this.#media.pop();
      this.#capture.pop();
    }
    this.#media.push(mediaS);
    this.#capture.push(captureMs);
    if (this.#media.length > KEEP) {
      this.#media.splice(0, KEEP / 4);
      this.#capture.splice(0, KEEP / 4);
    }
  }

  /** Capture time of the frame shown at `mediaS`: the last one that does not start after it. */
  at(mediaS: number): number | null {
    let low = 0;
    let high = this.#media.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.#media[mid]! <= mediaS + 0.002) low = mid + 1;
      else high = mid;
    }
    return low ? this.#capture[low - 1]! : null;
  }
}
