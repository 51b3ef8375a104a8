/** Which new event is told aloud, wherever one is: the newest, and not more often than one can bear. Pure. */
import type { Story } from './events';

export const QUIET_MS = 10_000;
/** What began longer ago is no news: the page was asleep, or the recorder away. */
const NEWS_MS = 120_000;

type Told = Pick<Story, 'id' | 'from' | 'seen'>;

export class Herald<E extends Told> {
  /** Beginning of the newest that is known; null before the first answer. */
  #newest: number | null = null;
  #waiting: E | null = null;
  #toldAt = -Infinity;

  /** The newest events, in any order. The first answer only says where news begins. */
  learn(events: readonly E[], now: number): void {
    const newest = Math.max(this.#newest ?? now, ...events.map((e) => e.from));
    for (const e of events)
      if (this.#newest !== null && e.from > this.#newest && e.from >= (this.#waiting?.from ?? 0)) this.#waiting = e;
    this.#newest = newest;
  }

  /** What is to be told now; each event once. */
  next(now: number): E | null {
    const event = this.#waiting;
    if (!event || now - this.#toldAt < QUIET_MS) return null;
    this.#waiting = null;
    if (event.seen || now - event.from > NEWS_MS) return null;
    this.#toldAt = now;
    return event;
  }
}
