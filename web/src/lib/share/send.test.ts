import { describe, expect, it } from 'vitest';
import { MOST, Sender, TooLarge, typeOf, type Progress, type Ways } from './send';

/** A sender whose press is fresh or not, with what it said and shared. */
function sender(ways: Partial<Ways> = {}) {
  const said: Progress[] = [];
  const shared: File[] = [];
  const all: Ways = {
    get: () => Promise.resolve(new Response(new Uint8Array(1000), { headers: { 'content-length': '1000' } })),
    share: (file) => Promise.resolve(void shared.push(file)),
    pressed: () => false,
    ...ways,
  };
  const it = new Sender({ url: '/clip.mp4', name: 'ngo-7.mp4' }, all, (p) => said.push(p));
  return { it, said, shared, state: () => said.at(-1) };
}
const failing = (name: string) => () => Promise.reject(new DOMException('', name));

describe('sending a file', () => {
  it('fetches first and shares by a press of its own, once the first is too old', async () => {
    const { it: s, said, shared, state } = sender();
    await s.press();
    expect(said.map((p) => p.state)).toEqual(['fetching', 'fetching', 'ready']);
    expect(said[1]!.part).toBe(1);
    expect(shared).toEqual([]);
    await s.press();
    expect([shared[0]!.name, shared[0]!.size, shared[0]!.type]).toEqual(['ngo-7.mp4', 1000, 'video/mp4']);
    expect(state()!.state, 'it can be sent to somebody else').toBe('ready');
  });
  it('shares at once when the press is still fresh', async () => {
    const { it: s, shared } = sender({ pressed: () => true });
    await s.press();
    expect(shared.length).toBe(1);
  });
  it('takes a change of mind and a press that was too old for no fault, and says others', async () => {
    for (const name of ['AbortError', 'NotAllowedError']) {
      const { it: s, state } = sender({ pressed: () => true, share: failing(name) });
      await s.press();
      expect(state()).toEqual({ state: 'ready', part: null, error: null });
    }
    const { it: s, state } = sender({ pressed: () => true, share: failing('DataError') });
    await s.press();
    expect(state()!.error).toBeInstanceOf(DOMException);
  });
  it('says what went wrong with fetching, and can try again', async () => {
    let turn = 0;
    const get = (): Promise<Response> =>
      turn++ ? Promise.resolve(new Response('x')) : Promise.reject(new Error('away'));
    const { it: s, state } = sender({ get });
    await s.press();
    expect(state()).toMatchObject({ state: 'idle', error: new Error('away') });
    await s.press();
    expect(state()).toMatchObject({ state: 'ready', error: null });
  });
  it('takes no more than a messenger does', async () => {
    const headers = { 'content-length': String(MOST + 1) };
    const { it: s, state } = sender({ get: () => Promise.resolve(new Response('x', { headers })) });
    await s.press();
    expect(state()!.error).toBeInstanceOf(TooLarge);
  });
  it('pressed while it fetches, it gives up and shares nothing', async () => {
    let answer = (_: Response): void => {};
    const {
      it: s,
      state,
      shared,
    } = sender({ pressed: () => true, get: () => new Promise((resolve) => (answer = resolve)) });
    const first = s.press();
    await s.press();
    answer(new Response('x'));
    await first;
    expect([state()!.state, shared.length]).toEqual(['idle', 0]);
  });
  it('knows videos from archives', () => {
    expect([typeOf('a.mp4'), typeOf('a.zip')]).toEqual(['video/mp4', 'application/zip']);
  });
});
