/**
 * Wall-clock arithmetic in the site's time zone (never the browser's). Times are epoch milliseconds.
 * Pure apart from a cache of formatters.
 */
export interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** 0 = Sunday */
  weekday: number;
}

/** Zones that keep one time, in hours east, and since when (IANA): the first formatter costs a phone a tenth of a second at every start. */
const STEADY: Readonly<Record<string, { hours: number; since: number }>> = {
  'Asia/Ho_Chi_Minh': { hours: 7, since: Date.UTC(1976, 0, 1) },
};
const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

function format(zone: string): Intl.DateTimeFormat {
  let f = formats.get(zone);
  if (!f) {
    f = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, f);
  }
  return f;
}

/** Milliseconds to add to UTC to get the zone's wall clock at that instant. Zones change on quarter hours only. */
export function offsetMs(ms: number, zone: string): number {
  const steady = STEADY[zone];
  if (steady && ms >= steady.since) return steady.hours * 3_600_000;
  const quarter = Math.floor(ms / 900_000);
  const key = `${zone}|${quarter}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const at = quarter * 900_000;
  const p: Record<string, number> = {};
  for (const part of format(zone).formatToParts(at)) p[part.type] = Number(part.value);
  const offset = Date.UTC(p.year!, p.month! - 1, p.day!, p.hour!, p.minute!, p.second!) - at;
  if (offsets.size > 5000) offsets.clear();
  offsets.set(key, offset);
  return offset;
}

export function parts(ms: number, zone: string): Parts {
  const d = new Date(ms + offsetMs(ms, zone));
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
    weekday: d.getUTCDay(),
  };
}

/** The instant of a wall-clock time in the zone. In a skipped hour the later side is taken. */
export function fromWall(
  zone: string,
  year: number,
  month: number,
  day: number,
  h = 0,
  m = 0,
  s = 0,
  msec = 0,
): number {
  const wall = Date.UTC(year, month - 1, day, h, m, s, msec);
  const guess = wall - offsetMs(wall, zone);
  return wall - offsetMs(guess, zone);
}

export function startOfDay(ms: number, zone: string, plusDays = 0): number {
  const p = parts(ms, zone);
  return fromWall(zone, p.year, p.month, p.day + plusDays);
}

export const pad = (n: number): string => String(n).padStart(2, '0');

/** `2026-11-22`, the key of a day in the API. */
export function dayKey(ms: number, zone: string): string {
  const p = parts(ms, zone);
  return `${p.year}-${pad(p.month)}-${pad(p.day)}`;
}

export function hm(ms: number, zone: string): string {
  const p = parts(ms, zone);
  return `${pad(p.hour)}:${pad(p.minute)}`;
}

export function hms(ms: number, zone: string): string {
  return `${hm(ms, zone)}:${pad(parts(ms, zone).second)}`;
}

/** `22/11/2026` */
export function dmy(ms: number, zone: string): string {
  const p = parts(ms, zone);
  return `${pad(p.day)}/${pad(p.month)}/${p.year}`;
}

/** RFC 3339 with the zone's offset and whole milliseconds only when needed: `2026-11-22T22:14:05+07:00`. */
export function rfc3339(ms: number, zone: string): string {
  const p = parts(ms, zone);
  const offset = offsetMs(ms, zone) / 60_000;
  const sign = offset < 0 ? '-' : '+';
  const abs = Math.abs(offset);
  const milli = ((Math.round(ms) % 1000) + 1000) % 1000;
  const frac = milli ? `.${String(milli).padStart(3, '0')}` : '';
  return `${p.year}-${pad(p.month)}-${pad(p.day)}T${pad(p.hour)}:${pad(p.minute)}:${pad(p.second)}${frac}${sign}${pad(Math.floor(abs / 60))}:${pad(abs % 60)}`;
}
