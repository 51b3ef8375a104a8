import { describe, expect, it } from 'vitest';
import { ago, bytes, dayWords, duration, longDate, monthName, since, spoken } from '../i18n/dates';
import { clockNear, parseMoment } from './parse';
import { dayKey, dmy, fromWall, hms, offsetMs, parts, rfc3339, startOfDay } from './zone';

const HCM = 'Asia/Ho_Chi_Minh';
const T = Date.UTC(2026, 10, 22, 15, 14, 5, 120);

describe('zone', () => {
  it('shows the site, not UTC', () => {
    expect(hms(T, HCM)).toBe('22:14:05');
    expect(dmy(T, HCM)).toBe('22/11/2026');
    expect(dayKey(Date.UTC(2026, 10, 22, 17), HCM)).toBe('2026-11-23');
    expect(rfc3339(T, HCM)).toBe('2026-11-22T22:14:05.120+07:00');
    expect(rfc3339(T - 120, 'America/St_Johns')).toBe('2026-11-22T11:44:05-03:30');
  });
  it('round trips through the wall clock, in zones with and without summer time', () => {
    for (const zone of [HCM, 'UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'])
      for (let t = Date.UTC(2026, 0, 1); t < Date.UTC(2027, 0, 1); t += 7.3 * 86_400_000) {
        const p = parts(t, zone);
        expect(fromWall(zone, p.year, p.month, p.day, p.hour, p.minute, p.second, t % 1000)).toBe(t);
        expect(Date.parse(rfc3339(t, zone))).toBe(t);
        expect(startOfDay(t, zone)).toBeLessThanOrEqual(t);
      }
  });
  it('knows Vietnam by heart, as the zone data have it', () => {
    const asked = new Intl.DateTimeFormat('en-US', { timeZone: HCM, timeZoneName: 'longOffset' });
    for (let t = Date.UTC(1976, 0, 1); t < Date.UTC(2040, 0, 1); t += 41.7 * 86_400_000)
      expect(asked.formatToParts(t).at(-1)?.value).toBe('GMT+07:00');
    expect([1977, 2026].map((y) => offsetMs(Date.UTC(y, 0, 1), HCM))).toEqual([7 * 3_600_000, 7 * 3_600_000]);
    // War time: an hour more in the south.
    expect(offsetMs(Date.UTC(1970, 0, 1), HCM)).toBe(8 * 3_600_000);
  });
  it('knows half-hour offsets', () => expect(offsetMs(T, 'Asia/Kathmandu')).toBe(5.75 * 3_600_000));
});

describe('words', () => {
  it('speak Vietnamese', () => {
    expect(longDate(T, HCM, 'vi')).toBe('Chủ nhật, 22/11/2026');
    expect(dayWords(T, T + 3_600_000, HCM, 'vi')).toBe('Hôm nay');
    expect(dayWords(T, T + 3 * 3_600_000, HCM, 'vi')).toBe('Hôm qua');
    expect(spoken(T, HCM, 'vi')).toBe('22 giờ 14 phút 05 giây, ngày 22/11');
    expect(since(T, T + 60_000, HCM, 'vi')).toBe('22:14');
    expect(since(T, T + 8 * 3_600_000, HCM, 'vi')).toBe('22:14 hôm qua');
    expect(since(T, T + 80 * 3_600_000, HCM, 'vi')).toBe('22:14 ngày 22/11');
    expect([20_000, 200_000, 7_300_000, 200_000_000].map((ms) => ago(T, T + ms, 'vi'))).toEqual(['vừa xong', '3 phút trước', '2 giờ trước', '2 ngày trước']); // prettier-ignore
    expect(ago(T, T - 5000, 'en')).toBe('just now');
    expect(monthName(2026, 11, 'vi')).toBe('Tháng 11, 2026');
    expect(duration(2 * 3_600_000 + 5 * 60_000, 'vi')).toBe('2 giờ 5 phút');
    expect(duration(45_000, 'vi')).toBe('45 giây');
    expect(bytes(26_700_000_000, 'vi')).toBe('26,7 GB');
  });
  it('use composed letters', () => {
    for (const s of [longDate(T, HCM, 'vi'), spoken(T, HCM, 'vi')]) expect(s).toBe(s.normalize('NFC'));
  });
});

describe('clocks without a day', () => {
  it('mean the day that is shown, or the day before when they are still to come', () => {
    const morning = Date.UTC(2026, 10, 22, 1); // 08:00 in the village
    const at = { hour: 22, minute: 14, second: 0 };
    expect(rfc3339(clockNear(at, morning, morning, HCM), HCM)).toBe('2026-11-21T22:14:00+07:00');
    expect(rfc3339(clockNear(at, morning - 3 * 86_400_000, morning, HCM), HCM)).toBe('2026-11-19T22:14:00+07:00');
    expect(rfc3339(clockNear({ ...at, hour: 7 }, morning, morning, HCM), HCM)).toBe('2026-11-22T07:14:00+07:00');
  });
});

describe('moments in addresses', () => {
  it('are read with their offset, also when its plus became a space', () => {
    for (const text of ['2026-11-22T22:14:05.120+07:00', '2026-11-22T22:14:05.120 07:00', '2026-11-22T15:14:05.120Z'])
      expect(parseMoment(text, 'UTC')).toBe(T);
    expect(parseMoment('2026-11-22T11:44:05.120-03:30', HCM)).toBe(T);
  });
  it("without one are the site's wall clock", () => {
    expect(parseMoment('2026-11-22T22:14:05.120', HCM)).toBe(T);
    expect(parseMoment('2026-11-22 22:14', HCM)).toBe(T - 5120);
    expect(parseMoment('2026-11-22', HCM)).toBe(startOfDay(T, HCM));
    expect(parseMoment('2026-11-22T22:14', 'America/St_Johns')).toBe(Date.UTC(2026, 10, 23, 1, 44));
  });
  it('are nothing when they are nonsense', () => {
    for (const text of [null, '', 'hôm qua', '2026-13-01T00:00', '2026-11-22T25:00', '22:14'])
      expect(parseMoment(text, HCM)).toBeNull();
  });
});
