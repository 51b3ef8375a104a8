/** Which stream a tile should show: the smallest that is sharp enough for its size, within what the machine bears. Pure. */
import type { Rendition, RenditionId } from '../api/types';

export const HOLD_MS = 3000;

/** Main streams at once: a phone's decoder and a small PC's processor have no more to give. */
export const MAIN_AT_MOST = { phone: 2, pc: 4 } as const;

/** Null sizes count as the usual 640 and 1920 until the camera has told. */
export function choose(renditions: readonly Rendition[], tileWidthPx: number, pixelRatio: number): RenditionId {
  const width = (r: Rendition): number => r.width ?? (r.id === 'main' ? 1920 : 640);
  const bySize = [...renditions].sort((a, b) => width(a) - width(b));
  const need = 0.9 * tileWidthPx * pixelRatio;
  const fit = bySize.find((r) => width(r) >= need) ?? bySize[bySize.length - 1];
  return fit?.id ?? 'main';
}

export interface Wish {
  id: string;
  /** Pixels of the tile. */
  width: number;
}

/** Who gets a main stream: the largest tiles first, then in their order. */
export function sharpest(wishes: readonly Wish[], most: number): Set<string> {
  const bySize = [...wishes].sort((a, b) => b.width - a.width);
  return new Set(bySize.slice(0, most).map((w) => w.id));
}
