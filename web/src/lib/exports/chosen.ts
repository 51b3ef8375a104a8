/** What to export for events that were chosen: of each camera its clips, those that meet as one. Pure. */
import { PRE_ROLL_MS, type Story } from '../motion/events';

export interface Range {
  camera: string;
  from: number;
  to: number;
}

type Chosen = Pick<Story, 'camera' | 'playFrom' | 'to'>;

/** Oldest first. One that lasts goes as far as now. */
export function clipsOf(events: readonly Chosen[], now: number): Range[] {
  const found: Range[] = [];
  for (const e of [...events].sort((a, b) => a.playFrom - b.playFrom)) {
    const to = Math.min(now, (e.to ?? now) + PRE_ROLL_MS);
    const met = found.findLast((r) => r.camera === e.camera);
    if (met && e.playFrom <= met.to) met.to = Math.max(met.to, to);
    else if (to > e.playFrom) found.push({ camera: e.camera, from: e.playFrom, to });
  }
  return found;
}
