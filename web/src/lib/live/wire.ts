/** The live socket's messages, parsed into types at the door. Pure. */
import type { CameraState, RenditionId, StateReason } from '../api/types';

export const SUBPROTOCOL = 'nvr.live.v1';

export type ServerEvent =
  | { ev: 'hello'; now: string }
  | { ev: 'time'; now: string }
  | { ev: 'open'; ch: number; camera: string; rendition: RenditionId; mime: string; width: number; height: number }
  | {
      ev: 'state';
      ch: number;
      camera: string;
      rendition: RenditionId;
      state: CameraState;
      reason: StateReason | null;
      since: string | null;
    }
  | { ev: 'drop'; ch: number; frames: number }
  | { ev: 'error'; ch: number | null; code: string; message?: string }
  | { ev: 'cameras' }
  /** From here on changes are told. */
  | { ev: 'topics'; id: string }
  | { ev: 'change'; id: string; topic: Topic; data: Change }
  /** Something was missed. */
  | { ev: 'resync'; id: string };

export type Topic = 'events' | 'cameras' | 'jobs' | 'health';
export const TOPICS: readonly Topic[] = ['events', 'cameras', 'jobs', 'health'];

/** What kind of change, and of what. */
export interface Change {
  what: string;
  id?: string;
}

export type ClientMessage =
  | { op: 'sub'; ch: number; camera: string; rendition: RenditionId; audio?: true }
  | { op: 'unsub'; ch: number }
  | { op: 'pause' | 'resume' }
  /** Goes on after `since`, if the recorder remembers. */
  | { op: 'topics'; topics: readonly Topic[]; since?: string };

export type Kind = 'init' | 'key' | 'delta';

export interface MediaMessage {
  kind: Kind;
  ch: number;
  /** When the camera's picture reached the recorder, epoch milliseconds with microsecond precision. */
  captureMs: number;
  bytes: Uint8Array<ArrayBuffer>;
}

const KINDS: readonly Kind[] = ['init', 'key', 'delta'];

/** Null for versions and kinds this app does not know: the server may be newer. */
export function parseMedia(buffer: ArrayBuffer): MediaMessage | null {
  if (buffer.byteLength < 12) return null;
  const view = new DataView(buffer);
  const kind = KINDS[view.getUint8(1)];
  if (view.getUint8(0) !== 1 || !kind) return null;
  return {
    kind,
    ch: view.getUint16(2),
    captureMs: Number(view.getBigInt64(4)) / 1000,
    bytes: new Uint8Array(buffer, 12),
  };
}

export function parseEvent(text: string): ServerEvent | null {
  try {
    const o: unknown = JSON.parse(text);
    return typeof o === 'object' && o !== null && 'ev' in o ? (o as ServerEvent) : null;
  } catch {
    return null;
  }
}
