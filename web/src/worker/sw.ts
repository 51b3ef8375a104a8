/// <reference lib="webworker" />
/**
 * The service worker: keeps the shell (page, scripts, styles of one build), so that the app opens at once and also
 * without a network. A new build waits until the person takes it; nothing changes under an open page. What it answers
 * stands in `rules.ts`, what it shows of a message in `messages.ts` and `present.ts`. The last stills are kept by the page, see `state/kept.ts`.
 */
import {
  answered,
  MOVED,
  nameHere,
  PENDING,
  pressOf,
  receiptOf,
  target,
  UNREADABLE,
  type Message,
  type Receipt,
} from './messages';
import { present, type Hands } from './present';
import { appWindow, outdated, ruleFor, shellCache } from './rules';

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

async function say(receipt: Receipt | null, withinMs?: number): Promise<boolean> {
  if (!receipt) return false;
  try {
    const headers = { 'content-type': 'application/json' };
    const signal = withinMs ? AbortSignal.timeout(withinMs) : null;
    const asked = { method: 'POST', headers, body: JSON.stringify(receipt), signal };
    return (await fetch('/api/v1/alert-receipts', asked)).ok;
  } catch {
    // What cannot be said now is not said: the alert counts as not seen, and somebody else is told.
    return false;
  }
}

/** Longest wait for a picture, and the largest that is put into a notification, bytes. */
const PICTURE_MS = 8000;
const PICTURE_BYTES = 120_000;

/** With the session of whoever is signed in here; without one there is no picture. As text, because a worker has no blob addresses. */
async function picture(event: string): Promise<string | null> {
  try {
    const answer = await fetch(`/api/v1/events/${encodeURIComponent(event)}/snapshot.jpg?size=small`, {
      signal: AbortSignal.timeout(PICTURE_MS),
    });
    if (!answer.ok) return null;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (!bytes.length || bytes.length > PICTURE_BYTES) return null;
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return `data:image/jpeg;base64,${btoa(text)}`;
  } catch {
    return null;
  }
}

const hands: Hands = {
  origin: self.location.origin,
  // Safari and Firefox show none: there it would be fetched in vain, and on an iPhone the words wait for it.
  picture: 'Notification' in self && 'image' in Notification.prototype ? picture : async () => null,
  show: (title, options) => self.registration.showNotification(title, options),
  shown: (tag) => self.registration.getNotifications({ tag }),
  say,
};

async function open(message: Message): Promise<void> {
  const { inApp, url } = target(message, self.location.origin);
  if (inApp) {
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const app = appWindow(windows, self.location.origin);
    if (app) {
      app.postMessage({ go: url });
      await app.focus().catch(() => {});
      return;
    }
    const kept = await caches.open(PENDING);
    await kept.put('/pending', new Response(JSON.stringify({ url, at: Date.now() })));
  }
  await self.clients.openWindow(url);
}

async function pressed(message: Message, action: string): Promise<void> {
  const press = pressOf(action);
  if (press === 'open') {
    await Promise.all([open(message), say(receiptOf(message, press))]);
    return;
  }
  if (await say(receiptOf(message, press))) {
    const { title, options: shown } = answered(message, press, self.location.origin);
    await self.registration.showNotification(title, shown);
  } else await open(message);
}

self.addEventListener('push', (e) => e.waitUntil(present(e, hands)));
self.addEventListener('notificationclick', (e) => {
  e.notification.close();
  e.waitUntil(pressed((e.notification.data as Message | null) ?? UNREADABLE, e.action));
});

const SUBSCRIPTIONS = '/api/v1/push-subscriptions';
async function name(): Promise<string> {
  try {
    return nameHere(await (await fetch(SUBSCRIPTIONS)).json());
  } catch {
    return '';
  }
}

// The push service has made a new address of it: the recorder has to know.
self.addEventListener('pushsubscriptionchange', (e) => {
  const { oldSubscription, newSubscription } = e as ExtendableEvent & {
    oldSubscription?: PushSubscription | null;
    newSubscription?: PushSubscription | null;
  };
  const again = async (): Promise<void> => {
    const subscription =
      newSubscription ?? (oldSubscription && (await self.registration.pushManager.subscribe(oldSubscription.options)));
    if (!subscription) return;
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ ...subscription.toJSON(), expirationTime: undefined, name: await name() });
    const answer = await fetch(SUBSCRIPTIONS, { method: 'POST', headers, body });
    if (!answer.ok) return;
    // The page looks after it by its name.
    const { id } = (await answer.json()) as { id: string };
    await (await caches.open(MOVED)).put('/moved', new Response(id));
  };
  (e as ExtendableEvent).waitUntil(again());
});
