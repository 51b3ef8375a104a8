/**
 * What is recorded around a moment, as the fragment lists of the API tell it, and which bytes to fetch for it. Pure.
 * Times here are epoch milliseconds (fractions allowed).
 *
 * An answer lists only the fragments that its range needs, so the same file comes in parts: everything is kept as one
 * row of fragments in order of time.
 */
import type { SegmentList, SegmentRow, TimelineGap } from '../api/types';

export interface Fragment {
  /** The file it lies in. */
  url: string;
  /** Hash of its init segment. */
  init: string;
  offset: number;
  bytes: number;
  start: number;
  end: number;
  key: boolean;
}

export interface Gap {
  from: number;
  to: number;
  cause: string;
}

export interface Chunk {
  url: string;
  init: string;
  /** Inclusive byte range. */
  range: [number, number];
  start: number;
  end: number;
  /** What follows; null at the end of the list. */
  next: Fragment | null;
}

/** Distances up to this are the camera's breathing, not missing footage. */
export const JOIN_MS = 700;
/** Footage that ended so lately on a camera that records is on its way. */
export const EDGE_MS = 8000;

const TICKS_PER_MS = 90;

function fragmentsOf(row: SegmentRow): Fragment[] {
  return row.fragments.map(([offset, bytes, start, duration, key]) => ({
    url: row.url,
    init: row.init,
    offset,
    bytes,
    start: (row.start_90k + start) / TICKS_PER_MS,
    end: (row.start_90k + start + duration) / TICKS_PER_MS,
    key: key === 1,
  }));
}

export const gapOf = (g: TimelineGap): Gap => ({ from: Date.parse(g.from), to: Date.parse(g.to), cause: g.cause });

const follows = (a: Fragment, b: Fragment): boolean => b.start - a.end <= JOIN_MS;

export class Playlist {
  fragments: Fragment[] = [];
  gaps: Gap[] = [];
  inits: SegmentList['inits'] = {};
  tail: { url: string; from: number } | null = null;
  #complete = new Map<string, boolean>();

  /** Merges an answer with what is known. */
  add(list: SegmentList): void {
    const known = new Map(this.fragments.map((f) => [`${f.url} ${f.offset}`, f]));
    for (const row of list.segments) {
      this.#complete.set(row.url, row.complete);
      for (const f of fragmentsOf(row)) known.set(`${f.url} ${f.offset}`, f);
    }
    this.fragments = [...known.values()].sort((a, b) => a.start - b.start);
    this.inits = { ...this.inits, ...list.inits };
    const gaps = new Map(this.gaps.map((g) => [`${g.from}|${g.cause}`, g]));
    for (const g of list.gaps.map(gapOf)) gaps.set(`${g.from}|${g.cause}`, g);
    this.gaps = [...gaps.values()].sort((a, b) => a.from - b.from);
    if (list.tail) this.tail = { url: list.tail.url, from: Date.parse(list.tail.from) };
  }

  /** Index of the last fragment that starts at or before `t`, or -1. */
  #before(t: number): number {
    let low = 0;
    let high = this.fragments.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.fragments[mid]!.start <= t) low = mid + 1;
      else high = mid;
    }
    return low - 1;
  }

  get last(): Fragment | null {
    return this.fragments[this.fragments.length - 1] ?? null;
  }

  get end(): number | null {
    return this.last?.end ?? null;
  }

  /** The newest file is still being written. */
  get growing(): boolean {
    return this.last !== null && this.#complete.get(this.last.url) === false;
  }

  /** Is `t` between the end of the list and now, on a camera that is recording? */
  atEdge(t: number, now: number): boolean {
    const { tail, end, growing } = this;
    if (end === null || t < end) return false;
    return tail !== null || (growing && now - end < EDGE_MS);
  }

  /** The gap around `t`, where the list has no footage: as it is `known` elsewhere, and to the frame where the list knows more. */
  holeAt(t: number, known: Gap | null): Gap {
    const hole = known ?? this.gapAt(t);
    return {
      from: Math.max(hole?.from ?? -Infinity, this.lastBefore(t)?.end ?? -Infinity),
      to: Math.min(hole?.to ?? Infinity, this.firstAfter(t)?.start ?? Infinity),
      cause: hole?.cause ?? 'unknown',
    };
  }

  /** The last fragment that starts at or before `t`. */
  lastBefore(t: number): Fragment | null {
    return this.fragments[this.#before(t)] ?? null;
  }

  /** The first fragment that starts after `t`. */
  firstAfter(t: number): Fragment | null {
    return this.fragments[this.#before(t) + 1] ?? null;
  }

  /** The fragment that holds `t`, or that `t` falls just before or after within a breath. */
  locate(t: number): Fragment | null {
    const i = this.#before(t);
    const f = this.fragments[i] ?? null;
    if (f && t < f.end) return f;
    const next = this.fragments[i + 1] ?? null;
    const past = f ? t - f.end : Infinity;
    const ahead = next ? next.start - t : Infinity;
    if (Math.min(past, ahead) >= JOIN_MS) return null;
    return ahead < past ? next : f;
  }

  /** The last fragment at or before `f` that starts with a key frame. */
  keyBefore(f: Fragment): Fragment {
    let i = this.#before(f.start);
    while (i > 0 && !this.fragments[i]!.key && follows(this.fragments[i - 1]!, this.fragments[i]!)) i--;
    return this.fragments[i] ?? f;
  }

  /** Footage in one piece with the same parameters, from the key frame at or before `t` on, at most `longest` ms of it. */
  pieceAt(t: number, longest: number): { from: number; to: number } | null {
    const found = this.locate(t);
    if (!found) return null;
    const first = this.keyBefore(found);
    let last = first;
    for (let next = this.firstAfter(last.start); next; next = this.firstAfter(last.start)) {
      if (!follows(last, next) || next.init !== first.init || next.end - first.start > longest) break;
      last = next;
    }
    return { from: first.start, to: last.end };
  }

  /** One range request from `first`: whole adjacent fragments of one file until `until` is covered or `maxBytes` reached. */
  chunk(first: Fragment, until: number, maxBytes: number): Chunk {
    let i = this.#before(first.start);
    let last = first;
    for (let next = this.fragments[i + 1]; next; next = this.fragments[i + 1]) {
      const adjacent = next.url === first.url && next.offset > last.offset && follows(last, next);
      if (!adjacent || next.start >= until || next.offset + next.bytes - first.offset > maxBytes) break;
      last = next;
      i++;
    }
    return {
      url: first.url,
      init: first.init,
      range: [first.offset, last.offset + last.bytes - 1],
      start: first.start,
      end: last.end,
      next: this.fragments[i + 1] ?? null,
    };
  }

  /** The unrecorded stretch around `t`: its cause from the server's list, its ends from the footage known on both sides. */
  gapAt(t: number): Gap | null {
    const known = this.gaps.filter((g) => g.from <= t && t < g.to);
    if (known.length === 0) return null;
    let { from, to } = known[0]!;
    // Neighbouring gaps with different causes are one hole for the viewer.
    for (let again = true; again;) {
      again = false;
      for (const g of this.gaps) {
        if (g.from < from && g.to >= from - JOIN_MS) ((from = g.from), (again = true));
        if (g.to > to && g.from <= to + JOIN_MS) ((to = g.to), (again = true));
      }
    }
    return { from, to, cause: known[0]!.cause };
  }
}
