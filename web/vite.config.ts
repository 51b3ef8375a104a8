// Build of the web app into web/dist, which the service embeds. No inline scripts or styles: a strict CSP is served.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const backend = process.env.LANEWATCH_URL ?? 'http://127.0.0.1:8080';
const PUBLIC = ['/favicon.svg', '/theme.js'];

/** Tells the service worker which files are the app; a change in any of them makes another worker. */
function shell(): Plugin {
  return {
    name: 'lanewatch-shell',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk' || worker.imports.length) this.error('the service worker must be one file');
      const files = Object.values(bundle).filter((f) => f !== worker);
      const hash = createHash('sha256').update(worker.code).update(readFileSync('index.html'));
      for (const path of PUBLIC) hash.update(readFileSync(`public${path}`));
      for (const f of files) hash.update(f.fileName).update(f.type === 'chunk' ? f.code : f.source);
      // The page itself is asked for as `/`.
      const assets = files.map((f) => `/${f.fileName}`).filter((path) => path.startsWith('/assets/'));
      worker.code = worker.code
        .replaceAll('__SHELL__', JSON.stringify(['/', ...PUBLIC, ...assets.sort()]))
        .replaceAll('__VERSION__', JSON.stringify(hash.digest('hex').slice(0, 16)));
    },
  };
}

export default defineConfig({
  plugins: [svelte(), shell()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/worker/sw.ts' },
      output: {
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        // What every visit needs is one file, and what a pressed alert needs another: each more is a turn on a mobile
        // network, and work for a slow phone.
        codeSplitting: {
          groups: [
            { name: 'app', tags: ['$initial'], test: (id) => !id.includes('/src/worker/') },
            { name: 'event', test: /routes\/EventPage\.svelte/ },
          ],
        },
      },
    },
  },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': { target: backend, ws: true } } },
  // Generous: a machine at work on other things may be slow, and still nothing is wrong.
  test: { include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 30_000 },
});
