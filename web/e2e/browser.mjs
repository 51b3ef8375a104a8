// The system's Chromium under Playwright, signed in to the recorder at LANEWATCH_URL, collecting what must not happen.
import { chromium } from 'playwright-core';

export const URL_BASE = (process.env.LANEWATCH_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
const CODE = process.env.LANEWATCH_CODE ?? 'MOCKCODE';
const PASSWORD = process.env.LANEWATCH_PASSWORD;

export const PC = { viewport: { width: 1920, height: 1080 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

let saved = null;

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
    ], // prettier-ignore
  });
}

/** A page in its own context. `faults` collects console errors, page errors and failed requests. */
export async function open(browser, options = PC) {
  const context = await browser.newContext({
    timezoneId: 'America/New_York',
    storageState: saved ?? undefined,
    ...options,
  });
  const page = await context.newPage();
  const faults = [];
  const sockets = [];
  page.on('console', (m) => {
    // Asking who is signed in before signing in is answered with 401, and the browser tells the console.
    const asking = m.location().url.endsWith('/api/v1/me') && m.text().includes('401');
    if (m.type() === 'error' && !asking) faults.push(`console: ${m.text()} ${m.location().url}`);
  });
  page.on('pageerror', (e) => faults.push(`page: ${e.stack ?? e}`));
  page.on('websocket', (ws) => sockets.push(ws.url()));
  page.on('response', (r) => r.status() >= 500 && faults.push(`${r.status()} ${r.url()}`));
  return { context, page, faults, sockets };
}

/** Signs in once per run (the code works once) and keeps the cookie for later contexts. */
export async function signIn(page) {
  if (saved) return page.goto(`${URL_BASE}/`);
  if (PASSWORD) {
    await page.goto(`${URL_BASE}/login`);
    await page.fill('#password', PASSWORD);
    await page.keyboard.press('Enter');
  } else await page.goto(`${URL_BASE}/#code=${CODE}`);
  await page.waitForSelector('header .brand', { timeout: 15_000 });
  saved = await page.context().storageState();
}

export const debug = (page) => page.evaluate(() => structuredClone({ ...window.__lanewatch }));

/** Number of shown sub/main pictures that have had a frame. */
export const framed = (page) => page.$$eval('[data-tile]', (all) => all.filter((e) => e.dataset.firstFrameMs).length);
