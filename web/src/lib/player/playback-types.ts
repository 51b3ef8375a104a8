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

/** Plays the recorded footage of one camera in a media element. */
export interface Player {
  readonly s: PlaybackSnapshot;
  /** Where the picture is at this very moment; `s.position` is as old as the last tick. */
  readonly at: number;
  /** Shows the frame at `t` and goes on playing or stays, as before. Footage that is not there becomes a gap in words. */
  seek(t: number, play?: boolean): Promise<void>;
  play(): void;
  pause(): void;
  setRate(rate: number): void;
  setRendition(rendition: RenditionId): void;
  step(direction: 1 | -1): void;
  stop(): void;
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
