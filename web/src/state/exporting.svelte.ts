/** The exports begun on this page, followed while the app is used on. Small: what is shown of it is loaded when needed. */
import { exportsApi } from '../lib/api/exports';
import type { Export } from '../lib/api/types';
import { recall, remember } from './stored';

const ASK_MS = 700;
const MOST = 3;

export const exporting = $state<{ items: Export[] }>({ items: [] });

let timer: ReturnType<typeof setTimeout> | undefined;

export const isOver = (e: Export): boolean => e.state !== 'queued' && e.state !== 'running';

export function follow(e: Export): void {
  exporting.items = [e, ...exporting.items.filter((x) => x.id !== e.id)].slice(0, MOST);
  schedule();
}

export function dismiss(id: string): void {
  exporting.items = exporting.items.filter((e) => e.id !== id);
  schedule();
}

/** Fails as its own request does. */
export async function again(e: Export): Promise<void> {
  const begun = await exportsApi.again(e);
  dismiss(e.id);
  follow(begun);
  // The new one stands for it.
  await exportsApi.remove(e.id).catch(() => {});
}

const STORE = 'exports';
const isIds = (x: unknown): x is string[] => Array.isArray(x) && x.every((id) => typeof id === 'string');

/** Those that were on their way when this page was left, or loaded anew. */
export async function resume(): Promise<void> {
  const ids = recall(STORE, [], isIds);
  const told = await Promise.all(ids.map((id) => exportsApi.get(id).catch(() => null)));
  for (const e of told) if (e && !exporting.items.some((x) => x.id === e.id)) follow(e);
}

function schedule(): void {
  clearTimeout(timer);
  remember(STORE, exporting.items.filter((e) => !isOver(e)).map((e) => e.id)); // prettier-ignore
  if (exporting.items.some((e) => !isOver(e))) timer = setTimeout(() => void ask(), ASK_MS);
}

async function ask(): Promise<void> {
  const asked = exporting.items.filter((e) => !isOver(e));
  // One that cannot be asked about now is asked about again.
  const told = await Promise.all(asked.map((e) => exportsApi.get(e.id).catch(() => e)));
  exporting.items = exporting.items.map((e) => told.find((x) => x.id === e.id) ?? e);
  schedule();
}
