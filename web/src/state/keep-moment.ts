/** "Keep this" where nothing is played: half a minute before and after a moment is never deleted. */
import { marksApi } from '../lib/api/marks';
import { rangeToKeep } from '../lib/marks/kept';
import { t } from './i18n.svelte';
import { offerUndo, tellProblem } from './undo.svelte';

export async function keepMoment(camera: string, at: number): Promise<void> {
  const { from, to } = rangeToKeep({ in: null, out: null }, at);
  try {
    const lock = await marksApi.addLock({ camera, from, to, until: null, note: '' });
    offerUndo({ text: t('marks.said_locked'), undo: () => marksApi.removeLock(lock.id) });
  } catch (e) {
    tellProblem(e);
  }
}
