// J14: the site's channels: set, tried and taken away by who looks after the recorder, against a receiver on loopback; what is
// wrong is told in words. And what one wants to hear of: no camera is not all of them. With a recorder of its own.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { accessible, api, launch, open, PC, PHONE } from './browser.mjs';
import { lane, LOOPBACK, needsRecorder, Recorder } from './recorder.mjs';

let browser, recorder;
/** Whoever is called: what came, and the status that it answers. */
const receiver = { came: [], status: 204 };
before(async () => {
  browser = await launch();
  if (needsRecorder.skip) return;
  receiver.server = createServer((req, res) => {
    const parts = [];
    req.on('data', (part) => parts.push(part));
    req.on('end', () => {
      receiver.came.push({ headers: req.headers, body: JSON.parse(Buffer.concat(parts).toString()) });
      res.writeHead(receiver.status).end();
    });
  });
  await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${receiver.server.address().port}`;
  recorder = await Recorder.start({ config: LOOPBACK });
  recorder.add(lane('lane01'));
});
after(async () => {
  await browser?.close();
  await recorder?.close();
  receiver.server?.close();
});

async function enter(options, more = {}) {
  const opened = await open(browser, options, { fresh: true, ...more });
  await opened.page.goto(`${recorder.url}/#code=${recorder.code()}`);
  await opened.page.waitForSelector('[data-tile="lane01"][data-state="live"]');
  return opened;
}
const CARD = (name) => `[data-channel=${name}]`;

test(
  'J14: a webhook is set, tried and taken away; what is wrong and what came of the test is told in words',
  needsRecorder,
  async () => {
    const { context, page, faults } = await enter(PC);
    await page.goto(`${recorder.url}/alerts`);
    await page.click('[data-action=channels]');
    const hook = CARD('webhook');
    await page.waitForSelector(`${hook} form`);
    const url = `${hook} input[type=url]`;
    const write = async (text, shown) => {
      await page.fill(url, text);
      await page.click('[data-action=save-webhook]');
      await page.waitForSelector(`${hook} ${shown}`);
    };
    assert.ok(await page.isDisabled('[data-action=try-webhook]'), 'there is nothing to try');
    await write('hooks.example.vn', '[data-wrong="ch.wrong.url"]');
    await write('http://hooks.example.vn/x', '[data-wrong="ch.wrong.https"]');
    await write('http://192.168.77.1/x', '[data-wrong="ch.wrong.private"] >> text=192.168.77.1');
    await accessible(page);
    assert.equal((await api(page, 'alert-channels/webhook')).revision, 0, 'nothing of it was saved');
    await write(`${receiver.url}/canary`, '[data-key] code');
    await page.waitForSelector(`${hook} [data-key] button >> text=Chép khóa`);
    await page.waitForSelector(`${hook}[data-on=true] >> text=ĐANG BẬT`);
    await page.waitForSelector(`${hook} [data-secret=set] >> text=đã đặt`);
    await page.click('[data-action=try-webhook]');
    await page.waitForSelector(`${hook} [data-trial=delivered]`);
    const [came] = receiver.came.splice(0);
    assert.equal(came.body.type, 'alert.test');
    assert.match(came.headers['webhook-signature'], /^v1,/);
    // A receiver that knows nothing of the address, then one that is not there.
    receiver.status = 404;
    await page.click('[data-action=try-webhook]');
    await page.waitForSelector(`${hook} [data-trial=answer] >> text=/mã 404/`);
    await page.click(`${hook} [data-action=replace]`);
    // It is where one writes.
    await page.keyboard.type('http://127.0.0.1:9/x');
    assert.ok(await page.isDisabled('[data-action=try-webhook]'), 'what is tried is what is saved');
    await page.click('[data-action=save-webhook]');
    await page.waitForSelector(`${hook} >> text=Đã lưu`);
    await page.click('[data-action=try-webhook]');
    await page.waitForSelector(`${hook} [data-trial=connect]`);
    // Off, and gone; the address was shown nowhere.
    await page.reload();
    await page.waitForSelector(`${hook} [data-secret=set]`);
    assert.ok(!(await page.content()).includes('canary'));
    await page.click(`${hook} [data-action=remove]`);
    await page.click('[data-action=save-webhook]');
    await page.waitForSelector(`${hook}[data-on=false] >> text=ĐANG TẮT`);
    await page.waitForSelector(url);
    await accessible(page);
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test(
  'J14: on a phone, a siren for when no channel works is set and tried, and goes off by itself',
  needsRecorder,
  async () => {
    receiver.status = 204;
    receiver.came.length = 0;
    const { context, page, faults } = await enter(PHONE);
    await page.goto(`${recorder.url}/alerts/channels`);
    const relay = CARD('relay');
    await page.waitForSelector(`${relay} form`);
    await page.tap('[data-action=save-relay]');
    await page.waitForSelector(`${relay} [data-wrong="ch.wrong.empty"]`);
    await page.fill(`${relay} input[type=url]`, `${receiver.url}/siren`);
    await page.tap('[data-action=save-relay]');
    await page.waitForSelector(`${relay}[data-on=true]`);
    await page.tap('[data-action=try-relay]');
    await page.waitForSelector(`${relay} [data-trial=delivered]`);
    const said = () => receiver.came.map((c) => c.body.type);
    for (const begun = Date.now(); said().length < 2;) {
      assert.ok(Date.now() - begun < 60_000, `the siren goes off: ${said()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(said(), ['relay.on', 'relay.off']);
    await accessible(page);
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('J14: what a broker may do and see is said where it is allowed, and kept', needsRecorder, async () => {
  const { context, page, faults } = await enter(PHONE);
  await page.goto(`${recorder.url}/alerts/channels`);
  const mqtt = CARD('mqtt');
  await page.waitForSelector(`${mqtt} form`);
  await page.fill(`${mqtt} [data-field=host]`, '127.0.0.1');
  for (const what of ['commands', 'pictures']) {
    assert.equal(await page.locator(`${mqtt} [data-part=${what}]`).count(), 0);
    await page.tap(`${mqtt} [data-field=${what}]`);
    await page.waitForSelector(`${mqtt} [data-part=${what}] >> text=/bất cứ ai/`);
  }
  await accessible(page);
  await page.tap('[data-action=save-mqtt]');
  await page.waitForSelector(`${mqtt} >> text=Đã lưu`);
  await page.reload();
  await page.waitForSelector(`${mqtt} [data-field=pictures]:checked`);
  const { broker } = await api(page, 'alert-channels/mqtt');
  assert.deepEqual([broker.commands, broker.pictures], [true, true]);
  assert.deepEqual(faults, []);
  await context.close();
});

test('J14: Zalo is linked by a code that is sent to the bot', needsRecorder, async () => {
  const { context, page, faults } = await enter(PHONE);
  const zalo = '[data-part=zalo]';
  await page.goto(`${recorder.url}/alerts`);
  await page.waitForSelector('[data-part=prefs] [data-action=save-prefs]');
  assert.equal(await page.locator(zalo).count(), 0, 'there is no bot');
  await page.goto(`${recorder.url}/alerts/channels`);
  await page.fill(`${CARD('zalo')} input[type=password]`, '1903914807:AbCdEf-token');
  await page.tap('[data-action=save-zalo]');
  await page.waitForSelector(`${CARD('zalo')}[data-on=true]`);
  // The platform cannot be reached from here, or does not know this bot: the recorder says which.
  await page.goto(`${recorder.url}/alerts`);
  await page.tap('[data-action=link-zalo]');
  await page.waitForSelector(`${zalo}[data-state=failed] [role=alert]`, { timeout: 30_000 });
  // From here on as it answers.
  const none = { available: true, state: 'none', code: null, bot: null, seconds_left: null, name: null, step: null, answer: null }; // prettier-ignore
  let link = { ...none, state: 'waiting', code: '48213970', bot: 'bot.HoThon', seconds_left: 570 };
  await page.route('**/api/v1/me/zalo-link', (route) => route.fulfill({ json: link }));
  await page.tap('[data-action=link-zalo]');
  await page.waitForSelector(`${zalo} [data-code] >> text=4821 3970`);
  await page.waitForSelector(`${zalo} >> text=/bot.HoThon/`);
  await accessible(page);
  const prefs = await api(page, 'me/notification-prefs');
  await page.route('**/api/v1/me/notification-prefs', (route) =>
    route.request().method() === 'GET' ? route.fulfill({ json: { ...prefs, zalo: '1f6016' } }) : route.continue(),
  );
  link = { ...none, state: 'linked', name: 'Anh Bình' };
  await page.waitForSelector(`${zalo} >> text=/Anh Bình/`);
  // What was linked goes with whatever is saved next.
  await page.tap('[data-action=save-prefs]');
  await page.waitForSelector('[data-part=prefs] >> text=Đã lưu');
  await page.unroute('**/api/v1/me/notification-prefs');
  assert.equal((await api(page, 'me/notification-prefs')).zalo, '1f6016');
  await page.tap('[data-action=unlink-zalo]');
  await page.tap('[data-action=save-prefs]');
  await page.waitForFunction(async () => (await (await fetch('/api/v1/me/notification-prefs')).json()).zalo === null);
  // It asks for nothing more, and can be linked anew.
  await page.waitForSelector(`${zalo} [data-action=link-zalo]`);
  await accessible(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test(
  'J14: that no channel works, or nobody is left to be told, stands on every page, with a way to go on',
  needsRecorder,
  async () => {
    const { context, page, faults } = await enter(PHONE);
    let code = 'alerts_stuck';
    await page.route('**/api/v1/health', async (route) => {
      const answer = await (await route.fetch()).json();
      const stuck = { id: 'alerts', level: 'warn', code, params: { places: 2 }, since: new Date(Date.now() - 4e5).toISOString() }; // prettier-ignore
      await route.fulfill({ json: { ...answer, checks: [...answer.checks.filter((c) => c.id !== 'alerts'), stuck] } });
    });
    for (const path of ['/', '/alerts', '/system']) {
      await page.goto(`${recorder.url}${path}`);
      await page.waitForSelector('[data-banner=unsent] >> text=/Từ \\d\\d:\\d\\d/');
    }
    await accessible(page);
    await page.tap('[data-banner=unsent] a');
    await page.waitForURL(/\/alerts$/);
    await page.waitForSelector('[data-part=recent]');
    code = 'alerts_nobody_left';
    await page.goto(`${recorder.url}/`);
    await page.waitForSelector('[data-banner=unsent] >> text=/Từ \\d\\d:\\d\\d không còn điện thoại/');
    await page.tap('[data-banner=unsent] >> text=Bật lại cảnh báo');
    await page.waitForURL(/\/alerts$/);
    assert.deepEqual(faults, []);
    await context.close();
  },
);

test('J14: no camera is not all cameras: it is told, and not saved', needsRecorder, async () => {
  const { context, page, faults } = await enter(PHONE);
  const prefs = '[data-part=prefs]';
  const kept = async () => (await api(page, 'me/notification-prefs')).cameras;
  await page.goto(`${recorder.url}/alerts`);
  await page.waitForSelector(`${prefs} [data-which=all]:checked`);
  await page.tap(`${prefs} [data-which=some]`);
  await page.waitForSelector(`${prefs} [data-chosen="0"] >> text=/ít nhất một camera/`);
  await page.tap('[data-action=save-prefs]');
  await page.tap(`${prefs} [data-camera]`);
  await page.waitForSelector(`${prefs} [data-chosen="1"]`);
  await accessible(page);
  await page.tap('[data-action=save-prefs]');
  await page.waitForSelector(`${prefs} >> text=Đã lưu`);
  assert.equal((await kept()).length, 1);
  await page.reload();
  await page.waitForSelector(`${prefs} [data-which=some]:checked`);
  await page.tap(`${prefs} [data-which=all]`);
  await page.tap('[data-action=save-prefs]');
  await page.waitForSelector(`${prefs} >> text=Đã lưu`);
  assert.deepEqual(await kept(), []);
  assert.deepEqual(faults, []);
  await context.close();
});
