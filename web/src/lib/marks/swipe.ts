/** A card that is drawn to the right with a finger. Only touch: a mouse selects words. */

export const FAR_PX = 88;
const BEGIN_PX = 12;

/** How a drag counts: not yet known, the list scrolls, or the card is drawn so far. Pure. */
export function drawn(dx: number, dy: number): 'unknown' | 'scroll' | number {
  if (Math.hypot(dx, dy) < BEGIN_PX) return 'unknown';
  // Left, or more down than across: not for us.
  return dx <= 0 || Math.abs(dy) > dx * 0.6 ? 'scroll' : Math.min(dx, FAR_PX * 1.3);
}

interface Options {
  /** Pixels that the card is drawn now; 0 = at rest. */
  moved(px: number): void;
  done(): void;
}

/** A Svelte action. The browser keeps vertical scrolling (touch-action in the card's style). */
export function swipeRight(node: HTMLElement, options: Options): { destroy(): void } {
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
    if (how === 'scroll') return px ? options.moved((px = 1)) : end();
    if (!px) node.setPointerCapture(e.pointerId);
    options.moved((px = how));
  };
  const up = (e: PointerEvent): void => {
    if (!start || e.pointerId !== start.id) return;
    const far = px >= FAR_PX;
    end();
    if (far) options.done();
  };
  const listeners = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: end } as const;
  for (const [name, f] of Object.entries(listeners)) node.addEventListener(name, f as EventListener);
  return {
    destroy: () => {
      for (const [name, f] of Object.entries(listeners)) node.removeEventListener(name, f as EventListener);
    },
  };
}
