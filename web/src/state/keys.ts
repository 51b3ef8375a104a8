/**
 * The keyboard, as one table: it drives the pages' handlers and is what the `?` sheet shows. A page gives `onKeys` an
 * action for every entry of its group; the compiler sees to it that none is missing.
 */
import type { Key } from '../lib/i18n';
import { sheets } from './sheets.svelte';

interface Shortcut {
  /** Names as of `KeyboardEvent.key`, letters small; `Shift+` before a letter, `Ctrl+` (on a Mac also Cmd), `1-9` for the digits. */
  keys: readonly string[];
  words: Key;
}

export const KEYS = {
  everywhere: {
    jump: { keys: ['t'], words: 'key.jump' },
    help: { keys: ['?'], words: 'key.help' },
  },
  wall: {
    pick: { keys: ['1-9'], words: 'key.enlarge' },
    move: { keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'], words: 'key.move' },
    full: { keys: ['f'], words: 'key.full' },
    nextPage: { keys: ['PageDown'], words: 'live.page_next' },
    previousPage: { keys: ['PageUp'], words: 'live.page_before' },
  },
  enlarged: {
    pick: { keys: ['1-9'], words: 'key.enlarge' },
    previous: { keys: ['ArrowLeft'], words: 'tile.prev' },
    next: { keys: ['ArrowRight'], words: 'tile.next' },
    review: { keys: ['Enter', 'r'], words: 'key.review' },
    snapshot: { keys: ['s'], words: 'live.snapshot' },
    keep: { keys: ['k'], words: 'live.keep' },
    full: { keys: ['f'], words: 'key.full' },
    close: { keys: ['Escape', 'Backspace'], words: 'key.shrink' },
  },
  camera: {
    toggle: { keys: ['k', ' '], words: 'key.toggle' },
    back10: { keys: ['ArrowLeft'], words: 'play.back10' },
    fwd10: { keys: ['ArrowRight'], words: 'play.fwd10' },
    frameBack: { keys: [','], words: 'play.frame_back' },
    frameFwd: { keys: ['.'], words: 'play.frame_fwd' },
    slower: { keys: ['j'], words: 'key.slower' },
    faster: { keys: ['l'], words: 'key.faster' },
    motionNext: { keys: ['n'], words: 'play.motion_next' },
    motionPrev: { keys: ['p'], words: 'play.motion_prev' },
    live: { keys: ['End'], words: 'key.live' },
    markIn: { keys: ['['], words: 'play.in' },
    markOut: { keys: [']'], words: 'play.out' },
    exportMarked: { keys: ['e'], words: 'play.export' },
    snapshot: { keys: ['s'], words: 'play.snapshot' },
    mute: { keys: ['m'], words: 'play.sound_key' },
    zoomIn: { keys: ['+'], words: 'key.zoom_in' },
    zoomOut: { keys: ['-'], words: 'key.zoom_out' },
    pick: { keys: ['1-9'], words: 'key.same_moment' },
    nextCamera: { keys: ['Shift+N'], words: 'tile.next' },
    previousCamera: { keys: ['Shift+P'], words: 'tile.prev' },
    full: { keys: ['f'], words: 'key.full' },
    close: { keys: ['Escape'], words: 'key.back' },
  },
  sync: {
    toggle: { keys: ['k', ' '], words: 'key.toggle' },
    back10: { keys: ['ArrowLeft'], words: 'play.back10' },
    fwd10: { keys: ['ArrowRight'], words: 'play.fwd10' },
    frameBack: { keys: [','], words: 'play.frame_back' },
    frameFwd: { keys: ['.'], words: 'play.frame_fwd' },
    slower: { keys: ['j'], words: 'key.slower' },
    faster: { keys: ['l'], words: 'key.faster' },
    live: { keys: ['End'], words: 'key.live' },
    markIn: { keys: ['['], words: 'play.in' },
    markOut: { keys: [']'], words: 'play.out' },
    exportShown: { keys: ['e'], words: 'play.export' },
    zoomIn: { keys: ['+'], words: 'key.zoom_in' },
    zoomOut: { keys: ['-'], words: 'key.zoom_out' },
    pick: { keys: ['1-9'], words: 'key.enlarge_number' },
    nextCamera: { keys: ['Shift+N'], words: 'tile.next' },
    previousCamera: { keys: ['Shift+P'], words: 'tile.prev' },
    full: { keys: ['f'], words: 'key.full' },
    close: { keys: ['Escape'], words: 'key.back' },
  },
  zones: {
    undo: { keys: ['Ctrl+Z'], words: 'zone.undo' },
    redo: { keys: ['Ctrl+Y', 'Ctrl+Shift+Z'], words: 'zone.redo' },
    close: { keys: ['Escape'], words: 'key.back' },
  },
  /** On the area that has the focus. */
  area: {
    left: { keys: ['ArrowLeft', 'Shift+ArrowLeft'], words: 'zone.nudge_left' },
    right: { keys: ['ArrowRight', 'Shift+ArrowRight'], words: 'zone.nudge_right' },
    up: { keys: ['ArrowUp', 'Shift+ArrowUp'], words: 'zone.nudge_up' },
    down: { keys: ['ArrowDown', 'Shift+ArrowDown'], words: 'zone.nudge_down' },
    remove: { keys: ['Delete', 'Backspace'], words: 'zone.remove_corner' },
  },
} as const satisfies Record<string, Record<string, Shortcut>>;

export type KeyGroup = keyof typeof KEYS;
/** An action that answers `false` has not used the key. */
type Actions<G extends KeyGroup> = Record<keyof (typeof KEYS)[G], (e: KeyboardEvent) => unknown>;

/** Where a layout has letters of its own, as the Vietnamese one: the place of the key counts. */
const PLACES: Record<string, string> = { '[': 'BracketLeft', ']': 'BracketRight' };

export function matches(e: KeyboardEvent, name: string): boolean {
  const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  const wanted = name.split('+').filter(Boolean);
  const last = name.endsWith('+') ? '+' : wanted.at(-1)!;
  const has = (modifier: string): boolean => wanted.length > 1 && wanted.includes(modifier);
  if ((e.ctrlKey || e.metaKey) !== has('Ctrl') || e.altKey) return false;
  // Signs are where the layout puts them, with Shift or without; with letters and arrows Shift means something else.
  const sign = last.length === 1 && !/[a-z]/i.test(last) && last !== ' ';
  if (!sign && e.shiftKey !== has('Shift')) return false;
  if (last === '1-9') return digit(e) !== null;
  return key === (last.length === 1 ? last.toLowerCase() : last) || (!e.shiftKey && e.code === PLACES[last]);
}

/** The digit of `1-9` that was pressed, also on layouts whose upper row has letters. */
export function digit(e: KeyboardEvent): number | null {
  const n = /^[1-9]$/.exec(e.key) ?? (e.shiftKey ? null : /(?<=^Digit)[1-9]$/.exec(e.code));
  return n ? Number(n[0]) : null;
}

const TYPING = 'textarea, select, dialog, [contenteditable], input:not([type=radio], [type=checkbox], [type=range])';
/** Keys with which one operates the control that has the focus. */
const OPERATES = [' ', 'Enter'];

/** Shortcuts are off while someone types or a dialog is open, or a sheet is on its way: what is typed is meant for it. */
function off(e: KeyboardEvent): boolean {
  const el = e.target instanceof Element ? e.target : null;
  if (e.defaultPrevented || e.isComposing || sheets.open || el?.closest(TYPING)) return true;
  if (el?.closest('input') && (OPERATES.includes(e.key) || e.key.startsWith('Arrow'))) return true;
  return OPERATES.includes(e.key) && el?.closest('button, a, [role=button]') !== null && el !== null;
}

/** Handler of `keydown` for one group of the table. */
export function onKeys<G extends KeyGroup>(group: G, actions: Actions<G>): (e: KeyboardEvent) => void {
  const entries = Object.entries(KEYS[group]) as [keyof Actions<G>, Shortcut][];
  return (e) => {
    if (off(e)) return;
    const entry = entries.find(([, s]) => s.keys.some((k) => matches(e, k)));
    if (entry && actions[entry[0]](e) !== false) e.preventDefault();
  };
}
