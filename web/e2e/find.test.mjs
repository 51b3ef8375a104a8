// J6: a moment on a camera is found by clicks, by typing, and on the phone; and the keyboard and its sheet.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, launch, open, PC, PHONE, signIn, URL_BASE } from './browser.mjs';
import { print, within } from './figures.mjs';

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
  const strip = await page.locator('.strip canvas').boundingBox();
  const lanes = await page.$eval('.strip canvas', (c) => c.getBoundingClientRect().height);
  const laneHeight = (lanes - 18 - 8) / items.length;
  const x = strip.x + (1 - (Date.now() - at) / 86_400_000) * strip.width;
  await page.mouse.click(Math.min(strip.x + strip.width - 1, x), strip.y + (order + 0.5) * laneHeight);
  await page.waitForURL(`**/c/${camera.slug}?t=*`);
  await page.waitForSelector(SLIDER);
  await page.getByRole('button', { name: 'Phóng to', exact: true }).click();
  const box = await page.locator(SLIDER).boundingBox();
  const [from, to] = await page.$eval(SLIDER, (e) => [Number(e.dataset.from), Number(e.dataset.to)]);
  const began = Date.now();
  await page.mouse.click(box.x + ((at - from) / (to - from)) * box.width, box.y + 60);
  await page.waitForFunction((t) => Math.abs(document.querySelector('[data-stage]').dataset.position - t) < 5000, at);
  await shown(page);
  const took = Date.now() - began;
  const off = Math.abs((await position(page)) - at);
  print('a moment found by three clicks, off by', `${off} ms of which at most ${took} ms were played`);
  assert.ok(off <= NEAR_MS + took + (to - from) / box.width, `${off} ms away`);
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

test('? shows the keys of the page, and typing is never taken for them', async () => {
  const { context, page, faults } = await open(browser, PC, { expected: [/404.*\/nowhere/] });
  await signIn(page);
  await page.waitForSelector('[data-tile]');
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
