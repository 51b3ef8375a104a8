// J7, J8, J9 in small: playback seeks to frames, scrubs, zooms about the pointer, tells gaps. Run: npm run e2e
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, debug, launch, open, PC, PHONE, signedIn, signIn, SWEEPS, URL_BASE } from './browser.mjs';
import { held, median, percentile, print, within } from './figures.mjs';
import { gapInFootage } from './footage.mjs';
import { framesOf } from './pixel-clock.mjs';
import { needsFleet } from './recorder.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const iso = (ms) => new Date(ms).toISOString();
/** A finger that lets go in full speed flings, and the next tap only ends that. */
const RESTS_MS = 150;
const SLIDER = '[role=slider]';
const shown = (page) => page.waitForFunction(() => ['playing', 'paused'].includes(document.querySelector('[data-stage="playback"]')?.dataset.state)); // prettier-ignore
const position = (page) => page.getAttribute('[data-stage]', 'data-position').then(Number);
const view = (page) => page.$eval(SLIDER, (e) => [Number(e.dataset.from), Number(e.dataset.to)]);
const openAt = (page, slug, ms) => page.goto(`${URL_BASE}/c/${slug}?t=${encodeURIComponent(new Date(ms).toISOString())}`); // prettier-ignore

/** Another moment without leaving the page, as going back in the history does: what is paused stays so. */
async function goTo(page, slug, ms) {
  const seeks = (await debug(page)).seeks.length;
  await page.evaluate(
    (path) => {
      history.pushState(null, '', path);
      dispatchEvent(new PopStateEvent('popstate'));
    },
    `/c/${slug}?t=${encodeURIComponent(iso(ms))}`,
  );
  await page.waitForFunction((n) => window.__lanewatch.seeks.length > n || document.querySelector('[data-notice=gap]'), seeks); // prettier-ignore
}

/** Playing or not, it stands still now. */
async function pause(page) {
  await shown(page);
  if ((await page.getAttribute('[data-stage]', 'data-state')) === 'playing') await page.keyboard.press('k');
  await page.waitForSelector('[data-stage=playback][data-state=paused]');
}

/** A live camera with at least 25 s of footage in one piece, and the newest such piece; waits until there is one. */
async function footage(page, slug = null) {
  for (;;) {
    const { items } = await api(page, 'cameras?limit=200');
    const now = Date.now();
    for (const c of items.filter((x) => x.state === 'live' && (!slug || x.slug === slug))) {
      const from = new Date(now - 86_400_000).toISOString();
      const t = await api(
        page,
        `timeline?cameras=${c.id}&from=${from}&to=${new Date(now).toISOString()}&rendition=main`,
      );
      const spans = t.cameras[0]?.spans.map((s) => [Date.parse(s.from), Date.parse(s.to)]) ?? [];
      const span = spans.findLast(([a, b]) => b - a > 25_000);
      if (span) return { camera: c, a: span[0], b: span[1] };
    }
    await page.waitForTimeout(500);
  }
}

