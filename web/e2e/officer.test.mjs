// S10, S12: what the IT officer sets after the first run: what is recorded and how long it stays, the place's name and zone;
// and what the pages say when something is wrong with the disk or cannot be worked out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, launch, open, PC, PHONE, signedIn, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const saved = (page, path) => page.waitForResponse((r) => r.request().method() === 'PATCH' && r.url().includes(path));
const FIELDS = ['record_main', 'record_sub', 'days_min', 'days_max'];

test('a camera: what of it is recorded and for how many days, said in words and kept', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  const camera = (await api(page, 'cameras?limit=200')).items.find((c) => c.state === 'live' && c.renditions.length === 2); // prettier-ignore
  const before = Object.fromEntries(FIELDS.map((f) => [f, f.startsWith('days') ? camera[f] : true]));
  const edit = async () => {
    await page.goto(`${URL_BASE}/cameras`);
    await page.getByRole('button', { name: `Sửa: ${camera.name}`, exact: true }).click();
    await page.waitForSelector('dialog[open] fieldset');
  };
  const save = () => page.locator('dialog[open]').getByText('Lưu', { exact: true }).click();
  await edit();
  assert.ok(await page.isChecked('[name=record_main]'));
  await page.uncheck('[name=record_sub]');
  await page.getByText('Không ghi hình nhẹ thì').waitFor();
  await page.fill('[name=days_min]', '9');
  await page.fill('[name=days_max]', '7');
  await save();
  await page.getByText('không được ít hơn').waitFor();
  assert.equal(await page.getAttribute('[name=days_max]', 'aria-invalid'), 'true');
  await page.fill('[name=days_max]', '30');
  await accessible(page);
  const [answer] = await Promise.all([saved(page, 'cameras/'), save()]);
  assert.equal(answer.status(), 200);
  const sent = answer.request().postDataJSON();
  assert.deepEqual(FIELDS.map((f) => sent[f]), [true, false, 9, 30]); // prettier-ignore
  const now = (await api(page, `cameras/${camera.id}`)).renditions.map((r) => [r.id, r.record]);
  assert.deepEqual(now, [['main', true], ['sub', false]]); // prettier-ignore

  await edit();
  assert.deepEqual([await page.inputValue('[name=days_min]'), await page.inputValue('[name=days_max]')], ['9', '30']);
  assert.equal(await page.isChecked('[name=record_sub]'), false);
  await page.uncheck('[name=record_main]');
  await page.getByText('chỉ xem trực tiếp').waitFor();
  await page.check('[name=record_main]');
  await page.check('[name=record_sub]');
  for (const f of ['days_min', 'days_max']) await page.fill(`[name=${f}]`, before[f] === null ? '' : String(before[f]));
  const [back] = await Promise.all([saved(page, 'cameras/'), save()]);
  assert.deepEqual(FIELDS.map((f) => back.request().postDataJSON()[f]), FIELDS.map((f) => before[f])); // prettier-ignore
  assert.deepEqual(faults, []);
  await context.close();
});

test('the place: its name, its word for a lane and its zone are changed on the System page, and shown at once', async () => {
  const { context, page, faults } = await open(browser, PC);
  await signedIn(page);
  const before = await api(page, 'site');
  await page.goto(`${URL_BASE}/system`);
  const form = page.locator('[data-form=site]');
  await form.getByLabel('Tên nơi này').fill('Thôn Đoài');
  await form.getByLabel('Ở đây gọi lối đi là gì?').fill('Xóm');
  await form.locator('select').selectOption('Asia/Tokyo');
  await page.click('[data-action=save-site]');
  await form.getByText('Đã lưu.').waitFor();
  await page.waitForFunction(() => document.title.startsWith('Thôn Đoài'));
  await page.getByText('theo múi giờ Asia/Tokyo').waitFor();
  const now = await api(page, 'site');
  assert.deepEqual([now.name, now.words.lane, now.time_zone], ['Thôn Đoài', 'Xóm', 'Asia/Tokyo']);
  await page.evaluate(
    ({ name, words, time_zone }) =>
      fetch('/api/v1/site', {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, words, time_zone }),
      }),
    before,
  );
  assert.deepEqual(faults, []);
  await context.close();
});

