// Development only: a stand-in for the recorder. Serves the HTTP and WebSocket contract with 19 pretend cameras,
// and web/dist with the same strict content security policy as the real service.
// Run: npm run build && npm run mock, then open http://127.0.0.1:8080/#code=MOCKCODE
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cameras, find, gaps, spans } from './village.mjs';
import { live } from './live.mjs';
import { media } from './media.mjs';
import * as marks from './marks.mjs';
import * as motion from './motion.mjs';
import { routes as alerts } from './alerts.mjs';
import { routes as exporting } from './exports.mjs';
import { routes as layouts } from './layouts.mjs';
import { GUIDE, routes as people } from './people.mjs';
import { keyframe, segmentFile, segmentList, tail } from './recordings.mjs';

const PORT = Number(process.env.PORT ?? 8080);
const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'"; // prettier-ignore
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.png': 'image/png',
};
const iso = (ms) => new Date(ms).toISOString();
const films = await Promise.all(cameras.map((c) => media(c.i, `LANE ${String(c.i).padStart(2, '0')}`)));
const film = (c) => films[c.i - 1];
for (const c of cameras) c.detection = motion.detectionOf(c.i);
let passwordSet = process.env.MOCK_PASSWORD_SET === '1';

const json = (res, status, body, headers = {}) => {
  res.writeHead(status, {
    'content-type': status >= 400 ? 'application/problem+json' : 'application/json',
    'cache-control': 'no-store',
    ...headers,
  });
  res.end(body === undefined ? undefined : JSON.stringify(body));
};
const problem = (res, status, code, params = {}, headers = {}) => json(res, status, { type: 'about:blank', title: code, status, detail: code, code, params }, headers); // prettier-ignore
const bytes = (req, res, body, type = 'video/mp4', headers = {}) => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '');
  if (!range)
    return (res.writeHead(200, { 'content-type': type, 'accept-ranges': 'bytes', ...headers }), res.end(body));
  const a = Number(range[1]);
  const b = range[2] ? Math.min(Number(range[2]), body.length - 1) : body.length - 1;
  res.writeHead(206, { 'content-type': type, 'content-range': `bytes ${a}-${b}/${body.length}`, ...headers });
  res.end(body.subarray(a, b + 1));
};
const readJson = async (req) => {
  const parts = [];
  for await (const p of req) parts.push(p);
  return parts.length ? JSON.parse(Buffer.concat(parts)) : {};
};
const more = { ...exporting, ...layouts, ...alerts, ...people };
const signedIn = (req) => (req.headers.cookie ?? '').includes('lw=1');
const publicCamera = ({ i: _, ...c }) => c;

const picture = (c, at) => motion.snapshot({ from: at }, fileURLToPath(new URL(`./media/${String(c.i).padStart(2, '0')}-sub.mp4`, import.meta.url))); // prettier-ignore

const CHECKS = () => [
  { id: 'cameras', level: 'warn', code: 'cameras_offline', params: { offline: 2, total: 19 }, since: cameras[12].state_since },
  { id: 'disk', level: 'ok', code: 'ok', params: {}, since: iso(Date.now() - 9e6) },
  { id: 'recording', level: 'ok', code: 'ok', params: {}, since: null },
  { id: 'catalogue', level: 'ok', code: 'ok', params: {}, since: null },
  { id: 'motion', level: 'ok', code: 'ok', params: {}, since: null },
  { id: 'clock', level: 'ok', code: 'ok', params: {}, since: iso(Date.now() - 9e6) },
]; // prettier-ignore

function storage() {
  const per = cameras.map((c) => ({
    id: c.id,
    bytes: 21e9 + c.i * 3e8,
    bytes_per_day: 1.45e9 + c.i * 2e7,
    oldest_at: c.oldest_at,
  }));
  const used = per.reduce((s, c) => s + c.bytes, 0);
  return { volumes: [{ id: 'v1', path: '/srv/lanewatch', state: 'ok', budget_bytes: 460e9, used_bytes: used, free_bytes: 500e9 - used, reserve_bytes: 15e9, trouble: null }], cameras: per, days_kept_estimate: 15 }; // prettier-ignore
}