test('J7: a link to a moment shows its frame; random seeks are quick and land where asked', async () => {
  const { context, page, faults } = await open(browser);
  await signedIn(page);
  const { camera, a, b } = await footage(page);
  await openAt(page, camera.slug, Math.max(a + 2000, b - 20_000));
  await shown(page);
  const painted = await page.$eval('video.recorded', (v) => v.videoWidth > 0 && v.readyState >= 2);
  assert.ok(painted, 'no picture');
  await page.keyboard.press('k');
  // The rail of the timeline maps pixels to time; click at random places within the span.
  const box = await page.locator(SLIDER).boundingBox();
  await within('random seek to a presented frame, p95 of 20', 300, async () => {
    const before = (await debug(page)).seeks.length;
    for (let i = 0; i < 20; i++) {
      const [from, to] = await view(page);
      const low = Math.max(a + 1000, from);
      const high = Math.min(b - 8000, to);
      const t = low + Math.random() * (high - low);
      const seeks = (await debug(page)).seeks.length;
      await page.mouse.click(box.x + ((t - from) / (to - from)) * box.width, box.y + 60);
      await page.waitForFunction((n) => window.__lanewatch.seeks.length > n, seeks);
      await shown(page);
      const got = await position(page);
      assert.ok(Math.abs(got - t) < 1500 + (2 * (to - from)) / box.width, `asked ${t}, got ${got}`);
    }
    const times = (await debug(page)).seeks.slice(before);
    print('random seek to a presented frame, median', `${median(times)} ms`);
    return percentile(times, 95);
  });
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test('J7, phone: taps on the timeline are seeks, quick and landing where asked', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  const { camera, a, b } = await footage(page);
  await openAt(page, camera.slug, Math.max(a + 2000, b - 20_000));
  await shown(page);
  const box = await page.locator(SLIDER).boundingBox();
  await within('seek by a tap on a phone, p95 of 10', 300, async () => {
    const before = (await debug(page)).seeks.length;
    for (let i = 0; i < 10; i++) {
      const [from, to] = await view(page);
      const t = Math.max(a + 1000, from) + Math.random() * (Math.min(b - 8000, to) - Math.max(a + 1000, from));
      const seeks = (await debug(page)).seeks.length;
      await page.touchscreen.tap(box.x + ((t - from) / (to - from)) * box.width, box.y + box.height * 0.7);
      await page.waitForFunction((n) => window.__lanewatch.seeks.length > n, seeks);
      await shown(page);
      const got = await position(page);
      assert.ok(Math.abs(got - t) < 3000 + (2 * (to - from)) / box.width, `asked ${t}, got ${got}`);
    }
    return percentile((await debug(page)).seeks.slice(before), 95);
  });
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'J7: the frame that is shown is that of the moment asked for, up to the newest seconds and beside a gap',
  needsFleet,
  async () => {
    const { context, page, faults } = await open(browser, PC);
    await signedIn(page);
    const gap = await gapInFootage(page, 'lane08');
    const { b } = await footage(page, 'lane08');
    const { id } = await api(page, 'cameras/lane08');
    await openAt(page, 'lane08', gap.from - 3000);
    await pause(page);
    const before = Array.from({ length: 3 }, () => gap.from - 300 - Math.random() * 2500);
    const after = Array.from({ length: 3 }, () => gap.to + 300 + Math.random() * 3000);
    for (const t of [...before, gap.from - 60, gap.to + 60, ...after, b - 5000, Date.now() - 3000].map(Math.round)) {
      await goTo(page, 'lane08', t);
      await page.waitForFunction(() => ['paused', 'gap', 'edge', 'error'].includes(document.querySelector('[data-stage=playback]')?.dataset.state)); // prettier-ignore
      assert.equal(await page.getAttribute('[data-stage]', 'data-state'), 'paused', `asked ${iso(t)}, the gap is ${iso(gap.from)} to ${iso(gap.to)}`); // prettier-ignore
      const got = await position(page);
      const frames = await framesOf(page, id, 'main', t - 3000, t + 3000);
      const index = (at) => frames.findLastIndex((f) => f.at <= at + 5);
      assert.ok(
        Math.abs(index(got) - index(t)) <= 1,
        `asked ${iso(t)}, shown ${iso(got)}: ${index(got) - index(t)} frames off`,
      );
    }
    // In the gap it stays where it was asked for, and says so.
    const middle = Math.round((gap.from + gap.to) / 2);
    await goTo(page, 'lane08', middle);
    await page.waitForSelector('[data-notice=gap]');
    assert.ok(Math.abs((await position(page)) - middle) < 1000);
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('J8, phone: two fingers zoom the timeline about what is between them', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  const { camera, b } = await footage(page);
  await openAt(page, camera.slug, b - 15_000);
  await shown(page);
  await page.getByRole('button', { name: 'Tạm dừng' }).tap();
  await page.waitForSelector('[data-stage=playback][data-state=paused]');
  const box = await page.locator(SLIDER).boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height * 0.7];
  const between = async () => {
    const [from, to] = await view(page);
    return { t: from + ((x - box.x) / box.width) * (to - from), span: to - from };
  };
  const cdp = await context.newCDPSession(page);
  const fingers = (type, apart) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: apart ? [{ x: x - apart, y, id: 1 }, { x: x + apart, y, id: 2 }] : [] }); // prettier-ignore
  const pinch = async (from, to) => {
    await fingers('touchStart', from);
    for (let i = 1; i <= 10; i++) await fingers('touchMove', from + ((to - from) * i) / 10);
    await fingers('touchEnd', 0);
  };
  const before = await between();
  await pinch(30, 120);
  await page.waitForFunction(([s, span]) => { const e = document.querySelector(s); return e.dataset.to - e.dataset.from < span / 3; }, [SLIDER, before.span]); // prettier-ignore
  const near = await between();
  assert.ok(Math.abs(near.t - before.t) <= (2 * before.span) / box.width, `${near.t - before.t} ms off`);
  await pinch(120, 30);
  await page.waitForFunction(([s, span]) => { const e = document.querySelector(s); return e.dataset.to - e.dataset.from > span * 0.8; }, [SLIDER, before.span]); // prettier-ignore
  assert.ok(Math.abs((await between()).t - before.t) <= (3 * before.span) / box.width);
  assert.equal(await page.getAttribute('[data-stage]', 'data-state'), 'paused', 'pinching is no seek');
  assert.deepEqual(faults, []);
  await context.close();
});

