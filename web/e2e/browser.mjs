// The system's Chromium under Playwright, signed in to the recorder at LANEWATCH_URL, collecting what must not happen.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { signInCode } from './recorder.mjs';

export const URL_BASE = (process.env.LANEWATCH_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
const PASSWORD = process.env.LANEWATCH_PASSWORD;

export const PC = { viewport: { width: 1920, height: 1080 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** Signed in to the shared recorder: once in a run (see run.mjs), or once in a file that is run by itself. */
const KEPT = process.env.LANEWATCH_SIGNED_IN;
let saved = kept();

function kept() {
  try {
    return KEPT ? JSON.parse(readFileSync(KEPT, 'utf8')) : null;
  } catch {
    return null;
  }
}

/** `args` and `env` besides what every test has. */
export async function launch({ args = [], env = process.env } = {}) {
  return chromium.launch({
    env,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', ...args,
    ], // prettier-ignore
  });
}

/**
 * A page in its own context, in a zone that is not the site's. `faults` collects console errors, page errors and failed
 * requests, but for those that match `expected`.
 */
export async function open(browser, options = PC, { fresh = false, expected = [] } = {}) {
  const context = await browser.newContext({
    timezoneId: 'America/New_York',
    storageState: fresh ? undefined : (saved ?? undefined),
    // Installing it beside what is measured would be measured too; e2e/installed.test.mjs is about it.
    serviceWorkers: 'block',
    ...options,
  });
  // Generous: a machine at work on other things may be slow, and still nothing is wrong.
  context.setDefaultTimeout(30_000);
  // What is still asked for as a journey ends is nobody's: an answer to it that comes too late would fail the whole file.
  const close = context.close.bind(context);
  context.close = async (why) => {
    for (const p of [context, ...context.pages()]) await p.unrouteAll({ behavior: 'ignoreErrors' });
    await close(why);
  };
  const page = await context.newPage();
  const faults = [];
  const sockets = [];
  // A dark camera has no still: that is answered with 503, and the browser tells the console.
  const usual = [/503 .*still\.jpg/];
  const fault = (text) => [...usual, ...expected].some((e) => e.test(text)) || faults.push(text);
  page.on('console', (m) => {
    // Asking who is signed in before signing in is answered with 401, as is the live socket of whoever was, and the browser tells
    // the console.
    const asking =
      (m.location().url.endsWith('/api/v1/me') && m.text().includes('401')) ||
      /\/api\/v1\/live' failed: HTTP Authentication failed/.test(m.text());
    if (m.type() === 'error' && !asking) fault(`console: ${m.text()} ${m.location().url}`);
  });
  page.on('pageerror', (e) => fault(`page: ${e.name} ${e.message} ${e.stack}`));
  page.on('websocket', (ws) => sockets.push(ws.url()));
  page.on('response', (r) => r.status() >= 500 && fault(`${r.status()} ${r.url()}`));
  return { context, page, faults, sockets };
}

/** Signs in by the app, unless one is: a journey that has signed out has ended that of all. */
async function haveSession(page) {
  if (saved && (await page.request.get(`${URL_BASE}/api/v1/me`)).ok()) return true;
  if (PASSWORD) {
    await page.goto(`${URL_BASE}/login`);
    await page.fill('#secret', PASSWORD);
    await page.keyboard.press('Enter');
  } else await page.goto(`${URL_BASE}/#code=${signInCode()}`);
  await page.waitForSelector('header .brand');
  saved = await page.context().storageState();
  if (KEPT) writeFileSync(KEPT, JSON.stringify(saved), { mode: 0o600 });
  return false;
}

/** To the wall of the shared recorder, signed in. */
export async function signIn(page) {
  if (await haveSession(page)) await page.goto(`${URL_BASE}/`);
}

const EMPTY = { contentType: 'text/html', body: '<!doctype html><link rel="icon" href="data:,">' };

/** Signed in, for a journey that begins elsewhere: on an empty page, from where it can ask the recorder. A wall takes seconds. */
export async function signedIn(page) {
  await haveSession(page);
  const url = `${URL_BASE}/e2e-empty`;
  await page.route(url, (route) => route.fulfill(EMPTY));
  await page.goto(url);
  await page.unroute(url);
}

export const debug = (page) => page.evaluate(() => structuredClone({ ...window.__lanewatch }));

/** A change by the API, as the page would ask for it. */
export const send = (page, method, path, body) =>
  page.evaluate(
    async ([m, p, b]) =>
      (
        await fetch(`/api/v1/${p}`, {
          method: m,
          headers: { 'content-type': 'application/json' },
          body: b && JSON.stringify(b),
        })
      ).status,
    [method, path, body],
  );

/** The same, for what is answered. */
export const call = (page, method, path, body) =>
  page.evaluate(
    async ([m, p, b]) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`/api/v1/${p}`, { method: m, headers, body: b && JSON.stringify(b) });
      return answer.json();
    },
    [method, path, body],
  );

export const api = (page, path) => page.evaluate(async (p) => (await fetch(`/api/v1/${p}`)).json(), path);

/** Shows the pages of this context in a theme, as if it had been chosen on this device. */
export const wear = (context, theme) =>
  context.addInitScript((x) => localStorage.setItem('lanewatch.theme', JSON.stringify(x)), theme);

/** Number of shown sub/main pictures that have had a frame. */
export const framed = (page) => page.$$eval('[data-tile]', (all) => all.filter((e) => e.dataset.firstFrameMs).length);

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** As options of a test: walks that take long, and whose finds another walk mostly has too. */
export const SWEEPS = { skip: process.env.LANEWATCH_SWEEPS ? false : 'scripts/test sweeps walks there too' };

/** No serious fault of WCAG 2.2 A and AA, as far as a program can see; where the high contrast is shown, also 7:1. */
export async function accessible(page, { only } = {}) {
  // It is long: once for each document.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const found = await page.evaluate(
    async (rules) => {
      const { violations } = await window.axe.run(document, {
        runOnly: rules ?? ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
        rules: { 'color-contrast-enhanced': { enabled: document.documentElement.dataset.theme === 'contrast' } },
        // What is in order is not written up.
        resultTypes: ['violations'],
        // Only the rule about sound that plays by itself waits for media, and no muted one breaks it.
        preload: [...document.querySelectorAll('audio, video')].some((m) => !m.muted),
      });
      return violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join(' | ')}`);
    },
    only,
  ); // prettier-ignore
  assert.deepEqual(found, [], page.url());
}

/** Waits until `predicate`, run in the page, answers true. It may be asynchronous: `waitForFunction` takes a promise for a yes. */
export async function eventually(page, predicate, arg, limitMs = 30_000) {
  const end = Date.now() + limitMs;
  while (!(await page.evaluate(predicate, arg))) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${predicate}`);
    await page.waitForTimeout(200);
  }
}
