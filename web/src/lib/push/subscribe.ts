/** This browser's subscription to alerts: asked for by a tap, told to the recorder, and taken back. */
import { alertsApi, type Subscribed } from '../api/alerts';
import { MOVED } from './pending';

/** What a person calls this device: system and browser, as far as it says. Pure. */
export function deviceName(agent: string): string {
  const system = /iPhone/.test(agent) ? 'iPhone' : /iPad/.test(agent) ? 'iPad' : /Android/.test(agent) ? 'Android' : /Windows/.test(agent) ? 'Windows' : /Mac OS X/.test(agent) ? 'Mac' : /Linux|CrOS/.test(agent) ? 'Linux' : ''; // prettier-ignore
  const browser = /Edg\//.test(agent) ? 'Edge' : /Firefox\//.test(agent) ? 'Firefox' : /SamsungBrowser/.test(agent) ? 'Samsung Internet' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : ''; // prettier-ignore
  return [system, browser].filter(Boolean).join(', ');
}

/** A key as browsers take it, from base64url. Pure. */
export function keyBytes(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

async function manager(): Promise<PushManager> {
  return (await navigator.serviceWorker.ready).pushManager;
}

/** The browser's own subscription, if there is one. */
export async function subscription(): Promise<PushSubscription | null> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return null;
  if (!(await navigator.serviceWorker.getRegistration())) return null;
  return (await manager()).getSubscription();
}

/** The recorder's name of a subscription that the browser has changed by itself, as the worker has left it; once. */
export async function movedTo(): Promise<string | null> {
  if (!('caches' in window) || !(await caches.has(MOVED))) return null;
  const kept = await (await caches.open(MOVED)).match('/moved');
  await caches.delete(MOVED);
  return kept ? kept.text() : null;
}

export class Refused extends Error {}

/** After a tap: asks the person, then the browser, then tells the recorder. */
export async function subscribe(): Promise<Subscribed> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Refused();
  const key = keyBytes(await alertsApi.vapidKey());
  const push = await manager();
  // One that is there already does not work: the push service has given it up, or it was made for another recorder or person.
  await (await push.getSubscription())?.unsubscribe();
  const mine = await push.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  return alertsApi.subscribe(mine.toJSON(), deviceName(navigator.userAgent));
}

/** The subscription that is there is told to the recorder under the session of now: whoever ends that ends this. */
export async function claim(): Promise<void> {
  const mine = await subscription();
  if (mine) await alertsApi.subscribe(mine.toJSON(), deviceName(navigator.userAgent));
}

export async function unsubscribe(id: string): Promise<void> {
  await alertsApi.unsubscribe(id);
  await (await subscription())?.unsubscribe();
}
