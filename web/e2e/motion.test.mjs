// Zones over the live picture, the feed of events, motion on the timeline, and J12, the search in a region. What needs
// motion of known times runs against the mock; the rest against any recorder.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, launch, open, PC, PHONE, signedIn, signIn, SWEEPS, URL_BASE } from './browser.mjs';
import { within } from './figures.mjs';
import { lane, needsRecorder, Recorder } from './recorder.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const DAY = 86_400_000;
const needsMotion = { skip: process.env.LANEWATCH_MOCK ? false : 'motion at known times; the mock has it (LANEWATCH_MOCK=1)' }; // prettier-ignore
const iso = (ms) => new Date(ms).toISOString();
const live = async (page) => (await api(page, 'cameras?limit=200')).items.find((c) => c.state === 'live');
const eventsOf = (page, c, from, to = Date.now()) => api(page, `events?cameras=${c.id}&from=${iso(from)}&to=${iso(to)}&limit=200`); // prettier-ignore
const position = (page) => page.getAttribute('[data-stage]', 'data-position').then(Number);
const put = (page, camera, items, revision) =>
  page.evaluate(
    async ([id, body, rev]) => (await fetch(`/api/v1/cameras/${id}/zones`, { method: 'PUT', headers: { 'content-type': 'application/json', 'if-match': `"${rev}"` }, body: JSON.stringify({ items: body }) })).status,
    [camera.id, items, revision],
  ); // prettier-ignore
const corners = (page) => page.$$eval('[data-corner]', (all) => all.map((e) => /translate\(([\d.]+) ([\d.]+)\)/.exec(e.getAttribute('transform')).slice(1).map(Number))); // prettier-ignore

/** The corners once the picture has its size: tools that come with a chosen zone may take a line of its height. */
async function settled(page) {
  for (let before = await corners(page); ;) {
    await page.waitForTimeout(150);
    const now = await corners(page);
    if (String(now) === String(before)) return now;
    before = now;
  }
}

/** Searches to the end; milliseconds to the first hit. */
async function search(page) {
  const start = performance.now();
  await page.click('[data-action=search]');
  await page.waitForSelector('[data-hit]');
  const first = performance.now() - start;
  await page.waitForSelector('[data-state=done]');
  return first;
}

/** A recorder that does not look for motion has nothing to replay. */
const NO_REPLAY = /503.*zones:preview/;

/** Begins with a camera without zones. */
async function zonesOpen(options, expected = []) {
  const opened = await open(browser, options, { expected: [...expected, NO_REPLAY] });
  const { page } = opened;
  await signedIn(page);
  const camera = await live(page);
  const { revision } = await api(page, `cameras/${camera.id}/zones`);
  assert.equal(await put(page, camera, [], revision), 200);
  await page.goto(`${URL_BASE}/c/${camera.slug}/zones`);
  await page.waitForSelector('text=Chưa có vùng cảnh báo: cả khung hình được tính.');
  return { ...opened, camera };
}

test('zones are drawn with the mouse, undone, named, saved, and there again after a reload', async () => {
  const { context, page, faults, camera } = await zonesOpen(PC);
  await page.click('[data-action=add-alert]');
  const before = await settled(page);
  const handle = await page.locator('[data-corner="0"]').boundingBox();
  assert.ok(handle.width >= 44 && handle.height >= 44, `a handle of ${handle.width} x ${handle.height} px`);
  const [x, y] = [handle.x + handle.width / 2, handle.y + handle.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 40, y - 30, { steps: 4 });
  await page.mouse.up();
  const moved = await corners(page);
  assert.ok(Math.abs(moved[0][0] - before[0][0] + 40) < 3 && Math.abs(moved[0][1] - before[0][1] + 30) < 3, `${before[0]} to ${moved[0]}`); // prettier-ignore
  await page.click('[data-action=undo]');
  assert.deepEqual(await corners(page), before);
  await page.click('[data-action=redo]');
  assert.deepEqual(await corners(page), moved);
  // The handle of an edge makes a corner.
  const edge = await page.locator('[data-edge="1"]').boundingBox();
  await page.mouse.click(edge.x + edge.width / 2, edge.y + edge.height / 2);
  assert.equal((await corners(page)).length, 5);
  await page.click('[data-action=remove-corner]');
  assert.equal((await corners(page)).length, 4);
  await page.fill('aside input.input', 'Cổng đình');
  await page.getByRole('button', { name: 'Cao' }).click();
  await page.click('[data-action=add-ignore]');
  await accessible(page);
  await page.click('[data-action=save-zones]');
  await page.waitForSelector('text=Đã lưu');
  const saved = (await api(page, `cameras/${camera.id}/zones`)).items;
  assert.deepEqual(saved.map((z) => [z.name, z.kind, z.sensitivity, z.points.length]), [['Cổng đình', 'alert', 'high', 4], ['Vùng bỏ qua 1', 'ignore', 'normal', 4]]); // prettier-ignore
  await page.reload();
  await page.waitForSelector('aside .row >> text=Cổng đình');
  assert.deepEqual(faults, []);
  await context.close();
});

