/** The part of the HTTP client that keeps how the wall looks: layouts and the order of cameras. */
import { BASE, json, query, request, send } from './client';
import type { Camera, Layout, LayoutInput, Page } from './types';

export const layoutsApi = {
  list: () => json<{ items: Layout[] }>('layouts').then((l) => l.items),
  add: (body: LayoutInput) => send<Layout>('POST', 'layouts', body),
  edit: (l: Layout, body: Partial<LayoutInput>) =>
    send<Layout>('PATCH', `layouts/${l.id}`, body, { 'if-match': `"${l.revision}"` }),
  remove: (l: Layout) => send<void>('DELETE', `layouts/${l.id}`),
  order: (cameras: string[]) => send<Page<Camera>>('PUT', 'cameras/order', { cameras }).then((p) => p.items),
};

export interface Still {
  picture: Blob;
  /** When the camera saw it, epoch milliseconds. */
  at: number;
}

/** One picture of a camera, at most so many pixels wide and so old. */
export async function fetchStill(camera: string, width: number, maxAgeS: number, signal: AbortSignal): Promise<Still> {
  const path = `${BASE}/cameras/${camera}/still.jpg?${query({ w: width, max_age: `PT${maxAgeS}S` })}`;
  const res = await request(path, { signal, cache: 'no-store' });
  return { picture: await res.blob(), at: Date.parse(res.headers.get('x-lanewatch-at') ?? '') };
}
