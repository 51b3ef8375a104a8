/**
 * The jump box: camera, day and time out of one phrase, or what is wrong with it and what was understood of it; and what
 * may have been meant. Everything in the site's zone. Pure: clock, zone and cameras are parameters.
 */
import { clockNear, type Clock } from '../time/parse';
import { fromWall, parts, startOfDay } from '../time/zone';
import { camerasOf, nameWords, type Named } from './cameras';
import { read, type Day, type Item, type Part, type Saying } from './grammar';

export interface Place<C extends Named = Named> {
  cameras: readonly C[];
  /** That of the page, when the phrase names none. */
  here: C | null;
  now: number;
  /** What the page shows: a time without a day means the day around it. */
  shown: number;
  zone: string;
}

/** `t` null is live. */
export interface Choice<C extends Named = Named> {
  camera: C;
  t: number | null;
}

export type Problem =
  | 'empty' | 'no_such_time' | 'no_such_day' | 'which_day' | 'not_yet' | 'two_days' | 'two_times' | 'clash'
  | 'which_night' | 'which_camera' | 'no_camera'; // prettier-ignore

export interface Answer<C extends Named = Named> {
  problem: Problem | null;
  /** The words that the problem is about. */
  about: string;
  /** The words that were understood, in the order they stand. */
  understood: string[];
  /** The first is what will be opened; the others may have been meant. With a problem: ways out of it. */
  choices: Choice<C>[];
}

const HOUR = 3_600_000;
const MOST = 6;
/** Where a part of a day begins, for phrases without an hour. */
const BEGINS: Record<Part, number> = { dawn: 0, morning: 6, noon: 11, afternoon: 13, evening: 18, night: 22 };

interface Date3 {
  year: number;
  month: number;
  day: number;
}
type Outcome = { times: number[]; problem: Problem | null };
const problem = (p: Problem, ...times: number[]): Outcome => ({ times, problem: p });

/** Hours after midnight of the day that was said; past 24 in the night after it. Null: nobody calls it that. */
function hourIn(part: Part, hour: number): number | null {
  const twelve = hour === 12 ? 0 : hour;
  switch (part) {
    case 'dawn':
      return twelve <= 6 ? twelve : null;
    case 'morning':
      return hour <= 11 ? hour : null;
    case 'noon':
      return hour >= 10 && hour <= 14 ? hour : hour <= 2 && hour > 0 ? hour + 12 : null;
    case 'afternoon':
      return hour >= 12 && hour <= 19 ? hour : hour >= 1 && hour < 12 ? hour + 12 : null;
    case 'evening':
      return hour >= 17 && hour < 24 ? hour : hour >= 5 && hour <= 11 ? hour + 12 : twelve === 0 || hour === 24 ? 24 : null;
    case 'night':
      return hour >= 18 ? hour : hour >= 7 && hour <= 11 ? hour + 12 : twelve <= 6 ? 24 + twelve : null;
  }
} // prettier-ignore

function dateOf(day: Day, now: number, zone: string): Date3 | Problem {
  const today = parts(now, zone);
  const back = (days: number): Date3 => {
    const p = parts(startOfDay(now, zone, -days) + 12 * HOUR, zone);
    return { year: p.year, month: p.month, day: p.day };
  };
  switch (day.is) {
    case 'back':
      return back(day.days);
    case 'some':
      return 'which_day';
    case 'ahead':
      return 'not_yet';
    case 'weekday': {
      // Weeks begin on Monday.
      const since = (w: number): number => (w + 6) % 7;
      if (day.weeks === null) return back((today.weekday - day.weekday + 7) % 7);
      const days = since(today.weekday) - since(day.weekday) + 7 * day.weeks;
      return days < 0 ? 'not_yet' : back(days);
    }
    case 'date': {
      const exists = (year: number, month: number): boolean =>
        day.day >= 1 && day.day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
      const fine = day.month === null || (day.month >= 1 && day.month <= 12);
      if (!fine || day.day < 1 || day.day > 31) return 'no_such_day';
      if (day.year !== null)
        return exists(day.year, day.month!) ? { year: day.year, month: day.month!, day: day.day } : 'no_such_day';
      // The last one there was: 29/2 may lie four, and over a century eight years back.
      for (let k = 0; k < 12 * 8; k++) {
        const first = new Date(Date.UTC(today.year, today.month - 1 - k, 1));
        const [year, month] = [first.getUTCFullYear(), first.getUTCMonth() + 1];
        if (day.month !== null && month !== day.month) continue;
        if (exists(year, month) && fromWall(zone, year, month, day.day) <= now) return { year, month, day: day.day };
      }
      return 'no_such_day';
    }
  }
}

