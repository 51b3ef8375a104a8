import { describe, expect, it } from 'vitest';
import { AreaEditor, FINGER_PX, type Area, type EditorState } from './editor';
import {
  area,
  box,
  contains,
  crossing,
  hit,
  inserted,
  LEAST_CORNERS,
  middles,
  MOST_CORNERS,
  moved,
  removed,
  shifted,
  snapped,
  within,
  type Point,
  type Polygon,
} from './geometry';
import { History } from './history';
import { apiZone, newZone, offered, unfit, zoneArea } from './zone';

/** Deterministic pseudo-random numbers: the same cases on every run. */
function random(seed: number): () => number {
  let x = seed;
  return () => {
    x = (x * 1103515245 + 12345) % 2147483648;
    return x / 2147483648;
  };
}

const SIZE = { width: 640, height: 360 };
const SQUARE = box([0.25, 0.25], [0.75, 0.75]);
const inside = (p: Polygon): boolean => p.every(([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1);

/** A polygon around its middle: its lines do not cross. */
function star(next: () => number): Polygon {
  const n = 3 + Math.floor(next() * 9);
  return Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * (i + next() * 0.8)) / n;
    const r = 0.1 + next() * 0.3;
    return within([0.5 + r * Math.cos(angle), 0.5 + r * Math.sin(angle)]);
  });
}

describe('what lies where', () => {
  it('corners come before edges, edges before the inside, and beside it is nothing', () => {
    const at = (x: number, y: number) => hit(SQUARE, [x, y], SIZE, 12);
    expect(at(0.26, 0.26)).toEqual({ part: 'corner', index: 0 });
    expect(at(0.5, 0.26)).toEqual({ part: 'edge', index: 0 });
    expect(at(0.5, 0.5)).toEqual({ part: 'inside' });
    expect(at(0.1, 0.1)).toBeNull();
  });
  it('the nearer of two corners is meant', () => {
    const small = box([0.5, 0.5], [0.52, 0.53]);
    expect(hit(small, [0.521, 0.531], SIZE, 22)).toEqual({ part: 'corner', index: 2 });
  });
  it('every corner and every handle of an edge is found where it is', () => {
    const next = random(3);
    for (let k = 0; k < 200; k++) {
      const p = star(next);
      p.forEach((q) => expect(hit(p, q, SIZE, 1)?.part).toBe('corner'));
      middles(p).forEach((q) => expect(hit(p, q, SIZE, 1)?.part).toMatch(/corner|edge/));
    }
  });
  it('a hole by crossing lines is not inside', () => {
    const bow: Polygon = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]; // prettier-ignore
    expect(contains(bow, [0.5, 0.2])).toBe(false);
    expect(contains(bow, [0.8, 0.5])).toBe(true);
  });
});

describe('lines that cross', () => {
  it('are found, and only they', () => {
    expect(crossing([[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]])).toEqual([0, 2]); // prettier-ignore
    expect(crossing(SQUARE)).toBeNull();
    const next = random(5);
    for (let k = 0; k < 300; k++) expect(crossing(star(next))).toBeNull();
  });
  it('two corners that change places cross theirs, in any convex area', () => {
    for (let n = 4; n < 12; n++) {
      const p: Point[] = Array.from({ length: n }, (_, i) => [
        0.5 + 0.4 * Math.cos((2 * Math.PI * i) / n),
        0.5 + 0.4 * Math.sin((2 * Math.PI * i) / n),
      ]);
      [p[1], p[2]] = [p[2]!, p[1]!];
      expect(crossing(p), String(n)).not.toBeNull();
    }
  });
});

