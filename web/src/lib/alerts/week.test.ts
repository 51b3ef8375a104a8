import { describe, expect, it } from 'vitest';
import { clockOf, dayText, HALVES, painted, PRESETS, presetOf, spans } from './week';

describe('the week of alerts', () => {
  it('knows its presets, and that a change is none', () => {
    expect(presetOf(PRESETS.night)).toBe('night');
    expect(presetOf([...PRESETS.always])).toBe('always');
    expect(presetOf(painted(PRESETS.night, [0], 20, 22, true))).toBeNull();
    expect(dayText(PRESETS.night[0]!)).toBe('00:00–05:00, 22:00–24:00');
    expect(dayText(PRESETS.never[0]!)).toBe('');
  });

  it('is painted by days and hours, over midnight into the next day, and from Sunday into Monday', () => {
    const week = painted(PRESETS.never, [6], 44, 10, true);
    expect(dayText(week[6]!)).toBe('22:00–24:00');
    expect(dayText(week[0]!)).toBe('00:00–05:00');
    expect(painted(week, [6], 44, 10, false)).toEqual(PRESETS.never);
    expect(painted(PRESETS.never, [0, 1, 2, 3, 4, 5, 6], 44, 10, true)).toEqual(PRESETS.night);
    expect(painted(PRESETS.never, [2], 0, HALVES, true)[2]).toBe('1'.repeat(48));
  });

  it('is told in stretches', () => {
    expect(spans('1'.repeat(HALVES))).toEqual([[0, 48]]);
    expect(spans('0'.repeat(HALVES))).toEqual([]);
    expect(spans(`01${'0'.repeat(44)}11`)).toEqual([
      [1, 2],
      [46, 48],
    ]);
    expect([clockOf(0), clockOf(45), clockOf(48)]).toEqual(['00:00', '22:30', '24:00']);
  });
});
