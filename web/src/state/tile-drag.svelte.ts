/** A tile on its way to another place of the wall, under a finger or the mouse. Places are found by `data-place`. */
export class TileDrag {
  from = $state<number | null>(null);
  over = $state<number | null>(null);

  constructor(private readonly drop: (from: number, to: number) => void) {}

  begin(e: PointerEvent, from: number): void {
    if (e.button !== 0 || this.from !== null) return;
    e.preventDefault();
    this.from = this.over = from;
    const stop = new AbortController();
    const { signal } = stop;
    const end = (to: number | null): void => {
      stop.abort();
      this.from = this.over = null;
      if (to !== null && to !== from) this.drop(from, to);
    };
    addEventListener('pointermove', (m) => (this.over = placeAt(m) ?? this.over), { signal });
    addEventListener('pointerup', (u) => end(placeAt(u)), { signal });
    addEventListener('pointercancel', () => end(null), { signal });
    addEventListener('keydown', (k) => k.key === 'Escape' && end(null), { signal });
  }
}

function placeAt(e: PointerEvent): number | null {
  const there = document.elementFromPoint(e.clientX, e.clientY)?.closest<HTMLElement>('[data-place]');
  return there ? Number(there.dataset.place) : null;
}
