/** The one place that knows which Media Source Extensions this browser has. */
declare global {
  interface Window {
    ManagedMediaSource?: typeof MediaSource;
  }
}

/** iPhones have only the managed kind (iOS 17.1 and later), and it needs remote playback switched off. */
export function mediaSourceClass(): typeof MediaSource | null {
  if (typeof window === 'undefined') return null;
  return window.MediaSource ?? window.ManagedMediaSource ?? null;
}

export function canPlay(mime: string): boolean {
  const Source = mediaSourceClass();
  if (Source) return Source.isTypeSupported(mime);
  // Recorded footage plays without one; see native.ts.
  return typeof document !== 'undefined' && document.createElement('video').canPlayType(mime) !== '';
}

/** Codecs as people know them. */
export function codecName(codec: string | null | undefined): string {
  if (!codec) return '–';
  if (/avc[13]/.test(codec)) return 'H.264';
  if (/hvc1|hev1/.test(codec)) return 'H.265';
  if (/av01/.test(codec)) return 'AV1';
  return codec.split('.')[0]!;
}

export const isSafari = (): boolean =>
  typeof navigator !== 'undefined' && /^((?!chrome|android|chromium|crios|fxios).)*safari/i.test(navigator.userAgent);

/** Attaches a new media source to the element and resolves when buffers may be added. The URL is revoked at once. */
export function attach(video: HTMLVideoElement): Promise<MediaSource> {
  const Source = mediaSourceClass();
  if (!Source) return Promise.reject(new Error('no media source'));
  video.disableRemotePlayback = true;
  const source = new Source();
  const url = URL.createObjectURL(source);
  return new Promise((resolve) => {
    source.addEventListener(
      'sourceopen',
      () => {
        URL.revokeObjectURL(url);
        resolve(source);
      },
      { once: true },
    );
    video.src = url;
  });
}

/** Lets go of decoder and buffers. */
export function detach(video: HTMLVideoElement): void {
  video.removeAttribute('src');
  video.load();
}

export type Ranges = [number, number][];

export function rangesOf(b: TimeRanges): Ranges {
  return Array.from({ length: b.length }, (_, i) => [b.start(i), b.end(i)]);
}

/** Does one range reach from `at` over `ahead` seconds? A microsecond is the browser's own rounding. */
export function holdsIn(ranges: Ranges, at: number, ahead: number): boolean {
  return ranges.some(([a, b]) => a <= at + 1e-6 && at + ahead <= b);
}

/** End of the buffered stretch that holds `at`, or null. Holes up to `bridge` seconds do not count as an end. */
export function bufferedUntil(ranges: Ranges, at: number, bridge = 0.15): number | null {
  let end: number | null = null;
  for (const [a, b] of ranges) {
    if (end === null ? a - bridge <= at && at < b : a - end <= bridge) end = b;
    else if (end !== null) break;
  }
  return end;
}
