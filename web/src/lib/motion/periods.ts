/** How far back one looks for motion. Pure. */
import { startOfDay } from '../time/zone';

export const PERIODS = ['hour', 'day', 'week', 'month', 'own'] as const;
export type Period = (typeof PERIODS)[number];

const HOUR = 3_600_000;
const BACK: Record<Exclude<Period, 'own'>, number> = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR }; // prettier-ignore

/** The period that ends now; for a moment longer ago than it reaches, the whole day of that moment. */
export function periodOf(
  p: Exclude<Period, 'own'>,
  at: number,
  now: number,
  zone: string,
): { from: number; to: number } {
  if (at >= now - BACK[p]) return { from: now - BACK[p], to: now };
  return { from: startOfDay(at, zone), to: Math.min(now, startOfDay(at, zone, 1)) };
}
