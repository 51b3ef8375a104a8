import * as opened from '../lib/push/opened';
import * as pending from '../lib/push/pending';
import { describe, expect, it } from 'vitest';
import { address, answered, isDeclared, isThere, MOVED, nameHere, OPENED, options, PENDING, pressOf, read, received, receiptOf, target, UNREADABLE } from './messages'; // prettier-ignore

const body = {
  web_push: 8030,
  notification: {
    title: 'Ngõ 7: có chuyển động',
    body: '22:14 – vùng cổng',
    navigate: 'https://camera.example.vn/e/1',
    lang: 'vi',
    tag: 'a7',
    silent: false,
    data: {
      lanewatch: { id: 'd1', alert: 'a7', kind: 'motion', event: 'e1', at: '2026-11-27T15:14:00.000Z', token: 'tok' },
    },
  },
  mutable: true,
};
const HERE = 'https://camera.example.vn';
const message = read(body)!;
/** As Safari gives it: its attributes are no properties of the object itself. */
const proposed = Object.create(body.notification) as unknown;
const navigateOf = (o: NotificationOptions) => (o as unknown as { navigate: string }).navigate;
const actionsOf = (o: NotificationOptions) =>
  (o as unknown as { actions: { action: string; title: string }[] }).actions;
const titles = (o: NotificationOptions): string[] => actionsOf(o).map((a) => a.title);

