/** How looking for motion does, as a key of the dictionary and its parameters. Pure. */
import type { Detection } from '../api/types';
import { type Key, type Lang, type Params } from '../i18n';
import { number } from '../i18n/dates';

/** Less than this is the ordinary unsteadiness of cameras. */
const SHED = 0.05;

export const shedding = (d: Detection): boolean => d.mode !== 'off' && d.shed >= SHED;

export function detectionWords(d: Detection | null, lang: Lang): { key: Key; params: Params } {
  if (!d) return { key: 'detect.none', params: {} };
  const params = { fps: number(d.fps, lang, Math.round(d.fps * 10) % 10 ? 1 : 0), percent: number(d.shed * 100, lang) };
  if (shedding(d)) return { key: 'detect.shed', params };
  return { key: `detect.${d.mode}`, params };
}
