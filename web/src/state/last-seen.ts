/**
 * What this device keeps for a start without the recorder: the last picture of every camera with its time, in small.
 * It is the page that keeps them, from what it shows, so that no answer of the recorder is stored. Signing out, and a
 * session that has ended, throw all of it away.
 */
import type { Camera } from '../lib/api/types';
import { givePicture } from '../lib/live/last-picture';
import { lastFrameAt } from './debug';

const CACHE = 'lanewatch-kept';
const LIST = '/kept/list';
const still = (slug: string): string => `/kept/still/${encodeURIComponent(slug)}`;
const AT = 'x-at';
const WIDTH = 320;

export interface KeptSite {
  site: string;
  zone: string;
  cameras: { slug: string; name: string }[];
}
export interface Kept extends KeptSite {
  /** By slug: when the picture was taken, and the picture. */
  stills: Map<string, { at: number; picture: Blob }>;
}

/** Plain HTTP in a village's network has no such storage; then nothing is kept. */
const possible = (): boolean => 'caches' in globalThis;
/** Counts up whenever everything is thrown away: what was begun before must not be written after. */
let era = 0;

function jpeg(video: HTMLVideoElement): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.7));
}

/** Keeps the pictures of the tiles that are live now; those of others stay as they are. */
export async function keep(site: string, zone: string, cameras: readonly Camera[]): Promise<void> {
  if (!possible()) return;
  const begun = era;
  const list: KeptSite = { site, zone, cameras: cameras.map(({ slug, name }) => ({ slug, name })) };
  const cache = await caches.open(CACHE);
  const put = async (path: string, body: BodyInit, headers: HeadersInit): Promise<void> => {
    if (begun === era) await cache.put(path, new Response(body, { headers }));
  };
  await put(LIST, JSON.stringify(list), { 'content-type': 'application/json' });
  for (const tile of document.querySelectorAll<HTMLElement>('[data-tile][data-state="live"]')) {
    const slug = tile.dataset.tile!;
    const at = lastFrameAt(slug);
    const video = tile.querySelector('video');
    if (at === null || !video?.videoWidth || video.readyState < 2) continue;
    const picture = await jpeg(video);
    if (picture) await put(still(slug), picture, { 'content-type': 'image/jpeg', [AT]: String(at) });
  }
  const known = new Set([LIST, ...list.cameras.map((c) => still(c.slug))]);
  for (const request of await cache.keys()) if (!known.has(new URL(request.url).pathname)) await cache.delete(request);
  if (begun !== era) await caches.delete(CACHE);
}

export async function recall(): Promise<Kept | null> {
  if (!possible() || !(await caches.has(CACHE))) return null;
  const cache = await caches.open(CACHE);
  const list = (await (await cache.match(LIST))?.json()) as KeptSite | undefined;
  if (!list) return null;
  const stills: Kept['stills'] = new Map();
  for (const { slug } of list.cameras) {
    const answer = await cache.match(still(slug));
    if (answer) stills.set(slug, { at: Number(answer.headers.get(AT)), picture: await answer.blob() });
  }
  return { ...list, stills };
}

/** The tiles begin with what this device has seen last, until there is something newer. */
export async function showKept(cameras: readonly Camera[]): Promise<void> {
  const kept = await recall().catch(() => null);
  for (const camera of kept ? cameras : []) {
    const still = kept!.stills.get(camera.slug);
    const image = still && (await createImageBitmap(still.picture).catch(() => null));
    if (!still || !image) continue;
    givePicture(camera.id, image, still.at);
    image.close();
  }
}

export async function forget(): Promise<void> {
  era++;
  if (possible()) await caches.delete(CACHE);
}
