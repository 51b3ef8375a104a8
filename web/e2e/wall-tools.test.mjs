// S1: names that are read from across a room, and what the enlarged camera can do by key on a PC and by thumb on a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, launch, open, PC, PHONE, signIn, SWEEPS, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const LIVE = '.tile.focused[data-state="live"]';
const oneLive = async (page) => (await api(page, 'cameras?limit=200')).items.find((c) => c.state === 'live');

test('names on the wall are 18 px, bold and outlined, and smaller only where they would not fit', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  const look = () => page.$$eval('.tile:not(.focused) .foot', (all) => all.map((foot) => {
    const name = foot.querySelector('.name');
    const style = getComputedStyle(name);
    const rec = foot.querySelector('.rec');
    return { text: name.textContent, px: parseFloat(style.fontSize), weight: style.fontWeight, outline: style.textShadow, lines: Math.round(name.getBoundingClientRect().height / parseFloat(style.lineHeight)), rec: rec && parseFloat(getComputedStyle(rec).fontSize) };
  })); // prettier-ignore
  const names = await look();
  assert.ok(names.length > 0);
  for (const n of names) {
    assert.deepEqual([n.weight, n.outline === 'none'], ['700', false], n.text);
    assert.ok(n.px === 18 || (n.px >= 14 && n.text.length > 18), `${n.text}: ${n.px} px`);
    assert.equal(n.lines, 1, n.text);
    assert.ok(n.rec === null || n.rec >= 14, 'the REC mark is too small to read');
  }
  // A name that is too long for its tile.
  await page.route(/\/api\/v1\/cameras\?/, async (route) => {
    const body = await (await route.fetch()).json();
    body.items[0].name = 'Ngõ 7 – cổng đình, lối vào nhà văn hóa thôn';
    return route.fulfill({ json: body });
  });
  await page.reload();
  await page.waitForSelector('[data-tile] >> text=lối vào nhà văn hóa');
  const long = (await look()).find((n) => n.text.includes('lối vào'));
  assert.ok(long.px < 18 && long.px >= 14, `${long.px} px`);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  assert.deepEqual(faults, []);
  await context.close();
});

test('PC: of the enlarged camera S saves a picture, K keeps the minute; digits count the cameras of the wall', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  const camera = await oneLive(page);
  await page.goto(`${URL_BASE}/?c=${camera.slug}`);
  await page.waitForSelector(LIVE);
  const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
  assert.match(file.suggestedFilename(), new RegExp(`^${camera.slug}_.*\\.jpg$`));
  const lock = page.waitForResponse((r) => r.request().method() === 'POST' && r.url().endsWith('/locks'));
  await page.keyboard.press('k');
  const kept = await (await lock).json();
  assert.deepEqual([kept.camera, Date.parse(kept.to) - Date.parse(kept.from)], [camera.id, 60_000]);
  await page.click('[data-action=undo-mark]');
  await page.waitForSelector('[data-action=undo-mark]', { state: 'detached' });

  await page.keyboard.press('Escape');
  await page.waitForSelector('.tile.focused', { state: 'detached' });
  const order = await page.$$eval('[data-tile]', (all) => all.map((e) => e.dataset.tile));
  assert.ok(order.length >= 3, 'too few cameras');
  // By four on a page: the digits still count from the first of the wall, here and on a camera's own page.
  await page.selectOption('[data-action=layout]', '2x2');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('3');
  await page.waitForSelector(`.tile.focused[data-tile="${order[2]}"]`);
  await page.keyboard.press('2');
  await page.waitForSelector(`.tile.focused[data-tile="${order[1]}"]`);
  await page.goto(`${URL_BASE}/c/${order[1]}`);
  await page.waitForSelector('[data-stage=live]');
  await page.keyboard.press('3');
  await page.waitForURL((u) => u.pathname === `/c/${order[2]}`);
  assert.equal(await page.textContent(`a[href^="/c/${order[2]}"] kbd`), '3');
  // What is live cannot be cut: neither by button nor by key.
  assert.ok(await page.isDisabled('button[title$="([)"]'));
  await page.keyboard.press('[');
  await page.keyboard.press(']');
  assert.equal(await page.locator('.export').count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

// The narrow one is walked always, the same a little wider in the sweeps.
for (const width of [390, 360])
  test(
    `phone of ${width} px: everything about the enlarged camera is in reach of the thumb, and nothing lies over another`,
    width > 360 ? SWEEPS : {},
    async () => {
      const { context, page, faults } = await open(browser, { ...PHONE, viewport: { width, height: 800 } });
      await signIn(page);
      await page.waitForSelector('[data-tile][data-state="live"]');
      const { slug } = await oneLive(page);
      await page.goto(`${URL_BASE}/?c=${slug}`);
      await page.waitForSelector(LIVE);
      await page.waitForSelector('.focused .latency');
      for (const action of ['snapshot', 'keep', 'full', 'zoom-in', 'zoom-out'])
        assert.ok(await page.isVisible(`.focused [data-action=${action}]`), action);
      const wrong = await page.$$eval('.focused .tools button, .focused .tools a, .focused .latency', (all) => {
      const boxes = all.filter((e) => e.checkVisibility()).map((e) => [e, e.getBoundingClientRect()]);
      const out = boxes.filter(([, b]) => b.left < 0 || b.right > innerWidth).map(([e]) => `outside: ${e.ariaLabel}`);
      for (const [e, a] of boxes)
        for (const [f, b] of boxes)
          if (e !== f && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) out.push(`${e.ariaLabel ?? e.textContent} on ${f.ariaLabel ?? f.textContent}`);
      return out;
    }); // prettier-ignore
      assert.deepEqual(wrong, []);
      await accessible(page);
      assert.deepEqual(faults, []);
      await context.close();
    },
  );
