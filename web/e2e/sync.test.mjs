// J10: several cameras at one clock: how far apart their pictures are, how long a seek of nine takes, what a gap does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  accessible,
  api,
  debug,
  eventually,
  launch,
  open,
  PC,
  PHONE,
  signedIn,
  signIn,
  SWEEPS,
  URL_BASE,
} from './browser.mjs';
import { median, percentile, print, within } from './figures.mjs';
import { framesOf, shownFrames, spread, watchFrames } from './pixel-clock.mjs';
import { fault, needsFleet } from './recorder.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const BUDGET_MS = 200;
const WATCHED_MS = 4000;
const SETTLE_MS = 1500;

const iso = (ms) => new Date(ms).toISOString();
const openAt = (page, slugs, ms) => page.goto(`${URL_BASE}/sync?c=${slugs.join(',')}&t=${encodeURIComponent(iso(ms))}`);
const position = (page) => page.getAttribute('[data-sync-stage]', 'data-position').then(Number);
const parts = (page) => page.$$eval('[data-sync]', (all) => Object.fromEntries(all.map((e) => [e.dataset.sync, e.dataset.part]))); // prettier-ignore
const together = (page, n) => page.waitForFunction((count) => document.querySelector('[data-sync-stage]')?.dataset.lastSeekMs && document.querySelectorAll('[data-sync][data-part=keeps]').length === count, n); // prettier-ignore

async function spans(page, slug, rendition = 'sub') {
  const now = Date.now();
  const query = new URLSearchParams({ cameras: slug, from: iso(now - 3_600_000), to: iso(now), rendition });
  const t = await api(page, `timeline?${query}`);
  return (t.cameras[0]?.spans ?? []).map((s) => [Date.parse(s.from), Date.parse(s.to)]);
}

/** `n` live cameras and the newest stretch of at least `ms` that all of them recorded in one piece, in both streams; waits until there is. */
async function footage(page, n, ms, but = []) {
  for (;;) {
    const { items } = await api(page, 'cameras?limit=200');
    const live = items.filter((c) => c.state === 'live' && c.slug !== 'lane18' && !but.includes(c.slug)).slice(0, n);
    const streams = live.flatMap((c) => [
      [c.slug, 'main'],
      [c.slug, 'sub'],
    ]);
    const last = await Promise.all(streams.map(async ([slug, stream]) => (await spans(page, slug, stream)).at(-1) ?? [0, 0])); // prettier-ignore
    const a = Math.max(...last.map((s) => s[0]));
    const b = Math.min(...last.map((s) => s[1]));
    if (live.length === n && b - a >= ms) return { slugs: live.map((c) => c.slug), a, b };
    await page.waitForTimeout(500);
  }
}

/** Plays for some seconds and tells how far apart the pictures were. */
async function watch(page, slugs, name) {
  await watchFrames(page);
  const from = await page.evaluate(() => performance.now());
  await page.waitForTimeout(WATCHED_MS + SETTLE_MS);
  const to = await page.evaluate(() => performance.now());
  const shown = await shownFrames(page);
  const recorded = {};
  for (const slug of slugs) {
    const seen = shown[slug].map((f) => f.at);
    recorded[slug] = await framesOf(page, slug, 'sub', Math.min(...seen) - 1000, Math.max(...seen) + 2000);
  }
  const { raw, apart, known } = spread(shown, recorded, from + SETTLE_MS, to - 100);
  print(`${name}, between oldest and newest picture, median and worst`, `${Math.round(median(raw))}, ${Math.round(Math.max(...raw))} ms, ${Math.round(known * 100)} % of pictures known`); // prettier-ignore
  return percentile(apart, 99);
}

