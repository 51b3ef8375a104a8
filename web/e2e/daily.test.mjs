// What volunteers and the village head do every day: sparing data, one alert while it lasts and after, sending it, the
// way around on a phone, days, files, and news of alerts. What a recorder would say in rarer states is laid over its answers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, eventually, launch, open, PC, PHONE, signedIn, signIn, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const MIN = 60_000;
const iso = (ms) => new Date(ms).toISOString();
const cameras = (page) => api(page, 'cameras?limit=200').then((c) => c.items);
/** A setting of this machine, before the page begins. */
const set = (page, name, value) => page.addInitScript(([n, v]) => localStorage.setItem(`lanewatch.${n}`, v), [name, JSON.stringify(value)]); // prettier-ignore
/** Lays something over an answer of the recorder. */
const over = (page, pattern, change) =>
  page.route(pattern, async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    // What the page asked for as it was closed is nobody's any more.
    const answer = await route.fetch().catch((e) => {
      if (!/disposed|closed/.test(String(e))) throw e;
    });
    if (!answer) return;
    // A recorder that is busy says so, and is asked again.
    return route.fulfill(answer.ok() ? { response: answer, json: change(await answer.json()) } : { response: answer });
  });
const overCamera = (page, slug, change) => over(page, /\/api\/v1\/cameras\?/, (b) => ({ ...b, items: b.items.map((c) => (c.slug === slug ? { ...c, ...change(c) } : c)) })); // prettier-ignore
const mark = (page, body) => page.evaluate((b) => fetch('/api/v1/events:mark', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(b) }).then((r) => r.status), body); // prettier-ignore

/** Something is told of events: by the recorder for marks that change nothing in the end, by the mock for its knob. */
async function stir(page, id) {
  for (const seen of [false, true]) await mark(page, { ids: [id], seen });
  await page.evaluate(() => fetch('/api/v1/mock/change-events', { method: 'POST' }).then(() => {}));
}

/** A share sheet that remembers; a press that fetching has made too old. */
const shareSheet = (page) =>
  page.addInitScript(() => {
    window.shared = [];
    navigator.canShare = () => true;
    navigator.share = (data) => Promise.resolve(void window.shared.push({ url: data.url, title: data.title, files: (data.files ?? []).map((f) => ({ name: f.name, type: f.type, size: f.size })) })); // prettier-ignore
    Object.defineProperty(navigator, 'userActivation', { get: () => ({ isActive: false }) });
  });
const noShareSheet = (page) =>
  page.addInitScript(() => {
    delete Navigator.prototype.share;
    delete Navigator.prototype.canShare;
    // As on an address without TLS.
    Object.defineProperty(navigator, 'clipboard', { get: () => undefined });
  });
const shared = (page) => page.evaluate(() => window.shared);

/** An event that is over, with footage after its clip. */
async function anEvent(page) {
  const path = () => `events?from=${iso(Date.now() - 600 * MIN)}&to=${iso(Date.now())}&limit=200`;
  await eventually(page, async (p) => (await (await fetch(`/api/v1/${p}`)).json()).items.some((e) => e.to && Date.now() - Date.parse(e.clip.to) > 10_000), path(), 240_000); // prettier-ignore
  const live = new Set((await cameras(page)).filter((c) => c.state === 'live').map((c) => c.id));
  const { items } = await api(page, path());
  return items.find((e) => e.to && live.has(e.camera) && Date.now() - Date.parse(e.clip.to) > 10_000);
}

