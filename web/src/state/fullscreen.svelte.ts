/** Full screen where the browser has it; else the element is laid over the page by CSS (iPhones). */
export const fullscreen = $state<{ on: boolean; css: boolean }>({ on: false, css: false });

document.addEventListener('fullscreenchange', () => (fullscreen.on = document.fullscreenElement !== null));

export async function toggleFullscreen(element: HTMLElement = document.documentElement): Promise<void> {
  if (document.fullscreenElement) return document.exitFullscreen();
  if (fullscreen.css) {
    fullscreen.css = fullscreen.on = false;
    return;
  }
  try {
    await element.requestFullscreen({ navigationUI: 'hide' });
  } catch {
    fullscreen.css = fullscreen.on = true;
  }
}

/** What was laid over the page goes with its page: the next one must not begin without its bars. */
export function leaveCssFullscreen(): void {
  if (fullscreen.css) fullscreen.css = fullscreen.on = false;
}

export async function leaveFullscreen(): Promise<void> {
  fullscreen.css = fullscreen.on = false;
  if (document.fullscreenElement) await document.exitFullscreen();
}
