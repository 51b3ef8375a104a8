// What a program sees wrong in a picture of the gallery; the rest is for eyes.
import { readFileSync } from 'node:fs';
import { accessible } from './browser.mjs';

const words = (lang) =>
  ['', '-adding'].flatMap((part) => {
    const text = readFileSync(new URL(`../src/lib/i18n/${lang}${part}.ts`, import.meta.url), 'utf8');
    return [...text.matchAll(/:\s*'((?:[^'\\]|\\.)+)',/g)].map((m) => m[1]);
  });
const vietnamese = new Set(words('vi'));
/** Words that only the English app has. */
const FOREIGN = words('en').filter((w) => w.length > 3 && !w.includes('{') && !vietnamese.has(w));

/** Runs in the page: text cut off, sideways scrolling, targets too small for a finger, words of another language. */
function look({ phone, foreign }) {
  const found = [];
  const say = (what, el) => found.push(`${what}: ${el.tagName.toLowerCase()}${el.className?.baseVal === undefined && el.className ? `.${String(el.className).trim().split(/\s+/).join('.')}` : ''} "${(el.innerText || el.getAttribute('aria-label') || '').trim().slice(0, 50)}"`); // prettier-ignore
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page scrolls sideways');
  const main = document.querySelector('main');
  if (main && main.scrollWidth > main.clientWidth + 1) found.push('main scrolls sideways');
  const modal = document.querySelector('dialog[open]');
  const visible = (el) =>
    el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !el.closest('.sr-only, [aria-hidden=true]');
  const scrolls = (el) => { for (let p = el.parentElement; p; p = p.parentElement) if (/auto|scroll/.test(getComputedStyle(p).overflowX) && p.scrollWidth > p.clientWidth) return p; return null; }; // prettier-ignore
  for (const el of document.body.querySelectorAll('*')) {
    if (modal && !modal.contains(el)) continue;
    const own = [...el.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own.length || !visible(el)) continue;
    const box = el.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const text = own.map((n) => n.textContent.trim()).join(' ');
    if (foreign.includes(text)) say('not translated', el);
    if (/^[a-z]+(_[a-z]+)*\.[a-z_]+$/.test(text) || /\{[a-z]{2,}\}|undefined|NaN|Invalid Date/.test(text))
      say('not a word', el);
    const style = getComputedStyle(el);
    const hides = /hidden|clip/;
    const cutWide = hides.test(style.overflowX) && el.scrollWidth > el.clientWidth + 1;
    const cutHigh = hides.test(style.overflowY) && el.scrollHeight > el.clientHeight + 3;
    if ((cutWide || cutHigh) && !el.title && !el.closest('[title]') && box.width > 1) say('text cut off', el);
    const beyond = box.right > innerWidth + 1 || box.left < -1;
    if (beyond && !scrolls(el)) say('beyond the edge', el);
  }
  if (phone)
    for (const el of document.querySelectorAll(
      'a[href], button, input, select, textarea, summary, [role=button], [role=slider], [role=tab]',
    )) {
      if ((modal && !modal.contains(el)) || !visible(el) || el.disabled) continue;
      if (el.matches('p a, dd a, li > a:not(.btn), span a, th a') && getComputedStyle(el).display === 'inline')
        continue;
      const target = el.matches('input[type=checkbox], input[type=radio]') ? (el.closest('label') ?? el) : el;
      const { width, height } = target.getBoundingClientRect();
      if (width && height && Math.min(width, height) < 43.5) say(`${Math.round(width)}×${Math.round(height)}`, el);
    }
  return [...new Set(found)];
}

/** Findings of the page as it stands, in words. */
export async function findings(page, phone) {
  const found = await page.evaluate(look, { phone, foreign: FOREIGN });
  await accessible(page).catch((e) => found.push(...(e.actual ?? [String(e)]).map((v) => `axe ${v}`)));
  return found;
}
