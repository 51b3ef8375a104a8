// What people do with events and moments: seen, handled, false alarms, each undone; the page of one event; bookmarks and
// locks on the timeline. Against the real recorder, whose simulated cameras always move.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  accessible,
  api,
  eventually,
  launch,
  open,
  PC,
  PHONE,
  send,
  signedIn,
  signIn,
  SWEEPS,
  URL_BASE,
} from './browser.mjs';
import { signInCode } from './recorder.mjs';
import { median, print, within } from './figures.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const DAY = 86_400_000;
const iso = (ms) => new Date(ms).toISOString();
const feed = (page, more = '') => api(page, `events?from=${iso(Date.now() - DAY)}&to=${iso(Date.now() + 1000)}&limit=200${more}`).then((p) => p.items); // prettier-ignore
const one = (page, id) => api(page, `events/${id}`);
// prettier-ignore
/** Polls in the page until what the recorder says is as wanted. */
const until = (page, path, f) => eventually(page, async ([p, source]) => new Function(`return ${source}`)()(await (await fetch(`/api/v1/${p}`)).json()), [path, String(f)]).catch((e) => { throw new Error(`${path}: ${e.message}`); }); // prettier-ignore

/** A card holds an event and may get newer ones of its camera at any time: what became of one is asked of the recorder. */
const marked = (page, id, f) => until(page, `events/${id}`, f);
const leadOf = async (card) => (await card.getAttribute('data-card')).split(' ')[0];

/** The first card, which stays that of its event when newer ones come above it. */
async function newest(page) {
  const first = page.locator('[data-card]').first();
  await first.waitFor();
  await accessible(page);
  const id = await leadOf(first);
  return { id, card: page.locator(`[data-card~="${id}"]`) };
}

/** Signed in, with some events that nobody has marked yet. */
async function fresh(options, expected = []) {
  const opened = await open(browser, options, { expected });
  const { page } = opened;
  await signIn(page);
  await page.waitForSelector('[data-tile]');
  await until(page, `events:count?from=${iso(Date.now() - DAY)}&to=${iso(Date.now() + DAY)}`, (c) => c.events > 2);
  const ids = (await feed(page)).map((e) => e.id);
  assert.equal(await send(page, 'POST', 'events:mark', { ids, seen: false, handled: null, verdict: null }), 200);
  return { ...opened, ids };
}

test('the feed: seen, handled with a note, false alarm; counted, and undone', async (t) => {
  const { context, page, faults } = await fresh(PC);
  await page.goto(`${URL_BASE}/events`);
  const { card, id } = await newest(page);
  await page.waitForSelector('[data-unseen]');
  await card.locator('[data-action=seen]').click();
  await page.waitForSelector('[data-undo]');
  assert.equal((await one(page, id)).seen, true);
  await page.click('[data-action=undo-mark]');
  await marked(page, id, (e) => e.seen === false);
  await page.waitForSelector(`[data-card~="${id}"][data-seen=false]`);

  await t.test('a note is seen by all', async () => {
    await card.locator('[data-action=handled]').click();
    await page.fill('dialog textarea', 'Đã gọi chủ nhà');
    await accessible(page);
    await page.click('[data-action=save-handled]');
    await page.waitForSelector('[data-undo]');
    const now = await one(page, id);
    assert.deepEqual([now.handled.by, now.handled.note, now.seen], ['admin', 'Đã gọi chủ nhà', true]);
    await page.click('[data-action=undo-mark]');
    await marked(page, id, (e) => e.handled === null && !e.seen);
  });
  await t.test('a false alarm leads to the zones', async () => {
    await card.locator('[data-action=false-alarm]').click();
    await page.waitForSelector('[data-undo] >> text=Chỉnh vùng');
    assert.equal((await one(page, id)).verdict, 'false_alarm');
    await page.click('[data-undo] a');
    await page.waitForURL(/\/zones$/);
    await page.goBack();
  });
  await t.test('what is unseen is a list of its own, and can be emptied at once', async () => {
    await page.click('[data-filter=unseen]');
    await page.waitForURL(/seen=0/);
    await page.locator('[data-card]').first().waitFor();
    await page.click('[data-filter=today]');
    await page.waitForURL(/when=today/);
    await page.click('[data-filter=today]');
    await page.locator('[data-card]').first().waitFor();
    // More than one page of them, however short this run is, and not hundreds, however long.
    const [some, more] = [30, 10];
    const all = (await feed(page, '&seen=false')).map((e) => e.id);
    const before = all.slice(0, some);
    if (all.length > some) await send(page, 'POST', 'events:mark', { ids: all.slice(some), seen: true });
    await page.route(/events\?.*limit=48/, (r) => r.continue({ url: r.request().url().replace('limit=48', `limit=${more}`) })); // prettier-ignore
    await page.reload();
    await page.locator('[data-card]').first().waitFor();
    // Cameras go on moving meanwhile: what has begun since is new again, and is pressed away as well.
    const empty = page.locator('[data-empty] >> text=Đã xem hết');
    for (let turn = 0; turn < 30 && !(await empty.isVisible()); turn++) {
      await page.click('[data-action=all-seen]', { timeout: 2000 }).catch(() => {});
      await empty.waitFor({ timeout: 2000 }).catch(() => {});
    }
    await empty.waitFor();
    await page.unroute(/events\?.*limit=48/);
    const unseen = new Set((await feed(page, '&seen=false')).map((e) => e.id));
    assert.deepEqual(before.filter((id) => unseen.has(id)), []); // prettier-ignore
    await page.click('[data-action=undo-mark]');
    await page.locator('[data-card]').first().waitFor();
    assert.ok((await feed(page, '&seen=false')).length > 0);
  });
  assert.deepEqual(faults, []);
  await context.close();
});

