/** `?kiosk`: the page is a wall that hangs alone. It stays awake, returns to all cameras, is dim at night and moves its still parts. */
import { isDim, isIdle, shiftAt } from '../lib/live/idle';
import { parts } from '../lib/time/zone';
import { app, zone } from './app.svelte';
import { replace, router } from './router.svelte';

const LOOK_MS = 1000;

export const kiosk = $state({
  on: new URLSearchParams(location.search).has('kiosk'),
  dim: false,
  shift: [0, 0] as readonly [number, number],
  /** The screen may not be kept on: the browser has no such thing, or only over HTTPS. */
  sleepy: false,
});

let touched = Date.now();
let lock: WakeLockSentinel | null = null;

async function stayAwake(): Promise<void> {
  if (!kiosk.on || document.hidden || (lock && !lock.released)) return;
  try {
    lock = await navigator.wakeLock.request('screen');
    kiosk.sleepy = false;
  } catch {
    kiosk.sleepy = true;
  }
}

function look(): void {
  if (!kiosk.on) return;
  const now = Date.now();
  kiosk.dim = isDim(parts(app.now, zone()).hour, now, touched);
  const shift = shiftAt(now);
  if (String(shift) !== String(kiosk.shift)) kiosk.shift = shift;
  if (!isIdle(now, touched)) return;
  touched = now;
  if (app.status === 'ready' && router.path !== '/') replace('/');
}

const EVENTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;
const touch = (): void => {
  touched = Date.now();
  if (kiosk.dim) kiosk.dim = false;
};

let timer: ReturnType<typeof setInterval> | undefined;

export function beginKiosk(): void {
  kiosk.on = true;
  touched = Date.now();
  for (const e of EVENTS) addEventListener(e, touch, { passive: true, capture: true });
  document.addEventListener('visibilitychange', stayAwake);
  timer ??= setInterval(look, LOOK_MS);
  void stayAwake();
}

export function endKiosk(): void {
  kiosk.on = kiosk.dim = false;
  kiosk.shift = [0, 0];
  for (const e of EVENTS) removeEventListener(e, touch, { capture: true });
  document.removeEventListener('visibilitychange', stayAwake);
  clearInterval(timer);
  timer = undefined;
  void lock?.release();
  lock = null;
  if (new URLSearchParams(location.search).has('kiosk')) replace('/');
}

if (kiosk.on) beginKiosk();
