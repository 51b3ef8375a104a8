// Every screen on a PC and on a phone, loaded, empty, in error and offline, in one page: screenshots/gallery/index.html.
// `npm run build && npm run gallery` against the mock; `npm run gallery -- 'wall|sync' phone` takes only pictures whose name
// has all these expressions. What a program sees wrong stands below each picture, and fails the run.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { EMPTY, SCREENS } from './gallery-screens.mjs';

const OUT = fileURLToPath(new URL('../screenshots/gallery/', import.meta.url));
const MOCK = fileURLToPath(new URL('../dev/mock.mjs', import.meta.url));
/** Pages that only the recorder makes, as the journeys last saw them. */
const OF_RECORDER = '../recorder';
const DEVICES = {
  pc: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};
const AT_ONCE = Number(process.env.GALLERY_AT_ONCE ?? 2);
/** A lost network is said within this. */
const SAID_MS = 6000;
const SETTLE_MS = 900;
/** What must answer also in error, or there is no page to be in error. */
const NEEDED = { camera: /^GET (setup|me|session|site|cameras)$/, other: /^GET (setup|me|session)$/ };
const BUSY = { status: 503, problem: { title: 'unavailable', status: 503, detail: 'busy', code: 'unavailable', params: {} } }; // prettier-ignore

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const began = Date.now();
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
const { launch, wear } = await import('./browser.mjs');
const { findings } = await import('./gallery-checks.mjs');

const events = await (await fetch(`${url}/api/v1/events?from=${new Date(Date.now() - 36e5 * 9).toISOString()}&to=${new Date(Date.now() - 36e5).toISOString()}&kind=motion`, { headers: { cookie: 'lw=1' } })).json(); // prettier-ignore
const known = { event: events.items.find((e) => e.snapshot.small && e.objects?.length).id };
const browser = await launch();

/** `GET cameras/segments` of `/api/v1/cameras/ID/segments?…`: the route without what differs. */
function nameOf(request) {
  const [head, , tail] = new URL(request.url()).pathname.replace('/api/v1/', '').split('/');
  return `${request.method()} ${tail ? `${head}/${tail}` : head}`;
}

async function prepare(page, screen, state) {
  const answers = { ...(state === 'empty' ? EMPTY : {}), ...screen.answers };
  if (state === 'empty' && screen.kind === 'camera') delete answers['GET cameras'];
  if (!Object.keys(answers).length && state !== 'error') return;
  await page.route(/\/api\/v1\//, async (route) => {
    const name = nameOf(route.request());
    const id = new URL(route.request().url()).pathname.split('/')[4];
    const answer = name === 'GET cameras' && id ? undefined : answers[name];
    if (answer === 'away') return route.abort();
    const said = answer?.problem ? answer : state === 'error' && answer === undefined && !NEEDED[screen.kind ?? 'other'].test(name) ? BUSY : null; // prettier-ignore
    if (said)
      return route.fulfill({ status: said.status, contentType: 'application/problem+json', json: said.problem });
    if (answer === undefined) return route.fallback();
    const json = typeof answer === 'function' ? answer(await (await route.fetch()).json()) : answer;
    return route.fulfill({ json });
  });
}

/** The screen in this state, as far as it gets; a picture of what stands there says more than a failure. */
async function bring(page, context, screen, state) {
  await prepare(page, screen, state);
  await page.goto(`${url}${typeof screen.path === 'function' ? screen.path(known) : screen.path}`);
  await page.waitForSelector(state === 'loaded' || state === 'offline' ? screen.shown : 'main', { timeout: 30_000 });
  if (state === 'loaded' || state === 'offline') for (const step of screen.steps ?? []) await step(page);
  if (state === 'offline') {
    await context.setOffline(true);
    await page.waitForSelector('[data-banner=link], [data-offline]', { timeout: SAID_MS });
  }
  const failure = page.locator('[role=alert]:not(:empty), [data-failed], [data-notice=error]').first();
  if (state === 'error')
    await failure.waitFor().catch(() => {
      throw new Error('nothing says that it failed');
    });
  await page.waitForTimeout(SETTLE_MS);
  if (state === 'error' && !(await page.getByRole('button', { name: /Thử lại|Nối lại/ }).count()))
    throw new Error('nothing offers to try again');
}

