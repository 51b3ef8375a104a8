// J1 for its minute and J2: the wall stays smooth, close to the present and small, while cameras die and come back and the
// page sleeps. Long, so only where LANEWATCH_WALL_MINUTES asks for it: scripts/wall.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { debug, eventually, launch, open, PC, signIn, URL_BASE } from './browser.mjs';
import { cpuSeconds, held, median, print } from './figures.mjs';
import { fault, fleet } from './recorder.mjs';

const MINUTES = Number(process.env.LANEWATCH_WALL_MINUTES ?? 0);
const asked = { skip: MINUTES > 0 && fleet ? false : 'scripts/wall runs it' };
const WINDOW_MS = 60_000;
const BUDGET = { first: 3000, dropped: 0.02, cores: 1, latency: 1500, heap: 30e6, revived: 5000 };
const REVIVED = ['lane03', 'lane09', 'lane15'];
const AWAY_MS = 15_000;

let browser;
before(async () => (browser = await launch()));
after(async () => {
  await browser?.close();
  if (fleet) await fault('all', 'clear');
});

const numbers = (tiles, key) => Object.values(tiles).map((t) => t[key]).filter((x) => x !== null); // prettier-ignore
const live = (page, n) =>
  page.waitForFunction((m) => document.querySelectorAll('[data-tile][data-state="live"]').length >= m, n);

/** Frames that the players were given and threw away, over all tiles. */
const quality = (page) =>
  page.$$eval('[data-tile] video, [data-spot] video', (all) =>
    all.reduce(
      (sum, v) => {
        const q = v.getVideoPlaybackQuality();
        return { total: sum.total + q.totalVideoFrames, dropped: sum.dropped + q.droppedVideoFrames };
      },
      { total: 0, dropped: 0 },
    ),
  );

/** Bytes of the page's objects after a collection. */
async function heap(page, cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  return page.evaluate(() => performance.memory.usedJSHeapSize);
}

test(
  'J1: 19 cameras for a minute: first frames in time, no tile lost, few frames dropped, at most one core',
  asked,
  async () => {
    const { context, page, faults, sockets } = await open(browser, PC);
    await signIn(page);
    await page.goto(`${URL_BASE}/?kiosk`);
    const count = fleet.cameras.length - 1;
    await live(page, count);
    const first = Math.max(...numbers((await debug(page)).tiles, 'firstFrameAt'));
    held(`wall, last of ${count} first frames`, first, BUDGET.first);
    const [before, cpu, at] = [await quality(page), cpuSeconds(process.pid), Date.now()];
    // A minute of pictures, by the recorder's clock that the page shows.
    await page.waitForTimeout(WINDOW_MS);
    const [now, spent, took] = [await quality(page), cpuSeconds(process.pid) - cpu, (Date.now() - at) / 1000];
    const dropped = (now.dropped - before.dropped) / Math.max(1, now.total - before.total);
    print('wall, frames in a minute', `${now.total - before.total}, dropped ${(dropped * 100).toFixed(2)} %, budget ${BUDGET.dropped * 100}`); // prettier-ignore
    held('wall, CPU of browser and test', Number((spent / took).toFixed(2)), BUDGET.cores, 'cores');
    const { tiles, socket } = await debug(page);
    print('wall, live latency, median / worst', `${median(numbers(tiles, 'latencyMs'))} / ${Math.max(...numbers(tiles, 'latencyMs'))} ms`); // prettier-ignore
    assert.equal(await page.$$eval('[data-tile][data-state="live"]', (all) => all.length), count, 'tiles were lost');
    assert.deepEqual([socket.opened, sockets.length], [1, 2], 'one socket for each of both visits');
    assert.ok(dropped < BUDGET.dropped, `${dropped} of the frames were dropped`);
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test(
  `J2: the wall endures ${MINUTES} minutes, three cameras that die and come back, and a page that sleeps`,
  asked,
  async () => {
    const { context, page, faults } = await open(browser, PC);
    const cdp = await context.newCDPSession(page);
    await signIn(page);
    const count = fleet.cameras.length - 1;
    await live(page, count);
    const until = Date.now() + MINUTES * 60_000;
    await page.waitForTimeout(Math.min(30_000, (MINUTES * 60_000) / 4));
    const small = await heap(page, cdp);
    const revived = [];
    for (let turn = 0; turn === 0 || Date.now() < until; turn++) {
      const lane = REVIVED[turn % REVIVED.length];
      const anew = (tiles) => Object.entries(tiles).filter(([n]) => !n.startsWith(lane)).reduce((n, [, t]) => n + t.rebuilds, 0); // prettier-ignore
      const before = anew((await debug(page)).tiles);
      await fault(lane, 'off');
      await page.waitForSelector(`[data-tile="${lane}"][data-state="lost"]`);
      await page.waitForTimeout(AWAY_MS);
      await fault(lane, 'on');
      // The recorder dials again after its own pause: what counts is from its first picture to ours.
      await eventually(
        page,
        async (slug) =>
          (await (await fetch(`/api/v1/cameras/${slug}`)).json()).renditions.every((r) => r.state === 'live'),
        lane,
      );
      const began = Date.now();
      await page.waitForSelector(`[data-tile="${lane}"][data-state="live"][data-dot="green"]`);
      revived.push(Date.now() - began);
      assert.equal(anew((await debug(page)).tiles), before, 'other tiles were disturbed');
      // Another tab in front for a while: the page is hidden, then shown.
      const other = await context.newPage();
      await other.bringToFront();
      await page.waitForTimeout(5000);
      await page.bringToFront();
      await other.close();
      await live(page, count);
      await page.waitForTimeout(Math.max(0, Math.min(60_000, until - Date.now())));
    }
    held('revived camera, live after the recorder has it, worst', Math.max(...revived), BUDGET.revived);
    const latencies = numbers((await debug(page)).tiles, 'latencyMs');
    print('wall at the end, live latency, median / worst', `${median(latencies)} / ${Math.max(...latencies)} ms, budget ${BUDGET.latency}`); // prettier-ignore
    const grown = (await heap(page, cdp)) - small;
    print('wall, growth of the JavaScript heap', `${(grown / 1e6).toFixed(1)} MB, budget ${BUDGET.heap / 1e6}`);
    assert.ok(median(latencies) <= BUDGET.latency, `latency ${latencies}`);
    assert.ok(grown < BUDGET.heap, `the heap grew by ${grown} bytes`);
    assert.deepEqual(faults, []);
    await context.close();
  },
);
