// J13 in small: a newcomer on an empty recorder signs in, sets a password, and adds cameras through the form.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, open, PC, send, SWEEPS } from './browser.mjs';
import { fleet, lane, needsRecorder, Recorder } from './recorder.mjs';

const PASSWORD = 'con trâu đi cày sớm';
let browser;
let recorder;
before(async () => {
  browser = await launch();
  if (!needsRecorder.skip) recorder = await Recorder.start();
});
after(async () => {
  await browser?.close();
  await recorder?.close();
});

const denied = [/401 \(Unauthorized\).*\/api\/v1\/session/];
const isLive = (page, name) => page.waitForSelector(`[data-tile="${name}"][data-state="live"]`);

async function enter(page) {
  await page.goto(`${recorder.url}/#code=${recorder.code()}`);
  await page.waitForSelector('header .brand');
}

/** Fills the form that is open. */
async function fill(page, { name, main, sub, password = fleet.password }) {
  await page.getByLabel('Tên', { exact: true }).fill(name);
  await page.getByRole('textbox', { name: /luồng chính/ }).fill(main);
  await page.getByRole('textbox', { name: /luồng phụ/ }).fill(sub);
  await page.getByLabel('Tên đăng nhập').fill(fleet.user);
  await page.getByLabel('Mật khẩu').fill(password);
}