function forecast() {
  const per = storage().cameras.map((c) => ({ camera: c.id, gb_per_day: c.bytes_per_day / 1e9, days_kept: 15.4, recorded: 0.99, bytes: c.bytes, oldest_at: c.oldest_at })); // prettier-ignore
  return { days_kept: 15.4, bound_by: 'room', full_at: iso(Date.now() + 3 * 86_400_000), cameras_unknown: 0, per_camera: per }; // prettier-ignore
}

function outages() {
  const lost = cameras.filter((c) => c.state === 'offline').map((c) => ({ id: `lost-${c.slug}`, camera: c.id, cause: 'camera_lost', from: c.state_since, to: null })); // prettier-ignore
  const off = { id: 'off-1', camera: null, cause: 'recorder_off', from: iso(Date.now() - 2 * 86_400_000), to: iso(Date.now() - 2 * 86_400_000 + 840_000) }; // prettier-ignore
  return { items: [...lost, off], next_cursor: null };
}

function test(body) {
  const failed = (code, message) => ({
    ok: false, make: null, model: null, streams: [],
    checks: [{ id: 'connect', level: 'error', code, params: {}, message }],
  }); // prettier-ignore
  if (/wrong|sai/.test(body.password ?? '')) return failed('auth_failed', '401');
  if (/^https:/.test(body.address ?? '')) return failed('unreachable', 'no route');
  const checks = [
    { id: 'connect', level: 'ok', code: 'connected', params: {}, message: '' }, { id: 'codec', level: 'ok', code: 'h264', params: {}, message: '' },
    { id: 'fps', level: 'ok', code: 'fps', params: {}, message: '' }, { id: 'gop', level: 'warn', code: 'gop_long', params: { gop_ms: '6000' }, message: '' },
    { id: 'clock', level: 'warn', code: 'clock_off', params: { seconds: '42' }, message: '' },
  ]; // prettier-ignore
  const report = { ok: true, codec: 'avc1.640028', mime: '', width: 1920, height: 1080, fps: 15, gop_ms: 6000, kbps: 2100, audio: false, clock_offset_s: 42, checks }; // prettier-ignore
  const url = /^rtsp:/.test(body.address) ? body.address : `rtsp://${body.address.replace(/^http:\/\//, '')}/main`;
  return { ok: true, make: 'Mock', model: 'M-1', checks: [], streams: [{ role: 'main', url, name: 'main', snapshot_url: '/api/v1/camera-tests/1/snapshot.jpg', report }] }; // prettier-ignore
}

const site = { name: 'Thôn Đông', time_zone: 'Asia/Ho_Chi_Minh', words: { lane: 'Ngõ' }, setup_step: 'done' };

