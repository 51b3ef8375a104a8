/** What the timeline shows and moves: one camera's page, or several cameras at one clock. */
import type { Camera } from '../lib/api/types';
import type { Coverage } from '../lib/timeline/coverage';
import type { CoverageLoader } from '../lib/timeline/loader';
import type { TapeLoader } from '../lib/timeline/tape-loader';
import type { Kept } from './kept.svelte';

export interface TimelineSession {
  readonly mode: 'live' | 'playback';
  readonly position: number;
  /** Time under the finger while dragging. */
  readonly scrub: number | null;
  readonly marks: { in: number | null; out: number | null };
  /** A line for each camera. */
  readonly lanes: readonly { camera: Camera; coverage: Coverage }[];
  readonly coverage: CoverageLoader;
  readonly coverageVersion: number;
  /** Motion and events, where they are shown. */
  readonly tape: TapeLoader | null;
  readonly tapeVersion: number;
  /** Bookmarks and locks, where they are shown. */
  readonly kept?: Kept;
  readonly oldest: number | null;
  /** Moves an in or out point, where there are such. */
  setMark?(which: 'in' | 'out', t: number): void;
  seek(t: number): void;
  jump(ms: number): void;
  goLive(): void;
  scrubTo(t: number): void;
  scrubEnd(t: number): void;
  scrubCancel(): void;
}
