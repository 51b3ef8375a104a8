/**
 * What a push message says, and what its notification does. Pure. The message is a declarative one
 * (https://www.w3.org/TR/push-api/): a browser that knows those shows it also without this worker.
 */

/** A notification as it is to be shown. `token` proves to the recorder that a receipt is about this message. */
export interface Told {
  title: string;
  options: NotificationOptions & { actions?: { action: string; title: string }[]; image?: string };
  /** The event whose picture may be added; null: none. */
  event: string | null;
}

/** What the notification keeps for the moment in which somebody touches it. */
export interface Kept {
  navigate: string;
  token: string;
}

export type Receipt = { token: string; what: 'shown' | 'opened' | 'handled' } | { token: string; what: 'snooze'; minutes: number }; // prettier-ignore

const WORDS = {
  vi: { handled: 'Tôi xử lý', snooze: 'Tạm tắt 30 phút', title: 'Có cảnh báo', body: 'Mở ứng dụng để xem.' },
  en: { handled: 'On my way', snooze: 'Quiet for 30 min', title: 'There is an alert', body: 'Open the app to see it.' },
};
const SNOOZE_MINUTES = 30;
const ICON = '/icons/icon-192.png';

type Fields = Record<string, unknown>;
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** An address of the app's own, whatever the message says: a notification leads nowhere else. */
export function own(navigate: string, origin: string): string {
  if (!URL.canParse(navigate, origin)) return `${origin}/`;
  const { protocol, pathname, search, hash } = new URL(navigate, origin);
  // Others have paths that begin with no slash, and would become part of the host.
  return protocol === 'https:' || protocol === 'http:' ? origin + pathname + search + hash : `${origin}/`;
}

/**
 * Reads a message. Something is always shown: a browser takes the permission away from who is told and says nothing, so
 * what cannot be read says that there is something.
 */
export function read(message: string | null, origin: string): Told {
  let parsed: Fields = {};
  try {
    parsed = fields(JSON.parse(message ?? ''));
  } catch {
    // Not ours, or of a newer recorder.
  }
  const [said, more] = [fields(parsed['notification']), fields(parsed['lanewatch'])];
  const lang = said['lang'] === 'en' ? 'en' : 'vi';
  const words = WORDS[lang];
  const [token, event] = [text(more['token']), text(more['event']) || null];
  const data: Kept = { navigate: own(text(said['navigate']), origin), token };
  const actions = [
    { action: 'handled', title: words.handled },
    { action: 'snooze', title: words.snooze },
  ];
  const options: Told['options'] = {
    body: text(said['body']) || (said['title'] ? '' : words.body),
    lang,
    tag: text(said['tag']) || 'lanewatch',
    silent: said['silent'] === true,
    icon: ICON,
    data,
    ...(token && event ? { actions } : {}),
  };
  return { title: text(said['title']) || words.title, options, event };
}

/** What a touch on a notification, or on one of its buttons, tells the recorder; null: nothing. */
export function touched(action: string, token: string): Receipt | null {
  if (!token) return null;
  if (action === 'handled') return { token, what: 'handled' };
  if (action === 'snooze') return { token, what: 'snooze', minutes: SNOOZE_MINUTES };
  return { token, what: 'opened' };
}

/** True when the app is to be opened: not for quiet. Who takes care wants to see what it is. */
export const opens = (action: string): boolean => action !== 'snooze';

/** The request that brings a receipt to the recorder. It needs no session. */
export function request(receipt: Receipt): [string, RequestInit] {
  const headers = { 'content-type': 'application/json' };
  return ['/api/v1/alert-receipts', { method: 'POST', headers, body: JSON.stringify(receipt), keepalive: true }];
}

/** The open page to go on in: one that is looked at, else any of the app's. */
export function pick<T extends { url: string; focused: boolean }>(pages: readonly T[], origin: string): T | undefined {
  const own = pages.filter((page) => page.url.startsWith(`${origin}/`));
  return own.find((page) => page.focused) ?? own[0];
}
