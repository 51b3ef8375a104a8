/** The timeline's view: which stretch of time lies on which pixels, and zooming and panning it. Pure; times are epoch ms. */
export interface View {
  from: number;
  to: number;
  width: number;
}

export const MIN_SPAN = 10_000;
export const MAX_SPAN = 86_400_000;

const S = 1000;
const M = 60 * S;
const H = 60 * M;

/** Widths of view that the zoom buttons step through. */
export const STEPS = [24 * H, 12 * H, 6 * H, 3 * H, H, 30 * M, 10 * M, 5 * M, M, 30 * S, 10 * S] as const;

export const span = (v: View): number => v.to - v.from;
export const msPerPx = (v: View): number => span(v) / v.width;
export const toX = (v: View, t: number): number => ((t - v.from) / span(v)) * v.width;
export const toTime = (v: View, x: number): number => v.from + (x / v.width) * span(v);

const clampSpan = (ms: number): number => Math.min(MAX_SPAN, Math.max(MIN_SPAN, ms));

/** Zooms so that the time under pixel `x` stays there. `factor` > 1 shows more time. */
export function zoomAbout(v: View, x: number, factor: number): View {
  return withSpan(v, clampSpan(span(v) * factor), x);
}

/** The same view with another span, the time under `x` kept. */
export function withSpan(v: View, wanted: number, x: number): View {
  const anchor = toTime(v, x);
  const from = anchor - (x / v.width) * wanted;
  return { from, to: from + wanted, width: v.width };
}

/** The next coarser (+1) or finer (-1) button step. */
export function nextStep(current: number, direction: 1 | -1): number {
  if (direction > 0) return [...STEPS].reverse().find((s) => s > current * 1.01) ?? MAX_SPAN;
  return STEPS.find((s) => s < current * 0.99) ?? MIN_SPAN;
}

/** Moves the content by `dx` pixels: a drag to the right shows earlier times. */
export function pan(v: View, dx: number): View {
  const d = dx * msPerPx(v);
  return { ...v, from: v.from - d, to: v.to - d };
}

export function centered(t: number, spanMs: number, width: number): View {
  const s = clampSpan(spanMs);
  return { from: t - s / 2, to: t + s / 2, width };
}

/**
 * Keeps the view from running off: some of the time between `earliest` and `latest` always shows. So little that zooming
 * about a pointer anywhere in that time never has to move what is under it.
 */
export function bounded(v: View, earliest: number, latest: number): View {
  const s = span(v);
  const from = Math.min(latest - s * 0.02, Math.max(earliest - s * 0.98, v.from));
  return from === v.from ? v : { from, to: from + s, width: v.width };
}

/** Turns the page when `t` leaves the inner part of the view; the same object when it does not. */
export function follow(v: View, t: number): View {
  const x = toX(v, t);
  if (x > v.width * 0.95 || x < 0) return { ...v, from: t - span(v) * 0.2, to: t + span(v) * 0.8 };
  return v;
}
