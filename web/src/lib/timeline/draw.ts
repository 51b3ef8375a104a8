/** Paints the timeline: ruler, recorded stretches, hatched gaps, motion, events, marks, the present and the playhead. */
import type { Coverage } from './coverage';
import { lastBefore, paintedEnd } from './coverage';
import type { Keepsake } from '../marks/kept';
import { msPerPx, span, toX, type View } from './scale';
import { bucketOf, type Tape } from './tape';
import { minorStep, multiples, ticks } from './ticks';

export const RULER_PX = 26;
/** Height of the lane of events, at the top of the track. */
export const EVENTS_PX = 12;

export interface TimelineModel {
  inks: Inks;
  view: View;
  zone: string;
  /** One camera each, from above. */
  lanes: readonly Coverage[];
  tape: Tape | null;
  /** Bookmarks and locks, in any order. */
  kept: readonly Keepsake[];
  position: number;
  now: number;
  live: boolean;
  marks: { in: number | null; out: number | null };
  hoverX: number | null;
  hoverLabel: string;
  positionLabel: string;
}

/** Tokens of theme.css. */
export const TOKENS = {
  track: '--track',
  future: '--future',
  recorded: '--recorded-deep',
  recordedTop: '--recorded-top',
  motion: '--motion',
  event: '--warn',
  trouble: '--bad',
  gap: '--hole',
  hatch: '--hatch',
  minor: '--tick',
  major: '--tick-strong',
  text: '--text-2',
  day: '--text',
  mark: '--mark',
  lock: '--accent',
  bookmark: '--blue',
  now: '--live',
  head: '--playhead',
  headInk: '--playhead-ink',
  hover: '--hover',
  label: '--raised-2',
} as const;
export type Inks = Record<keyof typeof TOKENS, string>;

let hatch: { inks: Inks; pattern: CanvasPattern | null } | null = null;

function hatching(ctx: CanvasRenderingContext2D, inks: Inks): CanvasPattern | string {
  if (hatch?.inks === inks) return hatch.pattern ?? inks.gap;
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const p = tile.getContext('2d')!;
  p.fillStyle = inks.gap;
  p.fillRect(0, 0, 8, 8);
  p.strokeStyle = inks.hatch;
  p.lineWidth = 1.4;
  p.beginPath();
  for (const o of [-8, 0, 8]) {
    p.moveTo(o, 8);
    p.lineTo(o + 8, 0);
  }
  p.stroke();
  hatch = { inks, pattern: ctx.createPattern(tile, 'repeat') };
  return hatch.pattern ?? inks.gap;
}

function drawLane(ctx: CanvasRenderingContext2D, m: TimelineModel, c: Coverage, top: number, height: number): void {
  const { view } = m;
  const nowX = Math.min(view.width, Math.max(0, toX(view, m.now)));
  ctx.fillStyle = hatching(ctx, m.inks);
  for (let i = Math.max(0, lastBefore(c.gaps, view.from)); i < c.gaps.length; i++) {
    const g = c.gaps[i]!;
    if (g.from > view.to) break;
    const x = Math.max(0, toX(view, g.from));
    ctx.fillRect(x, top, Math.max(1, Math.min(nowX, toX(view, g.to)) - x), height);
  }
  for (let i = Math.max(0, lastBefore(c.spans, view.from)); i < c.spans.length; i++) {
    const s = c.spans[i]!;
    if (s.from > view.to) break;
    const x = Math.max(0, toX(view, s.from));
    const end = i === c.spans.length - 1 ? paintedEnd(s, c.edge, m.now) : s.to;
    const w = Math.max(1, Math.min(view.width, toX(view, end)) - x);
    ctx.fillStyle = m.inks.recorded;
    ctx.fillRect(x, top, w, height);
    ctx.fillStyle = m.inks.recordedTop;
    ctx.fillRect(x, top, w, height > 30 ? 2 : 1);
  }
}

