/** How long a camera's footage is to stay, from the fields of its form. Pure. */

/** What the recorder takes; nobody means more. */
export const DAYS_MOST = 3650;

export interface Keeping {
  days_min: number | null;
  days_max: number | null;
}
/** The field that is wrong, or both when they contradict each other. */
export type KeepingFault = 'days_min' | 'days_max' | 'order';

type Typed = number | null | undefined;
const fits = (days: Typed): boolean => days === null || days === undefined || (Number.isInteger(days) && days >= 1 && days <= DAYS_MOST); // prettier-ignore

/** An empty field is no rule. */
export function keepingOf(min: Typed, max: Typed): Keeping | KeepingFault {
  if (!fits(min)) return 'days_min';
  if (!fits(max)) return 'days_max';
  if (min && max && max < min) return 'order';
  return { days_min: min ?? null, days_max: max ?? null };
}
