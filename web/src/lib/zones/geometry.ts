/** Areas drawn on a picture: what lies where, and moving corners about. Pure; points are parts of width and height, 0..1. */
export type Point = readonly [x: number, y: number];
export type Polygon = readonly Point[];

/** The picture on the screen, in pixels: only there does "near" have a meaning. */
export interface Size {
  width: number;
  height: number;
}

export type Hit = { part: 'corner' | 'edge'; index: number } | { part: 'inside' };

/** As the recorder takes them. */
export const LEAST_CORNERS = 3;
export const MOST_CORNERS = 64;

const DIGITS = 10_000;
const part = (v: number): number => Math.round(Math.min(1, Math.max(0, v)) * DIGITS) / DIGITS;

/** The nearest point of the picture, to a ten-thousandth. */
export const within = ([x, y]: Point): Point => [part(x), part(y)];

export const apart = (a: Point, b: Point, s: Size): number =>
  Math.hypot((a[0] - b[0]) * s.width, (a[1] - b[1]) * s.height);

export const middle = (a: Point, b: Point): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/** Where the handle of each edge is; edge `i` goes from corner `i` to the next. */
export const middles = (p: Polygon): Point[] => p.map((a, i) => middle(a, p[(i + 1) % p.length]!));

/** Even-odd rule, as the recorder's own. */
export function contains(p: Polygon, [x, y]: Point): boolean {
  let inside = false;
  for (let i = 0, j = p.length - 1; i < p.length; j = i++) {
    const [x0, y0] = p[i]!;
    const [x1, y1] = p[j]!;
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
  }
  return inside;
}

function nearest(points: readonly Point[], at: Point, s: Size, reach: number): number {
  let best = -1;
  let least = reach;
  points.forEach((p, i) => {
    const d = apart(p, at, s);
    if (d <= least) [best, least] = [i, d];
  });
  return best;
}

/** What of an area is under a pointer: a corner before the handle of an edge, that before the inside. */
export function hit(p: Polygon, at: Point, s: Size, reach: number): Hit | null {
  const corner = nearest(p, at, s, reach);
  if (corner >= 0) return { part: 'corner', index: corner };
  const edge = p.length < MOST_CORNERS ? nearest(middles(p), at, s, reach) : -1;
  if (edge >= 0) return { part: 'edge', index: edge };
  return contains(p, at) ? { part: 'inside' } : null;
}

export const moved = (p: Polygon, index: number, to: Point): Polygon => p.map((q, i) => (i === index ? within(to) : q));

/** A new corner on edge `edge`; the same area when it has as many as it may have. */
export function inserted(p: Polygon, edge: number, at: Point): Polygon {
  if (p.length >= MOST_CORNERS) return p;
  return [...p.slice(0, edge + 1), within(at), ...p.slice(edge + 1)];
}

/** Without a corner; the same area when there would be none left. */
export const removed = (p: Polygon, index: number): Polygon =>
  p.length <= LEAST_CORNERS ? p : p.filter((_, i) => i !== index);

/** The whole area elsewhere: as far as asked, but never over the picture's border, so that it keeps its shape. */
export function shifted(p: Polygon, dx: number, dy: number): Polygon {
  const xs = p.map((q) => q[0]);
  const ys = p.map((q) => q[1]);
  const x = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx));
  const y = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy));
  return p.map((q) => within([q[0] + x, q[1] + y]));
}

/** Share of the picture, 0 to 1, where the lines do not cross. */
export function area(p: Polygon): number {
  let twice = 0;
  for (let i = 0, j = p.length - 1; i < p.length; j = i++) twice += p[j]![0] * p[i]![1] - p[i]![0] * p[j]![1];
  return Math.abs(twice) / 2;
}

export const centre = (p: Polygon): Point => [
  p.reduce((sum, q) => sum + q[0], 0) / p.length,
  p.reduce((sum, q) => sum + q[1], 0) / p.length,
];

const turn = (a: Point, b: Point, c: Point): number =>
  Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

/** The first two edges that cross: such an area has holes where nobody means them. */
export function crossing(p: Polygon): [number, number] | null {
  const end = (i: number): Point => p[(i + 1) % p.length]!;
  for (let i = 0; i < p.length; i++)
    for (let j = i + 2; j < p.length; j++) {
      if (i === 0 && j === p.length - 1) continue;
      const [a, b, c, d] = [p[i]!, end(i), p[j]!, end(j)];
      if (turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0) return [i, j];
    }
  return null;
}

/** A corner near the border or near one of `others` lies on it: areas that are meant to touch do. */
export function snapped(at: Point, s: Size, others: readonly Point[], reach: number): Point {
  const other = nearest(others, at, s, reach);
  if (other >= 0) return others[other]!;
  const near = (v: number, px: number): number => (v * px < reach ? 0 : (1 - v) * px < reach ? 1 : v);
  return within([near(at[0], s.width), near(at[1], s.height)]);
}

/** The rectangle between two points. */
export function box(a: Point, b: Point): Polygon {
  const [left, right] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [top, bottom] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  return ([[left, top], [right, top], [right, bottom], [left, bottom]] as const).map(within); // prettier-ignore
}
