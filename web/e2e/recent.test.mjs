// J14: an alert without an event - a camera that is lost - stands on the alerts page with how far it came; one of the team
// takes care of it there, and another sees who did. With a recorder of its own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, call, eventually, launch, open, PC, PHONE } from './browser.mjs';
import { PushService } from './push-service.mjs';
import { fault, lane, LOOPBACK, needsRecorder, Recorder } from './recorder.mjs';

let browser, recorder, service;
before(async () => {
  browser = await launch();
  if (needsRecorder.skip) return;
  service = await PushService.start();
  recorder = await Recorder.start({ config: LOOPBACK });
  // No wall has this one: the other journeys go on meanwhile.
  recorder.add(lane('lane20'));
});
after(async () => {
  if (!needsRecorder.skip) await fault('lane20', 'on');
  await browser?.close();
  await recorder?.close();
  service?.close();
});

test(
  'J14: an alert without an event is listed with how far it came, handled by one, and another sees who did',
  needsRecorder,
  async () => {
    const head = await open(browser, PHONE, { fresh: true });
    await head.page.goto(`${recorder.url}/#code=${recorder.code()}`);
    await head.page.waitForSelector('[data-tile="lane20"]');
    await eventually(head.page, async () => (await (await fetch('/api/v1/cameras/lane20')).json()).state === 'live');
    await head.page.goto(`${recorder.url}/alerts`);
    await head.page.waitForSelector('[data-part=recent]');
    const told = await call(head.page, 'POST', 'push-subscriptions', {
      ...service.subscription(),
      name: 'Điện thoại thử',
    });
    assert.ok(told.id, JSON.stringify(told));

    await fault('lane20', 'off');
    const row = '[data-part=recent] [data-kind=camera_lost]';
    // The recorder waits twenty seconds before it calls a camera lost; the page learns of it by itself.
    await head.page.waitForSelector(`${row}[data-handled=false] >> text=lane20: mất hình`, { timeout: 120_000 });
    await head.page.waitForSelector(`${row} >> text=/Gửi được 1.1 tin/`, { timeout: 60_000 });
    assert.equal(await head.page.getAttribute(`${row} a`, 'href'), '/c/lane20');
    await accessible(head.page);
    const small = await head.page.$$eval(`${row} :is(a, button)`, (all) =>
      all.filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML),
    );
    assert.deepEqual(small, [], 'touch targets');
    await head.page.setViewportSize({ width: 360, height: 800 });
    assert.equal(await head.page.$eval('#main', (e) => e.scrollWidth - e.clientWidth), 0, 'fits 360 px');

    // Somebody else has it open meanwhile.
    const made = await call(head.page, 'POST', 'invites', {
      name: 'to.an.ninh',
      display_name: 'Tổ',
      role: 'guard',
      reach: null,
    });
    const guard = await open(browser, PC, { fresh: true, expected: [/401/] });
    await guard.page.goto(`${recorder.url}/invite${new URL(made.url).hash}`);
    await guard.page.fill('#new', 'trâu cày ruộng cạn');
    await guard.page.click('[data-action=accept]');
    await guard.page.waitForSelector('[data-action=enter]');
    await guard.page.goto(`${recorder.url}/alerts`);
    await guard.page.waitForSelector(`${row}[data-handled=false] [data-action=handle-alert]`);

    await head.page.tap(`${row} [data-action=handle-alert]`);
    await head.page.getByRole('button', { name: 'Đã gọi điện' }).tap();
    await accessible(head.page);
    await head.page.tap('[data-action=save-handled]');
    const said = 'text=/admin đã xử lý lúc \\d\\d:\\d\\d: Đã gọi điện/';
    await head.page.waitForSelector(`${row}[data-handled=true] >> ${said}`);
    assert.equal(await head.page.$(`${row} [data-action=handle-alert]`), null);
    // By mistake: it is taken back, and said once more.
    await head.page.tap('[data-action=undo-mark]');
    await guard.page.waitForSelector(`${row}[data-handled=false] [data-action=handle-alert]`, { timeout: 60_000 });
    await head.page.tap(`${row}[data-handled=false] [data-action=handle-alert]`);
    await head.page.getByRole('button', { name: 'Đã gọi điện' }).tap();
    await head.page.tap('[data-action=save-handled]');
    await head.page.waitForSelector(`${row}[data-handled=true] >> ${said}`);
    await guard.page.waitForSelector(`${row}[data-handled=true] >> ${said}`, { timeout: 60_000 });
    const [alert] = (await api(guard.page, 'alerts')).items.filter((a) => a.kind === 'camera_lost');
    assert.equal(alert.handled.by, 'admin');
    assert.deepEqual(alert.events, []);
    assert.deepEqual(head.faults.concat(guard.faults), []);
    for (const c of [head.context, guard.context]) await c.close();
  },
);
