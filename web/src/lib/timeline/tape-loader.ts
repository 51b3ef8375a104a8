/** Fetches the strip of motion and the events for the timeline as the view moves; what is going on now again and again. */
import { api } from '../api/client';
import { motionApi } from '../api/motion';
import { happening, merged, neighbour, PRE_ROLL_MS, type Happening } from '../motion/events';
import { BUCKETS, bucketOf, piecesOf, Tape, type Piece } from './tape';
import type { View } from './scale';

const RUNNING_EVERY_MS = 2000;
/** So much of the past is asked for again with the present: a minute is told when it is over, an event may end late. */
const AGAIN_MS = 90_000;
const AFTER_ERROR_MS = 5000;
const HOUR = 3_600_000;
/** The recorder answers for at most 32 days at once. */
const LONGEST = 30 * 24 * HOUR;
/** A year: nobody keeps more. */
const MOST_TURNS = 12;

export class TapeLoader {
  readonly tape = new Tape();
  #wish: View | null = null;
  #busy = false;
  #askedAt = -Infinity;
  #failedAt = -Infinity;
  #stopped = false;

  constructor(
    private readonly camera: string,
    private readonly now: () => number,
    private readonly changed: () => void,
  ) {}

  stop(): void {
    this.#stopped = true;
  }

  /** Loads what the view shows, and what has happened in it since the last time. */
  want(view: View): void {
    if (view.width < 2 || performance.now() - this.#failedAt < AFTER_ERROR_MS) return;
    this.#wish = view;
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#wish && !this.#stopped) {
        const next = this.#missing(this.#wish);
        if (next) await this.#load(next);
        else this.#wish = null;
      }
    } catch {
      // The strip is beside the footage: its timeline says when the recorder does not answer.
      this.#failedAt = performance.now();
    } finally {
      this.#busy = false;
    }
  }

  /** The piece of the view to ask for next: the newest that is not known, then the running one. */
  #missing(view: View): Piece | null {
    const now = this.now();
    const pieces = piecesOf(view.from, Math.min(view.to, now), bucketOf(view));
    const unknown = pieces.findLast((p) => this.tape.until(p) === null);
    if (unknown) return unknown;
    const due = performance.now() - this.#askedAt > RUNNING_EVERY_MS;
    return pieces.findLast((p) => due && this.tape.until(p)! < Math.min(p.to + AGAIN_MS, now)) ?? null;
  }

  async #load(piece: Piece): Promise<void> {
    const now = this.now();
    const until = this.tape.until(piece);
    const from = until === null ? piece.from : Math.max(piece.from, piece.from + Math.floor((until - AGAIN_MS - piece.from) / piece.bucket) * piece.bucket); // prettier-ignore
    if (piece.to > now - AGAIN_MS) this.#askedAt = performance.now();
    const answer = await api.timeline([this.camera], from, piece.to, piece.bucket);
    const mine = answer.cameras[0];
    if (this.#stopped || !mine) return;
    this.tape.put(piece, from, mine.motion, mine.events.map(happening), now);
    this.changed();
  }

  /** Whether everything between two instants has been told, at whatever fineness. */
  known(from: number, to: number): boolean {
    const end = Math.min(to, this.now() - AGAIN_MS);
    const told = (t: number): Piece | undefined =>
      BUCKETS.map((b) => piecesOf(t, t + 1, b)[0]!).find(
        (p) => (this.tape.until(p) ?? -Infinity) > Math.min(p.to, end),
      );
    for (let t = from; t < end;) {
      const piece = told(t);
      if (!piece) return false;
      t = piece.to;
    }
    return true;
  }

  /** The event before or after `at`, however far away; null when there is none. */
  async neighbour(at: number, direction: 1 | -1): Promise<Happening | null> {
    return direction < 0 ? this.#before(at) : this.#after(at);
  }

  async #before(at: number): Promise<Happening | null> {
    for (let to = at + PRE_ROLL_MS, turn = 0; turn < MOST_TURNS; to -= LONGEST, turn++) {
      const page = await motionApi.events({ cameras: [this.camera], from: to - LONGEST, to, limit: 10 });
      const found = neighbour(page.items.map(happening), at, -1);
      if (found) return found;
    }
    return null;
  }

  /** Events come newest first: ranges that grow, the first that has one is read to its end. */
  async #after(at: number): Promise<Happening | null> {
    const now = this.now();
    for (let from = at, long = HOUR; from < now; from += long, long = Math.min(LONGEST, long * 4)) {
      let all: Happening[] = [];
      let cursor: string | undefined;
      do {
        const page = await motionApi.events({ cameras: [this.camera], from, to: from + long, limit: 200, cursor });
        all = merged(all, page.items.map(happening));
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
      const found = neighbour(all, at, 1);
      if (found) return found;
    }
    return null;
  }
}
