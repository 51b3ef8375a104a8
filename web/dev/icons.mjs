// Draws the icons of the installed app from public/favicon.svg, our own drawing: `npm run icons` after a change of it.
// Maskable ones fill the square, with the drawing inside the circle that every system leaves.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const PUBLIC = fileURLToPath(new URL('../public/', import.meta.url));
const svg = readFileSync(`${PUBLIC}favicon.svg`, 'utf8');
const drawing = svg.replace(/<svg[^>]*>|<\/svg>|<rect[^>]*>/g, '');
const square = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" fill="#12171e"/><g transform="translate(16 16.5) scale(.72) translate(-16 -16.5)">${drawing}</g></svg>`;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] }); // prettier-ignore
mkdirSync(`${PUBLIC}icons`, { recursive: true });
for (const [name, size, source] of [
  ['icon-192', 192, svg],
  ['icon-512', 512, svg],
  ['maskable-512', 512, square],
  // Apple rounds the corners itself.
  ['apple-180', 180, square],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${source}`);
  writeFileSync(`${PUBLIC}icons/${name}.png`, await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
