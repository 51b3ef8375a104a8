/** Translation: a typed flat dictionary; Vietnamese is the source of truth and fixes the set of keys. */
import { vi } from './vi';

export type Lang = 'vi' | 'en';
export type Key = keyof typeof vi;
export type Params = Record<string, string | number>;

/** What is read first by most comes with the app; the other language is loaded when it is chosen. */
const dictionaries: Partial<Record<Lang, Record<Key, string>>> & { vi: Record<Key, string> } = { vi };

/** Must be over before anything is said in that language. */
export async function learn(lang: Lang): Promise<void> {
  if (lang === 'en') dictionaries.en ??= (await import('./en')).en;
}

export function translate(lang: Lang, key: Key, params: Params = {}): string {
  return (dictionaries[lang] ?? dictionaries.vi)[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(params[name] ?? whole),
  );
}

/** The key `prefix.code` when there are words for it, else the fallback: server codes may be newer than this app. */
export function keyOr(prefix: string, code: string | null | undefined, fallback: Key): Key {
  const key = `${prefix}.${code}`;
  return key in vi ? (key as Key) : fallback;
}

/** The first of `wanted` that there are words for. */
export function firstKey(wanted: readonly string[], fallback: Key): Key {
  return (wanted.find((k) => k in vi) as Key | undefined) ?? fallback;
}

export const isLang = (x: unknown): x is Lang => x === 'vi' || x === 'en';
