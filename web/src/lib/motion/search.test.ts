import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/client';
import { motionApi } from '../api/motion';
import type { MotionHits, MotionSearch } from '../api/types';
import { periodOf } from './periods';
import { RegionSearch, type SearchView } from './search';

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY = 86_400_000;
const HCM = 'Asia/Ho_Chi_Minh';
const iso = (ms: number): string => new Date(ms).toISOString();
const status = (patch: Partial<MotionSearch> = {}): MotionSearch => ({ id: 's', camera: 'x', state: 'running', progress: 0, scanned_until: iso(NOW), hits: 0, truncated: false, data_since: iso(NOW - 9 * DAY), observed_s: 1000, ...patch }); // prettier-ignore
const hit = (t: number) => ({ from: iso(t), to: iso(t + 2000), best_at: iso(t + 1000), strength: 0.4 });
const answer = (hits: number[], until: number, cursor: string | null): MotionHits => ({ items: hits.map(hit), state: cursor ? 'running' : 'done', scanned_until: iso(until), next_cursor: cursor }); // prettier-ignore
const WANTED = { camera: 'x', from: NOW - DAY, to: NOW, polygon: [[0, 0], [1, 0], [1, 1]] as const, minStrength: 0 }; // prettier-ignore

describe('a search', () => {
  let ended: string[];
  beforeEach(() => {
    ended = [];
    vi.spyOn(motionApi, 'endSearch').mockImplementation(async (id) => void ended.push(id));
    vi.spyOn(motionApi, 'search').mockResolvedValue(status({ state: 'done', observed_s: 5000 }));
  });
  afterEach(() => void vi.restoreAllMocks());

  const until = (over: (v: SearchView) => boolean): Promise<SearchView & { counts: number[]; search: RegionSearch }> =>
    new Promise((resolve) => {
      const counts: number[] = [];
      const search = new RegionSearch(WANTED, (v) => {
        counts.push(v.hits.length);
        if (over(v)) resolve({ ...v, counts, search });
      });
    });

  it('shows hits as they are found, until all has been looked at', async () => {
    vi.spyOn(motionApi, 'beginSearch').mockResolvedValue(status());
    const hits = vi.spyOn(motionApi, 'hits');
    hits.mockResolvedValueOnce(answer([NOW - 1000, NOW - 9000], NOW - DAY / 2, '2'));
    hits.mockResolvedValueOnce(answer([], NOW - DAY / 3, '2'));
    hits.mockResolvedValueOnce(answer([NOW - DAY + 5], NOW - DAY, null));
    const v = await until((v) => v.state === 'done');
    expect(v.counts).toEqual([0, 2, 2, 3, 3]);
    expect(hits.mock.calls.map((c) => c[1])).toEqual([undefined, '2', '2']);
    expect([v.scannedUntil, v.dataSince, v.observedS]).toEqual([NOW - DAY, NOW - 9 * DAY, 5000]);
    expect(v.hits[0]).toEqual({ from: NOW - 1000, to: NOW + 1000, best: NOW, strength: 0.4 });
  });

  it('canceled: asks no more, tells the recorder, keeps what was found, and says nothing later', async () => {
    vi.spyOn(motionApi, 'beginSearch').mockResolvedValue(status());
    const hits = vi.spyOn(motionApi, 'hits');
    hits.mockResolvedValueOnce(answer([NOW - 1000], NOW - DAY / 2, '1'));
    let later!: (a: MotionHits) => void;
    hits.mockReturnValueOnce(new Promise((resolve) => (later = resolve)));
    let last!: SearchView;
    const search = new RegionSearch(WANTED, (v) => (last = v));
    await vi.waitUntil(() => last?.hits.length === 1 && hits.mock.calls.length === 2);
    search.cancel();
    later(answer([NOW - 5000], NOW - DAY, null));
    await Promise.resolve();
    expect([last.state, last.hits.length, last.error]).toEqual(['canceled', 1, null]);
    expect(ended).toEqual(['s']);
    expect(hits.mock.calls[1]![2].aborted).toBe(true);
  });

  it('what is stopped before it has begun is ended when it has', async () => {
    let begin!: (s: MotionSearch) => void;
    vi.spyOn(motionApi, 'beginSearch').mockReturnValue(new Promise((resolve) => (begin = resolve)));
    const told: SearchView[] = [];
    const search = new RegionSearch(WANTED, (v) => told.push(v));
    search.stop();
    begin(status());
    await vi.waitUntil(() => ended.length > 0);
    expect([told, ended]).toEqual([[], ['s']]);
  });

  it('says why when it cannot be begun, and when the recorder fails in the midst of it', async () => {
    const begin = vi.spyOn(motionApi, 'beginSearch').mockRejectedValueOnce(new ApiError('too_many', 429));
    const refused = await until((v) => v.state === 'failed');
    expect((refused.error as ApiError).code).toBe('too_many');
    begin.mockResolvedValue(status());
    vi.spyOn(motionApi, 'hits').mockResolvedValue({ ...answer([NOW - 1], NOW - 5, null), state: 'failed' });
    const failed = await until((v) => v.state === 'failed');
    expect([failed.hits.length, (failed.error as ApiError).code]).toEqual([1, 'internal']);
  });
});

describe('periods', () => {
  it('end now, or are the day of the moment that one comes from', () => {
    expect(periodOf('day', NOW - 1000, NOW, HCM)).toEqual({ from: NOW - DAY, to: NOW });
    // 19:00 in the village is the 22nd; three days before it is the 19th from midnight to midnight.
    const { from, to } = periodOf('day', NOW - 3 * DAY, NOW, HCM);
    expect([iso(from), iso(to)]).toEqual(['2026-11-18T17:00:00.000Z', '2026-11-19T17:00:00.000Z']);
    expect(periodOf('week', NOW - 3 * DAY, NOW, HCM)).toEqual({ from: NOW - 7 * DAY, to: NOW });
  });
});
