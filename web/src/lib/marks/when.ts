/** The stretches that the feed has a button for. Pure: clock and zone are parameters. */
import { startOfDay } from '../time/zone';

export const WHENS = ['today', 'yesterday', 'night'] as const;
export type When = (typeof WHENS)[number];
export const isWhen = (x: string | null): x is When => WHENS.some((w) => w === x);

const HOUR = 3_600_000;
/** From dusk to dawn, as far south as this is used. */
const DUSK = 18;
const DAWN = 6;

/** The site's day so far, the one before, or the newest night that has begun: before dawn it is the one that goes on. */
export function stretchOf(when: When, now: number, zone: string): { from: number; to: number } {
  const midnight = startOfDay(now, zone);
  if (when === 'today') return { from: midnight, to: startOfDay(now, zone, 1) };
  if (when === 'yesterday') return { from: startOfDay(now, zone, -1), to: midnight };
  // Days with a change of the clock are reckoned from their own midnights.
  return { from: startOfDay(midnight - HOUR, zone) + DUSK * HOUR, to: midnight + DAWN * HOUR };
}
