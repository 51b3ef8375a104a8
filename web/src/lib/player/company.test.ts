import { expect, it } from 'vitest';
import { areas, company, invited, MOST } from './company';

const cameras = Array.from({ length: 12 }, (_, i) => ({ slug: `n${i + 1}`, area: i % 5 === 1 ? 'Chợ' : i === 3 ? 'Đình' : '' })); // prettier-ignore

it('takes from an address what there is, each once, nine at most', () => {
  const slugs = (s: string[]): string[] => invited(s, cameras).map((c) => c.slug);
  expect(slugs(['n3', 'gone', 'n1', 'n3'])).toEqual(['n3', 'n1']);
  expect(slugs(cameras.map((c) => c.slug))).toHaveLength(MOST);
  expect(slugs([])).toEqual([]);
});

it('puts a camera together with those of its area, then with those that follow', () => {
  expect(company('n7', cameras)).toEqual(['n7', 'n12', 'n2', 'n8']);
  expect(company('n11', cameras)).toEqual(['n11', 'n12', 'n1', 'n2']);
  expect(company(null, cameras)).toEqual(['n1', 'n2', 'n3', 'n4']);
  expect(company('gone', [])).toEqual([]);
});

it('offers areas of two cameras or more', () => {
  expect(areas(cameras)).toEqual([{ area: 'Chợ', slugs: ['n2', 'n7', 'n12'] }]);
});
