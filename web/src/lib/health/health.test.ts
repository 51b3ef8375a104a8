import { describe, expect, it } from 'vitest';
import type { Camera } from '../api/types';
import { report } from './report';
import { measured, overrides } from './what-if';

const more = (n: number): string => `${n} more`;
const camera = (slug: string, kbps: number | null, enabled = true): Camera =>
  ({ slug, enabled, renditions: [{ id: 'main', kbps }, { id: 'sub', kbps: 400 }] }) as unknown as Camera; // prettier-ignore

describe('the report', () => {
  it('has a head, and of the parts those with lines', () => {
    const text = report(['Thôn Đông', '22:14'], [{ title: 'Camera', lines: ['Ngõ 7:\n mất hình'] }, { title: 'Ổ', lines: [] }], more); // prettier-ignore
    expect(text).toBe('Thôn Đông\n22:14\n\nCamera\n- Ngõ 7: mất hình\n');
  });
  it('stays short enough to be sent', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    expect(report([], [{ title: 'Many', lines }], more).trimEnd().split('\n').slice(-2)).toEqual(['- line 24', '- 5 more']); // prettier-ignore
  });
});

describe('what if', () => {
  const [a, b, off, dark] = [camera('a', 4000), camera('b', 2001), camera('off', 4000, false), camera('dark', null)];
  it('asks for what is measured', () => {
    expect(measured([a, b, off, dark])).toEqual([a, b]);
    expect(overrides([a, b], 0.5)).toBe('a:kbps=2000,b:kbps=1001');
  });
  it('asks nothing when nothing changes', () => {
    expect(overrides([a], 1)).toBe(null);
    expect(overrides([], 0.5)).toBe(null);
  });
});
