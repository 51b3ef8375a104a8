// What people choose on the wall: layouts, order, areas of the screen, data saver, kiosk; and the hand-held wall. Ten cameras do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, debug, eventually, launch, open, PC, signedIn, signIn, URL_BASE } from './browser.mjs';
import { print } from './figures.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const SMALL = { hasTouch: true, isMobile: true, deviceScaleFactor: 3 };
const UPRIGHT = { viewport: { width: 360, height: 800 }, ...SMALL };
const ON_ITS_SIDE = { viewport: { width: 800, height: 360 }, ...SMALL };
/** Megabits a second that a page of six tiles may take on a phone. */
const PHONE_MBIT = 2;

const tiles = (page) => page.$$eval('[data-tile]', (all) => all.map((e) => e.dataset.tile));
const box = (page, selector) => page.$eval(selector, (e) => e.getBoundingClientRect().toJSON());
const allLive = (page) =>
  page.waitForFunction(() => {
    const all = [...document.querySelectorAll('[data-tile]')];
    return all.length > 0 && all.every((e) => e.dataset.state === 'live');
  });
const order = async (page) => (await api(page, 'cameras')).items.map((c) => c.slug);
/** On the recorder and on the screen. */
const ordered = (page, want) =>
  eventually(page, async (all) => {
    const items = (await (await fetch('/api/v1/cameras')).json()).items.map((c) => c.slug).join();
    return items === all && [...document.querySelectorAll('[data-tile]')].map((e) => e.dataset.tile).join() === all;
  }, want.join()); // prettier-ignore

test('kiosk: after five minutes without a hand on it the wall comes back', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  await page.clock.install();
  await page.goto(`${URL_BASE}/?kiosk`);
  await page.waitForSelector('[data-tile] .hit');
  await page.click('[data-tile] .hit');
  await page.waitForSelector('.tile.focused');
  await page.clock.fastForward('04:50');
  assert.notEqual(await page.$('.tile.focused'), null, 'went back too early');
  await page.clock.fastForward('00:15');
  await page.waitForSelector('.tile.focused', { state: 'detached' });
  assert.equal(new URL(page.url()).pathname, '/');
  assert.deepEqual(faults, []);
  await context.close();
});

test('a layout is picked, turned by pages, kept for everybody under a name, and removed', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await allLive(page);
  const all = await tiles(page);
  for (const [grid, cells] of [
    ['2x2', 4],
    ['3x3', 9],
    ['1+5', 6],
  ]) {
    // prettier-ignore
    await page.selectOption('[data-action=layout]', grid);
    await page.waitForFunction((n) => document.querySelectorAll('[data-tile]').length === n, Math.min(cells, all.length)); // prettier-ignore
    assert.deepEqual(await tiles(page), all.slice(0, cells), grid);
  }
  const [large, small] = [await box(page, `[data-tile="${all[0]}"]`), await box(page, `[data-tile="${all[1]}"]`)];
  assert.ok(Math.abs(large.width - 2 * small.width) < 2, `${large.width} is not twice ${small.width}`);
  await allLive(page);
  await page.click('[data-action=page-next]');
  await page.waitForFunction((slug) => document.querySelector('[data-tile]').dataset.tile === slug, all[6]);
  const name = `Chợ ${Date.now()}`;
  await page.click('[data-action=layouts]');
  await page.fill('dialog input', name);
  await accessible(page);
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog', { state: 'detached' });
  // Another machine finds it.
  const other = await open(browser, PC);
  await signIn(other.page);
  await other.page.waitForSelector('[data-action=layout] optgroup option', { state: 'attached' });
  await other.page.selectOption('[data-action=layout]', { label: name });
  await other.page.waitForFunction((n) => document.querySelectorAll('[data-tile]').length === n, 6);
  await other.context.close();
  await page.reload();
  await page.waitForFunction((n) => document.querySelectorAll('[data-tile]').length === n, 6);
  await page.click('[data-action=layouts]');
  const remove = page.getByRole('button', { name: `Xóa bố cục ${name}` });
  await remove.click();
  await remove.waitFor({ state: 'detached' });
  assert.ok(!(await api(page, 'layouts')).items.some((l) => l.name === name));
  await page.keyboard.press('Escape');
  assert.equal(await page.inputValue('[data-action=layout]'), '1+5', 'its grid stays');
  await page.selectOption('[data-action=layout]', 'auto');
  assert.deepEqual(faults, []);
  await context.close();
});

test('tiles are put in order by their buttons and by dragging; no picture begins anew', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await allLive(page);
  const before = await order(page);
  await page.click('[data-action=arrange]');
  await page.waitForSelector('[data-place]');
  await accessible(page);
  await page.click(`[data-tile="${before[0]}"] [data-action=later]`);
  const byButton = [before[1], before[0], ...before.slice(2)];
  await ordered(page, byButton);
  const [from, to] = [await box(page, '[data-place="0"]'), await box(page, '[data-place="3"]')];
  await page.mouse.move(from.x + from.width / 2, from.y + 20);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width / 2, to.y + 30, { steps: 5 });
  await page.mouse.up();
  const byDrag = [...byButton.slice(1, 4), byButton[0], ...byButton.slice(4)];
  await ordered(page, byDrag);
  await page.click('[data-action=arrange]');
  await allLive(page);
  const anew = Object.entries((await debug(page)).tiles).filter(([, t]) => t.rebuilds > 0);
  assert.deepEqual(anew.map(([name]) => name), [], 'pictures began anew'); // prettier-ignore
  const ids = new Map((await api(page, 'cameras')).items.map((c) => [c.slug, c.id]));
  await page.evaluate(
    (cameras) =>
      fetch('/api/v1/cameras/order', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ cameras }),
      }),
    before.map((slug) => ids.get(slug)),
  );
  assert.deepEqual(await order(page), before);
  assert.deepEqual(faults, []);
  await context.close();
});