test('data saver: a dark camera says since when and why, a still on its way is not lost; the light picture is begun with', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  const live = (await cameras(page)).filter((c) => c.state === 'live');
  const [slow, dark] = live.slice(-2);
  const with2 = live.filter((c) => c.renditions.length > 1 && c.renditions.every((r) => !r.codec || r.codec.startsWith('avc1'))); // prettier-ignore
  await set(page, 'saver', 'on');
  await overCamera(page, dark.slug, () => ({ state: 'offline', state_since: iso(Date.now() - 20 * MIN), state_reason: { code: 'unreachable', message: '' } })); // prettier-ignore
  await page.route(new RegExp(`/cameras/${slow.id}/still.jpg`), () => {});
  await page.goto(`${URL_BASE}/`);
  await page.waitForSelector(`[data-tile="${dark.slug}"][data-state=lost][data-dot=red]`);
  const said = await page.textContent(`[data-tile="${dark.slug}"]`);
  assert.match(said, /Mất hình từ \d\d:\d\d/);
  assert.match(said, /Không tới được camera/);
  await page.waitForSelector(`[data-tile="${slow.slug}"][data-state=connecting]`);
  assert.match(await page.textContent(`[data-tile="${slow.slug}"]`), /Đang lấy ảnh/);
  // A camera's page begins light, and says why; what somebody chooses stays, also on the next camera.
  await page.goto(`${URL_BASE}/c/${with2[0].slug}`);
  await page.waitForSelector('[data-spared]');
  const quality = page.locator('select[title="Chất lượng"]');
  assert.equal(await quality.inputValue(), 'sub');
  await accessible(page);
  await quality.selectOption('main');
  await page.waitForSelector('[data-spared]', { state: 'detached' });
  await page.locator(`aside a[href="/c/${with2[1].slug}"]`).first().click();
  await page.waitForURL(new RegExp(`/c/${with2[1].slug}`));
  await page.waitForFunction(() => document.querySelector('select[title="Chất lượng"]')?.value === 'main');
  assert.deepEqual(faults, []);
  await context.close();
});

test('one alert: live while it lasts, then its clip, then the recording, unless somebody has touched it', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  const event = await anEvent(page);
  // Opening marks what is unseen, and the answer to that says when it really ended.
  await mark(page, { ids: [event.id], seen: true });
  let lasts = true;
  await over(page, new RegExp(`/api/v1/events/${event.id}$`), (e) => ({ ...e, to: lasts ? null : event.to }));
  await page.goto(`${URL_BASE}/e/${event.id}`);
  await page.waitForSelector('[data-shows=live] >> text=Đang ghi');
  await page.waitForFunction(() => document.querySelector('[data-shows=live] video')?.currentTime > 0);
  await accessible(page);
  lasts = false;
  await page.waitForSelector('[data-shows=clip] video');
  /** Plays the end of what is shown. */
  const end = async () => {
    await page.waitForFunction(() => document.querySelector('[data-event-page] video')?.currentTime > 0.1);
    await page.$eval('[data-event-page] video', (v) => new Promise((done) => { v.addEventListener('ended', done, { once: true }); v.currentTime = v.duration - 0.3; void v.play(); })); // prettier-ignore
  };
  await end();
  assert.equal(await page.getAttribute('[data-event-page]', 'data-shows'), 'clip', 'once more');
  await end();
  await page.waitForSelector('[data-shows=recording] >> text=Đang phát tiếp');
  await page.waitForFunction(() => document.querySelector('[data-shows=recording] video')?.currentTime > 0.1);

  await page.reload();
  await page.waitForSelector('[data-shows=clip] video');
  await page.locator('[data-event-page] video').dispatchEvent('pointerdown');
  await end();
  await end();
  await page.click('[data-shows=clip] a >> text=Xem tiếp bản ghi');
  await page.waitForURL(/\/c\/.*\?t=/);
  await page.goBack();
  // The same moment next door.
  const beside = page.locator('[data-beside]').first();
  await beside.scrollIntoViewIfNeeded();
  await page.waitForFunction(() => [...document.querySelectorAll('[data-beside] img')].some((i) => i.naturalWidth > 0));
  const slug = await beside.getAttribute('data-beside');
  await beside.click();
  await page.waitForURL(new RegExp(`/sync\\?c=.*&t=.*&big=${slug}`));
  assert.deepEqual(faults, []);
  await context.close();
});

