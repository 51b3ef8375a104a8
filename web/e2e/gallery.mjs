// Every screen on a PC and on a phone, loaded, empty, in error and offline, in one page: screenshots/gallery/index.html.
// `npm run build && npm run gallery` against the mock; `npm run gallery -- 'wall|sync' phone` takes only pictures whose name
// has all these expressions. An axe scan of each; it fails when one is serious.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const OUT = fileURLToPath(new URL('../screenshots/gallery/', import.meta.url));
const MOCK = fileURLToPath(new URL('../dev/mock.mjs', import.meta.url));
const DEVICES = {
  pc: { viewport: { width: 1920, height: 1080 } },
  phone: { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};
const STATES = ['loaded', 'empty', 'error', 'offline'];
const TILE = '[data-tile][data-state="live"]';
const CAMERA = 'ngo-7-cong-dinh';
const ago = (minutes) => encodeURIComponent(new Date(Date.now() - minutes * 60_000).toISOString());
const playback = `/c/${CAMERA}?t=${ago(12)}`;

/** `shown`: what stands on the loaded screen. `only`: states that differ; a page without data has no empty one. */
const SCREENS = {
  login: { path: '/login', signedOut: true, shown: '#secret', only: ['loaded', 'error'] },
  wall: { path: '/', shown: TILE },
  enlarged: { path: `/?c=${CAMERA}`, shown: `.tile.focused${'[data-state="live"]'}`, only: ['loaded', 'offline'] },
  camera: { path: `/c/${CAMERA}`, shown: '[data-stage=live][data-state=live]' },
  playback: { path: playback, shown: '[data-stage=playback][data-state=playing]' },
  gap: { path: `/c/${CAMERA}?t=2020-01-01T00:00:00Z`, shown: '[data-notice=gap]', only: ['loaded'] },
  sync: { path: `/sync?t=${ago(12)}`, shown: '[data-sync-stage=playing]' },
  events: { path: '/events', shown: 'main img' },
  zones: { path: '/c/ngo-1-dinh/zones', shown: '[data-area]' },
  search: { path: `/c/${CAMERA}/search`, shown: 'main h1' },
  cameras: { path: '/cameras', shown: 'main li' },
  'cameras-add': { path: '/cameras?add=1', shown: 'dialog h2', only: ['loaded'] },
  system: { path: '/system', shown: 'main h2' },
  missing: { path: '/nowhere', shown: 'main h1', only: ['loaded'] },
  'sheet-help': { path: '/', shown: TILE, keys: ['?'], after: '[data-sheet=help]', only: ['loaded'] },
  'sheet-help-camera': { path: playback, shown: '[data-stage=playback]', keys: ['?'], after: '[data-sheet=help]', only: ['loaded'] }, // prettier-ignore
  'sheet-jump': { path: '/', shown: TILE, keys: ['t'], after: '[data-sheet=jump]', only: ['loaded'] },
  'sheet-jump-typed': { path: '/', shown: TILE, keys: ['t'], type: 'ngo 7 hqua 22h14', after: '[data-choice]', only: ['loaded'] }, // prettier-ignore
  'sheet-jump-wrong': { path: '/', shown: TILE, keys: ['t'], type: 'cổng đêm 22/11 2 giờ', after: '[data-problem]', only: ['loaded'] }, // prettier-ignore
};

const EMPTY = [
  [/\/cameras\?/, { items: [], next_cursor: null }],
  [/\/events\?/, { items: [], next_cursor: null }],
  [/\/days\?/, { items: [] }],
  [/\/timeline\?/, null],
  [/\/zones$/, { revision: 0, items: [] }],
  [/\/storage$/, { volumes: [], cameras: [], days_kept_estimate: null }],
];
/** A camera's own pages need the camera: for them only its recordings are none. */
const ofCamera = (name) => ['camera', 'playback', 'zones', 'search', 'sync'].includes(name);
/** What must answer also in error, or there is no page to be in error. */
const NEEDED = (name) => (ofCamera(name) ? /\/(setup|me|session|cameras\?.*)$/ : /\/(setup|me|session)$/);

async function prepare(page, name, state) {
  if (state === 'empty')
    for (const [path, body] of EMPTY) {
      if (ofCamera(name) && path.source.includes('cameras')) continue;
      await page.route(path, async (route) => {
        if (body) return route.fulfill({ json: body });
        const { cameras, ...rest } = await (await route.fetch()).json();
        const none = cameras.map((c) => ({ ...c, spans: [], gaps: [], events: [], motion: [], oldest_at: null }));
        return route.fulfill({ json: { ...rest, cameras: none } });
      });
    }
  if (state === 'error')
    await page.route(/\/api\/v1\//, (route) => {
      const path = new URL(route.request().url()).pathname.replace('/api/v1', '') + new URL(route.request().url()).search;
      if (NEEDED(name).test(path) && route.request().method() === 'GET') return route.continue();
      const problem = { title: 'unavailable', status: 503, detail: 'busy', code: 'unavailable', params: {} };
      return route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem });
    }); // prettier-ignore
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const mock = spawn(process.execPath, [MOCK], { env: { ...process.env, PORT: String(port), MOCK_PASSWORD_SET: '1' }, stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
await new Promise((resolve, reject) => {
  mock.stdout.once('data', resolve);
  mock.once('exit', () => reject(new Error('the mock recorder ended')));
});
// However this ends.
process.once('exit', () => mock.kill());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.env.LANEWATCH_URL = url;
const { accessible, launch } = await import('./browser.mjs');

const wanted = process.argv.slice(2);
const shots = [];
const browser = await launch();

/** The screen in this state, as far as it gets; a picture of what stands there says more than a failure. */
async function bring(page, context, screen, name, state) {
  await prepare(page, name, state);
  await page.goto(`${url}${screen.path}`);
  const sign = state === 'loaded' || state === 'offline' ? screen.shown : 'main';
  await page.waitForSelector(sign, { timeout: 30_000 });
  for (const key of screen.keys ?? []) await page.keyboard.press(key);
  if (screen.keys) await page.waitForSelector('[data-sheet]');
  if (screen.type) await page.keyboard.type(screen.type);
  if (screen.after) await page.waitForSelector(screen.after);
  if (name === 'login' && state === 'error') {
    await page.fill('#secret', 'không phải');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[aria-invalid=true]');
  }
  if (state === 'offline') {
    await context.setOffline(true);
    await fetch(`${url}/api/v1/mock/cut`, { method: 'POST', headers: { cookie: 'lw=1' } });
    await page.waitForSelector('.banner', { timeout: 30_000 });
  }
  await page.waitForTimeout(1800);
}

async function take(name, device, state) {
  const screen = SCREENS[name];
  const context = await browser.newContext({ ...DEVICES[device], serviceWorkers: 'block', timezoneId: 'America/New_York' }); // prettier-ignore
  if (!screen.signedOut) await context.addCookies([{ name: 'lw', value: '1', url }]);
  const page = await context.newPage();
  const shot = { name, device, state, file: `${name}-${device}-${state}.png`, faults: [] };
  await bring(page, context, screen, name, state).catch((e) => shot.faults.push(String(e).split('\n')[0]));
  await page.screenshot({ path: `${OUT}${shot.file}` });
  await accessible(page).catch((e) => shot.faults.push(...(e.actual ?? [String(e)])));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (wide) shot.faults.push('scrolls sideways');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await context.close();
  shots.push(shot);
  console.log(`${shot.faults.length ? 'FAULT' : 'ok   '} ${shot.file} ${shot.faults.join(' | ')}`);
}

const html = (s) => s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
function index() {
  const rows = Object.keys(SCREENS).map((name) => {
    const own = shots.filter((s) => s.name === name);
    const cells = own.map((s) => `<figure class="${s.device}"><a href="${s.file}"><img src="${s.file}" loading="lazy"></a><figcaption>${s.device}, ${s.state}${s.faults.map((f) => `<p>${html(f)}</p>`).join('')}</figcaption></figure>`); // prettier-ignore
    return own.length ? `<h2>${name}</h2><div>${cells.join('')}</div>` : '';
  });
  return `<!doctype html><meta charset="utf-8"><title>lanewatch: every screen</title><style>
body{background:#222;color:#eee;font:15px system-ui;margin:24px}div{display:flex;flex-wrap:wrap;gap:16px}figure{margin:0}
.pc img{width:640px}.phone img{width:240px}p{color:#f88;max-width:640px}</style>${rows.join('\n')}`;
}

if (!wanted.length) rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
try {
  for (const name of Object.keys(SCREENS))
    for (const device of Object.keys(DEVICES))
      for (const state of SCREENS[name].only ?? STATES)
        if (wanted.every((w) => new RegExp(w).test(`${name} ${device} ${state}`))) await take(name, device, state);
} finally {
  await browser.close();
  mock.kill();
}
writeFileSync(`${OUT}index.html`, index());
const bad = shots.filter((s) => s.faults.length);
console.log(`${OUT}index.html: ${shots.length} pictures, ${bad.length} with faults`);
process.exitCode = bad.length ? 1 : 0;
