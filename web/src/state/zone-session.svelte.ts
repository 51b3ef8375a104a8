/** The zones page as state: what the recorder has, what is drawn, what it would have meant, and saving it. */
import { ApiError } from '../lib/api/client';
import { motionApi } from '../lib/api/motion';
import type { ZoneKind, ZonePreview, Zones } from '../lib/api/types';
import { AreaEditor, type EditorState } from '../lib/zones/editor';
import type { Size } from '../lib/zones/geometry';
import { apiZone, newZone, unfit, zoneArea, type ZoneArea } from '../lib/zones/zone';
import { clock } from './app.svelte';
import { words } from './errors';
import { t } from './i18n.svelte';

/** Drawn and not saved: one may look elsewhere and come back. */
const drafts = new Map<string, { revision: number; areas: readonly ZoneArea[] }>();
const DAY = 86_400_000;
const REST_MS = 500;

export class ZoneSession {
  /** Null until the recorder has answered. */
  revision = $state<number | null>(null);
  view = $state.raw<EditorState<ZoneArea>>();
  problem = $state<string | null>(null);
  /** Somebody else has changed the zones meanwhile. */
  stale = $state(false);
  saving = $state(false);
  saved = $state(false);
  preview = $state.raw<(ZonePreview & { from: number; to: number }) | null>(null);
  previewing = $state(false);
  previewProblem = $state<string | null>(null);

  readonly editor: AreaEditor<ZoneArea>;
  #previewed: readonly ZoneArea[] | null = null;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | null = null;

  constructor(
    private readonly camera: string,
    size: () => Size,
  ) {
    this.editor = new AreaEditor<ZoneArea>([], size, (s) => {
      this.view = s;
      if (s.dirty) this.saved = false;
      if (!s.dragging) this.#try(s.areas);
    });
    this.view = this.editor.state;
    void this.#resume();
  }

  async #resume(): Promise<void> {
    const draft = drafts.get(this.camera);
    drafts.delete(this.camera);
    await this.load();
    if (draft && draft.revision === this.revision) this.editor.resume(draft.areas);
  }

  stop(): void {
    const { dirty, areas } = this.view!;
    if (dirty && this.revision !== null) drafts.set(this.camera, { revision: this.revision, areas });
    clearTimeout(this.#rest);
    this.#asking?.abort();
  }

  get unfit(): ReturnType<typeof unfit> {
    return unfit(this.view!.areas);
  }

  get chosen(): ZoneArea | null {
    return this.view!.areas.find((a) => a.key === this.view!.chosen) ?? null;
  }

  /** What the recorder has; what was drawn and not saved is gone. */
  async load(): Promise<void> {
    try {
      this.#take(await motionApi.zones(this.camera));
    } catch (e) {
      this.problem = words(e);
    }
  }

  #take(zones: Zones): void {
    this.revision = zones.revision;
    this.problem = null;
    this.stale = false;
    const at = this.view!.areas.findIndex((a) => a.key === this.view!.chosen);
    this.editor.reset(zones.items.map(zoneArea));
    this.editor.choose(this.view!.areas[at]?.key ?? null);
  }

  add(kind: ZoneKind, name: string): void {
    this.editor.add(newZone(kind, name, this.view!.areas.length));
  }

  async save(): Promise<void> {
    if (this.revision === null || this.saving) return;
    this.saving = true;
    try {
      this.#take(await motionApi.putZones(this.camera, this.view!.areas.map(apiZone), this.revision));
      this.saved = true;
    } catch (e) {
      this.stale = e instanceof ApiError && e.code === 'stale_revision';
      this.problem = this.stale ? null : words(e);
    } finally {
      this.saving = false;
    }
  }

  /** Saves over what somebody else has changed. */
  async insist(): Promise<void> {
    try {
      this.revision = (await motionApi.zones(this.camera)).revision;
      this.stale = false;
      await this.save();
    } catch (e) {
      this.problem = words(e);
    }
  }

  /** When the hand rests: how many events these zones would have made of the last day. */
  #try(areas: readonly ZoneArea[]): void {
    if (areas === this.#previewed || this.revision === null || unfit(areas)) return;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#ask(areas), REST_MS);
  }

  async #ask(areas: readonly ZoneArea[]): Promise<void> {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    this.#previewed = areas;
    this.previewing = true;
    const to = clock.now();
    try {
      const answer = await motionApi.previewZones(this.camera, areas.map(apiZone), to - DAY, to, asking.signal);
      this.preview = { ...answer, from: to - DAY, to };
      this.previewProblem = null;
    } catch (e) {
      if (asking.signal.aborted) return;
      this.preview = null;
      this.previewProblem = e instanceof ApiError && e.code === 'unavailable' ? t('zone.preview_none') : words(e);
    }
    if (this.#asking === asking) this.previewing = false;
  }
}
