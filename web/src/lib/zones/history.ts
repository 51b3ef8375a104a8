/** What was, is and may be again: undo and redo over values that are never changed in place. Pure. */
const MOST = 200;

export class History<T> {
  #past: T[] = [];
  #future: T[] = [];
  #now: T;
  #step: string | null = null;

  constructor(start: T) {
    this.#now = start;
  }

  get now(): T {
    return this.#now;
  }
  get canUndo(): boolean {
    return this.#past.length > 0;
  }
  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Changes with the same `step` one after another are one: typing a name, nudging a corner. Null is always its own. */
  put(next: T, step: string | null = null): void {
    if (next === this.#now) return;
    if (step === null || step !== this.#step) {
      this.#past.push(this.#now);
      if (this.#past.length > MOST) this.#past.shift();
    }
    this.#step = step;
    this.#future = [];
    this.#now = next;
  }

  undo(): void {
    const before = this.#past.pop();
    if (before === undefined) return;
    this.#future.push(this.#now);
    this.#now = before;
    this.#step = null;
  }

  redo(): void {
    const next = this.#future.pop();
    if (next === undefined) return;
    this.#past.push(this.#now);
    this.#now = next;
    this.#step = null;
  }
}
