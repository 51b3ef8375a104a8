// P27: dark, light, high contrast or as the device is set; on every page all words stand out, and pictures stay on dark.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, eventually, launch, open, PC, PHONE, signIn, URL_BASE, wear } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const shown = (page) => page.getAttribute('html', 'data-theme');
/** Brightness of a computed colour, 0 to 255. */
const light = (page, selector, property) =>
  page.$eval(selector, (e, p) => Math.max(...getComputedStyle(e)[p].match(/[\d.]+/g).slice(0, 3).map(Number)), property); // prettier-ignore
const choose = (page, theme) => page.click(`[data-theme-choice=${theme}]`);

test('the colours are chosen on the System page, at once and for good; pictures stay on dark', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  assert.equal(await shown(page), 'dark');
  await page.goto(`${URL_BASE}/system`);
  assert.ok((await light(page, 'body', 'backgroundColor')) < 40);
  await choose(page, 'light');
  assert.equal(await page.getAttribute('[data-theme-choice=light]', 'aria-pressed'), 'true');
  assert.ok((await light(page, 'body', 'backgroundColor')) > 200);
  assert.match(await page.getAttribute('meta[name=theme-color]', 'content'), /#fff/);
  await page.goto(`${URL_BASE}/`);
  await page.waitForSelector('[data-tile][data-state="live"]');
  assert.equal(await shown(page), 'light');
  assert.ok((await light(page, '.tile', 'backgroundColor')) < 40);
  assert.ok((await light(page, '.tile .name', 'color')) > 200);
  assert.ok((await light(page, 'header .brand', 'color')) < 60);
  assert.deepEqual(faults, []);
  await context.close();
});

test('nothing is painted in other colours first: they are there before the app is', async () => {
  const { context, page } = await open(browser, PC);
  await wear(context, 'light');
  await page.route(/\/assets\/.*\.js$/, (route) => route.abort());
  await page.goto(`${URL_BASE}/system`);
  assert.equal(await page.$('#app > *'), null, 'the app runs');
  assert.equal(await shown(page), 'light');
  assert.ok((await light(page, 'body', 'backgroundColor')) > 200);
  await context.close();
});

test('as the device is set: also when that changes while the page is open, and in the other tab', async () => {
  const { context, page, faults } = await open(browser, { ...PC, colorScheme: 'light' });
  await signIn(page);
  await page.goto(`${URL_BASE}/system`);
  const other = await context.newPage();
  await other.goto(`${URL_BASE}/health`);
  assert.equal(await shown(page), 'dark', 'dark is what one gets who chooses nothing');
  await choose(page, 'system');
  assert.equal(await shown(page), 'light');
  await eventually(other, () => document.documentElement.dataset.theme === 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await eventually(page, () => document.documentElement.dataset.theme === 'dark');
  await page.emulateMedia({ colorScheme: 'dark', contrast: 'more' });
  await eventually(page, () => document.documentElement.dataset.theme === 'contrast');
  assert.deepEqual(faults, []);
  await context.close();
});

/** Pages, and what stands there when they have what they show. */
const PAGES = (c) => ({
  '/': '[data-tile][data-state="live"]',
  [`/?c=${c.slug}`]: '.tile.focused[data-state="live"]',
  '/events': '[data-card], [data-empty]',
  ...(c.event ? { [`/e/${c.event}`]: '[data-event-page]' } : {}),
  '/exports': 'main h1',
  '/cameras': 'main li',
  '/cameras?add=1': 'dialog fieldset',
  '/setup': '[data-step]',
  '/system': '.verdict',
  '/health': '[data-section=storage] .forecast',
  [`/c/${c.slug}`]: '[data-stage=live][data-state=live]',
  [`/c/${c.slug}?t=${encodeURIComponent(c.before)}`]: '[data-stage=playback]',
  [`/c/${c.slug}/zones`]: '[data-action=add-alert]',
  [`/c/${c.slug}/search`]: '[data-action=search]',
  '/sync': '[data-sync]',
  '/nowhere': 'main h1',
});
for (const theme of ['light', 'contrast'])
  for (const [device, options] of Object.entries({ PC, phone: PHONE }))
    test(`${theme}, ${device}: every page passes the accessibility rules`, async () => {
      const { context, page, faults } = await open(browser, options, { expected: [/404.*\/nowhere/, /503.*zones:preview/] }); // prettier-ignore
      await wear(context, theme);
      await signIn(page);
      await page.waitForSelector('[data-tile][data-state="live"]');
      const { slug } = (await api(page, 'cameras?limit=200')).items.find((c) => c.state === 'live');
      const week = new Date(Date.now() - 7 * 86_400_000).toISOString();
      const event = (await api(page, `events?limit=1&from=${week}&to=${new Date().toISOString()}`)).items[0]?.id;
      const before = new Date(Date.now() - 60_000).toISOString();
      for (const [path, there] of Object.entries(PAGES({ slug, before, event }))) {
        await page.goto(`${URL_BASE}${path}`);
        await page.waitForSelector(there);
        assert.equal(await shown(page), theme, path);
        await accessible(page);
      }
      assert.deepEqual(faults, []);
      await context.close();

      const login = await open(browser, options, { fresh: true });
      await wear(login.context, theme);
      await login.page.goto(`${URL_BASE}/login`);
      await login.page.waitForSelector('#secret');
      await accessible(login.page);
      await login.context.close();
    });
