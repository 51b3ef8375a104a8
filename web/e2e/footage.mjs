// What is recorded while the journeys run, as far as they need some of a certain kind.
import { api } from './browser.mjs';
import { fault } from './recorder.mjs';

/** A gap with some seconds of footage on both sides; made by a camera that goes away and comes back. */
export async function gapInFootage(page, slug) {
  const { id } = await api(page, `cameras/${slug}`);
  await fault(slug, 'restart', { s: 3 });
  const since = Date.now() - 60_000;
  for (;;) {
    const now = Date.now();
    const t = await api(page, `timeline?cameras=${id}&from=${new Date(since).toISOString()}&to=${new Date(now).toISOString()}&rendition=main`); // prettier-ignore
    const { spans, gaps } = t.cameras[0];
    const gap = gaps.findLast((g) => Date.parse(g.to) < now - 6000 && Date.parse(g.to) - Date.parse(g.from) > 1000);
    const last = spans.at(-1);
    if (gap && last && Date.parse(last.to) - Date.parse(gap.to) > 5000)
      return { from: Date.parse(gap.from), to: Date.parse(gap.to) };
    await page.waitForTimeout(500);
  }
}
