// Development only: what moves in the pretend hamlet: events, cells, zones and searches of the mock recorder.
import { execFileSync } from 'node:child_process';
import { countsOf, marksOf } from './marks.mjs';
import { BOOT, find, spans } from './village.mjs';

const S = 1000;
const MIN = 60 * S;
const HOUR = 60 * MIN;
const iso = (ms) => new Date(ms).toISOString();
const COLUMNS = 32;
const ROWS = 18;

/** The same number for the same things, 0 to 1. */
function dice(...of) {
  let h = 2166136261;
  for (const c of of.join('/')) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}

const TAMPER = ['tamper_covered', 'tamper_defocused', 'tamper_turned', 'tamper_frozen', 'tamper_black'];

/** Events of one camera that begin in an hour: by day some, by night few; a bicycle, a person, a gate. */
function hourly(camera, hour) {
  const local = ((hour / HOUR + 7) % 24) | 0;
  const n = Math.floor(dice(camera.i, hour, 'n') * (local > 5 && local < 22 ? 7 : 2));
  return Array.from({ length: n }, (_, k) => {
    const from = Math.round(hour + dice(camera.i, hour, k, 'at') * HOUR);
    const long = 3 * S + dice(camera.i, hour, k, 'long') ** 3 * 90 * S;
    const trouble = dice(camera.i, hour, k, 'kind') > 0.985;
    return { camera, k, from, to: from + Math.round(long), kind: trouble ? TAMPER[Math.floor(dice(hour, k) * 5)] : 'motion', size: 0.004 + dice(from) ** 2 * 0.2, x: dice(from, 'x'), y: 0.4 + dice(from, 'y') * 0.5 }; // prettier-ignore
  });
}

/** Events that meet a range, newest first. The newest of them lasts. */
export function happened(camera, from, to) {
  const all = [];
  for (let h = Math.floor((from - HOUR) / HOUR) * HOUR; h < Math.min(to, Date.now()); h += HOUR) all.push(...hourly(camera, h)); // prettier-ignore
  const oldest = Date.parse(camera.oldest_at);
  if (camera.i % 4 === 1) all.push({ camera, k: 99, from: BOOT - 20 * S, to: BOOT + 10 * MIN, kind: 'motion', size: 0.05, x: 0.3, y: 0.7 }); // prettier-ignore
  return all
    .filter((e) => e.from < to && e.to > from && e.from <= Date.now() && e.from > oldest)
    .filter((e) => spans(camera, e.from, e.from + 1).length)
    .sort((a, b) => b.from - a.from);
}

const id = (e) => `018f0000-0000-7000-${String(8000 + e.camera.i)}-${e.from.toString(16).padStart(12, '0')}`;
const end = (e) => (e.to > Date.now() ? null : iso(e.to));

/** A block of cells, as 72 bytes in hexadecimal. */
function cells(x, y, w, h) {
  const bytes = new Uint8Array(72);
  for (let r = Math.max(0, Math.round(y * ROWS - h)); r < Math.min(ROWS, Math.round(y * ROWS)); r++)
    for (let c = Math.max(0, Math.round(x * COLUMNS)); c < Math.min(COLUMNS, Math.round(x * COLUMNS + w)); c++)
      bytes[(r * COLUMNS + c) >> 3] |= 1 << ((r * COLUMNS + c) & 7);
  return Buffer.from(bytes).toString('hex');
}

export const stretch = (e) => ({ id: id(e), kind: e.kind, from: iso(e.from), to: end(e) });

/** Most events were looked at; some of those show nothing that has a name. */
function looked(e) {
  const found = [null, [], ['person'], ['person'], ['vehicle', 'person'], ['animal']][
    Math.floor(dice(e.from, 'object') * 6)
  ];
  const objects = e.kind === 'motion' ? (found?.map((kind, n) => ({ kind, confidence: 0.8 - n / 10 })) ?? null) : null;
  return { objects, rank: objects?.length === 0 ? 'low' : 'usual' };
}

export function told(e) {
  const own = zonesOf(e.camera).items.filter((z) => z.kind === 'alert');
  const small = dice(e.from, 'picture') > 0.12 ? `/api/v1/events/${id(e)}/snapshot.jpg?size=small` : null;
  return {
    ...stretch(e), camera: e.camera.id, score: 0.8, size: e.size, cells: cells(e.x, e.y, 3, 5), zone_ids: own.slice(0, 1 + (e.k % 2)).map((z) => z.id),
    best_at: iso(e.from + 1500), ...looked(e), ...marksOf(id(e)), snapshot: { small, large: small?.replace('small', 'large') ?? null },
    clip: { url: `/api/v1/events/${id(e)}/clip.mp4`, from: iso(e.from - 5 * S), to: iso(e.to + 5 * S) },
  }; // prettier-ignore
}