test(
  'the printed code signs in once; the wall asks for a password and for the first camera',
  needsRecorder,
  async () => {
    const { context, page, faults } = await open(browser, PC, { fresh: true, expected: denied });
    await page.goto(`${recorder.url}/`);
    await page.waitForSelector('text=Lần đầu sử dụng');
    await accessible(page);
    const code = recorder.code();
    // Typed as people do.
    await page.fill('#secret', code.toLowerCase().replaceAll('-', ' '));
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Chưa có camera nào');
    await accessible(page);
    // The first run asks for the password too: one thing at a time is said above the wall.
    await page.waitForSelector('text=Làm tiếp');
    assert.equal(await page.locator('.banner').count(), 1);
    await page.click('nav.top a[href="/system"]');
    await page.fill('#new-password', 'ngắn');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=/Mật khẩu còn thiếu 11 ký tự/');
    await page.fill('#new-password', PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Đã lưu mật khẩu.');
    await page.click('nav.top a[href="/"]');
    await page.waitForSelector('text=Chưa có camera nào');
    assert.equal(await page.$('text=Đầu ghi chưa có mật khẩu'), null);
    await context.close();

    const again = await open(browser, PC, { fresh: true, expected: denied });
    await again.page.goto(`${recorder.url}/#code=${code}`);
    await again.page.waitForSelector('text=/Mã này không đúng, đã dùng rồi/');
    assert.equal(new URL(again.page.url()).hash, '', 'the code stays in the address');
    assert.deepEqual([...faults, ...again.faults], []);
    await again.context.close();
  },
);

test(
  'J15: a wrong password is told in words, the right one opens the page that was asked for, signing out closes it',
  needsRecorder,
  async () => {
    // Also where this is walked by itself.
    const owner = await open(browser, PC, { fresh: true });
    await enter(owner.page);
    assert.equal(await send(owner.page, 'PUT', 'me/password', { password: PASSWORD }), 204);
    await owner.context.close();
    const { context, page, faults } = await open(browser, PC, { fresh: true, expected: denied });
    await page.goto(`${recorder.url}/system`);
    await page.fill('#secret', 'sai mật khẩu rồi');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=/Mật khẩu không đúng/');
    await accessible(page);
    await page.fill('#secret', PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Tình trạng hệ thống');
    assert.equal(new URL(page.url()).pathname, '/system');
    await accessible(page);
    await page.click('text=Đăng xuất');
    await page.waitForSelector('#secret');
    await page.goto(`${recorder.url}/cameras`);
    await page.waitForSelector('#secret');
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test(
  'J13: the form tests a camera, says what is wrong and how to mend it, and adds it: it moves on the wall',
  needsRecorder,
  async () => {
    const { context, page, faults } = await open(browser, PC, { fresh: true });
    await enter(page);
    await page.getByRole('link', { name: 'Thêm camera' }).click();
    const dialog = page.locator('dialog[open]');
    const result = async () => {
      await dialog.locator('[data-action=test]').click();
      await page.waitForFunction(() => !document.querySelector('[data-action=test]').disabled);
      return dialog.textContent();
    };
    await dialog.getByText('Lưu', { exact: true }).click();
    await dialog.getByText('Hãy đặt tên cho camera.').waitFor();
    await fill(page, { name: 'Ngõ 1 – cổng làng', main: 'http://camera', sub: '' });
    await dialog.getByText('Lưu', { exact: true }).click();
    await dialog.getByText('Địa chỉ phải bắt đầu bằng rtsp://').waitFor();
    // Nothing listens on port 1.
    await fill(page, { name: 'Ngõ 1 – cổng làng', main: 'rtsp://127.0.0.1:1/main', sub: '' });
    assert.match(await result(), /Chưa dùng được.*Camera từ chối kết nối/s);
    await fill(page, { name: 'Ngõ 1 – cổng làng', ...lane('lane01'), password: 'sai' });
    await page.getByLabel('Tên', { exact: true }).fill('Ngõ 1 – cổng làng');
    assert.match(await result(), /Chưa dùng được.*Sai tên đăng nhập hoặc mật khẩu/s);
    await accessible(page);
    await page.getByLabel('Mật khẩu').fill(fleet.password);
    assert.match(await result(), /Luồng chính: Kết nối được.*H\.264.*Luồng phụ: Kết nối được/s);
    await accessible(page);
    await dialog.getByText('Lưu', { exact: true }).click();
    await page.waitForSelector('text=Đã lưu “Ngõ 1 – cổng làng”.');
    assert.ok(!(await page.content()).includes(fleet.password), 'the password is in the page');
    await page.click('nav.top a[href="/"]');
    await isLive(page, 'ngo-1-cong-lang');
    // Edited: another name, the password stays.
    await page.click('nav.top a[href="/cameras"]');
    await page.getByRole('button', { name: 'Sửa: Ngõ 1 – cổng làng' }).click();
    await page.getByLabel('Tên', { exact: true }).fill('Ngõ 1 – giếng làng');
    await dialog.getByText('Lưu', { exact: true }).click();
    await page.waitForSelector('text=Đã lưu “Ngõ 1 – giếng làng”.');
    await page.click('nav.top a[href="/"]');
    await page.waitForSelector('[data-tile][data-state="live"] >> text=Ngõ 1 – giếng làng');
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('a camera that only sends H.265 is told of in words everywhere, and nothing is just black', SWEEPS, async () => {
  const { context, page, faults } = await open(browser, PC, { fresh: true });
  await enter(page);
  await page.goto(`${recorder.url}/cameras?add=1`);
  await fill(page, lane('lane20'));
  const dialog = page.locator('dialog[open]');
  await dialog.locator('[data-action=test]').click();
  await dialog.getByText('H.265: nhiều máy tính không phát được. Nên đặt luồng phụ là H.264.').first().waitFor();
  await dialog.getByText('Lưu', { exact: true }).click();
  await page.waitForSelector('text=Đã lưu “lane20”.');
  await page.click('nav.top a[href="/"]');
  await page.waitForSelector(
    '[data-tile="lane20"] >> text=/Máy này không phát được H\\.265\\. Hãy đổi camera sang H\\.264/',
  );
  await page.goto(`${recorder.url}/c/lane20`);
  await page.waitForSelector('[data-stage="live"] >> text=/Máy này không phát được H\\.265/');
  // Its first key picture, and what is written a few seconds later.
  await eventually(
    page,
    async () => {
      const { items } = await (await fetch('/api/v1/cameras')).json();
      return Date.now() - Date.parse(items.find((c) => c.slug === 'lane20').oldest_at ?? '') > 5000;
    },
    null,
    60_000,
  );
  await page.getByRole('button', { name: 'Lùi 10 giây' }).click();
  await page.waitForSelector('[data-stage="playback"] [data-notice]');
  assert.match(
    await page.textContent('[data-stage="playback"] [data-notice]'),
    /không phát được H\.265|Không có bản ghi/,
  );
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});
