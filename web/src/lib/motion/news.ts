/** How far back news of the feed is asked for. Pure. */
import type { Happening } from './events';

/** An event is told when it begins; those that last are asked for from their beginning. */
const NEWS_MS = 180_000;
/** So many are asked for at once, newest first: as many of those that are shown hear of what others make of them. */
export const NEWS = 100;

/** `known`: newest first, as they were told when it was last asked, at `checkedAt`. */
export function newsSince(known: readonly Happening[], checkedAt: number): number {
  const lasting = known.filter((e) => e.to === null).map((e) => e.from);
  const shown = known.slice(0, NEWS).map((e) => e.from);
  return Math.min(checkedAt - NEWS_MS, ...lasting, ...shown);
}