interface Said {
  clock: Clock | null;
  part: Part | null;
  day: Day | null;
}

/** The instants a day, a part of it and a clock may mean, the likeliest first. */
function instants({ clock, part, day }: Said, place: Place): Outcome {
  const { now, shown, zone } = place;
  const hour = clock && part ? hourIn(part, clock.hour) : (clock?.hour ?? null);
  if (clock && hour === null) {
    const others = day ? instants({ clock, part: null, day }, place).times : [];
    return problem('clash', ...others);
  }
  const at = (d: Date3, h: number): number =>
    fromWall(zone, d.year, d.month, d.day, h, clock?.minute ?? 0, clock?.second ?? 0);
  const past = (t: number): Outcome => (t <= now ? { times: [t], problem: null } : problem('not_yet'));

  if (!day) {
    if (!clock && !part) return problem('empty');
    const wanted = { hour: (hour ?? BEGINS[part!]) % 24, minute: clock?.minute ?? 0, second: clock?.second ?? 0 };
    const t = clockNear(wanted, shown, now, zone);
    return { times: [t, ...(clock ? halfDay(t, clock, part, now) : [])], problem: null };
  }
  const d = dateOf(day, now, zone);
  if (typeof d === 'string') {
    // Which day of last week? The seven of them, at that time.
    const week = d === 'which_day' ? [7, 6, 5, 4, 3, 2, 1] : [];
    const days = week.map((days) => instants({ clock, part, day: { is: 'back', days } }, place));
    return problem(d, ...days.flatMap((o) => o.times.slice(0, 1)));
  }
  if (!clock && !part) {
    // A day alone: at the time of day that is shown.
    const s = parts(shown, zone);
    const t = fromWall(zone, d.year, d.month, d.day, s.hour, s.minute, s.second);
    return { times: [t <= now ? t : Math.max(at(d, 0), now - HOUR)], problem: at(d, 0) <= now ? null : 'not_yet' };
  }
  const h = hour ?? BEGINS[part!];
  if (part === 'night' && h >= 24) {
    const [after, before] = [at(d, h), at(d, h - 24)];
    // The small hours of `đêm 22/11`: of the 22nd, or of the night that began then?
    if (day.is !== 'back') return problem('which_night', ...[after, before].filter((t) => t <= now));
    // In the small hours themselves the night is the one that lasts.
    if (after > now && parts(now, zone).hour < 6) return past(before);
    return past(after);
  }
  // `thứ bảy`, said on a Saturday before that hour: the one a week ago.
  if (day.is === 'weekday' && day.weeks === null && at(d, h) > now)
    return past(fromWall(zone, d.year, d.month, d.day - 7, h, clock?.minute ?? 0, clock?.second ?? 0));
  const t = at(d, h);
  const first = past(t);
  return first.problem ? first : { times: [t, ...(clock ? halfDay(t, clock, part, now) : [])], problem: null };
}

/** `9 giờ` may be 21:00 to somebody. */
function halfDay(t: number, clock: Clock, part: Part | null, now: number): number[] {
  return part === null && clock.hour >= 1 && clock.hour < 12 && t + 12 * HOUR <= now ? [t + 12 * HOUR] : [];
}

const only = <S extends Saying['says']>(items: Item[], says: S): Extract<Item, { says: S }>[] =>
  items.filter((i): i is Extract<Item, { says: S }> => i.says === says);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Numbers without a unit: behind a name they belong to it, behind a day they are the hour, else they name a camera. */
