import { describe, expect, it } from 'vitest';
import { en } from './en';
import { translate, type Key } from './index';
import { vi } from './vi';

const keys = Object.keys(vi) as Key[];
const holes = (s: string): string[] => (s.match(/\{\w+\}/g) ?? []).sort();

describe('dictionary', () => {
  it('has the same parameters in both languages and no empty text', () => {
    for (const k of keys) {
      expect(holes(en[k]), k).toEqual(holes(vi[k]));
      expect(vi[k].trim(), k).not.toBe('');
    }
  });
  it('is stored composed (NFC), so that search and fonts behave', () => {
    for (const k of keys) expect(vi[k], k).toBe(vi[k].normalize('NFC'));
  });
  it('has no English left in Vietnamese', () => {
    const same = keys.filter((k) => vi[k] === en[k] && !/^[\d\W]*$/.test(vi[k]) && vi[k].length > 3);
    const fine = ['lang.vi', 'lang.en', 'tl.value', 'play.range', 'health.cameras'];
    expect(same.filter((k) => !fine.includes(k))).toEqual([]);
  });
  it('fills in parameters and leaves unknown ones to be seen', () => {
    expect(translate('vi', 'tile.late', { seconds: 4 })).toBe('Chậm 4 giây');
    expect(translate('en', 'tile.late')).toBe('{seconds} s late');
  });
});
