/** How the wall looks: the grid, the page, the area, what is being put in order; and the layouts kept for the site. */
import { layoutsApi } from '../lib/api/layouts';
import type { Camera, Layout } from '../lib/api/types';
import { GRIDS, moved, type GridId } from '../lib/live/grid';
import { app, refreshCameras } from './app.svelte';
import { words } from './errors';
import { recall, remember } from './stored';

export const CAROUSEL_S = 15;

interface Choice {
  grid: GridId;
  /** Id of a layout that is kept; its own grid then counts. */
  layout: string | null;
  area: string | null;
  turning: boolean;
}
const isChoice = (x: unknown): x is Choice =>
  typeof x === 'object' && x !== null && 'grid' in x && GRIDS.includes(x.grid as GridId);

export const wall =
  $state<{ choice: Choice; layouts: Layout[]; page: number; arranging: boolean; problem: string | null }> // prettier-ignore
  ({
    choice: recall('wall', { grid: 'auto', layout: null, area: null, turning: false }, isChoice),
    layouts: [],
    page: 0,
    arranging: false,
    problem: null,
  });

export function choose(next: Partial<Choice>): void {
  wall.choice = { ...wall.choice, ...next };
  wall.page = 0;
  remember('wall', wall.choice);
}

export const layout = (): Layout | null => wall.layouts.find((l) => l.id === wall.choice.layout) ?? null;
export const gridId = (): GridId => layout()?.grid ?? wall.choice.grid;
export const carouselS = (): number => layout()?.carousel_s ?? CAROUSEL_S;

/** Areas that there are, in the order of the wall. */
export const areas = (): string[] =>
  [...new Set(app.cameras.filter((c) => c.enabled).map((c) => c.area))].filter(Boolean);

/** The cameras of the wall as they are chosen, in their order. */
export function shown(): Camera[] {
  const chosen = layout()?.cameras ?? [];
  const enabled = app.cameras.filter((c) => c.enabled);
  const listed = chosen.length ? chosen.flatMap((id) => enabled.filter((c) => c.id === id)) : enabled;
  // An area whose last camera has gone must not leave an empty wall.
  const inArea = listed.filter((c) => c.area === wall.choice.area);
  return wall.choice.area && inArea.length ? inArea : listed;
}

export async function loadLayouts(): Promise<void> {
  try {
    wall.layouts = await layoutsApi.list();
  } catch {
    // The wall shows all cameras; opening it again asks again.
  }
}

/** Does a change and says in words when it failed; whatever happened, the wall then shows what the recorder has. */
async function change(work: () => Promise<unknown>): Promise<boolean> {
  wall.problem = null;
  try {
    await work();
    return true;
  } catch (e) {
    wall.problem = words(e);
    return false;
  } finally {
    await Promise.all([loadLayouts(), refreshCameras()]);
  }
}

export const keepLayout = (name: string, carousel: number | null): Promise<boolean> =>
  change(async () => {
    const cameras = shown().map((c) => c.id);
    const all = app.cameras.filter((c) => c.enabled).length === cameras.length && !layout();
    const kept = await layoutsApi.add({
      name,
      grid: gridId(),
      // All of them: then those that are added later are on it too.
      cameras: all ? [] : cameras,
      ...(carousel ? { carousel_s: carousel } : {}),
    });
    wall.layouts = [...wall.layouts, kept];
    choose({ layout: kept.id, area: null });
  });

export const renameLayout = (l: Layout, name: string): Promise<boolean> => change(() => layoutsApi.edit(l, { name }));

export const removeLayout = (l: Layout): Promise<boolean> =>
  change(async () => {
    await layoutsApi.remove(l);
    if (wall.choice.layout === l.id) choose({ layout: null, grid: l.grid });
  });

/** Puts the camera at `from` of what is shown where the one at `to` stands: in the layout, else for the whole site. */
export function move(from: number, to: number): Promise<boolean> {
  const before = shown();
  const after = moved(before, from, to);
  const kept = layout();
  if (kept?.cameras.length) {
    // Those outside the area keep their places.
    const places = before.map((c) => kept.cameras.indexOf(c.id));
    const cameras = [...kept.cameras];
    after.forEach((c, n) => (cameras[places[n]!] = c.id));
    wall.layouts = wall.layouts.map((l) => (l === kept ? { ...l, cameras } : l));
    return change(() => layoutsApi.edit(kept, { cameras }));
  }
  const places = before.map((c) => app.cameras.indexOf(c));
  const all = [...app.cameras];
  after.forEach((c, n) => (all[places[n]!] = c));
  app.cameras = all;
  return change(() => layoutsApi.order(all.map((c) => c.id)));
}
