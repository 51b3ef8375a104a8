/** Events of one camera that follow each other closely are one thing that happened: one card. Pure. */

interface Grouped {
  id: string;
  camera: string;
  kind: string;
  from: number;
  to: number | null;
}

/** As P14 of the screens: less than two minutes apart. */
export const APART_MS = 120_000;

export interface Group<E> {
  /** The newest. */
  lead: E;
  /** All of them, newest first. */
  events: E[];
}

/**
 * A list, newest first, with events of one camera and kind drawn together where less than two minutes lie between them,
 * at the place of the newest.
 */
export function grouped<E extends Grouped>(events: readonly E[]): Group<E>[] {
  const groups: Group<E>[] = [];
  const open = new Map<string, Group<E>>();
  for (const e of events) {
    const key = `${e.camera} ${e.kind}`;
    const group = open.get(key);
    const newer = group?.events.at(-1);
    if (group && newer && newer.from - (e.to ?? newer.from) < APART_MS) group.events.push(e);
    else {
      const fresh = { lead: e, events: [e] };
      groups.push(fresh);
      open.set(key, fresh);
    }
  }
  return groups;
}
