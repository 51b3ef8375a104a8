/** The fixed grammar of the jump box: tokens to what they say, in any order. Pure. */
import { count, says, tokens, type Token } from './words';

/** `dawn` and `night` differ in which day their small hours belong to: `đêm qua 2 giờ` is this morning. */
export type Part = 'dawn' | 'morning' | 'noon' | 'afternoon' | 'evening' | 'night';

export type Day =
  | { is: 'back'; days: number }
  /** `weeks` 0 = the week of today, 1 = the one before; null = the last such day. 0 = Sunday. */
  | { is: 'weekday'; weekday: number; weeks: number | null }
  | { is: 'date'; day: number; month: number | null; year: number | null }
  /** `tuần trước`, `hôm trước`: a day, but which? */
  | { is: 'some' }
  | { is: 'ahead' };

export type Saying =
  | { says: 'clock'; hour: number; minute: number; second: number; spelled?: boolean }
  | { says: 'part'; part: Part }
  | { says: 'day'; day: Day }
  | { says: 'ago'; ms: number }
  | { says: 'live' }
  | { says: 'camera'; words: string[] }
  | { says: 'number'; n: number }
  | { says: 'no_such_time' };

/** A saying with the words that said it. */
export type Item = Saying & { text: string };

interface Found {
  items: Saying[];
  length: number;
}
type Rule = (all: readonly Token[], i: number) => Found | null;

const found = (length: number, ...items: Saying[]): Found => ({ items, length });
const is = (t: Token | undefined, ...words: string[]): boolean => t !== undefined && words.includes(t.text);
/** The words of `phrase` stand at `i`; each with its accents or with none. */
const stands = (all: readonly Token[], i: number, phrase: string): number => {
  const words = phrase.split(' ');
  return words.every((w, k) => says(all[i + k], w)) ? words.length : 0;
};
const longest = (all: readonly Token[], i: number, phrases: readonly string[]): number =>
  Math.max(0, ...phrases.map((p) => stands(all, i, p)));

const LANES = ['ngõ', 'hẻm', 'kiệt', 'ngách', 'lane', 'camera', 'cam', 'số'];
const camera: Rule = (all, i) => {
  if (!says(all[i], ...LANES)) return null;
  const n = count(all, i + 1);
  if (!n) return null;
  let words = String(n.n);
  let length = 1 + n.length;
  while (is(all[i + length], '/') && all[i + length + 1]?.kind === 'number') {
    words += `/${Number(all[i + length + 1]!.text)}`;
    length += 2;
  }
  return found(length, { says: 'camera', words: [all[i]!.text, words] });
};

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
function unit(t: Token | undefined): number | null {
  if (is(t, 'giay', 's', 'sec', 'seconds')) return SECOND;
  if (is(t, 'phut', 'p', 'ph', 'min', 'minute', 'minutes')) return 60 * SECOND;
  if (is(t, 'gio', 'h', 'g', 'tieng', 'hour', 'hours')) return HOUR;
  if (is(t, 'ngay', 'hom', 'day', 'days')) return DAY;
  return is(t, 'tuan', 'week', 'weeks') ? 7 * DAY : null;
}

/** `5 phút trước`, `nửa tiếng trước`, `1 giờ 20 phút trước`, `cách đây 2 ngày`. */
const ago: Rule = (all, i) => {
  const before = longest(all, i, ['cách đây', 'cách nay']);
  let at = i + before;
  let ms = 0;
  let last = Infinity;
  for (;;) {
    const half = says(all[at], 'nửa');
    const n = half ? { n: 0.5, length: 1 } : count(all, at);
    const one = n && unit(all[at + n.length]);
    if (!n || !one) break;
    // `22 giờ 14 phút 3 ngày trước`: a clock, and a day.
    if (one >= last) return null;
    last = one;
    ms += n.n * one;
    at += n.length + 1;
    if (says(all[at], 'rưỡi')) {
      ms += one / 2;
      at++;
    }
  }
  const after = longest(all, at, ['trước', 'trước đây', 'ago']);
  if (!ms || (!before && !after)) return null;
  at += after;
  // Whole days keep the clock that is shown or said.
  return found(at - i, ms % DAY === 0 ? { says: 'day', day: { is: 'back', days: ms / DAY } } : { says: 'ago', ms });
};

