import { describe, expect, it, vi } from 'vitest';
import { rfc3339 } from '../time/zone';
import { EXAMPLES, jump, type Place, type Problem } from './jump';
import { compose, fold } from './words';

const ZONE = 'Asia/Ho_Chi_Minh';
/** Thursday, 26/11/2026, 10:30 in the village. */
const NOW = Date.UTC(2026, 10, 26, 3, 30);
const named = (name: string) => ({ name, slug: fold(name).replace(/[^a-z0-9]+/g, '-') });
const CAMERAS = [
  'Cổng làng', 'Ngõ 1 – đình', 'Ngõ 2 – giếng', 'Ngõ 7 – cổng đình', 'Ngõ 8 – ao cá', 'Ngõ 10 – miếu', 'Ngõ 17 – sân bóng',
  'Cổng sau', 'Hẻm 7/2 – chợ', 'Nhà văn hóa',
].map(named); // prettier-ignore
const place: Place = { cameras: CAMERAS, here: CAMERAS[4]!, now: NOW, shown: NOW, zone: ZONE };

/** `camera, day time` as it is understood; or the problem. */
function heard(text: string, over: Partial<Place> = {}): string {
  const a = jump(text, { ...place, ...over });
  if (a.problem) return a.problem;
  const { camera, t } = a.choices[0]!;
  const name = camera === place.here ? '' : camera.name.split(' – ')[0]!;
  return `${name} ${
    t === null
      ? 'live'
      : rfc3339(t, over.zone ?? ZONE)
          .slice(5, 19)
          .replace('T', ' ')
  }`.trim();
}

/** As typed by different hands: with accents, without, in capitals, decomposed as some phones do. */
const hands = (s: string): string[] => [...new Set([s, fold(s), s.toUpperCase(), s.normalize('NFD'), `  ${s}  `])];

const SEVEN = ['ngõ 7', '7', 'hẻm 7', 'ngõ 07', 'ngõ bảy', 'Ngõ 7 – cổng đình', 'cổng đình', 'kiệt 7', 'camera 7'];
const DAYS: [string, string][] = [
  ['hôm qua', '11-25'],
  ['hqua', '11-25'],
  ['hôm kia', '11-24'],
  ['22/11', '11-22'],
  ['ngày 22 tháng 11', '11-22'],
  ['22-11-2026', '11-22'],
  ['thứ bảy tuần trước', '11-21'],
  ['cn', '11-22'],
  ['3 ngày trước', '11-23'],
];
const CLOCKS: [string, string][] = [
  ['22:14', '22:14:00'],
  ['22h14', '22:14:00'],
  ['22 giờ 14 phút', '22:14:00'],
  ['22:14:05', '22:14:05'],
  ['2214', '22:14:00'],
  ['9 rưỡi tối', '21:30:00'],
  ['sáng 6h kém 15', '05:45:00'],
  ['lúc hai giờ chiều', '14:00:00'],
];

