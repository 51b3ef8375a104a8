/** A signal that also aborts by itself after some time. (`AbortSignal.any` is younger than the browsers served.) */
export interface Deadline {
  signal: AbortSignal;
  /** Call when the work is done. */
  clear(): void;
}

export function deadline(outer: AbortSignal | undefined, ms: number): Deadline {
  const own = new AbortController();
  const follow = (): void => own.abort(outer?.reason);
  const timer = setTimeout(() => own.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')), ms);
  if (outer?.aborted) follow();
  else outer?.addEventListener('abort', follow, { once: true });
  return {
    signal: own.signal,
    clear: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}
