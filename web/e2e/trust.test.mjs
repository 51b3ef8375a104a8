// A trusted address, as a phone in the village has it: the name is no loopback name, so what a browser allows hangs on the
// certificate alone. A browser that does not trust the recorder is shown how; one that does gets the app with its
// service worker, without which there is no push and no installing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { accessible, launch, open, PC, PHONE } from './browser.mjs';
import { BINARY, Recorder } from './recorder.mjs';

/** Looked at by people: `npm run gallery` puts them into its index. */
const SHOTS = fileURLToPath(new URL('../screenshots/recorder/', import.meta.url));
const NAME = 'may-ghi.local';
const needs = { skip: BINARY ? false : 'no recorder program; scripts/test browser has it' };
const args = [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`];

/** Said of a page over plain HTTP, which is what it is. */
const UNTRUSTED = /Cross-Origin-Opener-Policy header has been ignored/;

let folder, recorder, plain, secure;
before(async () => {
  if (!BINARY) return;
  folder = mkdtempSync(join(tmpdir(), 'lanewatch-trust-'));
  const config = join(folder, 'lanewatch.toml');
  writeFileSync(config, `[tls]\nnames = ["${NAME}"]\n`);
  process.env.LANEWATCH_CONFIG = config;
  recorder = await Recorder.start();
  plain = `http://${NAME}:${recorder.port}`;
  secure = `https://${NAME}:${recorder.port}`;
});
after(async () => {
  await recorder?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** The home of a browser that was told to trust the recorder, as the guide says for Linux. */
async function trustingHome() {
  const pem = join(folder, 'ca.pem');
  writeFileSync(pem, await (await fetch(`${recorder.url}/ca.pem`)).text());
  const home = join(folder, 'home');
  for (const place of ['.pki/nssdb', '.local/share/pki/nssdb']) {
    const database = join(home, place);
    mkdirSync(database, { recursive: true });
    execFileSync('certutil', ['-d', `sql:${database}`, '-N', '--empty-password']);
    execFileSync('certutil', ['-d', `sql:${database}`, '-A', '-n', 'lanewatch', '-t', 'C,,', '-i', pem]);
  }
  return home;
}

test('a device that does not trust the recorder is told so and shown how, in words for its kind', needs, async () => {
  const browser = await launch({ args });
  const expected = [/ERR_CERT_AUTHORITY_INVALID/, UNTRUSTED];
  const { page, faults } = await open(browser, PHONE, { fresh: true, expected });
  await page.goto(`${plain}/trust`);
  await page.waitForSelector('[data-state=bad]:visible');
  assert.match(await page.locator('[data-state=bad]').innerText(), /Máy này chưa tin cậy đầu ghi.*does not trust/s);
  assert.match(await page.textContent('main'), /Android.*Chứng chỉ CA.*iPhone.*Cài đặt tin cậy chứng nhận/s);
  assert.equal(await page.locator('details[open] summary').textContent(), 'Linux');
  await page.locator('summary', { hasText: 'iPhone' }).click();
  await page.waitForSelector('a[href="/ca.mobileconfig"]:visible');
  await accessible(page);
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}trust-phone.png`, fullPage: true });
  await page.setViewportSize(PC.viewport);
  await page.screenshot({ path: `${SHOTS}trust-pc.png`, fullPage: true });
  await page.setViewportSize(PHONE.viewport);

  // The app itself, over plain HTTP, says what is missing first.
  await page.goto(`${plain}/#code=${recorder.code()}`);
  await page.waitForSelector('header .brand, form');
  await page.goto(`${plain}/system`);
  await page.waitForSelector('[data-missing=no_https]');
  await assert.rejects(page.goto(`${secure}/`), /ERR_CERT_AUTHORITY_INVALID/);
  assert.deepEqual(faults, []);
  await browser.close();
});

test('a device that trusts it is told so, and gets the app with its service worker', needs, async () => {
  const browser = await launch({ args, env: { ...process.env, HOME: await trustingHome() } });
  const { context, page, faults } = await open(
    browser,
    { ...PHONE, serviceWorkers: 'allow' },
    { fresh: true, expected: [UNTRUSTED] },
  );
  await page.goto(`${plain}/trust`);
  await page.waitForSelector('[data-state=good]:visible');
  assert.equal(await page.getAttribute('#open', 'href'), `${secure}/`);
  // Over HTTPS the check also asks for a service worker, which nobody can click past.
  await page.goto(`${secure}/trust`);
  await page.waitForSelector('[data-state=good]:visible');

  await context.grantPermissions(['notifications'], { origin: secure });
  await page.goto(`${secure}/#code=${recorder.code()}`);
  await page.waitForSelector('header .brand, form');
  await page.goto(`${secure}/system`);
  await page.waitForSelector('[data-missing=nothing]');
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.ready).scope), `${secure}/`);
  const shown = await page.textContent('[data-part=trust] code');
  assert.match(shown, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.ok((await (await fetch(`${recorder.url}/trust`)).text()).includes(shown));
  await accessible(page);
  assert.deepEqual(faults, []);
  await browser.close();
});
