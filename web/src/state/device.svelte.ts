/** Alerts on this device: whether the recorder still reaches it, and how they are turned on, mended and turned off. */
import { alertsApi, type Subscribed } from '../lib/api/alerts';
import { isDead } from '../lib/push/dead';
import { claim, movedTo, subscribe, subscription, unsubscribe } from '../lib/push/subscribe';
import { toldHere } from './told-here.svelte';

export const device = $state<{ all: Subscribed[] | null; dead: boolean }>({
  all: null,
  /** It was on, and nothing that is sent arrives any more. */
  dead: false,
});

export async function lookAtDevices(): Promise<void> {
  const moved = await movedTo();
  if (moved) toldHere.id = moved;
  const all = await alertsApi.subscriptions();
  const lost = toldHere.id !== '' && (await subscription()) === null;
  device.all = all;
  device.dead = isDead(all, toldHere.id, lost);
  const here = all.find((d) => d.id === toldHere.id);
  if (here && !here.gone_at && !here.current) await claim();
}

/** The password was changed here: what other devices were sent has ended, and not what this one is. */
export async function keepOn(): Promise<void> {
  if (toldHere.id) await claim();
}

/** Whoever signs in here next is not told of what is somebody else's, whether the recorder can be asked or not. */
export async function leaveDevice(): Promise<void> {
  const id = toldHere.id;
  toldHere.id = '';
  device.dead = false;
  if (id) await Promise.allSettled([alertsApi.unsubscribe(id), subscription().then((mine) => mine?.unsubscribe())]);
}

/** Nobody is told at what was here before; that is not worth a word when it fails. */
async function drop(id: string): Promise<void> {
  if (device.all?.some((d) => d.id === id)) await alertsApi.unsubscribe(id).catch(() => {});
}

/** After a tap. */
export async function turnOn(): Promise<void> {
  const before = toldHere.id;
  toldHere.id = (await subscribe()).id;
  device.dead = false;
  if (before && before !== toldHere.id) await drop(before);
}

export async function turnOff(): Promise<void> {
  await unsubscribe(toldHere.id);
  toldHere.id = '';
  device.dead = false;
}
