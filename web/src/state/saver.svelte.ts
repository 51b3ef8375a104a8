/** Whether this machine spares data now, and why. */
import { saverReason, Stalls, type Network, type SaverMode, type SaverReason } from '../lib/live/saver';
import { mediaSourceClass } from '../lib/player/mse';
import { socket } from './app.svelte';
import { recall, remember } from './stored';

/** Not in every browser, and with other fields in each. <https://wicg.github.io/netinfo/> */
interface Connection extends EventTarget {
  saveData?: boolean;
  type?: string;
}
const connection = (navigator as Navigator & { connection?: Connection }).connection;

const isMode = (x: unknown): x is SaverMode => x === 'auto' || x === 'on' || x === 'off';
const network = (): Network => ({
  saveData: connection?.saveData === true,
  metered: connection?.type === 'cellular',
});

const stalls = new Stalls();

export const saver = $state<{ mode: SaverMode; reason: SaverReason | null }>({
  mode: recall('saver', 'auto', isMode),
  reason: null,
});

function judge(): void {
  const reason = saverReason(saver.mode, network(), stalls.stalled(performance.now()), mediaSourceClass() !== null);
  if (reason !== saver.reason) saver.reason = reason;
}
judge();
connection?.addEventListener('change', judge);
setInterval(judge, 5000);

export function pinSaver(mode: SaverMode): void {
  saver.mode = mode;
  remember('saver', mode);
  stalls.forget();
  judge();
}

/** Nothing but stills, whatever is chosen. */
export const onlyStills = (): boolean => saver.reason === 'cannot';

/** On, and back to what the machine judges; where it would spare data anyway, off. */
export function toggleSaver(): void {
  if (!saver.reason) return pinSaver('on');
  const pinned = saver.mode === 'on';
  pinSaver(pinned ? 'auto' : 'off');
  if (pinned && saver.reason) pinSaver('off');
}

/** The network did not keep up with what this page watches. */
export function noteStall(tile: string): void {
  stalls.note(performance.now(), tile, socket.channelCount);
  judge();
}
