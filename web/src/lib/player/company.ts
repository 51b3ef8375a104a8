/** Which cameras are watched together. Pure. */
export const FEWEST = 2;
export const MOST = 9;

export interface Member {
  slug: string;
  area: string;
}

/** The slugs of an address that name cameras, each once, not more than can be shown. */
export function invited<T extends Member>(slugs: readonly string[], cameras: readonly T[]): T[] {
  const known = new Map(cameras.map((c) => [c.slug, c]));
  return [...new Set(slugs)].flatMap((s) => known.get(s) ?? []).slice(0, MOST);
}

/** A camera with its neighbours: those of its area first, then those that follow it in the order of the wall. */
export function company(slug: string | null, cameras: readonly Member[], size = 4): string[] {
  const at = Math.max(
    0,
    cameras.findIndex((c) => c.slug === slug),
  );
  const ring = [...cameras.slice(at), ...cameras.slice(0, at)];
  const area = ring[0]?.area;
  const near = ring.filter((c) => area && c.area === area);
  return [...near, ...ring.filter((c) => !near.includes(c))].slice(0, size).map((c) => c.slug);
}

/** Areas with enough cameras to be watched together, in the order of the wall. */
export function areas(cameras: readonly Member[]): { area: string; slugs: string[] }[] {
  const all = new Map<string, string[]>();
  for (const c of cameras) if (c.area) all.set(c.area, [...(all.get(c.area) ?? []), c.slug]);
  return [...all].flatMap(([area, slugs]) => (slugs.length < FEWEST ? [] : [{ area, slugs: slugs.slice(0, MOST) }]));
}