/** Without their accents these say something else. */
const EXACT = ['hôm kìa 7h', 'tầm 8 giờ', 'bây giờ'];
const HAND: [string, string][] = [
  ['ngõ 7 hôm qua 22:14', 'Ngõ 7 11-25 22:14:00'],
  ['7 22h14', 'Ngõ 7 11-25 22:14:00'],
  ['ngo 7 hqua 22h14', 'Ngõ 7 11-25 22:14:00'],
  ['đêm qua 2 giờ', '11-26 02:00:00'],
  ['dem qua 2h', '11-26 02:00:00'],
  ['đêm qua 23h', '11-25 23:00:00'],
  ['đêm qua', '11-25 22:00:00'],
  ['đêm hôm kia 1 giờ', '11-25 01:00:00'],
  ['nửa đêm qua', '11-26 00:00:00'],
  ['nửa đêm hôm qua', '11-26 00:00:00'],
  ['toi qua 9 ruoi', '11-25 21:30:00'],
  ['tối qua 9', '11-25 21:00:00'],
  ['tối qua', '11-25 18:00:00'],
  ['7 tối qua 9', 'Ngõ 7 11-25 21:00:00'],
  ['sáng nay 6h kém 15', '11-26 05:45:00'],
  ['sáng nay', '11-26 06:00:00'],
  ['rạng sáng nay 3 giờ', '11-26 03:00:00'],
  ['rạng sáng hôm qua', '11-25 00:00:00'],
  ['chiều qua 5 rưỡi', '11-25 17:30:00'],
  ['trưa qua 12 giờ', '11-25 12:00:00'],
  ['trưa hôm qua 1 giờ', '11-25 13:00:00'],
  ['tối thứ hai 8 giờ', '11-23 20:00:00'],
  ['thứ bảy tuần trước 21h', '11-21 21:00:00'],
  ['thu 7 tuan truoc 21h', '11-21 21:00:00'],
  ['t7 21h', '11-21 21:00:00'],
  ['thứ năm 9h', '11-26 09:00:00'],
  ['thứ năm 22h', '11-19 22:00:00'],
  ['thứ tư tuần này 22h', '11-25 22:00:00'],
  ['chủ nhật tuần trước 7h', '11-22 07:00:00'],
  ['chủ nhật vừa rồi 7h', '11-22 07:00:00'],
  ['22/11 22:14:05', '11-22 22:14:05'],
  ['22/11/2026 22h', '11-22 22:00:00'],
  ['22/11/26 22h', '11-22 22:00:00'],
  ['2026-11-22 22:14:05', '11-22 22:14:05'],
  ['22.11.2026 7h', '11-22 07:00:00'],
  ['22h14 ngày 22', '11-22 22:14:00'],
  ['ngày 30 7h', '10-30 07:00:00'],
  ['9 giờ 7 tháng 11', '11-07 09:00:00'],
  ['9h 7/11', '11-07 09:00:00'],
  ['25/12 7h', '12-25 07:00:00'],
  ['5 phút trước', '11-26 10:25:00'],
  ['5p trước', '11-26 10:25:00'],
  ['30 giây trước', '11-26 10:29:30'],
  ['nửa tiếng trước', '11-26 10:00:00'],
  ['2 giờ trước', '11-26 08:30:00'],
  ['2 tiếng rưỡi trước', '11-26 08:00:00'],
  ['1 giờ 15 phút trước', '11-26 09:15:00'],
  ['cách đây mười phút', '11-26 10:20:00'],
  ['hai ngày trước 7h', '11-24 07:00:00'],
  ['1 tuần trước 7h', '11-19 07:00:00'],
  ['ngõ 7 5 phút trước', 'Ngõ 7 11-26 10:25:00'],
  ['hôm qua', '11-25 10:30:00'],
  ['ngõ 7 hôm qua', 'Ngõ 7 11-25 10:30:00'],
  ['ngõ 7', 'Ngõ 7 live'],
  ['ngõ 7 trực tiếp', 'Ngõ 7 live'],
  ['trực tiếp', 'live'],
  ['bây giờ', 'live'],
  ['camera trực tiếp', 'live'],
  ['nhà văn hóa 7h', 'Nhà văn hóa 11-26 07:00:00'],
  ['van hoa 7h', 'Nhà văn hóa 11-26 07:00:00'],
  ['cổng sau 9 giờ', 'Cổng sau 11-26 09:00:00'],
  ['cong sau 9 gio', 'Cổng sau 11-26 09:00:00'],
  ['hẻm 7/2 hôm qua 9h', 'Hẻm 7/2 11-25 09:00:00'],
  ['kiệt 7/2 8h', 'Hẻm 7/2 11-26 08:00:00'],
  ['ngõ mười bảy 8h', 'Ngõ 17 11-26 08:00:00'],
  ['8h ngõ 1', 'Ngõ 1 11-26 08:00:00'],
  ['ngõ 10 8h', 'Ngõ 10 11-26 08:00:00'],
  ['7', 'Ngõ 7 live'],
  ['22h', '11-25 22:00:00'],
  ['9h', '11-26 09:00:00'],
  ['7 giờ 30', '11-26 07:30:00'],
  ['bảy giờ rưỡi', '11-26 07:30:00'],
  ['tám giờ kém mười lăm', '11-26 07:45:00'],
  ['tam gio', '11-26 08:00:00'],
  ['tầm 8 giờ', '11-26 08:00:00'],
  ['tam 8 gio', '11-26 08:00:00'],
  ['hai mươi hai giờ mười bốn phút năm giây', '11-25 22:14:05'],
  ['hăm hai giờ', '11-25 22:00:00'],
  ['9h tối', '11-25 21:00:00'],
  ['9 giờ tối ngày hôm qua', '11-25 21:00:00'],
  ['2 giờ đêm', '11-26 02:00:00'],
  ['12 giờ đêm qua', '11-26 00:00:00'],
  ['12h trưa hôm qua', '11-25 12:00:00'],
  ['hôm qua 24h', '11-26 00:00:00'],
  ['hôm kìa 7h', '11-23 07:00:00'],
  ['lúc 22:14 ở cổng đình hôm qua', 'Ngõ 7 11-25 22:14:00'],
  ['xem ngõ 7 vào khoảng 9h sáng hôm kia', 'Ngõ 7 11-24 09:00:00'],
  ['ngõ 7 – 22:14', 'Ngõ 7 11-25 22:14:00'],
  ['ngõ 7, hôm qua, 22:14', 'Ngõ 7 11-25 22:14:00'],
  ['7-22:14', 'Ngõ 7 11-25 22:14:00'],
  ['lane 7 yesterday 22:14', 'Ngõ 7 11-25 22:14:00'],
  ['last night 2:00', '11-26 02:00:00'],
  ['yesterday 9 pm', '11-25 21:00:00'],
  ['yesterday 9:30pm', '11-25 21:30:00'],
  ['saturday 21:00', '11-21 21:00:00'],
  ['5 minutes ago', '11-26 10:25:00'],
];

