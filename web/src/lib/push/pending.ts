/** What a press on a message asked for, left by the worker: an iPhone opens the app at its first page, whatever it is told. Pure. */

/** As in `worker/messages.ts`. */
export const PENDING = 'lanewatch-pending';
export const MOVED = 'lanewatch-moved';
/** Older than this it is no longer what somebody has just pressed. */
const PENDING_MS = 30_000;

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null;

/** The page to go to instead of the first one; null = none was asked for just now. */
export function pendingPage(kept: unknown, now: number): string | null {
  if (!isObject(kept) || typeof kept.at !== 'number' || typeof kept.url !== 'string') return null;
  if (now - kept.at > PENDING_MS || kept.at > now + 1000) return null;
  return /^\/(?!\/)/.test(kept.url) ? kept.url : null;
}