const WORDS: [string[], Saying[]][] = [
  [['nửa đêm', 'giữa đêm', 'midnight'], [{ says: 'part', part: 'night' }, { says: 'clock', hour: 0, minute: 0, second: 0 }]],
  [['giữa trưa', 'noon'], [{ says: 'clock', hour: 12, minute: 0, second: 0 }]],
  [['trực tiếp', 'lúc này', 'hiện tại', 'live', 'now'], [{ says: 'live' }]],
  [['hôm nay', 'bữa nay', 'ngày hôm nay', 'hnay', 'nay', 'today'], [{ says: 'day', day: { is: 'back', days: 0 } }]],
  [['hôm qua', 'bữa qua', 'ngày hôm qua', 'ngày qua', 'hqua', 'hôm wa', 'yesterday'], [{ says: 'day', day: { is: 'back', days: 1 } }]],
  [['hôm kia', 'bữa kia', 'hkia'], [{ says: 'day', day: { is: 'back', days: 2 } }]],
  [['tuần trước', 'tuần qua', 'tuần này', 'hôm trước', 'bữa trước', 'hôm nọ', 'last week'], [{ says: 'day', day: { is: 'some' } }]],
  [['ngày mai', 'sáng mai', 'trưa mai', 'chiều mai', 'tối mai', 'đêm mai', 'ngày kia', 'ngày mốt', 'tuần sau', 'tuần tới', 'tomorrow'], [{ says: 'day', day: { is: 'ahead' } }]],
  [['last night', 'đêm hôm qua', 'đêm qua', 'đêm wa', 'khuya qua', 'khuya hôm qua'], [{ says: 'day', day: { is: 'back', days: 1 } }, { says: 'part', part: 'night' }]],
  [['this morning'], [{ says: 'day', day: { is: 'back', days: 0 } }, { says: 'part', part: 'morning' }]],
]; // prettier-ignore
const words: Rule = (all, i) => {
  // With its accent it is the day before `hôm kia`.
  if (says(all[i], 'hôm', 'bữa') && all[i + 1]?.raw === 'kìa')
    return found(2, { says: 'day', day: { is: 'back', days: 3 } });
  // And so is this one now: without accents it is seven o'clock.
  if (all[i]!.raw === 'bây' && says(all[i + 1], 'giờ')) return found(2, { says: 'live' });
  let best: Found | null = null;
  for (const [phrases, items] of WORDS) {
    const length = longest(all, i, phrases);
    if (length > (best?.length ?? 0)) best = found(length, ...items);
  }
  if (best?.items[0]!.says === 'part' && says(all[i + best.length], 'qua', 'wa'))
    return found(best.length + 1, ...best.items, { says: 'day', day: { is: 'back', days: 1 } });
  return best;
};