test('phone: a card drawn to the right is seen, to the left its camera is quiet, one not drawn far enough comes back', async () => {
  const { context, page, faults } = await fresh(PHONE);
  await page.goto(`${URL_BASE}/events`);
  // That of this event: newer ones come above it while it is drawn.
  const { id, card } = await newest(page);
  for (const button of await card.locator('.acts .btn').all()) {
    const box = await button.boundingBox();
    assert.ok(box.height >= 44 && box.width >= 44, `${box.width} x ${box.height}`);
  }
  const cdp = await context.newCDPSession(page);
  const draw = async (far) => {
    const box = await card.boundingBox();
    const [x, y] = [far < 0 ? box.x + box.width - 40 : box.x + 40, box.y + 40];
    const step = Math.sign(far) * 10;
    const touch = (type, dx) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: x + dx, y: y + dx / 20 }] }); // prettier-ignore
    await touch('touchStart', 0);
    for (let dx = step; Math.abs(dx) <= Math.abs(far); dx += step) await touch('touchMove', dx);
    // A finger stops before it lets go: let go in full speed is a fling to Chromium, which takes the next tap as its end.
    for (let rest = 0; rest < 4; rest++) {
      await page.waitForTimeout(40);
      await touch('touchMove', far);
    }
    await touch('touchEnd', 0);
  };
  await draw(50);
  assert.equal((await one(page, id)).seen, false);
  // One that comes at this very moment moves the card from under the finger.
  for (let turn = 0; turn < 3 && !(await page.locator('[data-action=undo-mark]').isVisible()); turn++) {
    await draw(150);
    await page.waitForSelector('[data-action=undo-mark]', { timeout: 3000 }).catch(() => {});
  }
  await marked(page, id, (e) => e.seen === true);
  assert.ok(page.url().endsWith('/events'), 'drawing is no tap');
  await page.tap('[data-action=undo-mark]');
  await marked(page, id, (e) => e.seen === false);
  await draw(-50);
  assert.equal(await page.locator('[data-sheet=snooze]').count(), 0);
  for (let turn = 0; turn < 3 && !(await page.locator('[data-sheet=snooze]').isVisible()); turn++) {
    await draw(-150);
    await page.waitForSelector('[data-sheet=snooze]', { timeout: 3000 }).catch(() => {});
  }
  await accessible(page);
  await page.tap('[data-snooze="15"]');
  await page.waitForSelector('[data-banner=snooze]');
  const { camera } = await one(page, id);
  assert.deepEqual((await api(page, 'snoozes')).items.map((s) => s.camera), [camera]); // prettier-ignore
  assert.ok(page.url().endsWith('/events'), 'drawing is no tap');
  await page.tap('[data-action=wake]');
  await page.waitForSelector('[data-banner=snooze]', { state: 'detached' });
  assert.deepEqual(faults, []);
  await context.close();
});

