/** Resolves when the frame of the new position is on the screen. */
export function presented(v: HTMLVideoElement): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timeout);
      v.removeEventListener('seeked', seeked);
      resolve();
    };
    // A seek onto the very frame that is shown presents nothing new: `seeked` and a moment then stand for it.
    const seeked = (): void => void setTimeout(done, 80);
    const timeout = setTimeout(done, 3000);
    const watch = (): void => {
      v.requestVideoFrameCallback((_n, f) => {
        const off = f.mediaTime - v.currentTime;
        if (!v.seeking && off < 0.1 && off > -1.5) done();
        else watch();
      });
    };
    v.addEventListener('seeked', seeked, { once: true });
    if ('requestVideoFrameCallback' in v) watch();
  });
}