function settle(items: Item[]): Item[] {
  let hour = items.some((i) => i.says === 'clock' || i.says === 'ago' || i.says === 'no_such_time');
  let when = false;
  return items.map((item, k) => {
    when ||= item.says === 'day' || item.says === 'part';
    if (item.says !== 'number') return item;
    const named = items[k - 1]?.says === 'camera';
    if (named || hour || !when || item.n > 24) return { says: 'camera', words: [String(item.n)], text: item.text };
    hour = true;
    return { says: 'clock', hour: item.n, minute: 0, second: 0, text: item.text };
  });
}

function time(items: Item[], place: Place): Outcome & { about: string } {
  const [clocks, partsSaid, days, agos] = [only(items, 'clock'), only(items, 'part'), only(items, 'day'), only(items, 'ago')]; // prettier-ignore
  const say = (o: Outcome, ...about: Item[]): Outcome & { about: string } => ({
    ...o,
    about: about.map((i) => i.text).filter((t, k, all) => all.indexOf(t) === k).join(' '),
  }); // prettier-ignore
  const none = only(items, 'no_such_time')[0];
  if (none) return say(problem('no_such_time'), none);
  const otherDay = days.find((d) => !same(d.day, days[0]!.day));
  if (otherDay) return say(problem('two_days'), days[0]!, otherDay);
  const otherPart = partsSaid.find((p) => p.part !== partsSaid[0]!.part);
  if (otherPart) return say(problem('clash'), partsSaid[0]!, otherPart);
  if (clocks.length > 1 || agos.length > 1) return say(problem('two_times'), ...clocks, ...agos);
  const [clock, part, day, ago] = [clocks[0], partsSaid[0], days[0], agos[0]];
  if (ago) {
    if (clock || part || day) return say(problem('two_times'), ago, ...[clock, part, day].filter((x) => x !== undefined)); // prettier-ignore
    return say({ times: [place.now - ago.ms], problem: null }, ago);
  }
  const said = { clock: clock ?? null, part: part?.part ?? null, day: day?.day ?? null };
  return say(instants(said, place), ...items.filter((i) => i === clock || i === part || i === day));
}

export function jump<C extends Named>(text: string, place: Place<C>): Answer<C> {
  const items = settle(read(text));
  const live = only(items, 'live').length > 0;
  const names = only(items, 'camera');
  const when = time(items, place);
  const found = camerasOf(names.flatMap((n) => n.words), place.cameras); // prettier-ignore
  // `camera` and the like say nothing by themselves.
  const named = names.some((n) => nameWords(n.words.join(' ')).length > 0);
  const cameras = named ? found : place.here ? [place.here] : [];
  const nothing = when.problem === 'empty';
  const moments: (number | null)[] = when.times.length ? when.times : (nothing && named) || live ? [null] : [];
  const offered = cameras.length ? cameras : when.problem ? [] : place.cameras;
  // One question at a time: when it is the camera, only the likeliest moment of each.
  const choices = offered.flatMap((camera) =>
    moments.slice(0, offered.length > 1 && !when.problem ? 1 : MOST).map((t) => ({ camera, t })),
  );
  const known = items.filter((i) => i.says !== 'camera' || found.length > 0);
  const answer = (problem: Problem | null, about: string): Answer<C> => ({
    problem,
    about,
    understood: known.map((i) => i.text).filter((t, k, all) => all.indexOf(t) === k && t !== about),
    choices: choices.slice(0, MOST),
  });
  if (!items.length) return answer('empty', '');
  const name = names.map((n) => n.text).join(' ');
  if (named && !found.length) return answer('no_camera', name);
  if (live && !nothing) return answer('two_times', only(items, 'live')[0]!.text);
  if (when.problem && !(nothing && (named || live))) return answer(when.problem, when.about);
  if (cameras.length !== 1) return answer('which_camera', named ? name : '');
  return answer(null, '');
}

/** Before anything is typed: what is looked for most, as phrases to see how it is done. */
export const EXAMPLES = {
  vi: ['5 phút trước', 'hôm qua 22h14', 'đêm qua 2 giờ', 'tối qua 9 rưỡi'],
  en: ['5 minutes ago', 'yesterday 22:14', 'last night 2:00', 'monday 21:30'],
} as const;
