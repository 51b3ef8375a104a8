// J11: marks, an export across a gap with its progress, download, a link with PIN, opened without an account, over at
// last; the page beside the files finds a flipped byte without a network. Run: npm run e2e
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { accessible, api, launch, open, PC, PHONE, signedIn, URL_BASE } from './browser.mjs';
import { held } from './figures.mjs';
import { gapInFootage } from './footage.mjs';
import { needsFleet } from './recorder.mjs';

let browser;
let folder;
before(async () => {
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), 'lanewatch-export-'));
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const SLUG = 'lane07';
/** For the gallery: these pages no mock makes. */
const SHOTS = fileURLToPath(new URL('../screenshots/recorder/', import.meta.url));
const shot = (page, name) => page.screenshot({ path: join(SHOTS, `${name}.png`) });
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const openAt = (page, ms) => page.goto(`${URL_BASE}/c/${SLUG}?t=${encodeURIComponent(new Date(ms).toISOString())}`);
const shown = (page) => page.waitForFunction(() => ['playing', 'paused'].includes(document.querySelector('[data-stage="playback"]')?.dataset.state)); // prettier-ignore

/** What ffprobe says of a part. */
const seconds = (file) => Number(execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file], { encoding: 'utf8' })); // prettier-ignore

async function checked(files, { builtIn }) {
  // A page from the disk, in a browser without a network.
  const context = await browser.newContext({ offline: true, locale: 'vi-VN', viewport: { width: 900, height: 900 } });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (e) => faults.push(e.message));
  page.on('request', (r) => r.url().startsWith('file:') || r.url().startsWith('blob:') || faults.push(r.url()));
  if (!builtIn) await page.addInitScript(() => Object.defineProperty(crypto, 'subtle', { value: undefined }));
  await page.goto(pathToFileURL(join(folder, 'verify.html')).href);
  await page.setInputFiles('#files', files);
  await page.waitForFunction(() => ['whole', 'changed', 'part'].includes(document.querySelector('#verdict').dataset.verdict)); // prettier-ignore
  const states = await page.$$eval('#rows > li', (all) => Object.fromEntries(all.map((e) => [e.dataset.file, e.dataset.state]))); // prettier-ignore
  const verdict = await page.getAttribute('#verdict', 'data-verdict');
  const words = await page.textContent('#verdict');
  await shot(page, `verify-${verdict}-${builtIn ? 'built-in' : 'own'}`);
  assert.deepEqual(faults, []);
  await context.close();
  return { states, verdict, words };
}

