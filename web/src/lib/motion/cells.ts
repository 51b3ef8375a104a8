/** The grid of motion cells, 32 by 18 over the picture, as the recorder tells it; and how long a cell glows. Pure. */
export const COLUMNS = 32;
export const ROWS = 18;
export const CELLS = COLUMNS * ROWS;

/** 72 bytes in hexadecimal; cell (column, row) is bit `row * 32 + column`, lowest bit of the first byte first. */
export function cellsOf(hex: string): number[] {
  const cells: number[] = [];
  for (let byte = 0; byte < Math.min(CELLS / 8, hex.length >> 1); byte++) {
    const bits = parseInt(hex.slice(byte * 2, byte * 2 + 2), 16);
    for (let bit = 0; bit < 8; bit++) if ((bits >> bit) & 1) cells.push(byte * 8 + bit);
  }
  return cells;
}

/** Cells light up at once and fade, so that what moved for a blink is seen. */
const FADE_MS = 900;

export class Glow {
  readonly light = new Float32Array(CELLS);

  add(cells: readonly number[]): void {
    for (const c of cells) this.light[c] = 1;
  }

  /** Lets `ms` go by; true while anything still glows. */
  fade(ms: number): boolean {
    let any = false;
    for (let i = 0; i < CELLS; i++) {
      const left = Math.max(0, this.light[i]! - ms / FADE_MS);
      this.light[i] = left;
      any ||= left > 0;
    }
    return any;
  }
}
