/** How large a camera's name stands on its picture. */

/** What one reads from across a room; smaller only where the name would not fit, and then it is broken rather than tiny. */
export const LABEL_PX = 18;
export const LEAST_PX = 14;

/** `text`: width of the name at the full size, `room`: what there is for it. */
export function labelPx(text: number, room: number): number {
  if (text <= room) return LABEL_PX;
  return Math.max(LEAST_PX, Math.floor((LABEL_PX * room) / text));
}

let measure: CanvasRenderingContext2D | null = null;
/** Width of a name at the full size, in the app's font. */
export function textPx(name: string): number {
  if (!measure) {
    measure = document.createElement('canvas').getContext('2d')!;
    measure.font = `700 ${LABEL_PX}px ${getComputedStyle(document.documentElement).fontFamily}`;
  }
  return measure.measureText(name).width;
}