test('one alert whose footage is gone shows its picture and says why', async () => {
  const { context, page, faults } = await open(browser, PC, { expected: [/404.*clip\.mp4/] });
  await signedIn(page);
  const event = await anEvent(page);
  // Opening marks what is unseen, and the answer to that says when it really was.
  await mark(page, { ids: [event.id], seen: true });
  // Long enough ago that its last seconds are not still being written.
  const back = (time) => iso(Date.parse(time) - 10 * MIN);
  await over(page, new RegExp(`/api/v1/events/${event.id}$`), (e) => ({ ...e, from: back(e.from), to: back(e.to), clip: { ...e.clip, from: back(e.clip.from), to: back(e.clip.to) } })); // prettier-ignore
  await page.route(/\/clip\.mp4/, (r) => r.fulfill({ status: 404, contentType: 'application/problem+json', body: '{"code":"no_recording"}' })); // prettier-ignore
  await over(page, /\/api\/v1\/timeline\?/, (b) => ({ ...b, cameras: b.cameras.map((c) => ({ ...c, spans: [], gaps: [{ from: iso(0), to: iso(Date.now()), cause: 'retention' }] })) })); // prettier-ignore
  await page.goto(`${URL_BASE}/e/${event.id}`);
  await page.waitForSelector('[data-shows=picture] >> text=đã xóa vì quá hạn lưu');
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test('an alert and a moment are sent as a file, fetched before the share sheet is asked for, and as an address', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await shareSheet(page);
  await signedIn(page);
  const event = await anEvent(page);
  const { slug } = (await cameras(page)).find((c) => c.id === event.camera);
  await page.goto(`${URL_BASE}/e/${event.id}`);
  await page.click('[data-action=send-event]');
  await page.waitForSelector('[data-sheet=send]');
  await accessible(page);
  await page.click('[data-sheet=send] [data-action=send]');
  await page.waitForSelector('[data-action=send][data-state=ready] >> text=Gửi ngay');
  assert.deepEqual(await shared(page), [], 'the first press is too old by then');
  await page.click('[data-action=send]');
  await eventually(page, () => window.shared.length === 1);
  const [file] = (await shared(page))[0].files;
  assert.match(file.name, new RegExp(`^${slug}_\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d.*\\.mp4$`));
  assert.equal(file.type, 'video/mp4');
  assert.ok(file.size > 1000, `${file.size} bytes`);
  await page.click('[data-action=share-link]');
  await eventually(page, () => window.shared.length === 2);
  assert.equal((await shared(page))[1].url, `${URL_BASE}/e/${event.id}`);

  const at = Math.floor(Date.parse(event.from) / 1000) * 1000;
  await page.goto(`${URL_BASE}/c/${slug}?t=${encodeURIComponent(iso(at))}`);
  await page.waitForSelector('[data-stage=playback]');
  await page.click('[data-action=send-moment]');
  await page.waitForSelector('[data-sheet=send]');
  await page.click('[data-action=share-link]');
  await eventually(page, () => window.shared.length === 1);
  const url = new URL((await shared(page))[0].url);
  assert.equal(url.pathname, `/c/${slug}`);
  assert.ok(Math.abs(Date.parse(url.searchParams.get('t')) - at) < 60_000, url.href);
  await page.click('[data-sheet=send] [data-action=send]');
  await page.waitForSelector('[data-action=send][data-state=ready]');
  assert.deepEqual(faults, []);
  await context.close();
});

test('without a share sheet and without TLS the address goes to the clipboard, and the sheet stays where one is', async () => {
  const { context, page, faults } = await open(browser, PC);
  await noShareSheet(page);
  await signedIn(page);
  const event = await anEvent(page);
  await page.goto(`${URL_BASE}/e/${event.id}`);
  await page.click('[data-action=send-event]');
  await page.waitForSelector('[data-sheet=send]');
  assert.equal(await page.locator('[data-sheet=send] [data-action=send]').count(), 0);
  await page.click('[data-action=share-link]');
  await page.waitForSelector('[data-handed=copied] >> text=Đã chép');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.action), 'share-link');
  // What was copied is what can be pasted.
  await page.keyboard.press('Escape');
  await page.keyboard.press('t');
  await page.waitForSelector('[data-sheet=jump] input');
  await page.keyboard.press('Control+V');
  assert.equal(await page.inputValue('[data-sheet=jump] input'), `${URL_BASE}/e/${event.id}`);
  assert.deepEqual(faults, []);
  await context.close();
});

