// J6: a moment on a camera is found by clicks, by typing, and on the phone, today and yesterday; and the keyboard and its
// sheet.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, launch, open, PC, PHONE, signedIn, signIn, SWEEPS, URL_BASE } from './browser.mjs';
import { held, print, within } from './figures.mjs';
import { framesOf } from './pixel-clock.mjs';
import { lane, Recorder } from './recorder.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const SLIDER = '[role=slider]';
const NEAR_MS = 1000;
const position = (page) => page.getAttribute('[data-stage]', 'data-position').then(Number);
const shown = (page) => page.waitForFunction(() => ['playing', 'paused'].includes(document.querySelector('[data-stage="playback"]')?.dataset.state)); // prettier-ignore

/** A live camera with footage around a moment; waits until there is some. */
async function footage(page) {
  for (;;) {
    const { items } = await api(page, 'cameras?limit=200');
    const now = Date.now();
    for (const camera of items.filter((c) => c.state === 'live')) {
      const range = `from=${new Date(now - 86_400_000).toISOString()}&to=${new Date(now).toISOString()}`;
      const { cameras } = await api(page, `timeline?cameras=${camera.id}&${range}&rendition=main`);
      const spans = cameras[0]?.spans.map((s) => [Date.parse(s.from), Date.parse(s.to)]) ?? [];
      const span = spans.findLast(([a, b]) => b - a > 15_000);
      if (span) return { camera, at: Math.floor((span[1] - 9000) / 1000) * 1000 };
    }
    await page.waitForTimeout(500);
  }
}

/** The wall clock of the site at a moment. */
async function wall(page, at) {
  const { time_zone: timeZone } = await api(page, 'setup');
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', day: 'numeric', month: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' }).formatToParts(at); // prettier-ignore
  return Object.fromEntries(parts.map((p) => [p.type, p.value]));
}

const fold = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase();

const view = (page) => page.$eval(SLIDER, (e) => [Number(e.dataset.from), Number(e.dataset.to)]);

/** The strip under the wall, closer, the moment; when the last of them was. `order` of `count` cameras in the strip. */
async function threeClicks(page, camera, order, count, at) {
  const strip = await page.locator('.strip canvas').boundingBox();
  const laneHeight = (strip.height - 18 - 8) / count;
  const x = strip.x + (1 - (Date.now() - at) / 86_400_000) * strip.width;
  await page.mouse.click(Math.min(strip.x + strip.width - 1, x), strip.y + (order + 0.5) * laneHeight);
  await page.waitForURL(`**/c/${camera.slug}?t=*`);
  await page.waitForSelector(SLIDER);
  await page.getByRole('button', { name: 'Phóng to', exact: true }).click();
  const box = await page.locator(SLIDER).boundingBox();
  const [from, to] = await view(page);
  const began = Date.now();
  await page.mouse.click(box.x + ((at - from) / (to - from)) * box.width, box.y + 60);
  await page.waitForFunction((t) => Math.abs(document.querySelector('[data-stage]').dataset.position - t) < 5000, at);
  return began;
}

