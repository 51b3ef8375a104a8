import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { present, SAY_MS, SHOW_MS, type Hands } from './present';

const notification = {
  title: 'Ngõ 7: có chuyển động',
  body: '22:14 – vùng cổng',
  navigate: 'https://camera.example.vn/e/1',
  tag: 'a7',
  data: { lanewatch: { kind: 'motion', event: 'e1', token: 'tok' } },
};
const safari = { data: null, notification };
const chrome = { data: { json: () => ({ notification }) }, notification: null };
const RECEIPT = { token: 'tok', what: 'shown' };

/** A browser and a recorder that do all that they are asked for, but as `other` says; and what they were asked for. */
function hands(other: Partial<Hands> = {}) {
  const there: { title: string; body: string; tag: string; image?: string }[] = [];
  const said: unknown[] = [];
  const all: Hands = {
    origin: 'https://camera.example.vn',
    show: (title, { body = '', tag = '', ...more }) => {
      there.push({ title, body, tag, ...('image' in more ? { image: more.image as string } : {}) });
      return Promise.resolve();
    },
    shown: () => Promise.resolve(there),
    say: (receipt) => Promise.resolve(said.push(receipt)),
    picture: () => Promise.resolve(null),
    ...other,
  };
  return { all, there, said };
}
const refused = (): Promise<never> => Promise.reject(new TypeError('no valid defaultAction url'));

describe('a message that comes', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is shown and said to be, however the browser gives it', async () => {
    for (const pushed of [safari, chrome]) {
      const { all, there, said } = hands();
      await present(pushed, all);
      expect(there).toEqual([{ title: notification.title, body: notification.body, tag: 'a7' }]);
      expect(said).toEqual([RECEIPT]);
    }
  });

  it('gets its picture where it still stands', async () => {
    const picture = (): Promise<string> => Promise.resolve('data:image/jpeg;base64,AA');
    const { all, there } = hands({ picture });
    await present(chrome, all);
    expect(there.map((n) => n.image)).toEqual([undefined, 'data:image/jpeg;base64,AA']);
    for (const shown of [() => Promise.resolve([]), refused]) {
      const gone = hands({ picture, shown });
      await present(chrome, gone.all);
      expect(gone.there).toHaveLength(1);
    }
  });

  it('is told of when it is refused and the browser has its words, never when nobody sees anything', async () => {
    const picture = vi.fn(() => Promise.resolve('data:,'));
    const own = hands({ show: refused, picture });
    await present(safari, own.all);
    expect(own.said).toEqual([RECEIPT]);
    const none = hands({ show: refused, picture });
    await present(chrome, none.all);
    expect(none.said).toEqual([]);
    expect(picture).not.toHaveBeenCalled();
  });

  it('is over in time, though the browser does not answer', async () => {
    const { all, said } = hands({ show: () => new Promise(() => {}) });
    const over = present(safari, all);
    await vi.advanceTimersByTimeAsync(SHOW_MS);
    await over;
    expect(said).toEqual([RECEIPT]);
    // An iPhone ends a worker after ten seconds, and shows nothing then.
    expect(SHOW_MS + SAY_MS).toBeLessThan(8000);
  });

  it('says that there is something when it says nothing itself', async () => {
    const { all, there, said } = hands();
    await present({ data: null }, all);
    expect(there.map((n) => n.title)).toEqual(['Có cảnh báo']);
    expect(said).toEqual([null]);
  });
});
