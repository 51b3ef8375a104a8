/** The nearest days with footage of a camera, asked for month by month. */
import { api } from '../lib/api/client';
import { month, nearestDays } from '../lib/timeline/days';
import { dayKey, fromWall } from '../lib/time/zone';
import { clock, zone } from './app.svelte';

/** So far away nobody looks for it from here. */
const MONTHS = 3;

async function around(camera: string, key: string, by: 1 | -1, of: string[]): Promise<void> {
  for (let n = 0; n <= MONTHS; n++) {
    const m = month(key, n * by);
    if (m > dayKey(clock.now(), zone()).slice(0, 7)) return;
    of.push(...(await api.days(camera, m)).map((d) => d.date));
    const found = nearestDays(of, key);
    if (by < 0 ? found.before : found.after) return;
  }
}

/** The beginnings of the days before and after the one of `at`; null where there is none. */
export async function footageDays(
  camera: string,
  at: number,
): Promise<{ before: number | null; after: number | null }> {
  const key = dayKey(at, zone());
  const days: string[] = [];
  await Promise.all([around(camera, key, -1, days), around(camera, key, 1, days)]);
  const { before, after } = nearestDays(days, key);
  const start = (k: string | null): number | null => {
    if (k === null) return null;
    const [y, m, d] = k.split('-').map(Number);
    return fromWall(zone(), y!, m!, d!);
  };
  return { before: start(before), after: start(after) };
}
