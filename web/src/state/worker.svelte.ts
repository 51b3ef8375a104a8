/** Registers the service worker, tells when a new version of the app waits to be taken, and goes where a pressed message leads. */
import { alertsApi } from '../lib/api/alerts';
import { openedToken } from '../lib/push/opened';
import { PENDING, pendingPage } from '../lib/push/pending';
import { go, replace, rewrite } from './router.svelte';

export const worker = $state<{ waits: boolean }>({ waits: false });

const HOUR = 3_600_000;
let next: ServiceWorker | null = null;

function watch(registration: ServiceWorkerRegistration): void {
  const see = (w: ServiceWorker | null): void => {
    // Without a controller this is the first one ever: there is nothing to change to.
    if (w?.state !== 'installed' || !navigator.serviceWorker.controller) return;
    next = w;
    worker.waits = true;
  };
  see(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const coming = registration.installing;
    coming?.addEventListener('statechange', () => see(coming));
  });
  // A wall stays open for weeks, and a phone's app is only brought back.
  const ask = (): void => void registration.update().catch(() => {});
  setInterval(ask, HOUR);
  document.addEventListener('visibilitychange', () => !document.hidden && ask());
}

/** After the first pictures: it must not take bandwidth from them. */
export function startWorker(): void {
  // Only on HTTPS and on this machine; elsewhere browsers have none.
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const controlled = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // Another tab took the new version: this one goes on as it is until it is asked to load it too.
    if (controlled && !taking) worker.waits = true;
  });
  navigator.serviceWorker
    .register('/sw.js', { updateViaCache: 'none' })
    .then(watch)
    .catch(() => {
      // Forbidden by the browser's settings: the app works without.
    });
}

// From the worker only, and from the beginning: what comes before anybody listens is lost.
if ('serviceWorker' in navigator)
  navigator.serviceWorker.addEventListener('message', (e: MessageEvent<unknown>) => {
    const url = (e.data as { go?: unknown } | null)?.go;
    if (typeof url === 'string' && /^\/(?!\/)/.test(url)) go(url);
  });

/** Before the first page is shown: what was pressed on a phone that opens the app at its first page, see `PENDING`. */
export async function openPending(): Promise<void> {
  // An address that leads somewhere is what was pressed: it does not wait for the storage, which a phone that starts is slow to open.
  if (location.pathname !== '/') return void ('caches' in window && caches.delete(PENDING).catch(() => {}));
  try {
    if (!(await caches.has(PENDING))) return;
    const kept: unknown = await (await (await caches.open(PENDING)).match('/pending'))?.json();
    await caches.delete(PENDING);
    const page = pendingPage(kept, Date.now());
    if (page) replace(page);
  } catch {
    // Without storage there is nothing that waits.
  }
}

/** A message that the browser has opened by itself, as Safari does: only the page can tell the recorder. */
export function sayOpened(): void {
  const token = openedToken(location.hash);
  if (!token) return;
  // Said once, and in no link that somebody copies.
  rewrite(location.pathname + location.search);
  // As in the worker: what cannot be said now is not said.
  alertsApi.opened(token).catch(() => {});
}
// The page that it leads to may be open already.
addEventListener('hashchange', sayOpened);

let taking = false;
export function takeUpdate(): void {
  taking = true;
  const reload = (): void => location.reload();
  if (!next || next.state === 'activated') return reload();
  navigator.serviceWorker.addEventListener('controllerchange', reload, { once: true });
  next.postMessage('take over');
}
