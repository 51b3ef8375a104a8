/** How the cells of the wall lie: as large as the room allows, or in a fixed pattern with pages. Pure. */
import type { Schemas } from '../api/types';

export type GridId = Schemas['Grid'];
/** As they are offered. */
export const GRIDS: readonly GridId[] = ['auto', '1+5', '2x2', '3x3', '5x4'];

export interface Grid {
  columns: number;
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

export function bestGrid(count: number, width: number, height: number, gap: number, aspect = 16 / 9): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), tileWidth: 0, tileHeight: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(Math.max(1, count) / columns);
    const grid = fixedGrid(columns, rows, width, height, gap, aspect);
    if (grid.tileWidth > best.tileWidth) best = grid;
  }
  return best;
}

function fixedGrid(columns: number, rows: number, width: number, height: number, gap: number, aspect = 16 / 9): Grid {
  const byWidth = (width - gap * (columns - 1)) / columns;
  const byHeight = ((height - gap * (rows - 1)) / rows) * aspect;
  const tileWidth = Math.max(0, Math.floor(Math.min(byWidth, byHeight)));
  return { columns, rows, tileWidth, tileHeight: Math.floor(tileWidth / aspect) };
}

const PATTERNS: Record<Exclude<GridId, 'auto'>, { columns: number; rows: number; cells: number }> = {
  '1+5': { columns: 3, rows: 3, cells: 6 },
  '2x2': { columns: 2, rows: 2, cells: 4 },
  '3x3': { columns: 3, rows: 3, cells: 9 },
  '5x4': { columns: 5, rows: 4, cells: 20 },
};

export function wallGrid(id: GridId, count: number, width: number, height: number, gap: number): Grid {
  if (id === 'auto') return bestGrid(count, width, height, gap);
  const { columns, rows } = PATTERNS[id];
  return fixedGrid(columns, rows, width, height, gap);
}

/** Cells of a page; with `auto` all are on one. */
export const cellsOf = (id: GridId, count: number): number => (id === 'auto' ? Math.max(1, count) : PATTERNS[id].cells);

export const pagesOf = (id: GridId, count: number): number => Math.max(1, Math.ceil(count / cellsOf(id, count)));

/** What stands on a page; a page that is not there any more is the last. */
export function onPage<T>(id: GridId, items: readonly T[], page: number): T[] {
  const cells = cellsOf(id, items.length);
  const at = Math.max(0, Math.min(page, pagesOf(id, items.length) - 1));
  return items.slice(at * cells, (at + 1) * cells);
}

/** The list with one of its items put where another stands. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  if (from < 0 || from >= next.length || to < 0 || to >= next.length) return next;
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

/** Where an arrow key leads from tile `index`; stays inside. */
export function neighbour(index: number, count: number, columns: number, key: string): number {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (step === undefined) return index;
  const next = index + step;
  return next >= 0 && next < count ? next : index;
}
