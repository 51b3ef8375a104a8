/** Whether a file that is exported will play for those who get it. Pure. */
import type { Camera, RenditionId } from '../api/types';

type Streams = { renditions: readonly Pick<Camera['renditions'][number], 'id' | 'codec'>[] };

const H265 = /^(hvc1|hev1)/;

const codecOf = (camera: Streams, which: RenditionId): string | null =>
  (camera.renditions.find((r) => r.id === which) ?? camera.renditions[0])?.codec ?? null;

/** One of them is H.265, which many phones and computers do not play. */
export const hardToPlay = (cameras: readonly Streams[], which: RenditionId): boolean =>
  cameras.some((c) => H265.test(codecOf(c, which) ?? ''));
