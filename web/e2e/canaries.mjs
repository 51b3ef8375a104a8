// What must never be on a page: the cameras' password and the session, in the ways in which they could be written.
import assert from 'node:assert/strict';
import { fleet } from './recorder.mjs';

function forms(secret) {
  const bytes = Buffer.from(secret);
  return [...new Set([secret, encodeURIComponent(secret), bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')])].map((form) => form.replace(/=+$/, '')); // prettier-ignore
}

/** Watches a signed-in page from now on; the answer looks at it once more and throws when anything was seen. */
export async function canaries(context, page) {
  const session = (await context.cookies()).find((c) => c.httpOnly && c.value.length >= 32);
  assert.ok(session, 'the session is a cookie that no script reads');
  const secrets = [session.value, ...(fleet ? [fleet.password] : [])].flatMap(forms);
  assert.ok(secrets.every((form) => form.length >= 8));
  const said = [];
  page.on('request', (r) => said.push(`asked for ${r.url()} ${r.postData() ?? ''}`));
  page.on('console', (m) => said.push(`console ${m.text()}`));
  page.on('websocket', (ws) => ws.on('framesent', (f) => typeof f.payload === 'string' && said.push(`socket ${f.payload}`))); // prettier-ignore
  return async (where) => {
    const kept = await page.evaluate(async () => {
      const fields = [...document.querySelectorAll('input, textarea, select')].map((e) => e.value);
      const stores = [{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state];
      const caches = await Promise.all((await globalThis.caches.keys()).map(async (name) => (await (await globalThis.caches.open(name)).keys()).map((r) => r.url))); // prettier-ignore
      return [document.documentElement.outerHTML, JSON.stringify([fields, stores, caches])];
    });
    const all = [...kept, ...said.splice(0)];
    const found = all.filter((text) => secrets.some((form) => text.includes(form)));
    assert.deepEqual(found.map((text) => text.slice(0, 60)), [], `${where}: a secret is on the page`); // prettier-ignore
    return all.length;
  };
}