test('phone: across the picture another camera at the same moment; two fingers, buttons and the wheel zoom it', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  const [first, second] = (await api(page, 'cameras?limit=200')).items.map((c) => c.slug);
  const cdp = await context.newCDPSession(page);
  const touch = (type, ...points) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  const stage = () => page.$eval('[data-stage]', (e) => e.getBoundingClientRect().toJSON());
  const at = Date.now() - 8000;
  await openAt(page, first, at);
  await pause(page);
  const asked = await position(page);
  const middle = await stage().then((b) => b.top + b.height / 2);
  // Not far enough, and too steep: nothing.
  await touch('touchStart', [200, middle]);
  for (const x of [190, 180, 170]) await touch('touchMove', [x, middle]);
  await touch('touchEnd');
  await page.waitForTimeout(200);
  assert.match(page.url(), new RegExp(`/c/${first}\\b`));
  await touch('touchStart', [300, middle]);
  for (const x of [250, 200, 150, 80, 80, 80, 80, 80]) await touch('touchMove', [x, middle]);
  await page.waitForTimeout(RESTS_MS);
  await touch('touchEnd');
  await page.waitForURL(new RegExp(`/c/${second}\\b`));
  await page.waitForSelector('[data-stage=playback]');
  await pause(page);
  const off = (await position(page)) - asked;
  // To the second, and what played until it was paused.
  assert.ok(off > -1500 && off < 10_000, `${off} ms off`);
  // Two fingers apart: larger, about what is between them; then one finger moves it and does not turn to the next.
  await touch('touchStart', [170, middle], [190, middle]);
  for (const d of [20, 40, 60, 60, 60, 60]) await touch('touchMove', [170 - d, middle], [190 + d, middle]);
  await page.waitForTimeout(RESTS_MS);
  await touch('touchEnd');
  const zoom = () => page.getAttribute('[data-stage]', 'data-zoom').then(Number);
  assert.ok((await zoom()) > 3, `${await zoom()}`);
  await touch('touchStart', [300, middle]);
  for (const x of [250, 200, 150, 80, 80, 80, 80, 80]) await touch('touchMove', [x, middle]);
  await page.waitForTimeout(RESTS_MS);
  await touch('touchEnd');
  await page.waitForTimeout(200);
  assert.match(page.url(), new RegExp(`/c/${second}\\b`));
  await accessible(page);
  // A tap's click comes a little after it.
  const becomes = (larger) => page.waitForFunction((yes) => Number(document.querySelector('[data-stage]').dataset.zoom) > 1 === yes, larger); // prettier-ignore
  await page.tap('[data-action=whole]');
  await becomes(false);
  await page.tap('[data-action=zoom-in]');
  await becomes(true);
  await page.tap('[data-action=zoom-out]');
  await becomes(false);
  await page.mouse.move(180, middle);
  await page.mouse.wheel(0, -200);
  await page.waitForFunction(() => Number(document.querySelector('[data-stage]').dataset.zoom) > 1);
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'a camera with sound is heard when one asks, live and recorded; one without has no button',
  needsFleet,
  async () => {
    const { context, page, faults } = await open(browser, PC);
    await signedIn(page);
    await footage(page, 'lane09');
    await page.goto(`${URL_BASE}/c/lane09`);
    await page.waitForSelector('[data-stage=live][data-state=live]');
    const heard = () => page.$$eval('[data-stage] video', (all) => all.map((v) => [v.muted, v.webkitAudioDecodedByteCount])); // prettier-ignore
    assert.ok(
      (await heard()).every(([muted]) => muted),
      'heard without having been asked for',
    );
    await page.keyboard.press('m');
    await page.waitForSelector('[data-action=sound][aria-pressed=true]');
    const loud = () => page.waitForFunction(() => [...document.querySelectorAll('[data-stage] video')].filter((v) => !v.muted && v.webkitAudioDecodedByteCount > 0 && !v.paused).length === 1); // prettier-ignore
    await loud();
    await page.waitForSelector('[data-stage=live][data-state=live]');
    await page.keyboard.press('ArrowLeft');
    await page.waitForSelector('[data-stage=playback][data-state=playing]');
    await loud();
    await page.click('[data-action=sound]');
    assert.ok((await heard()).every(([muted]) => muted));
    await page.goto(`${URL_BASE}/c/lane08`);
    await page.waitForSelector('[data-stage=live][data-state=live]');
    assert.equal(await page.$('[data-action=sound]'), null);
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('playback plays on, steps frames, changes speed, marks a clip for download, and "live" returns', async () => {
  const { context, page, faults } = await open(browser);
  await signedIn(page);
  const { camera, a, b } = await footage(page);
  await openAt(page, camera.slug, Math.max(a + 1000, b - 25_000));
  await shown(page);
  const p0 = await position(page);
  await page.keyboard.press('[');
  await page.waitForFunction((p) => Number(document.querySelector('[data-stage]').dataset.position) > p, p0 + 2500);
  await page.keyboard.press('k');
  await page.waitForSelector('[data-stage=playback][data-state=paused]');
  const p2 = await position(page);
  await page.keyboard.press('.');
  await page.waitForFunction((p) => Number(document.querySelector('[data-stage]').dataset.position) > p, p2);
  const p3 = await position(page);
  assert.ok(p3 - p2 < 500, `frame step moved ${p3 - p2} ms`);
  await page.keyboard.press(',');
  await page.waitForFunction((p) => Number(document.querySelector('[data-stage]').dataset.position) < p, p3);
  await page.keyboard.press(']');
  const href = await page.getAttribute('[data-action=export]', 'href');
  const clip = await page.evaluate(async (u) => {
    const r = await fetch(u);
    return { type: r.headers.get('content-type'), save: r.headers.get('content-disposition'), bytes: (await r.arrayBuffer()).byteLength }; // prettier-ignore
  }, href);
  assert.equal(clip.type, 'video/mp4');
  assert.match(clip.save ?? '', /attachment/);
  assert.ok(clip.bytes > 5000, `a clip of ${clip.bytes} bytes`);
  await page.selectOption('select[title]', { value: '2' });
  await page.keyboard.press('k');
  await page.waitForFunction(() => document.querySelector('video.recorded').playbackRate === 2);
  await page.click('[data-action=live]');
  await page.waitForSelector('[data-stage=live][data-state=live]');
  assert.equal(new URL(page.url()).search, '');
  assert.deepEqual(faults, []);
  await context.close();
});

test('J8: dragging the timeline shows key frames; the wheel zooms about the pointer; browser zone does not matter', async () => {
  const { context, page, faults } = await open(browser);
  await signedIn(page);
  const { camera, b } = await footage(page);
  await openAt(page, camera.slug, b - 15_000);
  await shown(page);
  const box = await page.locator(SLIDER).boundingBox();
  // Where the shown moment stands: there is footage to its left.
  const [viewFrom, viewTo] = await view(page);
  const x = box.x + Math.round(((b - 15_000 - viewFrom) / (viewTo - viewFrom)) * box.width);
  const anchor = async () => {
    const [from, to] = await view(page);
    return { t: from + ((x - box.x) / box.width) * (to - from), pixel: (to - from) / box.width };
  };
  await page.mouse.move(x, box.y + 50);
  const before = await anchor();
  for (let i = 0; i < 12; i++) await page.mouse.wheel(0, -120);
  await page.waitForFunction(([s, span]) => {
    const e = document.querySelector(s);
    return e.dataset.to - e.dataset.from < span;
  }, [SLIDER, (viewTo - viewFrom) / 5]); // prettier-ignore
  const zoomed = await anchor();
  assert.ok(Math.abs(zoomed.t - before.t) <= before.pixel * 1.5, 'zoom moved the time under the pointer');
  const flying = new Set();
  let most = 0;
  const media = (r) => /keyframes\.mp4|\/segments\/|\.m4s/.test(r.url());
  page.on('request', (r) => media(r) && (flying.add(r), (most = Math.max(most, flying.size))));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (r) => flying.delete(r));
  await within('key frame under the pointer while dragging, p95', 150, async () => {
    const painted = (await debug(page)).scrubs.length;
    await page.mouse.move(x, box.y + 50);
    await page.mouse.down();
    for (let i = 1; i <= 25; i++) {
      await page.mouse.move(x - i * 6, box.y + 50);
      // As fast as a hand.
      await page.waitForTimeout(30);
    }
    await page.waitForFunction((n) => window.__lanewatch.scrubs.length > n, painted);
    const times = (await debug(page)).scrubs.slice(painted);
    print('key frame under the pointer while dragging, median', `${median(times)} ms of ${times.length}`);
    print('requests for pictures at once while dragging, most', most);
    await page.mouse.up();
    await shown(page);
    return percentile(times, 95);
  });
  await page.$eval(SLIDER, async (canvas) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    for (const deltaY of [...Array(45).fill(-90), ...Array(45).fill(90)]) {
      await new Promise(requestAnimationFrame);
      canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: left + width / 2, clientY: top + 50, bubbles: true, cancelable: true })); // prettier-ignore
    }
  });
  // What a frame has at 50 a second; how many there are is up to the machine.
  const drawn = (await debug(page)).drawings;
  assert.ok(drawn.length >= 60, `${drawn.length} drawings of 90 turns of the wheel`);
  held('one drawing of the timeline, median', Number(median(drawn).toFixed(1)), 20);
  const text = await page.getAttribute(SLIDER, 'aria-valuetext');
  const { time_zone: zone } = await api(page, 'setup');
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' });
  assert.equal(Number(/^(\d+)/.exec(text)[1]), Number(format.format(await position(page))));
  assert.deepEqual(faults, []);
  await context.close();
});

