/** What waits until the recorder can be reached, and the one place where things are done "now or as soon as it goes". */
import { ApiError, send } from '../lib/api/client';
import { Waiting, type Task } from '../lib/waiting/queue';
import { app, whenHere } from './app.svelte';
import { recall, remember } from './stored';
import { tellProblem } from './undo.svelte';

const KEPT = 'waiting';
/** Whoever signs in next on this device has done nothing of it. */
interface Kept {
  who: string;
  tasks: Task[];
}
const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null;
const isTask = (x: unknown): boolean => isObject(x) && typeof x.id === 'string' && typeof x.path === 'string';
const fits = (x: unknown): x is Kept =>
  isObject(x) && typeof x.who === 'string' && Array.isArray(x.tasks) && x.tasks.every(isTask);
const who = (): string => app.me?.name ?? '';
const kept = recall<Kept>(KEPT, { who: '', tasks: [] }, fits);

export const waiting = $state<{ count: number }>({ count: 0 });

const unreachable = (e: unknown): boolean => e instanceof ApiError && e.code === 'unreachable';
let last: unknown = null;
const queue = new Waiting({
  load: () => kept.tasks,
  keep: (tasks) => remember(KEPT, { who: (kept.who = who()), tasks }),
  changed: (tasks) => (waiting.count = tasks.length),
  async send({ method, path, body }) {
    try {
      await send(method, path, body);
      return 'sent';
    } catch (e) {
      last = e;
      // A session that is over, or a recorder that is busy, takes it later.
      const later =
        unreachable(e) || (e instanceof ApiError && (e.status === 401 || e.status === 429 || e.status >= 500));
      return later ? 'unreachable' : 'refused';
    }
  },
  refused: () => tellProblem(last),
});
waiting.count = queue.tasks.length;
export const unsent = (): readonly Task[] => queue.tasks;
whenHere(() => {
  if (kept.who !== who()) queue.clear();
  else void queue.flush();
});

/** Sends it, or keeps it until the recorder is there: then null, and a way to take it back. Throws what asking again would not help. */
export async function sendOrWait<T>(
  method: Task['method'],
  path: string,
  body: unknown,
): Promise<{ answer: T } | { wait: () => boolean }> {
  // What was done before goes first.
  if (!queue.tasks.length || !app.away) {
    try {
      if (queue.tasks.length) await queue.flush();
      if (!queue.tasks.length) return { answer: await send<T>(method, path, body) };
    } catch (e) {
      if (!unreachable(e)) throw e;
    }
  }
  const id = [...crypto.getRandomValues(new Uint8Array(8))].join('-');
  if (!queue.add({ id, method, path, body, at: Date.now() })) throw new ApiError('unreachable', 0);
  return { wait: () => queue.take(id) };
}
