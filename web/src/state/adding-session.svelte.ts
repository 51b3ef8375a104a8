/**
 * Finding, testing and adding cameras, one or nineteen. The password is remembered from one camera to the next and
 * forgotten with the session: it is in no address, no storage, and in the page only while its field is.
 */
import { addingApi } from '../lib/api/adding';
import { api, ApiError } from '../lib/api/client';
import type { CameraTest, FoundCamera } from '../lib/api/types';
import { nameFor, targets, type BatchFault, type Target } from '../lib/adding/batch';
import { words } from './errors';

type Stage = 'waiting' | 'testing' | 'ready' | 'bad' | 'adding' | 'added';

/** A camera on its way in. */
export class Candidate {
  name = $state('');
  stage = $state<Stage>('waiting');
  test = $state.raw<CameraTest | null>(null);
  problem = $state<string | null>(null);
  /** Instead of the one for all. */
  password = $state('');

  constructor(
    readonly target: Target,
    name: string,
  ) {
    this.name = name;
  }

  get main() {
    return this.test?.streams.find((s) => s.role === 'main');
  }
  get sub() {
    return this.test?.streams.find((s) => s.role === 'sub');
  }
  /** The main stream can be recorded; a sub stream that cannot is left out. */
  get usable(): boolean {
    return !!this.main?.report.ok && !this.test?.checks.some((c) => c.level === 'error');
  }
  get snapshot(): string | null {
    return this.main?.snapshot_url ?? this.sub?.snapshot_url ?? null;
  }
  get warned(): boolean {
    const streams = this.test?.streams ?? [];
    return [...(this.test?.checks ?? []), ...streams.flatMap((s) => s.report.checks)].some((c) => c.level !== 'ok');
  }
}

/** Tests at a time: the recorder makes four, and somebody else may want one. */
const AT_ONCE = 2;
const AGAIN_MS = 2500;

export class AddingSession {
  found = $state.raw<FoundCamera[] | null>(null);
  chosen = $state<string[]>([]);
  scanning = $state(false);
  typed = $state('');
  username = $state('admin');
  password = $state('');
  pattern = $state('');
  first = $state(1);
  /** Of all that are added. */
  area = $state('');
  list = $state<Candidate[]>([]);
  fault = $state<BatchFault | null>(null);
  problem = $state<string | null>(null);
  private over = false;

  constructor(lane: string, cameras: number) {
    this.pattern = `${lane} {n}`;
    this.first = cameras + 1;
  }

  get busy(): boolean {
    return this.list.some((c) => c.stage === 'testing' || c.stage === 'adding');
  }
  get ready(): Candidate[] {
    return this.list.filter((c) => c.stage === 'ready');
  }
  get added(): number {
    return this.list.filter((c) => c.stage === 'added').length;
  }
  /** What the button would test: what is chosen and typed. */
  get count(): number {
    const typed = targets(this.typed);
    return this.chosen.length + (typeof typed === 'string' ? 0 : typed.length);
  }

  async scan(): Promise<void> {
    this.scanning = true;
    this.problem = null;
    try {
      this.found = await addingApi.discover();
      this.chosen = this.chosen.filter((onvif) => this.found?.some((f) => f.onvif === onvif));
    } catch (e) {
      this.problem = words(e);
    } finally {
      this.scanning = false;
    }
  }

  choose(onvif: string, yes: boolean): void {
    this.chosen = yes ? [...this.chosen, onvif] : this.chosen.filter((x) => x !== onvif);
  }

  chooseAll(): void {
    this.chosen = (this.found ?? []).filter((f) => !f.already_added).map((f) => f.onvif);
  }

  /** Puts what is chosen and typed on the list and tests it. Cameras that were added stay, so that they are not lost sight of. */
  async testAll(): Promise<void> {
    const typed = targets(this.typed);
    this.fault = typeof typed === 'string' && !(typed === 'none' && this.chosen.length) ? typed : null;
    if (this.fault) return;
    const wanted: Target[] = [
      ...this.chosen.map((address) => ({ address, sub: '' })),
      ...(typeof typed === 'string' ? [] : typed),
    ];
    const kept = this.list.filter((c) => c.stage === 'added');
    const fresh = wanted.filter((w) => !kept.some((c) => c.target.address === w.address));
    const several = wanted.length + kept.length > 1;
    this.list = [
      ...kept,
      ...fresh.map((w, i) => new Candidate(w, nameFor(this.pattern, this.first + kept.length + i, several))),
    ];
    const queue = this.list.filter((c) => c.stage === 'waiting');
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next && !this.over; next = queue.shift()) await this.test(next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  private login(c: Candidate): { username?: string; password?: string } {
    const password = c.password || this.password;
    return { ...(this.username.trim() ? { username: this.username.trim() } : {}), ...(password ? { password } : {}) };
  }

  async test(c: Candidate): Promise<void> {
    c.stage = 'testing';
    c.problem = null;
    c.test = null;
    const body = { address: c.target.address, ...(c.target.sub ? { sub_url: c.target.sub } : {}), ...this.login(c) };
    try {
      c.test = await addingApi.test(body).catch(async (e: unknown) => {
        // Others test at the same time: their turn is over in some seconds.
        if (!(e instanceof ApiError) || e.code !== 'too_many') throw e;
        await new Promise((done) => setTimeout(done, AGAIN_MS));
        return addingApi.test(body);
      });
      c.stage = c.usable ? 'ready' : 'bad';
    } catch (e) {
      c.problem = words(e);
      c.stage = 'bad';
    }
  }

  drop(c: Candidate): void {
    this.list = this.list.filter((x) => x !== c);
  }

  /** Adds everything that works, in the order of the list. */
  async addAll(): Promise<void> {
    for (const c of this.ready) {
      const { main, sub } = c;
      if (!main || this.over) continue;
      c.stage = 'adding';
      try {
        await api.addCamera({
          name: c.name.trim().normalize('NFC'),
          area: this.area.trim().normalize('NFC'),
          main_url: main.url,
          sub_url: sub?.report.ok ? sub.url : null,
          username: null,
          ...this.login(c),
        });
        c.stage = 'added';
        c.password = '';
      } catch (e) {
        c.problem = words(e);
        c.stage = 'ready';
        return;
      }
    }
  }

  /** Forgets what is secret and begins nothing new. */
  end(): void {
    this.over = true;
    this.password = '';
    for (const c of this.list) c.password = '';
  }
}
