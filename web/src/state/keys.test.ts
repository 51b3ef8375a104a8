import { describe, expect, it } from 'vitest';
import { digit, KEYS, matches } from './keys';

const press = (key: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent =>
  ({ key, code: '', shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more }) as KeyboardEvent;

describe('keys', () => {
  it('mean one thing on a page', () => {
    for (const [name, group] of Object.entries(KEYS)) {
      const own = Object.values({ ...group, ...(name === 'everywhere' ? {} : KEYS.everywhere) });
      const all = own.flatMap((s) => s.keys as readonly string[]);
      expect(all.length, name).toBe(new Set(all).size);
    }
  });
  it('are letters with Caps Lock or without; Shift and Ctrl make others of them', () => {
    expect(matches(press('j'), 'j')).toBe(true);
    expect(matches(press('J'), 'j')).toBe(true);
    expect(matches(press('N', { shiftKey: true }), 'n')).toBe(false);
    expect(matches(press('N', { shiftKey: true }), 'Shift+N')).toBe(true);
    expect(matches(press('f', { ctrlKey: true }), 'f')).toBe(false);
    expect(matches(press('f', { altKey: true }), 'f')).toBe(false);
    expect(matches(press('z', { metaKey: true }), 'Ctrl+Z')).toBe(true);
    expect(matches(press('Z', { ctrlKey: true, shiftKey: true }), 'Ctrl+Z')).toBe(false);
    expect(matches(press('Z', { ctrlKey: true, shiftKey: true }), 'Ctrl+Shift+Z')).toBe(true);
    expect(matches(press('ArrowLeft', { shiftKey: true }), 'ArrowLeft')).toBe(false);
  });
  it('are signs wherever the layout has them', () => {
    expect(matches(press('?', { shiftKey: true }), '?')).toBe(true);
    expect(matches(press('+', { shiftKey: true }), '+')).toBe(true);
    expect(matches(press('+'), '+')).toBe(true);
    expect(matches(press('-'), '+')).toBe(false);
    expect(matches(press(' '), ' ')).toBe(true);
    // The Vietnamese layout has letters on these keys.
    expect(matches(press('ư', { code: 'BracketLeft' }), '[')).toBe(true);
    expect(digit(press('ă', { code: 'Digit1' }))).toBe(1);
    expect(digit(press('0', { code: 'Digit0' }))).toBeNull();
    expect(digit(press('7'))).toBe(7);
  });
});
