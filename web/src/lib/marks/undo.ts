/** What a mark makes of events, and what takes it back: to what each of them was before. Pure. */
import type { MarkRequest } from '../api/marks';
import type { Story } from '../motion/events';

export type Marks = Pick<MarkRequest, 'seen' | 'handled' | 'verdict'>;

/** Requests that undo `done` on events as they were `before`; of those that it changed only. */
export function undoOf(before: readonly Story[], done: Marks): MarkRequest[] {
  const requests = new Map<string, MarkRequest>();
  for (const e of before) {
    const back: Marks = {};
    if (done.seen !== undefined && done.seen !== e.seen) back.seen = e.seen;
    if (done.handled !== undefined && (done.handled || e.handled)) back.handled = e.handled && { note: e.handled.note };
    if (done.verdict !== undefined && done.verdict !== e.verdict) back.verdict = e.verdict;
    if (!Object.keys(back).length) continue;
    const key = JSON.stringify(back);
    const request = requests.get(key) ?? { ids: [], ...back };
    request.ids.push(e.id);
    requests.set(key, request);
  }
  return [...requests.values()];
}

/** An event as it will be once `done` has reached the recorder. */
export function marked(e: Story, done: Marks, by: string, at: number): Story {
  return {
    ...e,
    seen: done.seen ?? e.seen,
    handled: done.handled === undefined ? e.handled : done.handled && { at, by, note: done.handled.note },
    verdict: done.verdict === undefined ? e.verdict : done.verdict,
  };
}
