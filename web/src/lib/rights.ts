/** What a role may do, and what pages ask of who opens them. The recorder decides; this only hides what it would refuse. Pure. */
import type { Route } from '../state/router.svelte';

export type Right = 'live' | 'playback' | 'hold' | 'export' | 'share' | 'zones' | 'alerts' | 'people' | 'settings';

const NEEDED: Partial<Record<Route['page'], Right>> = {
  camera: 'playback',
  search: 'playback',
  sync: 'playback',
  events: 'playback',
  event: 'playback',
  alerts: 'playback',
  health: 'playback',
  channels: 'settings',
  exports: 'export',
  zones: 'zones',
  people: 'people',
  setup: 'settings',
};

/** The right that opens a page; null = whoever is signed in. */
export const needed = (page: Route['page']): Right | null => NEEDED[page] ?? null;