const PARTS: [Part, string[]][] = [
  ['dawn', ['rạng sáng', 'gần sáng', 'tờ mờ sáng', 'tảng sáng', 'mờ sáng']],
  ['morning', ['buổi sáng', 'sáng sớm', 'sáng', 'morning', 'am']],
  ['noon', ['buổi trưa', 'trưa']],
  ['afternoon', ['buổi chiều', 'chiều tối', 'chiều', 'afternoon', 'pm']],
  ['evening', ['buổi tối', 'tối', 'evening']],
  ['night', ['ban đêm', 'đêm khuya', 'đêm', 'khuya', 'night']],
];
/** `sáng`, `tối qua`, `chiều nay`. */
const part: Rule = (all, i) => {
  let best: { part: Part; length: number } | null = null;
  for (const [name, phrases] of PARTS) {
    const length = longest(all, i, phrases);
    if (length > (best?.length ?? 0)) best = { part: name, length };
  }
  if (!best) return null;
  // `am` is also a shrine: it is a time of day behind an hour only.
  if (is(all[i], 'am', 'pm') && !(all[i - 1]?.kind === 'number' || is(all[i - 1], 'h'))) return null;
  const item: Saying = { says: 'part', part: best.part };
  const next = all[i + best.length];
  if (says(next, 'qua', 'wa')) return found(best.length + 1, { says: 'day', day: { is: 'back', days: 1 } }, item);
  return found(best.length, item);
};

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
/** `thứ bảy`, `t7`, `cn`, with `tuần trước`, `tuần này`, `vừa rồi`. */
const weekday: Rule = (all, i) => {
  let day = -1;
  let length = longest(all, i, ['chủ nhật', 'chúa nhật', 'cn']);
  const english = WEEKDAYS.indexOf(all[i]?.text ?? '');
  if (length) day = 0;
  else if (english >= 0) [day, length] = [english, 1];
  else if (says(all[i], 'thứ') || (is(all[i], 't') && all[i + 1]?.from === all[i]!.to)) {
    const n = count(all, i + 1);
    if (n && n.n >= 2 && n.n <= 7) [day, length] = [n.n - 1, 1 + n.length];
  }
  if (day < 0) return null;
  const before = longest(all, i + length, ['tuần trước', 'tuần qua', 'tuần rồi']);
  const same = longest(all, i + length, ['tuần này']);
  const last = longest(all, i + length, ['vừa rồi', 'vừa qua', 'này']);
  return found(length + before + same + last, {
    says: 'day',
    day: { is: 'weekday', weekday: day, weeks: before ? 1 : same ? 0 : null },
  });
};

const date = (day: number, month: number | null = null, year: number | null = null): Saying => ({
  says: 'day',
  day: { is: 'date', day, month, year: year !== null && year < 100 ? 2000 + year : year },
});
const hourSign = (t: Token | undefined): boolean => is(t, 'h', 'g', 'gio', ':');
/** `22/11`, `22-11-2026`, `2026-11-22`, `ngày 22`, `ngày 22 tháng 11 năm 2026`, `mùng 5`. */
const dates: Rule = (all, i) => {
  const number = (k: number): number | null => (all[k]?.kind === 'number' ? Number(all[k]!.text) : null);
  const [a, b, c] = [number(i), number(i + 2), number(i + 4)];
  const sign = all[i + 1]?.text;
  if (a !== null && b !== null && sign && ['/', '-', '.'].includes(sign)) {
    const whole = c !== null && all[i + 3]!.text === sign && !hourSign(all[i + 5]);
    if (whole && all[i]!.text.length === 4) return found(5, date(c, b, a));
    if (whole && [2, 4].includes(all[i + 4]!.text.length) && (sign !== '.' || c > 999)) return found(5, date(a, b, c));
    if (sign !== '.' && !hourSign(all[i + 3])) return found(3, date(a, b));
  }
  const named = longest(all, i, ['ngày', 'mùng', 'mồng', 'hôm']);
  const day = count(all, i + named);
  if (!day) return null;
  let at = i + named + day.length;
  if (says(all[at], 'tháng')) {
    const month = count(all, at + 1);
    if (!month) return null;
    at += 1 + month.length;
    const year = says(all[at], 'năm') ? number(at + 1) : null;
    return found(at - i + (year === null ? 0 : 2), date(day.n, month.n, year));
  }
  if (!named || hourSign(all[at])) return null;
  // `ngày 22/11`: the rule of numbers has it.
  return is(all[at], '/', '-') ? null : found(at - i, date(day.n));
};

function clock(hour: number, minute = 0, second = 0): Saying {
  const fine = minute < 60 && second < 60 && (hour < 24 || (hour === 24 && minute + second === 0));
  return fine ? { says: 'clock', hour, minute, second } : { says: 'no_such_time' };
}

/** A number here begins something else than minutes. */
function leads(all: readonly Token[], at: number): boolean {
  const t = all[at];
  const glued = t !== undefined && all[at - 1]?.to === t.from;
  const days = is(t, 'ngay', 'hom', 'tuan') && is(all[at + 1], 'truoc');
  return days || is(t, '/', ':', 'h', 'gio', 'tieng', 'thang') || (glued && is(t, '-', '.'));
}

