/** Marking events, from whichever page: asks the recorder, tells the page, offers to take it back. */
import { marksApi, MOST_MARKED } from '../lib/api/marks';
import type { MotionEvent } from '../lib/api/types';
import { Shown } from '../lib/marks/shown';
import { marked, undoOf, type Marks } from '../lib/marks/undo';
import { story, type Story } from '../lib/motion/events';
import { app, clock } from './app.svelte';
import { t } from './i18n.svelte';
import { offerUndo, tellProblem } from './undo.svelte';
import { sendOrWait, unsent } from './waiting.svelte';

interface Words {
  text: string;
  link?: { href: string; text: string };
}

const shown = new Shown();
/** To be called before asking for events: tells of each whether the answer knows what has been marked here meanwhile. */
export const answerKnows = (): ((id: string) => boolean) => shown.asked(unsent);

/**
 * `changed` gets the events as they are afterwards, and again when it is taken back. Without words nothing is offered. Where the
 * recorder cannot be reached it waits, and the page shows what will be.
 */
export async function markEvents(
  before: readonly Story[],
  marks: Marks,
  changed: (events: Story[]) => void,
  said?: Words,
): Promise<boolean> {
  const waits: (() => boolean)[] = [];
  const show = (events: Story[]): void => {
    shown.add(events.map((e) => e.id));
    changed(events);
  };
  try {
    for (let i = 0; i < before.length; i += MOST_MARKED) {
      const part = before.slice(i, i + MOST_MARKED);
      const ids = part.map((e) => e.id);
      const done = await sendOrWait<{ items: MotionEvent[] }>('POST', 'events:mark', { ...marks, ids });
      if ('answer' in done) show(done.answer.items.map(story));
      else {
        waits.push(done.wait);
        show(part.map((e) => marked(e, marks, app.me?.display_name || (app.me?.name ?? ''), clock.now())));
      }
    }
  } catch (e) {
    tellProblem(e);
    return false;
  }
  const back = undoOf(before, marks);
  if (said && back.length)
    offerUndo({
      ...said,
      text: waits.length ? `${said.text}. ${t('waiting.later')}` : said.text,
      undo: async () => {
        // What has not gone out yet only has to stay.
        const stays = waits.filter((take) => take()).length;
        if (stays && stays === waits.length) show([...before]);
        else for (const request of back) show((await marksApi.mark(request)).map(story));
      },
    });
  return true;
}
