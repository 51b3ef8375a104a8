import { describe, expect, it } from 'vitest';
import { month, nearestDays } from './days';

describe('days with footage', () => {
  const days = ['2026-11-20', '2026-10-31', '2026-11-25', '2026-12-01'];
  it('are found on both sides of one without', () => {
    expect(nearestDays(days, '2026-11-22')).toEqual({ before: '2026-11-20', after: '2026-11-25' });
    expect(nearestDays(days, '2026-10-01')).toEqual({ before: null, after: '2026-10-31' });
    expect(nearestDays(days, '2026-12-01'), 'the day itself does not count').toEqual({ before: '2026-11-25', after: null }); // prettier-ignore
    expect(nearestDays([], '2026-12-01')).toEqual({ before: null, after: null });
  });
  it('lie in months that cross the year', () => {
    expect([month('2026-12-31', 1), month('2026-01', -1), month('2026-11', 0)]).toEqual(['2027-01', '2025-12', '2026-11']); // prettier-ignore
  });
});