test('data saver: one tile is live, the others are stills that say their age and never look live; the choice is kept', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await allLive(page);
  const total = (await tiles(page)).length;
  await page.click('[data-action=saver][aria-pressed=false]');
  await page.waitForFunction(
    (n) => document.querySelectorAll('[data-tile][data-state="still"]').length === n - 1,
    total,
  );
  assert.equal(await page.textContent('[data-action=saver]'), 'Tiết kiệm dữ liệu');
  assert.deepEqual(
    await page.$$eval('[data-tile][data-dot="green"]', (all) => all.map((e) => e.dataset.state)),
    ['live'],
    'a still claims to be live',
  );
  assert.match(await page.textContent('[data-tile][data-state="still"]'), /Ảnh \d+ giây trước/);
  assert.equal((await debug(page)).socket.channels, 1);
  await page.reload();
  await page.waitForSelector('[data-tile][data-state="still"]');
  assert.equal((await debug(page)).socket.channels, 1);
  await accessible(page);
  // Enlarged it is live at once, light first; sharp when somebody asks.
  await page.click('[data-tile][data-state="still"] .hit');
  await page.waitForSelector('.tile.focused[data-state="live"][data-rendition="sub"]');
  await page.click('[data-action=sharper]');
  await page.waitForSelector('.tile.focused[data-rendition="main"]');
  await page.keyboard.press('Escape');
  await page.click('[data-action=saver][aria-pressed=true]');
  await allLive(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test('phone: on its side six tiles are a page, and take little of a mobile network', async () => {
  const { context, page, faults } = await open(browser, ON_ITS_SIDE);
  await signIn(page);
  const later = page.getByRole('button', { name: 'Để sau' });
  if (await later.isVisible()) await later.click();
  await page.waitForFunction(() => document.querySelectorAll('[data-tile][data-state="live"]').length >= 6);
  await page.waitForFunction(() => window.__lanewatch.socket.channels === 6);
  const seen = await page.$$eval('[data-tile]', (all) =>
    all.map((e) => e.getBoundingClientRect()).filter((r) => r.bottom <= innerHeight && r.right <= innerWidth).length); // prettier-ignore
  assert.equal(seen, 6);
  const rate = await page.evaluate(async () => {
    const [bytes, at] = [window.__lanewatch.socket.bytes, performance.now()];
    const tile = Object.keys(window.__lanewatch.tiles)[0];
    const frames = window.__lanewatch.tiles[tile].frames;
    // Long enough for a key frame of every camera.
    while (window.__lanewatch.tiles[tile].frames < frames + 50) await new Promise((r) => requestAnimationFrame(r));
    return ((window.__lanewatch.socket.bytes - bytes) * 8) / 1000 / (performance.now() - at);
  });
  print('phone, page of six tiles at the socket', `${rate.toFixed(2)} Mbit/s, budget ${PHONE_MBIT}`);
  assert.ok(rate <= PHONE_MBIT, `${rate} Mbit/s`);
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test('phone: enlarged, a swipe goes to the next camera; two fingers and the buttons zoom; pulled down it asks anew', async () => {
  const { context, page, faults } = await open(browser, UPRIGHT);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  const all = await tiles(page);
  const cdp = await context.newCDPSession(page);
  const touch = (type, ...points) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  await page.tap(`[data-tile="${all[0]}"] .hit`);
  await page.waitForSelector('.tile.focused[data-state="live"]');
  const at = await box(page, '.tile.focused');
  const y = at.y + at.height / 3;
  await touch('touchStart', [300, y]);
  for (const x of [250, 200, 150, 80]) await touch('touchMove', [x, y]);
  await touch('touchEnd');
  await page.waitForSelector(`.tile.focused[data-tile="${all[1]}"]`);
  await page.waitForSelector('.tile.focused[data-state="live"]');
  await touch('touchStart', [170, y], [190, y]);
  for (const d of [20, 40, 60]) await touch('touchMove', [170 - d, y], [190 + d, y]);
  await touch('touchEnd');
  await page.waitForSelector('.tile.focused.zoomed[data-rendition="main"]');
  await page.tap('[data-action=whole]');
  await page.waitForSelector('.tile.focused:not(.zoomed)');
  await page.tap('[data-action=zoom-in]');
  await page.waitForSelector('.tile.focused.zoomed');
  await accessible(page);
  await page.getByRole('button', { name: 'Thu nhỏ', exact: true }).tap();
  await page.waitForSelector('.tile.focused', { state: 'detached' });
  const top = await box(page, '.wall');
  const asked = page.waitForRequest(/\/api\/v1\/layouts$/);
  await touch('touchStart', [180, top.y + 80]);
  for (const d of [60, 120, 180, 240]) await touch('touchMove', [180, top.y + 80 + d]);
  await touch('touchEnd');
  await asked;
  assert.deepEqual(faults, []);
  await context.close();
});
