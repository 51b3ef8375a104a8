/** How many events nobody signed in as this person has seen, for the navigation: as many as the feed says. */
import { marksApi } from '../lib/api/marks';
import { app, clock } from './app.svelte';
import { keepAsking } from './changes.svelte';

/** The recorder counts at most 32 days at once. */
const WINDOW_MS = 31 * 86_400_000;
const FAST_MS = 30_000;
const SLOW_MS = 300_000;

export const unseen = $state<{ events: number }>({ events: 0 });

async function count(): Promise<void> {
  if (app.status !== 'ready') return;
  const now = clock.now();
  try {
    unseen.events = (await marksApi.count(now - WINDOW_MS, now + 1000)).unseen;
  } catch {
    // The banner about the lost recorder says it; the number stays what it was.
  }
}

/** Keeps the number right as long as somebody is signed in. Returns how to stop. */
export function followUnseen(): () => void {
  void count();
  return keepAsking(['events'], () => void count(), FAST_MS, SLOW_MS);
}
