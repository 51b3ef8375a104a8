/** What was done last and can be taken back for ten seconds; survives going to another page. */
import { words } from './errors';

export const UNDO_MS = 10_000;

interface Offer {
  text: string;
  /** Somewhere to go on from here. */
  link?: { href: string; text: string };
  undo(): Promise<unknown>;
}

export const undoing = $state<{ offer: Offer | null; problem: string | null; count: number }>({
  offer: null,
  problem: null,
  /** Tells one offer from the next. */
  count: 0,
});

let timer: ReturnType<typeof setTimeout> | undefined;

function later(): void {
  clearTimeout(timer);
  timer = setTimeout(dismiss, UNDO_MS);
}

export function offerUndo(offer: Offer): void {
  undoing.offer = offer;
  undoing.problem = null;
  undoing.count++;
  later();
}

/** What went wrong, in the same place. */
export function tellProblem(e: unknown): void {
  undoing.offer = null;
  undoing.problem = words(e);
  undoing.count++;
  later();
}

export function dismiss(): void {
  clearTimeout(timer);
  undoing.offer = null;
  undoing.problem = null;
}

export async function undo(): Promise<void> {
  const offer = undoing.offer;
  if (!offer) return;
  dismiss();
  await offer.undo().catch(tellProblem);
}
