import { describe, expect, it } from 'vitest';
import { TimelineGestures } from './gestures';
import { span, type View } from './scale';

const FROM = Date.UTC(2026, 10, 22);

class Track extends EventTarget {
  setPointerCapture(): void {}
  getBoundingClientRect(): { left: number; top: number } {
    return { left: 0, top: 0 };
  }
  send(type: string, pointerId: number, clientX: number): void {
    this.dispatchEvent(Object.assign(new Event(type), { pointerId, clientX, clientY: 60, button: 0 }));
  }
}

function timeline(): { track: Track; view(): View; seeks: number[] } {
  let view: View = { from: FROM, to: FROM + 3_600_000, width: 1000 };
  const seeks: number[] = [];
  const track = new Track();
  new TimelineGestures(track as unknown as HTMLElement, {
    view: () => view,
    setView: (v) => (view = v),
    scrub: () => {},
    scrubEnd: () => {},
    scrubCancel: () => {},
    seek: (t) => seeks.push(t),
    hover: () => {},
  });
  return { track, view: () => view, seeks };
}

describe('two fingers', () => {
  it.each(['pointerup', 'pointercancel'])('after a %s of one, the other goes on as a pan', (end) => {
    const { track, view, seeks } = timeline();
    track.send('pointerdown', 1, 400);
    track.send('pointerdown', 2, 600);
    track.send('pointermove', 2, 800);
    const zoomed = view();
    expect(span(zoomed)).toBeCloseTo(1_800_000);
    track.send(end, 1, 400);
    track.send('pointermove', 2, 700);
    expect(span(view())).toBeCloseTo(span(zoomed));
    expect(view().from).toBeCloseTo(zoomed.from + 180_000);
    track.send('pointerup', 2, 700);
    const after = view();
    track.send('pointermove', 2, 300);
    expect(view()).toBe(after);
    expect(seeks).toEqual([]);
  });

  it('a third finger on the track and off again changes nothing', () => {
    const { track, view } = timeline();
    for (const [id, x] of [[1, 400], [2, 600], [3, 900]] as const) track.send('pointerdown', id, x); // prettier-ignore
    const before = view();
    track.send('pointerup', 3, 900);
    expect(view()).toBe(before);
    track.send('pointermove', 2, 800);
    expect(span(view())).toBeCloseTo(1_800_000);
  });
});
