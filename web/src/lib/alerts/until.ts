/** Until when somebody wants quiet, or alerts on or off: after minutes, or the next six in the morning of the site. Pure. */
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
