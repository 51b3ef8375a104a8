/** In and out points as people type them, in the site's zone. Pure; times are epoch milliseconds. */
import { parseMoment } from '../time/parse';
import { dayKey, hms } from '../time/zone';

/** The longest range the recorder takes. */
export const LONGEST = 32 * 86_400_000;

/** The value of a `datetime-local` input: the site's wall clock, whatever this machine's. */
export const toInput = (ms: number, zone: string): string => `${dayKey(ms, zone)}T${hms(ms, zone)}`;

export const fromInput = (text: string, zone: string): number | null => parseMoment(text, zone);

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
