/** Addresses and names of many equal cameras. Pure. */

/** A village has some tens of cameras; more in one go is a slip of the keyboard. */
export const MOST = 64;

/** A camera to be added: itself (`192.168.1.20`), or the addresses of its streams. */
export interface Target {
  address: string;
  sub: string;
}

/** Why a text is no list of addresses. */
export type BatchFault = 'none' | 'too_many' | 'bad_range' | 'sub_without_rtsp' | 'secret';

/** A range in a line: `192.168.1.101-119`, `192.168.1.101-119:8000`, `rtsp://h/ch[1-16]/main`. */
const RANGE = /\[(\d{1,5})-(\d{1,5})\]|(?<=\.)(\d{1,3})-(\d{1,3})(?=[:/\s]|$)/g;

/**
 * One camera a line, or several by a range. Two addresses in a line are main and sub stream of the same camera; ranges in
 * a line run together.
 */
export function targets(text: string): Target[] | BatchFault {
  const found = new Map<string, Target>();
  for (const line of text.split('\n').map((l) => l.trim())) {
    if (!line) continue;
    if (/\/\/[^/@\s]*:[^/@\s]*@/.test(line)) return 'secret';
    const lengths = [...line.matchAll(RANGE)].map((m) => Number(m[2] ?? m[4]) - Number(m[1] ?? m[3]) + 1);
    const many = lengths[0] ?? 1;
    if (many < 1 || lengths.some((n) => n !== many)) return 'bad_range';
    if (found.size + many > MOST) return 'too_many';
    for (let i = 0; i < many; i++) {
      const one = line.replace(RANGE, (_, a?: string, _b?: string, c?: string) => String(Number(a ?? c) + i));
      const [address = '', sub = ''] = one.split(/\s+/);
      if (sub && !/^rtsp:\/\//i.test(address)) return 'sub_without_rtsp';
      found.set(address, { address, sub });
    }
  }
  return found.size ? [...found.values()] : 'none';
}

/** Name of a camera by a pattern: `{n}` counts; a pattern without it gets the number at its end when there are several. */
export function nameFor(pattern: string, n: number, several: boolean): string {
  const text = pattern.trim().normalize('NFC');
  if (text.includes('{n}')) return text.replaceAll('{n}', String(n));
  return several ? `${text} ${n}` : text;
}
