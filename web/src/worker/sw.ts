/// <reference lib="webworker" />
/**
 * The service worker: keeps the shell (page, scripts, styles of one build), so that the app opens at once and also
 * without a network. A new build waits until the person takes it; nothing changes under an open page. What it answers
 * stands in `rules.ts`. The last stills are kept by the page, see `state/kept.ts`. Messages (push) come with alerts.
 */
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
