/**
 * The one WebSocket of the live view. Channels are subscriptions of tiles; frames are handed to their tile and to nobody
 * else. Reconnects by itself, at once when the network or the tab comes back, and subscribes every channel again.
 */
import type { RenditionId } from '../api/types';
import { backoffMs } from './backoff';
import type { ServerClock } from './clock';
import {
  parseEvent,
  parseMedia,
  SUBPROTOCOL,
  type Change,
  type ClientMessage,
  type MediaMessage,
  type ServerEvent,
  type Topic,
} from './wire';

export interface ChannelHandlers {
  event(e: ServerEvent): void;
  media(m: MediaMessage): void;
  /** The socket went away or came back: what follows starts with a new init segment. */
  reset(): void;
}

export interface Channel {
  readonly ch: number;
  close(): void;
}

export type SocketStatus = 'connecting' | 'open' | 'waiting';

/** The recorder sends its time every 10 s: this long without a word means the line is dead. */
const SILENCE_MS = 25_000;
/** When someone or the network says "now", a line this quiet or an attempt this old is not waited for. */
const QUIET_MS = 12_000;
const SLOW_CONNECT_MS = 3000;
const HIDE_AFTER_MS = 3000;
/** WebSocket close code "policy violation": the recorder says so to whoever has to sign in again. */
const SIGN_IN_FIRST = 1008;

interface Subscription {
  /** As it is asked for again on a new connection. */
  wish: { camera: string; rendition: RenditionId; audio?: true };
  handlers: ChannelHandlers;
}

export class LiveSocket {
  status: SocketStatus = 'waiting';
  /** Total of sockets opened in this page's life; tests assert that it is 1. */
  opened = 0;
  bytes = 0;
  onStatus: (s: SocketStatus) => void = () => {};
  onCameras: () => void = () => {};
  onState: (e: ServerEvent & { ev: 'state' }) => void = () => {};
  onChange: (topic: Topic, change: Change) => void = () => {};
  /** Changes are told from here on, but what there is has to be read anew. */
  onAnew: () => void = () => {};
  /** Two failed attempts in a row: perhaps the session ended. */
  onRefused: () => void = () => {};
  /** The recorder has said that the session is over. */
  onSessionEnd: () => void = () => {};

  #socket: WebSocket | null = null;
  #channels = new Map<number, Subscription>();
  #topics: readonly Topic[] = [];
  /** The last change that was told. */
  #told: string | undefined;
  #next = 1;
  #attempt = 0;
  #heard = 0;
  #paused = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #hide: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly url: string,
    private readonly clock: ServerClock,
  ) {}

  start(): void {
    if (this.#watch) return;
    addEventListener('online', this.#now);
    document.addEventListener('visibilitychange', this.#visibility);
    this.#watch = setInterval(() => this.#checkSilence(), 5000);
    this.#connect();
    this.#visibility();
  }

  stop(): void {
    removeEventListener('online', this.#now);
    document.removeEventListener('visibilitychange', this.#visibility);
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    clearTimeout(this.#hide);
    this.#watch = undefined;
    this.#paused = false;
    // Somebody else may sign in: they read anew.
    this.#told = undefined;
    this.#drop();
    this.#set('waiting');
  }

  /** `sound`: also the camera's sound, where it sends some that can be played. */
  subscribe(camera: string, rendition: RenditionId, handlers: ChannelHandlers, sound = false): Channel {
    while (this.#channels.has(this.#next)) this.#next = (this.#next + 1) % 65536;
    const ch = this.#next;
    this.#next = (this.#next + 1) % 65536;
    const wish = { camera, rendition, ...(sound ? { audio: true as const } : {}) };
    this.#channels.set(ch, { wish, handlers });
    this.#send({ op: 'sub', ch, ...wish });
    return {
      ch,
      close: () => {
        if (this.#channels.delete(ch)) this.#send({ op: 'unsub', ch });
      },
    };
  }

  /** Asks to be told what changes; a hidden page is told when it is seen again. */
  follow(topics: readonly Topic[]): void {
    this.#topics = topics;
    this.#follow();
  }

  #follow(): void {
    if (this.#topics.length === 0 || this.#paused) return;
    this.#send({ op: 'topics', topics: this.#topics, ...(this.#told ? { since: this.#told } : {}) });
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** Try now instead of waiting. */
  retryNow(): void {
    this.#now();
  }

  readonly #now = (): void => {
    if (!this.#watch) return;
    const quiet = performance.now() - this.#heard;
    if (this.status === 'open' && quiet <= QUIET_MS) return;
    if (this.status === 'connecting' && quiet <= SLOW_CONNECT_MS) return;
    this.#connect();
  };

  readonly #visibility = (): void => {
    clearTimeout(this.#hide);
    if (document.hidden) {
      this.#hide = setTimeout(() => {
        this.#paused = true;
        this.#send({ op: 'pause' });
        if (this.#topics.length) this.#send({ op: 'topics', topics: [] });
      }, HIDE_AFTER_MS);
      return;
    }
    this.#now();
    if (this.#paused) {
      this.#paused = false;
      this.#send({ op: 'resume' });
      this.#follow();
    }
  };

  #set(status: SocketStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.onStatus(status);
  }

  #send(m: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(m));
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#drop();
    this.#set('connecting');
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#heard = performance.now();
    let welcome = false;
    socket.onopen = () => {
      this.opened++;
      welcome = true;
      this.#attempt = 0;
      this.#set('open');
      for (const [ch, s] of this.#channels) {
        s.handlers.reset();
        this.#send({ op: 'sub', ch, ...s.wish });
      }
      if (this.#paused) this.#send({ op: 'pause' });
      this.#follow();
    };
    socket.onmessage = (e: MessageEvent<string | ArrayBuffer>) => this.#receive(e.data);
    socket.onclose = (e: CloseEvent) => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      if (!welcome && this.#attempt >= 1) this.onRefused();
      this.#set('waiting');
      this.#retry = setTimeout(() => this.#connect(), backoffMs(this.#attempt++, Math.random()));
      if (e.code === SIGN_IN_FIRST) this.onSessionEnd();
    };
  }

  #receive(data: string | ArrayBuffer): void {
    this.#heard = performance.now();
    if (typeof data !== 'string') {
      this.bytes += data.byteLength;
      const m = parseMedia(data);
      if (m) this.#channels.get(m.ch)?.handlers.media(m);
      return;
    }
    const e = parseEvent(data);
    if (!e) return;
    if (e.ev === 'hello' || e.ev === 'time') this.clock.learn(Date.parse(e.now));
    else if (e.ev === 'cameras') this.onCameras();
    else if (e.ev === 'change') {
      this.#told = e.id;
      this.onChange(e.topic, e.data);
    } else if (e.ev === 'topics' || e.ev === 'resync') {
      this.#told = e.id;
      this.onAnew();
    } else {
      if (e.ev === 'state') this.onState(e);
      if (e.ch !== null) this.#channels.get(e.ch)?.handlers.event(e);
    }
  }

  #checkSilence(): void {
    if (this.#socket && !this.#paused && performance.now() - this.#heard > SILENCE_MS) this.#connect();
  }

  #drop(): void {
    const old = this.#socket;
    this.#socket = null;
    old?.close();
  }
}
