/** The colours that are chosen on this device and those that are shown; `public/theme.js` puts them on the page. */
import { recall, remember } from './stored';

/** `system`: as the device is set, also when that changes in the evening. */
export const THEMES = ['dark', 'light', 'contrast', 'system'] as const;
export type Theme = (typeof THEMES)[number];
const isTheme = (x: unknown): x is Theme => THEMES.includes(x as Theme);

const root = document.documentElement;
const chosen = (): Theme => recall('theme', 'dark', isTheme);
export const theme = $state({ choice: chosen(), shown: root.dataset.theme });

/** The browser's own bars take the colour of the app's. */
function themed(): void {
  theme.shown = root.dataset.theme;
  const bar = getComputedStyle(root).getPropertyValue('--surface');
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', bar);
}
themed();
addEventListener('lanewatch:themed', themed);
addEventListener('storage', () => (theme.choice = chosen()));

export function setTheme(choice: Theme): void {
  theme.choice = choice;
  remember('theme', choice);
  dispatchEvent(new CustomEvent('lanewatch:theme', { detail: choice }));
}
