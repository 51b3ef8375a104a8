import { describe, expect, it } from 'vitest';
import { hardToPlay } from './codecs';

const camera = (main: string | null, sub?: string | null) => ({
  renditions: [
    { id: 'main' as const, codec: main },
    ...(sub === undefined ? [] : [{ id: 'sub' as const, codec: sub }]),
  ],
});
const [old, fresh, both] = [camera('avc1.4d4016', 'avc1.4d4016'), camera('hvc1.1.6.L93.B0', 'avc1.4d4016'), camera('hev1.1', 'hvc1.1')]; // prettier-ignore

describe('what many machines cannot play', () => {
  it('is H.265, in the stream that is chosen', () => {
    expect([hardToPlay([old], 'main'), hardToPlay([old, fresh], 'main')]).toEqual([false, true]);
    expect([hardToPlay([old, fresh], 'sub'), hardToPlay([both], 'sub')]).toEqual([false, true]);
  });
  it('is asked of the only stream where there is no other, and not said of what nobody knows', () => {
    expect(hardToPlay([camera('hvc1.1')], 'sub')).toBe(true);
    expect(hardToPlay([camera(null)], 'main')).toBe(false);
  });
});
