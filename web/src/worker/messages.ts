/**
 * Messages of the recorder (push) as the service worker shows them, and what a press on one asks for. Pure. A browser that
 * reads declarative messages by itself shows the same words without any of this, and opens their address without asking.
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

/** How long a press asks for quiet: minutes, or until the morning of the recorder's site. */
const LENGTHS = ['15', '30', '60', 'morning'] as const;
type Length = (typeof LENGTHS)[number];
type Quiet = `snooze-${Length}`;
export type Press = 'open' | 'handled' | Quiet;

/** What the phone says back; see `POST /alert-receipts`. */
export interface Receipt {
  token: string;
  what: 'shown' | 'opened' | 'snooze' | 'handled';
  /** For `snooze`; none: until the morning. */
  minutes?: number;
}

/** A message has room for two actions: the first press is for an hour, and what is said then offers two other lengths. */
const FIRST: Length = '60';
const OTHERS: Record<Length, readonly [Length, Length]> = {
  '60': ['15', 'morning'],
  '15': ['30', 'morning'],
  '30': ['60', 'morning'],
  morning: ['15', '60'],
};

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null;
const text = (x: unknown): string => (typeof x === 'string' ? x : '');

/** What a push event brings: its text, or the notification that the browser has made of a declarative message by itself. */
export interface Pushed {
  data: { json(): unknown } | null;
  notification?: unknown;
}

/** Null when it is no message that anything can be shown of. */
export function read(message: unknown): Message | null {
  if (!isObject(message) || !isObject(message.notification)) return null;
  const { title, body, navigate, lang, tag, silent, data } = message.notification;
  if (!text(title)) return null;
  const own = isObject(data) && isObject(data.lanewatch) ? data.lanewatch : null;
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

/** What a browser shows when a message says nothing: every one has to show something. */
export const UNREADABLE: Message = { title: 'Có cảnh báo', body: 'Mở ứng dụng để xem.', navigate: '/events', lang: 'vi', tag: '', silent: false, own: null }; // prettier-ignore

/** The browser has words of its own to show, whatever we do: it has read the message, and gives no text of it. */
export const isDeclared = (pushed: Pushed): boolean => isObject(pushed.notification);

export function received(pushed: Pushed): Message {
  try {
    return read(pushed) ?? read(pushed.data?.json()) ?? UNREADABLE;
  } catch {
    // Not ours.
    return UNREADABLE;
  }
}

const WORDS = {
  vi: {
    handled: 'Đã xử lý',
    took: 'Đã ghi là đã xử lý',
    snooze: 'Tạm tắt',
    silenced: 'Đã tạm tắt cảnh báo',
    lengths: { '15': '15 phút', '30': '30 phút', '60': '1 giờ', morning: 'đến 6 giờ sáng' },
  },
  en: {
    handled: 'Handled',
    took: 'Noted as handled',
    snooze: 'Quiet',
    silenced: 'Alerts are silent',
    lengths: { '15': 'for 15 min', '30': 'for 30 min', '60': 'for 1 hour', morning: 'until 6 in the morning' },
  },
} as const;
const words = (lang: string): (typeof WORDS)['vi' | 'en'] => WORDS[lang.startsWith('en') ? 'en' : 'vi'];

/** A test, a digest and the end of something are not to be handled. */
const TASKS = new Set(['motion', 'tamper', 'camera_lost', 'not_recording', 'disk', 'clock', 'guessing']);

/** Quiet is quiet from cameras: what the recorder tells of itself has none, and must not silence all of them. */
const OF_CAMERAS = new Set(['motion', 'tamper', 'camera_lost', 'not_recording']);

const quietAction = (m: Message, length: Length): { action: Quiet; title: string } => ({
  action: `snooze-${length}`,
  title: `${words(m.lang).snooze} ${words(m.lang).lengths[length]}`,
});

/** As the browser takes it. With a picture it replaces the one without, and makes no sound again. */
export function options(m: Message, picture: string | null, origin: string): NotificationOptions {
  const w = words(m.lang);
  const kind = m.own?.kind ?? '';
  return {
    body: m.body,
    lang: m.lang,
    tag: m.tag,
    // Safari refuses what leads nowhere in place of a declarative message; others do not know it.
    navigate: address(m, origin),
    icon: '/icons/icon-192.png',
    silent: m.silent || picture !== null,
    ...(m.own?.at ? { timestamp: m.own.at } : {}),
    ...(picture ? { image: picture } : {}),
    // A later word about the same matter is heard, unless it says that it should not be.
    renotify: m.tag !== '' && !m.silent && picture === null,
    actions: [
      ...(TASKS.has(kind) ? [{ action: 'handled', title: w.handled }] : []),
      ...(OF_CAMERAS.has(kind) ? [quietAction(m, FIRST)] : []),
    ],
    data: m,
  } as NotificationOptions;
}

/** Whether it is still there as it was shown: not put away, and no answer or later word in its place. */
export const isThere = (m: Message, shown: readonly { tag: string; title: string; body: string }[]): boolean =>
  shown.some((n) => n.tag === m.tag && n.title === m.title && n.body === m.body);

const lengthOf = (press: string): Length | null => LENGTHS.find((l) => press === `snooze-${l}`) ?? null;

/** What is shown after a press that opens nothing. What it offers is said by the same token. */
export function answered(m: Message, press: Press, origin: string): { title: string; options: NotificationOptions } {
  const w = words(m.lang);
  const length = lengthOf(press);
  const data = length ? m : { ...m, own: null };
  return {
    title: length ? `${w.silenced} ${w.lengths[length]}` : w.took,
    options: {
      body: m.title,
      tag: m.tag,
      navigate: address(data, origin),
      lang: m.lang,
      silent: true,
      icon: '/icons/icon-192.png',
      actions: length ? OTHERS[length].map((other) => quietAction(m, other)) : [],
      data,
    } as NotificationOptions,
  };
}

export const pressOf = (action: string): Press =>
  action === 'handled' || lengthOf(action) ? (action as Press) : 'open';

export function receiptOf(m: Message, press: Press | 'shown'): Receipt | null {
  const token = m.own?.token;
  if (!token) return null;
  if (press === 'shown' || press === 'handled') return { token, what: press };
  const length = lengthOf(press);
  if (!length) return { token, what: 'opened' };
  return { token, what: 'snooze', ...(length === 'morning' ? {} : { minutes: Number(length) }) };
}

/** What this browser is called at the recorder, by its answer to `GET /push-subscriptions`; empty = nobody knows. */
export function nameHere(list: unknown): string {
  const items = isObject(list) && Array.isArray(list.items) ? list.items.filter(isObject) : [];
  return text(items.findLast((s) => s.current === true && s.name)?.name);
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

/**
 * The same for a browser that opens it by itself. The page that it opens says so to the recorder, by the token behind `#`, which
 * is sent to nobody; see `lib/push/opened.ts`.
 */
export function address(m: Message, origin: string): string {
  const url = new URL(target(m, origin).url, origin);
  if (m.own?.token) url.hash = OPENED + m.own.token;
  return url.href;
}
/** What stands before the token. */
export const OPENED = 'opened=';

/** Cache where the worker leaves what a press asked for, for `lib/push/pending.ts`; the worker is one file and shares none. */
export const PENDING = 'lanewatch-pending';
/** And where it leaves the recorder's name of a subscription that the browser has changed by itself. */
export const MOVED = 'lanewatch-moved';
