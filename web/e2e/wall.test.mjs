// J1, J3, J4 in small, against the recorder at LANEWATCH_URL. Run: npm run e2e
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { debug, framed, launch, open, PC, PHONE, signIn, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const wanted = async (page) =>
  page.evaluate(async () => {
    const { items } = await (await fetch('/api/v1/cameras?limit=200')).json();
    return items.filter((c) => c.enabled && c.state === 'live').length;
  });

test('J1: the wall comes up: every live camera has a frame, over one WebSocket, without a console error', async () => {
  const { context, page, faults, sockets } = await open(browser);
  await signIn(page);
  const opened = sockets.length;
  await page.goto(`${URL_BASE}/`);
  const live = await wanted(page);
  assert.ok(live > 0, 'no live camera to test with');
  await page.waitForFunction((n) => document.querySelectorAll('[data-tile][data-state="live"]').length >= n, live, {
    timeout: 15_000,
  });
  const d = await debug(page);
  const times = Object.values(d.tiles).map((t) => t.firstFrameMs).filter((x) => x !== null); // prettier-ignore
  const latencies = Object.values(d.tiles).map((t) => t.latencyMs).filter((x) => x !== null); // prettier-ignore
  console.log(
    `first frame ms: worst ${Math.max(...times)}; latency ms: worst ${Math.max(...latencies)}; tiles ${times.length}`,
  );
  assert.equal(d.socket.opened, 1);
  assert.equal(sockets.length - opened, 1);
  assert.ok(Math.max(...times) <= 3000 * 1.5, `first frames: ${times}`);
  await page.waitForTimeout(5000);
  const settled = Object.values((await debug(page)).tiles).map((t) => t.latencyMs).filter((x) => x !== null); // prettier-ignore
  console.log(
    `latency ms after 5 s: median ${settled.sort((a, b) => a - b)[settled.length >> 1]}, worst ${settled.at(-1)}`,
  );
  assert.equal(await framed(page), live);
  assert.deepEqual(faults, []);
  await context.close();
});

test('J3: enlarge shows the picture at once and the main stream soon; arrows step; Escape returns', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  const slugs = await page.$$eval('[data-tile][data-state="live"]', (all) => all.map((e) => e.dataset.tile));
  await page.click(`[data-tile="${slugs[0]}"] .hit`);
  await page.waitForSelector(`.tile.focused[data-tile="${slugs[0]}"][data-state="live"]`);
  await page.waitForFunction((s) => window.__lanewatch.tiles[`${s}:main`]?.firstFrameMs > 0 || document.querySelector('.focused .note'), slugs[0], { timeout: 8000 }); // prettier-ignore
  const d = await debug(page);
  console.log(`main stream first frame: ${d.tiles[`${slugs[0]}:main`]?.firstFrameMs} ms`);
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((s) => document.querySelector('.tile.focused')?.dataset.tile !== s, slugs[0]);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('.tile.focused'));
  assert.equal(new URL(page.url()).search, '');
  assert.deepEqual(faults, []);
  await context.close();
});

test('the wall works by keyboard alone', async () => {
  const { context, page } = await open(browser, PC);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.tile.focused');
  assert.equal(await page.$eval('.tile.focused', (e) => e.querySelector('.hit') === document.activeElement), true);
  await context.close();
});

test('phone: tiles in two columns, only what is near the screen is played, touch targets are large', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  await page.waitForTimeout(3000);
  const d = await debug(page);
  const total = (await page.$$('[data-tile]')).length;
  if (total > 14) assert.ok(d.socket.channels < total, `${d.socket.channels} of ${total} channels open`);
  const small = await page.$$eval('nav.bottom a, .hit, .banner button, .banner a', (all) =>
    all.map((e) => e.getBoundingClientRect()).filter((r) => r.width && (r.width < 44 || r.height < 44)).length); // prettier-ignore
  assert.equal(small, 0);
  const clipped = await page.$$eval('header button, header a', (all) =>
    all.filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.textContent.trim()),
  );
  assert.deepEqual(clipped, [], 'cut off at the right');
  assert.equal(
    await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    true,
    'page scrolls sideways',
  );
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'mock only: a frozen camera turns amber, then grey with words, never green; thaw brings it back; others stay',
  { skip: !process.env.LANEWATCH_MOCK },
  async () => {
    const { context, page } = await open(browser, PC);
    await signIn(page);
    await page.waitForSelector('[data-tile="ngo-4"][data-state="live"]');
    const knob = (word) => page.evaluate((w) => fetch(`/api/v1/mock/${w}`, { method: 'POST' }), word);
    await knob('freeze-ngo-4');
    await page.waitForSelector('[data-tile="ngo-4"][data-dot="amber"]', { timeout: 4000 });
    await page.waitForSelector('[data-tile="ngo-4"][data-state="lost"]', { timeout: 12_000 });
    assert.match(await page.textContent('[data-tile="ngo-4"]'), /Mất hình từ \d\d:\d\d/);
    assert.notEqual(await page.$eval('[data-tile="ngo-4"] .layers', (e) => getComputedStyle(e).filter), 'none');
    assert.equal(await page.getAttribute('[data-tile="ngo-6-cho"]', 'data-state'), 'live');
    await knob('thaw-ngo-4');
    await page.waitForSelector('[data-tile="ngo-4"][data-state="live"]', { timeout: 5000 });
    await knob('corrupt-ngo-4');
    await page.waitForFunction(() => window.__lanewatch.tiles['ngo-4'].rebuilds === 1, null, { timeout: 5000 });
    await page.waitForSelector('[data-tile="ngo-4"][data-state="live"]', { timeout: 5000 });
    const rebuilt = Object.values((await debug(page)).tiles).reduce((n, t) => n + t.rebuilds, 0);
    assert.equal(rebuilt, 1, 'other tiles were disturbed');
    await knob('cut');
    await page.waitForFunction(() => window.__lanewatch.socket.opened === 2, null, { timeout: 6000 });
    await page.waitForTimeout(2500);
    assert.equal(await page.$$eval('[data-tile][data-dot="green"]', (all) => all.length >= 17), true);
    await context.close();
  },
);
