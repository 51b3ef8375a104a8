/**
 * Drawing areas on a picture as a state machine: what is chosen, what is being dragged, what can be undone. Knows neither
 * the screen nor the recorder: points come in parts of the picture, and `size` says how large that is for the finger.
 */
import {
  apart,
  area as share,
  box,
  contains,
  hit,
  inserted,
  LEAST_CORNERS,
  middles,
  moved,
  removed,
  shifted,
  snapped,
  within,
  type Point,
  type Polygon,
  type Size,
} from './geometry';
import { History } from './history';

export interface Area {
  /** Known to this page only; ids come from the recorder. */
  readonly key: string;
  readonly points: Polygon;
}

export interface EditorState<A extends Area> {
  readonly areas: readonly A[];
  /** The chosen area and its chosen corner. */
  readonly chosen: string | null;
  readonly corner: number | null;
  readonly dragging: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly dirty: boolean;
}

/** Half of the 44 px that a finger needs; a mouse is finer. */
export const FINGER_PX = 22;
export const MOUSE_PX = 12;
const SNAP_PX = 8;
const SLOP_PX = 3;
const FILLS = 0.9;
/** Across the corners. */
const BOX_PX = 16;

type Grip = { part: 'corner'; index: number } | { part: 'inside' } | { part: 'new' };

interface Drag {
  grip: Grip;
  start: Point;
  /** The chosen area as it was then. */
  points: Polygon;
  moving: boolean;
}

export class AreaEditor<A extends Area> {
  #history: History<readonly A[]>;
  #saved: readonly A[];
  /** While dragging: not yet in the history. */
  #draft: readonly A[] | null = null;
  #drag: Drag | null = null;
  #chosen: string | null = null;
  #corner: number | null = null;

  constructor(
    areas: readonly A[],
    private readonly size: () => Size,
    private readonly changed: (s: EditorState<A>) => void,
  ) {
    this.#history = new History(areas);
    this.#saved = areas;
  }

  get state(): EditorState<A> {
    return {
      areas: this.#areas,
      chosen: this.#chosen,
      corner: this.#corner,
      dragging: this.#drag?.moving ?? false,
      canUndo: this.#history.canUndo,
      canRedo: this.#history.canRedo,
      dirty: this.#history.now !== this.#saved,
    };
  }

