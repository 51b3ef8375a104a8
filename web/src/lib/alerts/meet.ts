/** A week that is being changed here while somebody else changes it too. Pure. */
import type { Schedule } from '../api/alerts';

export interface Plan {
  week: readonly string[];
  special: NonNullable<Schedule['special']>;
}

export const planOf = ({ week, special }: Pick<Schedule, 'week' | 'special'>): Plan => ({
  week,
  special: special ?? [],
});

const text = ({ week, special }: Plan): string => JSON.stringify([week, special.map((d) => [d.date, d.halves])]);
export const samePlan = (a: Plan, b: Plan): boolean => text(a) === text(b);

/**
 * `theirs` is what the recorder has now, `base` what `mine` has come of: mine goes on, theirs takes its place as nothing would
 * be lost, or saving mine would write over theirs.
 */
export function meet(base: Plan, mine: Plan, theirs: Plan): 'go on' | 'take theirs' | 'clash' {
  if (samePlan(theirs, base)) return 'go on';
  return samePlan(mine, base) || samePlan(mine, theirs) ? 'take theirs' : 'clash';
}
