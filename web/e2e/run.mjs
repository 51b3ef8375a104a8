// Runs the journeys, file after file, or those that are named: `node e2e/run.mjs [--once] [--table NAME] [FILE...]`. What
// failed runs once more at the end, but with --once: what is wrong with the app fails again, what disturbed a busy machine does
// not, and is named. `--table` keeps the times for the README's table under a name; see e2e/journeys.mjs.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Journeys } from './journeys.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const LIMIT_MS = Number(process.env.LANEWATCH_LIMIT_S ?? 600) * 1000;

/** A pattern that only this name fits. */
const only = (name) => new RegExp(`^${name.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')}$`);

/** Runs the files, or of them the tests of these names; answers with those that failed, by file, and all that passed. */
async function all(files, journeys, names) {
  const failed = new Map();
  const passed = new Set();
  const stream = run({ files, concurrency: 1, timeout: LIMIT_MS, testNamePatterns: names?.map(only) });
  stream.on('test:fail', ({ file, name, todo, nesting }) => {
    // What holds others fails with them, and is what can be run by its name.
    if (todo !== undefined || nesting > 0) return;
    // A file that could not even be loaded fails under its own name.
    const at = file ?? name;
    failed.set(at, [...(failed.get(at) ?? []), name]);
  });
  stream.on('test:fail', (e) => journeys.ended(e));
  stream.on('test:pass', (e) => {
    journeys.ended(e);
    if (e.nesting === 0 && e.skip === undefined) passed.add(e.name);
  });
  stream.on('test:stdout', (e) => journeys.said(e));
  for await (const text of stream.compose(new Spec())) process.stdout.write(text);
  return { failed, passed };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { once: { type: 'boolean' }, table: { type: 'string' } },
});
const every = readdirSync(here).filter((f) => f.endsWith('.test.mjs')).sort().map((f) => join(here, f)); // prettier-ignore
/** These have a recorder and cameras of their own and mostly wait: what else there is runs meanwhile, but in the sweeps, which measure. */
const BESIDE = process.env.LANEWATCH_SWEEPS ? [] : ['recent.test.mjs', 'wizard.test.mjs'];
const files = positionals.length ? positionals.map((f) => resolve(f)) : every;
const journeys = new Journeys();
// Where the first that signs in leaves its session for the files after it.
const shared = mkdtempSync(join(tmpdir(), 'lanewatch-e2e-session-'));
process.on('exit', () => rmSync(shared, { recursive: true, force: true }));
process.env.LANEWATCH_SIGNED_IN ??= join(shared, 'session.json');
const isBeside = (file) => BESIDE.includes(basename(file));
const beside = new Journeys();
const both = await Promise.all([
  all(files.filter((f) => !isBeside(f)), journeys),
  all(files.filter(isBeside), beside),
]); // prettier-ignore
journeys.add(beside);
const failed = new Map(both.flatMap((b) => [...b.failed]));
const still = new Set(values.once ? failed.keys() : []);
for (const [file, names] of values.once ? [] : failed) {
  // A file that could not be loaded has failed under its own name.
  const whole = names.includes(file);
  const again = await all([file], journeys, whole ? undefined : names);
  // A name that did not come up again has not passed.
  if (again.failed.size || !(whole || names.every((n) => again.passed.has(n)))) still.add(file);
  else console.log(`passed only at the second try: ${basename(file)}: ${names.join('; ')}`);
}
if (values.table) journeys.write(values.table);
process.exitCode = still.size ? 1 : 0;
