// Development only: recorded segments of the mock recorder, computed from the looping media on demand.
import { LOOP_S, FPS, stamped } from './media.mjs';
import { gaps, spans } from './village.mjs';

const MINUTE = 60_000;
const iso = (ms) => new Date(ms).toISOString();
const cache = new Map();

/** Every recorded one-second fragment with `from <= start < to`, with absolute ms. */
function* fragmentsBetween(track, from, to) {
  const { fragments } = track;
  for (let loop = Math.floor(from / 1000 / LOOP_S); loop * LOOP_S * 1000 < to; loop++)
    for (const f of fragments) {
      const start90k = loop * LOOP_S * 90000 + f.start;
      const ms = start90k / 90;
      if (ms >= from && ms < to) yield { f, start90k, ms };
    }
}

/** One segment file: init, then each fragment followed by a 64-byte box, as the recorder writes them. */
export function segmentFile(camera, media, rendition, minute) {
  const key = `${camera.i}-${rendition}-${minute}`;
  const complete = minute + MINUTE + 2000 <= Date.now();
  if (cache.get(key)?.complete) return cache.get(key);
  const track = media[rendition].rec;
  const hash = Buffer.alloc(64);
  hash.writeUInt32BE(64, 0);
  hash.write('free', 4, 'latin1');
  const parts = [track.init];
  const list = [];
  let offset = track.init.length;
  let first;
  const edge = Math.floor(Date.now() / 1000) * 1000 - 1000;
  const ranges = spans(camera, minute, Math.min(minute + MINUTE, edge));
  for (const r of ranges.slice(0, 1))
    for (const { f, start90k } of fragmentsBetween(track, Math.ceil(r.a / 2000) * 2000, r.b)) {
      first ??= start90k;
      const bytes = stamped(f, start90k);
      list.push([offset, bytes.length, start90k - first, f.duration, f.key ? 1 : 0]);
      parts.push(bytes, hash);
      offset += bytes.length + 64;
    }
  if (!list.length) return null;
  const last = list.at(-1);
  const out = {
    key,
    bytes: Buffer.concat(parts),
    list,
    first,
    duration: last[2] + last[3],
    initLength: track.init.length,
    complete,
  };
  cache.set(key, out);
  if (cache.size > 60) cache.delete(cache.keys().next().value);
  return out;
}

/** Only the fragments that a range needs, from the key frame before it. */
function windowOf({ first, list }, from, to) {
  let a = list.findIndex((f) => (first + f[2] + f[3]) / 90 > from);
  const b = list.findLastIndex((f) => (first + f[2]) / 90 < to);
  if (a < 0 || b < a) return [];
  while (a > 0 && !list[a][4]) a--;
  return list.slice(a, b + 1);
}

export function segmentList(camera, media, rendition, from, to, limit) {
  const segments = [];
  let next = null;
  for (let minute = Math.floor(from / MINUTE) * MINUTE; minute < Math.min(to, Date.now()); minute += MINUTE) {
    const file = segmentFile(camera, media, rendition, minute);
    if (!file || (file.first + file.duration) / 90 <= from) continue;
    const wanted = windowOf(file, from, to);
    if (!wanted.length) continue;
    if (segments.length >= limit) {
      next = String(minute);
      break;
    }
    segments.push({
      id: file.key, url: `/api/v1/segments/${file.key}.mp4`, init: `${camera.i}-${rendition}`, start_90k: file.first, duration_90k: file.duration,
      from: iso(file.first / 90), to: iso((file.first + file.duration) / 90), first_offset: file.initLength, complete: file.complete, fragments: wanted,
    }); // prettier-ignore
  }
  const end = segments.at(-1);
  const [width, height] = rendition === 'main' ? [1280, 720] : [640, 360];
  return {
    inits: { [`${camera.i}-${rendition}`]: { url: `/api/v1/init/${camera.i}-${rendition}.mp4`, mime: `video/mp4; codecs="${media[rendition].rec.codec}"`, width, height } },
    segments,
    gaps: gaps(camera, from, to).map((g) => ({ from: iso(g.a), to: iso(g.b), cause: g.cause })),
    tail: end && to >= Date.now() && camera.state === 'live' && !next ? { url: `/api/v1/cameras/${camera.slug}/tail.mp4?rendition=${rendition}&after=${end.start_90k + end.duration_90k}`, from: end.to } : null,
    next_cursor: next,
  }; // prettier-ignore
}

/** Frames after the last recorded fragment. */
export function tail(media, rendition, after90k) {
  const parts = [];
  for (const { f, start90k } of fragmentsBetween(media[rendition].live, after90k / 90, Date.now() - 1000 / FPS))
    parts.push(stamped(f, start90k));
  return Buffer.concat(parts);
}

/** The key frame at or before `at`, as init + one fragment. */
export function keyframe(camera, media, rendition, at) {
  const covered = spans(camera, at - 1, at).length > 0;
  if (!covered) return null;
  const { init, fragments } = media[rendition].live;
  let best;
  for (const x of fragmentsBetween({ fragments: fragments.filter((f) => f.key) }, at - 4000, at + 1)) best = x;
  return Buffer.concat([init, stamped(best.f, best.start90k)]);
}
