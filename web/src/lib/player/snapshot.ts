/** How a player begins, and what every player keeps to. */
import type { PlaybackOptions, PlaybackSnapshot } from './playback-types';

/** A gap that playing has reached is jumped over after this, so that its words can be read. */
export const SKIP_AFTER_MS = 3000;

/** How long each seek took to a presented frame, for the journeys. */
export const seekTimings: number[] = [];

/** At rest, at the present. */
export const atRest = (o: PlaybackOptions): PlaybackSnapshot => ({
  state: 'idle',
  position: o.now(),
  wanted: false,
  rate: 1,
  rendition: o.rendition,
  gap: null,
  skipped: null,
  skipAt: null,
  error: null,
  waiting: false,
  lastSeekMs: null,
});
