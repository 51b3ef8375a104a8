// J15: a session that ends elsewhere, three tabs, a link that is opened signed out, a full disk; nothing is lost, and words say it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  accessible,
  api,
  debug,
  eventually,
  launch,
  open,
  PC,
  PHONE,
  send,
  signedIn,
  signIn,
  URL_BASE,
} from './browser.mjs';
import { held } from './figures.mjs';
import { needsFleet, signInCode } from './recorder.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const iso = (ms) => new Date(ms).toISOString();
const DENIED = [/401 \(Unauthorized\)/, /live' failed: HTTP Authentication failed/];

async function enterCode(page) {
  await page.fill('#secret', signInCode());
  await page.keyboard.press('Enter');
}

test(
  'J15: a session that was ended elsewhere: the page says so, and after signing in it is where it was',
  needsFleet,
  async () => {
    const { context, page, faults } = await open(browser, PC, { fresh: true, expected: DENIED });
    await page.goto(`${URL_BASE}/#code=${signInCode()}`);
    await page.waitForSelector('[data-tile][data-state="live"]');
    const { slug } = (await api(page, 'cameras?limit=200')).items.find((c) => c.state === 'live');
    const at = Date.now() - 8000;
    const path = `/c/${slug}?t=${encodeURIComponent(iso(at))}`;
    await page.goto(`${URL_BASE}${path}`);
    await page.waitForSelector('[data-stage=playback]');
    const other = await context.newPage();
    await other.goto(`${URL_BASE}/system`);
    await other.waitForSelector('main h2');
    const began = Date.now();
    await send(other, 'DELETE', 'session');
    await page.waitForSelector('#secret');
    held('session ended elsewhere, the page has stopped after', Date.now() - began, 6000);
    assert.equal(await page.$('video'), null, 'still shows pictures');
    await page.waitForSelector('text=Phiên làm việc đã hết');
    await accessible(page);
    await enterCode(page);
    await page.waitForSelector('[data-stage=playback]');
    assert.match(page.url(), new RegExp(`/c/${slug}\\?t=`));
    const position = await page.getAttribute('[data-stage]', 'data-position').then(Number);
    assert.ok(Math.abs(position - at) < 60_000, `${position - at} ms off`);
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('J15: three tabs of one person: all are live, each over one socket, and the last goes on when the others close', async () => {
  const { context, page, faults, sockets } = await open(browser, PC);
  await signedIn(page);
  const tabs = [page, await context.newPage(), await context.newPage()];
  for (const tab of tabs) {
    await tab.bringToFront();
    await tab.goto(`${URL_BASE}/`);
    await tab.waitForSelector('[data-tile][data-state="live"]');
  }
  await tabs[1].close();
  await tabs[2].close();
  await page.bringToFront();
  await page.waitForSelector('[data-tile][data-state="live"]');
  const [name, { frames }] = Object.entries((await debug(page)).tiles).find(([, t]) => t.state === 'live');
  await page.waitForFunction(([n, f]) => window.__lanewatch.tiles[n].frames > f + 3, [name, frames]);
  assert.equal((await debug(page)).socket.opened, 1);
  assert.ok(sockets.length >= 1);
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'J5, phone: the link of an event that is opened signed out leads to that event after signing in',
  needsFleet,
  async () => {
    const owner = await open(browser, PC);
    await signedIn(owner.page);
    let found;
    while (
      !(found = (await api(owner.page, `events?from=${iso(Date.now() - 86_400_000)}&to=${iso(Date.now())}`)).items?.[0])
    )
      await owner.page.waitForTimeout(1000);
    await owner.context.close();
    const { context, page, faults } = await open(browser, PHONE, { fresh: true, expected: DENIED });
    await page.goto(`${URL_BASE}/e/${found.id}`);
    await page.waitForSelector('#secret');
    await accessible(page);
    await enterCode(page);
    await page.waitForSelector('[data-event-page]');
    assert.match(page.url(), new RegExp(`/e/${found.id}`));
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('J15: that footage is not being kept stands on every page, with a way to what can be done', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  let full = true;
  await page.route(/\/api\/v1\/health$/, async (route) => {
    const body = await (await route.fetch()).json();
    const checks = body.checks.filter((c) => c.id !== 'disk');
    const disk = {
      id: 'disk',
      level: full ? 'error' : 'ok',
      code: full ? 'disk_full' : 'ok',
      params: {},
      since: iso(Date.now()),
    };
    await route.fulfill({ json: { ...body, status: full ? 'degraded' : body.status, checks: [...checks, disk] } });
  });
  for (const path of ['/', '/events', '/cameras']) {
    await page.goto(`${URL_BASE}${path}`);
    await page.waitForSelector('[data-banner=trouble][data-code=disk_full] >> text=Ổ cứng đầy');
  }
  await accessible(page);
  await page.tap('[data-banner=trouble] a');
  await page.waitForSelector('[data-check=disk_full] >> text=Thêm ổ cứng');
  assert.equal(await page.$('[data-banner=trouble]'), null, 'the page itself says it');
  full = false;
  await page.goto(`${URL_BASE}/`);
  await page.waitForSelector('[data-tile][data-state="live"]');
  assert.equal(await page.$('[data-banner=trouble] p'), null);
  assert.deepEqual(faults, []);
  await context.close();
});

test('J15, phone: what is done without a network is shown as waiting and reaches the recorder by itself', async () => {
  const lost = [/ERR_INTERNET_DISCONNECTED/, /WebSocket/];
  const { context, page, faults } = await open(browser, PHONE, { expected: lost });
  await signedIn(page);
  const ask = () => api(page, `events?from=${iso(Date.now() - 36e6)}&to=${iso(Date.now())}&limit=1`);
  await eventually(page, async (p) => (await (await fetch(p)).json()).items.length > 0, `/api/v1/events?from=${iso(Date.now() - 36e6)}&to=${iso(Date.now() + 6e6)}&limit=1`, 120_000); // prettier-ignore
  const [{ id }] = (await ask()).items;
  await send(page, 'POST', 'events:mark', { ids: [id], seen: false });
  await page.goto(`${URL_BASE}/e/${id}`);
  await page.waitForSelector('[data-action=seen][aria-pressed=true]');
  await context.setOffline(true);
  await page.waitForSelector('[data-banner=link] >> text=/mất mạng|Mất kết nối/');
  await page.tap('[data-action=seen]');
  await page.waitForSelector('[data-action=seen][aria-pressed=false]');
  await page.waitForSelector('text=/Sẽ gửi khi nối lại được/');
  await page.waitForSelector('[data-waiting="1"] >> text=1 việc đã làm đang chờ gửi');
  await accessible(page);
  await context.setOffline(false);
  const back = performance.now();
  await eventually(page, async (p) => (await (await fetch(p)).json()).seen === false, `/api/v1/events/${id}`);
  held('what was done without a network, at the recorder after the network is back', Math.round(performance.now() - back), 5000); // prettier-ignore
  await page.waitForSelector('[data-banner=link]', { state: 'detached' });
  assert.equal(await page.$('[data-waiting]'), null);
  assert.deepEqual(faults, []);
  await context.close();
});

test('a slow start shows what was seen last, grey and with its age, and never as live; else one still of the recorder', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  const first = await page.getAttribute('[data-tile][data-state="live"]', 'data-tile');
  // Leaving the page keeps its pictures.
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.waitForFunction(
    (slug) => caches.open('lanewatch-kept').then((c) => c.match(`/kept/still/${slug}`)),
    first,
  );
  // The streams do not come.
  await page.routeWebSocket(/\/api\/v1\/live/, () => {});
  const asked = [];
  page.on('request', (r) => r.url().includes('/still.jpg') && asked.push(r.url()));
  const tile = `[data-tile="${first}"]`;
  await page.goto(`${URL_BASE}/`);
  await page.waitForSelector(`${tile} [data-below] >> text=/Ảnh (vừa xong|\\d+ phút trước)/`);
  const dark = () => page.$eval(`${tile} .layers canvas`, (c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 < 3 && v > 24)); // prettier-ignore
  assert.equal(await dark(), true, 'the kept picture is black');
  assert.notEqual(await page.getAttribute(tile, 'data-state'), 'live');
  assert.match(await page.$eval(`${tile} .layers`, (e) => getComputedStyle(e).filter), /grayscale/);
  assert.deepEqual(
    asked.filter((u) => u.includes(first)),
    [],
  );
  await page.evaluate(() => caches.delete('lanewatch-kept'));
  await page.goto(`${URL_BASE}/`);
  await page.waitForSelector('[data-below]');
  assert.ok(asked.length > 0, 'no still was asked for');
  assert.deepEqual(faults, []);
  await context.close();
});
