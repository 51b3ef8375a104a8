/** Bookmarks and locks as the timeline and the list use them: times as numbers. Pure. */
import type { Bookmark, Lock } from '../api/types';

export interface Keepsake {
  id: string;
  kind: 'bookmark' | 'lock';
  from: number;
  /** Null = a moment. */
  to: number | null;
  note: string;
  by: string;
  /** When a lock ends by itself. */
  until: number | null;
  /** What a change of a bookmark must name; locks cannot be changed. */
  revision: number | null;
}

export const ofBookmark = (b: Bookmark): Keepsake => ({
  id: b.id,
  kind: 'bookmark',
  from: Date.parse(b.at),
  to: b.to === null ? null : Date.parse(b.to),
  note: b.note,
  by: b.by,
  until: null,
  revision: b.revision,
});

export const ofLock = (l: Lock): Keepsake => ({
  id: l.id,
  kind: 'lock',
  from: Date.parse(l.from),
  to: Date.parse(l.to),
  note: l.note,
  by: l.by,
  until: l.until === null ? null : Date.parse(l.until),
  revision: null,
});

/** Newest moment first. */
export const inOrder = (all: readonly Keepsake[]): Keepsake[] =>
  [...all].sort((a, b) => b.from - a.from || (a.id < b.id ? 1 : -1));

/** The one at an instant, or beside it by `near`; a bookmark before a lock, as it says more. */
export function keptAt(all: readonly Keepsake[], at: number, near: number): Keepsake | null {
  const there = all.filter((k) => k.from - near <= at && at <= (k.to ?? k.from) + near);
  return there.find((k) => k.kind === 'bookmark') ?? there[0] ?? null;
}

/** "This moment": so much on both sides of it. */
export const AROUND_MS = 30_000;

/** What is to be kept: what is marked on the timeline, else the moment and what is around it. */
export function rangeToKeep(
  marks: { in: number | null; out: number | null },
  at: number,
): { from: number; to: number; marked: boolean } {
  // prettier-ignore
  const { in: a, out: b } = marks;
  if (a !== null && b !== null && b > a) return { from: a, to: b, marked: true };
  return { from: Math.round(at) - AROUND_MS, to: Math.round(at) + AROUND_MS, marked: false };
}
