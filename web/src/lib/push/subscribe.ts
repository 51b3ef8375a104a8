/** This browser's subscription to alerts: asked for by a tap, told to the recorder, and taken back. */
import { alertsApi, type Subscribed } from '../api/alerts';

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

const same = (a: ArrayBuffer | null, b: Uint8Array): boolean =>
  a !== null && a.byteLength === b.length && new Uint8Array(a).every((byte, i) => byte === b[i]);

async function manager(): Promise<PushManager> {
  return (await navigator.serviceWorker.ready).pushManager;
}

/** The browser's own subscription, if there is one. */
export async function subscription(): Promise<PushSubscription | null> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return null;
  if (!(await navigator.serviceWorker.getRegistration())) return null;
  return (await manager()).getSubscription();
}

export class Refused extends Error {}

/** After a tap: asks the person, then the browser, then tells the recorder. */
export async function subscribe(): Promise<Subscribed> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Refused();
  const key = keyBytes(await alertsApi.vapidKey());
  const push = await manager();
  let mine = await push.getSubscription();
  // It was made for a recorder that is no more, or was set up anew.
  if (mine && !same(mine.options.applicationServerKey, key)) {
    await mine.unsubscribe();
    mine = null;
  }
  mine ??= await push.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  return alertsApi.subscribe(mine.toJSON(), deviceName(navigator.userAgent));
}

export async function unsubscribe(id: string): Promise<void> {
  await alertsApi.unsubscribe(id);
  await (await subscription())?.unsubscribe();
}
