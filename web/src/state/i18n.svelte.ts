/** The chosen language as reactive state; `t` in a template follows it. */
import { isLang, load, translate, type Key, type Lang, type Params } from '../lib/i18n';

const STORE = 'lanewatch.lang';

function remembered(): Lang {
  try {
    const x = localStorage.getItem(STORE);
    if (isLang(x)) return x;
  } catch {
    // Storage may be forbidden; then the choice lasts as long as the page.
  }
  return 'vi';
}

export const i18n = $state<{ lang: Lang }>({ lang: remembered() });
document.documentElement.lang = i18n.lang;
/** Its words are there. Where they cannot be had the app speaks Vietnamese. */
export const spoken = load(i18n.lang).catch(() => {});

export async function setLang(lang: Lang): Promise<void> {
  await load(lang);
  i18n.lang = lang;
  document.documentElement.lang = lang;
  try {
    localStorage.setItem(STORE, lang);
  } catch {
    // See above.
  }
}

export function t(key: Key, params?: Params): string {
  return translate(i18n.lang, key, params);
}
