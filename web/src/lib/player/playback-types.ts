/** What playback tells the page, and what it needs from it. */
import type { RenditionId } from '../api/types';
import type { Gap } from './playlist';

export type PlaybackState = 'idle' | 'seeking' | 'playing' | 'paused' | 'gap' | 'edge' | 'error';

export interface PlaybackSnapshot {
  state: PlaybackState;
  position: number;
  /** Wants to play once it can. */
  wanted: boolean;
  rate: number;
  rendition: RenditionId;
  gap: Gap | null;
  /** A gap that playing has just jumped over. */
  skipped: Gap | null;
  /** Playing goes on after the gap at this instant of `performance.now()`. */
  skipAt: number | null;
  error: { code: string; params: Record<string, unknown> } | null;
  waiting: boolean;
  lastSeekMs: number | null;
}

export interface PlaybackOptions {
  video: HTMLVideoElement;
  camera: string;
  rendition: RenditionId;
  now(): number;
  /** The whole hole around an instant, as the timeline knows it. */
  gapAround(t: number): Promise<Gap | null>;
  changed(s: PlaybackSnapshot): void;
  fps(): number;
  /** Somebody else knows when footage begins again for all: no jump over gaps. */
  staysInGaps?: boolean;
}
