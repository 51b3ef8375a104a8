/**
 * The last picture of each camera that is known: whoever comes back to a camera, or to the app, sees it at once, grey and
 * with its age, while the stream begins. Small, so that forty of them cost a few megabytes.
 */
const WIDTH = 480;

export interface LastPicture {
  canvas: HTMLCanvasElement;
  /** When the camera saw it, epoch milliseconds. */
  at: number;
}

const kept = new Map<string, LastPicture>();

export function keepPicture(camera: string, source: HTMLVideoElement, at: number): void {
  if (!source.videoWidth || source.readyState < 2) return;
  const canvas = kept.get(camera)?.canvas ?? document.createElement('canvas');
  canvas.width = Math.min(WIDTH, source.videoWidth);
  canvas.height = Math.round((canvas.width * source.videoHeight) / source.videoWidth);
  canvas.getContext('2d')?.drawImage(source, 0, 0, canvas.width, canvas.height);
  kept.set(camera, { canvas, at });
}

/** What another source knows, such as this device's last visit or the recorder's still; what is newer stays. */
export function givePicture(camera: string, image: ImageBitmap, at: number): void {
  if ((kept.get(camera)?.at ?? -Infinity) >= at) return;
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d')?.drawImage(image, 0, 0);
  kept.set(camera, { canvas, at });
  for (const f of waiting.get(camera) ?? []) f();
}

const waiting = new Map<string, Set<() => void>>();

/** Calls when a picture is given. Returns how to end it. */
export function whenGiven(camera: string, f: () => void): () => void {
  const all = waiting.get(camera) ?? new Set();
  waiting.set(camera, all.add(f));
  return () => void all.delete(f);
}

export const lastPicture = (camera: string): LastPicture | null => kept.get(camera) ?? null;