test('J5, phone: one event: its clip plays at once, opening it is seeing it, and its buttons lead on', async () => {
  // A neighbour that has nothing of that minute has no picture of it.
  const { context, page, faults, ids } = await fresh(PHONE, [/404.*frame\.jpg/]);
  await page.goto(`${URL_BASE}/events`);
  await page.locator('[data-event]').first().click();
  await page.waitForSelector('[data-event-page]');
  const id = await page.getAttribute('[data-event-page]', 'data-event-page');
  assert.ok(ids.includes(id) || (await one(page, id)).id === id);
  await page.waitForFunction(() => document.querySelector('[data-event-page] video')?.currentTime > 0.5);
  await page.waitForSelector('[data-action=seen][aria-pressed=true]');
  await accessible(page);
  await page.click('[data-action=handled]');
  await page.click('text=Người quen');
  await page.click('[data-action=save-handled]');
  await page.waitForSelector('[data-handled] >> text=Người quen');
  assert.equal((await one(page, id)).handled.note, 'Người quen');
  // What somebody else makes of it reaches the page while it is open.
  assert.equal(await send(page, 'POST', 'events:mark', { ids: [id], handled: { note: 'Đã gọi công an' } }), 200);
  await page.waitForSelector('[data-handled] >> text=Đã gọi công an');
  await page.click('[data-action=playback]');
  await page.waitForSelector('[data-stage=playback]');
  await page.goBack();
  await page.waitForSelector('[data-event-page]');
  await page.click('[data-action=back]');
  await page.waitForSelector(`[data-card~="${id}"]`);
  // P18: the address alone, and one that is gone.
  await page.goto(`${URL_BASE}/e/${id}`);
  await page.waitForSelector(`[data-event-page="${id}"]`);
  assert.deepEqual(faults, []);
  await page.goto(`${URL_BASE}/e/018f0000-0000-7000-8000-000000000000`);
  await page.waitForSelector('text=Không có cảnh báo này');
  await context.close();
});

/** 4G as in a village and a phone that is not new: 8 Mbit/s, 60 ms, a quarter of this machine's speed. */
async function likeAPhone(context, page) {
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 60, downloadThroughput: 1e6, uploadThroughput: 1e6 }); // prettier-ignore
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
}

/** How often: more where the figure is held, and for one to be told, `LANEWATCH_ROUNDS=10`. */
const ROUNDS = Number(process.env.LANEWATCH_ROUNDS ?? (SWEEPS.skip ? 2 : 5));

async function anEvent(page) {
  const all = await feed(page);
  return (all.find((e) => e.to !== null) ?? all[0]).id;
}

/** A phone that gets alerts: the app has been there, and with it the service worker, without which nothing is pushed. */
async function aPhoneWithAlerts(expected) {
  const { context, page, faults } = await fresh({ ...PHONE, serviceWorkers: 'allow' }, expected);
  await page.evaluate(() => navigator.serviceWorker.ready);
  const id = await anEvent(page);
  await page.close();
  // Its pictures say so themselves: asking the page over and over would cost a slow phone what is measured.
  await context.addInitScript(() => {
    const look = (video) =>
      video.requestVideoFrameCallback((at) => (video.currentTime > 0 ? console.log(`moves at ${at}`) : look(video)));
    document.addEventListener('loadedmetadata', (e) => e.target.closest('[data-event-page]') && look(e.target), true);
  });
  return { context, id, faults };
}

/** The app opened with an alert; `moves` is when its video does, milliseconds from the tap. */
async function tapped(context, id) {
  const page = await context.newPage();
  await likeAPhone(context, page);
  const moves = page.waitForEvent('console', (m) => m.text().startsWith('moves at ')).then((m) => Number(m.text().split(' ')[2])); // prettier-ignore
  await page.goto(`${URL_BASE}/e/${id}`, { waitUntil: 'commit' });
  return { page, moves };
}

/** One after another, each a phone's walk that answers how long it took; the longest. */
async function rounds(name, walk) {
  const took = [];
  for (let n = 0; n < ROUNDS; n++) took.push(Math.round(await walk()));
  print(`${name}, median`, `${median(took)} ms`);
  return Math.max(...took);
}

