/** The part of the HTTP client that makes files to take away, and links to them. */
import { iso, json, query, send } from './client';
import type { Export, ExportEstimate, MadeShare, Page, RenditionId, Share } from './types';

export interface ExportWish {
  /** Ids. */
  cameras: readonly string[];
  from: number;
  to: number;
  rendition: RenditionId;
  reason: string;
}

const body = ({ cameras, from, to, rendition, reason }: ExportWish) => ({
  items: cameras.map((camera) => ({ camera, from: iso(from), to: iso(to) })),
  rendition,
  ...(reason.trim() ? { reason: reason.trim() } : {}),
});

export const exportsApi = {
  estimate: (wish: ExportWish, signal?: AbortSignal) =>
    json<ExportEstimate>('exports:estimate', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body(wish)),
      signal: signal ?? null,
    }),
  /** The same `key` again makes no second one: for a request whose answer was lost. */
  begin: (wish: ExportWish, key: string) => send<Export>('POST', 'exports', body(wish), { 'idempotency-key': key }),
  /** Ranges of their own; the same `key` again makes no second one. */
  beginRanges: (ranges: readonly { camera: string; from: number; to: number }[], key: string) =>
    send<Export>(
      'POST',
      'exports',
      { items: ranges.map(({ camera, from, to }) => ({ camera, from: iso(from), to: iso(to) })), rendition: 'main' },
      { 'idempotency-key': key },
    ),
  /** What failed once more, as it was asked for; however often that is pressed, it is begun once. */
  again: ({ id, items, rendition, reason }: Export) =>
    send<Export>(
      'POST',
      'exports',
      { items: items.map(({ camera, from, to }) => ({ camera, from, to })), rendition, ...(reason ? { reason } : {}) },
      { 'idempotency-key': `again-${id}` },
    ),
  list: (cursor?: string) => json<Page<Export>>(`exports?${query({ limit: 50, cursor })}`),
  get: (id: string) => json<Export>(`exports/${id}`),
  cancel: (id: string) => send<void>('DELETE', `jobs/${id}`),
  remove: (id: string) => send<void>('DELETE', `exports/${id}`),
  shares: (id: string) => json<{ items: Share[] }>(`exports/${id}/shares`).then((s) => s.items),
  share: (id: string, expires: number, pin: string, reason: string) =>
    send<MadeShare>('POST', `exports/${id}/shares`, { expires_at: iso(expires), reason, ...(pin ? { pin } : {}) }),
  revoke: (id: string) => send<void>('DELETE', `shares/${id}`),
};
