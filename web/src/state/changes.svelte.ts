/** What the recorder tells of changes over the live socket, for whoever shows them. Without it they ask by the clock. */
import type { Change, Topic } from '../lib/live/wire';

/** Changes are told: nobody needs to ask by the clock. */
export const changes = $state({ told: false });

/** Many changes at once, such as of all cameras, are one reason to ask. */
const TOGETHER_MS = 250;

interface Listener {
  topics: readonly Topic[];
  /** The one thing that it is about; none = all of them. */
  about: string | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** When that ends. */
  due: number;
  ask: () => void;
}
const listeners = new Set<Listener>();

function wake(l: Listener, afterMs = TOGETHER_MS): void {
  const due = Date.now() + afterMs;
  if (l.timer && l.due <= due) return;
  clearTimeout(l.timer);
  l.due = due;
  l.timer = setTimeout(() => {
    l.timer = undefined;
    l.ask();
  }, afterMs);
}

/** `ask` is called soon after something of these topics has changed, or may have. Returns how to end it. */
export function whenChanged(topics: readonly Topic[], ask: () => void, about?: string): () => void {
  const listener: Listener = { topics, about, timer: undefined, due: 0, ask };
  listeners.add(listener);
  return () => {
    clearTimeout(listener.timer);
    listeners.delete(listener);
  };
}

export function changed(topic: Topic, { id }: Partial<Change> = {}): void {
  const concerns = (l: Listener): boolean => !l.about || !id || l.about === id;
  for (const l of listeners) if (l.topics.includes(topic) && concerns(l)) wake(l);
}

/** Everything may have changed. */
export function changedAll(afterMs?: number): void {
  changes.told = true;
  for (const l of listeners) wake(l, afterMs);
}

/**
 * Asks soon after changes, of the one thing `about` if given; every `slowMs` for what no change tells of, every `fastMs` while
 * changes are not told.
 */
export function keepAsking(
  topics: readonly Topic[],
  ask: () => void,
  fastMs: number,
  slowMs: number,
  about?: string,
): () => void {
  let asked = Date.now();
  const now = (): void => {
    asked = Date.now();
    ask();
  };
  const end = whenChanged(topics, now, about);
  const timer = setInterval(() => {
    if (!document.hidden && (!changes.told || Date.now() - asked >= slowMs)) now();
  }, fastMs);
  return () => {
    clearInterval(timer);
    end();
  };
}