test('zones by keyboard alone: a corner is moved, added and deleted; every drag has buttons besides', async () => {
  const { context, page, faults } = await zonesOpen(PC);
  await page.focus('[data-action=add-alert]');
  await page.keyboard.press('Enter');
  await page.focus('[data-corner="1"]');
  const before = await corners(page);
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowUp');
  const moved = await corners(page);
  assert.ok(moved[1][0] > before[1][0] + 5 && moved[1][1] < before[1][1] - 5, `${before[1]} to ${moved[1]}`);
  await page.keyboard.press('Control+z');
  assert.deepEqual(await corners(page), before);
  await page.focus('[data-edge="0"]');
  await page.keyboard.press('Enter');
  assert.equal((await corners(page)).length, 5);
  await page.keyboard.press('Delete');
  assert.equal((await corners(page)).length, 4);
  await page.getByRole('button', { name: 'Sang trái' }).click();
  assert.notDeepEqual(await corners(page), before);
  await page.keyboard.press('Escape');
  assert.equal((await corners(page)).length, 0, 'nothing is chosen');
  assert.deepEqual(faults, []);
  await context.close();
});

test('phone: a corner follows the finger', async () => {
  const { context, page, faults } = await zonesOpen(PHONE);
  await page.tap('[data-action=add-alert]');
  const box = await page.locator('[data-corner="2"]').boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const before = await corners(page);
  const cdp = await context.newCDPSession(page);
  const touch = (type, dx) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: x + dx, y: y + dx / 2 }] }); // prettier-ignore
  // Beside the middle of the handle: a finger is not a needle.
  await touch('touchStart', 12);
  for (const dx of [20, 30, 40]) await touch('touchMove', dx);
  await touch('touchEnd');
  const moved = await corners(page);
  assert.ok(moved[2][0] > before[2][0] + 20, `${before[2]} to ${moved[2]}`);
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test('what somebody else saved meanwhile is not overwritten unasked', async () => {
  const { context, page, faults, camera } = await zonesOpen(PC, [/412/]);
  await page.click('[data-action=add-alert]');
  const { revision } = await api(page, `cameras/${camera.id}/zones`);
  const theirs = [{ kind: 'ignore', name: 'Bụi tre', points: [[0, 0], [0.2, 0], [0.2, 0.2]] }]; // prettier-ignore
  assert.equal(await put(page, camera, theirs, revision), 200);
  await page.click('[data-action=save-zones]');
  await page.waitForSelector('text=Người khác vừa đổi vùng của camera này.');
  await accessible(page);
  await page.click('[data-action=reload]');
  await page.waitForSelector('aside .row >> text=Bụi tre');
  assert.equal((await api(page, `cameras/${camera.id}/zones`)).items.length, 1);
  assert.deepEqual(faults, []);
  await context.close();
});

