/** The first run as a list of steps, and what a disk keeps. Pure. */
import type { SetupStep } from '../api/types';

/** In order; `done` is no page. */
export const STEPS = ['language', 'site', 'password', 'storage', 'cameras', 'proof'] as const satisfies SetupStep[];
export type Step = (typeof STEPS)[number];

/** Where to go on: the step that was open, else the first. */
export const resume = (saved: SetupStep | null): Step => STEPS.find((s) => s === saved) ?? 'language';

export function after(step: Step): SetupStep {
  return STEPS[STEPS.indexOf(step) + 1] ?? 'done';
}

export function before(step: Step): Step | null {
  return STEPS[STEPS.indexOf(step) - 1] ?? null;
}

interface Room {
  state: string;
  used_bytes: number;
  free_bytes: number;
  reserve_bytes: number;
  budget_bytes?: number | null;
}

/** Bytes of footage that the volumes hold when they are full. */
export function room(volumes: readonly Room[]): number {
  return volumes
    .filter((v) => v.state === 'ok')
    .map((v) => {
      const disk = Math.max(0, v.used_bytes + v.free_bytes - v.reserve_bytes);
      return Math.min(v.budget_bytes ?? disk, disk);
    })
    .reduce((a, b) => a + b, 0);
}

/** Days of so many cameras at so many megabits a second each. */
export function daysOf(bytes: number, cameras: number, mbit: number): number {
  return bytes / ((cameras * mbit * 1e6 * 86_400) / 8);
}

/** Days since the oldest footage, for a list; less than one is told as such. */
export function daysKept(oldest: string | null | undefined, now: number): number | null {
  const at = Date.parse(oldest ?? '');
  return Number.isNaN(at) ? null : Math.max(0, (now - at) / 86_400_000);
}

/** The minute to show as proof: the newest stretch that has one, away from its growing end. */
export function provenMinute(
  spans: readonly { from: string; to: string }[],
): { from: number; to: number; recorded: number } | null {
  let longest = 0;
  for (const s of [...spans].reverse()) {
    const [from, to] = [Date.parse(s.from), Date.parse(s.to)];
    longest = Math.max(longest, to - from);
    if (to - from >= 60_000) return { from: to - 60_000, to, recorded: 60_000 };
  }
  return longest > 0 ? { from: 0, to: 0, recorded: longest } : null;
}
