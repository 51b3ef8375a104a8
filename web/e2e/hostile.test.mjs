// What others write and where others lead: names and notes that would be markup are text on every page, and a page of another
// origin changes nothing and sees nothing with the cookie of whoever is signed in.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { api, call, launch, open, PC, send, signedIn, URL_BASE } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(async () => browser?.close());

const IMAGE = '<img src=x onerror="ran=1">';
const SCRIPT = '"><script>ran=1</script>';
const ADDRESS = 'javascript:ran=1//';
const PASSWORD = 'trâu cày ruộng cạn';

/** A change for which one says what one has seen. */
const patch = (page, path, revision, body) =>
  page.evaluate(
    async ([p, r, b]) => (await fetch(`/api/v1/${p}`, { method: 'PATCH', headers: { 'content-type': 'application/json', 'if-match': `"${r}"` }, body: JSON.stringify(b) })).status,
    [path, revision, body],
  ); // prettier-ignore

test('names and notes that would be markup are shown as they are written, and nothing of them runs', async () => {
  const { context, page, faults } = await open(browser, PC);
  await context.addInitScript(() => addEventListener('securitypolicyviolation', (e) => console.error(`refused ${e.violatedDirective}`))); // prettier-ignore
  await signedIn(page);
  const camera = (await api(page, 'cameras?limit=200')).items.findLast((c) => c.state === 'live');
  const at = Date.now() - 8000;
  const iso = (ms) => new Date(ms).toISOString();
  const undo = [];
  try {
    const rename = async (name) => patch(page, `cameras/${camera.id}`, (await api(page, `cameras/${camera.id}`)).revision, { name }); // prettier-ignore
    undo.push(async () => assert.equal(await rename(camera.name), 200));
    assert.equal(await rename(IMAGE), 200);
    const made = async (path, body) => {
      const { id } = await call(page, 'POST', path, body);
      assert.ok(id, path);
      undo.push(async () => assert.equal(await send(page, 'DELETE', `${path}/${id}`), 204));
    };
    await made('layouts', { name: SCRIPT, grid: '2x2', cameras: [] });
    await made('bookmarks', { camera: camera.id, at: iso(at), note: SCRIPT });
    await made('locks', { camera: camera.id, from: iso(at - 2000), to: iso(at + 2000), note: ADDRESS });
    const invite = await call(page, 'POST', 'invites', { name: 'ke.xau', display_name: ADDRESS + IMAGE, role: 'viewer', reach: null }); // prettier-ignore
    const accepted = await fetch(`${URL_BASE}/api/v1/invites:accept`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: URL_BASE },
      body: JSON.stringify({ token: new URL(invite.url).hash.slice(1), password: PASSWORD }),
    });
    assert.equal(accepted.status, 204);
    const { id } = (await api(page, 'people')).items.find((p) => p.name === 'ke.xau');
    undo.push(async () => assert.equal(await send(page, 'DELETE', `people/${id}`), 204));

    const says = (text) => page.waitForFunction((t) => document.querySelector('main')?.innerText.includes(t), text);
    const walk = {
      '/': async () => {
        await says(IMAGE);
        await page.waitForSelector('[data-action=layout] optgroup option', { state: 'attached' });
        assert.ok((await page.locator('[data-action=layout] option').allTextContents()).includes(SCRIPT));
      },
      [`/?c=${camera.slug}`]: () => says(IMAGE),
      [`/c/${camera.slug}`]: () => page.waitForFunction((t) => document.body.innerText.includes(t), IMAGE),
      [`/c/${camera.slug}?t=${encodeURIComponent(iso(at))}`]: async () => {
        await page.click('[data-action=keep]');
        await page.waitForFunction((t) => document.querySelector('[data-kept=bookmark]')?.innerText.includes(t), SCRIPT); // prettier-ignore
        await page.waitForFunction((t) => document.querySelector('[data-kept=lock]')?.innerText.includes(t), ADDRESS);
      },
      [`/events?c=${camera.slug}`]: () =>
        page.waitForFunction((t) => [...document.querySelectorAll('[data-filter=camera] option')].some((o) => o.textContent === t), IMAGE), // prettier-ignore
      '/cameras': () => says(IMAGE),
      '/people': () => says(ADDRESS + IMAGE),
    };
    for (const [path, shown] of Object.entries(walk)) {
      await page.goto(`${URL_BASE}${path}`);
      await shown().catch((e) => assert.fail(`${path}: ${e.message}`));
      const wrong = await page.evaluate(() => [
        'ran' in window,
        document.querySelectorAll('img[src=x], [onerror], script:not([src]), a[href^="javascript:" i]').length,
      ]);
      assert.deepEqual(wrong, [false, 0], path);
    }
    assert.deepEqual(faults, []);
  } finally {
    for (const back of undo.reverse()) await back();
  }
  await context.close();
});

