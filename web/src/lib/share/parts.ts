/** The videos of an export of several, each as one can be sent: what was asked for without what is missing. Pure. */
import type { Export } from '../api/types';

export interface Part {
  camera: string;
  name: string;
  from: number;
  to: number;
}

type Asked = Pick<Export, 'items' | 'missing'>;

/** Shorter ones are what lies between two holes, and nobody sends them. */
const LEAST_MS = 500;

export function partsOf({ items, missing }: Asked): Part[] {
  return items.flatMap(({ camera, name, from, to }) => {
    const holes = missing
      .filter((m) => m.camera === camera)
      .map((m) => ({ from: Date.parse(m.from), to: Date.parse(m.to) }))
      .sort((a, b) => a.from - b.from);
    const end = Date.parse(to);
    const parts: Part[] = [];
    let at = Date.parse(from);
    for (const hole of [...holes, { from: end, to: end }]) {
      const until = Math.min(hole.from, end);
      if (until - at >= LEAST_MS) parts.push({ camera, name, from: at, to: until });
      at = Math.max(at, hole.to);
    }
    return parts;
  });
}
