/** Waiting times between attempts: 0.5, 1, 2, 4 … 15 s with jitter, so that 19 tiles or 10 viewers do not knock together. Pure. */
export const FIRST_MS = 500;
export const LONGEST_MS = 15_000;

/** `attempt` counts from 0; `random` in [0, 1). Jitter takes away up to a quarter. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(full * (1 - 0.25 * random));
}