test('a page of another origin changes nothing and sees nothing with the cookie of whoever is signed in', async () => {
  const { context, page } = await open(browser, PC);
  await signedIn(page);
  const before = (await api(page, 'layouts')).items;
  const server = createServer((_, res) => res.setHeader('content-type', 'text/html').end('<!doctype html><title>hay lắm</title>')); // prettier-ignore
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    // Another port of the same host is the same site: there every cookie goes along. Another name is another site.
    for (const host of ['127.0.0.1', 'localhost']) {
      const other = await context.newPage();
      const asked = [];
      other.on('request', (r) => r.url().startsWith(URL_BASE) && asked.push(r));
      await other.goto(`http://${host}:${server.address().port}/`);
      const seen = await other.evaluate(async (base) => {
        const body = JSON.stringify({ name: 'lấy trộm', grid: '2x2', cameras: [] });
        const frame = document.body.appendChild(Object.assign(document.createElement('iframe'), { name: 'hidden' }));
        const form = document.body.appendChild(document.createElement('form'));
        Object.assign(form, { method: 'post', enctype: 'text/plain', target: 'hidden', action: `${base}/api/v1/layouts` }); // prettier-ignore
        // What stands between the two is the `=` of a form.
        form.append(
          Object.assign(document.createElement('input'), { name: `${body.slice(0, -1)},"x":"`, value: '"}' }),
        );
        const landed = new Promise((resolve) => frame.addEventListener('load', resolve));
        form.submit();
        await landed;
        const post = (init) => fetch(`${base}/api/v1/layouts`, { method: 'POST', credentials: 'include', body, ...init }).then((r) => r.type, () => 'refused'); // prettier-ignore
        const socket = new WebSocket(`${base.replace('http', 'ws')}/api/v1/live`);
        const heard = [];
        socket.onopen = () => heard.push('open');
        socket.onmessage = () => heard.push('message');
        await new Promise((resolve) => {
          socket.onclose = resolve;
          setTimeout(resolve, 3000);
        });
        return {
          json: await post({ headers: { 'content-type': 'application/json' } }),
          // It is sent, and its answer kept from the page altogether; whether it did something is asked below.
          blind: await post({ mode: 'no-cors', headers: { 'content-type': 'text/plain' } }),
          read: await fetch(`${base}/api/v1/me`, { credentials: 'include' }).then((r) => r.text(), () => 'refused'), // prettier-ignore
          heard,
        };
      }, URL_BASE);
      assert.deepEqual(seen, { json: 'refused', blind: 'refused', read: 'refused', heard: [] }, host);
      const cookies = await Promise.all(asked.map(async (r) => (await r.allHeaders()).cookie));
      if (host === '127.0.0.1') assert.ok(cookies.some(Boolean), 'no cookie went along: nothing was tried');
      await other.close();
    }
    assert.deepEqual((await api(page, 'layouts')).items, before);
    assert.ok((await api(page, 'me')).rights, 'still signed in');
  } finally {
    server.close();
  }
  await context.close();
});
