/**
 * Messages of the recorder (push) as the service worker shows them, and what a press on one asks for. Pure. A browser that
 * reads declarative messages by itself shows the same words without any of this.
 */

/** What a message carries; see room alert. */
export interface Message {
  title: string;
  body: string;
  /** Address that opens what it is about. */
  navigate: string;
  lang: string;
  /** The same for every word about one matter: a later one replaces the earlier. */
  tag: string;
  silent: boolean;
  /** What only our own worker reads; null in a message of another kind. */
  own: { event: string | null; at: number | null; token: string; kind: string } | null;
}

export type Press = 'open' | 'handled' | 'snooze';

/** What the phone says back; see `POST /alert-receipts`. */
export interface Receipt {
  token: string;
  what: 'shown' | 'opened' | 'snooze' | 'handled';
  minutes?: number;
}

/** A press on "quiet" is for this long. */
export const SNOOZE_MINUTES = 60;

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null;
const text = (x: unknown): string => (typeof x === 'string' ? x : '');

/** Null when it is no message that anything can be shown of. */
export function read(data: unknown): Message | null {
  if (!isObject(data) || !isObject(data.notification)) return null;
  const { title, body, navigate, lang, tag, silent } = data.notification;
  if (!text(title)) return null;
  const own = isObject(data.lanewatch) ? data.lanewatch : null;
  const at = Date.parse(text(own?.at));
  return {
    title: text(title),
    body: text(body),
    navigate: text(navigate),
    lang: text(lang) || 'vi',
    tag: text(tag),
    silent: silent === true,
    own: own && {
      event: text(own.event) || null,
      at: Number.isNaN(at) ? null : at,
      token: text(own.token),
      kind: text(own.kind),
    },
  };
}

const WORDS = {
  vi: { handled: 'Đã xử lý', snooze: 'Tạm tắt 1 giờ', silenced: 'Đã tạm tắt cảnh báo 1 giờ', took: 'Đã ghi là đã xử lý' },
  en: { handled: 'Handled', snooze: 'Quiet for 1 hour', silenced: 'Alerts are silent for 1 hour', took: 'Noted as handled' },
} as const; // prettier-ignore
const words = (lang: string): (typeof WORDS)['vi' | 'en'] => WORDS[lang.startsWith('en') ? 'en' : 'vi'];

/** A test, a digest and the end of something are not to be handled. */
const TASKS = new Set(['motion', 'tamper', 'camera_lost', 'not_recording', 'disk', 'clock']);

/** As the browser takes it. With a picture it replaces the one without, and makes no sound again. */
export function options(m: Message, picture: string | null): NotificationOptions {
  const w = words(m.lang);
  const task = m.own !== null && TASKS.has(m.own.kind);
  return {
    body: m.body,
    lang: m.lang,
    tag: m.tag,
    icon: '/icons/icon-192.png',
    silent: m.silent || picture !== null,
    ...(m.own?.at ? { timestamp: m.own.at } : {}),
    ...(picture ? { image: picture } : {}),
    // A later word about the same matter is heard, unless it says that it should not be.
    renotify: m.tag !== '' && !m.silent && picture === null,
    actions: task
      ? [
          { action: 'handled', title: w.handled },
          { action: 'snooze', title: w.snooze },
        ]
      : [],
    data: m,
  } as NotificationOptions;
}

/** What is shown after a press that opens nothing. */
export const answered = (m: Message, press: Press): { title: string; options: NotificationOptions } => ({
  title: press === 'snooze' ? words(m.lang).silenced : words(m.lang).took,
  options: {
    body: m.title,
    tag: m.tag,
    lang: m.lang,
    silent: true,
    icon: '/icons/icon-192.png',
    data: { ...m, own: null },
  },
});

export const pressOf = (action: string): Press => (action === 'handled' || action === 'snooze' ? action : 'open');

export function receiptOf(m: Message, press: Press | 'shown'): Receipt | null {
  const token = m.own?.token;
  if (!token) return null;
  if (press === 'snooze') return { token, what: 'snooze', minutes: SNOOZE_MINUTES };
  return { token, what: press === 'open' ? 'opened' : press };
}

/**
 * Where a press leads. Our own recorder's messages name its pages, by whatever address it believes to have: this app, which
 * was opened by the right one, has them too. Other addresses are opened as they are; the feed when there is none.
 */
export function target(m: Message, origin: string): { inApp: boolean; url: string } {
  try {
    const url = new URL(m.navigate, origin);
    if (!/^https?:$/.test(url.protocol)) return FEED;
    if (m.own !== null || url.origin === origin) return { inApp: true, url: url.pathname + url.search };
    return url.protocol === 'https:' ? { inApp: false, url: url.href } : FEED;
  } catch {
    return FEED;
  }
}
const FEED = { inApp: true, url: '/events' };

/** Cache where the worker leaves what a press asked for, for `lib/push/pending.ts`; the worker is one file and shares none. */
export const PENDING = 'lanewatch-pending';