/** `22:14:05`, `22h14`, `22 giờ 14 phút 5 giây`, `9 rưỡi`, `6h kém 15`, `chín giờ`, `2214`. */
const clocks: Rule = (all, i) => {
  const hour = count(all, i);
  if (!hour) return null;
  let at = i + hour.length;
  let [minute, second] = [0, 0];
  const sign = all[at];
  const next = all[at + 1];
  const glued = next?.kind === 'number' && sign?.to === next.from;
  const long = (t: Token): boolean => t.text.length > 2;
  if (is(sign, ':', '.') && glued && !hour.spelled) {
    if (long(all[i]!) || long(next)) return found(at + 2 - i, { says: 'no_such_time' });
    minute = Number(next.text);
    at += 2;
    if (is(all[at], ':', '.') && all[at + 1]?.kind === 'number') {
      second = Number(all[at + 1]!.text);
      at += 2;
    }
  } else if (is(sign, 'h', 'g', 'gio') || (is(sign, 'tieng') && hour.spelled)) {
    at++;
    if (is(all[at], ':')) at++;
    const n = count(all, at);
    const close = n && all[at - 1]!.to === all[at]!.from;
    if (n && (close || !leads(all, at + n.length))) {
      minute = n.n;
      at += n.length;
      const minutes = is(all[at], 'phut', 'p', 'ph', 'm');
      if (minutes) at++;
      const s = minutes || is(all[at], ':') ? count(all, is(all[at], ':') ? at + 1 : at) : null;
      if (s && !leads(all, at + s.length)) {
        at += s.length + (is(all[at], ':') ? 1 : 0);
        second = s.n;
        if (is(all[at], 's', 'giay')) at++;
      }
    }
  } else if (!hour.spelled && /^([01]\d|2[0-3])([0-5]\d){1,2}$/.test(all[i]!.text)) {
    const digits = all[i]!.text;
    return found(1, clock(Number(digits.slice(0, 2)), Number(digits.slice(2, 4)), Number(digits.slice(4))));
  } else if (!says(sign, 'rưỡi', 'kém')) return null;
  if (says(all[at], 'đúng')) at++;
  if (says(all[at], 'rưỡi')) {
    minute = 30;
    at++;
  } else if (says(all[at], 'kém')) {
    const less = count(all, at + 1);
    if (!less) return null;
    at += 1 + less.length;
    if (is(all[at], 'phut', 'p', 'ph')) at++;
    if (less.n < 1 || less.n > 59 || minute) return found(at - i, { says: 'no_such_time' });
    const before = clock((hour.n + 23) % 24, 60 - less.n);
    return found(at - i, hour.n > 24 ? { says: 'no_such_time' } : before);
  }
  return found(at - i, clock(hour.n, minute, second));
};

const FILLERS = ['lúc', 'vào', 'khoảng', 'tầm', 'hồi', 'ở', 'tại', 'xem', 'mở', 'đến', 'tới', 'của', 'ngày', 'đúng', 'at', 'on', 'the', 'm']; // prettier-ignore
const filler: Rule = (all, i) => (all[i]!.kind === 'mark' || says(all[i], ...FILLERS) ? found(1) : null);
const rest: Rule = (all, i) => {
  const t = all[i]!;
  return found(1, t.kind === 'number' ? { says: 'number', n: Number(t.text) } : { says: 'camera', words: [t.text] });
};

/** In the order in which they may claim words. */
const RULES = [camera, ago, words, part, weekday, dates, clocks, filler, rest];

export function read(text: string): Item[] {
  const all = tokens(text);
  const composed = text.normalize('NFC');
  const out: Item[] = [];
  let i = 0;
  while (i < all.length) {
    const f = RULES.reduce<Found | null>((hit, rule) => hit ?? rule(all, i), null)!;
    const said = composed.slice(all[i]!.from, all[i + f.length - 1]!.to);
    out.push(...f.items.map((item) => ({ ...item, text: said })));
    i += f.length;
  }
  return out;
}
