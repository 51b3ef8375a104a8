/** What the free cell of the wall shows: where something moved last, but no more restless than a person can follow. */
import type { Story } from '../lib/motion/events';
import { app } from './app.svelte';

const HOLD_MS = 6000;

export class Spot {
  event = $state.raw<Story | null>(null);
  #since = 0;

  /** `events` newest first. A camera stays for some seconds, even when something moves elsewhere. */
  offer(events: readonly Story[]): void {
    const next = events.find((e) => e.kind === 'motion' && app.cameras.some((c) => c.id === e.camera && c.enabled));
    if (!next) return;
    const now = performance.now();
    const other = next.camera !== this.event?.camera;
    if (other && this.event && now - this.#since < HOLD_MS) return;
    if (other) this.#since = now;
    this.event = next;
  }
}