function drawTrack(ctx: CanvasRenderingContext2D, m: TimelineModel, top: number, height: number): void {
  const { view } = m;
  const nowX = Math.min(view.width, Math.max(0, toX(view, m.now)));
  ctx.fillStyle = m.inks.track;
  ctx.fillRect(0, top, view.width, height);
  const tall = height / Math.max(1, m.lanes.length);
  m.lanes.forEach((coverage, i) => drawLane(ctx, m, coverage, top + i * tall, m.lanes.length > 1 ? tall - 2 : tall));
  ctx.fillStyle = m.inks.future;
  if (nowX < view.width) ctx.fillRect(nowX, top, view.width - nowX, height);
}

/** The recorder's strength is already on a scale of logarithms: here it is only a height. */
function drawMotion(ctx: CanvasRenderingContext2D, m: TimelineModel, tape: Tape, top: number, height: number): void {
  const bucket = bucketOf(m.view);
  const wide = bucket / msPerPx(m.view);
  const room = height - EVENTS_PX - 4;
  ctx.fillStyle = m.inks.motion;
  for (const { from, strength } of tape.bars(m.view, bucket)) {
    const h = Math.max(2, (strength / 255) * room);
    ctx.fillRect(toX(m.view, from), top + height - h, Math.max(1, wide - 1), h);
  }
}

/** Motion is a bar; trouble with the camera has another colour and a point below, so that colour is not all. */
function drawEvents(ctx: CanvasRenderingContext2D, m: TimelineModel, tape: Tape, top: number): void {
  for (const e of tape.events.values()) {
    const to = e.to ?? m.now;
    if (e.from > m.view.to || to < m.view.from) continue;
    const x = toX(m.view, e.from);
    const w = Math.max(4, toX(m.view, to) - x);
    const motion = e.kind === 'motion' || e.kind === 'unknown';
    ctx.fillStyle = motion ? m.inks.event : m.inks.trouble;
    ctx.beginPath();
    ctx.roundRect(x, top + 3, w, EVENTS_PX - 6, 3);
    ctx.fill();
    if (motion) continue;
    ctx.beginPath();
    ctx.moveTo(x, top + EVENTS_PX - 4);
    ctx.lineTo(x + 10, top + EVENTS_PX - 4);
    ctx.lineTo(x + 5, top + EVENTS_PX + 4);
    ctx.fill();
  }
}

/** Locked footage is underlined; a bookmark is a ribbon that hangs from the top. */
function drawKept(ctx: CanvasRenderingContext2D, m: TimelineModel, top: number, height: number): void {
  for (const k of m.kept) {
    const to = k.to ?? k.from;
    if (k.from > m.view.to || to < m.view.from) continue;
    const x = toX(m.view, k.from);
    const w = toX(m.view, to) - x;
    if (k.kind === 'lock') {
      ctx.fillStyle = m.inks.lock;
      ctx.fillRect(x, top + height - 4, Math.max(3, w), 4);
      continue;
    }
    ctx.fillStyle = m.inks.bookmark;
    if (w > 1) {
      ctx.globalAlpha = 0.22;
      ctx.fillRect(x, top, w, height);
      ctx.globalAlpha = 1;
    }
    ctx.fillRect(x - 0.5, top, 1, height);
    ctx.beginPath();
    ctx.moveTo(x - 5, top);
    ctx.lineTo(x + 5, top);
    ctx.lineTo(x + 5, top + 13);
    ctx.lineTo(x, top + 9);
    ctx.lineTo(x - 5, top + 13);
    ctx.fill();
  }
}

