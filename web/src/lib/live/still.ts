/** Stills in place of a stream, told in the words of a live picture. They never claim to be live. Pure. */
import type { Camera } from '../api/types';
import type { LiveSnapshot } from './tile-player';

/** A still so old does not stand for the present; one that has not come after so long does not come. */
export const STILL_FRESH_MS = 30_000;

/** No picture is to be had of it, nor will be in a moment. */
export const isAway = (camera: Pick<Camera, 'state'>): boolean =>
  camera.state !== 'live' && camera.state !== 'connecting';

/**
 * `at`: when the camera saw what is shown; null before the first. `asked`: since when pictures are asked for, null while
 * they are not; one that is on its way is not lost. `away`: the camera is known to have none.
 */
export function stillSnapshot(at: number | null, now: number, asked: number | null, away: boolean): LiveSnapshot {
  const ageMs = at === null ? null : Math.max(0, now - at);
  const fresh = ageMs !== null && ageMs <= STILL_FRESH_MS;
  const waited = asked === null ? 0 : now - Math.max(asked, at ?? 0);
  const lost = away || (!fresh && waited > STILL_FRESH_MS);
  return {
    state: lost ? 'lost' : fresh ? 'late' : 'connecting',
    dot: fresh && !lost ? 'amber' : 'red',
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
