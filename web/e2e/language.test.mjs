// The interface is Vietnamese first and complete in English; the choice stays. Names of cameras are the user's own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { canaries } from './canaries.mjs';
import { accessible, api, launch, open, PC, PHONE, signedIn, signIn, SWEEPS, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const VIETNAMESE = /[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]/i;

/** What is read on the page or to a screen reader, without the name of the language and what people have named themselves. */
async function texts(page) {
  const cameras = (await api(page, 'cameras?limit=200')).items;
  const zones = await Promise.all(cameras.map((c) => api(page, `cameras/${c.id}/zones`)));
  const own = [...cameras, ...zones.flatMap((z) => z.items)].map((x) => x.name);
  const all = await page.evaluate(() => {
    const out = [...document.querySelectorAll('*')].flatMap((e) => ['aria-label', 'title', 'placeholder', 'aria-valuetext'].map((a) => e.getAttribute(a))); // prettier-ignore
    return [...out.filter(Boolean), ...document.body.innerText.split('\n')];
  });
  const strip = (s) => ['Tiếng Việt', ...own].reduce((r, name) => r.replaceAll(name, ''), s);
  return all.map((s) => strip(s).trim()).filter(Boolean);
}

test(
  'J15: English is complete on every page, the document says so, and the choice survives a reload',
  SWEEPS,
  async () => {
    const { context, page, faults } = await open(browser, PC, { expected: [/404.*\/nowhere/, /503.*zones:preview/] });
    await signIn(page);
    await page.waitForSelector('[data-tile][data-state="live"]');
    assert.equal(await page.getAttribute('html', 'lang'), 'vi');
    assert.ok((await texts(page)).some((s) => VIETNAMESE.test(s)));
    await page.click('header .lang');
    // Its words are loaded first.
    await page.waitForSelector('html[lang=en]');
    await page.reload();
    await page.waitForSelector('[data-tile][data-state="live"]');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
    const { slug } = (await api(page, 'cameras?limit=200')).items.find((c) => c.state === 'live');
    const pages = ['/', `/?c=${slug}`, '/cameras', '/cameras?add=1', '/system', '/events', '/alerts', '/alerts/channels', '/people', `/c/${slug}/zones`, `/c/${slug}/search`, `/c/${slug}`, `/c/${slug}?t=2020-01-01T00:00:00Z`, '/nowhere']; // prettier-ignore
    for (const path of pages) {
      await page.goto(`${URL_BASE}${path}`);
      await page.waitForSelector('main h1, main h2, dialog h2');
      await page.waitForLoadState('networkidle');
      assert.deepEqual(
        (await texts(page)).filter((s) => VIETNAMESE.test(s)),
        [],
        path,
      );
    }
    assert.deepEqual(faults, []);
    await context.close();
  },
);

const DEVICES = {
  PC,
  phone: PHONE,
  // Full HD at 200 %, and WCAG's reflow: 1280 px at 400 %.
  'PC at 200 %': { viewport: { width: 960, height: 540 }, deviceScaleFactor: 2 },
  'PC at 400 %': { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 },
};
/** Pages, and what stands there when they have what they show. */
const PAGES = ({ slug, before, event }) => ({
  '/': '[data-tile][data-state="live"]',
  [`/?c=${slug}`]: '.tile.focused[data-state="live"]',
  '/events': '[data-card], [data-empty]',
  ...(event ? { [`/e/${event}`]: '[data-event-page]' } : {}),
  '/alerts': '[data-part=rules] form',
  '/alerts/channels': '[data-channel=relay] form',
  '/exports': 'main h1',
  '/cameras': 'main li',
  '/cameras?add=1': 'dialog fieldset',
  '/people': 'main h1',
  '/setup': '[data-step]',
  '/system': '.verdict',
  '/health': '[data-section=storage] .forecast',
  [`/c/${slug}`]: '[data-stage=live][data-state=live]',
  [`/c/${slug}?t=${encodeURIComponent(before)}`]: '[data-stage=playback]',
  [`/c/${slug}/zones`]: '[data-action=add-alert]',
  [`/c/${slug}/search`]: '[data-action=search]',
  '/sync': '[data-sync]',
  '/nowhere': 'main h1',
});
/** Colours are all that a theme changes: the other rules are asked of the dark one only. */
const CONTRASTS = { light: ['color-contrast'], contrast: ['color-contrast', 'color-contrast-enhanced'] };
async function inAllColours(page) {
  const wear = (theme) => page.evaluate((x) => dispatchEvent(new CustomEvent('lanewatch:theme', { detail: x })), theme);
  for (const [theme, only] of Object.entries(CONTRASTS)) {
    await wear(theme);
    await accessible(page, { only });
  }
  await wear('dark');
}

for (const [device, options] of Object.entries(DEVICES)) {
  const dressed = !SWEEPS.skip && (options === PC || options === PHONE);
  // The phone is the one that is walked always: most is narrow there, and the journeys on a PC ask for the rules where they are.
  const sweep = options === PHONE ? {} : SWEEPS;
  test(
    `J15, ${device}: every page passes the accessibility rules${dressed ? ', in all colours,' : ''} and fits the screen`,
    sweep,
    async () => {
      const { context, page, faults } = await open(browser, options, { expected: [/404.*\/nowhere/, /503.*zones:preview/] }); // prettier-ignore
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await signedIn(page);
      const { slug } = (await api(page, 'cameras?limit=200')).items.find((c) => c.state === 'live');
      const week = new Date(Date.now() - 7 * 86_400_000).toISOString();
      const event = (await api(page, `events?limit=1&from=${week}&to=${new Date().toISOString()}`)).items[0]?.id;
      const before = new Date(Date.now() - 60_000).toISOString();
      const nothingSecret = await canaries(context, page);
      for (const [path, there] of Object.entries(PAGES({ slug, before, event }))) {
        await page.goto(`${URL_BASE}${path}`);
        await page.waitForSelector(there);
        // What plays is never idle.
        if (!/\?t=|^\/e\/|^\/sync/.test(path)) await page.waitForLoadState('networkidle');
        await accessible(page);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && document.querySelector('main').scrollWidth <= document.querySelector('main').clientWidth), true, `${path} scrolls sideways`); // prettier-ignore
        if (dressed) await inAllColours(page);
        assert.ok((await nothingSecret(path)) > 2, 'something was looked at');
      }
      assert.deepEqual(faults, []);
      await context.close();

      const login = await open(browser, options, { fresh: true });
      await login.page.emulateMedia({ reducedMotion: 'reduce' });
      await login.page.goto(`${URL_BASE}/login`);
      await login.page.waitForSelector('#secret');
      await accessible(login.page);
      if (dressed) await inAllColours(login.page);
      await login.context.close();
    },
  );
}
