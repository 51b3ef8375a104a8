/** The feed of events as state: the newest again and again, older ones by page, window after window back to the oldest footage. */
import { motionApi } from '../lib/api/motion';
import { merged, story, type Story } from '../lib/motion/events';
import { app, clock } from './app.svelte';
import { words } from './errors';

const PAGE = 48;
/** The recorder answers for at most 32 days at once. */
const WINDOW_MS = 31 * 86_400_000;
/** An event is told when it begins; those that last are asked for from their beginning. */
const NEWS_MS = 180_000;
const NEWS = 100;

export interface Filter {
  camera: string | null;
  kind: string | null;
}

export class Feed {
  events = $state.raw<Story[]>([]);
  loading = $state(true);
  problem = $state<string | null>(null);
  /** Nothing older is left. */
  complete = $state(false);
  checkedAt = $state<number | null>(null);
  /** Names of zones, by their id, of the cameras that were asked. */
  zones = $state.raw(new Map<string, string>());

  #cursor: string | undefined;
  #to: number;
  #stop = new AbortController();
  #asked = new Set<string>();

  constructor(private readonly filter: Filter) {
    this.#to = clock.now() + 1000;
    void this.more();
  }

  stop(): void {
    this.#stop.abort();
  }

  get #which(): { cameras: string[]; kind?: string } {
    const { camera, kind } = this.filter;
    return { cameras: camera ? [camera] : [], ...(kind ? { kind } : {}) };
  }

  #take(news: Story[]): void {
    this.events = merged(this.events, news);
    this.checkedAt = clock.now();
    for (const e of news) if (e.zones.length) void this.#learn(e.camera);
  }

  /** Older ones. */
  async more(): Promise<void> {
    this.loading = true;
    this.problem = null;
    const signal = this.#stop.signal;
    try {
      const before = this.events.length;
      // Weeks without anything are passed over.
      while (!this.complete && this.events.length === before && !signal.aborted) {
        const from = this.#to - WINDOW_MS;
        const range = { from, to: this.#to, limit: PAGE };
        const page = await motionApi.events({ ...this.#which, ...range, cursor: this.#cursor }, signal);
        this.#cursor = page.next_cursor ?? undefined;
        this.#take(page.items.map(story));
        if (this.#cursor) continue;
        this.#to = from;
        this.complete = from <= this.#oldest();
      }
    } catch (e) {
      if (!signal.aborted) this.problem = words(e);
    }
    if (!signal.aborted) this.loading = false;
  }

  /** Events go with their footage. */
  #oldest(): number {
    const all = app.cameras.map((c) => (c.oldest_at ? Date.parse(c.oldest_at) : Infinity));
    return Math.min(clock.now(), ...all);
  }

  /** What has happened since, and how those that lasted went on. */
  async news(): Promise<void> {
    if (this.checkedAt === null) return;
    const lasting = this.events.filter((e) => e.to === null).map((e) => e.from);
    const from = Math.max(clock.now() - WINDOW_MS, Math.min(this.checkedAt - NEWS_MS, ...lasting));
    try {
      const range = { from, to: clock.now() + 1000, limit: NEWS };
      this.#take((await motionApi.events({ ...this.#which, ...range }, this.#stop.signal)).items.map(story));
    } catch {
      // The banner about the lost recorder says it; the next turn asks again.
    }
  }

  async #learn(camera: string): Promise<void> {
    if (this.#asked.has(camera)) return;
    this.#asked.add(camera);
    const { items } = await motionApi.zones(camera).catch(() => ({ items: [] }));
    const named = items.flatMap((z): [string, string][] => (z.id ? [[z.id, z.name]] : []));
    this.zones = new Map([...this.zones, ...named]);
  }
}
