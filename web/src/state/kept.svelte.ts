/** Bookmarks and locks of one camera as state. */
import { marksApi } from '../lib/api/marks';
import { inOrder, ofBookmark, ofLock, type Keepsake } from '../lib/marks/kept';
import { words } from './errors';
import { offerUndo, tellProblem } from './undo.svelte';

export class Kept {
  /** Newest moment first. */
  items = $state.raw<Keepsake[]>([]);
  loaded = $state(false);
  problem = $state<string | null>(null);

  constructor(private readonly camera: string) {
    void this.load();
  }

  async load(): Promise<void> {
    try {
      const [bookmarks, locks] = await Promise.all([marksApi.bookmarks(this.camera), marksApi.locks(this.camera)]);
      this.items = inOrder([...bookmarks.map(ofBookmark), ...locks.map(ofLock)]);
      this.loaded = true;
      this.problem = null;
    } catch (e) {
      this.problem = words(e);
    }
  }

  async #add(k: Omit<Keepsake, 'id' | 'by'>): Promise<Keepsake> {
    const { from, to, note, until } = k;
    const made =
      k.kind === 'bookmark'
        ? ofBookmark(await marksApi.addBookmark({ camera: this.camera, at: from, to, note }))
        : ofLock(await marksApi.addLock({ camera: this.camera, from, to: to ?? from, until, note }));
    this.items = inOrder([...this.items, made]);
    return made;
  }

  async #drop(k: Keepsake): Promise<void> {
    await (k.kind === 'bookmark' ? marksApi.removeBookmark(k.id) : marksApi.removeLock(k.id));
    this.items = this.items.filter((other) => other.id !== k.id);
  }

  /** Answers whether it is kept now. */
  async add(k: Omit<Keepsake, 'id' | 'by'>, said: string): Promise<boolean> {
    try {
      const made = await this.#add(k);
      offerUndo({ text: said, undo: () => this.#drop(made) });
      return true;
    } catch (e) {
      tellProblem(e);
      return false;
    }
  }

  async remove(k: Keepsake, said: string): Promise<void> {
    try {
      await this.#drop(k);
      offerUndo({ text: said, undo: () => this.#add(k) });
    } catch (e) {
      tellProblem(e);
      // Somebody else may have been quicker.
      void this.load();
    }
  }
}