const WRONG: [string, Problem][] = [
  ['', 'empty'],
  ['   ', 'empty'],
  ['25:61', 'no_such_time'],
  ['22:61', 'no_such_time'],
  ['hôm qua 25h', 'no_such_time'],
  ['31/2 7h', 'no_such_day'],
  ['31/4/2026', 'no_such_day'],
  ['22/13 7h', 'no_such_day'],
  ['tuần trước 7h', 'which_day'],
  ['hôm trước', 'which_day'],
  ['tối nay 22h', 'not_yet'],
  ['ngày mai 7h', 'not_yet'],
  ['22/11/2030', 'not_yet'],
  ['thứ bảy tuần này 7h', 'not_yet'],
  ['hôm qua hôm kia 7h', 'two_days'],
  ['hôm qua 7h 9h', 'two_times'],
  ['5 phút trước 22:14', 'two_times'],
  ['sáng hôm qua 22h', 'clash'],
  ['sáng tối hôm qua', 'clash'],
  ['tối qua 3 giờ', 'clash'],
  ['đêm 22/11 2 giờ', 'which_night'],
  ['đêm thứ bảy 1h', 'which_night'],
  ['cổng hôm qua 7h', 'which_camera'],
  ['ngõ 99 hôm qua', 'no_camera'],
  ['vườn chuối 7h', 'no_camera'],
];

describe('phrases', () => {
  it('of camera, day and time are understood in any order and by any hand: more than 500 of them', () => {
    let n = 0;
    for (const [camera, [day, date], [clock, time]] of SEVEN.flatMap((c) => DAYS.flatMap((d) => CLOCKS.map((k) => [c, d, k] as const)))) {
      for (const phrase of [`${camera} ${day} ${clock}`, ...(camera === '7' ? [] : [`${clock} ${day} ${camera}`])]) {
        const typed = hands(phrase)[n++ % hands(phrase).length]!;
        expect(heard(typed), typed).toBe(`Ngõ 7 ${date} ${time}`);
      }
    }
    expect(n).toBeGreaterThan(500);
  }); // prettier-ignore
  it('written by hand are understood', () => {
    for (const [phrase, want] of HAND)
      for (const typed of EXACT.includes(phrase) ? [phrase] : hands(phrase)) expect(heard(typed), typed).toBe(want);
  });
  it('that are impossible or have two meanings are refused', () => {
    for (const [phrase, want] of WRONG) for (const typed of hands(phrase)) expect(heard(typed), typed).toBe(want);
  });
  it('of the examples are understood', () => {
    for (const phrase of [...EXAMPLES.vi, ...EXAMPLES.en]) expect(heard(phrase), phrase).toMatch(/^\d/);
  });
});

