/** Which cameras' motion is told of, and how small is too small, as the rules hold it. Pure. */
import type { AlertRules } from '../api/alerts';

type Told = Pick<AlertRules, 'cameras' | 'cameras_off'>;

/** None in `cameras` is all of them; what is in `cameras_off` is quiet all the same. */
export const isTold = ({ cameras = [], cameras_off = [] }: Told, id: string): boolean =>
  (!cameras.length || cameras.includes(id)) && !cameras_off.includes(id);

/**
 * With the motion of one camera told of, or not. Off by `cameras_off` only: a camera that is added later is told of, and one that
 * is covered is told of in any case.
 */
export function withTold({ cameras = [], cameras_off = [] }: Told, id: string, told: boolean): Required<Told> {
  const off = cameras_off.filter((c) => c !== id);
  if (!told) return { cameras, cameras_off: [...off, id] };
  return { cameras: cameras.length && !cameras.includes(id) ? [...cameras, id] : cameras, cameras_off: off };
}

const SIZES = [0, 0.01, 0.03, 0.1];

/** Shares of the picture that are offered; one that was set by other means stays. */
export const sizes = (now: number): number[] => [...new Set([...SIZES, now])].sort((a, b) => a - b);