describe('a message', () => {
  it('is read as the recorder sends it, and as little of it as there is', () => {
    expect(message).toMatchObject({ title: 'Ngõ 7: có chuyển động', tag: 'a7', own: { event: 'e1', token: 'tok' } });
    expect(message.own?.at).toBe(Date.UTC(2026, 10, 27, 15, 14));
    expect(read({ notification: { title: 'x' } })).toMatchObject({ title: 'x', body: '', navigate: '', own: null });
    for (const nothing of [null, 7, 'x', {}, { notification: {} }, { notification: { title: '' } }])
      expect(read(nothing)).toBeNull();
  });

  it('is read from what the browser has made of it, where that gives no text of it', () => {
    const safari = { data: null, notification: proposed };
    expect(received(safari)).toEqual(message);
    expect(received(safari).own).toMatchObject({ token: 'tok', kind: 'motion', event: 'e1' });
    expect(isDeclared(safari)).toBe(true);
    const chrome = { data: { json: () => body } };
    expect(received(chrome)).toEqual(message);
    expect(received({ ...chrome, notification: null })).toEqual(message);
    expect(isDeclared(chrome) || isDeclared({ ...chrome, notification: null })).toBe(false);
    // Both: the browser shows its own when ours is refused, so that is what it is about.
    expect(received({ data: { json: () => ({ notification: { title: 'x' } }) }, notification: proposed })).toEqual(message); // prettier-ignore
    expect(received({ data: chrome.data, notification: {} })).toEqual(message);
  });

  it('says that there is something, where nothing can be read of it', () => {
    const broken = () => {
      throw new SyntaxError();
    };
    for (const pushed of [
      { data: null },
      { data: null, notification: {} },
      { data: { json: broken } },
      { data: { json: () => 7 } },
    ])
      expect(received(pushed)).toBe(UNREADABLE);
    expect(navigateOf(options(UNREADABLE, null, HERE))).toBe('https://camera.example.vn/events');
  });

  it('shows its words at once and its picture without a second sound', () => {
    const first = options(message, null, HERE) as NotificationOptions & { renotify: boolean; image?: string };
    expect(first).toMatchObject({ body: '22:14 – vùng cổng', tag: 'a7', silent: false, renotify: true, lang: 'vi' });
    expect(first.image).toBeUndefined();
    const second = options(message, 'data:image/jpeg;base64,AA', HERE) as typeof first;
    expect(second).toMatchObject({ silent: true, renotify: false, image: 'data:image/jpeg;base64,AA', tag: 'a7' });
  });

  it('gets its picture only where it still stands as it was shown', () => {
    const as = ({ title, options: { body = '', tag = '' } }: ReturnType<typeof answered>) => ({ title, body, tag });
    const first = as({ title: message.title, options: options(message, null, HERE) });
    const other = { ...first, tag: 'b8' };
    expect(isThere(message, [other, first])).toBe(true);
    for (const press of ['handled', 'snooze-60'] as const)
      expect(isThere(message, [other, as(answered(message, press, HERE))]), press).toBe(false);
    expect(isThere(message, [{ ...first, body: '22:16 – vùng cổng' }])).toBe(false);
    expect(isThere(message, [])).toBe(false);
  });

  it('offers what can be done about it, in its own language', () => {
    const actions = (m: typeof message): string[] => titles(options(m, null, HERE));
    const of = (kind: string): string[] => actions({ ...message, own: { ...message.own!, kind } });
    expect(actions(message)).toEqual(['Đã xử lý', 'Tạm tắt 1 giờ']);
    expect(actions({ ...message, lang: 'en' })).toEqual(['Handled', 'Quiet for 1 hour']);
    expect(of('camera_lost')).toEqual(['Đã xử lý', 'Tạm tắt 1 giờ']);
    expect(of('digest')).toEqual([]);
    // Of the recorder itself: quiet would be quiet from all cameras.
    for (const kind of ['disk', 'clock', 'guessing']) expect(of(kind)).toEqual(['Đã xử lý']);
    expect(actions({ ...message, own: null })).toEqual([]);
  });

  it('a word without a tag never asks to be heard again: browsers refuse that', () => {
    expect(options({ ...message, tag: '' }, null, HERE)).toMatchObject({ renotify: false });
  });

  it('tells the recorder what became of it', () => {
    expect(receiptOf(message, 'shown')).toEqual({ token: 'tok', what: 'shown' });
    expect(receiptOf(message, pressOf(''))).toEqual({ token: 'tok', what: 'opened' });
    expect(receiptOf(message, pressOf('snooze-60'))).toEqual({ token: 'tok', what: 'snooze', minutes: 60 });
    expect(receiptOf(message, pressOf('snooze-15'))).toEqual({ token: 'tok', what: 'snooze', minutes: 15 });
    expect(receiptOf(message, pressOf('snooze-morning'))).toEqual({ token: 'tok', what: 'snooze' });
    expect(pressOf('snooze-7')).toBe('open');
    expect(receiptOf(message, pressOf('handled'))).toEqual({ token: 'tok', what: 'handled' });
    expect(receiptOf({ ...message, own: null }, 'shown')).toBeNull();
  });

  it('says for how long it is quiet, and offers other lengths until the one that is wanted has been pressed', () => {
    const quiet = answered(message, pressOf('snooze-60'), HERE);
    expect(quiet.title).toBe('Đã tạm tắt cảnh báo 1 giờ');
    expect(quiet.options).toMatchObject({ silent: true, tag: 'a7', body: 'Ngõ 7: có chuyển động' });
    expect(titles(quiet.options)).toEqual(['Tạm tắt 15 phút', 'Tạm tắt đến 6 giờ sáng']);
    // What is pressed there is told by the same message, and answered again.
    const seen = new Set<string>();
    const follow = (action: string): void => {
      if (seen.has(action)) return;
      seen.add(action);
      const shown = answered(message, pressOf(action), HERE).options;
      expect(receiptOf(shown.data as typeof message, pressOf(action))).toMatchObject({ token: 'tok', what: 'snooze' });
      expect(actionsOf(shown)).toHaveLength(2);
      actionsOf(shown).forEach((a) => follow(a.action));
    };
    follow('snooze-60');
    expect([...seen].sort()).toEqual(['snooze-15', 'snooze-30', 'snooze-60', 'snooze-morning']);
    expect(answered({ ...message, lang: 'en' }, 'snooze-morning', HERE).title).toBe(
      'Alerts are silent until 6 in the morning',
    );
    const took = answered(message, 'handled', HERE);
    expect([took.title, actionsOf(took.options), receiptOf(took.options.data as typeof message, 'open')]).toEqual(['Đã ghi là đã xử lý', [], null]); // prettier-ignore
  });

  it('keeps the name of this browser when its address has changed', () => {
    const known = (name: string, current: boolean) => ({ id: name, name, current });
    expect(nameHere({ items: [known('Android, Chrome', true), known('', true), known('iPad', false)] })).toBe('Android, Chrome'); // prettier-ignore
    for (const none of [null, {}, { items: 'x' }, { items: [null, known('iPad', false)] }])
      expect(nameHere(none)).toBe('');
  });

  it('leads to its page in this app, or to its address, and never anywhere else', () => {
    const here = 'https://camera.example.vn';
    const at = (navigate: string, own = message.own): ReturnType<typeof target> =>
      target({ ...message, navigate, own }, here);
    expect(at('https://camera.example.vn/e/1?x=2')).toEqual({ inApp: true, url: '/e/1?x=2' });
    expect(at('http://192.168.1.10:8080/e/1')).toEqual({ inApp: true, url: '/e/1' });
    expect(at('/e/1', null)).toEqual({ inApp: true, url: '/e/1' });
    expect(at('https://other.example.vn/e/1', null)).toEqual({ inApp: false, url: 'https://other.example.vn/e/1' });
    for (const bad of ['javascript:alert(1)', 'http://[', 'file:///etc/passwd'])
      expect(at(bad)).toEqual({ inApp: true, url: '/events' });
    expect(at('http://other.example.vn/', null)).toEqual({ inApp: true, url: '/events' });
  });

  it('leads there by itself in browsers that ask no worker, and the page that is opened tells the recorder', () => {
    expect(OPENED).toBe(opened.OPENED);
    const at = (navigate: string): string => address({ ...message, navigate }, HERE);
    expect(at('https://camera.example.vn/e/1')).toBe('https://camera.example.vn/e/1#opened=tok');
    expect(at('http://192.168.1.10:8080/health#old')).toBe('https://camera.example.vn/health#opened=tok');
    for (const bad of ['', 'javascript:alert(1)', 'http://['])
      expect(at(bad), bad).toMatch(/^https:\/\/camera\.example\.vn\/(events)?#opened=tok$/);
    for (const o of [
      options(message, null, HERE),
      options(message, 'data:,', HERE),
      answered(message, 'snooze-60', HERE).options,
    ])
      expect(navigateOf(o)).toBe('https://camera.example.vn/e/1#opened=tok');
    // That it is handled is known: opening it says nothing more.
    expect(navigateOf(answered(message, 'handled', HERE).options)).toBe('https://camera.example.vn/e/1');
    expect(opened.openedToken(new URL(at('/health')).hash)).toBe('tok');
    for (const none of ['', '#', '#opened=', '#code=1234', '#opened=a b', '#main', `#opened=${'x'.repeat(101)}`])
      expect(opened.openedToken(none), none).toBeNull();
  });

  it('is what the app opens with, when a phone has opened it at its first page', () => {
    expect([pending.PENDING, pending.MOVED]).toEqual([PENDING, MOVED]);
    expect(pending.pendingPage({ url: '/e/1', at: 1000 }, 2000)).toBe('/e/1');
    expect(pending.pendingPage({ url: '/e/1', at: 1000 }, 60_000)).toBeNull();
    for (const bad of [null, {}, { url: '//evil.example', at: 1000 }, { url: 'https://x', at: 1000 }, { url: '/e/1' }])
      expect(pending.pendingPage(bad, 2000)).toBeNull();
  });
});