const SMALL_PC = { viewport: { width: 1024, height: 768 } };
for (const [device, options] of Object.entries({ PC, 'a small PC': SMALL_PC, phone: PHONE })) {
  // The same in other sizes is the sweeps'; on a phone language.test.mjs asks these pages for the rules always.
  const sweep = options === PC ? {} : SWEEPS;
  test(
    `${device}: the pages about motion pass the accessibility rules, fit the screen and speak English as well`,
    sweep,
    async () => {
      const { context, page, faults } = await open(browser, options, { expected: [/404.*keyframes/, NO_REPLAY] });
      await signedIn(page);
      const { slug } = await live(page);
      const pages = ['/events', '/events?kind=tamper', `/c/${slug}/zones`, `/c/${slug}/search`, '/c/nowhere/zones'];
      for (const path of pages) {
        await page.goto(`${URL_BASE}${path}`);
        await page.waitForSelector('main h1');
        await page.waitForFunction(() => !document.querySelector('main [aria-busy=true]'));
        if (path.endsWith('/search')) await page.click('[data-period=own]');
        const wide = await page.evaluate(() => ['html', 'main', 'aside'].filter((e) => { const box = document.querySelector(e); return box && box.scrollWidth > box.clientWidth; })); // prettier-ignore
        assert.deepEqual(wide, [], `${path} scrolls sideways`);
        await accessible(page);
      }
      await page.evaluate(() => localStorage.setItem('lanewatch.lang', 'en'));
      for (const [path, title] of [
        ['/events', 'Alerts'],
        [`/c/${slug}/zones`, 'Zones: '],
        [`/c/${slug}/search`, 'Motion search: '],
      ]) {
        await page.goto(`${URL_BASE}${path}`);
        assert.match(await page.textContent('main h1'), new RegExp(`^${title}`));
      }
      assert.deepEqual(faults, []);
      await context.close();
    },
  );
}

