/** What a live tile may claim about its picture, from the age of the last frame really shown. Pure. */
export type Dot = 'green' | 'amber' | 'red';

export const FRESH_MS = 2000;
export const LOST_MS = 10_000;

/** Null age = nothing shown yet. A picture that is not green must never look live. */
export function dotFor(ageMs: number | null): Dot {
  if (ageMs === null || ageMs > LOST_MS) return 'red';
  return ageMs < FRESH_MS ? 'green' : 'amber';
}

export type TileState = 'connecting' | 'live' | 'late' | 'lost';

/**
 * `connecting`: nothing shown yet and no reason to give up. `lost`: the camera is known to be away and no frame is
 * fresh, or the picture is too old to be called late.
 */
export function tileState(ageMs: number | null, cameraAway: boolean, waitedMs: number): TileState {
  if (ageMs === null) return cameraAway || waitedMs > LOST_MS ? 'lost' : 'connecting';
  const dot = dotFor(ageMs);
  if (dot === 'green') return 'live';
  return dot === 'red' || cameraAway ? 'lost' : 'late';
}
