/** Translation: a typed flat dictionary; Vietnamese is the source of truth and fixes the set of keys. */
import { en } from './en';
import { vi } from './vi';

export type Lang = 'vi' | 'en';
export type Key = keyof typeof vi;
export type Params = Record<string, string | number>;

const dictionaries: Record<Lang, Record<Key, string>> = { vi, en };

export function translate(lang: Lang, key: Key, params: Params = {}): string {
  return dictionaries[lang][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
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
