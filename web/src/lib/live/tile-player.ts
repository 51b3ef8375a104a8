/**
 * One live picture: a channel of the socket played by MSE in one video element. Owns its buffer, its catching up, its
 * recovery and its truth; whatever happens here stays here.
 */
import type { CameraState, RenditionId, StateReason } from '../api/types';
import { AppendQueue } from '../player/append-queue';
import { attach, canPlay, detach, isSafari, rangesOf } from '../player/mse';
import { readFragment } from '../player/mp4';
import { backoffMs } from './backoff';
import { CaptureMap } from './capture-map';
import type { ServerClock } from './clock';
import { followEdge } from './edge';
import { FrameHold } from './frame-hold';
import { Intake, type Piece } from './intake';
import type { Channel, LiveSocket } from './socket';
import { dotFor, tileState, type Dot, type TileState } from './truth';
import type { MediaMessage, ServerEvent } from './wire';

export interface LiveSnapshot {
  state: TileState;
  dot: Dot;
  /** Age of the last presented frame; null before the first. */
  ageMs: number | null;
  /** Age when it was presented: the latency of the live view. */
  latencyMs: number | null;
  firstFrameMs: number | null;
  /** `performance.now()` of the first frame: milliseconds since the page was opened. */
  firstFrameAt: number | null;
  lastFrameAt: number | null;
  rendition: RenditionId;
  mime: string | null;
  problem: 'unplayable' | 'blocked' | 'no_mse' | 'not_found' | null;
  camera: { state: CameraState; reason: StateReason | null; since: string | null } | null;
  frames: number;
  rebuilds: number;
  drops: number;
}

export interface LiveOptions {
  video: HTMLVideoElement;
  socket: LiveSocket;
  clock: ServerClock;
  camera: string;
  rendition: RenditionId;
  /** Also the camera's sound: only after a tap, or the browser plays nothing. */
  sound?: boolean;
  changed(s: LiveSnapshot): void;
  /** The last picture is about to go: a chance to keep a still of it. */
  beforeTeardown?(): void;
}

const TARGET_S = 0.3;
const KEEP_BEHIND_S = 8;
const STALL_NUDGE_MS = 3000;
const STALL_REBUILD_MS = 7000;
/** Without a word for so long the channel is asked for again: it may have ended with a change of the camera. */
const ASK_AGAIN_MS = 15_000;
/** The same for what cannot be played: the camera may have been set to something else. */
const ASK_UNPLAYABLE_MS = 30_000;

export class LivePlayer {
  readonly stats: LiveSnapshot;
  #o: LiveOptions;
  #channel: Channel | null = null;
  #source: MediaSource | null = null;
  #queue: AppendQueue | null = null;
  #buffer: SourceBuffer | null = null;
  #opening = false;
  #mime: string | null = null;
  #intake = new Intake();
  /** What came while the buffer was being opened. */
  #early: Piece[] = [];
  #origin: number | null = null;
  /** Media times of the key frames in the buffer. */
  #keys: number[] = [];
  #hold = new FrameHold((b) => this.#queue?.append(b));
  #captures = new CaptureMap();
  #started = performance.now();
  #settling = true;
  #lastData = 0;
  /** When data began to come after the last pause. */
  #dataSince = 0;
  #lastFrame = 0;
  #asked = 0;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #callback = 0;
  #stopped = false;
  #canRate = !isSafari();

