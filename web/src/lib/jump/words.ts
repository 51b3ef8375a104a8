/** What people type, as tokens without accents, and numbers in words. Pure. */
export interface Token {
  kind: 'word' | 'number' | 'mark';
  /** Without accents, lower case. */
  text: string;
  /** As typed, lower case, composed. */
  raw: string;
  /** Where it stands in the composed input. */
  from: number;
  to: number;
}

/** Without accents and case, so that `Ngõ`, `ngo` and `NGÕ` are one. */
export const fold = (s: string): string =>
  s.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase();

export const compose = (s: string): string => s.normalize('NFC').toLowerCase();

export function tokens(text: string): Token[] {
  return [...compose(text).matchAll(/\d+|\p{L}+|[:./-]/gu)].map((m) => {
    const raw = m[0];
    const kind = /\d/.test(raw) ? 'number' : /\p{L}/u.test(raw) ? 'word' : 'mark';
    return { kind, raw, text: fold(raw), from: m.index, to: m.index + raw.length };
  });
}

const DIGITS: Record<string, number> = {
  một: 1, mốt: 1, hai: 2, ba: 3, bốn: 4, tư: 4, năm: 5, lăm: 5, nhăm: 5, sáu: 6, bảy: 7, bẩy: 7, tám: 8, chín: 9,
}; // prettier-ignore
const FOLDED = new Map(Object.entries(DIGITS).map(([word, n]) => [fold(word), n]));

/** Accents that are typed count: `tầm` and `bay` with a wrong accent are no numbers; without any they may be. */
export function says(t: Token | undefined, ...words: string[]): boolean {
  return t !== undefined && words.some((w) => t.raw === w || (t.raw === t.text && t.text === fold(w)));
}

const digit = (t: Token | undefined): number | null =>
  t === undefined ? null : (DIGITS[t.raw] ?? (t.raw === t.text ? FOLDED.get(t.text) : undefined) ?? null);

export interface Count {
  n: number;
  length: number;
  spelled: boolean;
}

/** A number in digits or in words (`hai mươi hai`, `mười lăm`, `hăm ba`, `lẻ năm`) at `i`. */
export function count(all: readonly Token[], i: number): Count | null {
  const t = all[i];
  if (t?.kind === 'number') return { n: Number(t.text), length: 1, spelled: false };
  const after = digit(all[i + 1]);
  if (says(t, 'mười')) return { n: 10 + (after ?? 0), length: after === null ? 1 : 2, spelled: true };
  if (says(t, 'hăm', 'lẻ', 'linh') && after !== null)
    return { n: (says(t, 'hăm') ? 20 : 0) + after, length: 2, spelled: true };
  const n = digit(t);
  if (n === null) return null;
  if (!says(all[i + 1], 'mươi', 'chục')) return { n, length: 1, spelled: true };
  const ones = digit(all[i + 2]);
  return { n: 10 * n + (ones ?? 0), length: ones === null ? 2 : 3, spelled: true };
}
