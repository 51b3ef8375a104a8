/**
 * Pointer, wheel and pinch on the timeline, as one state machine: press on the track and drag = scrub, on the ruler = pan,
 * a press without a drag = seek, wheel = zoom about the pointer, shift or sideways wheel = pan, two fingers = zoom and pan.
 */
import { RULER_PX } from './draw';
import { pan, toTime, withSpan, zoomAbout, span, type View } from './scale';

export interface TimelineHost {
  view(): View;
  setView(v: View): void;
  /** While dragging; the view may be turned by the host. */
  scrub(t: number): void;
  scrubEnd(t: number): void;
  scrubCancel(): void;
  seek(t: number): void;
  /** Where the mouse is, or that it has gone. */
  hover(x: number | null, y?: number): void;
}

type Mode = 'none' | 'press' | 'scrub' | 'pan' | 'pinch';

const SLOP_PX = 4;
const EDGE_PX = 28;

export class TimelineGestures {
  #mode: Mode = 'none';
  #points = new Map<number, number>();
  #start = { x: 0, y: 0 };
  #last = 0;
  #edge = 0;
  #frame = 0;

  constructor(
    private readonly element: HTMLElement,
    private readonly host: TimelineHost,
  ) {
    element.addEventListener('pointerdown', this.#down);
    element.addEventListener('pointermove', this.#move);
    element.addEventListener('pointerup', this.#up);
    element.addEventListener('pointercancel', this.#cancel);
    element.addEventListener('pointerleave', this.#leave);
    element.addEventListener('wheel', this.#wheel, { passive: false });
  }

  destroy(): void {
    const e = this.element;
    e.removeEventListener('pointerdown', this.#down);
    e.removeEventListener('pointermove', this.#move);
    e.removeEventListener('pointerup', this.#up);
    e.removeEventListener('pointercancel', this.#cancel);
    e.removeEventListener('pointerleave', this.#leave);
    e.removeEventListener('wheel', this.#wheel);
    cancelAnimationFrame(this.#frame);
  }

  get dragging(): boolean {
    return this.#mode === 'scrub' || this.#mode === 'pan' || this.#mode === 'pinch';
  }

  #x(e: MouseEvent): number {
    return e.clientX - this.element.getBoundingClientRect().left;
  }

  #y(e: MouseEvent): number {
    return e.clientY - this.element.getBoundingClientRect().top;
  }

  readonly #down = (e: PointerEvent): void => {
    if (e.button !== 0) return;
    this.element.setPointerCapture(e.pointerId);
    const x = this.#x(e);
    this.#points.set(e.pointerId, x);
    if (this.#points.size >= 2) {
      if (this.#mode === 'scrub') this.host.scrubCancel();
      this.#mode = 'pinch';
      return;
    }
    this.#mode = 'press';
    this.#start = { x, y: this.#y(e) };
    this.#last = x;
  };

  readonly #move = (e: PointerEvent): void => {
    const x = this.#x(e);
    if (this.#mode === 'none') {
      if (e.pointerType !== 'touch') this.host.hover(x, this.#y(e));
      return;
    }
    if (this.#mode === 'pinch') return this.#pinch(e.pointerId, x);
    if (this.#mode === 'press' && Math.abs(x - this.#start.x) > SLOP_PX) {
      this.#mode = this.#start.y < RULER_PX ? 'pan' : 'scrub';
      this.host.hover(null);
    }
    if (this.#mode === 'pan') this.host.setView(pan(this.host.view(), x - this.#last));
    if (this.#mode === 'scrub') {
      const width = this.host.view().width;
      this.#edge = x < EDGE_PX ? x - EDGE_PX : x > width - EDGE_PX ? x - width + EDGE_PX : 0;
      if (this.#edge && !this.#frame) this.#frame = requestAnimationFrame(this.#turn);
      this.host.scrub(toTime(this.host.view(), Math.min(width, Math.max(0, x))));
    }
    this.#last = x;
  };

  /** Near an edge the tape runs on under the finger. */
  readonly #turn = (): void => {
    this.#frame = 0;
    if (this.#mode !== 'scrub' || !this.#edge) return;
    this.host.setView(pan(this.host.view(), -this.#edge * 0.4));
    const v = this.host.view();
    this.host.scrub(toTime(v, Math.min(v.width, Math.max(0, this.#last))));
    this.#frame = requestAnimationFrame(this.#turn);
  };

  #pinch(id: number, x: number): void {
    if (!this.#points.has(id)) return;
    const before = [...this.#points.values()];
    this.#points.set(id, x);
    const after = [...this.#points.values()];
    const [a0, b0] = before as [number, number];
    const [a1, b1] = after as [number, number];
    const apart = Math.max(20, Math.abs(a0 - b0));
    const now = Math.max(20, Math.abs(a1 - b1));
    const v = this.host.view();
    const moved = pan(v, (a1 + b1 - a0 - b0) / 2);
    this.host.setView(zoomAbout(moved, (a1 + b1) / 2, apart / now));
  }

  /** A finger leaves the pinch: the one that stays goes on as a pan, from where it is. */
  #leavePinch(): void {
    if (this.#points.size >= 2) return;
    const [rest] = this.#points.values();
    this.#mode = rest === undefined ? 'none' : 'pan';
    this.#last = rest ?? this.#last;
  }

  readonly #up = (e: PointerEvent): void => {
    this.#points.delete(e.pointerId);
    const mode = this.#mode;
    if (mode === 'pinch') return this.#leavePinch();
    this.#mode = 'none';
    const v = this.host.view();
    const t = toTime(v, Math.min(v.width, Math.max(0, this.#x(e))));
    if (mode === 'press') this.host.seek(t);
    if (mode === 'scrub') this.host.scrubEnd(t);
  };

  readonly #cancel = (e: PointerEvent): void => {
    this.#points.delete(e.pointerId);
    if (this.#mode === 'pinch') return this.#leavePinch();
    if (this.#mode === 'scrub') this.host.scrubCancel();
    this.#mode = 'none';
  };

  readonly #leave = (): void => {
    if (this.#mode === 'none') this.host.hover(null);
  };

  readonly #wheel = (e: WheelEvent): void => {
    e.preventDefault();
    const v = this.host.view();
    const unit = e.deltaMode === 1 ? 16 : 1;
    if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      this.host.setView(pan(v, -(e.deltaX || e.deltaY) * unit));
      return;
    }
    const factor = Math.exp(Math.max(-0.5, Math.min(0.5, e.deltaY * unit * 0.0025)));
    this.host.setView(zoomAbout(v, this.#x(e), factor));
  };
}

/** Zoom by buttons or keys, about the playhead when it is in view, else about the middle. */
export function zoomTo(v: View, spanMs: number, position: number): View {
  const x = ((position - v.from) / span(v)) * v.width;
  return withSpan(v, spanMs, x >= 0 && x <= v.width ? x : v.width / 2);
}
