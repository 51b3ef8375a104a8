/** A card that is drawn to one side with a finger. Only touch: a mouse selects words. */

export const FAR_PX = 88;
const BEGIN_PX = 12;

const MOST_PX = FAR_PX * 1.3;

/** How a drag counts: not yet known, the list scrolls, or the card is drawn so far; to the left less than 0. Pure. */
export function drawn(dx: number, dy: number): 'unknown' | 'scroll' | number {
  if (Math.hypot(dx, dy) < BEGIN_PX) return 'unknown';
  // More down than across: not for us.
  return Math.abs(dy) > Math.abs(dx) * 0.6 ? 'scroll' : Math.max(-MOST_PX, Math.min(dx, MOST_PX));
}

interface Options {
  /** Pixels that the card is drawn now, to the left less than 0; 0 = at rest. */
  moved(px: number): void;
  /** It was drawn far, and let go of. */
  done(side: 'left' | 'right'): void;
}

/** A Svelte action. The browser keeps vertical scrolling (touch-action in the card's style). */
export function swipe(node: HTMLElement, options: Options): { destroy(): void } {
  let start: { id: number; x: number; y: number } | null = null;
  let px = 0;
  const end = (): void => {
    start = null;
    px = 0;
    options.moved(0);
  };
  const down = (e: PointerEvent): void => {
    if (e.pointerType === 'touch' && e.isPrimary) start = { id: e.pointerId, x: e.clientX, y: e.clientY };
  };
  const move = (e: PointerEvent): void => {
    if (!start || e.pointerId !== start.id) return;
    const how = drawn(e.clientX - start.x, e.clientY - start.y);
    if (how === 'unknown') return;
    if (how === 'scroll') return px ? options.moved((px = Math.sign(px))) : end();
    if (!px) node.setPointerCapture(e.pointerId);
    options.moved((px = how));
  };
  const up = (e: PointerEvent): void => {
    if (!start || e.pointerId !== start.id) return;
    const [far, side] = [Math.abs(px) >= FAR_PX, px < 0 ? 'left' : 'right'] as const;
    end();
    if (far) options.done(side);
  };
  const listeners = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: end } as const;
  for (const [name, f] of Object.entries(listeners)) node.addEventListener(name, f as EventListener);
  return {
    destroy: () => {
      for (const [name, f] of Object.entries(listeners)) node.removeEventListener(name, f as EventListener);
    },
  };
}