describe('moving', () => {
  it('a corner stays in the picture, wherever it is pulled', () => {
    const next = random(7);
    for (let k = 0; k < 200; k++) {
      const p = star(next);
      const to: Point = [next() * 3 - 1, next() * 3 - 1];
      const q = moved(p, Math.floor(next() * p.length), to);
      expect(inside(q)).toBe(true);
      expect(q.filter((c, i) => c !== p[i]).length).toBeLessThanOrEqual(1);
    }
  });
  it('a whole area keeps its shape and stays in the picture', () => {
    const next = random(9);
    for (let k = 0; k < 200; k++) {
      const p = star(next);
      const q = shifted(p, next() * 2 - 1, next() * 2 - 1);
      expect(inside(q)).toBe(true);
      expect(area(q)).toBeCloseTo(area(p), 3);
      p.forEach(([x, y], i) => {
        expect(q[i]![0] - x).toBeCloseTo(q[0]![0] - p[0]![0], 3);
        expect(q[i]![1] - y).toBeCloseTo(q[0]![1] - p[0]![1], 3);
      });
    }
  });
  it('a new corner on the middle of an edge changes no area; taking it away gives the old one back', () => {
    const next = random(11);
    for (let k = 0; k < 200; k++) {
      const p = star(next);
      const edge = Math.floor(next() * p.length);
      const q = inserted(p, edge, middles(p)[edge]!);
      expect(q.length).toBe(p.length + 1);
      expect(area(q)).toBeCloseTo(area(p), 3);
      expect(removed(q, edge + 1)).toEqual(p);
    }
  });
  it('never leaves fewer corners than three, or more than the recorder takes', () => {
    const triangle = SQUARE.slice(0, 3);
    expect(removed(triangle, 0)).toBe(triangle);
    let p: Polygon = SQUARE;
    for (let i = 0; i < 100; i++) p = inserted(p, 0, [0.5, 0.5]);
    expect(p.length).toBe(MOST_CORNERS);
    expect(hit(p, middles(p)[30]!, SIZE, 1)?.part).not.toBe('edge');
  });
  it('near the border and near another area a corner lies on it', () => {
    expect(snapped([0.005, 0.5], SIZE, [], 8)).toEqual([0, 0.5]);
    expect(snapped([0.995, 0.99], SIZE, [], 8)).toEqual([1, 1]);
    expect(snapped([0.5, 0.5], SIZE, [[0.505, 0.505]], 8)).toEqual([0.505, 0.505]);
    expect(snapped([0.5, 0.5], SIZE, [[0.6, 0.6]], 8)).toEqual([0.5, 0.5]);
  });
});

describe('history', () => {
  it('undoes and redoes; a new change forgets what was undone', () => {
    const h = new History(0);
    for (const n of [1, 2, 3]) h.put(n);
    h.undo();
    h.undo();
    expect([h.now, h.canRedo]).toEqual([1, true]);
    h.redo();
    expect(h.now).toBe(2);
    h.put(9);
    expect([h.now, h.canRedo]).toEqual([9, false]);
    h.undo();
    expect(h.now).toBe(2);
  });
  it('takes typing as one step, but not across another change', () => {
    const h = new History('');
    for (const s of ['N', 'Ng', 'Ngõ']) h.put(s, 'name');
    h.put('!', null);
    h.put('Ngõ 7', 'name');
    h.undo();
    h.undo();
    expect(h.now).toBe('Ngõ');
    h.undo();
    expect([h.now, h.canUndo]).toEqual(['', false]);
  });
});

function editor(areas: Area[] = [{ key: 'a', points: SQUARE }]) {
  let state!: EditorState<Area>;
  const e = new AreaEditor<Area>(areas, () => SIZE, (s) => (state = s)); // prettier-ignore
  return { e, get: () => state };
}

