import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MediaBuffer } from './media-buffer';

const MIME = 'video/mp4; codecs="avc1.640028"';
const T = Date.UTC(2026, 10, 26, 12);
let told: string[];

/** Tells what is done to it; every operation is done at once. */
class FakeBuffer extends EventTarget {
  updating = false;
  buffered = { length: 0 };
  set timestampOffset(s: number) {
    told.push(s < 0 ? 'offset' : `offset ${s}`);
  }
  appendBuffer(bytes: Uint8Array): void {
    told.push(`append ${new TextDecoder().decode(bytes)}`);
    this.dispatchEvent(new Event('updateend'));
  }
  abort(): void {
    told.push('abort');
  }
}

class ChangingBuffer extends FakeBuffer {
  changeType(mime: string): void {
    told.push(`type ${mime}`);
  }
}

let Buffer = FakeBuffer;

class FakeSource extends EventTarget {
  static isTypeSupported = (): boolean => true;
  readyState = 'open';
  duration = 0;
  constructor() {
    super();
    queueMicrotask(() => this.dispatchEvent(new Event('sourceopen')));
  }
  addSourceBuffer(): FakeBuffer {
    told.push('source');
    return new Buffer();
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const video = { removeAttribute: () => {}, load: () => {} } as unknown as HTMLVideoElement;

beforeEach(() => {
  told = [];
  Buffer = ChangingBuffer;
  vi.stubGlobal('window', { MediaSource: FakeSource });
  vi.stubGlobal('URL', { createObjectURL: () => 'blob:', revokeObjectURL: () => {} });
});
afterEach(() => vi.unstubAllGlobals());

test('what goes on in time is appended as it comes', async () => {
  const media = new MediaBuffer(video, () => {});
  for (const [n, at] of [T, T + 2000, T + 60_000].entries()) {
    await media.prepareWith('a', MIME, bytes('init'), at);
    await media.append(bytes(`${n}`));
  }
  expect(told).toEqual(['source', 'offset', 'append init', 'append 0', 'append 1', 'append 2']);
});

test('media from before the last is parsed anew, in the same source', async () => {
  const media = new MediaBuffer(video, () => {});
  await media.prepareWith('a', MIME, bytes('init'), T);
  await media.append(bytes('now'));
  told = [];
  await media.prepareWith('a', MIME, bytes('init'), T - 30_000);
  await media.append(bytes('before'));
  await media.prepareWith('a', MIME, bytes('init'), T - 28_000);
  await media.append(bytes('on'));
  expect(told).toEqual(['abort', 'append init', 'append before', 'append on']);
});

test('other parameters bring their own init segment, another codec its type', async () => {
  const media = new MediaBuffer(video, () => {});
  await media.prepareWith('a', MIME, bytes('a'), T);
  told = [];
  await media.prepareWith('b', MIME, bytes('b'), T + 1000);
  await media.prepareWith('c', 'video/mp4; codecs="hvc1.1"', bytes('c'), T + 2000);
  expect(told).toEqual(['append b', 'type video/mp4; codecs="hvc1.1"', 'append c']);
});

test('where the type cannot be changed another codec gets another source', async () => {
  Buffer = FakeBuffer;
  const media = new MediaBuffer(video, () => {});
  expect(media.takes(MIME)).toBe(true);
  await media.prepareWith('a', MIME, bytes('a'), T);
  expect(media.takes(MIME)).toBe(true);
  expect(media.takes('video/mp4; codecs="hvc1.1"')).toBe(false);
  told = [];
  await media.prepareWith('b', 'video/mp4; codecs="hvc1.1"', bytes('b'), T + 1000);
  expect(told).toEqual(['source', 'offset', 'append b']);
});
