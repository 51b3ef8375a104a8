/** A wall that hangs alone: when it goes back to all cameras, when it is dim, and where its still parts stand. Pure. */
export const IDLE_MS = 5 * 60_000;
/** Somebody at the wall at night sees it bright for so long. */
export const BRIGHT_MS = 60_000;
const NIGHT = { from: 22, to: 5 };
const SHIFT_EVERY_MS = 60_000;
/** Pixels, one step a minute around a square: what stands still would burn in. */
const ORBIT: readonly (readonly [number, number])[] = [[0, 0], [2, 0], [4, 0], [4, 2], [4, 4], [2, 4], [0, 4], [0, 2]]; // prettier-ignore

export const isIdle = (now: number, touched: number): boolean => now - touched >= IDLE_MS;

/** `hour` of the site's day. */
export const isDim = (hour: number, now: number, touched: number): boolean =>
  (hour >= NIGHT.from || hour < NIGHT.to) && now - touched >= BRIGHT_MS;

export const shiftAt = (now: number): readonly [number, number] =>
  ORBIT[Math.floor(now / SHIFT_EVERY_MS) % ORBIT.length]!;
