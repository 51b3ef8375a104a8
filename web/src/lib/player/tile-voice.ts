/**
 * One tile of several that play together: its player as a voice of the choir, and key frames painted over it while the
 * timeline is dragged or time runs faster than video can.
 */
import type { Camera, RenditionId } from '../api/types';
import type { Voice } from './choir';
import { keyPainter } from './key-painter';
import { canPlay, codecName } from './mse';
import { PlaybackPlayer } from './playback';
import type { PlaybackSnapshot, PlaybackState } from './playback-types';
import type { Gap } from './playlist';
import { Scrubber } from './scrub';

export interface TileVoiceOptions {
  camera: Camera;
  video: HTMLVideoElement;
  canvas: HTMLCanvasElement;
  now(): number;
  gapAround(t: number): Promise<Gap | null>;
  holeAt(t: number): Gap | null;
  /** The key frame on the canvas stands for the moment, or does not any more. */
  painted(yes: boolean): void;
}

export class TileVoice implements Voice {
  readonly camera: Camera;
  /** Codec of the main stream, when this machine cannot play it. */
  readonly unplayable: string | null;
  #o: TileVoiceOptions;
  #player: PlaybackPlayer;
  #scrubber: Scrubber | null = null;
  #hasSub: boolean;
  #keys = false;
  #seeks = 0;
  #seeking = false;

  constructor(o: TileVoiceOptions) {
    this.#o = o;
    this.camera = o.camera;
    const main = o.camera.renditions.find((r) => r.id === 'main');
    this.#hasSub = o.camera.renditions.some((r) => r.id === 'sub');
    this.unplayable = main?.codec && !canPlay(`video/mp4; codecs="${main.codec}"`) ? codecName(main.codec) : null;
    this.#player = new PlaybackPlayer({
      video: o.video,
      camera: o.camera.id,
      rendition: this.#hasSub ? 'sub' : 'main',
      now: o.now,
      gapAround: o.gapAround,
      changed: () => {},
      fps: () => 15,
      staysInGaps: true,
    });
  }

  stop(): void {
    this.#player.stop();
    this.#scrubber?.stop();
  }

  get state(): PlaybackState {
    return this.#player.s.state;
  }

  get at(): number {
    return this.#player.at;
  }

  get waiting(): boolean {
    return this.#player.s.waiting;
  }

  get gap(): Gap | null {
    return this.#player.s.gap;
  }

  get error(): PlaybackSnapshot['error'] {
    return this.#player.s.error;
  }

  get rendition(): RenditionId {
    return this.#player.s.rendition;
  }

  holeAt(t: number): Gap | null {
    return this.#o.holeAt(t);
  }

  seek(t: number): void {
    const mine = ++this.#seeks;
    this.#seeking = true;
    void this.#player.seek(t, false).then(() => {
      if (mine !== this.#seeks) return;
      this.#seeking = false;
      this.#uncover();
    });
  }

  play(): void {
    this.#player.play();
  }

  pause(): void {
    this.#player.pause();
  }

  pace(speed: number): void {
    this.#player.pace(speed);
  }

  /** How much to fetch ahead goes by it. */
  setRate(rate: number): void {
    this.#player.setRate(rate);
  }

  /** The picture becomes sharper or lighter; true when it has to be fetched anew. */
  setSharp(sharp: boolean): boolean {
    const next = !this.#hasSub || (sharp && !this.unplayable) ? 'main' : 'sub';
    if (next === this.rendition) return false;
    this.#player.setRendition(next);
    return true;
  }

  /** The key frame of `t` on top of the video, or none any more. */
  key(t: number | null): void {
    if (t === null) {
      this.#keys = false;
      this.#scrubber?.cancel();
      return this.#uncover();
    }
    this.#keys = true;
    const scrubber = this.#ensureScrubber();
    if (this.#o.holeAt(t)) {
      scrubber.cancel();
      this.#o.painted(false);
    } else scrubber.request(t);
  }

  /** Once the real picture has arrived the key frame on top has done its work. */
  #uncover(): void {
    if (!this.#seeking && !this.#keys) this.#o.painted(false);
  }

  #ensureScrubber(): Scrubber {
    const rendition = this.camera.renditions.find((r) => r.id === 'sub') ?? this.camera.renditions[0];
    this.#scrubber ??= new Scrubber({
      camera: this.camera.id,
      rendition: rendition?.id ?? 'main',
      gopMs: rendition?.gop_ms ?? 1000,
      painter: keyPainter(this.#o.canvas),
      painted: () => this.#keys && this.#o.painted(true),
      missing: () => this.#keys && this.#o.painted(false),
    });
    return this.#scrubber;
  }
}
