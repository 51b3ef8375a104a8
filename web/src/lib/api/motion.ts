/** The part of the HTTP client that tells what moved: events, zones, searches. */
import { BASE, iso, json, query, send } from './client';
import type { MotionEvent, MotionHits, MotionSearch, Page, Zone, ZonePreview, Zones } from './types';

export interface EventQuery {
  /** Ids; none = all. */
  cameras?: string[];
  /** `tamper` stands for all kinds of it. */
  kind?: string;
  from: number;
  to: number;
  /** Only those that whoever asks has not seen. */
  seen?: false;
  limit?: number;
  cursor?: string;
}

export const motionApi = {
  events: ({ cameras, from, to, ...rest }: EventQuery, signal?: AbortSignal) =>
    json<Page<MotionEvent>>(
      `events?${query({ cameras: cameras?.length ? cameras.join(',') : undefined, from: iso(from), to: iso(to), ...rest })}`,
      { signal: signal ?? null },
    ),
  event: (id: string) => json<MotionEvent>(`events/${encodeURIComponent(id)}`),
  zones: (camera: string) => json<Zones>(`cameras/${camera}/zones`),
  putZones: (camera: string, items: Zone[], revision: number) =>
    send<Zones>('PUT', `cameras/${camera}/zones`, { items }, { 'if-match': `"${revision}"` }),
  previewZones: (camera: string, items: Zone[], from: number, to: number, signal?: AbortSignal) =>
    json<ZonePreview>(`cameras/${camera}/zones:preview`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ items, from: iso(from), to: iso(to) }),
      signal: signal ?? null,
    }),
  activityUrl: (camera: string) => `${BASE}/cameras/${camera}/activity`,
  beginSearch: (body: { camera: string; from: number; to: number; polygon: number[][]; min_strength: number }) =>
    send<MotionSearch>('POST', 'motion-searches', { ...body, from: iso(body.from), to: iso(body.to) }),
  search: (id: string) => json<MotionSearch>(`motion-searches/${id}`),
  /** Waits up to two seconds for something new. */
  hits: (id: string, cursor: string | undefined, signal: AbortSignal) =>
    json<MotionHits>(`motion-searches/${id}/results?${query({ cursor })}`, { signal }),
  endSearch: (id: string) => send<void>('DELETE', `motion-searches/${id}`),
};
