import { describe, expect, it } from 'vitest';
import { MOST_TASKS, Waiting, type Outcome, type Task } from './queue';

const task = (n: number): Task => ({ id: `t${n}`, method: 'POST', path: 'events:mark', body: { n }, at: n });

function queue(kept: Task[] = []) {
  const seen = { kept, sent: [] as string[], refused: [] as string[], counts: [] as number[] };
  let answer: (t: Task) => Outcome | Promise<Outcome> = () => 'sent';
  const waiting = new Waiting({
    load: () => seen.kept,
    keep: (tasks) => (seen.kept = [...tasks]),
    send: async (t) => {
      const outcome = await answer(t);
      if (outcome === 'sent') seen.sent.push(t.id);
      return outcome;
    },
    changed: (tasks) => seen.counts.push(tasks.length),
    refused: (t) => seen.refused.push(t.id),
  });
  return { waiting, seen, answers: (f: typeof answer) => (answer = f) };
}

describe('what waits for the recorder', () => {
  it('is sent in order when the recorder is there, and not again', async () => {
    const { waiting, seen } = queue();
    [1, 2, 3].forEach((n) => waiting.add(task(n)));
    await waiting.flush();
    await waiting.flush();
    expect(seen.sent).toEqual(['t1', 't2', 't3']);
    expect(seen.kept).toEqual([]);
    expect(seen.counts).toEqual([1, 2, 3, 2, 1, 0]);
  });

  it('is still there after a reload', async () => {
    const first = queue();
    first.waiting.add(task(1));
    const second = queue(first.seen.kept);
    expect(second.waiting.tasks).toEqual([task(1)]);
    await second.waiting.flush();
    expect(second.seen.sent).toEqual(['t1']);
  });

  it('waits on where the recorder goes away between two', async () => {
    const { waiting, seen, answers } = queue();
    [1, 2, 3].forEach((n) => waiting.add(task(n)));
    answers((t) => (t.id === 't1' ? 'sent' : 'unreachable'));
    await waiting.flush();
    expect(seen.kept.map((t) => t.id)).toEqual(['t2', 't3']);
    answers(() => 'sent');
    await waiting.flush();
    expect(seen.sent).toEqual(['t1', 't2', 't3']);
  });

  it('what is refused is told and holds nothing else up', async () => {
    const { waiting, seen, answers } = queue();
    [1, 2].forEach((n) => waiting.add(task(n)));
    answers((t) => (t.id === 't1' ? 'refused' : 'sent'));
    await waiting.flush();
    expect(seen.refused).toEqual(['t1']);
    expect(seen.sent).toEqual(['t2']);
  });

  it('is taken back as long as it was not sent', async () => {
    const { waiting, seen } = queue();
    waiting.add(task(1));
    expect(waiting.take('t1')).toBe(true);
    await waiting.flush();
    expect(seen.sent).toEqual([]);
    expect(waiting.take('t1')).toBe(false);
  });

  it('two calls at once send nothing twice; what is added meanwhile goes too', async () => {
    const { waiting, seen, answers } = queue();
    waiting.add(task(1));
    answers(async (t): Promise<Outcome> => {
      if (t.id === 't1') waiting.add(task(2));
      await Promise.resolve();
      return 'sent';
    });
    await Promise.all([waiting.flush(), waiting.flush()]);
    expect(seen.sent).toEqual(['t1', 't2']);
  });

  it('has an end: the first stay', () => {
    const { waiting } = queue();
    for (let n = 0; n < MOST_TASKS; n++) expect(waiting.add(task(n))).toBe(true);
    expect(waiting.add(task(MOST_TASKS))).toBe(false);
    expect(waiting.tasks[0]!.id).toBe('t0');
  });
});
