import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Activity, Detection } from '../api/types';
import { ActivityFeed } from './activity';
import { detectionWords } from './detection';
import { translate } from '../i18n';

class Source {
  static all: Source[] = [];
  readyState = 1;
  closed = false;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  #on = new Map<string, (e: MessageEvent<string>) => void>();
  constructor(readonly url: string) {
    Source.all.push(this);
  }
  addEventListener(name: string, f: (e: MessageEvent<string>) => void): void {
    this.#on.set(name, f);
  }
  close(): void {
    this.closed = true;
  }
  say(name: string, data: unknown): void {
    this.#on.get(name)?.({ data: JSON.stringify(data) } as MessageEvent<string>);
  }
}

const seen = { activity: [] as Activity[], detection: [] as (Detection | null)[], heard: [] as boolean[] };
const feed = (): ActivityFeed =>
  new ActivityFeed(
    '/a',
    {
      activity: (a) => seen.activity.push(a),
      detection: (d) => seen.detection.push(d),
      heard: (h) => seen.heard.push(h),
    },
    (url) => new Source(url) as never,
  );
const DETECTION: Detection = { mode: 'all_pictures', fps: 5, shed: 0, since: '2026-11-22T12:00:00Z', reason: null };

describe('what moves now', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    Source.all = [];
    seen.activity = [];
    seen.detection = [];
    seen.heard = [];
  });
  afterEach(() => void vi.useRealTimers());

  it('is told by kind', () => {
    const f = feed();
    Source.all[0]!.onopen?.();
    Source.all[0]!.say('detection', null);
    Source.all[0]!.say('detection', DETECTION);
    Source.all[0]!.say('activity', { moved: 0.5 });
    expect([seen.heard, seen.detection, seen.activity]).toEqual([[true], [null, DETECTION], [{ moved: 0.5 }]]);
    f.stop();
    expect(Source.all[0]!.closed).toBe(true);
  });
  it('is left to the browser after a broken connection, and asked for again after a refusal', () => {
    const f = feed();
    Source.all[0]!.readyState = 0;
    Source.all[0]!.onerror?.();
    vi.advanceTimersByTime(60_000);
    expect([Source.all.length, seen.heard]).toEqual([1, [false]]);
    Source.all[0]!.readyState = 2;
    Source.all[0]!.onerror?.();
    vi.advanceTimersByTime(500);
    expect(Source.all.length).toBe(2);
    Source.all[1]!.readyState = 2;
    Source.all[1]!.onerror?.();
    f.stop();
    vi.advanceTimersByTime(60_000);
    expect(Source.all.length, 'nobody wants it any more').toBe(2);
  });
});

describe('how detection does', () => {
  const words = (patch: Partial<Detection> | null): string => {
    const { key, params } = detectionWords(patch && { ...DETECTION, ...patch }, 'vi');
    return translate('vi', key, params);
  };
  it('is said in a sentence, and being overloaded before all else', () => {
    expect(words(null)).toBe('Theo dõi chuyển động: chưa bắt đầu.');
    expect(words({ mode: 'off', shed: 1 })).toBe('Theo dõi chuyển động: đang tắt.');
    expect(words({ fps: 4.96 })).toBe('Theo dõi chuyển động: mọi hình, 5 hình/giây.');
    expect(words({ mode: 'key_pictures', fps: 0.5 })).toBe('Theo dõi chuyển động: chỉ khung chính, 0,5 hình/giây.');
    expect(words({ shed: 0.42, fps: 2.9 })).toBe(
      'Theo dõi chuyển động: đầu ghi quá tải, bỏ qua 42 % số hình, còn 2,9 hình/giây.',
    );
    expect(words({ shed: 0.03 })).toBe(words({}));
  });
});
