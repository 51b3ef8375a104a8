// J15 by keyboard alone: on every page Tab reaches everything that can be pressed, one sees where one is, and no bar lies over it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, launch, open, PC, PHONE, signIn, SWEEPS, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const PRESSABLE =
  'a[href], button, input, select, textarea, summary, [role=button], [role=slider], [role=tab], [contenteditable]';
/** Enough for the longest page; it ends when the focus is where it began. */
const MOST = 400;

/** Runs in the page: what can be pressed and is in sight or can be scrolled there. One of a group of radio buttons stands for all. */
function wanted(selector) {
  const modal = document.querySelector('dialog[open]');
  const name = (e) => `${e.tagName.toLowerCase()} "${(e.getAttribute('aria-label') || e.innerText || e.name || '').trim().slice(0, 40)}"`; // prettier-ignore
  const found = [...document.querySelectorAll(selector)].filter(
    (e) =>
      !e.disabled &&
      (!modal || modal.contains(e)) &&
      !e.closest('[inert], [aria-hidden=true]') &&
      e.checkVisibility({ visibilityProperty: true }) &&
      !(e.type === 'radio' && !e.checked),
  );
  found.forEach((e) => (e.dataset.wanted = ''));
  return found.map(name);
}

/** Runs in the page: where the focus is, and what is wrong with how that looks. */
function here(first) {
  const e = document.activeElement;
  if (!e || e === document.body) return { end: !first };
  if ('reached' in e.dataset) return { end: true };
  e.dataset.reached = '';
  /** A shape has no outline: it, or what is in it, is drawn otherwise than without the focus. */
  const drawn = (el) => [el, ...el.querySelectorAll('*')].map((p) => ['stroke', 'strokeWidth', 'fill', 'fillOpacity', 'opacity', 'r'].map((k) => getComputedStyle(p)[k]).join()).join(); // prettier-ignore
  const shows = (el) => {
    const s = getComputedStyle(el);
    if (el instanceof SVGElement) {
      const focused = drawn(el);
      el.blur();
      const plain = drawn(el);
      el.focus({ focusVisible: true, preventScroll: true });
      return focused !== plain;
    }
    return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1) || s.boxShadow !== 'none';
  };
  const label = e.closest('label');
  const faults = [];
  if (!shows(e) && !(label && shows(label))) faults.push('nothing shows that it has the focus');
  const b = (e.matches('input[type=checkbox], input[type=radio]') && label ? label : e).getBoundingClientRect();
  const [x, y] = [b.left + b.width / 2, b.top + b.height / 2];
  const top = document.elementFromPoint(x, y);
  if (b.width < 1 || x < 0 || y < 0 || x > innerWidth || y > innerHeight) faults.push(`is out of sight at ${Math.round(x)}, ${Math.round(y)}`); // prettier-ignore
  else if (top && top !== e && !e.contains(top) && !top.contains(e) && !label?.contains(top)) faults.push(`lies under ${top.tagName.toLowerCase()}.${top.className}`); // prettier-ignore
  const name = `${e.tagName.toLowerCase()}.${e.className} "${(e.getAttribute('aria-label') || e.innerText || e.name || '').trim().slice(0, 40)}"`; // prettier-ignore
  return { end: false, name, faults };
}

async function walk(page, path) {
  const faults = [];
  await page.evaluate(wanted, PRESSABLE);
  // A dialog begins with the focus in it.
  await page.evaluate(
    () => document.activeElement?.matches('dialog *') && (document.activeElement.dataset.reached = ''),
  );
  for (let n = 0; n < MOST; n++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(here, n === 0);
    if (at.end) break;
    faults.push(...(at.faults ?? []).map((f) => `${path}: ${at.name} ${f}`));
  }
  // Roving focus: arrows go on from one of a group of tabs or tiles.
  const missed = await page.$$eval('[data-wanted]:not([data-reached])', (all) =>
    all
      .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !e.closest('[data-roving]'))
      .map((e) => `${e.tagName.toLowerCase()}.${e.className} "${(e.getAttribute('aria-label') || e.innerText || e.name || '').trim().slice(0, 40)}"`),
  ); // prettier-ignore
  return [...faults, ...missed.map((m) => `${path}: ${m} is not reached by Tab`)];
}

const iso = (ms) => encodeURIComponent(new Date(ms).toISOString());
for (const [device, options] of Object.entries({ PC, phone: PHONE })) {
  test(`J15, ${device}: Tab reaches everything that can be pressed, and shows where it is`, SWEEPS, async () => {
    const { context, page } = await open(browser, options);
    await signIn(page);
    await page.waitForSelector('[data-tile][data-state="live"]');
    const live = (await api(page, 'cameras?limit=200')).items.filter((c) => c.state === 'live').map((c) => c.slug);
    const [slug, next] = live;
    const pages = ['/', `/?c=${slug}`, '/events', '/alerts', '/alerts/channels', '/exports', '/cameras', '/cameras?add=1', '/setup', '/system', '/health', `/c/${slug}`, `/c/${slug}?t=${iso(Date.now() - 8000)}`, `/c/${slug}?t=2020-01-01T00:00:00Z`, `/c/${slug}/zones`, `/c/${slug}/search`, `/sync?c=${slug},${next}&t=${iso(Date.now() - 8000)}`, '/nowhere']; // prettier-ignore
    // The feed stands still: what comes in while one walks would move what is walked over.
    let feed = null;
    await page.route(/\/api\/v1\/events\?/, async (route) => {
      feed ??= await (await route.fetch()).json();
      await route.fulfill({ json: { ...feed, next_cursor: null } });
    });
    const faults = [];
    for (const path of pages) {
      await page.goto(`${URL_BASE}${path}`);
      await page.waitForSelector('main h1, main h2, dialog h2');
      await page.waitForLoadState('networkidle');
      faults.push(...(await walk(page, path)));
    }
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    assert.deepEqual([...new Set(faults)], []);
    await context.close();
  });
}