test('J11: export across a gap, download, prove offline, share with PIN, take back', needsFleet, async () => {
  const { context, page, faults } = await open(browser, { ...PC, acceptDownloads: true });
  await signedIn(page);
  const gap = await gapInFootage(page, SLUG);
  await openAt(page, gap.from - 4000);
  await shown(page);
  await page.keyboard.press('k');
  await page.keyboard.press('[');
  await page.waitForSelector('[data-handle=in]');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press(']');
  await page.waitForSelector('[data-handle=out]');
  await page.keyboard.press('e');
  await page.waitForSelector('[data-sheet=export]');
  const local = (ms) => page.evaluate(([t]) => t, [new Date(ms + 7 * 3_600_000).toISOString().slice(0, 19)]);
  await page.fill('[data-field=from]', await local(gap.from - 4000));
  await page.fill('[data-field=to]', await local(gap.to + 4000));
  await page.waitForFunction(() => Number(document.querySelector('[data-estimate]').dataset.estimate) > 1000);
  assert.match(await page.textContent('[data-estimate]'), /Thiếu .*giây/);
  await accessible(page);
  await shot(page, 'export-sheet');
  const began = Date.now();
  await page.click('[data-action=begin-export]');
  await page.waitForSelector('.pill[data-state=done]');
  held('export across a gap, from the press to the file', Date.now() - began, 3000);
  // The app was used on meanwhile: the picture is still there.
  assert.ok(await page.$('[data-stage=playback]'));
  await shot(page, 'export-pill');
  const downloading = page.waitForEvent('download');
  await page.click('.pill [data-action=download]');
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^Lane07_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_GMT\+7\.zip$/);
  const zip = join(folder, 'export.zip');
  await download.saveAs(zip);
  const { items } = await api(page, 'exports');
  const made = items[0];
  assert.equal(sha256(readFileSync(zip)), made.sha256);
  assert.ok(made.missing.some((m) => Date.parse(m.from) <= gap.from + 1000 && Date.parse(m.to) >= gap.to - 1000));

  execFileSync('python3', ['-m', 'zipfile', '-e', zip, folder]);
  execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder });
  const parts = readdirSync(folder).filter((f) => f.endsWith('.mp4')).sort(); // prettier-ignore
  assert.equal(parts.length, 2);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  for (const file of manifest.files) {
    const span = (Date.parse(file.to) - Date.parse(file.from)) / 1000;
    assert.ok(Math.abs(seconds(join(folder, file.name)) - span) < 0.2, `${file.name}: ${seconds(join(folder, file.name))} s of ${span}`); // prettier-ignore
    assert.match(file.origins[0].segment, /^[0-9a-f-]{36}$/);
  }

  const paths = [...parts, 'manifest.json'].map((f) => join(folder, f));
  const whole = await checked(paths, { builtIn: true });
  assert.deepEqual([whole.verdict, ...Object.values(whole.states)], ['whole', 'whole', 'whole', 'whole']);
  assert.match(whole.words, /nguyên vẹn/);
  const bytes = readFileSync(paths[1]);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(paths[1], bytes);
  for (const builtIn of [true, false]) {
    const flipped = await checked(paths, { builtIn });
    assert.deepEqual([flipped.verdict, flipped.states[parts[0]], flipped.states[parts[1]]], ['changed', 'whole', 'changed']); // prettier-ignore
    assert.match(flipped.words, new RegExp(`KHÔNG.*${parts[1].replace(/[+.]/g, '\\$&')}`));
  }

  await page.goto(`${URL_BASE}/exports`);
  await page.waitForSelector(`[data-export="${made.id}"][data-state=done]`);
  await accessible(page);
  await shot(page, 'exports');
  await page.click(`[data-export="${made.id}"] [data-action=share]`);
  await page.fill('[data-field=pin]', '4711');
  await page.click('[data-action=make-link]');
  const link = await page.getAttribute('[data-link]', 'data-link');
  await accessible(page);
  await shot(page, 'share-dialog');

  const visitor = await open(browser, PHONE, { fresh: true, expected: [/403/, /410/] });
  await visitor.page.goto(link);
  await visitor.page.fill('[name=pin]', '0000');
  await visitor.page.click('.act');
  await visitor.page.waitForSelector('.wrong');
  await shot(visitor.page, 'share-pin');
  await visitor.page.fill('[name=pin]', '4711');
  await visitor.page.click('.act');
  await visitor.page.waitForSelector('a.act');
  await accessible(visitor.page);
  await shot(visitor.page, 'share-page');
  const taking = visitor.page.waitForEvent('download');
  await visitor.page.click('a.act');
  assert.equal(sha256(readFileSync(await (await taking).path())), made.sha256);
  const { items: links } = await api(page, `exports/${made.id}/shares`);
  assert.deepEqual(links[0].log.map((o) => o.what), ['file', 'page', 'wrong_pin']); // prettier-ignore

  await page.click('[data-share] .btn.danger');
  await page.waitForSelector('[data-share][data-state=revoked]');
  const over = await visitor.page.goto(link);
  assert.equal(over.status(), 410);
  assert.match(await visitor.page.textContent('main'), /thu hồi/);
  await shot(visitor.page, 'share-over');
  assert.deepEqual(visitor.faults, []);
  await visitor.context.close();

  await page.keyboard.press('Escape');
  await page.click(`[data-export="${made.id}"] [data-action=remove]`);
  await page.click('[data-action=confirm]');
  await page.waitForSelector(`[data-export="${made.id}"]`, { state: 'detached' });
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'an out point is dragged by its handle, and moved by the keyboard; the sheet fits a phone',
  needsFleet,
  async () => {
    const { context, page, faults } = await open(browser, PHONE);
    await signedIn(page);
    await openAt(page, Date.now() - 9000);
    await shown(page);
    await page.keyboard.press('k');
    await page.keyboard.press(']');
    const handle = page.locator('[data-handle=out]');
    const at = () => handle.getAttribute('aria-valuenow').then(Number);
    const before = await at();
    await handle.focus();
    await page.keyboard.press('ArrowLeft');
    assert.equal(await at(), before - 1);
    const box = await handle.boundingBox();
    assert.ok(box.width >= 44 && box.height >= 44, `${box.width} x ${box.height}`);
    await page.mouse.move(box.x + 14, box.y + 22);
    await page.mouse.down();
    await page.mouse.move(box.x - 80, box.y + 22, { steps: 5 });
    await page.mouse.up();
    assert.ok((await at()) < before - 1, 'the handle follows the finger');
    await shot(page, 'marks-phone');
    // Without marks: half a minute on either side.
    await openAt(page, Date.now() - 9000);
    await shown(page);
    await page.click('[data-action=export-sheet]');
    await page.waitForFunction(() => Number(document.querySelector('[data-estimate]')?.dataset.estimate) > 1000);
    await accessible(page);
    await shot(page, 'export-sheet-phone');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, 'nothing is cut off at the side');
    await page.keyboard.press('Escape');
    await page.goto(`${URL_BASE}/exports`);
    await page.waitForSelector('h1');
    await accessible(page);
    await shot(page, 'exports-phone');
    assert.deepEqual(faults, []);
    await context.close();
  },
);
