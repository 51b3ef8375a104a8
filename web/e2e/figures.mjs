// What the journeys measure, printed beside the load of the machine, and held against budgets.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/**
 * Budgets are for a reference PC that does nothing else. A shared runner says more about its neighbours than about the program:
 * there they are printed, and only the sweeps and the wall's endurance, run on a quiet machine, hold them, with half as much again for a
 * machine that also carries the recorder and its cameras.
 */
const HOLD = ['LANEWATCH_SWEEPS', 'LANEWATCH_WALL_MINUTES'].some((name) => process.env[name] !== undefined);
const SLOW = 1.5;
const TRIES = HOLD ? 3 : 1;

export const median = (xs) => percentile(xs, 50);

export function percentile(xs, p) {
  const sorted = [...xs].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))];
}

export function print(name, figure) {
  console.log(`figure: ${name}: ${figure} (load ${loadavg()[0].toFixed(1)})`);
}

/**
 * Measures until the figure is within its budget, in the sweeps at most three times: what disturbs a busy machine passes, what
 * is wrong with the program stays. `measure` returns milliseconds.
 */
export async function within(name, budgetMs, measure) {
  const seen = [];
  while (seen.length < TRIES) {
    seen.push(Math.round(await measure(seen.length)));
    print(name, `${seen.at(-1)} ms, budget ${budgetMs}`);
    if (seen.at(-1) <= budgetMs) return;
  }
  if (HOLD)
    assert.ok(Math.min(...seen) <= budgetMs * SLOW, `${name}: ${seen.join(', ')} ms, budget ${budgetMs} x ${SLOW}`);
}

/** One figure that cannot be measured again at once: prints it, and in the sweeps holds it against its budget. */
export function held(name, figure, budget, unit = 'ms') {
  print(name, `${figure} ${unit}, budget ${budget}`);
  if (HOLD) assert.ok(figure <= budget * SLOW, `${name}: ${figure} ${unit}, budget ${budget} x ${SLOW}`);
}

/** Ticks of the scheduler's clock in a second, as /proc counts them on every Linux there is. */
const TICKS_PER_S = 100;

/** CPU seconds of a process and of all that it began, as far as they are still there. proc(5). */
export function cpuSeconds(root) {
  const all = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name stands in brackets and may hold anything.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      all.set(Number(pid), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (pid) => {
    for (let at = pid, steps = 0; at > 1 && steps < 64; at = all.get(at)?.parent ?? 0, steps++)
      if (at === root) return true;
    return false;
  };
  return [...all].reduce((sum, [pid, p]) => sum + (below(pid) ? p.ticks : 0), 0) / TICKS_PER_S;
}
