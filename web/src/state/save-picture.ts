/** Saves what is on the screen as a JPEG named after the camera and the moment. */
import { rfc3339 } from '../lib/time/zone';
import { zone } from './app.svelte';

/** Camera and moment, as files are called; colons are not allowed everywhere. */
export const fileName = (slug: string, ms: number): string =>
  `${slug}_${rfc3339(Math.floor(ms / 1000) * 1000, zone()).replaceAll(':', '-')}`;

export function savePicture(source: HTMLVideoElement | HTMLCanvasElement, slug: string, ms: number): void {
  const video = source instanceof HTMLVideoElement;
  const still = document.createElement('canvas');
  still.width = video ? source.videoWidth : source.width;
  still.height = video ? source.videoHeight : source.height;
  if (!still.width) return;
  still.getContext('2d')!.drawImage(source, 0, 0);
  const name = `${fileName(slug, ms)}.jpg`;
  still.toBlob(
    (blob) => {
      if (!blob) return;
      const a = document.createElement('a');
      a.href = URL.createObjectURL(blob);
      a.download = name;
      a.click();
      setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
    },
    'image/jpeg',
    0.92,
  );
}
