import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ServerClock } from './clock';
import type { ChannelHandlers, LiveSocket } from './socket';
import { LivePlayer } from './tile-player';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { hidden: false });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('asks again for what cannot be played, but rarely', () => {
  const asked: ChannelHandlers[] = [];
  const socket = {
    subscribe: (_camera: string, _rendition: string, handlers: ChannelHandlers) => {
      asked.push(handlers);
      return { ch: asked.length, close: () => {} };
    },
  };
  const player = new LivePlayer({
    video: new EventTarget() as HTMLVideoElement,
    socket: socket as unknown as LiveSocket,
    clock: new ServerClock(),
    camera: 'x',
    rendition: 'main',
    changed: () => {},
  });
  const refuse = (): void =>
    asked.at(-1)!.event({ ev: 'error', ch: asked.length, code: 'codec_unplayable', message: '' });
  refuse();
  expect(player.stats.problem).toBe('unplayable');
  const after = (ms: number): number => {
    vi.advanceTimersByTime(ms);
    player.tick();
    return asked.length;
  };
  expect(after(29_000)).toBe(1);
  expect(after(1001)).toBe(2);
  refuse();
  expect(after(250)).toBe(2);
  expect(after(29_751)).toBe(3);
});
