/** Whether alerts were on here and do not arrive any more. Pure. */
import type { Subscribed } from '../api/alerts';

/**
 * `mine` names this browser's subscription; `lost`: the browser has forgotten it. One that is not listed was taken back, or is
 * somebody else's now: nobody waits for it.
 */
export function isDead(all: readonly Subscribed[], mine: string, lost: boolean): boolean {
  const here = all.find((d) => d.id === mine);
  return here !== undefined && (lost || here.gone_at !== null);
}