test('J6: by typing, camera, day and time in one line', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  const { camera, at } = await footage(page);
  const w = await wall(page, at);
  await within('a moment found by typing, from Enter to its frame', 2000, async () => {
    await page.goto(`${URL_BASE}/`);
    await page.waitForSelector('[data-tile]');
    await page.keyboard.press('t');
    await page.waitForSelector('[data-sheet=jump]');
    await page.keyboard.type(`${fold(camera.name)} ${w.hour}h${w.minute}p${w.second} ngay ${w.day} thang ${w.month}`);
    await page.waitForSelector(`[data-choice="${camera.slug}"][data-at="${at}"]`);
    await accessible(page);
    const began = Date.now();
    await page.keyboard.press('Enter');
    // Stopped, so that the picture stands still to be looked at.
    await shown(page);
    const took = Date.now() - began;
    const got = await position(page);
    assert.ok(got - at >= -NEAR_MS && got - at <= NEAR_MS + took, `asked ${at}, got ${got}`);
    return took;
  });
  assert.equal(new URL(page.url()).pathname, `/c/${camera.slug}`);
  // On the page of a camera a time alone is enough, and an impossible one says what was understood.
  await page.keyboard.press('t');
  await page.fill('[data-sheet=jump] input', `hôm qua 25:61`);
  await page.waitForSelector('[data-problem=no_such_time]');
  assert.match(await page.textContent('[data-sheet=jump]'), /Không có giờ “25:61”.*Đã hiểu: hôm qua/s);
  await page.fill('[data-sheet=jump] input', `${w.hour}:${w.minute}:${w.second}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-sheet=jump]', { state: 'detached' });
  await page.waitForFunction((t) => Math.abs(document.querySelector('[data-stage]').dataset.position - t) < 6000, at);
  assert.deepEqual(faults, []);
  await context.close();
});

test('J6: by three clicks: the strip under the wall, closer, the moment', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  const { camera, at } = await footage(page);
  const { items } = await api(page, 'cameras?limit=200');
  const order = items.filter((c) => c.enabled).sort((a, b) => a.order - b.order).findIndex((c) => c.id === camera.id); // prettier-ignore
  const began = await threeClicks(page, camera, order, items.length, at);
  await shown(page);
  const took = Date.now() - began;
  const [from, to] = await view(page);
  const width = (await page.locator(SLIDER).boundingBox()).width;
  const off = Math.abs((await position(page)) - at);
  print('a moment found by three clicks, off by', `${off} ms of which at most ${took} ms were played`);
  assert.ok(off <= NEAR_MS + took + (to - from) / width, `${off} ms away`);
  assert.deepEqual(faults, []);
  await context.close();
});

test('J6: on a phone, by two taps and a phrase', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  const { camera, at } = await footage(page);
  const w = await wall(page, at);
  await page.tap('[data-action=sheet-jump]');
  await page.waitForSelector('[data-sheet=jump]');
  await page.keyboard.type(`${fold(camera.name)} hom nay ${w.hour}${w.minute}${w.second}`);
  await accessible(page);
  const today = await wall(page, Date.now());
  const choice = page.locator(`[data-choice="${camera.slug}"]`).first();
  await choice.tap();
  await page.waitForURL(`**/c/${camera.slug}?t=*`);
  // Over midnight the phrase means another day; everywhere else it is that moment.
  if (today.day === w.day) await page.waitForFunction((t) => Math.abs(document.querySelector('[data-stage]')?.dataset.position - t) < 8000, at); // prettier-ignore
  assert.deepEqual(faults, []);
  await context.close();
});

const BACK_MS = 23 * 3_600_000;

test(
  'J6: yesterday, by typing, by three clicks, and by taps: the frame that is shown was sent at that moment',
  SWEEPS,
  async () => {
    const recorder = await Recorder.start({ clock: '-23h' });
    try {
      recorder.add(lane('lane07'));
      recorder.add(lane('lane08'));
      const authorization = `Bearer ${recorder.tell('token', 'create', '--scope', 'admin')}`;
      const ask = async (path) =>
        (await fetch(`${recorder.url}/api/v1/${path}`, { headers: { authorization } })).json();
      let span;
      do {
        await new Promise((resolve) => setTimeout(resolve, 500));
        const [from, to] = [Date.now() - BACK_MS - 600_000, Date.now() - BACK_MS].map((t) => new Date(t).toISOString());
        const [there] = (await ask(`timeline?cameras=lane07&from=${from}&to=${to}&rendition=main`)).cameras ?? [];
        span = there?.spans.map((s) => [Date.parse(s.from), Date.parse(s.to)]).at(-1);
      } while (!span || span[1] - span[0] < 25_000);
      await recorder.stop();
      recorder.clock = null;
      await recorder.begin();
      const at = Math.floor((span[0] + 12_000) / 1000) * 1000;

      const { context, page, faults } = await open(browser, PC, { fresh: true });
      await page.goto(`${recorder.url}/#code=${recorder.code()}`);
      await page.waitForSelector('[data-tile][data-state="live"]');
      const camera = (await api(page, 'cameras')).items.find((c) => c.slug === 'lane07');
      const [w, today] = [await wall(page, at), await wall(page, Date.now())];
      const frames = await framesOf(page, camera.id, 'main', at - 10_000, at + 10_000);
      /** How far the shown frame is from the moment, by the clock of the camera; `played` since it was asked for. */
      const isThere = async (how, on, since) => {
        await shown(on);
        const played = Date.now() - since;
        const got = await position(on);
        const off = frames.findLast((f) => f.at <= got + 5).sent - BACK_MS - at;
        held(`yesterday ${how}, its frame ${Math.round(off)} ms off, shown within`, played, 2000);
        assert.ok(off > -NEAR_MS && off < NEAR_MS + played, `${how}: ${off} ms off`);
      };
      const phrase = `${fold(camera.name)} ${today.day === w.day ? 'hom nay' : 'hom qua'} ${w.hour}h${w.minute}p${w.second}`;
      await page.keyboard.press('t');
      await page.waitForSelector('[data-sheet=jump]');
      await page.keyboard.type(phrase);
      await page.waitForSelector(`[data-choice="${camera.slug}"][data-at="${at}"]`);
      const entered = Date.now();
      await page.keyboard.press('Enter');
      await isThere('by typing', page, entered);

      await page.goto(`${recorder.url}/`);
      await page.waitForSelector('[data-tile][data-state="live"]');
      const clicked = await threeClicks(page, camera, 0, 2, at);
      await isThere('by three clicks', page, clicked);

      const phone = await context.browser().newContext({ ...PHONE, storageState: await context.storageState() });
      const small = await phone.newPage();
      await small.goto(`${recorder.url}/`);
      await small.tap('[data-action=sheet-jump]');
      await small.waitForSelector('[data-sheet=jump]');
      await small.keyboard.type(phrase);
      const tapped = small.locator(`[data-choice="${camera.slug}"][data-at="${at}"]`);
      await tapped.waitFor();
      const touched = Date.now();
      await tapped.tap();
      await isThere('by taps on a phone', small, touched);
      await phone.close();
      assert.deepEqual(faults, []);
      await context.close();
    } finally {
      await recorder.close();
    }
  },
);

test('? shows the keys of the page, and typing is never taken for them', async () => {
  const { context, page, faults } = await open(browser, PC, { expected: [/404.*\/nowhere/] });
  await signedIn(page);
  for (const path of ['/', '/events', '/cameras', '/system', '/sync', '/nowhere']) {
    await page.goto(`${URL_BASE}${path}`);
    await page.waitForSelector('header .brand');
    await page.keyboard.press('?');
    await page.waitForSelector('[data-sheet=help]');
    assert.match(await page.textContent('[data-sheet=help]'), /Phím tắt và cử chỉ.*Tới thời điểm/s);
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-sheet=help]', { state: 'detached' });
  }
  await page.keyboard.press('t');
  await page.waitForSelector('[data-sheet=jump]');
  await page.keyboard.type('?tf1 ');
  assert.equal(await page.inputValue('[data-sheet=jump] input'), '?tf1 ');
  assert.equal(await page.$('[data-sheet=help]'), null);
  // From one sheet to the other by touch.
  await page.getByRole('button', { name: 'Phím tắt và cử chỉ' }).last().click();
  await page.waitForSelector('[data-sheet=help]');
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});
