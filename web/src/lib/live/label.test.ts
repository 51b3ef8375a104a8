import { describe, expect, it } from 'vitest';
import { LABEL_PX, labelPx, LEAST_PX } from './label';

describe('a name on its picture', () => {
  it('is large, and smaller only as far as it must be to fit', () => {
    expect(labelPx(120, 280)).toBe(LABEL_PX);
    expect(labelPx(280, 280)).toBe(LABEL_PX);
    expect(labelPx(300, 280)).toBe(16);
    expect(labelPx(900, 280)).toBe(LEAST_PX);
    expect(labelPx(100, -5)).toBe(LEAST_PX);
  });
});