test('the machine: how busy it is, its memory and its address, where people look first', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  const { machine } = await api(page, 'health');
  assert.ok(machine.memory_free_bytes > 0 && machine.memory_free_bytes <= machine.memory_bytes);
  await page.goto(`${URL_BASE}/health`);
  const told = await page.locator('[data-machine]').textContent();
  assert.match(told, /Tải [\d,]+ trên \d+ lõi/);
  assert.match(told, /còn trống [\d,]+ .B trên [\d,]+ .B/);
  if (machine.address) assert.ok(told.includes(machine.address));
  await page.route(/\/api\/v1\/health$/, async (route) => {
    const body = await (await route.fetch()).json();
    return route.fulfill({ json: { ...body, machine: { ...machine, cpus: 2, load: 7.5, memory_bytes: 4e9, memory_free_bytes: 1e8 } } }); // prettier-ignore
  });
  await page.reload();
  await page.getByText('máy đang quá tải').waitFor();
  await page.getByText('sắp hết bộ nhớ').waitFor();
  await accessible(page);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  assert.deepEqual(faults, []);
  await context.close();
});

test('a forecast that fails is said, and asked for again', async () => {
  const { context, page, faults } = await open(browser, PC, { expected: [/503/] });
  await signedIn(page);
  let busy = true;
  await page.route(/\/storage\/forecast/, (route) =>
    busy
      ? route.fulfill({ status: 503, contentType: 'application/problem+json', json: { code: 'unavailable' } })
      : route.continue(),
  );
  await page.goto(`${URL_BASE}/health`);
  const part = page.locator('[data-section=storage]');
  await part.getByText('Chưa tính được lưu bao nhiêu ngày').waitFor();
  await accessible(page);
  busy = false;
  // Unless it has been asked for again by itself.
  await page.click('[data-action=retry-forecast]', { timeout: 5000 }).catch(() => {});
  await part.locator('.forecast').waitFor();
  assert.equal(await part.locator('[data-problem]').count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test('whatever is wrong with the recorder, the health page says what to do, and the System page names no code', async () => {
  const { context, page, faults } = await open(browser, PHONE);
  await signedIn(page);
  const CODES = {
    disk: ['disk_absent', 'disk_error', 'disk_full', 'disk_nearly_full', 'nothing_to_delete', 'deleting_fails', 'days_min_broken'],
    recording: ['not_recorded'], catalogue: ['catalogue_held'], motion: ['motion_file', 'not_watched'], clock: ['camera_clock_off', 'clock_doubted'], cameras: ['cameras_offline'],
  }; // prettier-ignore
  const params = { path: '/srv/lanewatch', cameras: 2, offline: 2, total: 19, offset_s: 42 };
  // One of each part at a time, as the recorder tells them.
  const rounds = Math.max(...Object.values(CODES).map((codes) => codes.length));
  const told = (round) => Object.entries(CODES).flatMap(([id, codes]) => codes.slice(round, round + 1).map((code) => ({ id, level: 'error', code, params, since: null }))); // prettier-ignore
  let i = 0;
  await page.route(/\/api\/v1\/health$/, (route) =>
    route.fulfill({ json: { status: 'degraded', checks: told(i % rounds), now: new Date().toISOString() } }),
  );
  for (; i < rounds; i++) {
    await page.goto(`${URL_BASE}/health`);
    for (const { code } of told(i)) {
      const said = page.locator(`[data-check=${code}]`);
      await said.waitFor();
      assert.ok((await said.locator('p').first().textContent()).length > 20, `${code}: nothing says what to do`);
    }
  }
  for (const [state, trouble] of [['absent', null], ['suspect', null], ['retired', null], ['ok', 'nothing_to_delete'], ['ok', 'deleting_fails'], ['ok', 'days_min_broken']]) {
    await page.unroute(/\/api\/v1\/storage$/);
    await page.route(/\/api\/v1\/storage$/, async (route) => {
      const body = await (await route.fetch()).json();
      return route.fulfill({ json: { ...body, volumes: body.volumes.map((v) => ({ ...v, state, trouble })) } });
    });
    await page.goto(`${URL_BASE}/system`);
    const words = await page.locator(`[data-volume=${state}]`).first().textContent();
    assert.doesNotMatch(words, /absent|suspect|retired|_|ổ tốt/, `${state} ${trouble}`);
  } // prettier-ignore
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  assert.deepEqual(faults, []);
  await context.close();
});