  get #areas(): readonly A[] {
    return this.#draft ?? this.#history.now;
  }

  get #area(): A | null {
    return this.#areas.find((a) => a.key === this.#chosen) ?? null;
  }

  #tell(): void {
    const area = this.#area;
    if (!area) this.#chosen = null;
    if (this.#corner !== null && this.#corner >= (area?.points.length ?? 0)) this.#corner = null;
    this.changed(this.state);
  }

  #with(points: Polygon): readonly A[] {
    return this.#areas.map((a) => (a.key === this.#chosen ? { ...a, points } : a));
  }

  #put(areas: readonly A[], step: string | null = null): void {
    this.#history.put(areas, step);
    this.#tell();
  }

  /** Begins with what the recorder has now; what could be undone is gone. */
  reset(areas: readonly A[]): void {
    this.#history = new History(areas);
    this.#saved = areas;
    this.#draft = null;
    this.#drag = null;
    this.#tell();
  }

  /** Goes on with what was drawn before; undo leads to what the recorder has. */
  resume(areas: readonly A[]): void {
    this.#put(areas);
  }

  choose(key: string | null, corner: number | null = null): void {
    if (key === this.#chosen && corner === this.#corner) return;
    this.#chosen = key;
    this.#corner = corner;
    this.#tell();
  }

  undo(): void {
    this.cancel();
    this.#history.undo();
    this.#tell();
  }

  redo(): void {
    this.cancel();
    this.#history.redo();
    this.#tell();
  }

  add(area: A): void {
    this.#chosen = area.key;
    this.#corner = null;
    this.#put([...this.#areas, area]);
  }

  remove(): void {
    if (!this.#area) return;
    const rest = this.#areas.filter((a) => a.key !== this.#chosen);
    this.#chosen = null;
    this.#put(rest);
  }

  /** Changes something else of the chosen area; the same field again is the same step. */
  edit(patch: Partial<A>): void {
    if (!this.#area) return;
    const areas = this.#areas.map((a) => (a.key === this.#chosen ? { ...a, ...patch } : a));
    this.#put(areas, `${this.#chosen} ${Object.keys(patch).join()}`);
  }

  addCorner(edge: number): void {
    const points = this.#area?.points;
    if (!points?.[edge]) return;
    const longer = inserted(points, edge, middles(points)[edge]!);
    if (longer === points) return;
    this.#corner = edge + 1;
    this.#put(this.#with(longer));
  }

  get canRemoveCorner(): boolean {
    return this.#corner !== null && (this.#area?.points.length ?? 0) > LEAST_CORNERS;
  }

  removeCorner(): void {
    const points = this.#area?.points;
    if (!points || this.#corner === null || !this.canRemoveCorner) return;
    const corner = this.#corner;
    this.#corner = Math.max(0, corner - 1);
    this.#put(this.#with(removed(points, corner)));
  }

  /** Moves the chosen corner, or without one the whole area. */
  nudge(dx: number, dy: number): void {
    const points = this.#area?.points;
    if (!points) return;
    const corner = this.#corner === null ? null : points[this.#corner];
    const next = corner ? moved(points, this.#corner!, [corner[0] + dx, corner[1] + dy]) : shifted(points, dx, dy);
    this.#put(this.#with(next), `${this.#chosen} nudge ${this.#corner}`);
  }

  /** A pointer goes down. With `draw` a press beside the chosen area begins a new box in its place. */
  down(at: Point, reach: number, draw = false): boolean {
    const begin = (grip: Grip): true => {
      this.#drag = { grip, start: at, points: this.#area?.points ?? [], moving: false };
      this.#tell();
      return true;
    };
    const size = this.size();
    // The chosen area is on top; of the others the newest.
    const order = [...this.#areas].reverse();
    const areas = this.#area ? [this.#area, ...order.filter((a) => a.key !== this.#chosen)] : order;
    for (const area of areas) {
      // Handles are seen, and so can be taken, of the chosen area only.
      const own = area.key === this.#chosen;
      const found = own ? hit(area.points, at, size, reach) : contains(area.points, at) && { part: 'inside' as const };
      if (!found) continue;
      this.#chosen = area.key;
      if (found.part === 'corner') {
        this.#corner = found.index;
        return begin({ part: 'corner', index: found.index });
      }
      if (found.part === 'edge') {
        this.addCorner(found.index);
        return begin({ part: 'corner', index: found.index + 1 });
      }
      this.#corner = null;
      // What fills the picture cannot be moved: there is no beside, so a box is drawn over it.
      return begin({ part: draw && share(area.points) > FILLS ? 'new' : 'inside' });
    }
    this.#corner = null;
    if (draw && this.#area) return begin({ part: 'new' });
    this.choose(null);
    this.#tell();
    return false;
  }

  move(at: Point): void {
    const drag = this.#drag;
    const area = this.#area;
    if (!drag || !area) return;
    const size = this.size();
    if (!drag.moving && apart(at, drag.start, size) < SLOP_PX) return;
    drag.moving = true;
    if (drag.grip.part === 'corner') {
      const others = this.#areas.filter((a) => a.key !== area.key).flatMap((a) => a.points);
      this.#draft = this.#with(moved(area.points, drag.grip.index, snapped(within(at), size, others, SNAP_PX)));
    } else if (drag.grip.part === 'inside') {
      this.#draft = this.#with(shifted(drag.points, at[0] - drag.start[0], at[1] - drag.start[1]));
    } else this.#draft = this.#with(box(drag.start, at));
    this.#tell();
  }

  up(): void {
    const points = this.#area?.points ?? [];
    // A press that slipped a little is no box.
    const slip =
      this.#drag?.grip.part === 'new' && points.length > 2 && apart(points[0]!, points[2]!, this.size()) < BOX_PX;
    const draft = slip ? null : this.#draft;
    this.#draft = null;
    this.#drag = null;
    if (draft) this.#put(draft);
    else this.#tell();
  }

  /** As it was before the pointer went down. */
  cancel(): void {
    if (!this.#drag) return;
    this.#draft = null;
    this.#drag = null;
    this.#tell();
  }
}