  constructor(options: LiveOptions) {
    this.#o = options;
    this.stats = {
      state: 'connecting',
      dot: 'red',
      ageMs: null,
      latencyMs: null,
      firstFrameMs: null,
      firstFrameAt: null,
      lastFrameAt: null,
      rendition: options.rendition,
      mime: null,
      problem: null,
      camera: null,
      frames: 0,
      rebuilds: 0,
      drops: 0,
    };
    const v = options.video;
    v.muted = !options.sound;
    v.playsInline = true;
    v.addEventListener('error', this.#failed);
    this.#subscribe();
    this.#watchFrames();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#channel?.close();
    this.#o.video.removeEventListener('error', this.#failed);
    if ('cancelVideoFrameCallback' in this.#o.video) this.#o.video.cancelVideoFrameCallback(this.#callback);
    this.#teardown();
  }

  /** Called by the shared ticker, four times a second. */
  tick(): void {
    const s = this.stats;
    const now = performance.now();
    if (!('requestVideoFrameCallback' in this.#o.video)) this.#framesByClock();
    s.ageMs = s.lastFrameAt === null ? null : Math.max(0, this.#o.clock.now() - s.lastFrameAt);
    const away = s.camera !== null && s.camera.state !== 'live' && s.camera.state !== 'connecting';
    s.state = tileState(s.ageMs, away, now - this.#started);
    s.dot = dotFor(s.ageMs);
    this.#follow();
    // Data comes in, the page is visible, but no picture moves: first a nudge, then a new start.
    if (this.#queue && !document.hidden && now - this.#lastData < 1000 && this.#lastFrame) {
      const still = now - Math.max(this.#lastFrame, this.#dataSince);
      if (still > STALL_REBUILD_MS) this.#failed();
      else if (still > STALL_NUDGE_MS) this.#jump();
    }
    const patience = s.problem === 'unplayable' ? ASK_UNPLAYABLE_MS : ASK_AGAIN_MS;
    if (now - Math.max(this.#lastData, this.#asked) > patience && !document.hidden) this.#subscribe();
    this.#o.changed(s);
  }

  /** A tap on the tile allows what the browser's autoplay rule forbade. */
  play(): void {
    this.#o.video.play().then(
      () => {
        if (this.stats.problem === 'blocked') this.stats.problem = null;
      },
      (e: unknown) => {
        if (e instanceof DOMException && e.name === 'NotAllowedError') this.stats.problem = 'blocked';
      },
    );
  }

  #subscribe(): void {
    this.#channel?.close();
    this.#intake = new Intake();
    this.#asked = performance.now();
    const handlers = {
      event: (e: ServerEvent) => this.#event(e),
      media: (m: MediaMessage) => this.#media(m),
      reset: () => {
        this.#hold.drop();
        this.#intake.restart();
      },
    };
    this.#channel = this.#o.socket.subscribe(this.#o.camera, this.stats.rendition, handlers, this.#o.sound);
  }

  #event(e: ServerEvent): void {
    const s = this.stats;
    if (e.ev === 'open') {
      if (!canPlay(e.mime)) {
        // Whoever owns this tile shows the sentence and goes on with the sub stream.
        s.problem = 'unplayable';
        s.mime = e.mime;
        this.#channel?.close();
      } else {
        if (s.problem !== 'blocked') s.problem = null;
        s.mime = e.mime;
        s.rendition = e.rendition;
        s.camera = { state: 'live', reason: null, since: null };
      }
    } else if (e.ev === 'state') s.camera = { state: e.state, reason: e.reason, since: e.since };
    else if (e.ev === 'drop') s.drops += e.frames;
    else if (e.ev === 'error') {
      if (e.code === 'not_found') s.problem = 'not_found';
      else if (e.code === 'codec_unplayable' || e.code === 'codec_unsupported') s.problem = 'unplayable';
    }
    this.#o.changed(s);
  }

  #media(m: MediaMessage): void {
    if (this.#stopped || this.stats.problem === 'unplayable') return;
    const now = performance.now();
    if (now - this.#lastData > 1000) this.#dataSince = now;
    this.#lastData = now;
    const piece = this.#intake.take(m);
    if (!piece) return;
    if (this.#queue && !this.#opening) return this.#append(piece);
    this.#early.push(piece);
    if (!this.#opening) void this.#open(m);
  }

  async #open(first: MediaMessage): Promise<void> {
    this.#opening = true;
    const info = readFragment(first.bytes);
    this.#origin = Math.floor((info?.time ?? 0) / 90_000) - 1;
    try {
      const source = await attach(this.#o.video);
      if (this.#stopped) return;
      const mime = this.stats.mime ?? 'video/mp4; codecs="avc1.640028"';
      const buffer = source.addSourceBuffer(mime);
      this.#source = source;
      this.#buffer = buffer;
      this.#mime = mime;
      this.#queue = new AppendQueue(buffer, {
        failed: () => this.#failed(),
        full: () => this.#trim(1, true),
        done: () => this.#follow(),
      });
      this.#queue.offset(-this.#origin);
      this.#settling = true;
    } catch {
      this.#failed();
      return;
    } finally {
      this.#opening = false;
    }
    const early = this.#early;
    this.#early = [];
    for (const piece of early) this.#append(piece);
    this.play();
  }

  #append({ media, init }: Piece): void {
    const queue = this.#queue!;
    if (init) {
      this.#hold.flush();
      if (this.stats.mime && this.stats.mime !== this.#mime) {
        this.#mime = this.stats.mime;
        queue.changeType(this.#mime);
      }
      queue.append(init);
    }
    const info = readFragment(media.bytes);
    if (info) {
      const at = info.time / 90_000 - this.#origin!;
      this.#captures.add(at, media.captureMs);
      if (media.kind === 'key') this.#keys.push(at);
    }
    this.#hold.push(media.bytes, info);
  }

  #follow(): void {
    const v = this.#o.video;
    if (!this.#buffer || !this.#source || this.#source.readyState !== 'open' || v.readyState === 0) return;
    const ranges = rangesOf(this.#buffer.buffered);
    const settling = this.#settling;
    const { seek, rate } = followEdge({
      at: v.currentTime,
      ranges,
      target: TARGET_S,
      settling,
      canChangeRate: this.#canRate,
    });
    if (seek !== null && !v.seeking) v.currentTime = seek;
    if (v.playbackRate !== rate) v.playbackRate = rate;
    if (v.paused && !document.hidden && this.stats.problem !== 'blocked') this.play();
    this.#trim(KEEP_BEHIND_S);
  }

  #jump(): void {
    const ranges = this.#buffer ? rangesOf(this.#buffer.buffered) : [];
    const last = ranges[ranges.length - 1];
    if (last && !this.#o.video.seeking) this.#o.video.currentTime = Math.max(last[0], last[1] - TARGET_S);
  }

  /** Lets go of whole GOPs: a browser that loses the beginning of one drops the rest of it, also what is yet to be shown. */
  #trim(keep: number, now = false): void {
    const ranges = this.#buffer ? rangesOf(this.#buffer.buffered) : [];
    const start = ranges[0]?.[0];
    const before = this.#o.video.currentTime - keep;
    const to = this.#keys.findLast((at) => at <= before);
    if (start === undefined || to === undefined || to - start < (now ? 0 : keep)) return;
    this.#keys = this.#keys.filter((at) => at >= to);
    if (now) this.#queue?.removeFirst(0, to);
    else this.#queue?.remove(0, to);
  }

  #watchFrames(): void {
    const v = this.#o.video;
    if (!('requestVideoFrameCallback' in v)) return;
    this.#callback = v.requestVideoFrameCallback((_now, frame) => {
      this.#presented(frame.mediaTime);
      if (!this.#stopped) this.#watchFrames();
    });
  }

  /** Where requestVideoFrameCallback is missing, a moving clock stands for moving frames. */
  #framesByClock(): void {
    const v = this.#o.video;
    if (v.readyState >= 2 && !v.seeking) this.#presented(v.currentTime);
  }

  #presented(mediaS: number): void {
    const capture = this.#captures.at(mediaS);
    const s = this.stats;
    if (capture === null || capture === s.lastFrameAt) return;
    const now = performance.now();
    s.frames++;
    this.#lastFrame = now;
    s.lastFrameAt = capture;
    s.latencyMs = Math.round(this.#o.clock.now() - capture);
    if (s.frames === 6) this.#settling = false;
    if (s.frames > 50) this.#attempt = 0;
    if (s.firstFrameMs === null) {
      s.firstFrameMs = Math.round(now - this.#started);
      s.firstFrameAt = Math.round(now);
      this.tick();
    }
  }

  readonly #failed = (): void => {
    if (this.#stopped || (!this.#queue && !this.#opening && !this.#source)) return;
    this.#o.beforeTeardown?.();
    this.#channel?.close();
    this.#channel = null;
    this.#teardown();
    this.stats.rebuilds++;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(
      () => {
        this.#lastFrame = 0;
        this.#subscribe();
      },
      backoffMs(this.#attempt++, Math.random()),
    );
  };

  #teardown(): void {
    this.#hold.drop();
    this.#queue?.close();
    this.#queue = null;
    this.#buffer = null;
    this.#source = null;
    this.#early = [];
    this.#keys = [];
    this.#opening = false;
    this.#captures = new CaptureMap();
    detach(this.#o.video);
  }
}
