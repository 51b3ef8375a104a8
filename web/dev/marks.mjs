// Development only: what people do with events and moments of the pretend hamlet; forgotten when the mock ends.
import { randomUUID } from 'node:crypto';

const marks = new Map();
const kept = { bookmarks: [], locks: [] };
const now = () => new Date().toISOString();

export const marksOf = (id) => marks.get(id) ?? { seen: false, handled: null, verdict: null };

export function mark({ ids, seen, handled, verdict }) {
  for (const id of ids)
    marks.set(id, {
      seen: seen ?? marksOf(id).seen,
      handled: handled === undefined ? marksOf(id).handled : handled && { at: now(), by: 'admin', note: handled.note ?? '' }, // prettier-ignore
      verdict: verdict === undefined ? marksOf(id).verdict : verdict,
    });
}

/** Of lists of ids by camera. */
export function countsOf(all) {
  const cameras = all
    .map(([camera, ids]) => ({ camera, events: ids.length, unseen: ids.filter((id) => !marksOf(id).seen).length }))
    .filter((c) => c.events);
  const sum = (name) => cameras.reduce((n, c) => n + c[name], 0);
  return { events: sum('events'), unseen: sum('unseen'), cameras };
}

/** `bookmarks` or `locks`. */
export const list = (what, camera) => ({
  items: kept[what].filter((k) => !camera || k.camera === camera).sort((a, b) => (b.at ?? b.from).localeCompare(a.at ?? a.from)), // prettier-ignore
  next_cursor: null,
});

export function keep(what, camera, body) {
  const own = what === 'bookmarks' ? { to: null, revision: 1 } : { until: null };
  const made = { note: '', ...own, ...body, id: randomUUID(), camera, by: 'admin', made_at: now() };
  kept[what].push(made);
  return made;
}

/** Of a bookmark; null when it is not there. */
export function note(id, text) {
  const found = kept.bookmarks.find((k) => k.id === id);
  if (found) Object.assign(found, { note: text, revision: found.revision + 1 });
  return found ?? null;
}

/** Answers whether it was there. */
export function drop(what, id) {
  const before = kept[what].length;
  kept[what] = kept[what].filter((k) => k.id !== id);
  return kept[what].length < before;
}