describe('answers', () => {
  it('say what was understood of a phrase that is wrong, and what it is about', () => {
    const night = jump('ngõ 7 đêm 22/11 2 giờ', place);
    expect(night.choices.map((c) => rfc3339(c.t!, ZONE).slice(5, 16))).toEqual(['11-23T02:00', '11-22T02:00']);
    expect(jump('ngõ 99 hôm qua 7h', place)).toMatchObject({ about: 'ngõ 99', understood: ['hôm qua', '7h'] });
    expect(jump('7 hôm qua 25h', place)).toMatchObject({ about: '25h', understood: ['7', 'hôm qua'] });
  });
  it('offer every camera of that name, the days of a week, the other half of the day', () => {
    const times = (text: string, over: Partial<Place> = {}) => jump(text, { ...place, ...over }).choices;
    expect(times('cổng hôm qua 7h').map((c) => c.camera.name)).toEqual(['Cổng làng', 'Ngõ 7 – cổng đình', 'Cổng sau']);
    expect(times('tuần trước 7h').map((c) => rfc3339(c.t!, ZONE).slice(8, 10))).toEqual(['19', '20', '21', '22', '23', '24']);
    expect(times('hôm qua 9h').map((c) => rfc3339(c.t!, ZONE).slice(11, 16))).toEqual(['09:00', '21:00']);
    expect(times('hôm qua 9h', { here: null }).length).toBe(6);
  }); // prettier-ignore
  it('take a time without a day as that of the day which is shown', () => {
    const shown = Date.UTC(2026, 10, 20, 1);
    expect(heard('22h14', { shown })).toBe('11-20 22:14:00');
    expect(heard('9h', { shown: NOW })).toBe('11-26 09:00:00');
    expect(heard('hôm qua', { shown })).toBe('11-25 08:00:00');
  });
  it('know last night also when it still lasts', () => {
    const now = Date.UTC(2026, 10, 25, 20, 0); // 03:00
    expect(heard('đêm qua 2 giờ', { now, shown: now })).toBe('11-26 02:00:00');
    expect(heard('đêm nay 2 giờ', { now, shown: now })).toBe('11-26 02:00:00');
    expect(heard('đêm qua 23h', { now, shown: now })).toBe('11-25 23:00:00');
  });
});

/** A small generator: the same phrases in every run. */
function dice(seed: number): () => number {
  return () => {
    seed = (seed * 1664525 + 1013904223) % 2 ** 32;
    return seed / 2 ** 32;
  };
}

describe('properties', () => {
  const pad = (n: number) => String(n).padStart(2, '0');
  it('a moment written out is found again, in zones with and without summer time', () => {
    const roll = dice(7);
    for (const zone of [ZONE, 'Europe/Berlin', 'America/St_Johns'])
      for (let n = 0; n < 200; n++) {
        const t = Math.floor((NOW - roll() * 300 * 86_400_000) / 1000) * 1000;
        const [, mo, d, h, m, s] = /-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(rfc3339(t, zone))!.map(Number) as number[];
        const ways = [`${d}/${mo} ${pad(h!)}:${pad(m!)}:${pad(s!)}`, `${h}h${pad(m!)}p${s} ngày ${d} tháng ${mo}`, `2026-${pad(mo!)}-${pad(d!)} ${h} giờ ${m} phút ${s} giây`];
        for (const text of ways) {
          const found = jump(text, { ...place, zone }).choices[0]!.t!;
          // The hour that the clock repeats in autumn has two instants and one name.
          expect(rfc3339(found, zone).slice(0, 19), text).toBe(rfc3339(t, zone).slice(0, 19));
        }
      }
  }); // prettier-ignore
  it('never lead into the future, never throw, and do not depend on accents that are left out together', () => {
    const roll = dice(3);
    const bits = [...SEVEN, ...DAYS.map((d) => d[0]), ...CLOCKS.map((c) => c[0]), ...HAND.map((h) => h[0]), '/', ':', '7', '22', 'kém', 'rưỡi', 'đêm', 'tối', 'ngày', '-', 'xyz', '😀']; // prettier-ignore
    for (let n = 0; n < 1000; n++) {
      const text = Array.from({ length: 1 + Math.floor(roll() * 5) }, () => bits[Math.floor(roll() * bits.length)]).join(' '); // prettier-ignore
      const a = jump(text, place);
      for (const c of a.choices) expect(c.t ?? 0, text).toBeLessThanOrEqual(NOW);
      expect(a.problem === null ? a.choices.length : 1, text).toBeGreaterThan(0);
      expect(jump(compose(text), place).problem, text).toBe(a.problem);
    }
  });
  it("mean the same whatever the browser's zone", () => {
    const all = (): string[] => HAND.map(([phrase]) => heard(phrase));
    const expected = all();
    for (const zone of ['America/New_York', 'Pacific/Kiritimati', 'UTC']) {
      vi.stubEnv('TZ', zone);
      expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(zone);
      expect(all()).toEqual(expected);
    }
    vi.unstubAllEnvs();
  });
});
