// P27: dark, light, high contrast or as the device is set. That all words stand out on every page: language.test.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, launch, open, PC, signedIn, signIn, URL_BASE, wear } from './browser.mjs';

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
  await signedIn(page);
  await page.goto(`${URL_BASE}/system`);
  assert.equal(await shown(page), 'dark');
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
