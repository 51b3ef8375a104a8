/** What moves now and how detection does, as the recorder sends it picture by picture; asks again for as long as it is wanted. */
import type { Activity, Detection } from '../api/types';
import { backoffMs } from '../live/backoff';

export interface ActivityHost {
  activity(a: Activity): void;
  detection(d: Detection | null): void;
  /** The recorder answers, or does not any more. */
  heard(yes: boolean): void;
}

type Source = Pick<EventSource, 'readyState' | 'close' | 'onopen' | 'onerror'> & {
  addEventListener(name: string, f: (e: MessageEvent<string>) => void): void;
};

const CLOSED = 2;

export class ActivityFeed {
  #source: Source | null = null;
  #tries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly host: ActivityHost,
    private readonly make: (url: string) => Source = (u) => new EventSource(u),
  ) {
    this.#open();
  }

  #open(): void {
    const source = this.make(this.url);
    this.#source = source;
    const on = <T>(name: string, f: (data: T) => void): void =>
      source.addEventListener(name, (e) => {
        this.#tries = 0;
        f(JSON.parse(e.data) as T);
      });
    on<Activity>('activity', (a) => this.host.activity(a));
    on<Detection | null>('detection', (d) => this.host.detection(d));
    source.onopen = () => this.host.heard(true);
    source.onerror = () => {
      this.host.heard(false);
      // It asks again by itself after a broken connection, but never after a refusal.
      if (source.readyState !== CLOSED) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#open(), backoffMs(this.#tries++, Math.random()));
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
  }
}
