/** Dates and lengths of time in words, Vietnamese and English. Pure: the clock and the zone are parameters. */
import { dayKey, dmy, hm, hms, pad, parts, startOfDay } from '../time/zone';
import type { Lang } from './index';

const DAYS: Record<Lang, string[]> = {
  vi: ['Chủ nhật', 'Thứ hai', 'Thứ ba', 'Thứ tư', 'Thứ năm', 'Thứ sáu', 'Thứ bảy'],
  en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
};
const SHORT: Record<Lang, string[]> = {
  vi: ['CN', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7'],
  en: ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'],
};
const MONTHS_EN = 'January February March April May June July August September October November December'.split(' ');

export const weekday = (ms: number, zone: string, lang: Lang): string => DAYS[lang][parts(ms, zone).weekday]!;
export const weekdayShort = (index: number, lang: Lang): string => SHORT[lang][index]!;
export const monthName = (year: number, month: number, lang: Lang): string =>
  lang === 'vi' ? `Tháng ${month}, ${year}` : `${MONTHS_EN[month - 1]} ${year}`;

/** `Thứ hai, 23/11/2026` */
export const longDate = (ms: number, zone: string, lang: Lang): string =>
  `${weekday(ms, zone, lang)}, ${dmy(ms, zone)}`;

/** `Hôm nay`, `Hôm qua`, else the long date. */
export function dayWords(ms: number, now: number, zone: string, lang: Lang): string {
  const key = dayKey(ms, zone);
  if (key === dayKey(now, zone)) return lang === 'vi' ? 'Hôm nay' : 'Today';
  if (key === dayKey(startOfDay(now, zone) - 1, zone)) return lang === 'vi' ? 'Hôm qua' : 'Yesterday';
  return longDate(ms, zone, lang);
}

/** A day in a calendar, with the number that is seen first: `7 tháng 11, thứ bảy`. */
export function dayLabel(ms: number, zone: string, lang: Lang): string {
  const p = parts(ms, zone);
  const name = weekday(ms, zone, lang);
  return lang === 'vi'
    ? `${p.day} tháng ${p.month}, ${name.toLowerCase()}`
    : `${p.day} ${MONTHS_EN[p.month - 1]}, ${name}`;
}

/** A past instant as short as it can be without being ambiguous: `21:40`, `21:40 hôm qua`, `21:40 ngày 20/11`. */
export function since(ms: number, now: number, zone: string, lang: Lang): string {
  const time = hm(ms, zone);
  const key = dayKey(ms, zone);
  if (key === dayKey(now, zone)) return time;
  if (key === dayKey(startOfDay(now, zone) - 1, zone)) return lang === 'vi' ? `${time} hôm qua` : `${time} yesterday`;
  const p = parts(ms, zone);
  const year = p.year === parts(now, zone).year ? '' : `/${p.year}`;
  return lang === 'vi'
    ? `${time} ngày ${pad(p.day)}/${pad(p.month)}${year}`
    : `${time} on ${pad(p.day)}/${pad(p.month)}${year}`;
}

/** How long ago, in one unit: `vừa xong`, `3 phút trước`, `5 giờ trước`, `2 ngày trước`. */
export function ago(ms: number, now: number, lang: Lang): string {
  const minutes = Math.floor(Math.max(0, now - ms) / 60_000);
  const [n, vi, en] = minutes < 60 ? [minutes, 'phút', 'min'] : minutes < 1440 ? [Math.floor(minutes / 60), 'giờ', 'h'] : [Math.floor(minutes / 1440), 'ngày', 'd']; // prettier-ignore
  if (minutes < 1) return lang === 'vi' ? 'vừa xong' : 'just now';
  return lang === 'vi' ? `${n} ${vi} trước` : `${n} ${en} ago`;
}

/** To the second, with the day when that is another than the one `near` lies in: `21:40:05`, `21:40:05 ngày 20/11`. */
export function exact(ms: number, near: number, zone: string, lang: Lang): string {
  const time = hms(ms, zone);
  if (dayKey(ms, zone) === dayKey(near, zone)) return time;
  const p = parts(ms, zone);
  return `${time} ${lang === 'vi' ? 'ngày' : 'on'} ${pad(p.day)}/${pad(p.month)}`;
}

/** For screen readers: `22 giờ 14 phút 05 giây, ngày 22/11`. */
export function spoken(ms: number, zone: string, lang: Lang): string {
  const p = parts(ms, zone);
  return lang === 'vi'
    ? `${p.hour} giờ ${pad(p.minute)} phút ${pad(p.second)} giây, ngày ${pad(p.day)}/${pad(p.month)}`
    : `${p.hour}:${pad(p.minute)}:${pad(p.second)}, ${pad(p.day)}/${pad(p.month)}`;
}

/** A length of time, two units at most: `45 giây`, `12 phút`, `2 giờ 5 phút`, `3 ngày`. */
export function duration(ms: number, lang: Lang): string {
  const s = Math.max(0, Math.round(ms / 1000));
  const [day, hour, min, sec] = lang === 'vi' ? ['ngày', 'giờ', 'phút', 'giây'] : ['d', 'h', 'min', 's'];
  const two = (a: number, ua: string, b: number, ub: string): string => (b ? `${a} ${ua} ${b} ${ub}` : `${a} ${ua}`);
  if (s < 60) return `${s} ${sec}`;
  if (s < 3600) return two(Math.floor(s / 60), min!, s < 600 ? s % 60 : 0, sec!);
  if (s < 86400) return two(Math.floor(s / 3600), hour!, Math.floor((s % 3600) / 60), min!);
  return two(Math.floor(s / 86400), day!, s < 10 * 86400 ? Math.floor((s % 86400) / 3600) : 0, hour!);
}

const locale = (lang: Lang): string => (lang === 'vi' ? 'vi-VN' : 'en-GB');

/** A count on a badge: what is more than can be dealt with needs no digits. */
export const badge = (n: number): string => (n > 999 ? '999+' : String(n));

/** Numbers with the language's decimal mark. */
export const number = (n: number, lang: Lang, digits = 0): string =>
  new Intl.NumberFormat(locale(lang), { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(
    // No minus before what is rounded to nothing.
    Number(n.toFixed(digits)) || 0,
  );

export function bytes(n: number, lang: Lang): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${number(n, lang, i >= 3 && n < 100 ? 1 : 0)} ${units[i]}`;
}
