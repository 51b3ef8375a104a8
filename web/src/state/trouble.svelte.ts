/** What stops footage from being kept or alerts from arriving, for all pages: the worst that a recorder can do must not stand on
 * one page alone. */
import { api } from '../lib/api/client';
import type { HealthCheck } from '../lib/api/types';
import { app } from './app.svelte';
import { keepAsking } from './changes.svelte';

const FAST_MS = 15_000;
const SLOW_MS = 60_000;

/** No channel works; nobody's phone is left. */
const UNSENT = new Set(['alerts_stuck', 'alerts_nobody_left']);

export const trouble = $state<{ check: HealthCheck | null; unsent: HealthCheck | null }>({
  check: null,
  /** Alerts reach nobody: whoever waits for a phone must know. */
  unsent: null,
});

async function look(): Promise<void> {
  if (app.status !== 'ready') return;
  try {
    const { checks } = await api.health();
    // That cameras are away is said by their tiles.
    trouble.check = checks?.find((c) => c.level === 'error' && c.id !== 'cameras') ?? null;
    trouble.unsent = checks?.find((c) => UNSENT.has(c.code)) ?? null;
  } catch {
    // The banner about the lost recorder says it.
  }
}

/** Keeps it right as long as somebody is signed in. Returns how to stop. */
export function followTrouble(): () => void {
  void look();
  const end = keepAsking(['health'], () => void look(), FAST_MS, SLOW_MS);
  return () => {
    end();
    trouble.check = trouble.unsent = null;
  };
}