test('phone: four places at the bottom, everything else behind the last; a narrow PC reaches the same', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signIn(page);
  await page.waitForSelector('[data-tile]');
  const words = await page.$$eval('nav.bottom > *', (all) => all.map((e) => e.innerText.replace(/[\d+]+/g, '').trim().split('\n')[0])); // prettier-ignore
  assert.deepEqual(words, ['Trực tiếp', 'Cảnh báo', 'Xem lại', 'Thêm']);
  await page.tap('nav.bottom [data-action=more]');
  await page.waitForSelector('[data-sheet=more]');
  await accessible(page);
  assert.deepEqual(await page.$$eval('[data-more]', (all) => all.map((e) => e.dataset.more)), ['/alerts', '/exports', '/sync', '/cameras', '/health', '/people', '/system', '/setup', 'help', 'out']); // prettier-ignore
  await page.tap('[data-more="/exports"]');
  await page.waitForURL(/\/exports$/);
  await page.waitForSelector('[data-sheet=more]', { state: 'detached' });
  await page.waitForSelector('nav.bottom [data-action=more][aria-current]');
  await page.tap('nav.bottom [data-action=more]');
  await page.getByRole('button', { name: 'English' }).tap();
  await page.waitForSelector('[data-sheet=more] >> text=Sign out');
  await page.getByRole('button', { name: 'Tiếng Việt' }).tap();
  await page.waitForSelector('[data-sheet=more] >> text=Đăng xuất');
  await page.keyboard.press('Escape');
  for (const width of [1440, 1100, 960, 740]) {
    await page.setViewportSize({ width, height: 700 });
    await page.click('nav.top [data-action=more]');
    await page.click('[data-more="/cameras"]');
    await page.waitForURL(/\/cameras$/);
    await page.waitForSelector('[data-sheet=more]', { state: 'detached' });
    assert.equal(await page.evaluate(() => document.querySelector('.frame > header').scrollWidth <= innerWidth), true, `${width} px`); // prettier-ignore
    await page.goBack();
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test('playback: today, yesterday and last night by one press; a day without footage offers the nearest ones', async () => {
  const { context, page, faults } = await open(browser, PC, { expected: [/404.*mock/] });
  await signedIn(page);
  const { id } = await anEvent(page);
  const { slug } = (await cameras(page)).find((c) => c.state === 'live');
  // It was there before, or nothing of that time could be gone.
  await overCamera(page, slug, () => ({ created_at: '2019-01-01T00:00:00Z' }));
  await over(page, /\/api\/v1\/days\?.*month=2020-01/, () => ({ items: [{ date: '2020-01-05', seconds: 7200, cameras_with_footage: 1, events: 3, alerts_unseen: 1 }] })); // prettier-ignore
  await page.goto(`${URL_BASE}/c/${slug}?t=2020-01-09T10:00:00%2B07:00`);
  await page.waitForSelector('[data-notice=gap] [data-near-day="2020-01-05"]');
  await page.waitForFunction(() => document.querySelectorAll('.day.gone').length === 30);
  assert.match(await page.locator('.day.gone').first().getAttribute('aria-label'), /đã xóa vì quá hạn lưu/);
  await accessible(page);
  // What happens meanwhile is counted.
  const counted = page.waitForRequest(/\/api\/v1\/days\?/, { timeout: 90_000 });
  await stir(page, id);
  await counted;
  await page.click('[data-near-day="2020-01-05"]');
  await page.waitForURL(/t=2020-01-05T10/);
  const day = (ms) => new Date(ms + 7 * 60 * MIN).toISOString().slice(0, 10);
  await page.click('[data-quick=yesterday]');
  await page.waitForURL(new RegExp(`t=${day(Date.now() - 1440 * MIN)}T10`));
  await page.click('[data-quick=night]');
  await page.waitForURL(/T18%3A00%3A/);
  await page.click('[data-quick=today]');
  await page.waitForURL(new RegExp(`t=${day(Date.now())}T`));
  assert.deepEqual(faults, []);
  await context.close();
});

const EXPORT = { progress: 1, rendition: 'main', reason: '', person: 'admin', created_at: iso(Date.now() - MIN), finished_at: iso(Date.now()), estimate: 1e6, bytes: 1e6, missing: [], file_name: null, sha256: null, url: null, problem: null }; // prettier-ignore

test('files: what failed is tried again, an archive is sent as single videos, H.265 is said before', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await shareSheet(page);
  await signedIn(page);
  const event = await anEvent(page);
  const camera = (await cameras(page)).find((c) => c.id === event.camera);
  const [from, to] = [Date.parse(event.clip.from), Date.parse(event.clip.to)];
  const items = [{ camera: camera.id, name: camera.name, from: iso(from), to: iso(to) }];
  const zip = { ...EXPORT, id: '018f0000-0000-7000-a000-000000000001', state: 'done', items, missing: [{ camera: camera.id, from: iso(from + 3000), to: iso(from + 5000), cause: 'camera_lost' }], file_name: 'ngo.zip', url: '/api/v1/exports/018f0000-0000-7000-a000-000000000001/file' }; // prettier-ignore
  const failed = {
    ...EXPORT,
    id: '018f0000-0000-7000-a000-000000000002',
    state: 'failed',
    items,
    problem: 'interrupted',
  };
  const fresh = { ...EXPORT, id: '018f0000-0000-7000-a000-000000000003', state: 'running', progress: 0.3, items };
  const asked = [];
  let list = [failed, zip];
  await page.route(/\/api\/v1\/exports(\?|$|\/)/, (route) => {
    const request = route.request();
    const id = /exports\/([0-9a-f-]{36})$/.exec(request.url())?.[1];
    if (request.method() === 'POST') {
      asked.push({ body: request.postDataJSON(), key: request.headers()['idempotency-key'] });
      list = [fresh, ...list];
      return route.fulfill({ status: 202, json: fresh });
    }
    if (request.method() === 'DELETE') {
      list = list.filter((e) => e.id !== id);
      return route.fulfill({ status: 204 });
    }
    return route.fulfill({ json: id ? list.find((e) => e.id === id) : { items: list, next_cursor: null } });
  });
  await page.goto(`${URL_BASE}/exports`);
  await page.click(`[data-export="${zip.id}"] [data-parts="2"] summary`);
  await accessible(page);
  await page.locator(`[data-export="${zip.id}"] [data-action=send]`).nth(1).click();
  await page.waitForSelector(`[data-export="${zip.id}"] [data-action=send][data-state=ready]`);
  await page.click(`[data-export="${zip.id}"] [data-action=send][data-state=ready]`);
  await eventually(page, () => window.shared.length === 1);
  assert.match((await shared(page))[0].files[0].name, /\.mp4$/);

  await page.click(`main [data-export="${failed.id}"] [data-action=again]`);
  await page.waitForSelector(`main [data-export="${fresh.id}"][data-state=running]`);
  await page.waitForSelector(`main [data-export="${failed.id}"]`, { state: 'detached' });
  assert.deepEqual(asked, [{ body: { items: [{ camera: camera.id, from: items[0].from, to: items[0].to }], rendition: 'main' }, key: `again-${failed.id}` }]); // prettier-ignore
  // It stands in the pill, also after the page was loaded anew.
  await page.waitForSelector(`.pill[data-export="${fresh.id}"]`);
  await page.reload();
  await page.waitForSelector(`.pill[data-export="${fresh.id}"][data-state=running]`);

  await overCamera(page, camera.slug, (c) => ({ renditions: c.renditions.map((r) => (r.id === 'main' ? { ...r, codec: 'hvc1.1.6.L93.B0' } : { ...r, codec: 'avc1.4d4016' })) })); // prettier-ignore
  await page.goto(`${URL_BASE}/c/${camera.slug}?t=${encodeURIComponent(event.from)}`);
  await page.waitForSelector('[data-stage=playback]');
  await page.click('[data-action=export-sheet]');
  await page.waitForSelector('[data-hard] >> text=H.265');
  await accessible(page);
  await page.click('[data-action=take-sub]');
  await page.waitForSelector('[data-hard]', { state: 'detached' });
  assert.equal(await page.inputValue('[data-sheet=export] select'), 'sub');
  assert.deepEqual(faults, []);
  await context.close();
});

test('the feed on a PC: list and alert beside each other; several are chosen and exported at once', async () => {
  const { context, page, faults } = await open(browser, { viewport: { width: 1440, height: 900 } });
  await signedIn(page);
  await anEvent(page);
  await page.goto(`${URL_BASE}/events`);
  const second = page.locator('[data-event]').nth(1);
  const id = await second.getAttribute('data-event');
  await second.click();
  await page.waitForSelector(`[data-beside-list] [data-event-page="${id}"]`);
  await page.waitForURL(new RegExp(`/events\\?e=${id}`));
  await page.waitForSelector(`a[data-event="${id}"][aria-current=true]`);
  await accessible(page);
  const other = await page.locator('[data-event]').nth(2).getAttribute('data-event');
  await page.click(`a[data-event="${other}"]`);
  await page.waitForSelector(`[data-beside-list] [data-event-page="${other}"]`);
  await page.click('[data-action=close-event]');
  await page.waitForURL(/\/events$/);
  await page.click('[data-filter=yesterday]');
  await page.waitForURL(/when=yesterday/);
  await page.click('[data-filter=yesterday]');
  // On a narrower one it is a page.
  let asked = null;
  await page.route(/\/api\/v1\/exports$/, (route) => {
    asked = route.request().postDataJSON();
    return route.fulfill({ status: 202, json: { ...EXPORT, id: '018f0000-0000-7000-a000-000000000009', state: 'queued', progress: 0, items: [] } }); // prettier-ignore
  });
  await page.route(/\/api\/v1\/exports\/018f/, (route) => route.fulfill({ json: { ...EXPORT, id: '018f0000-0000-7000-a000-000000000009', state: 'canceled', items: [] } })); // prettier-ignore
  await page.click('[data-action=choose]');
  const cards = page.locator('[data-card]');
  const ids = (await cards.nth(0).getAttribute('data-card')).split(' ');
  await page.locator(`[data-card~="${ids[0]}"] input[type=checkbox]`).check();
  await page.locator(`[data-card~="${id}"] a[data-event]`).click();
  await page.waitForSelector('.chosen[role=group]');
  await accessible(page);
  await page.click('[data-action=export-chosen]');
  await page.waitForSelector('.pill[data-export]');
  const events = await Promise.all([ids[0], id].map((e) => api(page, `events/${e}`)));
  for (const e of events) assert.ok(asked.items.some((i) => i.camera === e.camera && Date.parse(i.from) <= Date.parse(e.clip.from)), JSON.stringify(asked)); // prettier-ignore
  await page.waitForSelector('[data-action=choose][aria-pressed=false]');
  await page.setViewportSize({ width: 1100, height: 800 });
  await page.locator('[data-event]').first().click();
  await page.waitForURL(/\/e\//);
  assert.deepEqual(faults, []);
  await context.close();
});

test('phone: cameras with something unseen are chips with their counts', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  const event = await anEvent(page);
  assert.equal(await mark(page, { ids: [event.id], seen: false }), 200);
  const { slug } = (await cameras(page)).find((c) => c.id === event.camera);
  await page.goto(`${URL_BASE}/events`);
  const chip = page.locator(`[data-camera-chip="${slug}"]`);
  await chip.locator('em').waitFor();
  await chip.tap();
  await page.waitForURL(new RegExp(`[?&]c=${slug}`));
  await page.waitForFunction((n) => [...document.querySelectorAll('[data-event]')].length > 0 && document.querySelector('[data-filter=camera]').value === n, slug); // prettier-ignore
  await accessible(page);
  await chip.tap();
  await page.waitForURL(/\/events$/);
  assert.deepEqual(faults, []);
  await context.close();
});

test('a new alert is said on any page, with a toast that opens it; not where it is listed', async () => {
  const { context, page, faults } = await open(browser, PHONE, { expected: [/404.*mock/] });
  await signedIn(page);
  const event = await anEvent(page);
  // Whenever it is asked for it has just begun.
  let news = () => [];
  await over(page, /\/api\/v1\/events\?/, (b) => ({ ...b, items: [...news(), ...b.items.filter((e) => e.id !== event.id).map((e) => ({ ...e, seen: true }))] })); // prettier-ignore
  const tell = () => {
    news = () => [{ ...event, from: iso(Date.now()), to: null, seen: false }];
    return stir(page, event.id);
  };
  await page.goto(`${URL_BASE}/system`);
  await page.waitForSelector('main h2');
  await page.waitForSelector('nav.bottom');
  const first = page.waitForResponse(/\/api\/v1\/events\?/);
  await page.reload();
  await first;
  await tell();
  await page.waitForSelector(`[data-toast="${event.id}"]`, { timeout: 90_000 });
  assert.match(await page.textContent(`[data-heard="${event.id}"]`), /Cảnh báo mới: /);
  await accessible(page);
  await page.tap(`[data-toast="${event.id}"] a`);
  await page.waitForSelector(`[data-event-page="${event.id}"]`);
  assert.equal(await page.locator('[data-toast]').count(), 0);
  // Where alerts are listed it is said, and no more.
  news = () => [];
  await page.goto(`${URL_BASE}/events`);
  await page.locator('[data-card]').first().waitFor();
  await tell();
  await page.waitForSelector(`[data-heard="${event.id}"]`, { state: 'attached', timeout: 90_000 });
  assert.equal(await page.locator('[data-toast]').count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});