for (const n of [4, 9])
  test(`J10: ${n} cameras at one clock: play, 4×, pause, seek`, SWEEPS, async () => {
    const { context, page, faults } = await open(browser);
    await signedIn(page);
    const { slugs, a, b } = await footage(page, n, 45_000);
    await openAt(page, slugs, a + 2000);
    await together(page, n);
    await within(`${n} tiles apart at 1×, beyond their own frames, p99`, BUDGET_MS, () => watch(page, slugs, `${n} tiles at 1×`)); // prettier-ignore
    await within(`${n} tiles apart at 4×, beyond their own frames, p99`, BUDGET_MS, async () => {
      await openAt(page, slugs, a + 2000);
      await together(page, n);
      await page.selectOption('select.btn', '4');
      return watch(page, slugs, `${n} tiles at 4×`);
    });
    await page.selectOption('select.btn', '1');
    await page.keyboard.press(' ');
    await page.waitForSelector('[data-sync-stage=paused]');
    const stands = await position(page);
    await page.waitForFunction(() => Object.values(window.__lanewatch.sync).every((s) => s.state === 'paused' && Math.abs(s.at - s.clock) < 20)); // prettier-ignore
    // What is buffered is at hand; these go to and fro over more than is.
    await within(`seek of ${n} tiles until every picture is there, p95 of 12`, 1000, async () => {
      const times = [];
      for (let i = 0; i < 12; i++) {
        const to = a + 1000 + Math.random() * (b - a - 4000);
        await page.keyboard.press('t');
        await page.fill('[data-sheet=jump] input', await wallClock(page, to));
        await page.press('[data-sheet=jump] input', 'Enter');
        await page.waitForFunction((p) => Math.abs(Number(document.querySelector('[data-sync-stage]').dataset.position) - p) < 1100, to); // prettier-ignore
        await together(page, n);
        times.push(Number(await page.getAttribute('[data-sync-stage]', 'data-last-seek-ms')));
      }
      print(`seek of ${n} tiles, median`, `${median(times)} ms`);
      return percentile(times, 95);
    });
    assert.notEqual(await position(page), stands);
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('k');
    await page.waitForSelector('[data-sync-stage=playing]');
    const before = await position(page);
    await page.waitForFunction((p) => Number(document.querySelector('[data-sync-stage]').dataset.position) > p + 1000, before); // prettier-ignore
    await accessible(page);
    assert.deepEqual(faults, []);
    await context.close();
  });

/** `22:14:05` as the site's clock shows it. */
async function wallClock(page, ms) {
  const { time_zone: timeZone } = await api(page, 'setup');
  return new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium', hourCycle: 'h23' }).format(ms);
}