test('J5, phone on 4G: from the tap on an alert, with the app closed, to moving video', async () => {
  const { context, id, faults } = await aPhoneWithAlerts();
  const name = 'alert to moving video on a phone, app closed';
  const walk = async () => {
    const { page, moves } = await tapped(context, id);
    const at = await moves;
    await page.close();
    return at;
  };
  await within(`${name}, worst of ${ROUNDS}`, 2000, () => rounds(name, walk));
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'J5, phone on 4G: signed out, from having signed in to the moving video of the alert that was tapped',
  SWEEPS,
  async () => {
    const { context, id, faults } = await aPhoneWithAlerts([/401/]);
    const name = 'signed in to moving video of the alert';
    const walk = async () => {
      await context.clearCookies();
      const { page, moves } = await tapped(context, id);
      await page.waitForSelector('#secret');
      if (!(await page.$('input.code'))) await page.tap('button.other');
      await page.fill('#secret', signInCode());
      const pressed = await page.evaluate(() => performance.now());
      await page.keyboard.press('Enter');
      const at = await moves;
      await page.close();
      return at - pressed;
    };
    await within(`${name}, worst of ${ROUNDS}`, 2000, () => rounds(name, walk));
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('playback: a moment is locked and bookmarked, shown on the timeline, listed, and removed', async () => {
  // What somebody else changed first is refused, and the browser tells the console.
  const { context, page, faults } = await open(browser, PC, { expected: [/412.*\/bookmarks\//] });
  await signedIn(page);
  const camera = (await api(page, 'cameras?limit=200')).items.find((c) => c.state === 'live');
  for (const what of ['locks', 'bookmarks'])
    for (const k of (await api(page, `${what}?camera=${camera.id}`)).items)
      await send(page, 'DELETE', `${what}/${k.id}`);
  const at = Date.now() - 6000;
  await page.goto(`${URL_BASE}/c/${camera.slug}?t=${encodeURIComponent(iso(at))}`);
  await page.waitForSelector('[data-stage=playback]');
  await page.click('[data-action=keep]');
  await page.fill('#pane input.input', 'Xe tải lạ');
  await page.click('[data-action=lock]');
  await page.waitForSelector('[data-kept=lock] >> text=Xe tải lạ');
  const [lock] = (await api(page, `locks?camera=${camera.id}`)).items;
  assert.deepEqual([lock.note, lock.by, lock.until, Date.parse(lock.to) - Date.parse(lock.from)], ['Xe tải lạ', 'admin', null, 60_000]); // prettier-ignore
  await page.fill('#pane input.input', 'Biển số ở đây');
  await page.click('[data-action=bookmark]');
  await page.waitForSelector('[data-kept=bookmark] >> text=Biển số ở đây');
  // The note is written anew; taken back, it is the old one; Escape changes nothing.
  await page.click('[data-action=edit-note]');
  await page.fill('[data-kept=bookmark] input', 'Biển số 36B-123.45');
  await accessible(page);
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-kept=bookmark] >> text=36B-123.45');
  assert.equal((await api(page, `bookmarks?camera=${camera.id}`)).items[0].note, 'Biển số 36B-123.45');
  await page.click('[data-action=undo-mark]');
  await page.waitForSelector('[data-kept=bookmark] >> text=Biển số ở đây');
  await page.click('[data-action=edit-note]');
  await page.keyboard.type('khác');
  await page.keyboard.press('Escape');
  await page.waitForSelector('[data-kept=bookmark] input', { state: 'detached' });
  const [noted] = (await api(page, `bookmarks?camera=${camera.id}`)).items;
  assert.deepEqual([noted.note, noted.revision], ['Biển số ở đây', 3]);
  // Somebody else was quicker: nothing is overwritten, and his words are shown.
  const theirs = { method: 'PATCH', headers: { 'content-type': 'application/json', 'if-match': '"3"' }, body: JSON.stringify({ note: 'Người khác ghi' }) }; // prettier-ignore
  assert.equal(await page.evaluate(([id, init]) => fetch(`/api/v1/bookmarks/${id}`, init).then((r) => r.status), [noted.id, theirs]), 200); // prettier-ignore
  await page.click('[data-action=edit-note]');
  await page.fill('[data-kept=bookmark] input', 'Của tôi');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-kept=bookmark] >> text=Người khác ghi');
  await page.waitForSelector('.toast.problem');
  await page.keyboard.press('Escape');
  await accessible(page);
  // Both in their colours.
  const painted = () => page.evaluate(() => {
    const c = document.querySelector('canvas[role=slider]');
    const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
    const has = (r, g, b) => { for (let i = 0; i < data.length; i += 4) if (data[i] === r && data[i + 1] === g && data[i + 2] === b) return true; return false; };
    return [has(0x5e, 0xc8, 0xb2), has(0x7c, 0xc4, 0xff)];
  }); // prettier-ignore
  assert.deepEqual(await painted(), [true, true]);
  await page.reload();
  await page.click('[data-action=keep]');
  await page.waitForSelector('[data-kept=lock]');
  await page.click('[data-kept=lock] [data-action=remove]');
  await page.waitForSelector('[data-kept=lock]', { state: 'detached' });
  assert.equal((await api(page, `locks?camera=${camera.id}`)).items.length, 0);
  await page.click('[data-action=undo-mark]');
  await page.waitForSelector('[data-kept=lock] >> text=Xe tải lạ');
  const [again] = (await api(page, `locks?camera=${camera.id}`)).items;
  assert.deepEqual([again.from, again.to, again.note], [lock.from, lock.to, lock.note]);
  await page.click('[data-kept=bookmark] [data-action=remove]');
  await page.waitForSelector('[data-kept=bookmark]', { state: 'detached' });
  assert.equal((await api(page, `bookmarks?camera=${camera.id}`)).items.length, 0);
  assert.deepEqual(faults, []);
  await context.close();
});
