/** In and out points as people type them, in the site's zone. Pure; times are epoch milliseconds. */
import { parseMoment } from '../time/parse';
import { dmy, fromWall, hms, parts } from '../time/zone';

/** The longest range the recorder takes. */
export const LONGEST = 32 * 86_400_000;

/** How a moment stands in its field: the site's wall clock, day before month, 24 hours; not as this machine would write it. */
export const written = (ms: number, zone: string): string => `${dmy(ms, zone)} ${hms(ms, zone)}`;

/** What people type there: a day and a time, or a time alone on the day around `near`; also as addresses have it. */
export function typed(text: string, near: number, zone: string): number | null {
  const m = /^(?:(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?[ ,]+)?(\d{1,2})[:hg](?: ?(\d{1,2})(?::(\d{1,2}))?)?$/i.exec(
    text.trim(),
  );
  if (!m) return parseMoment(text, zone);
  const on = parts(near, zone);
  const [day, month, year, hour, minute, second] = m.slice(1).map((n) => (n === undefined ? null : Number(n)));
  if (hour! > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return null;
  const at = [year ?? on.year, month ?? on.month, day ?? on.day] as const;
  const t = fromWall(zone, ...at, hour!, minute ?? 0, second ?? 0);
  // The 31st of a month that has 30 is no day.
  return parts(t, zone).day === at[2] && parts(t, zone).month === at[1] ? t : null;
}

export type RangeFault = 'empty' | 'backward' | 'future' | 'long';

/** What is wrong with a range; null when it can be asked for. */
export function fault(from: number | null, to: number | null, now: number): RangeFault | null {
  if (from === null || to === null) return 'empty';
  if (to <= from) return 'backward';
  if (from >= now) return 'future';
  if (to - from > LONGEST) return 'long';
  return null;
}

/** Moves a mark. The other one gives way, and a second lies between them. */
export function moved(
  marks: { in: number | null; out: number | null },
  which: 'in' | 'out',
  t: number,
): { in: number | null; out: number | null } {
  const at = Math.round(t / 1000) * 1000;
  if (which === 'in') return { in: at, out: marks.out === null ? null : Math.max(marks.out, at + 1000) };
  return { in: marks.in === null ? null : Math.min(marks.in, at - 1000), out: at };
}

/** What the sheet offers: the marks as far as they are set, else half a minute on either side of the moment. */
export function offered(
  marks: { in: number | null; out: number | null },
  position: number,
  now: number,
): { from: number; to: number } {
  const half = 30_000;
  const end = Math.floor(now / 1000) * 1000;
  const at = Math.min(Math.round(position / 1000) * 1000, end);
  const from = marks.in ?? (marks.out === null ? at - half : marks.out - 2 * half);
  return { from, to: marks.out ?? Math.min(end, Math.max(from + 2 * half, marks.in === null ? at + half : 0)) };
}
