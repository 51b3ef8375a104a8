// Issue of people, in the app: somebody is invited, given two cameras, and sees those and no others; taken away, it ends at once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, api, launch, open, PC, PHONE, signIn, URL_BASE } from './browser.mjs';
import { needsFleet } from './recorder.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const PASSWORD = 'trâu cày ruộng cạn';

test(
  'somebody is invited by QR and link, given two cameras, sees only those, and is out at once when ended',
  needsFleet,
  async () => {
    const head = await open(browser, PC);
    await signIn(head.page);
    await head.page.waitForSelector('[data-tile][data-state="live"]');
    const cameras = (await api(head.page, 'cameras?limit=200')).items;
    const given = cameras.filter((c) => c.state === 'live').slice(0, 2);
    await head.page.goto(`${URL_BASE}/people`);
    await head.page.waitForSelector('[data-person=admin]');
    await accessible(head.page);
    await head.page.click('[data-action=open-invite]');
    await head.page.getByLabel('Họ tên').fill('Nguyễn Văn Đỗ');
    await head.page.uncheck('[data-field=all]');
    for (const c of given) await head.page.getByLabel(c.name, { exact: true }).check();
    await head.page.click('[data-action=invite]');
    const made = await head.page.waitForSelector('[data-invite]');
    const link = await made.getAttribute('data-invite');
    assert.match(link, /\/invite#[\w-]{40,}$/);
    assert.ok(await head.page.$eval('[data-invite] img', (img) => img.decode().then(() => img.naturalWidth > 100)));
    await head.page.waitForSelector('[data-invited="nguyen.van.do"]');
    await accessible(head.page);

    const guest = await open(browser, PHONE, { fresh: true, expected: [/401/, /403/] });
    await guest.page.goto(`${URL_BASE}/invite${new URL(link).hash}`);
    await guest.page.fill('#new', 'ngắn');
    await guest.page.click('[data-action=accept]');
    await guest.page.waitForSelector('.error-text');
    await accessible(guest.page);
    await guest.page.fill('#new', PASSWORD);
    await guest.page.click('[data-action=accept]');
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
    await again.context.close();

    await head.page.reload();
    await head.page.click('[data-person="nguyen.van.do"] [data-action=enable]');
    await guest.page.waitForSelector('#secret');
    assert.equal(await guest.page.$('video'), null, 'still shows pictures');
    await head.page.locator('[data-person="nguyen.van.do"] button[title="Xóa người này"]').click();
    await head.page.click('[data-action=remove-sure]');
    await head.page.waitForSelector('[data-person="nguyen.van.do"]', { state: 'detached' });
    assert.deepEqual(head.faults, []);
    await guest.context.close();
    await head.context.close();
  },
);
