import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from './clock';
import { LiveSocket } from './socket';

class Line {
  static all: Line[] = [];
  static readonly OPEN = 1;
  readyState = 0;
  said: string[] = [];
  asked: { op: string }[] = [];
  onopen = (): void => {};
  onclose = (_e: { code: number }): void => {};
  onmessage = (_e: { data: string }): void => {};

  constructor() {
    Line.all.push(this);
  }
  send(text: string): void {
    const request = JSON.parse(text) as { op: string };
    this.said.push(request.op);
    this.asked.push(request);
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

describe('changes', () => {
  it('are asked for at each beginning, and go on after the last that was told', () => {
    const [anew, changed] = [vi.fn(), vi.fn()];
    Object.assign(socket, { onAnew: anew, onChange: changed });
    socket.follow(['events']);
    last().open();
    expect(last().asked).toEqual([{ op: 'topics', topics: ['events'] }]);
    last().onmessage({ data: '{"ev":"topics","id":"a.1"}' });
    expect(anew).toHaveBeenCalledOnce();
    last().onmessage({ data: '{"ev":"change","id":"a.2","topic":"events","data":{"what":"event","id":"7"}}' });
    expect(changed).toHaveBeenCalledWith('events', { what: 'event', id: '7' });
    last().onclose({ code: 1006 });
    socket.retryNow();
    last().open();
    expect(last().asked).toEqual([{ op: 'topics', topics: ['events'], since: 'a.2' }]);
    last().onmessage({ data: '{"ev":"resync","id":"b.0"}' });
    expect(anew).toHaveBeenCalledTimes(2);
  });
  it('are not told to a hidden page, and after a sign-out not gone on with', () => {
    socket.follow(['events']);
    last().open();
    last().onmessage({ data: '{"ev":"topics","id":"a.1"}' });
    hide(true);
    vi.advanceTimersByTime(3001);
    expect(last().asked.at(-1)).toEqual({ op: 'topics', topics: [] });
    hide(false);
    expect(last().asked.at(-1)).toEqual({ op: 'topics', topics: ['events'], since: 'a.1' });
    socket.stop();
    socket.start();
    last().open();
    expect(last().asked).toEqual([{ op: 'topics', topics: ['events'] }]);
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
