/**
 * What the service worker answers by itself. Pure. Only the app's own files: never the API, never media, never the pages
 * of shared links, whose addresses are secrets, nor the guide to trust, which must tell how it is now.
 */
export type Rule = 'page' | 'file' | 'leave';

interface Asked {
  method: string;
  mode: string;
  url: string;
}

const THEIRS = /^\/(api|s|trust)(\/|$)/;

export function ruleFor(asked: Asked, origin: string, shell: ReadonlySet<string>): Rule {
  const url = new URL(asked.url);
  if (asked.method !== 'GET' || url.origin !== origin || THEIRS.test(url.pathname)) return 'leave';
  // Every client route is the same page; an address with a dot is a file that somebody opens.
  if (asked.mode === 'navigate') return url.pathname.includes('.') ? 'leave' : 'page';
  return shell.has(url.pathname) ? 'file' : 'leave';
}

const NO_FILES: ReadonlySet<string> = new Set();
/** The window in which a pressed message is opened: the one in front before others. Only pages of the app listen. */
export function appWindow<W extends { url: string; focused: boolean }>(
  windows: readonly W[],
  origin: string,
): W | null {
  const pages = windows.filter((w) => ruleFor({ method: 'GET', mode: 'navigate', url: w.url }, origin, NO_FILES) === 'page'); // prettier-ignore
  return pages.find((w) => w.focused) ?? pages[0] ?? null;
}

const PREFIX = 'lanewatch-shell-';
export const shellCache = (version: string): string => PREFIX + version;

/** Older shells to be deleted. The last one stays: tabs that were opened with it still load their pages from it. */
export function outdated(caches: readonly string[], current: string): string[] {
  const shells = caches.filter((name) => name.startsWith(PREFIX) && name !== current);
  return shells.slice(0, -1);
}
