/** A picture enlarged under the fingers: how much, and which part of it is in sight. Pure. */
export interface Zoom {
  scale: number;
  /** Shift of the picture in pixels of its box, before the box is filled again. */
  x: number;
  y: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
export const MOST = 8;
/** From here on the small picture is too coarse. */
export const WANTS_MAIN = 1.3;

export interface Box {
  width: number;
  height: number;
}

/** The picture always fills its box. */
function inside({ scale, x, y }: Zoom, box: Box): Zoom {
  const s = Math.min(MOST, Math.max(1, scale));
  const most = (size: number): number => (size * (s - 1)) / 2;
  // Adding zero: no minus zero, which is not equal to it.
  const clamp = (v: number, m: number): number => Math.min(m, Math.max(-m, v)) + 0;
  return { scale: s, x: clamp(x, most(box.width)), y: clamp(y, most(box.height)) };
}

/** Enlarges by `factor`; what is at the point (from the middle of the box) stays there. */
export function zoomAt(z: Zoom, factor: number, px: number, py: number, box: Box): Zoom {
  const scale = Math.min(MOST, Math.max(1, z.scale * factor));
  const k = scale / z.scale;
  return inside({ scale, x: px - (px - z.x) * k, y: py - (py - z.y) * k }, box);
}

export const pan = (z: Zoom, dx: number, dy: number, box: Box): Zoom =>
  inside({ scale: z.scale, x: z.x + dx, y: z.y + dy }, box);
