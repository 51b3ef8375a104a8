/**
 * The last picture of each camera, for as long as the page lives: whoever comes back to a camera sees it at once, grey and
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

export const lastPicture = (camera: string): LastPicture | null => kept.get(camera) ?? null;
