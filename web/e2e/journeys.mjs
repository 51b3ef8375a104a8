// The table of journeys with their times: gathered while they run, kept below target/, and put into the README by
// `npm run journeys`.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(web, '..', 'target', 'suites', 'journeys');
const BEGIN = '<!-- journeys -->';
const END = '<!-- /journeys -->';

/** What the tests named after a journey (J1 to J15) took and measured. */
export class Journeys {
  #rows = new Map();
  #figures = [];

  /** A line that a test printed. */
  said({ message }) {
    for (const line of message.split('\n')) {
      const figure = /^figure: (.*) \(load [\d.]+\)$/.exec(line)?.[1];
      if (figure) this.#figures.push(figure);
    }
  }

  /** A test has ended; what was measured since the last one is its own. */
  ended({ name, nesting, details, skip }) {
    if (nesting !== 0) return;
    const figures = this.#figures;
    this.#figures = [];
    const journey = /^J(\d+)/.exec(name)?.[1];
    if (!journey || skip !== undefined) return;
    const passed = details.error === undefined;
    this.#rows.set(name, { journey: Number(journey), name, passed, seconds: details.duration_ms / 1000, figures });
  }

  /** What ran beside. */
  add(other) {
    for (const [name, row] of other.#rows) this.#rows.set(name, row);
  }

  /** Keeps them under a name until the next run of that name. */
  write(name) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.json`), JSON.stringify([...this.#rows.values()], null, 1));
  }
}

/** The table in Markdown, of all the runs that were kept. */
function table() {
  const kept = readdirSync(folder).map((f) => join(folder, f)).sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs); // prettier-ignore
  // Of a journey that ran several times, the last.
  const last = new Map(kept.flatMap((f) => JSON.parse(readFileSync(f, 'utf8'))).map((row) => [row.name, row]));
  // What fails has no time.
  const rows = [...last.values()].filter((r) => r.passed);
  rows.sort((a, b) => a.journey - b.journey || a.name.localeCompare(b.name));
  const cell = (text) => text.replaceAll('|', '\\|');
  const line = (r) => {
    const [, device, what] = /^J\d+(?:, J\d+)*(?:, ((?:PC|phone)[^:]*))?:? ?(.*)$/.exec(r.name);
    const on = device ?? 'PC';
    return `| J${r.journey} | ${on} | ${cell(what)} | ${r.seconds.toFixed(1)} s | ${cell(r.figures.join('; '))} |`;
  };
  return ['| journey | on | what | whole test | measured |', '| --- | --- | --- | --- | --- |', ...rows.map(line)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const readme = join(web, 'README.md');
  const text = readFileSync(readme, 'utf8');
  const [before, rest] = text.split(BEGIN);
  writeFileSync(readme, [before + BEGIN, '', ...table(), '', END + rest.split(END)[1]].join('\n'));
}
