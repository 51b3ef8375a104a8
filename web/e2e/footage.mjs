// What is recorded while the journeys run, as far as they need some of a certain kind.
import { api } from './browser.mjs';
import { fault } from './recorder.mjs';

/**
 * A gap with some seconds of footage on both sides; made by a camera that goes away and comes back, unless a journey before has
 * made one of late.
 */
export async function gapInFootage(page, slug) {
  const { id } = await api(page, `cameras/${slug}`);
  const since = Date.now() - 240_000;
  for (let made = false; ; made = true) {
    const now = Date.now();
    const t = await api(page, `timeline?cameras=${id}&from=${new Date(since).toISOString()}&to=${new Date(now).toISOString()}&rendition=main`); // prettier-ignore
    const { spans, gaps } = t.cameras[0];
    const gap = gaps.findLast((g) => Date.parse(g.to) < now - 6000 && Date.parse(g.to) - Date.parse(g.from) > 1000);
    const [before, last] = gap ? [spans.findLast((s) => s.to <= gap.from), spans.at(-1)] : [];
    if (
      before &&
      Date.parse(gap.from) - Date.parse(before.from) > 5000 &&
      Date.parse(last.to) - Date.parse(gap.to) > 5000
    )
      return { from: Date.parse(gap.from), to: Date.parse(gap.to) };
    if (!made) await fault(slug, 'restart', { s: 3 });
    await page.waitForTimeout(500);
  }
}
