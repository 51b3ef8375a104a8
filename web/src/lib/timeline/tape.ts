/**
 * How strongly it moved, for the strip of the timeline: answers of the recorder in pieces of several finenesses, and the
 * best that is known of any instant. Pure; epoch ms.
 */
import type { Happening } from '../motion/events';
import { msPerPx, type View } from './scale';

const S = 1000;
const M = 60 * S;
/** Widths of a bucket. */
export const BUCKETS = [S, 2 * S, 5 * S, 10 * S, 30 * S, M, 2 * M, 5 * M, 10 * M] as const;
/** A piece is so many buckets: some screens wide, and at 10 minutes not longer than the recorder answers for. */
export const PIECE = 720;
/** A narrower bar could not be seen as one. */
const BAR_PX = 3;
/** A day by the second is 120 pieces. */
const KEEP = 160;
/** The recorder tells so many events of a piece, the newest. */
const MOST_EVENTS = 1000;

/** The bucket in which a view is drawn. */
export const bucketOf = (v: View): number => BUCKETS.find((b) => b / msPerPx(v) >= BAR_PX) ?? BUCKETS.at(-1)!;

export interface Piece {
  bucket: number;
  from: number;
  to: number;
}

/** The pieces of a fineness that a range needs. */
export function piecesOf(from: number, to: number, bucket: number): Piece[] {
  const long = bucket * PIECE;
  const pieces: Piece[] = [];
  for (let at = Math.floor(from / long) * long; at < to; at += long) pieces.push({ bucket, from: at, to: at + long });
  return pieces;
}

interface Known {
  values: readonly number[];
  /** When the recorder answered. */
  until: number;
}

const key = (p: Piece): string => `${p.bucket} ${p.from}`;

export class Tape {
  readonly events = new Map<string, Happening>();
  #pieces = new Map<string, Known>();

  /**
   * An answer about a piece from `from` on, given when it was `now` there; what was known before that stays. Events that
   * it does not name any more are gone.
   */
  put(piece: Piece, from: number, values: readonly number[], events: readonly Happening[], now: number): void {
    const old = this.#pieces.get(key(piece))?.values ?? [];
    const before = Array.from({ length: Math.round((from - piece.from) / piece.bucket) }, (_, i) => old[i] ?? 0);
    this.#pieces.delete(key(piece));
    this.#pieces.set(key(piece), { values: [...before, ...values], until: now });
    if (this.#pieces.size > KEEP) this.#pieces.delete(this.#pieces.keys().next().value!);
    const told = events.length < MOST_EVENTS ? from : events.reduce((t, e) => Math.min(t, e.from), Infinity);
    for (const [id, e] of this.events) if (e.from >= told && e.from < piece.to) this.events.delete(id);
    for (const e of events) this.events.set(e.id, e);
  }

  /** When a piece was last told of; null when it was never asked for. */
  until(piece: Piece): number | null {
    return this.#pieces.get(key(piece))?.until ?? null;
  }

  /** Strength at an instant, 0 to 255: of the wanted fineness, else of the next coarser that is known; null = unknown. */
  at(t: number, bucket: number): number | null {
    for (const b of BUCKETS) {
      if (b < bucket) continue;
      const [piece] = piecesOf(t, t + 1, b);
      const known = this.#pieces.get(key(piece!));
      // Nobody looked in all that time: an empty answer.
      if (known && t < known.until) return known.values[Math.floor((t - piece!.from) / b)] ?? 0;
    }
    return null;
  }

  /** Bars of a view, left to right; none where nothing moved. */
  *bars(view: View, bucket = bucketOf(view)): Generator<{ from: number; strength: number }> {
    for (let t = Math.floor(view.from / bucket) * bucket; t < view.to; t += bucket) {
      const strength = this.at(t, bucket);
      if (strength) yield { from: t, strength };
    }
  }
}
