/** Marks that pages show, against answers of the recorder that were asked for before and know nothing of them. Pure. */
import type { Task } from '../waiting/queue';

/** Events whose marks wait until the recorder can be reached. */
export function waitingMarks(tasks: readonly Task[]): Set<string> {
  const marks = tasks.filter((task) => task.path === 'events:mark');
  return new Set(marks.flatMap((task) => (task.body as { ids?: string[] } | null)?.ids ?? []));
}

export class Shown {
  #turn = 0;
  #marked = new Map<string, number>();

  /** A page shows these as they have just been marked. */
  add(ids: readonly string[]): void {
    this.#turn++;
    for (const id of ids) this.#marked.set(id, this.#turn);
  }

  /** Something is asked for now: whether the answer may be believed about an event. */
  asked(tasks: () => readonly Task[]): (id: string) => boolean {
    const [turn, before] = [this.#turn, waitingMarks(tasks())];
    return (id) => (this.#marked.get(id) ?? 0) <= turn && !before.has(id) && !waitingMarks(tasks()).has(id);
  }
}