test('J9: a moment without footage stays there and says so, with a way out', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  const { items } = await api(page, 'cameras?limit=200');
  const camera = items.find((c) => c.state === 'live');
  await openAt(page, camera.slug, Date.parse(camera.created_at) - 3_600_000);
  await page.waitForSelector('[data-notice=gap]');
  assert.match(await page.textContent('[data-notice=gap]'), /Không có bản ghi.*lúc đó camera chưa được thêm/s);
  await accessible(page);
  await page.tap('[data-notice=gap] .buttons button:last-child');
  await page.waitForSelector('[data-notice=gap]', { state: 'detached' });
  assert.deepEqual(faults, []);
  await context.close();
});

const CAUSES = {
  camera_lost: 'camera mất kết nối',
  recorder_off: 'đầu ghi tắt',
  disk_full: 'ổ cứng đầy',
  disabled: 'camera được tắt',
  retention: 'đã xóa vì quá hạn lưu',
  unknown: 'chưa rõ nguyên nhân',
};

test('J9: each cause of a gap has its words, in the notice and in the list', needsFleet, async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  const gap = await gapInFootage(page, 'lane08');
  let cause;
  // The gap is real, its cause is played.
  await page.route(/\/api\/v1\/(timeline|cameras\/[^/]+\/segments)\?/, async (route) => {
    const body = await (await route.fetch()).json();
    for (const g of [...(body.gaps ?? []), ...(body.cameras ?? []).flatMap((c) => c.gaps)]) g.cause = cause;
    await route.fulfill({ json: body });
  });
  for (const [code, words] of Object.entries(CAUSES)) {
    cause = code;
    await openAt(page, 'lane08', Math.round((gap.from + gap.to) / 2));
    await page.waitForSelector(`[data-notice=gap] >> text=${words}`);
    await page.getByRole('tab', { name: 'Danh sách' }).click();
    await page.waitForSelector(`#pane >> text=/Trống .*${words}/`);
  }
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  assert.deepEqual(faults, []);
  await context.close();
});

