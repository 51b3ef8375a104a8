/** Keeping a live picture near the end of its buffer: how fast to play and when to jump. Pure. */
export type Range = readonly [start: number, end: number];

export interface EdgeInput {
  at: number;
  ranges: readonly Range[];
  /** Seconds to stay behind the end; one or two frame gaps plus delivery jitter. */
  target: number;
  /** True until the first picture has settled: then a jump costs nothing that anyone saw. */
  settling: boolean;
  /** Safari stutters on a changed rate: there only jumps are used. */
  canChangeRate: boolean;
}

export interface EdgeAction {
  seek: number | null;
  rate: number;
}

const JUMP_BEHIND = 1.6;
const JUMP_SETTLING = 0.6;

export function followEdge({ at, ranges, target, settling, canChangeRate }: EdgeInput): EdgeAction {
  const last = ranges[ranges.length - 1];
  if (!last) return { seek: null, rate: 1 };
  const [start, end] = last;
  const wish = Math.max(start, end - target);
  // Before the newest range (it began after a pause or a loss), or beyond its end (the clock stepped back).
  if (at < start - 0.001 || at > end + 0.5) return { seek: wish, rate: 1 };
  const behind = end - at;
  if (behind - target > (settling ? JUMP_SETTLING : JUMP_BEHIND)) return { seek: wish, rate: 1 };
  if (!canChangeRate) return { seek: null, rate: 1 };
  const late = behind - target;
  // Nearly a second late is the limit of the live view in reach: rather quick people than late ones.
  if (late > 0.8) return { seek: null, rate: 1.25 };
  if (late > 0.5) return { seek: null, rate: 1.1 };
  if (late > 0.2) return { seek: null, rate: 1.05 };
  if (behind < target * 0.4) return { seek: null, rate: 0.97 };
  return { seek: null, rate: 1 };
}
