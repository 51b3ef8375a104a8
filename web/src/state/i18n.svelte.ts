/** The chosen language as reactive state; `t` in a template follows it. */
import { isLang, learn, translate, type Key, type Lang, type Params } from '../lib/i18n';

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
function take(lang: Lang): void {
  i18n.lang = lang;
  document.documentElement.lang = lang;
}

/** The words of the remembered language: nothing is shown before they are there. */
export const wordsReady = (): Promise<void> => learn(i18n.lang).catch(() => take('vi'));

export async function setLang(lang: Lang): Promise<void> {
  try {
    await learn(lang);
  } catch {
    // Without the recorder there are no words to be had: the language stays.
    return;
  }
  take(lang);
  try {
    localStorage.setItem(STORE, lang);
  } catch {
    // See above.
  }
}

export function t(key: Key, params?: Params): string {
  return translate(i18n.lang, key, params);
}
