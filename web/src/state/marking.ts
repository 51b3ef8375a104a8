/** Marking events, from whichever page: asks the recorder, tells the page, offers to take it back. */
import { marksApi } from '../lib/api/marks';
import { undoOf, type Marks } from '../lib/marks/undo';
import { story, type Story } from '../lib/motion/events';
import { offerUndo, tellProblem } from './undo.svelte';

interface Words {
  text: string;
  link?: { href: string; text: string };
}

/** `changed` gets the events as they are afterwards, and again when it is taken back. Without words nothing is offered. */
export async function markEvents(
  before: readonly Story[],
  marks: Marks,
  changed: (events: Story[]) => void,
  said?: Words,
): Promise<boolean> {
  try {
    changed((await marksApi.mark({ ids: before.map((e) => e.id), ...marks })).map(story));
  } catch (e) {
    tellProblem(e);
    return false;
  }
  const back = undoOf(before, marks);
  if (said && back.length)
    offerUndo({
      ...said,
      undo: async () => {
        for (const request of back) changed((await marksApi.mark(request)).map(story));
      },
    });
  return true;
}
