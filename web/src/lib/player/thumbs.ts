/** Small pictures of recorded moments, from their key frames: one after another, the ones that are still wanted. */
import { api, mediaBytes } from '../api/client';
import type { RenditionId } from '../api/types';
import { keyPainter, type KeyPainter } from './key-painter';
import { readFragment, splitInit } from './mp4';

const WIDTH = 320;
/** What was recorded a moment ago may not be there to be asked for yet. */
const AGAIN_MS = 2000;
const TRIES = 3;

interface Wish {
  at: number;
  canvas: HTMLCanvasElement;
  done(shown: boolean): void;
  tries: number;
  gone: boolean;
}

export class Thumbs {
  #source = document.createElement('canvas');
  #painter: KeyPainter | null = null;
  #wishes: Wish[] = [];
  #busy = false;
  #stopped = false;

  constructor(
    private readonly camera: string,
    private readonly rendition: RenditionId,
    private readonly width = WIDTH,
  ) {}

  /** Paints the picture of `at`; the returned function takes the wish back. */
  want(at: number, canvas: HTMLCanvasElement, done: (shown: boolean) => void): () => void {
    const wish = { at, canvas, done, tries: 0, gone: false };
    this.#wishes.push(wish);
    void this.#work();
    return () => {
      wish.gone = true;
      this.#wishes = this.#wishes.filter((w) => w !== wish);
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#wishes = [];
    this.#painter?.close();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let wish = this.#wishes.shift(); wish && !this.#stopped; wish = this.#wishes.shift())
      this.#told(wish, await this.#paint(wish).catch(() => false));
    this.#busy = false;
  }

  #told(wish: Wish, shown: boolean): void {
    wish.done(shown);
    if (shown || ++wish.tries === TRIES) return;
    setTimeout(() => {
      if (wish.gone || this.#stopped) return;
      this.#wishes.push(wish);
      void this.#work();
    }, AGAIN_MS);
  }

  async #paint({ at, canvas }: Wish): Promise<boolean> {
    const bytes = await mediaBytes(api.keyframeUrl(this.camera, at, this.rendition));
    const info = readFragment(splitInit(bytes).media);
    if (!info || this.#stopped) return false;
    this.#painter ??= keyPainter(this.#source);
    await this.#painter.paint(bytes, info.time / 90);
    const { width, height } = this.#source;
    if (!width || !height) return false;
    canvas.width = Math.min(this.width, width);
    canvas.height = Math.round((canvas.width * height) / width);
    canvas.getContext('2d')!.drawImage(this.#source, 0, 0, canvas.width, canvas.height);
    return true;
  }
}
