/**
 * Fetches coverage for the timeline as the view moves: in wide pieces, one request at a time, the present again and again.
 * Several cameras come in one answer and are known for the same time.
 */
import { api } from '../api/client';
import { Coverage, type CausedGap } from './coverage';

const DAY = 86_400_000;
const EDGE_EVERY_MS = 15_000;
/** After a failure the moving view asks no sooner than this; whoever presses "retry" does not wait. */
const AFTER_ERROR_MS = 5000;
/** The server answers for at most 32 days at once. */
const LONGEST = 30 * DAY;

export class CoverageLoader {
  /** Of each camera. */
  readonly of: ReadonlyMap<string, Coverage>;
  /** Of the first camera. */
  readonly coverage: Coverage;
  error: unknown = null;
  #busy = false;
  #wish: [number, number] | null = null;
  #edgeAt = 0;
  #failedAt = -Infinity;
  #stopped = false;

  constructor(
    private readonly cameras: readonly [string, ...string[]],
    private readonly now: () => number,
    private readonly changed: () => void,
  ) {
    this.of = new Map(cameras.map((id) => [id, new Coverage()]));
    this.coverage = this.of.get(cameras[0])!;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Loads what the view needs and a margin on both sides. */
  want(from: number, to: number): void {
    const now = this.now();
    const margin = Math.max(to - from, 3_600_000);
    const stale = to > now - 60_000 && performance.now() - this.#edgeAt > EDGE_EVERY_MS;
    if (this.coverage.loaded(from, Math.min(to, now - 60_000)) && !stale) return;
    if (performance.now() - this.#failedAt < AFTER_ERROR_MS) return;
    this.#wish = [from - margin, Math.min(to + margin, now + 1000)];
    void this.#work();
  }

  /** The same at once, though it has just failed. */
  retry(from: number, to: number): void {
    this.#failedAt = -Infinity;
    this.want(from, to);
  }

  /** The hole around `t` with both its ends found, however far away they are; infinite where there is no footage. */
  async hole(t: number, camera = this.cameras[0]): Promise<CausedGap | null> {
    const now = this.now();
    const coverage = this.of.get(camera)!;
    await this.#load(t - 2 * DAY, Math.min(now, t + 2 * DAY));
    let hole = coverage.hole(t);
    for (let end = t + 2 * DAY; hole?.to === Infinity && end < now; end += LONGEST) {
      await this.#load(end, Math.min(now, end + LONGEST));
      hole = coverage.hole(t);
    }
    const oldest = coverage.oldest ?? now;
    for (let start = t - 2 * DAY; hole?.from === -Infinity && start > oldest; start -= LONGEST) {
      await this.#load(start - LONGEST, start);
      hole = coverage.hole(t);
    }
    return hole;
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#wish && !this.#stopped) {
        const [from, to] = this.#wish;
        this.#wish = null;
        await this.#load(from, to);
      }
      this.error = null;
    } catch (e) {
      this.error = e;
      this.#failedAt = performance.now();
    } finally {
      this.#busy = false;
      if (!this.#stopped) this.changed();
    }
  }

  async #load(from: number, to: number): Promise<void> {
    if (to <= from) return;
    const asked = this.now();
    if (to >= asked - 60_000) this.#edgeAt = performance.now();
    const answer = await api.timeline([...this.cameras], from, to);
    for (const c of answer.cameras) this.of.get(c.id)?.add(c, from, to, asked);
    if (!this.#stopped) this.changed();
  }
}
