/** Bookmarks and locks of one camera as state. */
import { marksApi } from '../lib/api/marks';
import { inOrder, ofBookmark, ofLock, type Keepsake } from '../lib/marks/kept';
import { words } from './errors';
import { offerUndo, tellProblem } from './undo.svelte';

type Addition = Omit<Keepsake, 'id' | 'by' | 'revision'>;

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

  async #add(k: Addition): Promise<Keepsake> {
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
  async add(k: Addition, said: string): Promise<boolean> {
    try {
      const made = await this.#add(k);
      offerUndo({ text: said, undo: () => this.#drop(made) });
      return true;
    } catch (e) {
      tellProblem(e);
      return false;
    }
  }

  async #note(k: Keepsake, note: string): Promise<Keepsake> {
    const now = ofBookmark(await marksApi.noteBookmark(k.id, k.revision ?? 0, note));
    this.items = this.items.map((other) => (other.id === k.id ? now : other));
    return now;
  }

  /** Writes another note on a bookmark. Answers whether it stands. */
  async note(k: Keepsake, note: string, said: string): Promise<boolean> {
    try {
      const now = await this.#note(k, note);
      offerUndo({ text: said, undo: () => this.#note(now, k.note) });
      return true;
    } catch (e) {
      tellProblem(e);
      void this.load();
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
