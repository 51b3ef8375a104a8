import { describe, expect, it } from 'vitest';
import { opens, own, pick, read, request, touched } from './push';

const ORIGIN = 'https://camera.thon';
const message = (change: object = {}): string =>
  JSON.stringify({
    web_push: 8030,
    notification: {
      title: 'Ngõ 7: có người',
      body: '22:14 – vùng cổng',
      navigate: `${ORIGIN}/e/1`,
      lang: 'vi',
      tag: 'a1',
      silent: false,
      ...change,
    },
    mutable: true,
    lanewatch: { id: '1', event: '1', token: 't' },
  });

describe('a push message', () => {
  it('is shown with its words, replaces its own earlier one, and has two buttons', () => {
    const told = read(message(), ORIGIN);
    expect(told.title).toBe('Ngõ 7: có người');
    expect(told.options).toMatchObject({ body: '22:14 – vùng cổng', tag: 'a1', silent: false, lang: 'vi' });
    expect(told.options.actions?.map((a) => a.action)).toEqual(['handled', 'snooze']);
    expect(told.options.data).toEqual({ navigate: `${ORIGIN}/e/1`, token: 't' });
    expect(read(message({ silent: true }), ORIGIN).options.silent).toBe(true);
  });
  it('that cannot be read says that there is something', () => {
    for (const wrong of [null, '', 'x', '[]', '7', 'null', '{}', '{"notification":7}']) {
      const told = read(wrong, ORIGIN);
      expect(told.title, String(wrong)).toBe('Có cảnh báo');
      expect(told.options.body).not.toBe('');
      expect(told.options.data).toEqual({ navigate: `${ORIGIN}/`, token: '' });
      expect(told.options.actions).toBeUndefined();
    }
  });
  it('leads nowhere but into the app', () => {
    for (const [said, led] of [
      ['/e/1?x=1#y', '/e/1?x=1#y'],
      ['https://evil.example/e/1', '/e/1'],
      ['javascript:alert(1)', '/'],
      ['data:text/html,.evil.example', '/'],
      ['//evil.example/a', '/a'],
      ['', '/'],
      ['http://', '/'],
    ] as const) {
      expect(own(said, ORIGIN), said).toBe(ORIGIN + led);
    }
  });
});

describe('a touch', () => {
  it('tells what was touched, and opens the app but for quiet', () => {
    expect(touched('', 't')).toEqual({ token: 't', what: 'opened' });
    expect(touched('handled', 't')).toEqual({ token: 't', what: 'handled' });
    expect(touched('snooze', 't')).toEqual({ token: 't', what: 'snooze', minutes: 30 });
    expect(touched('', '')).toBe(null);
    expect(['', 'handled', 'snooze'].map(opens)).toEqual([true, true, false]);
  });
  it('goes on in a page that is open', () => {
    const page = (url: string, focused = false) => ({ url, focused });
    const [a, b] = [page(`${ORIGIN}/`), page(`${ORIGIN}/events`, true)];
    expect(pick([page('https://elsewhere.vn/', true), a, b], ORIGIN)).toBe(b);
    expect(pick([a], ORIGIN)).toBe(a);
    expect(pick([page(`${ORIGIN}.evil.example/`)], ORIGIN)).toBe(undefined);
  });
  it('is told without a session', () => {
    const [path, init] = request({ token: 't', what: 'shown' });
    expect(path).toBe('/api/v1/alert-receipts');
    expect(init.body).toBe('{"token":"t","what":"shown"}');
  });
});