const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x');
  const q = url.searchParams;
  if (!url.pathname.startsWith('/api/v1/')) return asset(url.pathname, res);
  const path = url.pathname.slice(8);
  const [head, id, tailName] = path.split('/');
  const route = `${req.method} ${head}${id ? '/:id' : ''}${tailName ? `/${tailName}` : ''}`;
  const event = head === 'events' && id ? motion.eventOf(cameras, id) : null;
  const search = head === 'motion-searches' && id ? motion.searchOf(id) : null;
  const time = (name) => Date.parse(q.get(name));
  const rendition = q.get('rendition') ?? 'main';
  if (route === 'GET setup')
    return json(res, 200, {
      password_set: passwordSet,
      time_zone: 'Asia/Ho_Chi_Minh',
      site_name: 'Thôn Đông',
      version: '0.1.0-mock',
    });
  if (route === 'POST session') {
    const body = await readJson(req);
    if (body.code !== 'MOCKCODE' && body.password !== 'thondong2026') return problem(res, 401, 'unauthenticated');
    return json(res, 204, undefined, { 'set-cookie': 'lw=1; HttpOnly; SameSite=Strict; Path=/' });
  }
  if (!signedIn(req)) return problem(res, 401, 'unauthenticated');
  const camera = head === 'cameras' && id && id !== 'order' ? find(id) : null;
  if (camera === undefined || event === undefined || search === undefined) return problem(res, 404, 'not_found');
  switch (route) {
    case 'DELETE session':
      return json(res, 204, undefined, { 'set-cookie': 'lw=0; Path=/; Max-Age=0' });
    case 'GET me':
      return json(res, 200, {
        name: 'admin',
        role: 'admin',
        rights: ['live', 'playback', 'hold', 'export', 'share', 'zones', 'alerts', 'people', 'settings'],
        cameras: null,
        full_cameras: null,
        phone: '',
        password_set: passwordSet,
        locale: 'vi',
      });
    case 'PUT session/:id':
      return json(res, 204);
    case 'PUT me/:id': {
      if (id === 'notification-prefs') return json(res, 200, alerts['PUT me/notification-prefs']({ body: await readJson(req) })[1]); // prettier-ignore
      if (id === 'phone') return json(res, 204);
      if (!(await readJson(req)).password) return problem(res, 422, 'invalid', { field: 'password' });
      passwordSet = true;
      return json(res, 204);
    }
    case 'GET health':
      return json(res, 200, {
        status: 'degraded',
        checks: CHECKS(),
        now: iso(Date.now()),
        machine: { load: 0.8, cpus: 4, memory_bytes: 8.2e9, memory_free_bytes: 5.1e9, address: '192.168.1.10' },
      });
    case 'GET tls':
      return json(res, 200, {
        source: 'own',
        certificate: {
          names: ['may-ghi.local', '192.168.1.10'],
          issuer: 'lanewatch may-ghi 5f1c09ab',
          not_before: iso(Date.now() - 864e5),
          not_after: iso(Date.now() + 396 * 864e5),
        },
        is_the_wanted: true,
        is_public: false,
        authority: {
          name: 'lanewatch may-ghi 5f1c09ab',
          fingerprint: GUIDE.fingerprint,
          not_after: iso(Date.now() + 3650 * 864e5),
        },
        guide: GUIDE,
        trouble: null,
        next_try_at: null,
      });
    case 'GET outages':
      return json(res, 200, outages());
    case 'GET storage/:id':
      return json(res, 200, forecast());
    case 'GET cameras':
      return json(res, 200, { items: cameras.map(publicCamera), next_cursor: null });
    case 'POST cameras':
      return problem(res, 409, 'conflict', { field: 'name' });
    case 'GET cameras/:id':
      return json(res, 200, publicCamera(camera));
    case 'PATCH cameras/:id': {
      const { password: _p, main_url: _m, sub_url: _s, record_main, record_sub, ...body } = await readJson(req);
      for (const r of camera.renditions) r.record = (r.id === 'main' ? record_main : record_sub) ?? r.record;
      Object.assign(camera, body, { revision: String(Number(camera.revision) + 1) });
      live.broadcast({ ev: 'cameras' });
      return json(res, 200, publicCamera(camera));
    }
    case 'DELETE cameras/:id':
      return json(res, 204);
    case 'POST cameras/:id/restart':
      return json(res, 202);
    case 'POST camera-tests':
      return setTimeout(() => readJson(req).then((b) => json(res, 200, test(b))), 900);
    case 'POST discovery':
      return setTimeout(() => json(res, 200, { found: [7, 8].map((n) => ({ address: `192.168.1.10${n}`, onvif: `http://192.168.1.10${n}/onvif/device_service`, make: 'Mock', model: 'M-1', already_added: n === 7 ? 'Ngõ 7' : null })) }), 900); // prettier-ignore
    case 'GET site':
      return json(res, 200, site);
    case 'PATCH site':
      return json(res, 200, Object.assign(site, await readJson(req)));
    case 'GET storage':
      return json(res, 200, storage());
    case 'GET timeline': {
      const list = (q.get('cameras') ?? '').split(',').map(find).filter(Boolean);
      const bucket = Number(/^PT(\d+)S$/.exec(q.get('bucket') ?? '')?.[1] ?? 60);
      return json(res, 200, { bucket_s: bucket, cameras: list.map((c) => ({
        id: c.id, motion: motion.strip(c, time('from'), time('to'), bucket * 1000), events: motion.happened(c, time('from'), time('to')).slice(0, 1000).map(motion.stretch), oldest_at: c.oldest_at, live_edge: c.state === 'live' ? iso(Date.now()) : null,
        spans: spans(c, time('from'), time('to')).map((s) => ({ from: iso(s.a), to: iso(s.b) })),
        gaps: gaps(c, time('from'), Math.min(time('to'), Date.now())).map((g) => ({ from: iso(g.a), to: iso(g.b), cause: g.cause })),
      })) }); // prettier-ignore
    }
    case 'GET days': {
      const [y, m] = q.get('month').split('-').map(Number);
      const items = [];
      for (let d = 1; d <= new Date(Date.UTC(y, m, 0)).getUTCDate(); d++) {
        const a = Date.UTC(y, m - 1, d) - 7 * 3600_000;
        const s =
          spans(find(q.get('cameras').split(',')[0]), a, a + 86400_000).reduce((n, x) => n + x.b - x.a, 0) / 1000;
        if (s > 0)
          items.push({
            date: `${q.get('month')}-${String(d).padStart(2, '0')}`,
            seconds: Math.round(s),
            cameras_with_footage: 1,
            events: motion.happened(find(q.get('cameras').split(',')[0]), a, a + 86400_000).length,
            alerts_unseen: d % 3,
          });
      }
      return json(res, 200, { items });
    }
    case 'GET events':
      return json(res, 200, motion.page(cameras, q));
    case 'GET events:count':
      return json(res, 200, motion.count(cameras, q));
    case 'POST events:mark': {
      const body = await readJson(req);
      marks.mark(body);
      const found = body.ids.map((one) => motion.eventOf(cameras, one)).filter(Boolean);
      return json(res, 200, { items: found.map(motion.told) });
    }
    case 'GET bookmarks':
    case 'GET locks':
      return json(res, 200, marks.list(head, q.get('camera') && find(q.get('camera'))?.id));
    case 'POST bookmarks':
    case 'POST locks': {
      const body = await readJson(req);
      return json(res, 201, marks.keep(head, find(body.camera).id, body));
    }
    case 'PATCH bookmarks/:id': {
      const noted = marks.note(head, (await readJson(req)).note);
      return noted ? json(res, 200, noted) : problem(res, 404, 'not_found');
    }
    case 'DELETE bookmarks/:id':
    case 'DELETE locks/:id':
      return marks.drop(head, id) ? json(res, 204) : problem(res, 404, 'not_found');
    case 'GET events/:id':
      return json(res, 200, motion.told(event));
    case 'GET events/:id/snapshot.jpg':
      return bytes(req, res, picture(event.camera, event.from), 'image/jpeg');
    case 'GET events/:id/clip.mp4': {
      const at = Math.floor(event.from / 60_000) * 60_000;
      return bytes(req, res, segmentFile(event.camera, film(event.camera), rendition, at).bytes);
    }
    case 'GET cameras/:id/zones':
      return json(res, 200, motion.zonesOf(camera));
    case 'PUT cameras/:id/zones': {
      const put = motion.putZones(
        camera,
        (await readJson(req)).items,
        Number(req.headers['if-match']?.replaceAll('"', '')),
      );
      return put ? json(res, 200, put) : problem(res, 412, 'stale_revision');
    }
    case 'POST cameras/:id/zones:preview':
      return json(res, 200, motion.preview(camera, await readJson(req)));
    case 'GET cameras/:id/activity':
      return motion.activity(res, camera);
    case 'POST motion-searches':
      return json(res, 202, motion.status(motion.beginSearch(await readJson(req))));
    case 'GET motion-searches/:id':
      return json(res, 200, motion.status(search));
    case 'GET motion-searches/:id/results':
      return json(res, 200, await motion.results(search, q.get('cursor')));
    case 'DELETE motion-searches/:id':
      return (motion.endSearch(id), json(res, 204));
    case 'GET cameras/:id/segments':
      return json(
        res,
        200,
        segmentList(camera, film(camera), rendition, time('from'), time('to'), Number(q.get('limit') ?? 60)),
      );
    case 'GET cameras/:id/tail.mp4':
      return bytes(req, res, tail(film(camera), rendition, Number(q.get('after'))));
    case 'GET cameras/:id/keyframes.mp4': {
      const body = keyframe(camera, film(camera), rendition, Date.parse(q.get('at') ?? q.get('from')));
      return body
        ? bytes(req, res, body, 'video/mp4', { 'x-lanewatch-count': '1' })
        : problem(res, 404, 'no_recording');
    }
    case 'GET cameras/:id/clip.mp4': return bytes(req, res, segmentFile(camera, film(camera), rendition, Math.floor(time('from') / 60000) * 60000).bytes, 'video/mp4', { 'content-disposition': 'attachment; filename="clip.mp4"' }); // prettier-ignore
    case 'GET segments/:id': {
      const [i, r, minute] = id.replace('.mp4', '').split('-');
      const file = segmentFile(cameras[i - 1], films[i - 1], r, Number(minute));
      return file
        ? bytes(req, res, file.bytes, 'video/mp4', { etag: `"${file.key}"` })
        : problem(res, 404, 'not_found');
    }
    case 'GET init/:id': {
      const [i, r] = id.replace('.mp4', '').split('-');
      return bytes(req, res, films[i - 1][r].rec.init, 'video/mp4', {
        'cache-control': 'private, max-age=31536000, immutable',
      });
    }
    case 'GET cameras/:id/frame.jpg':
      return spans(camera, time('t'), time('t') + 1).length
        ? bytes(req, res, picture(camera, time('t')), 'image/jpeg')
        : problem(res, 404, 'no_recording');
    case 'GET exports/:id/file':
      return bytes(req, res, segmentFile(cameras[7], films[7], 'sub', Math.floor(Date.now() / 60_000) * 60_000 - 900_000).bytes); // prettier-ignore
    // Test knob: POST /api/v1/mock/freeze-SLUG stops the frames of a camera, thaw-SLUG resumes, corrupt-SLUG sends one broken frame, cut drops every socket, change-TOPIC tells of a change.
    case 'POST mock/:id':
      return (live.knob(id), json(res, 204));
    case 'GET cameras/:id/still.jpg':
      if (camera.state !== 'live') return problem(res, 503, 'unavailable');
      return bytes(req, res, picture(camera, Date.now()), 'image/jpeg', { 'x-lanewatch-at': iso(Date.now()) });
    case 'GET camera-tests/:id/snapshot.jpg':
      return bytes(req, res, picture(cameras[0], 5000), 'image/jpeg');
    default: {
      const [status, body] = more[route]?.({
        id,
        query: q,
        body: req.method === 'GET' ? null : await readJson(req),
      }) ?? [404];
      if (status >= 400) return problem(res, status, status === 409 ? 'conflict' : 'not_found');
      return json(res, status, body);
    }
  }
});

function asset(path, res) {
  const wanted = normalize(join(DIST, path));
  const file = wanted.startsWith(DIST) && extname(path) && existsSync(wanted) ? wanted : join(DIST, 'index.html');
  if (!existsSync(file)) return res.writeHead(404).end('npm run build first');
  res.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': CSP,
    'cache-control': 'no-cache',
  });
  res.end(readFileSync(file));
}

live.attach(server, cameras, film, signedIn);
server.listen(PORT, '127.0.0.1', () => console.log(`mock recorder on http://127.0.0.1:${PORT}/#code=MOCKCODE`));
