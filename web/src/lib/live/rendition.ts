/** Which stream a tile should show: the smallest that is sharp enough for its size. Pure. */
import type { Rendition, RenditionId } from '../api/types';

export const HOLD_MS = 3000;

/** Null sizes count as the usual 640 and 1920 until the camera has told. */
export function choose(renditions: readonly Rendition[], tileWidthPx: number, pixelRatio: number): RenditionId {
  const width = (r: Rendition): number => r.width ?? (r.id === 'main' ? 1920 : 640);
  const bySize = [...renditions].sort((a, b) => width(a) - width(b));
  const need = 0.9 * tileWidthPx * pixelRatio;
  const fit = bySize.find((r) => width(r) >= need) ?? bySize[bySize.length - 1];
  return fit?.id ?? 'main';
}
