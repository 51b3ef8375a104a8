/**
 * What somebody did while the recorder could not be reached: kept in order, also over a reload, and sent when it is there
 * again. Pure: what keeps it and what sends it are given.
 */

export interface Task {
  /** Of this browser only. */
  id: string;
  method: 'POST' | 'DELETE';
  path: string;
  body: unknown;
  /** Wall clock, milliseconds. */
  at: number;
}

export type Outcome = 'sent' | 'unreachable' | 'refused';

export interface QueueHost {
  /** What was kept before. */
  load(): Task[];
  keep(tasks: readonly Task[]): void;
  send(task: Task): Promise<Outcome>;
  changed(tasks: readonly Task[]): void;
  /** It was not taken, and asking again would not help. */
  refused(task: Task): void;
}

/** More than anybody does in an evening: what comes after is refused, not what came first. */
export const MOST_TASKS = 200;

export class Waiting {
  #tasks: Task[];
  #busy = false;

  constructor(private readonly host: QueueHost) {
    this.#tasks = host.load().slice(0, MOST_TASKS);
  }

  get tasks(): readonly Task[] {
    return this.#tasks;
  }

  /** False when there is no room. */
  add(task: Task): boolean {
    if (this.#tasks.length >= MOST_TASKS) return false;
    this.#set([...this.#tasks, task]);
    return true;
  }

  /** Takes one back; false when it was sent already. */
  take(id: string): boolean {
    const left = this.#tasks.filter((t) => t.id !== id);
    const was = left.length < this.#tasks.length;
    if (was) this.#set(left);
    return was;
  }

  clear(): void {
    this.#set([]);
  }

  /** Sends one after another until all are gone or the recorder is not there. */
  async flush(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let task = this.#tasks[0]; task; task = this.#tasks[0]) {
        const outcome = await this.host.send(task);
        if (outcome === 'unreachable') return;
        this.take(task.id);
        if (outcome === 'refused') this.host.refused(task);
      }
    } finally {
      this.#busy = false;
    }
  }

  #set(tasks: Task[]): void {
    this.#tasks = tasks;
    this.host.keep(tasks);
    this.host.changed(tasks);
  }
}
