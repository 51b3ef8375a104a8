/** What one has silenced for oneself: known on every page, because quiet that one has forgotten is worse than noise. */
import { alertsApi, type Snooze } from '../lib/api/alerts';
import { until, type Length } from '../lib/alerts/until';
import { since } from '../lib/i18n/dates';
import { app, clock, zone } from './app.svelte';
import { i18n, t } from './i18n.svelte';
import { offerUndo, tellProblem } from './undo.svelte';

const EVERY_MS = 60_000;

export const snoozes = $state<{ items: Snooze[] }>({ items: [] });

export async function loadSnoozes(): Promise<void> {
  if (app.status !== 'ready') return;
  try {
    snoozes.items = await alertsApi.snoozes();
  } catch {
    // What is known stays; it ends by itself.
  }
}

/** Those that still last; a camera's own before that of all. */
export const lasting = (): Snooze[] =>
  snoozes.items
    .filter((s) => Date.parse(s.until) > app.now)
    .sort((a, b) => Number(a.camera === null) - Number(b.camera === null) || a.until.localeCompare(b.until));

export const untilWords = (s: Snooze): string => since(Date.parse(s.until), app.now, zone(), i18n.lang);
const nameOf = (camera: string | null): string =>
  camera === null ? t('al.all_cameras') : (app.cameras.find((c) => c.id === camera)?.name ?? t('events.no_camera'));
export const snoozeWords = (s: Snooze): string => t('al.silent', { what: nameOf(s.camera), time: untilWords(s) });

export async function silence(camera: string | null, length: Length): Promise<void> {
  try {
    const made = await alertsApi.snooze(camera, until(length, clock.now(), zone()));
    await loadSnoozes();
    offerUndo({ text: snoozeWords(made), undo: () => wake(made.id) });
  } catch (e) {
    tellProblem(e);
  }
}

export async function wake(id: string): Promise<void> {
  await alertsApi.endSnooze(id);
  await loadSnoozes();
}

/** Returns how to stop. */
export function followSnoozes(): () => void {
  void loadSnoozes();
  // Also pressed on the notification itself, or on another device.
  const again = (): void => void (document.hidden || loadSnoozes());
  const timer = setInterval(again, EVERY_MS);
  document.addEventListener('visibilitychange', again);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', again);
    snoozes.items = [];
  };
}
