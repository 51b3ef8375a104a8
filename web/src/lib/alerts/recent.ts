/** What people were told of lately, as it is shown: one list out of pages, and what there is to do about each. Pure. */
import type { Alert } from '../api/alerts';
import { keyOr, type Key } from '../i18n';

export interface Recent {
  /** Newest first. */
  items: readonly Alert[];
  /** Where older ones go on; null = there are none. */
  cursor: string | null;
}

interface Page {
  items: Alert[];
  next_cursor: string | null;
}

/** With older ones behind. */
export function withOlder(known: Recent, page: Page): Recent {
  const had = new Set(known.items.map((a) => a.id));
  return { items: [...known.items, ...page.items.filter((a) => !had.has(a.id))], cursor: page.next_cursor };
}

/** With the newest as they are now. Where so many have come that the two do not meet, what was known is let go. */
export function withNews(known: Recent, page: Page): Recent {
  const fresh = new Map(page.items.map((a) => [a.id, a]));
  const meets = page.next_cursor === null || known.items.some((a) => fresh.has(a.id));
  if (!meets || page.next_cursor === null) return { items: page.items, cursor: page.next_cursor };
  return { items: [...page.items, ...known.items.filter((a) => !fresh.has(a.id))], cursor: known.cursor };
}

export const withOne = (known: Recent, one: Alert): Recent => ({
  ...known,
  items: known.items.map((a) => (a.id === one.id ? one : a)),
});

export const whatKey = (a: Alert): Key => keyOr('al.kind', a.kind, 'al.kind.other');

/** How far it came: nobody was written to, it waits for the digest, or in numbers. */
export function reachKey({ reached, told }: Alert): Key {
  if (!told) return 'al.reach.digest';
  if (reached.made === 0) return 'al.reach.none';
  return reached.sent === 0 ? 'al.reach.stuck' : 'al.reach.sent';
}

/** That a picture is back leaves nothing to be done. */
export const isTask = (a: Alert): boolean => a.handled === null && a.kind !== 'camera_back';

/** Where it is to be seen: the event, the one camera that it is about, or how the recorder does. */
export function placeOf(a: Alert): { event: string } | { camera: string } | 'events' | 'health' {
  const [event, camera] = [a.events[0], a.cameras[0]];
  if (event !== undefined) return { event };
  if (a.kind === 'motion' || a.kind === 'tamper') return 'events';
  return camera !== undefined && a.cameras.length === 1 ? { camera } : 'health';
}