const shots = [];
async function take({ name, device, state }) {
  const screen = SCREENS[name];
  const context = await browser.newContext({ ...DEVICES[device], serviceWorkers: 'block', timezoneId: 'America/New_York', reducedMotion: 'reduce' }); // prettier-ignore
  context.setDefaultTimeout(15_000);
  if (screen.theme) await wear(context, screen.theme);
  if (!screen.signedOut) await context.addCookies([{ name: 'lw', value: '1', url }]);
  const page = await context.newPage();
  const shot = { name, device, state, file: `${name}-${device}-${state}.png`, faults: [] };
  page.on('pageerror', (e) => shot.faults.push(`page: ${e.message}`));
  await bring(page, context, screen, state).catch((e) => shot.faults.push(String(e).split('\n')[0]));
  await page.screenshot({ path: `${OUT}${shot.file}` });
  shot.faults.push(...(await findings(page, device === 'phone').catch((e) => [String(e)])));
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await context.close();
  shots.push(shot);
  console.log(`${shot.faults.length ? 'FAULT' : 'ok   '} ${shot.file} ${shot.faults.join(' | ')}`);
}

const html = (s) => s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
function index(summary) {
  const rows = Object.keys(SCREENS).map((name) => {
    const own = wanted.flatMap((w) => shots.filter((s) => s.file === `${w.name}-${w.device}-${w.state}.png` && s.name === name)); // prettier-ignore
    const cells = own.map((s) => `<figure class="${s.device}"><a href="${s.file}"><img src="${s.file}" loading="lazy"></a><figcaption>${s.device}, ${s.state}${s.faults.map((f) => `<p>${html(f)}</p>`).join('')}</figcaption></figure>`); // prettier-ignore
    return own.length ? `<h2>${name}</h2><div>${cells.join('')}</div>` : '';
  });
  const pages = readdirSync(`${OUT}${OF_RECORDER}`, { encoding: 'utf8' }).filter((f) => f.endsWith('.png'));
  const own = pages.map((f) => `<figure class="${/share-(?!dialog)|-phone/.test(f) ? 'phone' : 'pc'}"><a href="${OF_RECORDER}/${f}"><img src="${OF_RECORDER}/${f}" loading="lazy"></a><figcaption>${html(f)}</figcaption></figure>`); // prettier-ignore
  if (own.length) rows.push(`<h2>pages of the recorder, seen by npm run e2e</h2><div>${own.join('')}</div>`);
  return `<!doctype html><meta charset="utf-8"><title>lanewatch: every screen</title><style>
body{background:#222;color:#eee;font:15px system-ui;margin:24px}div{display:flex;flex-wrap:wrap;gap:16px}figure{margin:0}
.pc img{width:640px}.phone img{width:240px}p{color:#f88;max-width:640px}</style><h1>${summary}</h1>${rows.join('\n')}`;
}

const asked = process.argv.slice(2);
const wanted = Object.entries(SCREENS).flatMap(([name, screen]) =>
  Object.keys(DEVICES)
    .filter((device) => !screen.only || screen.only === device)
    .flatMap((device) => (screen.states ?? ['loaded']).map((state) => ({ name, device, state })))
    .filter((w) => asked.every((a) => new RegExp(a).test(`${w.name} ${w.device} ${w.state}`))),
);
if (!asked.length) rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
mkdirSync(`${OUT}${OF_RECORDER}`, { recursive: true });
const left = [...wanted];
try {
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (left.length) await take(left.shift()); })); // prettier-ignore
} finally {
  await browser.close();
  mock.kill();
}
const bad = shots.filter((s) => s.faults.length);
const count = shots.reduce((n, s) => n + s.faults.length, 0);
const summary = `${new Set(shots.map((s) => s.name)).size} screens, ${shots.length} pictures, ${count} findings in ${bad.length}, ${Math.round((Date.now() - began) / 1000)} s`; // prettier-ignore
writeFileSync(`${OUT}index.html`, index(summary));
console.log(`${OUT}index.html: ${summary}`);
process.exitCode = bad.length ? 1 : 0;