export function page(cameras, q, problem) {
  const [from, to] = [Date.parse(q.get('from')), Date.parse(q.get('to'))];
  if (to - from > 32 * 24 * HOUR) return problem('invalid');
  const wanted = q.get('cameras')?.split(',').map(find).filter(Boolean) ?? cameras;
  const kinds = q.get('kind')?.split(',') ?? [];
  const limit = Number(q.get('limit') ?? 50);
  const start = Number(q.get('cursor') ?? 0);
  const all = wanted
    .flatMap((c) => happened(c, from, to))
    .filter((e) => q.get('seen') !== 'false' || !marksOf(id(e)).seen)
    .filter((e) => !kinds.length || kinds.some((k) => e.kind === k || e.kind.startsWith(`${k}_`)))
    .sort((a, b) => b.from - a.from);
  return { items: all.slice(start, start + limit).map(told), next_cursor: start + limit < all.length ? String(start + limit) : null }; // prettier-ignore
}

/** How many events began, and how many of them are unseen. */
export function count(cameras, q) {
  const [from, to] = [Date.parse(q.get('from')), Date.parse(q.get('to'))];
  const of = (c) => happened(c, from, to).filter((e) => e.from >= from && (!q.get('kind') || e.kind.startsWith(q.get('kind')))); // prettier-ignore
  return countsOf(cameras.map((c) => [c.id, of(c).map(id)]));
}

export function eventOf(cameras, name) {
  const [, , , i, from] = name.split('-');
  const camera = cameras[Number(i) - 8001];
  const at = parseInt(from, 16);
  return camera && happened(camera, at, at + 1).find((e) => id(e) === name);
}

const pictures = new Map();
/** The frame of the loop that shows the moment. */
export function snapshot(e, file) {
  const at = Math.floor((e.from / S) % 20);
  const key = `${file} ${at}`;
  if (!pictures.has(key))
    pictures.set(key, execFileSync('ffmpeg', ['-v', 'error', '-ss', String(at), '-i', file, '-frames:v', '1', '-vf', 'scale=320:-2', '-f', 'mjpeg', '-'])); // prettier-ignore
  return pictures.get(key);
}

/** Strength on a scale of logarithms, as the recorder has it. */
const strength = (share) => Math.round((255 * Math.log(1 + 1e4 * share)) / Math.log(1 + 1e4));

export function strip(camera, from, to, bucket) {
  const events = happened(camera, from, to);
  return Array.from({ length: Math.ceil((to - from) / bucket) }, (_, n) => {
    const [a, b] = [from + n * bucket, from + (n + 1) * bucket];
    const sizes = events.filter((e) => e.from < b && e.to > a).map((e) => e.size * (0.3 + 0.7 * dice(a, e.from)));
    // Leaves and insects that are no event.
    const noise = dice(camera.i, Math.floor(a / 20_000)) > 0.93 ? 0.002 * dice(a) : 0;
    return a > Date.now() ? 0 : strength(Math.min(1, Math.max(noise, ...sizes)));
  });
}

const zones = new Map();
export function zonesOf(camera) {
  if (!zones.has(camera.id))
    zones.set(camera.id, camera.i % 2 ? { revision: 0, items: [] } : {
      revision: 3,
      items: [
        { id: `018f0000-0000-7000-9000-00000000${String(camera.i).padStart(2, '0')}01`, kind: 'alert', name: 'Cổng', points: [[0.08, 0.55], [0.42, 0.5], [0.5, 0.95], [0.05, 0.97]], sensitivity: 'normal', min_size: 0.005, min_duration_s: 1 },
        { id: `018f0000-0000-7000-9000-00000000${String(camera.i).padStart(2, '0')}02`, kind: 'ignore', name: 'Bụi tre', points: [[0.7, 0.05], [0.98, 0.05], [0.98, 0.45], [0.82, 0.5], [0.7, 0.35]], sensitivity: 'normal', min_size: 0, min_duration_s: 0 },
      ],
    }); // prettier-ignore
  return zones.get(camera.id);
}

export function putZones(camera, items, revision) {
  if (zonesOf(camera).revision !== revision) return null;
  const own = items.map((z, n) => ({ ...z, id: z.id ?? `018f0000-0000-7000-900${n % 10}-${Date.now().toString(16).padStart(12, '0')}` })); // prettier-ignore
  zones.set(camera.id, { revision: revision + 1, items: own });
  return zonesOf(camera);
}

