// J4 and J15: what the wall and the timeline say when cameras freeze, vanish or change their password, and when the
// recorder itself goes away. Nothing that stands still may look live.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, debug, eventually, launch, open, PC, signIn, URL_BASE } from './browser.mjs';
import { held } from './figures.mjs';
import { fault, fleet, lane, needsFleet, needsRecorder, Recorder } from './recorder.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => {
  await browser?.close();
  if (fleet) await fault('all', 'clear');
});

const tile = (name, what = '') => `[data-tile="${name}"]${what}`;
const isGrey = (page, name) =>
  page.$eval(`${tile(name)} .layers`, (e) => getComputedStyle(e).filter.includes('grayscale'));
const isLive = (page, name) => page.waitForSelector(tile(name, '[data-state="live"][data-dot="green"]'));
const isLost = (page, name) => page.waitForSelector(tile(name, '[data-state="lost"][data-dot="red"]'));

/** The recorder has its pictures again. */
const hasPicture = (page, name) =>
  eventually(
    page,
    async (slug) => (await (await fetch(`/api/v1/cameras/${slug}`)).json()).renditions.every((r) => r.state === 'live'),
    name,
  );

/** The newest gap of this cause, at least so many milliseconds long; waits for it. */
async function hasGap(page, slug, cause, least = 0) {
  const { id } = await api(page, `cameras/${slug}`);
  const since = new Date(Date.now() - 120_000).toISOString();
  for (;;) {
    const { cameras } = await api(page, `timeline?cameras=${id}&from=${since}&to=${new Date().toISOString()}&rendition=main`); // prettier-ignore
    const gap = cameras[0].gaps.findLast((g) => g.cause === cause && Date.parse(g.to) - Date.parse(g.from) >= least);
    if (gap) return gap;
    await page.waitForTimeout(500);
  }
}

