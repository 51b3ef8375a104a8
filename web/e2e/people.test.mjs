// Issue of people, in the app: somebody is invited, given two cameras, and sees those and no others; taken away, it ends at once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, eventually, launch, open, PC, PHONE, send, signedIn, URL_BASE } from './browser.mjs';
import { needsFleet } from './recorder.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const PASSWORD = 'trâu cày ruộng cạn';

test(
  'somebody is invited by QR and link, given two cameras, sees only those, and is out at once when ended',
  needsFleet,
  async () => {
    const head = await open(browser, PC, { expected: [/403.*\/people\//] });
    await signedIn(head.page);
    const cameras = (await api(head.page, 'cameras?limit=200')).items;
    const given = cameras.filter((c) => c.state === 'live').slice(0, 2);
    await head.page.goto(`${URL_BASE}/people`);
    await head.page.waitForSelector('[data-person=admin]');
    await accessible(head.page);
    await head.page.click('[data-action=open-invite]');
    await head.page.getByLabel('Họ tên').fill('Nguyễn Văn Đỗ');
    await head.page.uncheck('[data-field=all]');
    for (const c of given) await head.page.getByLabel(c.name, { exact: true }).selectOption('full');
    await head.page.click('[data-action=invite]');
    const made = await head.page.waitForSelector('[data-invite]');
    const link = await made.getAttribute('data-invite');
    assert.match(link, /\/invite#[\w-]{40,}$/);
    assert.ok(await head.page.$eval('[data-invite] img', (img) => img.decode().then(() => img.naturalWidth > 100)));
    await head.page.waitForSelector('[data-invited="nguyen.van.do"]');
    await accessible(head.page);
    // Another of that name gets a sign-in name that is free, and the first invite stays open.
    await head.page.getByLabel('Họ tên').fill('Nguyễn Văn Đỗ');
    await head.page.waitForSelector('[data-form=invite] input[placeholder="nguyen.van.do2"]');

    const guest = await open(browser, PHONE, { fresh: true, expected: [/401/, /403/] });
    await guest.page.goto(`${URL_BASE}/invite${new URL(link).hash}`);
    await guest.page.fill('#new', 'ngắn');
    await guest.page.click('[data-action=accept]');
    await guest.page.waitForSelector('.error-text');
    await accessible(guest.page);
    await guest.page.fill('#new', PASSWORD);
    await guest.page.click('[data-action=accept]');
    // Alerts on this device are offered at once, and can be left for later.
    await guest.page.waitForSelector('[data-welcome] [data-part=device]');
    // What it is called by is said: the installed app asks for it.
    await guest.page.waitForSelector('[data-part=sign-in-name] >> text=/nguyen.van.do/i');
    await accessible(guest.page);
    await guest.page.tap('[data-action=enter]');
    await guest.page.waitForSelector('[data-tile][data-state="live"]');
    const seen = await guest.page.$$eval('[data-tile]', (all) => all.map((e) => e.dataset.tile));
    assert.deepEqual(seen.sort(), given.map((c) => c.slug).sort());
    assert.deepEqual((await api(guest.page, 'me')).rights.includes('settings'), false);
    const other = cameras.find((c) => !given.some((g) => g.id === c.id));
    assert.equal(
      await guest.page.evaluate((id) => fetch(`/api/v1/cameras/${id}`).then((r) => r.status), other.id),
      404,
    );
    assert.equal((await guest.page.content()).includes(other.id), false);
    // The link is good once.
    const late = await open(browser, PHONE, { fresh: true, expected: [/401/, /404/] });
    await late.page.goto(`${URL_BASE}/invite${new URL(link).hash}`);
    await late.page.fill('#new', PASSWORD);
    await late.page.click('[data-action=accept]');
    await late.page.waitForSelector('.error-text >> text=đã dùng hoặc đã hết hạn');
    await late.context.close();

    // By name and password, as later on.
    const again = await open(browser, PC, { fresh: true, expected: [/401/] });
    await again.page.goto(`${URL_BASE}/login`);
    await again.page.waitForSelector('button.other');
    // Before the administrator has a password the page begins with the code.
    if (!(await again.page.$('#name'))) await again.page.click('button.other');
    await again.page.fill('#name', 'Nguyen.Van.Do');
    await again.page.fill('#secret', PASSWORD);
    await again.page.keyboard.press('Enter');
    await again.page.waitForSelector('[data-tile][data-state="live"]');
    // Everybody sees where they are signed in; whoever manages them, too, and ends it there.
    await guest.page.goto(`${URL_BASE}/system`);
    await guest.page.waitForSelector('[data-part=sessions] [data-session=false] [data-action=end-session]');
    await accessible(guest.page);
    await guest.page.goto(URL_BASE);
    await guest.page.waitForSelector('[data-tile][data-state="live"]');
    await head.page.reload();
    const theirs = '[data-person="nguyen.van.do"] [data-session]';
    await head.page.click('[data-person="nguyen.van.do"] [data-action=show-sessions]');
    await head.page.waitForSelector(theirs);
    assert.equal(await head.page.locator(theirs).count(), 2);
    await accessible(head.page);
    // The newest comes first.
    await head.page.locator(`${theirs} [data-action=end-session]`).first().click();
    await again.page.waitForSelector('#secret');
    await eventually(head.page, (rows) => document.querySelectorAll(rows).length === 1, theirs);
    await again.context.close();

    // Whoever has forgotten their password sets another by a link; where they were signed in they are not any more.
    await head.page.click('[data-person="nguyen.van.do"] [data-action=renew]');
    const renewed = await head.page.locator('[data-person="nguyen.van.do"] [data-invite]').getAttribute('data-invite');
    await accessible(head.page);
    const phone = await open(browser, PHONE, { fresh: true, expected: [/401/, /403/, /422/] });
    await phone.page.goto(`${URL_BASE}/invite${new URL(renewed).hash}`);
    await phone.page.fill('#new', 'trâu cày ruộng cạn');
    await phone.page.click('[data-action=accept]');
    await phone.page.tap('[data-action=enter]');
    await phone.page.waitForSelector('[data-tile][data-state="live"]');
    assert.equal(await phone.page.locator('[data-tile]').count(), given.length, 'they see what they saw');
    await guest.page.waitForSelector('#secret');

    // Of one of them they are to see live pictures only, from then on.
    await head.page.reload();
    await head.page.click('[data-person="nguyen.van.do"] [data-action=reach]');
    await head.page.getByLabel(given[1].name, { exact: true }).selectOption('live');
    await accessible(head.page);
    await head.page.click('[data-form=reach] button.primary');
    await head.page.waitForSelector('[data-form=reach]', { state: 'detached' });
    await phone.page.goto(`${URL_BASE}/c/${given[1].slug}`);
    await phone.page.waitForSelector('[data-no-right=live_only]');
    await accessible(phone.page);
    await phone.page.goto(`${URL_BASE}/c/${given[0].slug}`);
    await phone.page.waitForSelector('[role=slider]');
    await phone.page.goto(URL_BASE);
    await phone.page.waitForSelector('[data-tile][data-state="live"]');
    assert.equal(await phone.page.locator('[data-tile]').count(), given.length);

    // A phone that has been signed in for long asks for the password before what could do harm, and goes on by itself.
    let refused = 0;
    await phone.page.route('**/api/v1/me/password', (route) =>
      refused++ ? route.continue() : route.fulfill({ status: 403, json: { code: 'password_needed' } }),
    );
    await phone.page.goto(`${URL_BASE}/system`);
    await phone.page.fill('#new-password', 'đò ngang sang sông');
    await phone.page.click('form:has(#new-password) button.primary');
    await phone.page.fill('#password-again', 'không phải');
    await phone.page.keyboard.press('Enter');
    await phone.page.waitForSelector('#password-again-help >> text=Mật khẩu không đúng');
    await accessible(phone.page);
    await phone.page.fill('#password-again', PASSWORD);
    await phone.page.keyboard.press('Enter');
    await phone.page.waitForSelector('#password-again', { state: 'detached' });
    await phone.page.waitForSelector('#new-password-help >> text=Đã lưu');
    assert.equal(refused, 2);

    await head.page.reload();
    await head.page.click('[data-person="nguyen.van.do"] [data-action=enable]');
    await phone.page.waitForSelector('#secret');
    assert.equal(await phone.page.$('video'), null, 'still shows pictures');
    await phone.context.close();
    // A role that is refused does not stay chosen.
    await head.page.waitForSelector('[data-person="nguyen.van.do"].ended');
    const box = head.page.locator('[data-person="nguyen.van.do"] select').first();
    const forbid = (route) => route.fulfill({ status: 403, json: { code: 'forbidden' } });
    await head.page.route('**/api/v1/people/*', forbid);
    await box.selectOption('viewer');
    await head.page.waitForSelector('.page > .error-text');
    await eventually(
      head.page,
      (e) => document.querySelector(e).value === 'guard',
      '[data-person="nguyen.van.do"] select',
    );
    await head.page.unroute('**/api/v1/people/*', forbid);
    // Whether to remove is asked first, and can be answered with no.
    const bin = head.page.locator('[data-person="nguyen.van.do"] button[title="Xóa người này"]');
    await bin.click();
    await head.page.waitForSelector('[data-action=remove-sure]');
    await accessible(head.page);
    await head.page.keyboard.press('Escape');
    await head.page.waitForSelector('[data-action=remove-sure]', { state: 'detached' });
    assert.ok(await bin.evaluate((e) => e === document.activeElement), 'one goes on where one was');
    await bin.click();
    await head.page.click('[data-action=remove-sure]');
    await head.page.waitForSelector('[data-person="nguyen.van.do"]', { state: 'detached' });
    assert.deepEqual(head.faults, []);
    await guest.context.close();
    await head.context.close();
  },
);

test(
  'each role is shown what it may do, and asks for nothing else; other pages say whom to ask',
  needsFleet,
  async () => {
    const head = await open(browser, PC);
    await signedIn(head.page);
    const { slug } = (await api(head.page, 'cameras?limit=200')).items.find((c) => c.state === 'live');
    const SHOWN = {
      viewer: { nav: 0, more: ['/cameras', '/system'], closed: { '/events': 'playback', [`/c/${slug}`]: 'playback', '/exports': 'export' } }, // prettier-ignore
      guard: { nav: 2, more: ['/alerts', '/exports', '/sync', '/cameras', '/health', '/system'], closed: { [`/c/${slug}/zones`]: 'zones', '/people': 'people', '/alerts/channels': 'settings' } }, // prettier-ignore
      head: { nav: 2, more: ['/alerts', '/exports', '/sync', '/cameras', '/health', '/people', '/system'], closed: { '/setup': 'settings', '/alerts/channels': 'settings' } }, // prettier-ignore
    };
    for (const [role, { nav, more, closed }] of Object.entries(SHOWN)) {
      const name = `vai.${role}.${Date.now() % 100_000}`;
      const body = JSON.stringify({ name, display_name: name, role, reach: null });
      const made = await head.page.evaluate((b) => fetch('/api/v1/invites', { method: 'POST', headers: { 'content-type': 'application/json' }, body: b }).then((r) => r.json()), body); // prettier-ignore
      const { page, context, faults } = await open(browser, PHONE, { fresh: true, expected: [/401/] });
      await page.goto(`${URL_BASE}/invite${new URL(made.url).hash}`);
      await page.fill('#new', PASSWORD);
      await page.click('[data-action=accept]');
      await page.waitForSelector(`[data-part=sign-in-name] >> text=${name}`);
      // Who only watches is not told of anything.
      assert.equal(await page.locator('[data-part=device]').count(), nav ? 1 : 0, role);
      assert.equal((await page.locator('[data-part=install] [data-awake]').count()) > 0, nav > 0, role);
      await page.tap('[data-action=enter]');
      await page.waitForSelector('[data-tile][data-state="live"]');
      assert.equal(await page.$$eval('nav.bottom a:not([href="/"])', (all) => all.length), nav, role);
      await page.tap('.bottom [data-action=more]');
      await page.waitForSelector('[data-more=help]');
      assert.deepEqual(await page.$$eval('a[data-more]', (all) => all.map((a) => a.dataset.more)), more, role);
      await page.keyboard.press('Escape');
      // Everybody reads that footage is not kept; what can be done is shown to whoever may open it.
      const full = { id: 'disk', level: 'error', code: 'disk_full', params: {}, since: new Date().toISOString() };
      await page.route(/\/api\/v1\/health$/, (route) =>
        route.fulfill({ json: { status: 'degraded', checks: [full] } }),
      );
      await page.goto(`${URL_BASE}/cameras`);
      await page.waitForSelector('main li');
      await page.waitForSelector('[data-banner=trouble][data-code=disk_full]');
      assert.equal(await page.locator('[data-banner=trouble] a').count(), nav ? 1 : 0, role);
      await page.unroute(/\/api\/v1\/health$/);
      assert.equal(await page.$('[data-action=add]'), null, role);
      for (const [path, right] of Object.entries(closed)) {
        await page.goto(`${URL_BASE}${path}`);
        await page.waitForSelector(`[data-no-right=${right}]`);
      }
      await accessible(page);
      if (role === 'head') {
        // They manage those below them, and give no more.
        await page.goto(`${URL_BASE}/people`);
        await page.waitForSelector('[data-person=admin]');
        assert.equal(await page.locator('[data-person=admin] button').count(), 0);
        await page.tap('[data-action=open-invite]');
        assert.deepEqual(await page.$$eval('[data-field=role] option', (all) => all.map((o) => o.value)), ['viewer', 'guard']); // prettier-ignore
      }
      assert.deepEqual(faults, [], role);
      await context.close();
      const { id } = (await api(head.page, 'people')).items.find((p) => p.name === name);
      await send(head.page, 'DELETE', `people/${id}`);
    }
    assert.deepEqual(head.faults, []);
    await head.context.close();
  },
);
