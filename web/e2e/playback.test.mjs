// J7, J8, J9 in small: playback seeks to frames, scrubs, zooms about the pointer, tells gaps. Run: npm run e2e
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { debug, launch, open, PHONE, signIn, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const api = (page, path) => page.evaluate(async (p) => (await fetch(`/api/v1/${p}`)).json(), path);
const shown = (page) => page.waitForFunction(() => ['playing', 'paused'].includes(document.querySelector('[data-stage="playback"]')?.dataset.state), null, { timeout: 8000 }); // prettier-ignore

/** A live camera with at least half a minute of footage, and its newest long span. */
async function footage(page) {
  const { items } = await api(page, 'cameras?limit=200');
  const now = Date.now();
  for (const c of items.filter((x) => x.state === 'live')) {
    const t = await api(
      page,
      `timeline?cameras=${c.id}&from=${new Date(now - 86_400_000).toISOString()}&to=${new Date(now).toISOString()}&rendition=main`,
    );
    const spans =
      t.cameras[0]?.spans.map((s) => [Date.parse(s.from), Date.parse(s.to)]).filter(([a, b]) => b - a > 25_000) ?? [];
    if (spans.length) return { camera: c, spans };
  }
  throw new Error('no camera with footage');
}

test('J7: a link to a moment shows its frame; random seeks are quick and land where asked', async () => {
  const { context, page, faults } = await open(browser);
  await signIn(page);
  const { camera, spans } = await footage(page);
  const [a, b] = spans.at(-1);
  const at = Math.max(a + 2000, b - 20_000);
  await page.goto(`${URL_BASE}/c/${camera.slug}?t=${encodeURIComponent(new Date(at).toISOString())}`);
  await shown(page);
  const painted = await page.$eval('video.recorded', (v) => v.videoWidth > 0 && v.readyState >= 2);
  assert.ok(painted, 'no picture');
  // The rail of the timeline maps pixels to time; click at random places within the span.
  await page.keyboard.press('k');
  const box = await page.locator('[role=slider]').boundingBox();
  for (let i = 0; i < 12; i++) {
    const [from, to] = await page.$eval('[role=slider]', (e) => [Number(e.dataset.from), Number(e.dataset.to)]);
    const low = Math.max(a + 1000, from);
    const high = Math.min(b - 8000, to);
    const t = low + Math.random() * (high - low);
    const seeks = (await debug(page)).seeks.length;
    await page.mouse.click(box.x + ((t - from) / (to - from)) * box.width, box.y + 60);
    await page.waitForFunction((n) => window.__lanewatch.seeks.length > n, seeks, { timeout: 5000 });
    await shown(page);
    const position = Number(await page.getAttribute('[data-stage]', 'data-position'));
    assert.ok(Math.abs(position - t) < 1500 + (2 * (to - from)) / box.width, `asked ${t}, got ${position}`);
  }
  const times = (await debug(page)).seeks.slice(1).sort((x, y) => x - y);
  console.log(`seek ms: median ${times[times.length >> 1]}, worst ${times.at(-1)}`);
  assert.ok(times[times.length >> 1] <= 300 * 1.5, `seeks ${times}`);
  assert.deepEqual(faults, []);
  await context.close();
});

test('playback plays on, steps frames, changes speed, and "live" returns', async () => {
  const { context, page, faults } = await open(browser);
  await signIn(page);
  const { camera, spans } = await footage(page);
  const [a, b] = spans.at(-1);
  await page.goto(
    `${URL_BASE}/c/${camera.slug}?t=${encodeURIComponent(new Date(Math.max(a + 1000, b - 25_000)).toISOString())}`,
  );
  await shown(page);
  const position = () => page.getAttribute('[data-stage]', 'data-position').then(Number);
  const p0 = await position();
  await page.waitForTimeout(2000);
  const p1 = await position();
  assert.ok(p1 - p0 > 1200 && p1 - p0 < 3500, `moved ${p1 - p0} ms in 2 s`);
  await page.keyboard.press('k');
  const p2 = await position();
  await page.keyboard.press('.');
  await page.waitForTimeout(400);
  const p3 = await position();
  assert.ok(p3 > p2 && p3 - p2 < 500, `frame step moved ${p3 - p2} ms`);
  await page.keyboard.press(',');
  await page.waitForTimeout(400);
  assert.ok((await position()) < p3, 'frame back did not move back');
  await page.selectOption('select[title]', { value: '2' });
  await page.keyboard.press('k');
  await page.click('[data-action=live]');
  await page.waitForSelector('[data-stage=live][data-state=live]', { timeout: 8000 });
  assert.equal(new URL(page.url()).search, '');
  assert.deepEqual(faults, []);
  await context.close();
});

test('J8: dragging the timeline shows key frames; the wheel zooms about the pointer; browser zone does not matter', async () => {
  const { context, page, faults } = await open(browser);
  await signIn(page);
  const { camera, spans } = await footage(page);
  const b = spans.at(-1)[1];
  await page.goto(`${URL_BASE}/c/${camera.slug}?t=${encodeURIComponent(new Date(b - 15_000).toISOString())}`);
  await shown(page);
  const box = await page.locator('[role=slider]').boundingBox();
  // Where the shown moment stands: there is footage to its left.
  const [viewFrom, viewTo] = await page.$eval('[role=slider]', (e) => [Number(e.dataset.from), Number(e.dataset.to)]);
  const x = box.x + Math.round(((b - 15_000 - viewFrom) / (viewTo - viewFrom)) * box.width);
  const anchor = async () => {
    const [from, to] = await page.$eval('[role=slider]', (e) => [Number(e.dataset.from), Number(e.dataset.to)]);
    return { t: from + ((x - box.x) / box.width) * (to - from), pixel: (to - from) / box.width };
  };
  await page.mouse.move(x, box.y + 50);
  const before = await anchor();
  for (let i = 0; i < 12; i++) await page.mouse.wheel(0, -120);
  await page.waitForTimeout(300);
  const zoomed = await anchor();
  assert.ok(Math.abs(zoomed.t - before.t) <= before.pixel * 1.5, 'zoom moved the time under the pointer');
  assert.ok(zoomed.pixel < before.pixel / 5, 'did not zoom');
  await page.mouse.down();
  for (let i = 1; i <= 25; i++) {
    await page.mouse.move(x - i * 6, box.y + 50);
    await page.waitForTimeout(30);
  }
  const during = await debug(page);
  await page.mouse.up();
  await shown(page);
  console.log(`scrub ms: ${during.scrubs.join(' ')}`);
  assert.ok(during.scrubs.length >= 1, 'no key frame was painted');
  const text = await page.getAttribute('[role=slider]', 'aria-valuetext');
  const shownHour = Number(/^(\d+)/.exec(text)[1]);
  const position = Number(await page.getAttribute('[data-stage]', 'data-position'));
  const { time_zone: zone } = await api(page, 'setup');
  const hour = Number(
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' }).format(position),
  );
  assert.equal(shownHour, hour);
  assert.deepEqual(faults, []);
  await context.close();
});

test('J9: a moment without footage stays there and says so, with a way out', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signIn(page);
  const { items } = await api(page, 'cameras?limit=200');
  const camera = items.find((c) => c.state === 'live');
  const before = Date.parse(camera.created_at) - 3_600_000;
  await page.goto(`${URL_BASE}/c/${camera.slug}?t=${encodeURIComponent(new Date(before).toISOString())}`);
  await page.waitForSelector('[data-notice=gap]', { timeout: 8000 });
  assert.match(await page.textContent('[data-notice=gap]'), /Không có bản ghi/);
  await page.tap('[data-notice=gap] .buttons button:last-child');
  await page.waitForFunction(() => !document.querySelector('[data-notice=gap]'), null, { timeout: 8000 });
  assert.deepEqual(faults, []);
  await context.close();
});
