import { describe, expect, it } from 'vitest';
import { meet, planOf, samePlan } from './meet';
import { PRESETS } from './week';

const night = planOf({ week: PRESETS.night });
const always = planOf({ week: PRESETS.always, special: [] });
const tet = { ...night, special: [{ date: '2027-02-06', halves: '1'.repeat(48) }] };

describe('a week that two people change', () => {
  it('goes on where the other has left the week as it was, such as for a hand over it', () => {
    expect(meet(night, always, { ...night })).toBe('go on');
    expect(meet(night, night, night)).toBe('go on');
  });
  it('is theirs where nothing was changed here, or the same', () => {
    expect(meet(night, night, tet)).toBe('take theirs');
    expect(meet(night, always, { ...always })).toBe('take theirs');
  });
  it('is not written over theirs', () => {
    expect(meet(night, always, tet)).toBe('clash');
    expect(meet(tet, night, always)).toBe('clash');
  });
  it('is the same by what it says', () => {
    const [day] = tet.special;
    expect(samePlan(tet, { ...tet, special: [{ halves: day!.halves, date: day!.date }] })).toBe(true);
    expect(samePlan(tet, night)).toBe(false);
  });
});
