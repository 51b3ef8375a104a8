/** Recorded stretches and gaps of one camera: merging answers, looking up an instant. Pure; half-open, epoch ms. */
import type { TimelineCamera } from '../api/types';

export interface Stretch {
  from: number;
  to: number;
}

export interface CausedGap extends Stretch {
  cause: string;
}

/** Unites stretches that touch or overlap; the result is sorted. */
export function united(stretches: readonly Stretch[]): Stretch[] {
  const out: Stretch[] = [];
  for (const s of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = out[out.length - 1];
    if (last && s.from <= last.to + 1) last.to = Math.max(last.to, s.to);
    else if (s.to > s.from) out.push({ ...s });
  }
  return out;
}

/** `list` without `[from, to)`: room for a newer answer about that range. */
export function without<T extends Stretch>(list: readonly T[], from: number, to: number): T[] {
  const out: T[] = [];
  for (const s of list) {
    if (s.from < from) out.push({ ...s, to: Math.min(s.to, from) });
    if (s.to > to) out.push({ ...s, from: Math.max(s.from, to) });
  }
  return out.filter((s) => s.to > s.from);
}

/** Index of the last entry that starts at or before `t`, or -1. */
export function lastBefore(list: readonly Stretch[], t: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (list[mid]!.from <= t) low = mid + 1;
    else high = mid;
  }
  return low - 1;
}

const EDGE_SLACK_MS = 2000;
const EDGE_HOLDS_MS = 30_000;

/**
 * Where to paint the end of the newest stretch. The list trails the present by seconds that are being written: while the
 * stretch reaches the camera's edge and the edge is fresh, it goes up to now. An older end is the beginning of a gap.
 */
export function paintedEnd(last: Stretch, edge: number | null, now: number): number {
  const growing = edge !== null && last.to >= edge - EDGE_SLACK_MS && now - edge < EDGE_HOLDS_MS;
  return growing ? Math.max(last.to, now) : last.to;
}

export class Coverage {
  spans: Stretch[] = [];
  gaps: CausedGap[] = [];
  oldest: number | null = null;
  edge: number | null = null;
  #loaded: Stretch[] = [];

  /** Takes over an answer about `[from, to)`. `known` is where the answer's knowledge ends: the present. */
  add(answer: TimelineCamera, from: number, to: number, known: number): void {
    const stretch = (s: { from: string; to: string }): Stretch => ({ from: Date.parse(s.from), to: Date.parse(s.to) });
    this.spans = united([...without(this.spans, from, to), ...answer.spans.map(stretch)]);
    const gaps = answer.gaps.map((g) => ({ ...stretch(g), cause: g.cause }));
    this.gaps = [...without(this.gaps, from, to), ...gaps].sort((a, b) => a.from - b.from);
    this.oldest = answer.oldest_at ? Date.parse(answer.oldest_at) : this.oldest;
    this.edge = answer.live_edge ? Date.parse(answer.live_edge) : null;
    this.#loaded = united([...this.#loaded, { from, to: Math.min(to, known) }]);
  }

  loaded(from: number, to: number): boolean {
    const l = this.#loaded[lastBefore(this.#loaded, from)];
    return l !== undefined && l.to >= to;
  }

  recorded(t: number): boolean {
    const s = this.spans[lastBefore(this.spans, t)];
    return s !== undefined && t < s.to;
  }

  /** Where to begin so as to see what came right before `end`: ten seconds earlier, but not before that stretch begins. */
  leadIn(end: number): number {
    const s = this.spans[lastBefore(this.spans, end - 1)];
    return Math.max(end - 10_000, s?.from ?? -Infinity);
  }

  /** The whole hole around `t`, from footage to footage as far as known (else infinite); null where there is footage. */
  hole(t: number): CausedGap | null {
    if (this.recorded(t)) return null;
    const i = lastBefore(this.spans, t);
    const before = this.spans[i];
    const after = this.spans[i + 1];
    const gap = this.gaps[lastBefore(this.gaps, t)];
    const cause = gap && t < gap.to ? gap.cause : 'unknown';
    return { from: before?.to ?? -Infinity, to: after?.from ?? Infinity, cause };
  }
}