test('a search where nothing was ever looked at, or nothing moved, says so and what to do', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  const { slug } = await live(page);
  await page.goto(`${URL_BASE}/c/${slug}/search`);
  await page.click('[data-period=own]');
  const [from, to] = ['from', 'to'].map((name) => page.locator(`[data-field=${name}]`));
  await from.fill('2020-01-02T10:00');
  await to.fill('2020-01-01T10:00');
  await page.click('[data-action=search]');
  await page.waitForSelector('text=Hãy nhập đủ hai mốc');
  await to.fill('2020-01-03T10:00');
  await page.click('[data-action=search]');
  await page.waitForSelector('[data-state=done]');
  await page.waitForSelector('text=/Không thấy chuyển động|Camera này chưa từng được theo dõi/');
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'J12: hits of a drawn region come newest first with pictures; canceling stops; a hit plays',
  needsMotion,
  async () => {
    const { context, page, faults } = await open(browser, PC, { expected: [/404.*keyframes/] });
    await signedIn(page);
    const { slug } = await live(page);
    await page.goto(`${URL_BASE}/c/${slug}/search`);
    const svg = await page.locator('[data-area]').evaluate((e) => e.ownerSVGElement.getBoundingClientRect().toJSON());
    const at = (px, py) => [svg.x + px * svg.width, svg.y + py * svg.height];
    await page.mouse.move(...at(0.05, 0.1));
    await page.mouse.down();
    await page.mouse.move(...at(0.9, 0.95), { steps: 5 });
    await page.mouse.up();
    await page.click('[data-period=day]');
    await within('first hit of a search over a day', 500, () => search(page));
    const hits = await page.$$eval('[data-hit]', (all) => all.map((e) => Number(e.dataset.hit)));
    assert.deepEqual(
      hits,
      [...hits].sort((a, b) => b - a),
    );
    await page.waitForSelector('canvas.shown');
    await accessible(page);
    await page.click('[data-period=month]');
    await page.click('[data-action=search]');
    await page.click('[data-action=cancel]');
    await page.waitForSelector('text=/đã dừng, tìm tới/');
    await page.locator('[data-hit]').first().click();
    await page.waitForSelector('[data-stage=playback]');
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('N and P and their buttons go from event to event, and play from before it', needsMotion, async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  const camera = await live(page);
  const [newer, older] = (await eventsOf(page, camera, Date.now() - DAY, Date.now() - 3_600_000)).items;
  const start = Date.parse(older.from);
  await page.goto(`${URL_BASE}/c/${camera.slug}?t=${encodeURIComponent(iso(start + 30_000))}`);
  await page.waitForSelector('[data-stage=playback][data-state=playing]');
  const near = (want) => page.waitForFunction(([w]) => { const p = Number(document.querySelector('[data-stage]').dataset.position); return p > w - 7000 && p < w; }, [want]); // prettier-ignore
  await page.keyboard.press('p');
  await near(start);
  await page.keyboard.press('n');
  await near(Date.parse(newer.from));
  await page.click('[data-action=motion-prev]');
  await near(start);
  assert.ok((await position(page)) < start, 'from before it');
  await page.click('[role=tab]:nth-child(2)');
  await page.waitForSelector('#pane >> text=/Chuyển động lúc/');
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'the feed: newest first, filtered by camera and kind, older ones as one scrolls, a tap plays it',
  needsMotion,
  async () => {
    const { context, page, faults } = await open(browser, PHONE);
    await signIn(page);
    await page.waitForSelector('[data-tile]');
    await page.click('nav.bottom a[href="/events"]');
    await page.waitForSelector('[data-event]');
    await accessible(page);
    const first = await page.locator('[data-event]').count();
    await page.evaluate(() => document.querySelector('main').scrollTo(0, 1e6));
    await page.waitForFunction((n) => document.querySelectorAll('[data-event]').length > n, first);
    await page.click('[data-kind-filter=tamper]');
    await page.waitForFunction(() => [...document.querySelectorAll('[data-event]')].every((e) => e.dataset.kind.startsWith('tamper_'))); // prettier-ignore
    await page.waitForSelector('[data-event]');
    await page.selectOption('[data-filter=camera]', { index: 2 });
    const name = await page.$eval('[data-filter=camera]', (e) => e.selectedOptions[0].textContent);
    await page.click('text=Tất cả >> nth=-1');
    await page.waitForFunction((n) => { const all = [...document.querySelectorAll('[data-event] .who')]; return all.length && all.every((e) => e.textContent === n); }, name); // prettier-ignore
    await page.locator('[data-event]').nth(1).click();
    await page.waitForSelector('[data-event-page]');
    await page.click('[data-action=back]');
    await page.waitForSelector('[data-event]');
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test(
  'J12: where the recorder looks for motion it is seen live, in the feed with a picture, on the timeline, and found',
  needsRecorder,
  async () => {
    // Its own, and new: what comes again with every round of a clip is known after some minutes, and moves no more.
    const recorder = await Recorder.start();
    try {
      recorder.add(lane('lane01'));
      const { context, page, faults } = await open(browser, PC, { fresh: true, expected: [NO_REPLAY, /404.*keyframe/] }); // prettier-ignore
      await page.goto(`${recorder.url}/#code=${recorder.code()}`);
      await page.waitForSelector('[data-tile="lane01"][data-state="live"]');
      const camera = await live(page);
      await page.goto(`${recorder.url}/c/${camera.slug}/zones`);
      await page.waitForSelector('.badge.moves');
      await page.waitForSelector('text=/Theo dõi chuyển động: (mọi hình|chỉ khung chính|đầu ghi quá tải)/');
      await page.goto(`${recorder.url}/events?c=${camera.slug}`);
      await page.waitForFunction(() =>
        [...document.querySelectorAll('[data-event] img')].some((i) => i.naturalWidth > 0),
      );
      await page.goto(`${recorder.url}/c/${camera.slug}/search`);
      await page.getByRole('button', { name: 'Cả khung hình' }).click();
      await page.click('[data-period=day]');
      await within('first hit of a search over what was recorded', 500, () => search(page));
      await page.waitForSelector('[data-hit] canvas.shown');
      await page.locator('[data-hit]').first().click();
      await page.waitForSelector('[data-stage=playback]');
      await page.click('[role=tab]:nth-child(2)');
      await page.waitForSelector('#pane >> text=/Chuyển động lúc/');
      const { items } = await eventsOf(page, camera, Date.now() - DAY);
      await page.goto(`${recorder.url}/e/${items[0].id}`);
      await page.waitForSelector(`[data-event-page="${items[0].id}"]`);
      await page.click('[data-action=playback]');
      await page.waitForSelector('[data-stage=playback]');
      assert.deepEqual(faults, []);
      await context.close();
    } finally {
      await recorder.close();
    }
  },
);
