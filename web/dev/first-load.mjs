// After a build: how much JavaScript a first visit loads before the wall is there, as sent (gzip). Fails above the budget.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET = 100_000;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const html = readFileSync(`${dist}index.html`, 'utf8');
const scripts = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((m) => m[1]);
const bytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(dist + name), { level: 9 }).length, 0);
console.log(
  `first load: ${(bytes / 1000).toFixed(1)} kB of JavaScript (gzip) in ${scripts.length} files, budget ${BUDGET / 1000}`,
);
process.exitCode = scripts.length && bytes <= BUDGET ? 0 : 1;
