/** A small history router: the path is the page, the query its state. Links are ordinary `<a href>` and work when copied. */
export type Route =
  | { page: 'wall'; focus: string | null }
  /** `t` as it stands in the address; which instant it is depends on the site's zone. */
  | { page: 'camera'; slug: string; t: string | null }
  /** Areas of a camera's picture: those that count, and one to search in, as the picture was at `t`. */
  | { page: 'zones'; slug: string }
  | { page: 'search'; slug: string; t: string | null }
  /** Several cameras at one clock; `big` is enlarged. */
  | { page: 'sync'; slugs: string[]; t: string | null; big: string | null }
  /** `event` is shown beside the list, where there is room. */
  | {
      page: 'events';
      camera: string | null;
      kind: string | null;
      when: string | null;
      unseen: boolean;
      event: string | null;
    }
  | { page: 'event'; id: string }
  | { page: 'alerts' }
  | { page: 'channels' }
  | { page: 'exports' }
  | { page: 'cameras' }
  | { page: 'system' }
  | { page: 'health' }
  | { page: 'setup' }
  | { page: 'people' }
  | { page: 'invite' }
  | { page: 'welcome' }
  | { page: 'login' }
  | { page: 'missing' };

/** Pages without anything in their address. */
const PLAIN = new Set([
  'alerts',
  'exports',
  'cameras',
  'system',
  'health',
  'people',
  'invite',
  'welcome',
  'setup',
  'login',
]);

export function parseRoute(path: string, query: URLSearchParams): Route {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  if (parts.length === 0) return { page: 'wall', focus: query.get('c') };
  if (parts[0] === 'c' && parts[1] && parts.length === 2) return { page: 'camera', slug: parts[1], t: query.get('t') };
  if (parts[0] === 'c' && parts[1] && parts.length === 3) {
    if (parts[2] === 'zones') return { page: 'zones', slug: parts[1] };
    if (parts[2] === 'search') return { page: 'search', slug: parts[1], t: query.get('t') };
  }
  if (parts[0] === 'sync' && parts.length === 1)
    return {
      page: 'sync',
      slugs: (query.get('c') ?? '').split(',').filter(Boolean),
      t: query.get('t'),
      big: query.get('big'),
    };
  if (parts[0] === 'alerts' && parts[1] === 'channels' && parts.length === 2) return { page: 'channels' };
  if (parts[0] === 'e' && parts[1] && parts.length === 2) return { page: 'event', id: parts[1] };
  if (parts[0] === 'events' && parts.length === 1)
    return {
      page: 'events',
      camera: query.get('c'),
      kind: query.get('kind'),
      when: query.get('when'),
      unseen: query.get('seen') === '0',
      event: query.get('e'),
    };
  if (parts.length === 1 && PLAIN.has(parts[0] ?? ''))
    return {
      page: parts[0] as
        'alerts' | 'exports' | 'cameras' | 'system' | 'health' | 'people' | 'invite' | 'welcome' | 'setup' | 'login',
    };
  return { page: 'missing' };
}

const read = (): Route => parseRoute(location.pathname, new URLSearchParams(location.search));

export const router = $state<{ route: Route; path: string }>({
  route: read(),
  path: location.pathname + location.search,
});

function sync(): void {
  router.route = read();
  router.path = location.pathname + location.search;
}

export function go(href: string): void {
  if (href === location.pathname + location.search) return;
  history.pushState({ inApp: true }, '', href);
  sync();
}

/** Changes the address without a new history entry and without changing the page's state. */
export function rewrite(href: string): void {
  history.replaceState(history.state, '', href);
}

export function replace(href: string): void {
  history.replaceState(history.state, '', href);
  sync();
}

/** Back when this app made the entry, else to `fallback`. */
export function back(fallback: string): void {
  if ((history.state as { inApp?: boolean } | null)?.inApp) history.back();
  else replace(fallback);
}

addEventListener('popstate', sync);

/** Plain clicks on own links stay in the app; everything else is the browser's. */
document.addEventListener('click', (e) => {
  if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const a = (e.target as Element | null)?.closest?.('a');
  if (!a || a.target || a.hasAttribute('download') || a.origin !== location.origin || a.pathname.startsWith('/api/'))
    return;
  e.preventDefault();
  // A place on this page, as the skip link's: no new page, but the keyboard goes on there.
  if (a.hash && a.pathname === location.pathname && a.search === location.search)
    return document.getElementById(a.hash.slice(1))?.focus();
  go(a.pathname + a.search);
});

export const cameraPath = (slug: string, t?: string, part?: 'zones' | 'search'): string =>
  `/c/${encodeURIComponent(slug)}${part ? `/${part}` : ''}${t ? `?t=${encodeURIComponent(t)}` : ''}`;

export function syncPath(slugs: readonly string[], t?: string, big?: string | null): string {
  // Commas stay readable in an address that is sent to somebody.
  const query = [
    ...(slugs.length ? [`c=${slugs.map(encodeURIComponent).join(',')}`] : []),
    ...(t ? [`t=${encodeURIComponent(t)}`] : []),
    ...(big ? [`big=${encodeURIComponent(big)}`] : []),
  ];
  return `/sync${query.length ? `?${query.join('&')}` : ''}`;
}

export const eventPath = (id: string): string => `/e/${encodeURIComponent(id)}`;

export function eventsPath(
  camera?: string | null,
  kind?: string | null,
  more: { when?: string | null; unseen?: boolean; event?: string | null } = {},
): string {
  const query = new URLSearchParams([
    ...(camera ? [['c', camera]] : []),
    ...(kind ? [['kind', kind]] : []),
    ...(more.when ? [['when', more.when]] : []),
    ...(more.unseen ? [['seen', '0']] : []),
    ...(more.event ? [['e', more.event]] : []),
  ]);
  return `/events${query.size ? `?${query}` : ''}`;
}
