import { describe, expect, it } from 'vitest';
import { KINDS, kindOf, makerOf, stepsOf } from './kind';

describe('a device', () => {
  it('is of the kind whose steps help', () => {
    const android = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)';
    expect(kindOf(`${android} Chrome/140.0.0.0 Mobile Safari/537.36`, 5)).toBe('android');
    expect(kindOf(`${android} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 5)).toBe('samsung');
    expect(kindOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Version/18.4 Mobile/15E148', 5)).toBe(
      'iphone',
    );
    expect(kindOf('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.4 Safari/605.1.15', 5)).toBe('iphone');
    expect(kindOf('Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36', 0)).toBe('pc');
  });
  it('is of a maker by the name of its model', () => {
    const makers = ['SM-A556E', 'CPH2461', 'RMX3360', 'V2134', 'M2101K6G', '2201117TG', 'Redmi Note 8', 'Pixel 9'].map(makerOf); // prettier-ignore
    expect(makers).toEqual(['samsung', 'oppo', 'oppo', 'vivo', 'xiaomi', 'xiaomi', 'xiaomi', 'other']);
    // What browsers say when they say nothing.
    expect([makerOf(''), makerOf('K')]).toEqual([null, null]);
  });
  it('is installed in steps, of which the last lets alerts come: not to who is told of none', () => {
    expect(stepsOf('pc', false, true)).toEqual(['inst.pc_1', 'inst.pc_2', 'inst.allow']);
    expect(stepsOf('pc', false, false)).toEqual(['inst.pc_1']);
    for (const kind of KINDS) {
      expect(stepsOf(kind, true, true)).toEqual(['inst.allow']);
      expect(stepsOf(kind, false, true)).toContain('inst.allow');
      expect(stepsOf(kind, false, false)).not.toContain('inst.allow');
      expect(stepsOf(kind, true, false)).toEqual([]);
    }
  });
});
