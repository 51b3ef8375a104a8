import { describe, expect, it } from 'vitest';
import { signInName } from './sign-in';

describe('a sign-in name', () => {
  it('is what every keyboard can write', () => {
    expect(signInName('Nguyễn Văn Đỗ', [])).toBe('nguyen.van.do');
    expect(signInName(' – Chị Ớt (xóm 3) ', [])).toBe('chi.ot.xom.3');
    expect(signInName('', [''])).toBe('');
  });
  it('is one that nobody has, and never too long', () => {
    expect(signInName('Nguyễn Văn An', ['nguyen.van.an'])).toBe('nguyen.van.an2');
    expect(signInName('Nguyễn Văn An', ['nguyen.van.an2', 'nguyen.van.an'])).toBe('nguyen.van.an3');
    const long = signInName('a'.repeat(40), []);
    expect(long).toHaveLength(32);
    expect(signInName('a'.repeat(40), [long])).toBe(`${'a'.repeat(31)}2`);
  });
});
