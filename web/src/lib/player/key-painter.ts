/**
 * Paints one key frame (init + one fragment) into a canvas: with WebCodecs where the page is a secure context, else with
 * a second small media element, because a bare LAN address over http has no WebCodecs.
 */
import { firstMdat, readInit, splitInit } from './mp4';
import { MediaBuffer, Unplayable } from './media-buffer';

export interface KeyPainter {
  readonly kind: 'webcodecs' | 'mse';
  paint(bytes: Uint8Array, startMs: number): Promise<void>;
  close(): void;
}

function draw(canvas: HTMLCanvasElement, source: CanvasImageSource, width: number, height: number): void {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext('2d', { alpha: false })?.drawImage(source, 0, 0, width, height);
}

class WebCodecsPainter implements KeyPainter {
  readonly kind = 'webcodecs';
  #decoder: VideoDecoder | null = null;
  #config = '';
  #failed = false;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  async paint(bytes: Uint8Array): Promise<void> {
    const { init, media } = splitInit(bytes);
    const config = readInit(init);
    const data = firstMdat(media);
    if (!config || !data) throw new Unplayable('no H.264 key frame');
    const name = `${config.codec} ${config.width}x${config.height} ${config.description.join(',')}`;
    if (!this.#decoder || this.#failed || this.#decoder.state === 'closed') this.#open();
    if (name !== this.#config) {
      this.#decoder!.configure({ codec: config.codec, description: config.description, optimizeForLatency: true });
      this.#config = name;
    }
    this.#decoder!.decode(new EncodedVideoChunk({ type: 'key', timestamp: 0, data }));
    await this.#decoder!.flush();
  }

  #open(): void {
    this.close();
    this.#failed = false;
    this.#decoder = new VideoDecoder({
      output: (frame) => {
        draw(this.canvas, frame, frame.displayWidth, frame.displayHeight);
        frame.close();
      },
      error: () => (this.#failed = true),
    });
  }

  close(): void {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
    this.#config = '';
  }
}

class MsePainter implements KeyPainter {
  readonly kind = 'mse';
  #video = document.createElement('video');
  #media = new MediaBuffer(this.#video, () => this.#media.close());
  #count = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.#video.muted = true;
    this.#video.playsInline = true;
  }

  async paint(bytes: Uint8Array, startMs: number): Promise<void> {
    const { init, media } = splitInit(bytes);
    const config = readInit(init);
    if (!config) throw new Unplayable('no H.264 key frame');
    const hash = `${config.codec} ${config.description.join(',')}`;
    await this.#media.prepareWith(hash, `video/mp4; codecs="${config.codec}"`, init, startMs);
    if (this.#media.until(startMs + 1) === null) await this.#media.append(media);
    const v = this.#video;
    const target = this.#media.toMedia(startMs) + 0.002;
    if (Math.abs(v.currentTime - target) > 0.001 || v.readyState < 2) {
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, 1000);
        v.addEventListener('seeked', () => (clearTimeout(timeout), resolve()), { once: true });
        v.currentTime = target;
      });
    }
    if (v.videoWidth) draw(this.canvas, v, v.videoWidth, v.videoHeight);
    if (++this.#count % 40 === 0) this.#media.keep(startMs - 60_000, startMs + 60_000);
  }

  close(): void {
    this.#media.close();
  }
}

export function keyPainter(canvas: HTMLCanvasElement): KeyPainter {
  return 'VideoDecoder' in globalThis ? new WebCodecsPainter(canvas) : new MsePainter(canvas);
}
