/** Until when somebody wants quiet, or alerts on or off: after minutes, or the next six in the morning of the site. Pure. */
import type { SchedulePlan } from '../api/alerts';
import { iso } from '../api/client';
import { fromWall, parts } from '../time/zone';

export const LENGTHS = ['15', '30', '60', 'morning'] as const;
export type Length = (typeof LENGTHS)[number];

const MORNING = 6;
const MINUTE = 60_000;

export function until(length: Length, now: number, zone: string): number {
  if (length !== 'morning') return now + Number(length) * MINUTE;
  const p = parts(now, zone);
  return fromWall(zone, p.year, p.month, p.day + (p.hour < MORNING ? 0 : 1), MORNING);
}

type Hand = NonNullable<SchedulePlan['hand']>;

/** Alerts on or off until a time, or without an end; an earlier hand that lasts longer counts again afterwards. */
export function over(armed: boolean, end: number | null, before: SchedulePlan['hand']): Hand {
  if (end === null || !before) return { armed, until: end === null ? null : iso(end), then: null };
  const earlier = [{ armed: before.armed, until: before.until }, ...(before.then ? [before.then] : [])];
  const then = earlier.find((hand) => hand.until === null || Date.parse(hand.until) > end) ?? null;
  return { armed, until: iso(end), then };
}
