// Makes screenshots/wall.png, the picture in the README, from the recorder at LANEWATCH_URL: `npm run screenshot` beside
// `scripts/run --demo`, with LANEWATCH_CODE or with LANEWATCH_BINARY and LANEWATCH_DATA. Needs ffmpeg, as the demo does.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { api, launch, open, PC, signIn } from './browser.mjs';

const OUT = fileURLToPath(new URL('../screenshots/', import.meta.url));
/** 256 colours and a width that a README shows: some 500 kB instead of 3 MB. */
const SMALL =
  'scale=1280:-2:flags=lanczos,split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=bayer:bayer_scale=5';

const browser = await launch();
const { page } = await open(browser, PC);
await page.addInitScript(() => sessionStorage.setItem('lanewatch.nopassword', '1'));
await signIn(page);
const live = (await api(page, 'cameras?limit=200')).items.filter((c) => c.state === 'live').length;
await page.waitForFunction((n) => document.querySelectorAll('[data-tile][data-dot="green"]').length >= n, live);
// Past the first GOP, with the strip of recordings drawn.
await page.waitForFunction(() => Object.values(window.__lanewatch.tiles).every((t) => t.frames > 40));
await page.evaluate(() => document.activeElement?.blur());
const png = await page.screenshot({ type: 'png' });
await browser.close();
mkdirSync(OUT, { recursive: true });
execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', '-', '-filter_complex', SMALL, '-frames:v', '1', `${OUT}wall.png`], { input: png }); // prettier-ignore
console.log(`${OUT}wall.png: ${live} cameras`);
