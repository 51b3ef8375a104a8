/** The feed of events as state: the newest again and again, older ones by page, window after window back to the oldest footage. */
import { marksApi } from '../lib/api/marks';
import { motionApi } from '../lib/api/motion';
import { stretchOf, WHENS, type When } from '../lib/marks/when';
import type { EventCounts } from '../lib/api/types';
import { merged, story, type Story } from '../lib/motion/events';
import { NEWS, newsSince } from '../lib/motion/news';
import { clock, recorded, zone } from './app.svelte';
import { changes } from './changes.svelte';
import { words } from './errors';
import { answerKnows } from './marking';

const PAGE = 48;
/** The recorder answers for at most 32 days at once. */
const WINDOW_MS = 31 * 86_400_000;
/** An event without a picture after so long gets none; until then it is looked for again. */
const PICTURE_MS = 60_000;
const AGAIN_MS = 4000;

export interface Filter {
  camera: string | null;
  kind: string | null;
  when: When | null;
  unseen: boolean;
}

/** Events that nobody signed in as this person has seen, for the buttons of the feed. */
export interface Unseen {
  all: number;
  cameras: ReadonlyMap<string, number>;
  when: Record<When, number>;
}

export class Feed {
  events = $state.raw<Story[]>([]);
  loading = $state(true);
  problem = $state<string | null>(null);
  /** Nothing older is left. */
  complete = $state(false);
  checkedAt = $state<number | null>(null);
  /** Null until the first answer. */
  unseen = $state.raw<Unseen | null>(null);
  /** Names of zones, by their id, of the cameras that were asked. */
  zones = $state.raw(new Map<string, string>());

  #cursor: string | undefined;
  #to: number;
  #stop = new AbortController();
  #asked = new Set<string>();
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly filter: Filter) {
    this.#to = this.#stretch?.to ?? clock.now() + 1000;
    void this.more();
    void this.count();
  }

  stop(): void {
    clearTimeout(this.#again);
    this.#stop.abort();
  }

  get #which(): { cameras: string[]; kind?: string; seen?: false } {
    const { camera, kind, unseen } = this.filter;
    return { cameras: camera ? [camera] : [], ...(kind ? { kind } : {}), ...(unseen ? { seen: false } : {}) };
  }

  get #stretch(): { from: number; to: number } | null {
    return this.filter.when && stretchOf(this.filter.when, clock.now(), zone());
  }

  #take(news: Story[]): void {
    const all = merged(this.events, news);
    this.events = this.filter.unseen ? all.filter((e) => !e.seen) : all;
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
        const stretch = this.#stretch;
        const from = stretch ? stretch.from : this.#to - WINDOW_MS;
        const range = { from, to: this.#to, limit: PAGE };
        const page = await motionApi.events({ ...this.#which, ...range, cursor: this.#cursor }, signal);
        this.#cursor = page.next_cursor ?? undefined;
        this.#take(page.items.map(story));
        if (this.#cursor) continue;
        this.#to = from;
        this.complete = stretch !== null || from <= this.#oldest();
      }
    } catch (e) {
      if (!signal.aborted) this.problem = words(e);
    }
    if (!signal.aborted) this.loading = false;
  }

  /** Events go with their footage. */
  #oldest(): number {
    const all = recorded().map((c) => (c.oldest_at ? Date.parse(c.oldest_at) : Infinity));
    return Math.min(clock.now(), ...all);
  }

  /** What has happened since, how those that lasted went on, and what others have made of those that are shown. */
  async news(): Promise<void> {
    if (this.checkedAt === null) return;
    const since = Math.max(clock.now() - WINDOW_MS, newsSince(this.events, this.checkedAt));
    const stretch = this.#stretch;
    const from = Math.max(since, stretch?.from ?? since);
    const to = Math.min(clock.now() + 1000, stretch?.to ?? Infinity);
    if (to <= from) return;
    try {
      const range = { from, to, limit: NEWS };
      const knows = answerKnows();
      const fresh = (await motionApi.events({ ...this.#which, ...range }, this.#stop.signal)).items.map(story);
      this.#take(fresh.filter((e) => knows(e.id)));
      // The picture of an event comes some seconds after its beginning, and no change tells of it.
      clearTimeout(this.#again);
      if (changes.told && fresh.some((e) => e.picture === null && clock.now() - e.from < PICTURE_MS))
        this.#again = setTimeout(() => void this.news(), AGAIN_MS);
    } catch {
      // The banner about the lost recorder says it; the next turn asks again.
    }
  }

  /** Somebody has marked them, or taken a mark back. */
  marked(events: Story[]): void {
    this.#take(events);
    void this.count();
    // All that were shown have left a list of what is unseen; the next ones take their place.
    if (this.events.length === 0 && !this.complete && !this.loading) void this.more();
  }

  /** How many are unseen; of the last month, as far as the recorder counts at once. */
  async count(): Promise<void> {
    const now = clock.now();
    const kind = this.filter.kind ?? undefined;
    const ask = (from: number, to: number) => marksApi.count(from, to, kind, this.#stop.signal);
    const stretches = WHENS.map((when) => stretchOf(when, now, zone()));
    try {
      const [all, ...parts] = await Promise.all([
        ask(now - WINDOW_MS, now + 1000),
        ...stretches.map((s) => ask(s.from, s.to)),
      ]);
      const mine = (counts: EventCounts): number =>
        this.filter.camera === null
          ? counts.unseen
          : (counts.cameras.find((c) => c.camera === this.filter.camera)?.unseen ?? 0);
      this.unseen = {
        all: mine(all),
        cameras: new Map(all.cameras.map((c) => [c.camera, c.unseen])),
        when: Object.fromEntries(WHENS.map((when, i) => [when, mine(parts[i]!)])) as Unseen['when'],
      };
    } catch {
      // The banner about the lost recorder says it; the buttons keep what they knew.
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
