// P6, G7: the card beside the pointer on the timeline has the moment's picture, also where nothing happened; the newest
// place wins, and one picture is asked for at a time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, eventually, launch, open, PC, signedIn, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const SLIDER = '[role=slider]';

/** A live camera and the end of its newest stretch of twenty seconds. */
async function footage(page) {
  for (;;) {
    const now = Date.now();
    for (const c of (await api(page, 'cameras?limit=200')).items.filter((x) => x.state === 'live')) {
      const t = await api(page, `timeline?cameras=${c.id}&from=${new Date(now - 3_600_000).toISOString()}&to=${new Date(now).toISOString()}&rendition=main`); // prettier-ignore
      const span = t.cameras[0]?.spans.findLast((s) => Date.parse(s.to) - Date.parse(s.from) > 30_000);
      if (span) return { camera: c, to: Date.parse(span.to) };
    }
    await page.waitForTimeout(500);
  }
}
/** The picture of the place that the card stands at is on it, and is no black one. */
const painted = () => {
  const card = document.querySelector('[data-peek]');
  const canvas = card?.querySelector('canvas');
  if (!canvas || card.dataset.peekShows === '' || card.dataset.peekShows !== card.dataset.peekAt) return false;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some((x, i) => i % 4 !== 3 && x > 60);
};

test('the card shows the picture of where the pointer is, one request at a time, the newest place last', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  const { camera, to } = await footage(page);
  let inFlight = 0;
  let most = 0;
  const asked = [];
  await page.route(/\/keyframes\.mp4/, async (route) => {
    asked.push(route.request().url());
    most = Math.max(most, ++inFlight);
    await route.continue();
  });
  const ended = (r) => r.url().includes('/keyframes.mp4') && inFlight--;
  page.on('requestfinished', ended);
  page.on('requestfailed', ended);
  await page.goto(`${URL_BASE}/c/${camera.slug}?t=${encodeURIComponent(new Date(to - 20_000).toISOString())}`);
  await page.waitForSelector('[data-stage=playback]');
  await page.keyboard.press('k');
  // Below the lane of events; all of it within the stretch that there is. What is above the timeline, or what it shows, may still
  // change: as a hand would, again.
  const over = async (t) => {
    const box = await page.locator(SLIDER).boundingBox();
    const [from, until] = await page.$eval(SLIDER, (e) => [Number(e.dataset.from), Number(e.dataset.to)]);
    await page.mouse.move(box.x + ((t - from) / (until - from)) * box.width, box.y + 70);
  };
  for (let turn = 0; turn < 8; turn++) {
    await over(to - 8000 - 500 * turn);
    if (await eventually(page, painted, undefined, 4000).then(() => true, () => false)) break; // prettier-ignore
  }
  await eventually(page, painted);
  // And then quickly across.
  for (let i = 0; i <= 10; i++) await over(to - 16_000 - 1000 * i);
  await eventually(page, painted);
  assert.equal(most, 1, 'more than one request at a time');
  assert.ok(asked.length >= 1);
  assert.equal(await page.getAttribute('[data-peek]', 'data-peek'), camera.slug);
  // Gone with the pointer.
  await page.mouse.move(10, 10);
  await page.waitForSelector('[data-peek]', { state: 'detached' });
  assert.deepEqual(faults, []);
  await context.close();
});

test('of several cameras it is the one of the line under the pointer', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  const live = (await api(page, 'cameras?limit=200')).items.filter((c) => c.state === 'live').slice(0, 2);
  assert.equal(live.length, 2, 'too few cameras');
  const { to } = await footage(page);
  await page.goto(`${URL_BASE}/sync?c=${live.map((c) => c.slug).join()}&t=${encodeURIComponent(new Date(to - 20_000).toISOString())}`); // prettier-ignore
  await page.waitForSelector('[data-sync-stage]');
  await page.waitForFunction(() => document.querySelectorAll('[data-sync]').length === 2);
  for (const [i, c] of live.entries()) {
    const shown = page.locator(`[data-peek="${c.slug}"] >> text=${c.name}`);
    // Where the line stands is asked each time: it moves while the pictures load and while they play.
    for (let tries = 0; !(await shown.isVisible()); tries++) {
      assert.ok(tries < 30, `no picture of ${c.name} under the pointer`);
      const box = await page.locator(SLIDER).boundingBox();
      const [from, until] = await page.$eval(SLIDER, (e) => [Number(e.dataset.from), Number(e.dataset.to)]);
      const x = box.x + ((to - 25_000 - from) / (until - from)) * box.width;
      await page.mouse.move(x + (tries % 2), box.y + 26 + ((box.height - 26) / 2) * (i + 0.5));
      await page.waitForTimeout(1000);
    }
  }
  assert.deepEqual(faults, []);
  await context.close();
});
