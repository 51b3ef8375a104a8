/** What the whole app shares: session, site, cameras, the live socket and the recorder's clock. */
import { api, ApiError, BASE, whenUnauthenticated } from '../lib/api/client';
import type { Right } from '../lib/rights';
import type { Camera, Me, Setup } from '../lib/api/types';
import { ServerClock } from '../lib/live/clock';
import { LiveSocket, type SocketStatus } from '../lib/live/socket';
import { TOPICS } from '../lib/live/wire';
import { changed, changedAll, changes, whenChanged } from './changes.svelte';
import { askFirst } from './first-event';
import { forget, keep, showKept } from './last-seen';
import { replace, router } from './router.svelte';
import { words } from './errors';
import { recall, remember } from './stored';

export const clock = new ServerClock();
export const socket = new LiveSocket(
  `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${BASE}/live`,
  clock,
);

type Status = 'starting' | 'signed_out' | 'ready' | 'unreachable';

export const app = $state<{
  status: Status;
  setup: Setup | null;
  me: Me | null;
  cameras: Camera[];
  /** Null until the first answer. */
  camerasError: string | null;
  camerasLoaded: boolean;
  link: SocketStatus;
  /** The live socket has been away for more than a blink: nothing that is known of cameras holds. */
  away: boolean;
  /** The recorder's clock, once a second; for clocks and "since" words. */
  now: number;
  expired: boolean;
  codeFailed: boolean;
  online: boolean;
}>({
  status: 'starting',
  setup: null,
  me: null,
  cameras: [],
  camerasError: null,
  camerasLoaded: false,
  link: 'waiting',
  away: false,
  now: Date.now(),
  expired: false,
  codeFailed: false,
  online: navigator.onLine,
});

export const may = (right: Right): boolean => app.me?.rights.includes(right) ?? false;
/** Where one's rights hold; of other cameras one sees live pictures only. */
const isFull = (id: string): boolean => app.me?.full_cameras?.includes(id) ?? app.me !== null;
export const mayAt = (right: Right, camera: string): boolean => may(right) && (right === 'live' || isFull(camera));
/** Cameras whose footage, events and settings one may see. */
export const recorded = (): Camera[] => app.cameras.filter((c) => isFull(c.id));
export const zone = (): string => app.setup?.time_zone ?? 'Asia/Ho_Chi_Minh';
export const cameraBySlug = (slug: string): Camera | undefined =>
  app.cameras.find((c) => c.slug === slug || c.id === slug);

let wanted = '/';
let refreshing: Promise<void> | null = null;

