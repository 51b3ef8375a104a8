/** `window.__lanewatch`: a read-only look at the numbers that the end-to-end tests assert on. */
import type { LiveSnapshot } from '../lib/live/tile-player';
import { scrubTimings } from '../lib/player/scrub';
import { seekTimings } from '../lib/player/snapshot';
import type { Part } from '../lib/player/choir';
import { socket } from './app.svelte';

const tiles = new Map<string, Readonly<LiveSnapshot>>();

export function showTile(name: string, s: Readonly<LiveSnapshot> | null): void {
  if (s) tiles.set(name, s);
  else tiles.delete(name);
}

/** When the newest shown picture of a tile was taken, by the recorder's clock. */
export const lastFrameAt = (name: string): number | null => tiles.get(name)?.lastFrameAt ?? null;

interface SyncTile {
  part: Part;
  state: string;
  /** Where its picture is, and where the clock of all was then. */
  at: number;
  clock: number;
  rendition: string;
}
const together = new Map<string, SyncTile>();

export function showSync(name: string, tile: SyncTile | null): void {
  if (tile) together.set(name, tile);
  else together.delete(name);
}

const KEPT_DRAWINGS = 90;
const drawings: number[] = [];
/** How long the timeline took to draw, in milliseconds. */
export function noteDrawing(ms: number): void {
  drawings.push(ms);
  if (drawings.length > KEPT_DRAWINGS) drawings.shift();
}

Object.defineProperty(window, '__lanewatch', {
  value: Object.freeze({
    get tiles() {
      return Object.fromEntries([...tiles].map(([name, s]) => [name, { ...s }]));
    },
    get sync() {
      return Object.fromEntries([...together].map(([name, s]) => [name, { ...s }]));
    },
    get seeks() {
      return [...seekTimings];
    },
    get drawings() {
      return [...drawings];
    },
    get scrubs() {
      return [...scrubTimings];
    },
    get socket() {
      return { opened: socket.opened, status: socket.status, channels: socket.channelCount, bytes: socket.bytes };
    },
  }),
});