function drawRuler(ctx: CanvasRenderingContext2D, m: TimelineModel, top: number, height: number): void {
  const { view, zone } = m;
  const { step, marks } = ticks(view, zone);
  const headX = toX(view, m.position);
  const minor = minorStep(step);
  ctx.fillStyle = m.inks.minor;
  if (minor / msPerPx(view) >= 5)
    for (const t of multiples(view, minor, zone)) ctx.fillRect(Math.round(toX(view, t)), top - 4, 1, 4);
  ctx.font = '500 12px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'center';
  for (const { t, label, day } of marks) {
    const x = Math.round(toX(view, t));
    ctx.fillStyle = day ? m.inks.day : m.inks.major;
    ctx.fillRect(x, top - 7, 1, 7);
    ctx.globalAlpha = 0.25;
    ctx.fillRect(x, top, 1, height);
    ctx.globalAlpha = 1;
    // The playhead's flag stands in the ruler: no half-covered hours beside it.
    if (Math.abs(x - headX) < 58) continue;
    ctx.fillStyle = day ? m.inks.day : m.inks.text;
    ctx.fillText(label, Math.min(view.width - 18, Math.max(18, x)), RULER_PX / 2 - 2);
  }
}

function drawMarks(ctx: CanvasRenderingContext2D, m: TimelineModel, top: number, height: number): void {
  const { in: a, out: b } = m.marks;
  ctx.fillStyle = m.inks.mark;
  if (a !== null && b !== null) {
    ctx.globalAlpha = 0.28;
    ctx.fillRect(toX(m.view, a), top, toX(m.view, b) - toX(m.view, a), height);
    ctx.globalAlpha = 1;
  }
  for (const [t, side] of [
    [a, 1],
    [b, -1],
  ] as const) {
    if (t === null) continue;
    const x = toX(m.view, t);
    ctx.fillRect(x - 1, top, 2, height);
    ctx.fillRect(side > 0 ? x : x - 7, top, 7, 2);
    ctx.fillRect(side > 0 ? x : x - 7, top + height - 2, 7, 2);
  }
}

function flag(
  ctx: CanvasRenderingContext2D,
  x: number,
  text: string,
  width: number,
  y: number,
  fill: string,
  ink: string,
): void {
  ctx.font = '600 12px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
  const w = ctx.measureText(text).width + 12;
  const left = Math.min(width - w - 2, Math.max(2, x - w / 2));
  ctx.fillStyle = fill;
  ctx.beginPath();
  ctx.roundRect(left, y, w, 20, 5);
  ctx.fill();
  ctx.fillStyle = ink;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(text, left + 6, y + 10.5);
}

export function drawTimeline(ctx: CanvasRenderingContext2D, m: TimelineModel, heightPx: number, ratio: number): void {
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, m.view.width, heightPx);
  const top = RULER_PX;
  const height = heightPx - top;
  if (span(m.view) <= 0 || m.view.width <= 0) return;
  drawTrack(ctx, m, top, height);
  if (m.tape) {
    drawMotion(ctx, m, m.tape, top, height);
    drawEvents(ctx, m, m.tape, top);
  }
  drawKept(ctx, m, top, height);
  drawRuler(ctx, m, top, height);
  drawMarks(ctx, m, top, height);
  const nowX = toX(m.view, m.now);
  if (nowX >= 0 && nowX <= m.view.width) {
    ctx.fillStyle = m.inks.now;
    ctx.fillRect(nowX - 0.75, top, 1.5, height);
  }
  if (m.hoverX !== null) {
    ctx.fillStyle = m.inks.hover;
    ctx.fillRect(m.hoverX, top, 1, height);
    flag(ctx, m.hoverX, m.hoverLabel, m.view.width, heightPx - 22, m.inks.label, m.inks.day);
  }
  const x = toX(m.view, m.position);
  if (x >= -20 && x <= m.view.width + 20) {
    const ink = m.live ? m.inks.now : m.inks.head;
    ctx.fillStyle = ink;
    ctx.fillRect(x - 1, 20, 2, heightPx - 20);
    flag(ctx, x, m.positionLabel, m.view.width, 1, ink, m.inks.headInk);
    ctx.beginPath();
    ctx.roundRect(x - 6, top + height / 2 - 12, 12, 24, 6);
    ctx.fillStyle = ink;
    ctx.fill();
  }
}
