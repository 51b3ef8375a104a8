/**
 * A file on its way to the phone's share sheet. A browser opens that only soon after a press, and a video takes longer to
 * fetch: so it is fetched first and then offered, to be shared by a press of its own.
 */
export interface Parcel {
  url: string;
  /** With its ending: it tells what the file is. */
  name: string;
}

/** A messenger takes no more, and it has to go through this page's memory. */
export const MOST = 200_000_000;

export class TooLarge extends Error {}

export const typeOf = (name: string): string => (name.endsWith('.mp4') ? 'video/mp4' : 'application/zip');

export interface Progress {
  state: 'idle' | 'fetching' | 'ready' | 'sharing';
  /** 0 to 1 of what is fetched; null when nobody says how much it is. */
  part: number | null;
  /** What went wrong last. */
  error: unknown;
}

/** What the browser does for it. */
export interface Ways {
  get(url: string, signal: AbortSignal): Promise<Response>;
  share(file: File): Promise<void>;
  /** The press is so fresh that a share sheet may open. */
  pressed(): boolean;
}

const named = (e: unknown, ...names: string[]): boolean => e instanceof DOMException && names.includes(e.name);

export class Sender {
  #file: File | null = null;
  #stop: AbortController | null = null;
  #now: Progress = { state: 'idle', part: null, error: null };

  constructor(
    private readonly parcel: Parcel,
    private readonly ways: Ways,
    private readonly changed: (p: Progress) => void,
  ) {}

  /** Fetches; while it does, gives up; when it is there, shares. */
  async press(): Promise<void> {
    if (this.#stop) return this.stop();
    if (this.#file) return this.#offer(this.#file);
    const stop = (this.#stop = new AbortController());
    this.#say({ state: 'fetching', part: 0, error: null });
    try {
      const file = await this.#fetch(stop.signal);
      if (stop.signal.aborted) return;
      this.#file = file;
      this.#stop = null;
      if (this.ways.pressed()) await this.#offer(file);
      else this.#say({ state: 'ready', part: null });
    } catch (error) {
      if (stop.signal.aborted) return;
      this.#stop = null;
      this.#say({ state: 'idle', part: null, error });
    }
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#say({ state: this.#file ? 'ready' : 'idle', part: null });
  }

  async #fetch(signal: AbortSignal): Promise<File> {
    const res = await this.ways.get(this.parcel.url, signal);
    const total = Number(res.headers.get('content-length')) || null;
    if (total !== null && total > MOST) throw new TooLarge();
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    const reader = res.body!.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      pieces.push(read.value);
      bytes += read.value.length;
      if (bytes > MOST) throw new TooLarge();
      if (!signal.aborted) this.#say({ part: total && bytes / total });
    }
    return new File(pieces, this.parcel.name, { type: typeOf(this.parcel.name) });
  }

  async #offer(file: File): Promise<void> {
    this.#say({ state: 'sharing', part: null, error: null });
    try {
      await this.ways.share(file);
      this.#say({ state: 'ready' });
    } catch (error) {
      // Thought better of it, or the press was too long ago: it can be pressed again.
      this.#say({ state: 'ready', error: named(error, 'AbortError', 'NotAllowedError') ? null : error });
    }
  }

  #say(change: Partial<Progress>): void {
    this.changed((this.#now = { ...this.#now, ...change }));
  }
}
