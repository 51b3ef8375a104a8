/** What makes a new password long enough: the recorder decides, this says it while one types. Pure. */
const SHORTEST = 15;
const WORDS = 4;

/** Characters that are missing; 0 = it is long enough, or four different words. */
export function missing(password: string): number {
  const words = new Set(password.toLowerCase().split(/\s+/).filter((w) => [...w].length > 1)); // prettier-ignore
  return words.size >= WORDS ? 0 : Math.max(0, SHORTEST - [...password].length);
}