describe('drawing', () => {
  it('the first press chooses, for handles that are not seen cannot be taken; a corner is then dragged; one undo takes it back', () => {
    const { e, get } = editor();
    e.down([0.26, 0.26], FINGER_PX);
    e.up();
    expect([get().chosen, get().corner]).toEqual(['a', null]);
    e.down([0.25, 0.25], FINGER_PX);
    e.move([0.2, 0.15]);
    e.move([0.1, 0.1]);
    expect([get().dragging, get().canUndo]).toEqual([true, false]);
    e.up();
    expect([get().areas[0]!.points[0], get().corner, get().dirty]).toEqual([[0.1, 0.1], 0, true]);
    e.undo();
    expect([get().areas[0]!.points, get().canUndo, get().dirty]).toEqual([SQUARE, false, false]);
  });
  it('a press that does not move changes nothing', () => {
    const { e, get } = editor();
    e.choose('a');
    e.down([0.251, 0.251], FINGER_PX);
    e.move([0.252, 0.251]);
    e.up();
    expect(get().areas[0]!.points).toEqual(SQUARE);
    expect(get().corner).toBe(0);
  });
  it('the handle of an edge adds a corner and drags it', () => {
    const { e, get } = editor();
    e.choose('a');
    e.down([0.5, 0.25], FINGER_PX);
    e.move([0.5, 0.1]);
    e.up();
    expect(get().areas[0]!.points).toEqual([[0.25, 0.25], [0.5, 0.1], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]); // prettier-ignore
  });
  it('a drag that is broken off leaves everything as it was', () => {
    const { e, get } = editor();
    e.choose('a');
    e.down([0.5, 0.5], FINGER_PX);
    e.move([0.6, 0.6]);
    expect(get().areas[0]!.points).not.toEqual(SQUARE);
    e.cancel();
    expect([get().areas[0]!.points, get().canUndo]).toEqual([SQUARE, false]);
  });
  it('a press beside the area draws another box, and a slip draws none', () => {
    const { e, get } = editor();
    e.choose('a');
    e.down([0.05, 0.05], FINGER_PX, true);
    e.move([0.06, 0.06]);
    e.up();
    expect(get().areas[0]!.points).toEqual(SQUARE);
    e.down([0.05, 0.05], FINGER_PX, true);
    e.move([0.2, 0.9]);
    e.up();
    expect(get().areas[0]!.points).toEqual(box([0.05, 0.05], [0.2, 0.9]));
  });
  it('over an area that fills the picture a box is drawn, but not over one that can be moved', () => {
    const { e, get } = editor([{ key: 'a', points: box([0, 0], [1, 1]) }]);
    e.choose('a');
    const drag = (draw: boolean): void => {
      e.down([0.4, 0.35], FINGER_PX, draw);
      e.move([0.6, 0.65]);
      e.up();
    };
    drag(false);
    expect(get().areas[0]!.points).toEqual(box([0, 0], [1, 1]));
    drag(true);
    expect(get().areas[0]!.points).toEqual(box([0.4, 0.35], [0.6, 0.65]));
  });
  it('nudges of one corner are one step', () => {
    const { e, get } = editor();
    e.choose('a', 2);
    for (let i = 0; i < 5; i++) e.nudge(0.01, 0);
    expect(get().areas[0]!.points[2]).toEqual([0.8, 0.75]);
    e.undo();
    expect(get().areas[0]!.points).toEqual(SQUARE);
  });
  it('whatever is done: points stay in the picture, undo leads to the beginning, redo to the end', () => {
    for (let seed = 1; seed < 60; seed++) {
      const next = random(seed);
      const start = [{ key: 'a', points: SQUARE }, { key: 'b', points: box([0, 0], [0.2, 0.2]) }]; // prettier-ignore
      const { e, get } = editor(start);
      e.choose('a');
      const at = (): Point => [next() * 1.4 - 0.2, next() * 1.4 - 0.2];
      const acts = [
        () => (e.down(at(), FINGER_PX, next() < 0.5), e.move(at()), e.move(at()), next() < 0.8 ? e.up() : e.cancel()),
        () => e.nudge(next() - 0.5, next() - 0.5),
        () => e.addCorner(Math.floor(next() * 4)),
        () => e.removeCorner(),
        () => e.choose(next() < 0.5 ? 'a' : 'b', next() < 0.5 ? null : 1),
        () => e.undo(),
        () => e.redo(),
        () => next() < 0.2 && e.remove(),
        () => next() < 0.3 && e.add({ key: `n${next()}`, points: box(within(at()), within(at())) }),
      ];
      for (let i = 0; i < 80; i++) {
        acts[Math.floor(next() * acts.length)]!();
        for (const a of get().areas) {
          expect(inside(a.points)).toBe(true);
          expect(a.points.length).toBeGreaterThanOrEqual(LEAST_CORNERS);
        }
      }
      while (get().canRedo) e.redo();
      const end = get().areas;
      while (get().canUndo) e.undo();
      expect([get().areas, get().dirty]).toEqual([start, false]);
      while (get().canRedo) e.redo();
      expect(get().areas).toEqual(end);
    }
  });
});

describe('zones', () => {
  const zone = { id: 'z1', kind: 'alert' as const, name: ' Cổng đình ', points: [[0, 0], [1, 0], [1, 1]] }; // prettier-ignore
  it('go to the recorder as they came, the name trimmed and composed', () => {
    const back = apiZone(zoneArea({ ...zone, name: zone.name.normalize('NFD'), min_size: 0.02, min_duration_s: 2 }));
    expect(back).toEqual({ ...zone, name: 'Cổng đình', sensitivity: 'normal', min_size: 0.02, min_duration_s: 2 });
  });
  it('new ones have no id, keys of their own, and lie in the picture beside one another', () => {
    const all = Array.from({ length: 40 }, (_, i) => newZone('ignore', `Vùng ${i}`, i));
    expect(new Set(all.map((z) => z.key)).size).toBe(40);
    expect(all.every((z) => inside(z.points) && !('id' in apiZone(z)))).toBe(true);
    expect(all[0]!.points).not.toEqual(all[1]!.points);
  });
  it('cannot be saved without a name or with lines that cross', () => {
    const good = zoneArea(zone);
    expect(unfit([good])).toBeNull();
    expect(unfit([good, { ...good, name: '  ' }])?.why).toBe('name');
    const points = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]] as const; // prettier-ignore
    expect(unfit([{ ...good, points }])?.why).toBe('crossing');
  });
  it('what somebody else has set is offered beside the rest, in order', () => {
    expect(offered([0, 1, 5], 3)).toEqual([0, 1, 3, 5]);
    expect(offered([0, 1, 5], 5)).toEqual([0, 1, 5]);
  });
});
