// J4 and J15, as the people who look after the recorder see them: a camera that is lost is on the health page and in the
// wall's pill by itself within seconds, with what to do; its outage stands in the list, and ends when it is back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, eventually, launch, open, PC, PHONE, signedIn, signIn, URL_BASE } from './browser.mjs';
import { print } from './figures.mjs';
import { fault, lane, needsFleet, needsRecorder, Recorder } from './recorder.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

/** Questions of this path that the page asks from here on. */
function asked(page, path) {
  const seen = [];
  page.on('request', (r) => new URL(r.url()).pathname === `/api/v1/${path}` && seen.push(r.url()));
  return seen;
}

test(
  'a lost camera is told on the health page by itself, with what to do, and so is its return',
  needsFleet,
  async () => {
    const { context, page, faults, sockets } = await open(browser, PC);
    await signIn(page);
    await page.waitForSelector('[data-tile="lane06"][data-state="live"]');
    await page.click('header .pill');
    await page.waitForURL(/\/health$/);
    await page.waitForSelector('[data-health]');
    await page.waitForSelector('[data-section=storage] .forecast');
    await page.waitForSelector('[data-section=outages] ul, [data-section=outages] .ok');
    await accessible(page);
    const began = Date.now();
    await fault('lane06', 'off');
    await page.waitForSelector('[data-away=lane06]');
    await page.waitForSelector('[data-check=cameras_offline]');
    print('camera lost, told on the health page after', `${Date.now() - began} ms`);
    // At first that the camera hung up; then what dialing again has met.
    await page.waitForSelector('[data-away=lane06] >> text=/Camera từ chối kết nối|Không tới được camera/');
    assert.match(await page.textContent('[data-check=cameras_offline]'), /kiểm tra nguồn điện, dây mạng/);
    const lasting = '[data-outage=lane06][data-cause=camera_lost][data-lasting=true]';
    await page.waitForSelector(lasting);
    assert.match(await page.textContent(lasting), /vẫn đang mất/);
    await accessible(page);
    const back = Date.now();
    await fault('lane06', 'on');
    await page.waitForSelector('[data-away=lane06]', { state: 'detached' });
    await page.waitForSelector('[data-outage=lane06][data-lasting=false]');
    print('camera back, told on the health page after', `${Date.now() - back} ms`);
    assert.equal(sockets.length, 1, 'a page needs one long connection');
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('what is unseen is counted in the navigation, and a mark elsewhere is told here', needsFleet, async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  await page.goto(`${URL_BASE}/system`);
  const range = () => `from=${new Date(Date.now() - 86_400_000).toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`; // prettier-ignore
  await eventually(page, async (q) => (await (await fetch(`/api/v1/events:count?${q}`)).json()).unseen > 0, range());
  const badge = page.locator('nav.bottom [data-badge]');
  await badge.waitFor();
  const counts = asked(page, 'events:count');
  const before = Number(await badge.getAttribute('data-badge'));
  // Another page of the same person looks at all of them.
  const other = await context.newPage();
  await other.goto(`${URL_BASE}/events`);
  const { items } = await api(other, `events?${range()}&limit=200&seen=false`);
  await other.evaluate(async (ids) => fetch('/api/v1/events:mark', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ids, seen: true }) }), items.map((e) => e.id)); // prettier-ignore
  await page.waitForFunction((n) => Number(document.querySelector('nav.bottom [data-badge]')?.dataset.badge ?? 0) !== n, before); // prettier-ignore
  assert.ok(counts.length > 0);
  await other.close();
  assert.deepEqual(faults, []);
  await context.close();
});

test('the bar with its number fits every width', needsFleet, async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  // Whatever the cameras do: a count of three figures.
  await page.route('**/api/v1/events:count?*', async (route) => {
    const answer = await (await route.fetch()).json();
    await route.fulfill({ json: { ...answer, unseen: 1234 } });
  });
  await page.goto(`${URL_BASE}/health`);
  await page.waitForSelector('[data-badge="1234"]', { state: 'attached' });
  for (const width of [360, 390, 480, 600, 721, 800, 921, 1011, 1101, 1161, 1281, 1381, 1561, 1620, 1621, 1701]) {
    await page.setViewportSize({ width, height: 800 });
    const over = await page.evaluate(() => {
      const wide = (e) => e && e.scrollWidth > e.clientWidth + 1;
      return [document.documentElement, document.querySelector('header'), document.querySelector('main')].filter(wide).map((e) => e.tagName); // prettier-ignore
    });
    assert.deepEqual(over, [], `at ${width}`);
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test('a recorder that was off says so once, not for each camera', needsRecorder, async () => {
  const recorder = await Recorder.start();
  try {
    for (const name of ['lane01', 'lane02']) recorder.add(lane(name));
    const { context, page, faults } = await open(browser, PC, { fresh: true, expected: [/ERR_CONNECTION_REFUSED|WebSocket|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE/] }); // prettier-ignore
    await page.goto(`${recorder.url}/#code=${recorder.code()}`);
    await page.waitForSelector('[data-tile="lane02"][data-state="live"]');
    await page.goto(`${recorder.url}/health`);
    await page.waitForSelector('[data-health]');
    await recorder.stop();
    const gone = Date.now();
    // Longer than what the list leaves out.
    await page.waitForTimeout(7000);
    await recorder.begin();
    print('recorder off for', `${Date.now() - gone} ms`);
    await page.waitForSelector('[data-outage=site][data-cause=recorder_off]');
    assert.equal(await page.locator('[data-cause=recorder_off]').count(), 1);
    await accessible(page);
    assert.deepEqual(faults, []);
    await context.close();
  } finally {
    await recorder.close();
  }
});
