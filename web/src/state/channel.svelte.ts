/** One channel of the site on a page: as it is kept, saved whole, tried. */
import { alertsApi, type ChannelForms, type ChannelName, type ChannelTest } from '../lib/api/alerts';
import { ApiError } from '../lib/api/client';
import { words } from './errors';
import { t } from './i18n.svelte';

export class ChannelState<N extends ChannelName> {
  doc = $state.raw<ChannelForms[N][0] | null>(null);
  problem = $state<string | null>(null);
  /** What the recorder said, for who can make use of it. */
  detail = $state<string | null>(null);
  saving = $state(false);
  saved = $state(false);
  /** Something was changed and is not saved. */
  dirty = $state(false);
  trying = $state(false);
  trial = $state.raw<ChannelTest | null>(null);

  constructor(readonly name: N) {}

  async load(): Promise<void> {
    this.problem = null;
    try {
      this.doc = await alertsApi.channel(this.name);
      this.dirty = false;
    } catch (e) {
      this.problem = words(e);
    }
  }

  touched(): void {
    this.dirty = true;
    this.saved = false;
    this.trial = null;
  }

  async save(form: ChannelForms[N][1]): Promise<void> {
    if (!this.doc) return;
    this.saving = true;
    this.saved = false;
    this.problem = this.detail = null;
    try {
      this.doc = await alertsApi.setChannel(this.name, form, this.doc.revision);
      this.saved = true;
      this.dirty = false;
    } catch (e) {
      const code = e instanceof ApiError ? e.code : null;
      if (code === 'stale_revision') {
        await this.load();
        this.problem = t('ch.stale');
      } else {
        this.problem = code === 'invalid' ? t('ch.refused') : words(e);
        this.detail = code === 'invalid' ? (e as ApiError).message : null;
      }
    }
    this.saving = false;
  }

  async attempt(to: string | null): Promise<void> {
    this.trying = true;
    this.trial = null;
    this.problem = this.detail = null;
    try {
      this.trial = await alertsApi.tryChannel(this.name, to);
    } catch (e) {
      this.problem = words(e);
    }
    this.trying = false;
  }
}
