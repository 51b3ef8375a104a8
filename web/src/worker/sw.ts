/// <reference lib="webworker" />
/**
 * The service worker: keeps the shell (page, scripts, styles of one build), so that the app opens at once and also
 * without a network. A new build waits until the person takes it; nothing changes under an open page. What it answers
 * stands in `rules.ts`. The last stills are kept by the page, see `state/kept.ts`. What it does with alerts stands in `push.ts`.
 */
import { opens, pick, read, request, touched, type Kept, type Receipt } from './push';
import { outdated, ruleFor, shellCache } from './rules';

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: the paths of its files, and a hash over all of them. */
declare const __SHELL__: string[];
declare const __VERSION__: string;

const CACHE = shellCache(__VERSION__);
const shell = new Set(__SHELL__);

self.addEventListener('install', (e) => {
  const fetched = __SHELL__.map((path) => new Request(path, path === '/' ? { cache: 'reload' } : {}));
  e.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fetched)));
});

self.addEventListener('activate', (e) => {
  const clean = async (): Promise<void> => {
    await Promise.all(outdated(await caches.keys(), CACHE).map((name) => caches.delete(name)));
  };
  e.waitUntil(clean());
});

self.addEventListener('message', (e) => {
  if (e.data === 'take over') void self.skipWaiting();
});

self.addEventListener('fetch', (e) => {
  const rule = ruleFor(e.request, self.location.origin, shell);
  if (rule === 'leave') return;
  const kept = async (): Promise<Response> => {
    const cache = await caches.open(CACHE);
    return (await cache.match(rule === 'page' ? '/' : e.request, { ignoreVary: true })) ?? fetch(e.request);
  };
  e.respondWith(kept());
});

/** Longest wait for a picture: the words must not wait for it. Largest picture that is put into a notification, bytes. */
const PICTURE_MS = 2000;
const PICTURE_BYTES = 120_000;

/** The event's picture, by the session of this browser; none without one. */
async function picture(event: string): Promise<string | undefined> {
  try {
    const path = `/api/v1/events/${encodeURIComponent(event)}/snapshot.jpg?size=small`;
    const answer = await fetch(path, { credentials: 'same-origin', signal: AbortSignal.timeout(PICTURE_MS) });
    const bytes = answer.ok ? new Uint8Array(await answer.arrayBuffer()) : new Uint8Array();
    if (!bytes.length || bytes.length > PICTURE_BYTES) return undefined;
    return `data:image/jpeg;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
  } catch {
    return undefined;
  }
}

/** Tells the recorder what became of a message. It cannot be reached: nothing is lost but the time. */
async function tell(receipt: Receipt | null): Promise<void> {
  if (receipt) await fetch(...request(receipt)).catch(() => undefined);
}

self.addEventListener('push', (e) => {
  const show = async (): Promise<void> => {
    const { title, options, event } = read(e.data?.text() ?? null, self.location.origin);
    await self.registration.showNotification(title, options);
    const { token } = options.data as Kept;
    if (token) await tell({ token, what: 'shown' });
    const image = event ? await picture(event) : undefined;
    const shown = image ? await self.registration.getNotifications({ tag: options.tag ?? '' }) : [];
    // Only while it is still there: what somebody has put away does not come back.
    if (shown.length) await self.registration.showNotification(title, { ...options, silent: true, image } as NotificationOptions); // prettier-ignore
  };
  e.waitUntil(show());
});

self.addEventListener('notificationclick', (e) => {
  e.notification.close();
  const { navigate, token } = e.notification.data as Kept;
  const go = async (): Promise<void> => {
    const open = pick(await self.clients.matchAll({ type: 'window', includeUncontrolled: true }), self.location.origin);
    if (!open) return void (await self.clients.openWindow(navigate));
    await open.focus();
    // A page that this worker does not control cannot be led: it gets a window of its own.
    await open.navigate(navigate).catch(() => self.clients.openWindow(navigate));
  };
  // The window first: a touch allows it for a moment only.
  e.waitUntil(Promise.all([opens(e.action) ? go() : undefined, tell(touched(e.action, token))]));
});
