/** Times as addresses carry them, and clocks without a day. Pure. What people type is read by `lib/jump`. */
import { fromWall, parts } from './zone';

export interface Clock {
  hour: number;
  minute: number;
  second: number;
}

/** A time typed without a day means the day around `shown`; what is still to come means the day before. */
export function clockNear(c: Clock, shown: number, now: number, zone: string): number {
  const p = parts(shown, zone);
  const on = (day: number): number => fromWall(zone, p.year, p.month, day, c.hour, c.minute, c.second);
  const t = on(p.day);
  return t > now ? on(p.day - 1) : t;
}

/**
 * The `t` of an address: RFC 3339, also with an offset whose plus was not escaped and so came as a space. Without an
 * offset it is the site's wall clock, whatever zone this machine is in.
 */
export function parseMoment(text: string | null, zone: string): number | null {
  const m = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[-+ ]\d\d:\d\d)?)?$/i.exec(text?.trim() ?? '');
  if (!m) return null;
  const [, date, time = '00:00', offset] = m;
  const t = Date.parse(`${date}T${time}${(offset ?? 'Z').replace(' ', '+').toUpperCase()}`);
  if (!Number.isFinite(t)) return null;
  if (offset) return t;
  const d = new Date(t);
  return fromWall(
    zone,
    d.getUTCFullYear(),
    d.getUTCMonth() + 1,
    d.getUTCDate(),
    d.getUTCHours(),
    d.getUTCMinutes(),
    d.getUTCSeconds(),
    d.getUTCMilliseconds(),
  );
}
