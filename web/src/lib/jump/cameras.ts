/** Which camera is meant by some words: `ngo 7`, `cổng đình`, `hẻm 07`, `lane 7`, `7`. Pure. */
import { fold } from './words';

export interface Named {
  slug: string;
  name: string;
}

/** Words for a lane differ from place to place and from the names that somebody gave; a number is what tells lanes apart. */
const LANE = ['ngo', 'hem', 'kiet', 'ngach', 'lane', 'alley'];
const NOISE = ['camera', 'cam', 'mat', 'so'];

const parts = (s: string): string[] => fold(s).match(/\d+(?:\/\d+)*|[a-z]+/g) ?? [];

/** Comparable words of a name. */
export const nameWords = (s: string): string[] =>
  parts(s)
    .filter((w) => !NOISE.includes(w))
    .map((w) => (LANE.includes(w) ? 'ngo' : w.replace(/\d+/g, (n) => String(Number(n)))));

const meets = (wanted: string, has: string): boolean =>
  /\d/.test(wanted) ? wanted === has : has === wanted || (wanted.length > 1 && has.startsWith(wanted));

/** The cameras that have all these words; those whose whole name it is come alone. */
export function camerasOf<C extends Named>(words: readonly string[], cameras: readonly C[]): C[] {
  const wanted = nameWords(words.join(' '));
  if (!wanted.length) return [];
  const names = cameras.map((c) => ({ c, has: nameWords(c.name) }));
  const whole = names.filter(({ c, has }) => has.join(' ') === wanted.join(' ') || fold(c.slug) === words.join('-'));
  if (whole.length) return whole.map(({ c }) => c);
  const all = names.filter(({ has }) => wanted.every((w) => has.some((h) => meets(w, h))));
  // `ngõ 7` is the lane with that number before a house with it in another lane.
  const lane = wanted.length === 1 && /\d/.test(wanted[0]!) ? ['ngo', wanted[0]!] : wanted;
  const together = all.filter(({ has }) => has.some((_, i) => lane.every((w, k) => has[i + k] === w)));
  return (together.length ? together : all).map(({ c }) => c);
}
