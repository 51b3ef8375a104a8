// Runs the journeys, file after file, or those that are named: `node e2e/run.mjs [--once] [--table NAME] [FILE...]`. A file in
// which something failed runs once more at the end, but with --once: what is wrong with the app fails again, what disturbed a
// busy machine does not, and is named. `--table` keeps the times for the README's table under a name; see e2e/journeys.mjs.
import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Journeys } from './journeys.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const LIMIT_MS = Number(process.env.LANEWATCH_LIMIT_S ?? 600) * 1000;

/** Runs the files; answers with the names of the tests that failed, by file. */
async function all(files, journeys) {
  const failed = new Map();
  const stream = run({ files, concurrency: 1, timeout: LIMIT_MS });
  stream.on('test:fail', ({ file, name, todo }) => {
    if (todo !== undefined) return;
    // A file that could not even be loaded fails under its own name.
    const at = file ?? name;
    failed.set(at, [...(failed.get(at) ?? []), name]);
  });
  stream.on('test:fail', (e) => journeys.ended(e));
  stream.on('test:pass', (e) => journeys.ended(e));
  stream.on('test:stdout', (e) => journeys.said(e));
  for await (const text of stream.compose(new Spec())) process.stdout.write(text);
  return failed;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { once: { type: 'boolean' }, table: { type: 'string' } },
});
const every = readdirSync(here).filter((f) => f.endsWith('.test.mjs')).sort().map((f) => join(here, f)); // prettier-ignore
const files = positionals.length ? positionals.map((f) => resolve(f)) : every;
const journeys = new Journeys();
const first = await all(files, journeys);
const again = files.filter((f) => first.has(f));
const second = again.length && !values.once ? await all(again, journeys) : first;
for (const [file, names] of first)
  if (!second.has(file)) console.log(`passed only at the second try: ${basename(file)}: ${names.join('; ')}`);
if (values.table) journeys.write(values.table);
process.exitCode = second.size ? 1 : 0;