export async function refreshCameras(): Promise<void> {
  refreshing ??= (async () => {
    try {
      app.cameras = (await api.cameras()).sort((a, b) => a.order - b.order);
      app.camerasLoaded = true;
      app.camerasError = null;
    } catch (e) {
      app.camerasError = words(e);
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

/** Somebody was signed in here when this app was left, and probably still is. */
const WAS_HERE = 'signed_in';
const wasHere = (): boolean => recall(WAS_HERE, false, (x) => typeof x === 'boolean');

/** With what was asked for early, else it is asked for now. */
async function enter(early?: { me: Promise<Me>; cameras: Promise<void> }): Promise<void> {
  app.me = await (early?.me ?? api.me());
  remember(WAS_HERE, true);
  app.status = 'ready';
  app.expired = false;
  clearTimeout(away);
  away = undefined;
  app.away = false;
  socket.start();
  if (router.route.page === 'login') replace(wanted);
  await (early?.cameras ?? refreshCameras());
  void showKept(app.cameras);
}

/** `#code=XXXX`: the code leaves the address bar at once. */
function takeCode(): string | null {
  const code = /[#&]code=([^&]+)/.exec(location.hash)?.[1];
  if (!code) return null;
  history.replaceState(history.state, '', location.pathname + location.search);
  return decodeURIComponent(code);
}

async function useCode(code: string): Promise<void> {
  try {
    await api.signIn({ code });
  } catch (e) {
    if (e instanceof ApiError && e.code === 'unreachable') throw e;
    app.codeFailed = true;
  }
}

/** What a promise fails with is told where it is awaited, later; until then it is nobody's. */
function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

let retry: ReturnType<typeof setTimeout> | undefined;
export async function start(): Promise<void> {
  clearTimeout(retry);
  // While it tries again the page goes on saying what is wrong.
  if (app.status !== 'unreachable') app.status = 'starting';
  try {
    const code = takeCode();
    const setup = later(api.setup());
    // All at once: on a mobile network each turn that waits for another is seen.
    const early = !code && wasHere() ? { me: later(api.me()), cameras: refreshCameras() } : undefined;
    if (early) {
      askFirst();
      socket.start();
    }
    if (code) await useCode(code);
    app.setup = await setup;
    await enter(early);
  } catch (e) {
    if (e instanceof ApiError && e.status === 401) signedOut(false);
    else {
      app.status = 'unreachable';
      socket.stop();
      retry = setTimeout(() => app.status === 'unreachable' && void start(), 3000);
    }
  }
}

export async function signIn(by: { name?: string; password: string } | { code: string }): Promise<void> {
  await api.signIn(by);
  app.codeFailed = false;
  await enter();
}

function signedOut(expired: boolean): void {
  // Who was invited is nobody yet, and what stands behind # is all they have.
  const stays = ['login', 'invite'].includes(router.route.page);
  if (!stays) wanted = router.path;
  app.status = 'signed_out';
  app.me = null;
  remember(WAS_HERE, false);
  app.expired = expired;
  socket.stop();
  void forget();
  if (!stays) replace('/login');
}

export async function signOut(): Promise<void> {
  // First, so that the recorder's closing it is not taken for a session that ran out.
  socket.stop();
  await import('./device.svelte').then((device) => device.leaveDevice()).catch(() => {});
  await api.signOut().catch(() => {});
  wanted = '/';
  signedOut(false);
}

/** A change of the password ends the session and begins another: what was asked under the old one is refused meanwhile. */
const REPLACED_MS = 500;
let doubted = false;
async function sessionEnded(): Promise<void> {
  if (app.status !== 'ready' || doubted) return;
  doubted = true;
  try {
    await new Promise((done) => setTimeout(done, REPLACED_MS));
    await api.me();
  } catch (e) {
    if (e instanceof ApiError && e.status === 401 && app.status === 'ready') signedOut(true);
  } finally {
    doubted = false;
  }
}
whenUnauthenticated(() => void sessionEnded());

// A sign-in link pasted into the address bar of the sign-in page changes nothing but the hash.
addEventListener('hashchange', () => {
  if (app.status === 'signed_out' && location.hash.includes('code=')) void start();
});

const here = new Set<() => void>();
/** Called whenever the recorder can be reached again. */
export const whenHere = (f: () => void): void => void here.add(f);

/** What changed between the first answers and the first telling can wait until the first page is there. */
const FIRST_MS = 2500;
const BLINK_MS = 2500;
let away: ReturnType<typeof setTimeout> | undefined;
socket.onStatus = (s) => {
  if (s === 'open') {
    clearTimeout(away);
    away = undefined;
    app.away = false;
    // What happened while it was away was not told; the first time all has just been asked for.
    if (socket.opened > 1) void refreshCameras();
    here.forEach((f) => f());
  } else {
    changes.told = false;
    away ??= setTimeout(() => (app.away = true), BLINK_MS);
  }
  app.link = s;
};
socket.onCameras = () => void refreshCameras();
socket.onChange = changed;
socket.onAnew = () => changedAll(socket.opened > 1 ? undefined : FIRST_MS);
socket.follow(TOPICS);
whenChanged(['cameras'], () => app.status === 'ready' && void refreshCameras());
socket.onSessionEnd = () => void sessionEnded();
socket.onRefused = () => void api.me().catch(() => {});
socket.onState = (e) => {
  const camera = app.cameras.find((c) => c.id === e.camera || c.slug === e.camera);
  const rendition = camera?.renditions.find((r) => r.id === e.rendition);
  if (!camera || !rendition) return;
  rendition.state = e.state;
  rendition.state_reason = e.reason;
  rendition.state_since = e.since ?? rendition.state_since;
  // The camera's own state is the server's judgement over both streams: ask for it, at most every two seconds.
  clearTimeout(stateTimer);
  stateTimer = setTimeout(() => void refreshCameras(), 2000);
};
let stateTimer: ReturnType<typeof setTimeout> | undefined;

/** Figures that no change tells of, such as pictures a second, must not grow old on the screen; without changes, states neither. */
const CAMERAS_EVERY_MS = 12_000;
const FIGURES_EVERY = 3;
let turns = 0;
function keepFresh(): void {
  if (app.status === 'ready' && !document.hidden) void refreshCameras();
}
setInterval(() => (!changes.told || ++turns % FIGURES_EVERY === 0) && keepFresh(), CAMERAS_EVERY_MS);
document.addEventListener('visibilitychange', keepFresh);

/** The last pictures, for a start without the recorder: once a minute, and when the page is left. */
const KEEP_EVERY_MS = 60_000;
function keepPictures(): void {
  if (app.status === 'ready' && app.camerasLoaded && !app.away)
    void keep(app.setup?.site_name ?? '', zone(), app.cameras).catch(() => {});
}
setInterval(keepPictures, KEEP_EVERY_MS);
document.addEventListener('visibilitychange', () => document.hidden && keepPictures());

setInterval(() => (app.now = clock.now()), 1000);
addEventListener('online', () => {
  app.online = true;
  if (app.status === 'unreachable') void start();
});
addEventListener('offline', () => {
  app.online = false;
  if (app.status === 'ready') void isLost();
});

const ANSWERS_MS = 3000;
/** The browser has no network. A recorder on this very machine is still there: it is asked rather than believed. */
async function isLost(): Promise<void> {
  try {
    await fetch(`${BASE}/setup`, { cache: 'no-store', signal: AbortSignal.timeout(ANSWERS_MS) });
  } catch {
    if (app.online || app.status !== 'ready') return;
    // A line without a network is silent; it would be noticed by that much later.
    socket.stop();
    socket.start();
    app.away = true;
  }
}
