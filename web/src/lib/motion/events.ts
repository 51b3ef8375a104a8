/** Events as pages use them: times as numbers, what to play, jumping from one to another. Pure. */
import type { EventKind, MotionEvent, ObjectKind, TimelineEvent, Verdict } from '../api/types';
import { dayKey } from '../time/zone';

export interface Happening {
  id: string;
  kind: EventKind;
  from: number;
  /** Null while it lasts. */
  to: number | null;
}

/** An event in the feed. */
export interface Story extends Happening {
  camera: string;
  zones: string[];
  /** Where its footage begins, before the event. */
  playFrom: number;
  picture: string | null;
  /** What its picture shows, surest first; empty also when nobody looked. */
  objects: ObjectKind[];
  /** Whoever is signed in has seen it. */
  seen: boolean;
  /** Somebody took care of it. */
  handled: { at: number; by: string; note: string } | null;
  verdict: Verdict | null;
}

export const happening = (e: TimelineEvent): Happening => ({
  id: e.id,
  kind: e.kind,
  from: Date.parse(e.from),
  to: e.to === null ? null : Date.parse(e.to),
});

export const story = (e: MotionEvent): Story => ({
  ...happening(e),
  camera: e.camera,
  zones: e.zone_ids,
  playFrom: Date.parse(e.clip.from),
  picture: e.snapshot.small,
  objects: (e.objects ?? []).map((o) => o.kind).filter((kind) => kind !== 'other'),
  seen: e.seen,
  handled: e.handled && { ...e.handled, at: Date.parse(e.handled.at) },
  verdict: e.verdict,
});

/** As long as the recorder's own clips begin before their event. */
export const PRE_ROLL_MS = 5000;
/** Within so long of a beginning "previous" means the one before: a tape recorder's rule. */
const BACK_MS = 3000;
const AHEAD_MS = 500;

/** Where to go so as to see an event come about. */
export const leadTo = (e: Happening): number => e.from - PRE_ROLL_MS;

/** The event to jump to from `at`; `events` in any order. */
export function neighbour<E extends Happening>(events: Iterable<E>, at: number, direction: 1 | -1): E | null {
  let best: E | null = null;
  for (const e of events) {
    const there = leadTo(e);
    if (direction > 0 ? there <= at + AHEAD_MS : there >= at - BACK_MS) continue;
    if (!best || (direction > 0 ? e.from < best.from : e.from > best.from)) best = e;
  }
  return best;
}

export interface Day<E> {
  key: string;
  /** Any instant of it. */
  at: number;
  events: E[];
}

/** A list, newest first, cut where the site's day changes. */
export function byDay<E extends { from: number }>(events: readonly E[], zone: string): Day<E>[] {
  const days: Day<E>[] = [];
  for (const e of events) {
    const key = dayKey(e.from, zone);
    const last = days.at(-1);
    if (last?.key === key) last.events.push(e);
    else days.push({ key, at: e.from, events: [e] });
  }
  return days;
}

/** A newer answer laid over an older list: each event once, as it was told last, newest first. */
export function merged<E extends Happening>(known: readonly E[], news: readonly E[]): E[] {
  const all = new Map(known.map((e) => [e.id, e]));
  for (const e of news) all.set(e.id, e);
  return [...all.values()].sort((a, b) => b.from - a.from || (a.id < b.id ? 1 : -1));
}
