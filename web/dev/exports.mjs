// Development only: files to take away from the pretend hamlet, links to them, and what they would weigh.
import { randomUUID } from 'node:crypto';
import { cameras, find, gaps } from './village.mjs';

const HOUR = 3600_000;
const iso = (ms) => new Date(ms).toISOString();
const KBPS = 1500;

const item = (camera, from, to) => ({ camera: camera.id, name: camera.name, from: iso(from), to: iso(to) });
const missingOf = (items) =>
  items.flatMap((i) =>
    gaps(find(i.camera), Date.parse(i.from), Date.parse(i.to)).map((g) => ({ camera: find(i.camera).id, from: iso(g.a), to: iso(g.b), cause: g.cause })),
  ); // prettier-ignore
const weight = (items) =>
  items.reduce((sum, i) => sum + ((Date.parse(i.to) - Date.parse(i.from)) / 1000) * KBPS * 125, 0);

function made(items, more) {
  const id = randomUUID();
  return {
    id, state: 'done', progress: 1, items, rendition: 'main', reason: '', person: 'admin', created_at: iso(Date.now()), finished_at: iso(Date.now()), estimate: Math.round(weight(items)),
    bytes: Math.round(weight(items)), missing: [], file_name: `${find(items[0].camera).slug}.mp4`, sha256: id.replaceAll('-', '').repeat(2), url: `/api/v1/exports/${id}/file`, problem: null, ...more,
  }; // prettier-ignore
}

const then = Date.now() - 26 * HOUR;
const unfinished = { finished_at: null, bytes: null, file_name: null, sha256: null };
let list = [
  made([item(cameras[7], then, then + 4 * 60_000)], { state: 'running', progress: 0.42, ...unfinished }),
  made([item(cameras[7], then, then + 5 * 60_000)], { reason: 'Công an xã yêu cầu, mất xe máy trước cổng đình', created_at: iso(then + HOUR) }),
  made([item(cameras[5], then - HOUR, then + HOUR), item(cameras[3], then - HOUR, then + HOUR)], { missing: [{ camera: cameras[5].id, from: iso(then), to: iso(then + 12 * 60_000), cause: 'camera_lost' }], created_at: iso(then + 2 * HOUR), file_name: 'Thon-Dong.zip' }),
  made([item(cameras[9], then, then + 60_000)], { state: 'failed', problem: 'disk_full', created_at: iso(then), ...unfinished, finished_at: iso(then) }),
]; // prettier-ignore
const log = [
  { at: iso(then + 20 * HOUR), address: '113.160.12.7', what: 'file' },
  { at: iso(then + 20 * HOUR - 9000), address: '113.160.12.7', what: 'wrong_pin' },
];
const shares = new Map();
const link = (expires, pin) => ({ id: randomUUID(), state: 'open', person: 'admin', created_at: iso(then + 19 * HOUR), expires_at: expires, pin, opens: 0, log: [] }); // prettier-ignore
shares.set(list[1].id, [{ ...link(iso(Date.now() + 20 * HOUR), true), opens: 2, log }]);

/** By route, each with `{ id, body }`: status and answer. */
export const routes = {
  'GET exports': () => [200, { items: list, next_cursor: null }],
  'POST exports': ({ body }) => {
    const items = body.items.map((i) => item(find(i.camera), Date.parse(i.from), Date.parse(i.to)));
    list = [made(items, { state: 'running', progress: 0.1, reason: body.reason ?? '', ...unfinished }), ...list];
    return [202, list[0]];
  },
  'POST exports:estimate': ({ body }) => {
    const missing = missingOf(body.items);
    const seconds = body.items.reduce((sum, i) => sum + (Date.parse(i.to) - Date.parse(i.from)) / 1000, 0);
    return [200, { bytes: Math.round(weight(body.items)), seconds, files: body.items.length, missing, fits: weight(body.items) < 60e9 }]; // prettier-ignore
  },
  'GET exports/:id': ({ id }) => {
    const one = list.find((e) => e.id === id);
    return one ? [200, one] : [404];
  },
  'DELETE exports/:id': ({ id }) => ((list = list.filter((e) => e.id !== id)), [204]),
  'DELETE jobs/:id': ({ id }) => ((list = list.map((e) => (e.id === id ? { ...e, state: 'canceled' } : e))), [204]),
  'GET exports/:id/shares': ({ id }) => [200, { items: shares.get(id) ?? [] }],
  'POST exports/:id/shares': ({ id, body }) => {
    const one = link(body.expires_at, Boolean(body.pin));
    shares.set(id, [one, ...(shares.get(id) ?? [])]);
    return [
      201,
      { id: one.id, url: `http://lanewatch.local/s/${one.id.replaceAll('-', '')}`, expires_at: one.expires_at },
    ];
  },
  'DELETE shares/:id': ({ id }) => {
    for (const [of, links] of shares) shares.set(of, links.map((l) => (l.id === id ? { ...l, state: 'revoked' } : l))); // prettier-ignore
    return [204];
  },
};
