/** Stills in place of a stream, told in the words of a live picture. They never claim to be live. Pure. */
import type { LiveSnapshot } from './tile-player';

/** A still so old does not stand for the present. */
export const STILL_FRESH_MS = 30_000;

/** `at`: when the camera saw what is shown; null before the first. */
export function stillSnapshot(at: number | null, now: number): LiveSnapshot {
  const ageMs = at === null ? null : Math.max(0, now - at);
  const old = ageMs !== null && ageMs > STILL_FRESH_MS;
  return {
    state: ageMs === null ? 'connecting' : old ? 'lost' : 'late',
    dot: ageMs === null || old ? 'red' : 'amber',
    ageMs,
    latencyMs: null,
    firstFrameMs: null,
    firstFrameAt: null,
    lastFrameAt: at,
    rendition: 'sub',
    mime: null,
    problem: 'no_mse',
    camera: null,
    frames: 0,
    rebuilds: 0,
    drops: 0,
  };
}
