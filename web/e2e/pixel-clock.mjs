// The true time of what is on the screen: each frame of the simulated cameras carries when it was sent (scripts/fleet/marks.py),
// in data that decoders skip. So the recording is read for when each of its frames was sent, and the browser is asked which
// frame it shows.

const MARK = /lanewatch-fleet:[\w./-]{1,64};FN=\d{10};TN=(\d{20});/g;
const TICKS_PER_MS = 90;

function* boxes(bytes, from = 0, to = bytes.length) {
  for (let at = from; at + 8 <= to; at += bytes.readUInt32BE(at)) {
    yield { type: bytes.toString('latin1', at + 4, at + 8), from: at + 8, to: at + bytes.readUInt32BE(at) };
  }
}
const box = (bytes, type, within = { from: 0, to: bytes.length }) =>
  [...boxes(bytes, within.from, within.to)].find((b) => b.type === type);

/** How long each frame of the first track of a fragment lasts, in ticks. */
function durations(bytes) {
  const traf = box(bytes, 'traf', box(bytes, 'moof'));
  const tfhd = box(bytes, 'tfhd', traf);
  const trun = box(bytes, 'trun', traf);
  const headFlags = bytes.readUInt32BE(tfhd.from) & 0xffffff;
  // After the track's number: where its data begin and its description, where they are told; then the usual duration.
  const usual = tfhd.from + 8 + (headFlags & 1 ? 8 : 0) + (headFlags & 2 ? 4 : 0);
  const flags = bytes.readUInt32BE(trun.from) & 0xffffff;
  const size = 4 * [0x100, 0x200, 0x400, 0x800].filter((f) => flags & f).length;
  const first = trun.from + 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
  return Array.from({ length: bytes.readUInt32BE(trun.from + 4) }, (_, i) =>
    flags & 0x100 ? bytes.readUInt32BE(first + i * size) : bytes.readUInt32BE(usual),
  );
}

/** Frames of a recording between two instants: `at` on the recorder's clock, `sent` on the camera's; epoch ms. */
export async function framesOf(page, camera, rendition, from, to) {
  const get = async (url, headers = {}) => {
    const answer = await page.request.get(new URL(url, page.url()).href, { headers });
    if (!answer.ok()) throw new Error(`${url}: ${answer.status()}`);
    return answer;
  };
  const query = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString(), rendition, limit: '60' }); // prettier-ignore
  const list = await (await get(`/api/v1/cameras/${camera}/segments?${query}`)).json();
  const frames = [];
  for (const { url, start_90k, fragments } of list.segments) {
    for (const [offset, size, start] of fragments) {
      const bytes = await (await get(url, { range: `bytes=${offset}-${offset + size - 1}` })).body();
      const sent = [...bytes.toString('latin1').matchAll(MARK)].map((m) => Number(BigInt(m[1]) / 1000n) / 1000);
      const long = durations(bytes);
      if (sent.length !== long.length) throw new Error(`${sent.length} marks in ${long.length} frames of ${url}`);
      let tick = start_90k + start;
      for (const [i, d] of long.entries()) {
        frames.push({ at: tick / TICKS_PER_MS, sent: sent[i] });
        tick += d;
      }
    }
  }
  return frames.sort((a, b) => a.at - b.at);
}

/** From now on the page notes which frame each tile shows, and when. */
export function watchFrames(page) {
  return page.evaluate(() => {
    window.shownFrames = {};
    for (const tile of document.querySelectorAll('[data-sync]')) {
      const video = tile.querySelector('video');
      const seen = (window.shownFrames[tile.dataset.sync] = []);
      const next = (_now, frame) => {
        seen.push({ when: frame.expectedDisplayTime, media: frame.mediaTime, count: frame.presentedFrames });
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    }
  });
}

/** What was noted, the frames' times on the recorder's clock. */
export function shownFrames(page) {
  return page.evaluate(() => {
    const at = window.__lanewatch.sync;
    return Object.fromEntries(
      Object.entries(window.shownFrames).map(([slug, seen]) => {
        const video = document.querySelector(`[data-sync="${slug}"] video`);
        // A media element's time begins at a whole second of the recorder's clock.
        const begin = Math.round((at[slug].at - video.currentTime * 1000) / 1000) * 1000;
        return [slug, seen.map(({ when, media, count }) => ({ when, at: begin + media * 1000, count }))];
      }),
    );
  });
}

/**
 * How far apart the pictures are at many instants between `from` and `to` of the page's clock. `raw`: between the
 * oldest and the newest picture on the screen. `apart`: what is left of that when each picture stands for the time until
 * its next one comes; pictures that belong together are 0 apart, however few there are in a second. The page is not told
 * of every frame when the machine is busy: a tile counts only while it is known what it shows.
 */
export function spread(shown, recorded, from, to) {
  const raw = [];
  const apart = [];
  let [known, unknown] = [0, 0];
  for (let when = from; when <= to; when += 20) {
    const now = [];
    for (const [slug, seen] of Object.entries(shown)) {
      const next = seen.findIndex((f) => f.when > when);
      if (next < 1 || seen[next].count !== seen[next - 1].count + 1) {
        unknown++;
        continue;
      }
      known++;
      const frames = recorded[slug];
      const i = frames.findLastIndex((f) => f.at <= seen[next - 1].at + 5);
      if (i < 0) throw new Error(`${slug}: no recorded frame for what is shown`);
      now.push({ sent: frames[i].sent, until: frames[i + 1]?.sent ?? frames[i].sent });
    }
    if (now.length < 2) continue;
    const newest = Math.max(...now.map((f) => f.sent));
    raw.push(newest - Math.min(...now.map((f) => f.sent)));
    apart.push(Math.max(0, newest - Math.min(...now.map((f) => f.until))));
  }
  if (raw.length < 20) throw new Error(`it is not known what was shown: ${known} of ${known + unknown}`);
  return { raw, apart, known: known / (known + unknown) };
}
