/** "What if a camera sent less": the question as the forecast takes it. Pure. */
import type { Camera } from '../api/types';

/** A disk that is asked about must have something to be asked with: cameras whose full picture is measured. */
export const measured = (cameras: readonly Camera[]): Camera[] =>
  cameras.filter((c) => c.enabled && (mainKbps(c) ?? 0) > 0);

const mainKbps = (c: Camera): number | null => c.renditions.find((r) => r.id === 'main')?.kbps ?? null;

/** `share` (0 to 1) of what `cameras` send now; null when it is all of it and nothing needs to be asked. */
export function overrides(cameras: readonly Camera[], share: number): string | null {
  if (share >= 1 || !cameras.length) return null;
  return cameras.map((c) => `${c.slug}:kbps=${Math.max(1, Math.round((mainKbps(c) ?? 0) * share))}`).join(',');
}
