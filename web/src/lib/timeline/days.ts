/** Days with footage around one without. Pure; days are keys such as `2026-11-22`, in any order. */
export interface Nearest {
  before: string | null;
  after: string | null;
}

export function nearestDays(days: Iterable<string>, day: string): Nearest {
  let [before, after]: [string | null, string | null] = [null, null];
  for (const d of days) {
    if (d < day && (before === null || d > before)) before = d;
    if (d > day && (after === null || d < after)) after = d;
  }
  return { before, after };
}

/** `2026-11` and so many months on. */
export function month(of: string, by: number): string {
  const [y, m] = of.split('-').map(Number);
  const index = y! * 12 + m! - 1 + by;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
}
