/** Where the timeline's marks go and what they say. Pure. */
import { offsetMs, parts, pad } from '../time/zone';
import { msPerPx, type View } from './scale';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const TICK_STEPS = [
  S,
  2 * S,
  5 * S,
  10 * S,
  15 * S,
  30 * S,
  M,
  2 * M,
  5 * M,
  10 * M,
  15 * M,
  30 * M,
  H,
  2 * H,
  3 * H,
  6 * H,
  12 * H,
  24 * H,
];

export const MIN_TICK_PX = 70;

/** The smallest step whose marks are at least `minPx` apart. */
export function tickStep(ms: number, minPx = MIN_TICK_PX): number {
  return TICK_STEPS.find((s) => s / ms >= minPx) ?? 24 * H;
}

/** Divisions between two labelled marks that still read as whole units. */
export function minorStep(step: number): number {
  const minor: Record<number, number> = {
    [S]: S / 5,
    [2 * S]: S,
    [5 * S]: S,
    [10 * S]: 2 * S,
    [15 * S]: 5 * S,
    [30 * S]: 10 * S,
    [M]: 15 * S,
    [2 * M]: 30 * S,
    [5 * M]: M,
    [10 * M]: 2 * M,
    [15 * M]: 5 * M,
    [30 * M]: 10 * M,
    [H]: 15 * M,
    [2 * H]: 30 * M,
    [3 * H]: H,
    [6 * H]: H,
    [12 * H]: 3 * H,
  };
  return minor[step] ?? 6 * H;
}

export interface Tick {
  t: number;
  label: string;
  /** Midnight in the site's zone: the label is the date. */
  day: boolean;
}

/** Multiples of `step` on the site's wall clock within the view. */
export function* multiples(v: View, step: number, zone: string): Generator<number> {
  let t = Math.ceil((v.from + offsetMs(v.from, zone)) / step) * step - offsetMs(v.from, zone);
  for (let guard = 0; t <= v.to && guard < 4000; guard++) {
    yield t;
    const next = t + step;
    // Across a change of offset the marks stay on the wall clock.
    const shift = step >= H ? offsetMs(t, zone) - offsetMs(next, zone) : 0;
    t = next + (step + shift > 0 ? shift : 0);
  }
}

export function ticks(v: View, zone: string): { step: number; marks: Tick[] } {
  const step = tickStep(msPerPx(v));
  const marks: Tick[] = [];
  for (const t of multiples(v, step, zone)) {
    const p = parts(t, zone);
    const day = p.hour === 0 && p.minute === 0 && p.second === 0;
    const time = `${pad(p.hour)}:${pad(p.minute)}${step < M ? `:${pad(p.second)}` : ''}`;
    marks.push({ t, label: day ? `${pad(p.day)}/${pad(p.month)}` : time, day });
  }
  return { step, marks };
}
