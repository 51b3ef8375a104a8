// Development only: layouts that the pretend hamlet keeps, and the order of its cameras.
import { randomUUID } from 'node:crypto';
import { cameras, find } from './village.mjs';

let kept = ['Ban đêm', 'Quanh chợ'].map((name, n) => ({
  id: randomUUID(), name, grid: n ? '2x2' : '3x3', cameras: n ? cameras.slice(4, 9).map((c) => c.id) : [], carousel_s: n ? null : 20, revision: 1,
})); // prettier-ignore

/** By route, each with `{ id, body }`: status and answer. */
export const routes = {
  'GET layouts': () => [200, { items: kept }],
  'POST layouts': ({ body }) => {
    if (kept.some((l) => l.name === body.name)) return [409];
    kept = [...kept, { grid: 'auto', cameras: [], carousel_s: null, ...body, id: randomUUID(), revision: 1 }];
    return [201, kept.at(-1)];
  },
  'PATCH layouts/:id': ({ id, body }) => {
    kept = kept.map((l) => (l.id === id ? { ...l, ...body, revision: l.revision + 1 } : l));
    return [200, kept.find((l) => l.id === id)];
  },
  'DELETE layouts/:id': ({ id }) => ((kept = kept.filter((l) => l.id !== id)), [204]),
  'PUT cameras/:id': ({ body }) => {
    body.cameras.forEach((id, n) => (find(id).order = n));
    cameras.sort((a, b) => a.order - b.order);
    return [200, { items: cameras.map(({ i: _, ...c }) => c), next_cursor: null }];
  },
};
