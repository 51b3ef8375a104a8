/** Translation: a typed flat dictionary; Vietnamese is the source of truth and fixes the set of keys. */
import { vi } from './vi';

export type Lang = 'vi' | 'en';
export type Key = keyof typeof vi;
export type Params = Record<string, string | number>;

const dictionaries: { vi: Record<Key, string>; en?: Record<Key, string> } = { vi };

/** Brings the words of a language; Vietnamese is always there, another one only with those who read it. */
export async function load(lang: Lang): Promise<void> {
  if (lang === 'en') dictionaries.en ??= (await import('./en')).en;
}

export function translate(lang: Lang, key: Key, params: Params = {}): string {
  return (dictionaries[lang] ?? vi)[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
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
