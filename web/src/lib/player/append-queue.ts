/** Orders the operations on one SourceBuffer, which takes only one at a time. */
type Job =
  | { do: 'append'; bytes: Uint8Array }
  | { do: 'remove'; from: number; to: number }
  | { do: 'type'; mime: string }
  | { do: 'offset'; seconds: number }
  | { do: 'call'; f: () => void };

/** Media chunks that wait together are joined up to this size: one append costs more than its bytes. */
const JOIN_BYTES = 512 * 1024;

export class AppendQueue {
  #jobs: Job[] = [];
  #dead = false;
  #quotaTries = 0;

  constructor(
    private readonly buffer: SourceBuffer,
    private readonly hooks: {
      /** Append or decode failed; the buffer is of no more use. */
      failed(e: unknown): void;
      /** The browser's memory for media is full; free some with `removeFirst`. */
      full(): void;
      done?(): void;
    },
  ) {
    buffer.addEventListener('updateend', this.#pump);
    buffer.addEventListener('error', this.#error);
  }

  get idle(): boolean {
    return !this.#dead && this.#jobs.length === 0 && !this.buffer.updating;
  }

  append(bytes: Uint8Array): void {
    this.#add({ do: 'append', bytes });
  }

  remove(from: number, to: number): void {
    if (to > from) this.#add({ do: 'remove', from, to });
  }

  removeFirst(from: number, to: number): void {
    if (to > from) this.#jobs.unshift({ do: 'remove', from, to });
  }

  changeType(mime: string): void {
    this.#add({ do: 'type', mime });
  }

  offset(seconds: number): void {
    this.#add({ do: 'offset', seconds });
  }

  /** The parser forgets where it was; an init segment has to follow. */
  parseAnew(): void {
    this.#add({ do: 'call', f: () => this.buffer.abort() });
  }

  /** Resolves when everything queued before it is done; never when the queue is closed first. */
  settled(): Promise<void> {
    return new Promise((f) => this.#add({ do: 'call', f }));
  }

  /** Forgets what has not been started. */
  clear(): void {
    this.#jobs = this.#jobs.filter((j) => j.do === 'type' || j.do === 'offset');
  }

  close(): void {
    this.#dead = true;
    this.#jobs = [];
    this.buffer.removeEventListener('updateend', this.#pump);
    this.buffer.removeEventListener('error', this.#error);
  }

  #add(job: Job): void {
    if (this.#dead) return;
    this.#jobs.push(job);
    this.#pump();
  }

  readonly #error = (e: Event): void => this.#fail(e);

  #fail(e: unknown): void {
    if (this.#dead) return;
    this.close();
    this.hooks.failed(e);
  }

  readonly #pump = (): void => {
    while (!this.#dead && !this.buffer.updating) {
      const job = this.#jobs.shift();
      if (!job) return this.hooks.done?.();
      try {
        this.#run(job);
      } catch (e) {
        if (
          job.do === 'append' &&
          e instanceof DOMException &&
          e.name === 'QuotaExceededError' &&
          this.#quotaTries < 3
        ) {
          this.#quotaTries++;
          this.#jobs.unshift(job);
          this.hooks.full();
          continue;
        }
        return this.#fail(e);
      }
    }
  };

  #run(job: Job): void {
    switch (job.do) {
      case 'append':
        this.buffer.appendBuffer(this.#joined(job.bytes) as BufferSource);
        this.#quotaTries = 0;
        break;
      case 'remove':
        this.buffer.remove(job.from, job.to);
        break;
      case 'type':
        this.buffer.changeType(job.mime);
        break;
      case 'offset':
        this.buffer.timestampOffset = job.seconds;
        break;
      case 'call':
        job.f();
    }
  }

  #joined(first: Uint8Array): Uint8Array {
    const parts = [first];
    let size = first.length;
    for (
      let next = this.#jobs[0];
      next?.do === 'append' && size + next.bytes.length <= JOIN_BYTES;
      next = this.#jobs[0]
    ) {
      parts.push(next.bytes);
      size += next.bytes.length;
      this.#jobs.shift();
    }
    if (parts.length === 1) return first;
    const all = new Uint8Array(size);
    let o = 0;
    for (const p of parts) {
      all.set(p, o);
      o += p.length;
    }
    return all;
  }
}
