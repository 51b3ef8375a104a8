/** What somebody sees, as it is chosen: area by area and camera by camera not, live, or as their role says. Pure. */
import type { LiveReach, Reach } from '../api/people';

export type Level = 'none' | 'live' | 'full';
/** `reach` null: their role holds on the whole site. */
export interface Sight {
  reach: Reach | null;
  live: LiveReach;
}
type Kind = 'cameras' | 'areas';

export const EVERYTHING: Sight = { reach: null, live: { whole_site: false, cameras: [], areas: [] } };

const has = (list: string[] | undefined, what: string): boolean => list?.includes(what) ?? false;
const without = (list: string[] | undefined, what: string): string[] => (list ?? []).filter((x) => x !== what);

export function levelOf(sight: Sight, kind: Kind, what: string): Level {
  if (has(sight.reach?.[kind], what)) return 'full';
  return has(sight.live[kind], what) ? 'live' : 'none';
}

export function withLevel(sight: Sight, kind: Kind, what: string, level: Level): Sight {
  const full = without(sight.reach?.[kind], what);
  const live = without(sight.live[kind], what);
  return {
    reach: { ...sight.reach, [kind]: level === 'full' ? [...full, what] : full },
    live: { ...sight.live, [kind]: level === 'live' ? [...live, what] : live },
  };
}

export const withRest = (sight: Sight, level: Level): Sight => ({
  ...sight,
  live: { ...sight.live, whole_site: level === 'live' },
});

/** As it is sent: who has all in full, or sees live pictures anyway, sees nothing besides. */
export function sent(sight: Sight, role: string): Sight {
  if (role === 'admin' || sight.reach === null) return EVERYTHING;
  if (role !== 'viewer') return sight;
  const both = (kind: Kind): string[] => [...new Set([...(sight.reach?.[kind] ?? []), ...(sight.live[kind] ?? [])])];
  if (sight.live.whole_site) return EVERYTHING;
  return { reach: { cameras: both('cameras'), areas: both('areas') }, live: EVERYTHING.live };
}
