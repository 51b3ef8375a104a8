/** Sign-in names that are made of full names. Pure. */
import { fold } from '../jump/words';

const LONGEST = 32;

/** As every keyboard can write it. */
const plain = (text: string): string =>
  fold(text)
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^\.+|\.+$/g, '')
    .slice(0, LONGEST);

/** One that nobody has yet: nguyen.van.an, then nguyen.van.an2. */
export function signInName(full: string, taken: readonly string[]): string {
  const base = plain(full);
  let name = base;
  for (let n = 2; base && taken.includes(name); n++) name = `${base.slice(0, LONGEST - String(n).length)}${n}`;
  return name;
}
