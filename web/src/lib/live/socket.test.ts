import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from './clock';
import { LiveSocket } from './socket';

class Line {
  static all: Line[] = [];
  static readonly OPEN = 1;
  readyState = 0;
  said: string[] = [];
  onopen = (): void => {};
  onclose = (_e: { code: number }): void => {};
  onmessage = (_e: { data: string }): void => {};

  constructor() {
    Line.all.push(this);
  }
  send(text: string): void {
    this.said.push((JSON.parse(text) as { op: string }).op);
  }
  close(): void {
    this.readyState = 3;
  }
  open(): void {
    this.readyState = 1;
    this.onopen();
  }
}

const last = (): Line => Line.all.at(-1)!;
const page = Object.assign(new EventTarget(), { hidden: false });
const world = new EventTarget();
let socket: LiveSocket;

function hide(hidden: boolean): void {
  page.hidden = hidden;
  page.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  vi.useFakeTimers();
  Line.all = [];
  page.hidden = false;
  vi.stubGlobal('WebSocket', Line);
  vi.stubGlobal('document', page);
  vi.stubGlobal('addEventListener', world.addEventListener.bind(world));
  vi.stubGlobal('removeEventListener', world.removeEventListener.bind(world));
  socket = new LiveSocket('ws://recorder/live', new ServerClock());
  socket.start();
});
afterEach(() => {
  socket.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a hidden page', () => {
  it('pauses, and after a sign-out in between begins without a pause', () => {
    last().open();
    hide(true);
    vi.advanceTimersByTime(3001);
    expect(last().said).toEqual(['pause']);
    socket.stop();
    hide(false);
    socket.start();
    last().open();
    expect(last().said).toEqual([]);
  });
  it('pauses also when it was hidden before it began', () => {
    socket.stop();
    page.hidden = true;
    socket.start();
    last().open();
    vi.advanceTimersByTime(3001);
    expect(last().said).toEqual(['pause']);
  });
});

describe('"connect now" and the network coming back', () => {
  it.each([
    ['connect now', () => socket.retryNow()],
    ['online', () => world.dispatchEvent(new Event('online'))],
  ])('%s replaces an attempt that hangs, not one that has just begun', (_name, now) => {
    now();
    expect(Line.all.length).toBe(1);
    vi.advanceTimersByTime(3001);
    now();
    expect(Line.all.length).toBe(2);
    expect(Line.all[0]!.readyState).toBe(3);
  });
  it('replaces a line that has gone quiet, not one that talks', () => {
    last().open();
    vi.advanceTimersByTime(11_000);
    last().onmessage({ data: '{"ev":"time","now":"2026-11-22T10:00:00Z"}' });
    vi.advanceTimersByTime(11_000);
    socket.retryNow();
    expect(Line.all.length).toBe(1);
    vi.advanceTimersByTime(1001);
    socket.retryNow();
    expect(Line.all.length).toBe(2);
  });
});

describe('the end of the session', () => {
  it('is told apart from a lost line', () => {
    const ended = vi.fn();
    socket.onSessionEnd = ended;
    last().open();
    last().onclose({ code: 1006 });
    expect(ended).not.toHaveBeenCalled();
    socket.retryNow();
    last().open();
    last().onclose({ code: 1008 });
    expect(ended).toHaveBeenCalledOnce();
  });
});
