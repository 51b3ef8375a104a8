/** The week of half hours in which alerts are wanted: seven days, Monday first, each a text of 48 `0` or `1`. Pure. */
export const HALVES = 48;
export type Week = readonly string[];

const fill = (from: number, to: number): string =>
  Array.from({ length: HALVES }, (_, h) => ((from < to ? h >= from && h < to : h >= from || h < to) ? '1' : '0')).join(
    '',
  );

/** Weeks that most people want; from and to in half hours of the day. */
export const PRESETS = {
  night: Array<string>(7).fill(fill(44, 10)),
  always: Array<string>(7).fill('1'.repeat(HALVES)),
  never: Array<string>(7).fill('0'.repeat(HALVES)),
} as const satisfies Record<string, Week>;
export type Preset = keyof typeof PRESETS;

export const presetOf = (week: Week): Preset | null =>
  (Object.keys(PRESETS) as Preset[]).find((p) => PRESETS[p].every((day, i) => day === week[i])) ?? null;

/**
 * The week with the hours `from` to `to` of some days on or off. `to` is 1 to 48; when it is not later than `from` the hours
 * go on into the next day.
 */
export function painted(week: Week, days: readonly number[], from: number, to: number, on: boolean): string[] {
  const cells = week.map((day) => [...day]);
  const put = (day: number, a: number, b: number): void => {
    for (let h = a; h < b; h++) cells[day % 7]![h] = on ? '1' : '0';
  };
  for (const day of days) {
    if (from < to) put(day, from, to);
    else {
      put(day, from, HALVES);
      put(day + 1, 0, to);
    }
  }
  return cells.map((day) => day.join(''));
}

/** Stretches of a day that are on, in half hours: `[[0, 10], [44, 48]]`. */
export function spans(day: string): [number, number][] {
  const all: [number, number][] = [];
  for (let h = 0; h < day.length; h++) {
    if (day[h] !== '1') continue;
    const last = all.at(-1);
    if (last && last[1] === h) last[1] = h + 1;
    else all.push([h, h + 1]);
  }
  return all;
}

/** A half hour as `22:30`; the end of the day is `24:00`. */
export const clockOf = (half: number): string =>
  `${String(Math.floor(half / 2)).padStart(2, '0')}:${half % 2 ? '30' : '00'}`;

/** A day in words: `00:00–05:00, 22:00–24:00`; empty when nothing is on. */
export const dayText = (day: string): string => spans(day).map(([a, b]) => `${clockOf(a)}–${clockOf(b)}`).join(', '); // prettier-ignore