test('J9: the same moment has the same words in every browser zone', SWEEPS, async () => {
  const said = [];
  let at;
  for (const timezoneId of ['Asia/Ho_Chi_Minh', 'UTC', 'America/New_York', 'Pacific/Kiritimati']) {
    const { context, page } = await open(browser, { ...PC, timezoneId });
    await signIn(page);
    const { camera, b } = await footage(page);
    at ??= { slug: camera.slug, t: Math.floor((b - 12_000) / 1000) * 1000 };
    await openAt(page, at.slug, at.t - 3000);
    await pause(page);
    await goTo(page, at.slug, at.t);
    await page.waitForSelector('[data-stage=playback][data-state=paused]');
    said.push([
      await page.textContent('.when'),
      await page.getAttribute(SLIDER, 'aria-valuetext'),
      await page.textContent('.camera header .badge'),
      await page.getAttribute('button.day[aria-pressed=true]', 'aria-label').then((l) => l.split(', có')[0]),
    ].map((text) => text.replace(/\s+/g, ' ').trim())); // prettier-ignore
    await context.close();
  }
  for (const other of said) assert.deepEqual(other, said[0]);
});

test('J9: the calendar shows which days have footage, and a click plays that day at the same time', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  const { camera, a } = await footage(page);
  await openAt(page, camera.slug, a + 3000 - 86_400_000);
  await page.waitForSelector('[data-notice=gap]');
  const today = 'button.day[aria-current=date]';
  // On the first of a month, yesterday's month is shown.
  if (!(await page.$(today))) await page.getByRole('button', { name: 'Tháng sau' }).click();
  await page.waitForSelector(`${today}.with`);
  assert.match(await page.getAttribute(today, 'aria-label'), /có .* bản ghi/);
  assert.match(await page.getAttribute('button.day[aria-pressed=true]', 'aria-label'), /không có bản ghi/);
  await page.click(today);
  await shown(page);
  assert.ok(Math.abs((await position(page)) - (a + 3000)) < 5000);
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'footage in H.265 that the browser cannot play: the sub stream plays, with words, never black',
  needsFleet,
  async () => {
    const { context, page, faults } = await open(browser, PC);
    await signedIn(page);
    const { b } = await footage(page, 'lane18');
    await openAt(page, 'lane18', b - 10_000);
    await page.waitForSelector('text=Máy này không phát được H.265, đang xem luồng phụ.');
    await shown(page);
    const [width, ready] = await page.$eval('video.recorded', (v) => [v.videoWidth, v.readyState]);
    assert.ok(width > 0 && ready >= 2, `no picture: ${width} ${ready}`);
    assert.deepEqual(faults, []);
    await context.close();
  },
);