test('J10: a tile in a gap says so, holds nobody, and comes in again on time', needsFleet, async () => {
  const { context, page, faults } = await open(browser);
  await signedIn(page);
  const broken = 'lane07';
  const { slugs: others } = await footage(page, 3, 10_000, [broken]);
  await fault(broken, 'off');
  const off = Date.now();
  try {
    await eventually(page, async (slug) => (await (await fetch(`/api/v1/cameras/${slug}`)).json()).state === 'offline', broken); // prettier-ignore
    // Longer than the gap that is looked for.
    await page.waitForTimeout(Math.max(0, off + 6000 - Date.now()));
  } finally {
    await fault(broken, 'on');
  }
  let hole;
  do {
    await page.waitForTimeout(500);
    const all = await spans(page, broken);
    hole = all.length > 1 && all.at(-1)[1] - all.at(-1)[0] > 12_000 ? { from: all.at(-2)[1], to: all.at(-1)[0] } : null;
  } while (!hole || hole.to - hole.from < 4000);
  const slugs = [...others, broken];
  await openAt(page, slugs, hole.from - 4000);
  await together(page, 4);
  const tile = `[data-sync="${broken}"]`;
  await page.waitForSelector(`${tile}[data-part=gap]`);
  assert.match(
    await page.textContent(`${tile} [data-notice=gap]`),
    /Không có bản ghi.*camera mất kết nối.*có lại lúc/s,
  );
  const [then, seeks] = [await position(page), (await debug(page)).seeks.length];
  await page.waitForFunction(
    (p) => Number(document.querySelector('[data-sync-stage]').dataset.position) > p + 2000,
    then,
  );
  const now = await parts(page);
  for (const slug of others) assert.equal(now[slug], 'keeps');
  assert.equal(now[broken], 'gap');
  await page.waitForSelector(`${tile}[data-part=keeps]`);
  const late = (await position(page)) - hole.to;
  print('tile comes in after its gap, by the clock of all', `${late} ms`);
  assert.ok(Math.abs(late) < 1500, `came in ${late} ms after its footage began again`);
  // The one that came back was sought, nobody else.
  assert.ok((await debug(page)).seeks.length - seeks <= 2, 'the others were sought too');
  await within('tiles apart after one came back, beyond their own frames, p99', BUDGET_MS, () =>
    watch(page, slugs, 'tiles after one came back'),
  );
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test('from the wall and from a camera to several at once; a tap chooses, another enlarges; the address keeps it', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signIn(page);
  const { slugs, b } = await footage(page, 4, 10_000);
  await page.tap('.wall [data-action=together]');
  await page.waitForSelector('[data-sync]:nth-of-type(4)');
  await page.goto(`${URL_BASE}/c/${slugs[1]}?t=${encodeURIComponent(iso(b - 8000))}`);
  await page.tap('aside [data-action=together]');
  await together(page, 4);
  assert.ok(Math.abs((await position(page)) - b) < 20_000, 'another moment than that of the camera page');
  // Two columns of pictures.
  const boxes = await page.$$eval('[data-sync]', (all) => all.map((e) => e.getBoundingClientRect()).map((r) => [r.left, r.top])); // prettier-ignore
  assert.equal(boxes[0][1], boxes[1][1]);
  assert.equal(boxes[0][0], boxes[2][0]);
  await page.tap('[data-tab=cameras]');
  await page.tap('[data-choose][aria-pressed=true]');
  await page.waitForFunction(() => document.querySelectorAll('[data-sync]').length === 3);
  const first = await page.getAttribute('[data-sync]', 'data-sync');
  await page.tap(`[data-sync="${first}"] .hit`);
  await page.waitForFunction((s) => window.__lanewatch.sync[s]?.rendition === 'main', first);
  await together(page, 3);
  await accessible(page);
  const address = new URL(page.url());
  assert.equal(address.searchParams.get('big'), first);
  assert.equal(address.searchParams.get('c').split(',').length, 3);
  await page.goto(page.url());
  await together(page, 3);
  assert.equal((await debug(page)).sync[first].rendition, 'main');
  await page.tap('[data-action=shrink]');
  await page.waitForFunction((s) => window.__lanewatch.sync[s]?.rendition === 'sub', first);
  await page.tap('[data-action=pause]');
  await page.waitForSelector('[data-sync-stage=paused]');
  assert.deepEqual(faults, []);
  await context.close();
});

test('above 4× the key frames follow the clock; a drag shows them too; a key enlarges', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  const { slugs, a, b } = await footage(page, 2, 25_000);
  await openAt(page, slugs, a + 1000);
  await together(page, 2);
  await page.selectOption('select.btn', '8');
  await page.waitForFunction(() => [...document.querySelectorAll('[data-sync] canvas')].every((c) => c.width > 300 || getComputedStyle(c).visibility === 'visible')); // prettier-ignore
  await page.selectOption('select.btn', '1');
  await together(page, 2);
  const slider = page.locator('[role=slider]');
  const box = await slider.boundingBox();
  const [from, to] = [Number(await slider.getAttribute('data-from')), Number(await slider.getAttribute('data-to'))];
  const x = box.x + (((a + b) / 2 - from) / (to - from)) * box.width;
  await page.mouse.move(x, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(x - 6, box.y + 50, { steps: 3 });
  await page.waitForFunction(() => [...document.querySelectorAll('[data-sync] canvas')].every((c) => getComputedStyle(c).visibility === 'visible')); // prettier-ignore
  await page.mouse.up();
  await together(page, 2);
  await page.waitForFunction(() => [...document.querySelectorAll('[data-sync] canvas')].every((c) => getComputedStyle(c).visibility === 'hidden')); // prettier-ignore
  await page.keyboard.press('2');
  await page.waitForSelector(`[data-sync="${slugs[1]}"].big`);
  await page.keyboard.press('Escape');
  await page.waitForSelector('.tile.big', { state: 'detached' });
  // Marked for all at once: [ and ] by key, taken away by the button.
  await page.keyboard.press('[');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press(']');
  await page.waitForSelector('[data-mark=in][aria-pressed=true]');
  await page.waitForSelector('[data-handle=out]');
  await page.click('[data-action=clear-marks]');
  await page.waitForSelector('[data-mark=in][aria-pressed=false]');
  // What is shown is offered for export: both cameras, around the moment.
  const moment = await position(page);
  await page.keyboard.press('e');
  await page.waitForSelector('[data-sheet=export]');
  const { items } = await api(page, 'cameras?limit=200');
  const ticked = await page.$$eval('[data-sheet=export] label:has(input[type=checkbox]:checked)', (all) => all.map((e) => e.textContent.trim())); // prettier-ignore
  assert.deepEqual(ticked.sort(), slugs.map((s) => items.find((c) => c.slug === s).name).sort());
  const began = Date.now();
  await page.click('[data-action=begin-export]');
  await page.waitForSelector('.pill[data-state=done]');
  print('export of two cameras, from the press to the file', `${Date.now() - began} ms`);
  const [made] = (await api(page, 'exports')).items;
  assert.deepEqual(made.items.map((i) => i.camera).sort(), slugs.map((s) => items.find((c) => c.slug === s).id).sort());
  assert.ok(made.items.every((i) => Date.parse(i.from) < moment && moment < Date.parse(i.to)));
  assert.deepEqual(faults, []);
  await context.close();
});
