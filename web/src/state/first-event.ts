/** The event that a pressed alert opens the app with: asked for before its page has been loaded. */
import { motionApi } from '../lib/api/motion';
import type { MotionEvent } from '../lib/api/types';
import { router } from './router.svelte';

let first: { id: string; found: Promise<MotionEvent> } | null = null;

export function askFirst(): void {
  const { route } = router;
  if (route.page !== 'event') return;
  first = { id: route.id, found: motionApi.event(route.id) };
  // Whoever takes it hears of a failure.
  first.found.catch(() => {});
}

/** The event; the answer to what was asked first is given once. */
export function askEvent(id: string): Promise<MotionEvent> {
  const early = first?.id === id ? first.found : null;
  first = null;
  return early ?? motionApi.event(id);
}