export function preview(camera, { items, from, to }) {
  const least = Math.min(...items.filter((z) => z.kind === 'alert').map((z) => z.min_size ?? 0), 1);
  const all = happened(camera, Date.parse(from), Date.parse(to)).filter((e) => !items.length || e.size >= (least === 1 ? 0 : least)); // prettier-ignore
  const examples = all.slice(0, 100).map((e) => ({ from: iso(e.from), to: iso(e.to), size: e.size, zones: [0] }));
  const observed_s = (Date.parse(to) - Date.parse(from)) / S - (camera.i % 3 ? 0 : 7 * 3600);
  return { events: all.length, events_per_hour: all.length / 24, observed_s, examples };
}

/** Server-sent events: a block that walks through the picture, and now and then stands still. */
export function activity(res, camera) {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const say = (name, data) => res.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  say('detection', camera.detection);
  const timer = setInterval(() => {
    const t = (Date.now() / S + camera.i * 3) % 20;
    const moves = t < 14;
    const x = (t / 14) * 0.9;
    say('activity', { at: iso(Date.now()), cells: moves ? cells(x, 0.85, 3, 5) : '', moved: moves ? 0.02 : 0, boxes: moves ? [[x, 0.58, x + 0.09, 0.85]] : [], event: null }); // prettier-ignore
  }, 200);
  res.on('close', () => clearInterval(timer));
}

const searches = new Map();
let begun = 0;

/** Reads a day every so often, as if there were much to read. */
export function beginSearch({ camera, from, to, polygon }) {
  const c = find(camera);
  const [a, b] = [Date.parse(from), Date.parse(to)];
  const xs = polygon.map((p) => p[0]);
  const ys = polygon.map((p) => p[1]);
  const meets = (e) => e.x + 0.1 > Math.min(...xs) && e.x < Math.max(...xs) && e.y > Math.min(...ys) && e.y - 0.25 < Math.max(...ys); // prettier-ignore
  const search = { id: `search-${++begun}`, camera: c, from: a, to: b, begun: Date.now(), found: happened(c, a, b).filter((e) => e.from >= a && e.kind === 'motion' && meets(e)) }; // prettier-ignore
  searches.set(search.id, search);
  return search;
}

export const searchOf = (name) => searches.get(name);
export const endSearch = (name) => searches.delete(name);

const MS_PER_DAY = 150;
function reached(s) {
  return Math.max(s.from, s.to - Math.floor((Date.now() - s.begun) / MS_PER_DAY + 1) * 24 * HOUR);
}

export function status(s) {
  const until = reached(s);
  const hits = s.found.filter((e) => e.from >= until).length;
  const since = BOOT - 10 * 24 * HOUR;
  return { id: s.id, camera: s.camera.id, state: until === s.from ? 'done' : 'running', progress: (s.to - until) / (s.to - s.from), scanned_until: iso(until), hits, truncated: false, data_since: iso(since), observed_s: (s.to - Math.max(s.from, since)) / S }; // prettier-ignore
}

export async function results(s, cursor) {
  const start = Number(cursor ?? 0);
  for (let turn = 0; turn < 20; turn++) {
    const { state, scanned_until } = status(s);
    const items = s.found.filter((e) => e.from >= Date.parse(scanned_until)).slice(start, start + 100);
    if (items.length || state !== 'running') {
      const next = start + items.length;
      const over = state === 'done' && next >= s.found.length;
      return { items: items.map((e) => ({ from: iso(e.from), to: iso(e.to), best_at: iso(e.from + 1500), strength: Math.min(1, e.size * 5) })), state, scanned_until, next_cursor: over ? null : String(next) }; // prettier-ignore
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { items: [], state: 'running', scanned_until: status(s).scanned_until, next_cursor: String(start) };
}

/** How looking for motion does: mostly well. */
export function detectionOf(i) {
  const since = iso(BOOT - 3 * HOUR);
  if (i === 4) return { mode: 'key_pictures', fps: 0.5, shed: 0, since, reason: null };
  if (i === 8) return { mode: 'all_pictures', fps: 2.9, shed: 0.42, since, reason: null };
  if (i === 12) return { mode: 'off', fps: 0, shed: 0, since, reason: null };
  if (i === 14) return { mode: 'key_pictures', fps: 0.5, shed: 0, since, reason: 'damaged_pictures' };
  if (i === 17) return null;
  return { mode: 'all_pictures', fps: 5, shed: 0, since, reason: null };
}
