/** The event that a pressed alert opens the app with: asked for before its page has been loaded. */
import { motionApi } from '../lib/api/motion';
import type { MotionEvent } from '../lib/api/types';
import { router } from './router.svelte';

let first: { id: string; found: Promise<MotionEvent> } | null = null;

export function askFirst(): void {
  const { route } = router;
  if (route.page !== 'event') return;
  const asked = { id: route.id, found: motionApi.event(route.id) };
  first = asked;
  // Whoever has taken it hears of a failure; who comes later, signed in again, asks anew.
  asked.found.catch(() => first === asked && (first = null));
}

/** The event; the answer to what was asked first is given once. */
export function askEvent(id: string): Promise<MotionEvent> {
  const early = first?.id === id ? first.found : null;
  first = null;
  return early ?? motionApi.event(id);
}
