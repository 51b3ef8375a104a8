import { describe, expect, it } from 'vitest';
import { after, before, daysKept, daysOf, provenMinute, resume, room, STEPS } from './plan';

describe('the first run', () => {
  it('goes on where it was left, and ends', () => {
    expect(resume(null)).toBe('language');
    expect(resume('cameras')).toBe('cameras');
    expect(resume('done')).toBe('language');
    expect(STEPS.map(after)).toEqual(['site', 'password', 'storage', 'cameras', 'proof', 'done']);
    expect([before('language'), before('proof')]).toEqual([null, 'cameras']);
  });
});

describe('what a disk keeps', () => {
  const disk = { state: 'ok', used_bytes: 10, free_bytes: 100, reserve_bytes: 30, budget_bytes: null };
  it('is the smaller of budget and disk, over all disks that work', () => {
    expect(room([disk])).toBe(80);
    expect(room([{ ...disk, budget_bytes: 50 }, disk, { ...disk, state: 'absent' }])).toBe(130);
    expect(room([{ ...disk, reserve_bytes: 1000 }])).toBe(0);
  });
  it('is told in days', () => {
    // 19 cameras with 2 Mbit/s write 410.4 GB a day.
    expect(daysOf(4.104e12, 19, 2)).toBeCloseTo(10);
    expect(daysKept('2026-11-20T00:00:00Z', Date.parse('2026-11-22T12:00:00Z'))).toBe(2.5);
    expect(daysKept(null, 0)).toBeNull();
  });
});

describe('the recorded minute', () => {
  const span = (from: number, to: number) => ({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  it('is the newest whole one', () => {
    expect(provenMinute([])).toBeNull();
    expect(provenMinute([span(0, 40_000)])?.recorded).toBe(40_000);
    expect(provenMinute([span(0, 90_000), span(100_000, 130_000)])).toEqual({
      from: 30_000,
      to: 90_000,
      recorded: 60_000,
    });
  });
});
