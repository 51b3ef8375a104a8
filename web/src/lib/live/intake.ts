/**
 * What of a channel's messages can be decoded: from a key frame on without a hole, its init segment before it. It decides
 * when a message comes, not when it is appended: what arrives while the buffer is being opened belongs to the same GOP. Pure.
 */
import type { MediaMessage } from './wire';

export interface Piece {
  media: MediaMessage;
  /** To be appended first: decoding begins anew here. */
  init: Uint8Array | null;
}

export class Intake {
  #init: Uint8Array | null = null;
  #needsKey = true;

  /** Something was missed: nothing counts before the next key frame. */
  restart(): void {
    this.#needsKey = true;
  }

  /** Null for what cannot be decoded, and for init segments, which come out with their key frame. */
  take(media: MediaMessage): Piece | null {
    if (media.kind === 'init') {
      this.#init = media.bytes;
      this.#needsKey = true;
      return null;
    }
    if (this.#needsKey && media.kind !== 'key') return null;
    const init = this.#needsKey ? this.#init : null;
    this.#needsKey = false;
    return { media, init };
  }
}
