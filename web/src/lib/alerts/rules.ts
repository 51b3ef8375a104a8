/** Which cameras' motion is told of, where in their pictures, and how small is too small, as the rules hold it. Pure. */
import type { AlertRules } from '../api/alerts';
import type { Zone } from '../api/types';

type Told = Pick<AlertRules, 'cameras' | 'cameras_off'>;
type Within = Pick<AlertRules, 'zones'>;

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

/** A zone in which motion counts, as it is chosen from. */
export type Choice = Pick<Zone, 'name'> & { id: string };

/** The zones of a camera that can be chosen: those in which motion is an event. */
export const choices = (zones: readonly Zone[]): Choice[] =>
  zones.flatMap(({ id, kind, name }) => (kind === 'alert' && id ? [{ id, name }] : []));

/** The motion of a camera is told of once it has met this zone. */
export const isWithin = ({ zones = {} }: Within, camera: string, zone: string): boolean =>
  zones[camera]?.includes(zone) ?? false;

/** With a zone of a camera chosen, or not. A camera of which none is left is told of anywhere: it is not named. */
export function withZone({ zones = {} }: Within, camera: string, zone: string, chosen: boolean): Required<Within> {
  const { [camera]: before = [], ...others } = zones;
  const now = [...before.filter((z) => z !== zone), ...(chosen ? [zone] : [])];
  return { zones: now.length ? { ...others, [camera]: now } : others };
}

const SIZES = [0, 0.01, 0.03, 0.1];

/** Shares of the picture that are offered; one that was set by other means stays. */
export const sizes = (now: number): number[] => [...new Set([...SIZES, now])].sort((a, b) => a - b);
