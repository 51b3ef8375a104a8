/** One timer for all tiles instead of one each. */
const PERIOD_MS = 250;
const members = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Calls `f` four times a second until the returned function is called. An exception in one member spares the others. */
export function onTick(f: () => void): () => void {
  members.add(f);
  timer ??= setInterval(() => {
    for (const m of members) {
      try {
        m();
      } catch (e) {
        reportError(e);
      }
    }
  }, PERIOD_MS);
  return () => {
    members.delete(f);
    if (members.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
