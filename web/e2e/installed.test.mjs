// The installed app: it opens without the recorder from what it kept, says so, keeps nothing that is secret, and
// forgets on signing out. Needs a browser that trusts the address: loopback, or HTTPS.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, open, signIn, PHONE, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const kept = (page) =>
  page.evaluate(async () => {
    const out = [];
    for (const name of await caches.keys())
      for (const request of await (await caches.open(name)).keys()) out.push(`${name} ${request.url}`);
    return out;
  });
const hide = (page) =>
  page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    delete document.hidden;
  });

test('J15, phone: a start without a network shows the shell and the last pictures with their age; signing out forgets them', async () => {
  const gone = [/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|WebSocket connection/];
  const { context, page, faults } = await open(browser, { ...PHONE, serviceWorkers: 'allow' }, { expected: gone });
  await signIn(page);
  await page.waitForSelector('[data-tile][data-state="live"]');
  await page.evaluate(() => navigator.serviceWorker.ready);
  // Left for another app: the moment at which the last pictures are kept.
  await hide(page);
  await eventually(page, async () => {
    const names = await caches.keys();
    if (!names.includes('lanewatch-kept')) return false;
    return (await (await caches.open('lanewatch-kept')).keys()).some((r) => r.url.includes('/kept/still/'));
  });
  const all = await kept(page);
  assert.ok(all.some((x) => /lanewatch-shell-\w+ .*\/assets\/index-/.test(x)));
  // Any of those that were live just then.
  const slug = all.map((x) => /\/kept\/still\/(.+)$/.exec(x)?.[1]).find(Boolean);
  const name = (await page.textContent(`[data-tile="${slug}"] .name`)).trim();
  assert.deepEqual(all.filter((x) => /\/api\/|code=|\/s\//.test(x)), [], 'keeps answers or secrets'); // prettier-ignore

  await context.setOffline(true);
  await page.reload();
  await page.waitForSelector('[data-offline=network]');
  assert.match(await page.textContent('h1'), /Mất mạng/);
  const still = page.locator('[data-still]', { hasText: name });
  assert.match(await still.textContent(), /(vừa xong|phút trước).*chụp lúc \d\d:\d\d/s);
  assert.match(await still.locator('img').evaluate((e) => getComputedStyle(e).filter), /grayscale/);
  assert.equal(await page.$('[data-dot=green], .rec'), null, 'looks live');
  await accessible(page);

  await context.setOffline(false);
  await page.waitForSelector('[data-tile][data-state="live"]');
  await page.goto(`${URL_BASE}/system`);
  await page.getByRole('button', { name: 'Đăng xuất', exact: true }).click();
  await page.waitForSelector('#secret');
  await eventually(page, async () => !(await caches.keys()).includes('lanewatch-kept'));
  assert.deepEqual(faults, []);
  await context.close();
});

test('the manifest names icons that are there, in their sizes', async () => {
  const { context, page, faults } = await open(browser, PHONE, { fresh: true });
  await page.goto(`${URL_BASE}/login`);
  const wrong = await page.evaluate(async () => {
    const href = document.querySelector('link[rel=manifest]').href;
    const manifest = await (await fetch(href)).json();
    const out = manifest.icons.some((i) => i.purpose === 'maskable') ? [] : ['none is maskable'];
    for (const icon of manifest.icons.filter((i) => i.type === 'image/png')) {
      const picture = await createImageBitmap(await (await fetch(icon.src)).blob());
      if (`${picture.width}x${picture.height}` !== icon.sizes) out.push(icon.src);
    }
    return out;
  });
  assert.deepEqual(wrong, []);
  assert.deepEqual(faults, []);
  await context.close();
});
