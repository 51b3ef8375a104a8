/** The newest events of all cameras, for the wall: what moves now and what has just moved. */
import { motionApi } from '../lib/api/motion';
import type { Story } from '../lib/motion/events';
import { merged, story } from '../lib/motion/events';
import { clock } from './app.svelte';
import { changes, keepAsking } from './changes.svelte';

const SPAN_MS = 12 * 3_600_000;
const KEPT = 40;
/** An event tells its end later: so long after it the tile is still outlined. */
const AFTERGLOW_MS = 4000;
const EVERY_MS = 4000;
/** While changes are told, only what no change tells of is asked for: that day goes on. */
const QUIET_MS = 60_000;
/** One that has none after so long gets none. */
const PICTURE_MS = 60_000;

export const news = $state<{ events: Story[]; checkedAt: number | null }>({ events: [], checkedAt: null });

let stop = new AbortController();
let end = (): void => {};
let readers = 0;

async function ask(): Promise<void> {
  const { signal } = stop;
  if (document.hidden) return;
  const to = clock.now() + 1000;
  try {
    const page = await motionApi.events({ from: to - SPAN_MS, to, limit: KEPT }, signal);
    if (signal.aborted) return;
    const fresh = merged(news.events, page.items.map(story)).slice(0, KEPT);
    if (JSON.stringify(fresh) !== JSON.stringify(news.events)) news.events = fresh;
    news.checkedAt = clock.now();
    // The picture of an event comes some seconds after its beginning, and no change tells of it.
    if (changes.told && fresh.some((e) => e.picture === null && to - e.from < PICTURE_MS)) setTimeout(again, EVERY_MS);
  } catch {
    // The banner about the lost recorder says it; the next turn asks again.
  }
}
const again = (): void => void (readers > 0 && ask());

/** Asks for news as long as somebody shows them. Returns how to stop. */
export function followNews(): () => void {
  if (readers++ === 0) {
    stop = new AbortController();
    void ask();
    end = keepAsking(['events'], () => void ask(), EVERY_MS, QUIET_MS);
  }
  return () => {
    if (--readers > 0) return;
    end();
    stop.abort();
  };
}

/** Ids of the cameras in which something moves at `now`. */
export function movingAt(events: readonly Story[], now: number): Set<string> {
  const lasts = (e: Story): boolean => e.kind === 'motion' && (e.to === null || now - e.to < AFTERGLOW_MS);
  return new Set(events.filter(lasts).map((e) => e.camera));
}
