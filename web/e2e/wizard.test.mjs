// J13: the first run on an empty recorder, from the printed code to a minute that plays back: cameras are found, one has
// another password, one an H.265 sub stream, the rest is added in one go; and no secret stays anywhere.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessible, launch, open, PC, PHONE } from './browser.mjs';
import { held } from './figures.mjs';
import { fleet, lane, needsRecorder, Recorder } from './recorder.mjs';
import { onvifCameras } from './onvif.mjs';

const PASSWORD = 'con trâu đi cày sớm';
const WRONG = 'sai-mat-khau-c4n4ry';
let browser;
let recorder;
let cameras;
before(async () => {
  browser = await launch();
  if (needsRecorder.skip) return;
  recorder = await Recorder.start();
  cameras = await onvifCameras(['lane02', 'lane03', 'lane20'].map(lane), fleet);
});
after(async () => {
  await browser?.close();
  cameras?.close();
  await recorder?.close();
});

/** A picture that is not there yet is asked for again. */
const expected = [/503 .*still\.jpg/, /503 \(Service Unavailable\).*still\.jpg/];
const next = (page) => page.click('[data-action=next]');
const row = (page, address) => page.locator(`[data-address*="${address}"]`);
const stage = (page, address, name) =>
  page.waitForSelector(`[data-address*="${address}"][data-stage="${name}"]`, { timeout: 60_000 });

test('J13: an empty recorder is set up from the first code to the recorded minute', needsRecorder, async () => {
  const { context, page, faults } = await open(browser, PC, { fresh: true, expected });
  const urls = [];
  page.on('request', (r) => urls.push(r.url()));
  const code = recorder.code();
  await page.goto(`${recorder.url}/#code=${code}`);
  await page.getByRole('link', { name: 'Làm tiếp' }).click();

  await page.waitForSelector('[data-step=language]');
  await accessible(page);
  await next(page);

  await page.getByLabel('Tên nơi này').fill('Thôn Đông');
  await page.getByLabel('Ở đây gọi lối đi là gì?').fill('Xóm');
  // The browser is in New York; the place is not.
  assert.equal(await page.getByLabel('Múi giờ của đầu ghi').inputValue(), 'Asia/Ho_Chi_Minh');
  await accessible(page);
  await next(page);

  await page.fill('#new-password', PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Đã lưu mật khẩu.');
  await next(page);

  await page.waitForSelector('[data-step=storage] >> text=/19 camera/');
  await accessible(page);
  await next(page);

  // Left and come back to, in another window: it goes on where it was.
  await page.waitForSelector('[data-step=cameras]');
  await page.goto(`${recorder.url}/setup`);
  await page.waitForSelector('[data-step=cameras]');

  const [good, also, h265] = cameras.addresses;
  await page.click('[data-action=scan]');
  for (const address of cameras.addresses) await page.getByText(address, { exact: true }).waitFor();
  for (const address of [good, h265]) await page.getByText(address, { exact: true }).click();
  await page.getByLabel('Hoặc nhập địa chỉ').fill(also);
  await page.getByLabel('Tên đăng nhập').fill(fleet.user);
  await page.getByLabel('Mật khẩu', { exact: true }).fill(WRONG);
  assert.equal(await page.getByLabel('Mẫu tên').inputValue(), 'Xóm {n}');
  await page.click('[data-action=test-all]');
  await stage(page, good, 'bad');
  await row(page, good).locator('p[data-code=auth_failed]', { hasText: 'Sai tên đăng nhập hoặc mật khẩu' }).waitFor();
  await stage(page, also, 'bad');
  await stage(page, h265, 'bad');
  await accessible(page);

  await page.getByLabel('Mật khẩu', { exact: true }).fill(fleet.password);
  const begun = Date.now();
  await page.click('[data-action=test-all]');
  for (const address of cameras.addresses) await stage(page, address, 'ready');
  held('three cameras tested', Date.now() - begun, 15_000);
  await row(page, h265).locator('p[data-code=h265_sub]').waitFor();
  assert.match(await row(page, h265).textContent(), /Luồng phụ là H\.265.*Chọn H\.264/s);
  for (const address of cameras.addresses) {
    const picture = row(page, address).locator('img');
    await picture.waitFor();
    assert.ok(await picture.evaluate((img) => img.decode().then(() => img.naturalWidth > 0)), address);
  }
  await accessible(page);
  await page.click('[data-action=add-all]');
  await page.waitForSelector('text=Đã thêm 3 camera.');
  const { items } = await page.evaluate(async () => (await fetch('/api/v1/cameras')).json());
  assert.deepEqual(items.map((c) => c.name).sort(), ['Xóm 1', 'Xóm 2', 'Xóm 3']);
  assert.ok(items.every((c) => c.renditions.length === 2 && c.has_password));

  await next(page);
  await page.waitForSelector('[data-step=proof]');
  assert.ok(!(await page.content()).includes(fleet.password), 'a password is in the page after leaving');
  await page.waitForFunction(() => document.querySelectorAll('[data-shown=true]').length === 3, null, {
    timeout: 60_000,
  });
  await page.waitForSelector('[data-proof=ready]', { timeout: 150_000 });
  // It listens on this machine alone: no phone can be told to trust it, and that is said.
  await page.waitForSelector('[data-trust-phones=none]');
  await accessible(page);
  await page.$eval('video', (video) => video.play());
  await page.waitForSelector('[data-proof=played]');
  await page.waitForFunction(() => document.querySelector('video').duration > 55);
  await next(page);
  await page.waitForSelector('[data-tile] >> text=Xóm 1');
  assert.equal(await page.getByRole('link', { name: 'Làm tiếp' }).count(), 0, 'it is finished');
  assert.equal(await page.title(), 'Thôn Đông · lanewatch');

  for (const secret of [fleet.password, WRONG, PASSWORD]) {
    const written = encodeURIComponent(secret);
    assert.ok(!urls.some((u) => u.includes(secret) || u.includes(written)), 'a password is in an address');
    const log = readFileSync(join(recorder.folder, 'recorder.log'), 'utf8');
    assert.ok(!log.includes(secret), 'a password is in the log');
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    assert.ok(!kept.includes(secret), 'a password is kept in the browser');
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'the list shows pictures, days and rates; the dialog finds what is there and forgets the password',
  needsRecorder,
  async () => {
    const { context, page, faults } = await open(browser, PHONE, { fresh: true, expected });
    await page.goto(`${recorder.url}/#code=${recorder.code()}`);
    await page.waitForSelector('header .brand');
    await page.goto(`${recorder.url}/cameras`);
    await page.waitForFunction(() => document.querySelectorAll('li .thumb img.shown').length === 3);
    await page.waitForFunction(() => document.querySelectorAll('.facts dd').length >= 9);
    await accessible(page);
    await page.click('[data-action=find]');
    const dialog = page.locator('dialog[open]');
    await dialog.locator('#find-password').fill(fleet.password);
    await dialog.locator('[data-action=scan]').click();
    await dialog
      .getByText(/^đã thêm: Xóm/)
      .first()
      .waitFor();
    await accessible(page);
    await dialog.getByRole('button', { name: 'Đóng' }).click();
    await page.waitForSelector('dialog[open]', { state: 'detached' });
    await page.click('[data-action=find]');
    assert.equal(await dialog.locator('#find-password').inputValue(), '');
    await dialog.getByLabel('Hoặc nhập địa chỉ').fill('192.168.1.9-3');
    await dialog.locator('[data-action=test-all]').click();
    await dialog.getByText('Khoảng địa chỉ không đúng').waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  },
);