test(
  'J4: a camera that freezes turns amber, then grey with words and a time; back when it thaws; the others go on',
  needsFleet,
  async () => {
    const { context, page, faults } = await open(browser, PC);
    await signIn(page);
    await isLive(page, 'lane04');
    await isLive(page, 'lane05');
    // What its dot says from now on, each change of it.
    await page.$eval(tile('lane04'), (e) => {
      window.dots = [e.dataset.dot];
      new MutationObserver(() => window.dots.push(e.dataset.dot)).observe(e, { attributeFilter: ['data-dot'] });
    });
    const began = Date.now();
    await fault('lane04', 'freeze');
    await page.waitForSelector(tile('lane04', '[data-dot="amber"]'));
    held('frozen camera, amber after', Date.now() - began, 3000);
    await isLost(page, 'lane04');
    held('frozen camera, lost after', Date.now() - began, 12000);
    assert.match(await page.textContent(tile('lane04')), /Mất hình từ \d\d:\d\d/);
    assert.equal(await isGrey(page, 'lane04'), true);
    assert.equal(await page.getAttribute(tile('lane05'), 'data-state'), 'live');
    assert.equal(await isGrey(page, 'lane05'), false);
    await accessible(page);
    const frames = (await debug(page)).tiles.lane05.frames;
    await page.waitForFunction((n) => window.__lanewatch.tiles.lane05.frames > n, frames);
    assert.deepEqual(await page.evaluate(() => window.dots), ['green', 'amber', 'red'], 'a frozen picture looked live');
    const thawed = Date.now();
    await fault('lane04', 'thaw');
    await isLive(page, 'lane04');
    held('thawed camera, live after', Date.now() - thawed, 5000);
    const others = Object.entries((await debug(page)).tiles).filter(([name]) => name !== 'lane04');
    assert.deepEqual(others.filter(([, t]) => t.rebuilds > 0).map(([name]) => name), [], 'other tiles were disturbed'); // prettier-ignore
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test(
  'J4: a camera that is cut off says so; its gap stands in the timeline with the cause, and playback offers a way out',
  needsFleet,
  async () => {
    const { context, page, faults } = await open(browser, PC);
    await signIn(page);
    await isLive(page, 'lane05');
    const cut = Date.now();
    await fault('lane05', 'off');
    await isLost(page, 'lane05');
    held('camera cut off, lost after', Date.now() - cut, 12_000);
    assert.match(await page.textContent(tile('lane05')), /Mất hình từ \d\d:\d\d/);
    // At first that the camera hung up; then what dialing again has met.
    await page.waitForFunction(() => /Camera từ chối kết nối|Không tới được camera/.test(document.querySelector('[data-tile="lane05"]').textContent)); // prettier-ignore
    await page.waitForFunction(() => document.querySelector('header .pill.some') !== null);
    await fault('lane05', 'on');
    await hasPicture(page, 'lane05');
    const back = Date.now();
    await isLive(page, 'lane05');
    held('camera is back, on the wall after the recorder has it', Date.now() - back, 5000);
    const gap = await hasGap(page, 'lane05', 'camera_lost', 2000);
    const middle = (Date.parse(gap.from) + Date.parse(gap.to)) / 2;
    await page.goto(`${URL_BASE}/c/lane05?t=${encodeURIComponent(new Date(middle).toISOString())}`);
    await page.waitForSelector('[data-notice="gap"]');
    assert.match(await page.textContent('[data-notice="gap"]'), /Không có bản ghi.*camera mất kết nối/s);
    await page.getByRole('tab', { name: 'Danh sách' }).click();
    await page.waitForSelector('text=/Trống .*camera mất kết nối/');
    await accessible(page);
    await page.click('[data-notice="gap"] .buttons button:last-child');
    await page.waitForSelector('[data-notice="gap"]', { state: 'detached' });
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('J4: a camera whose password was changed says what to do', needsFleet, async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await isLive(page, 'lane06');
  await fault('lane06', 'auth', { state: 'deny' });
  await fault('lane06', 'drop');
  await isLost(page, 'lane06');
  await page.waitForFunction(() => /Sai tên đăng nhập hoặc mật khẩu/.test(document.querySelector('[data-tile="lane06"]').textContent)); // prettier-ignore
  await page.click('nav.top a[href="/cameras"]');
  await page.waitForSelector('text=Sai tên đăng nhập hoặc mật khẩu camera.');
  await accessible(page);
  await fault('lane06', 'auth', { state: 'allow' });
  // The recorder tries rarely while the password is wrong, so as not to be locked out; "connect again" tries at once.
  await page.getByRole('button', { name: 'Kết nối lại: lane06' }).click();
  await page.click('nav.top a[href="/"]');
  await isLive(page, 'lane06');
  await hasGap(page, 'lane06', 'camera_auth');
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'J15: when the recorder goes away, the page says so and greys what it shows; it comes back by itself',
  needsRecorder,
  async () => {
    const recorder = await Recorder.start();
    try {
      recorder.add(lane('lane01'));
      recorder.add(lane('lane02'));
      const refused = [/ERR_CONNECTION_REFUSED/, /WebSocket connection/];
      const { page, faults, context } = await open(browser, PC, { fresh: true, expected: refused });
      await page.goto(`${recorder.url}/#code=${recorder.code()}`);
      await isLive(page, 'lane01');
      await recorder.stop();
      await page.waitForSelector('text=Mất kết nối với đầu ghi. Đang kết nối lại…');
      await isLost(page, 'lane01');
      assert.equal(await isGrey(page, 'lane01'), true);
      assert.match(await page.textContent(tile('lane01')), /Mất hình từ.*Mất kết nối với đầu ghi/s);
      assert.equal(await page.$(tile('lane01', '[data-dot="green"]')), null);
      assert.equal(await page.$('.rec'), null, 'says that it records');
      assert.equal(await page.$('header .pill'), null, 'says how many cameras have a picture');
      await accessible(page);
      await recorder.begin();
      const began = Date.now();
      await isLive(page, 'lane01');
      await isLive(page, 'lane02');
      held('recorder is back, wall live after', Date.now() - began, 5000);
      assert.equal(await page.$('text=Mất kết nối với đầu ghi. Đang kết nối lại…'), null);
      assert.deepEqual(faults, []);
      await context.close();
    } finally {
      await recorder.close();
    }
  },
);
