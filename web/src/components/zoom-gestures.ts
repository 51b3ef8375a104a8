/** Fingers and wheel on a picture: two fingers or the wheel enlarge, one moves what is enlarged or swipes to the next. */
import { pan, WHOLE, zoomAt, type Zoom } from '../lib/live/zoom';

export interface ZoomHandlers {
  /** What it is now; a picture that may not be enlarged answers null. */
  zoom(): Zoom | null;
  change(z: Zoom): void;
  swipe(direction: 1 | -1): void;
}

const SWIPE_PX = 50;
const TAP_PX = 8;
const WHEEL_STEP = 1.15;

/** An attachment for the element that takes the pointer. A click that ends a gesture is swallowed. */
export function zoomGestures(h: ZoomHandlers): (node: HTMLElement) => () => void {
  return (node) => {
    const fingers = new Map<number, { x: number; y: number }>();
    let began: { x: number; y: number } | null = null;
    let used = false;

    const middle = (): { x: number; y: number; spread: number } => {
      const [a, b] = [...fingers.values()];
      return { x: (a!.x + b!.x) / 2, y: (a!.y + b!.y) / 2, spread: Math.hypot(a!.x - b!.x, a!.y - b!.y) };
    };
    const box = (): DOMRect => node.getBoundingClientRect();
    const fromMiddle = (x: number, y: number, b: DOMRect): [number, number] => [
      x - b.left - b.width / 2,
      y - b.top - b.height / 2,
    ];

    const down = (e: PointerEvent): void => {
      if (h.zoom() === null) return;
      if (fingers.size === 0) {
        used = false;
        began = { x: e.clientX, y: e.clientY };
      }
      fingers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    };
    const move = (e: PointerEvent): void => {
      const was = fingers.get(e.pointerId);
      const z = h.zoom();
      if (!was || !z) return;
      const now = { x: e.clientX, y: e.clientY };
      const b = box();
      if (fingers.size === 2) {
        const before = middle();
        fingers.set(e.pointerId, now);
        const after = middle();
        used = true;
        const larger = zoomAt(z, after.spread / Math.max(1, before.spread), ...fromMiddle(after.x, after.y, b), b);
        h.change(pan(larger, after.x - before.x, after.y - before.y, b));
        return;
      }
      fingers.set(e.pointerId, now);
      if (z.scale <= 1) return;
      if (began && Math.hypot(now.x - began.x, now.y - began.y) > TAP_PX) used = true;
      h.change(pan(z, now.x - was.x, now.y - was.y, b));
    };
    const up = (e: PointerEvent): void => {
      if (!fingers.delete(e.pointerId) || fingers.size > 0) return;
      const z = h.zoom();
      if (began && z && z.scale <= 1 && !used && e.type === 'pointerup' && e.pointerType !== 'mouse') {
        const dx = e.clientX - began.x;
        if (Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(e.clientY - began.y)) {
          used = true;
          h.swipe(dx < 0 ? 1 : -1);
        }
      }
      began = null;
    };
    const click = (e: MouseEvent): void => {
      if (!used) return;
      used = false;
      e.stopImmediatePropagation();
      e.preventDefault();
    };
    const wheel = (e: WheelEvent): void => {
      const z = h.zoom();
      // The whole picture cannot become smaller: the page scrolls.
      if (!z || (z.scale <= 1 && e.deltaY >= 0)) return;
      e.preventDefault();
      const b = box();
      h.change(zoomAt(z, e.deltaY < 0 ? WHEEL_STEP : 1 / WHEEL_STEP, ...fromMiddle(e.clientX, e.clientY, b), b));
    };
    node.addEventListener('pointerdown', down);
    node.addEventListener('pointermove', move);
    node.addEventListener('pointerup', up);
    node.addEventListener('pointercancel', up);
    node.addEventListener('click', click, { capture: true });
    node.addEventListener('wheel', wheel, { passive: false });
    return () => {
      node.removeEventListener('pointerdown', down);
      node.removeEventListener('pointermove', move);
      node.removeEventListener('pointerup', up);
      node.removeEventListener('pointercancel', up);
      node.removeEventListener('click', click, { capture: true });
      node.removeEventListener('wheel', wheel);
    };
  };
}

/** Enlarges about the middle, for buttons: what two fingers do must go with one tap too. */
export function zoomBy(z: Zoom, factor: number, node: HTMLElement): Zoom {
  const b = node.getBoundingClientRect();
  return factor === 0 ? WHOLE : zoomAt(z, factor, 0, 0, b);
}
