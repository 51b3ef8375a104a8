/** The exports begun on this page, followed while the app is used on. Small: what is shown of it is loaded when needed. */
import { exportsApi } from '../lib/api/exports';
import type { Export } from '../lib/api/types';

const ASK_MS = 700;

export const exporting = $state<{ items: Export[] }>({ items: [] });

let timer: ReturnType<typeof setTimeout> | undefined;

export const isOver = (e: Export): boolean => e.state !== 'queued' && e.state !== 'running';

export function follow(e: Export): void {
  exporting.items = [e, ...exporting.items.filter((x) => x.id !== e.id)].slice(0, 3);
  schedule();
}

export function dismiss(id: string): void {
  exporting.items = exporting.items.filter((e) => e.id !== id);
}

function schedule(): void {
  clearTimeout(timer);
  if (exporting.items.some((e) => !isOver(e))) timer = setTimeout(() => void ask(), ASK_MS);
}

async function ask(): Promise<void> {
  const asked = exporting.items.filter((e) => !isOver(e));
  // One that cannot be asked about now is asked about again.
  const told = await Promise.all(asked.map((e) => exportsApi.get(e.id).catch(() => e)));
  exporting.items = exporting.items.map((e) => told.find((x) => x.id === e.id) ?? e);
  schedule();
}
