import { describe, expect, it } from 'vitest';
import { EVERYTHING, levelOf, sent, withLevel, withRest } from './sight';

const some = { ...EVERYTHING, reach: { cameras: [], areas: [] } };

describe('what somebody sees', () => {
  it('is one thing for each camera and area', () => {
    let sight = withLevel(some, 'cameras', 'a', 'full');
    sight = withLevel(sight, 'cameras', 'b', 'live');
    sight = withLevel(sight, 'areas', 'Xóm Đông', 'live');
    expect(['a', 'b', 'c'].map((c) => levelOf(sight, 'cameras', c))).toEqual(['full', 'live', 'none']);
    sight = withLevel(sight, 'cameras', 'a', 'live');
    expect(sight.reach?.cameras).toEqual([]);
    expect(sight.live.cameras).toEqual(['b', 'a']);
    sight = withLevel(sight, 'areas', 'Xóm Đông', 'none');
    expect(levelOf(sight, 'areas', 'Xóm Đông')).toBe('none');
    expect(withRest(sight, 'live').live.whole_site).toBe(true);
  });

  it('is sent without what says nothing', () => {
    const sight = withLevel(withLevel(some, 'cameras', 'a', 'full'), 'cameras', 'b', 'live');
    expect(sent(sight, 'guard')).toEqual(sight);
    expect(sent(sight, 'admin')).toEqual(EVERYTHING);
    expect(sent(sight, 'viewer')).toEqual({ reach: { cameras: ['a', 'b'], areas: [] }, live: EVERYTHING.live });
    expect(sent(withRest(sight, 'live'), 'viewer')).toEqual(EVERYTHING);
    expect(sent({ ...sight, reach: null }, 'guard')).toEqual(EVERYTHING);
  });
});
