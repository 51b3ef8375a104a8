/** The part of the HTTP client for what people do with events and moments. */
import { iso, json, query, send } from './client';
import type { Bookmark, EventCounts, Lock, MotionEvent, Page } from './types';

/** What is left out stays as it is; null takes the mark away. */
export interface MarkRequest {
  ids: string[];
  seen?: boolean;
  handled?: { note: string } | null;
  verdict?: 'false_alarm' | null;
}

export interface NewBookmark {
  camera: string;
  at: number;
  to: number | null;
  note: string;
}

export interface NewLock {
  camera: string;
  from: number;
  to: number;
  until: number | null;
  note: string;
}

/** Ids that one request may mark. */
export const MOST_MARKED = 200;

async function all<T>(path: string, first: Record<string, string | number | undefined>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await json<Page<T>>(`${path}?${query({ ...first, cursor })}`);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return items;
}

export const lockBody = ({ from, to, until, ...rest }: NewLock) => ({
  ...rest,
  from: iso(from),
  to: iso(to),
  until: until === null ? null : iso(until),
});

export const marksApi = {
  async mark({ ids, ...marks }: MarkRequest): Promise<MotionEvent[]> {
    const marked: MotionEvent[] = [];
    for (let i = 0; i < ids.length; i += MOST_MARKED) {
      const part = { ...marks, ids: ids.slice(i, i + MOST_MARKED) };
      marked.push(...(await send<{ items: MotionEvent[] }>('POST', 'events:mark', part)).items);
    }
    return marked;
  },
  count: (from: number, to: number, kind?: string, signal?: AbortSignal) =>
    json<EventCounts>(`events:count?${query({ from: iso(from), to: iso(to), kind })}`, { signal: signal ?? null }),
  bookmarks: (camera: string) => all<Bookmark>('bookmarks', { camera, limit: 500 }),
  addBookmark: ({ at, to, ...rest }: NewBookmark) =>
    send<Bookmark>('POST', 'bookmarks', { ...rest, at: iso(at), to: to === null ? null : iso(to) }),
  /** Refused as stale when somebody changed it after `revision` was read. */
  noteBookmark: (id: string, revision: number, note: string) =>
    send<Bookmark>('PATCH', `bookmarks/${id}`, { note }, { 'if-match': `"${revision}"` }),
  removeBookmark: (id: string) => send<void>('DELETE', `bookmarks/${id}`),
  locks: (camera: string) => json<{ items: Lock[] }>(`locks?${query({ camera })}`).then((l) => l.items),
  addLock: (lock: NewLock) => send<Lock>('POST', 'locks', lockBody(lock)),
  removeLock: (id: string) => send<void>('DELETE', `locks/${id}`),
};
