// What the journeys measure, printed beside the load of the machine, and held against budgets.
import assert from 'node:assert/strict';
import { loadavg } from 'node:os';

/** Budgets are for a reference PC; a small runner that also carries the recorder and its cameras gets half as much again. */
const SLOW = 1.5;
const TRIES = 3;

export const median = (xs) => percentile(xs, 50);

export function percentile(xs, p) {
  const sorted = [...xs].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))];
}

export function print(name, figure) {
  console.log(`figure: ${name}: ${figure} (load ${loadavg()[0].toFixed(1)})`);
}

/**
 * Measures until the figure is within its budget, at most three times: what disturbs a busy machine passes, what is
 * wrong with the program stays. `measure` returns milliseconds.
 */
export async function within(name, budgetMs, measure) {
  const seen = [];
  while (seen.length < TRIES) {
    seen.push(Math.round(await measure(seen.length)));
    print(name, `${seen.at(-1)} ms, budget ${budgetMs}`);
    if (seen.at(-1) <= budgetMs) return;
  }
  assert.ok(Math.min(...seen) <= budgetMs * SLOW, `${name}: ${seen.join(', ')} ms, budget ${budgetMs} x ${SLOW}`);
}
