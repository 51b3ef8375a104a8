/** The HTTP client: JSON in and out, problem+json turned into `ApiError` with the stable code that the words hang on. */
import type {
  Camera,
  CameraInput,
  Day,
  Forecast,
  Health,
  Me,
  Outage,
  Page,
  RenditionId,
  SegmentList,
  Setup,
  Storage,
  Timeline,
  Tls,
} from './types';

export const BASE = '/api/v1';

export class ApiError extends Error {
  constructor(
    /** Stable code of the server, or `unreachable` when no answer came. */
    readonly code: string,
    readonly status: number,
    readonly params: Record<string, unknown> = {},
    readonly retryAfterS: number | null = null,
    detail = code,
  ) {
    super(detail);
  }
}

let onUnauthenticated: () => void = () => {};

/** Called once per answer that says the session is gone. */
export function whenUnauthenticated(f: () => void): void {
  onUnauthenticated = f;
}

let prove: () => Promise<boolean> = () => Promise.resolve(false);

/** Called when something is refused until one's password was typed again; answers whether it was. */
export function whenPasswordNeeded(f: () => Promise<boolean>): void {
  prove = f;
}

async function problemOf(res: Response): Promise<ApiError> {
  const body = (await res.json().catch(() => ({}))) as {
    code?: string;
    params?: Record<string, unknown>;
    detail?: string;
  };
  const after = Number(res.headers.get('retry-after'));
  const code = body.code ?? (res.status === 401 ? 'unauthenticated' : res.status === 404 ? 'not_found' : 'internal');
  return new ApiError(code, res.status, body.params ?? {}, after > 0 ? after : null, body.detail ?? code);
}

/** A raw request; throws `ApiError` for anything that is not a success. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let res: Response;
  try {
    res = await fetch(path.startsWith('/') ? path : `${BASE}/${path}`, { credentials: 'same-origin', ...init });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError('unreachable', 0);
  }
  if (res.ok) return res;
  const problem = await problemOf(res);
  if (res.status === 401 && !path.startsWith('session')) onUnauthenticated();
  if (problem.code === 'password_needed' && (await prove())) return request(path, init);
  throw problem;
}

export async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const text = await (await request(path, init)).text();
  // Work that was only begun or done has nothing to tell.
  return (text ? JSON.parse(text) : undefined) as T;
}

export function send<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  return json<T>(path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body ?? {}),
  });
}

export const query = (o: Record<string, string | number | boolean | undefined>): string =>
  new URLSearchParams(Object.entries(o).flatMap(([k, v]) => (v === undefined ? [] : [[k, String(v)]]))).toString();

export const iso = (ms: number): string => new Date(ms).toISOString();

export const api = {
  setup: () => json<Setup>('setup'),
  me: () => json<Me>('me'),
  signIn: (body: { name?: string; password: string } | { code: string }) => send<void>('POST', 'session', body),
  /** Types one's password again, in the session that there is. */
  prove: (password: string) => send<void>('PUT', 'session/proof', { password }),
  signOut: () => send<void>('DELETE', 'session'),
  setPassword: (password: string) => send<void>('PUT', 'me/password', { password }),
  health: () => json<Health>('health'),
  tls: () => json<Tls>('tls'),
  storage: () => json<Storage>('storage'),
  /** With `overrides`, what would be: `camera:kbps=1024` and such. */
  forecast: (overrides?: string) => json<Forecast>(`storage/forecast?${query({ overrides })}`),
  outages: (cursor?: string) => json<Page<Outage>>(`outages?${query({ min_duration: 'PT5S', limit: 20, cursor })}`),
  async cameras(): Promise<Camera[]> {
    const all: Camera[] = [];
    let cursor: string | undefined;
    do {
      const page = await json<Page<Camera>>(`cameras?${query({ limit: 200, cursor })}`);
      all.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    return all;
  },
  addCamera: (body: CameraInput) => send<Camera>('POST', 'cameras', body),
  editCamera: (c: Camera, body: Partial<CameraInput>) =>
    send<Camera>('PATCH', `cameras/${c.id}`, body, { 'if-match': `"${c.revision}"` }),
  removeCamera: (c: Camera) => send<void>('DELETE', `cameras/${c.id}`),
  restartCamera: (c: Camera) => send<void>('POST', `cameras/${c.id}/restart`),
  /** Without a bucket as little of the motion as can be asked for: who draws none needs none. */
  timeline: (ids: string[], from: number, to: number, bucketMs = 86_400_000) =>
    json<Timeline>(
      `timeline?${query({ cameras: ids.join(','), from: iso(from), to: iso(to), rendition: 'main', bucket: `PT${bucketMs / 1000}S` })}`,
    ),
  days: (id: string, month: string) =>
    json<{ items: Day[] }>(`days?${query({ cameras: id, month })}`).then((d) => d.items),
  segments: (id: string, from: number, to: number, rendition: RenditionId, signal?: AbortSignal) =>
    json<SegmentList>(`cameras/${id}/segments?${query({ from: iso(from), to: iso(to), rendition, limit: 60 })}`, {
      signal: signal ?? null,
    }),
  keyframeUrl: (id: string, at: number, rendition: RenditionId) =>
    `${BASE}/cameras/${id}/keyframes.mp4?${query({ from: iso(at), to: iso(at + 1), limit: 1, at: iso(at), rendition })}`,
  /** To be played as it is: an MP4, or a playlist for players of HLS. */
  playUrl: (id: string, from: number, to: number, rendition: RenditionId, hls: boolean) =>
    `${BASE}/cameras/${id}/${hls ? 'hls/vod.m3u8' : 'clip.mp4'}?${query({ from: iso(from), to: iso(to), rendition })}`,
  clipUrl: (id: string, from: number, to: number, rendition: RenditionId) =>
    `${BASE}/cameras/${id}/clip.mp4?${query({ from: iso(from), to: iso(to), rendition, download: 1 })}`,
};

/** Bytes of a media URL, whole or one inclusive range. */
export async function mediaBytes(url: string, range?: [number, number], signal?: AbortSignal): Promise<Uint8Array> {
  const headers: Record<string, string> = range ? { range: `bytes=${range[0]}-${range[1]}` } : {};
  const res = await request(url, { headers, signal: signal ?? null });
  const bytes = new Uint8Array(await res.arrayBuffer());
  // A proxy that ignores Range answers 200 with the whole file.
  return range && res.status === 200 ? bytes.subarray(range[0], range[1] + 1) : bytes;
}
