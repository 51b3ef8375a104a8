/** "Keep this" where nothing is played: half a minute before and after a moment is never deleted. */
import { lockBody, marksApi } from '../lib/api/marks';
import type { Lock } from '../lib/api/types';
import { rangeToKeep } from '../lib/marks/kept';
import { t } from './i18n.svelte';
import { offerUndo, tellProblem } from './undo.svelte';
import { sendOrWait } from './waiting.svelte';

export async function keepMoment(camera: string, at: number): Promise<void> {
  const { from, to } = rangeToKeep({ in: null, out: null }, at);
  try {
    const done = await sendOrWait<Lock>('POST', 'locks', lockBody({ camera, from, to, until: null, note: '' }));
    const text = t('marks.said_locked');
    if ('answer' in done) offerUndo({ text, undo: () => marksApi.removeLock(done.answer.id) });
    else offerUndo({ text: `${text}. ${t('waiting.later')}`, undo: () => Promise.resolve(done.wait()) });
  } catch (e) {
    tellProblem(e);
  }
}
