// Which colours, before anything is painted. A file of its own that the page waits for: modules run after the first paint,
// and the policy (CSP) allows nothing inline. `src/state/theme.svelte.ts` tells it what is chosen.
{
  const KEY = 'lanewatch.theme';
  const root = document.documentElement;
  const light = matchMedia('(prefers-color-scheme: light)');
  const more = matchMedia('(prefers-contrast: more)');

  const stored = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY));
    } catch {
      return null;
    }
  };
  let chosen = stored();
  const apply = () => {
    const device = more.matches ? 'contrast' : light.matches ? 'light' : 'dark';
    const theme = chosen === 'system' ? device : ['light', 'contrast'].includes(chosen) ? chosen : 'dark';
    root.dataset.theme = theme;
    document.querySelector('meta[name=color-scheme]').content = theme === 'light' ? 'light' : 'dark';
    dispatchEvent(new Event('lanewatch:themed'));
  };
  apply();
  for (const query of [light, more]) query.addEventListener('change', apply);
  addEventListener('lanewatch:theme', (e) => {
    chosen = e.detail;
    apply();
  });
  // Chosen in another tab.
  addEventListener('storage', (e) => {
    if (e.key !== KEY) return;
    chosen = stored();
    apply();
  });
}
