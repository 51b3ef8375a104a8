/** The sheets that open over any page: the keys, the jump to a time, and what the navigation has no room for. And what the page under them shows. */
export type Sheet = 'help' | 'jump' | 'more';
export const sheets = $state<{ open: Sheet | null }>({ open: null });

/** A page of recordings: what a phrase means that names no camera or day, and who goes there. */
export interface Here {
  /** The first is the one a phrase without a name means. */
  slugs(): string[];
  position(): number;
  /** Null is live. */
  seek(t: number | null): void;
}

let page: Here | null = null;
export const here = (): Here | null => page;

/** Called by a page while it is open; returns what ends it. */
export function offer(h: Here): () => void {
  page = h;
  return () => {
    if (page === h) page = null;
  };
}
