/** What stands where an event's clip would: pure choices of the page of one event. */
import type { Camera, RenditionId, TimelineCamera } from '../api/types';

type Stream = Pick<Camera['renditions'][number], 'id' | 'codec'>;

const plays = (codec: string | null | undefined, can: (mime: string) => boolean): boolean =>
  !codec || can(`video/mp4; codecs="${codec}"`);

/** The small picture is there at once on a phone, and plays where the large one may not. */
export function toPlay(streams: readonly Stream[], can: (mime: string) => boolean): RenditionId {
  return streams.some((s) => s.id === 'sub' && plays(s.codec, can)) ? 'sub' : 'main';
}

/** For somebody else's phone: the full picture where every phone plays it, else the light one. */
export function toSend(streams: readonly Stream[], sparing: boolean): RenditionId {
  const of = (id: RenditionId): Stream | undefined => streams.find((s) => s.id === id);
  const everywhere = (s: Stream | undefined): boolean => s !== undefined && (!s.codec || s.codec.startsWith('avc1'));
  if (of('sub') && sparing) return 'sub';
  return everywhere(of('main')) || !everywhere(of('sub')) ? 'main' : 'sub';
}

/** Why there is nothing to play: the cause that covers the beginning, else the longest; null when it was recorded. */
export function whyGone(line: Pick<TimelineCamera, 'spans' | 'gaps'> | undefined, from: number): string | null {
  if (!line || line.spans.length) return null;
  const length = (g: { from: string; to: string }): number => Date.parse(g.to) - Date.parse(g.from);
  const first = line.gaps.find((g) => Date.parse(g.from) <= from && Date.parse(g.to) > from);
  return (first ?? [...line.gaps].sort((a, b) => length(b) - length(a))[0])?.cause ?? 'unknown';
}

/** Those that stand beside it: of its area where there are others, in the order of the wall, nearest around it. */
export function besides<C extends { id: string; area: string; enabled: boolean }>(
  cameras: readonly C[],
  id: string,
  most: number,
): C[] {
  const own = cameras.find((c) => c.id === id);
  if (!own) return [];
  const usable = cameras.filter((c) => c.enabled || c === own);
  const area = usable.filter((c) => c.area === own.area);
  const near = area.length > 1 ? area : usable;
  const i = near.indexOf(own);
  return near
    .map((c, n) => ({ c, far: Math.abs(n - i) }))
    .filter(({ far }) => far > 0)
    .sort((a, b) => a.far - b.far)
    .slice(0, most)
    .map(({ c }) => c)
    .sort((a, b) => near.indexOf(a) - near.indexOf(b));
}
