import { describe, expect, it } from 'vitest';
import type { Task } from '../waiting/queue';
import { Shown, waitingMarks } from './shown';

const task = (path: string, body: unknown): Task => ({ id: path, method: 'POST', path, body, at: 0 });
const none = (): Task[] => [];

describe('marks that are shown', () => {
  it('are not undone by an answer that was asked for before them', () => {
    const shown = new Shown();
    const before = shown.asked(none);
    shown.add(['a']);
    expect([before('a'), before('b')]).toEqual([false, true]);
    // One that was asked for afterwards knows what others have done since.
    expect(shown.asked(none)('a')).toBe(true);
  });

  it('nor while they wait to be sent, nor by what was asked for while they did', () => {
    let tasks = [task('events:mark', { ids: ['a'], seen: true })];
    const asked = new Shown().asked(() => tasks);
    expect([asked('a'), asked('b')]).toEqual([false, true]);
    tasks = [];
    expect(asked('a')).toBe(false);
    tasks = [task('events:mark', { ids: ['b'] })];
    expect(asked('b')).toBe(false);
  });

  it('what else waits is no mark', () => {
    const tasks = [task('alerts/a/handled', { note: '' }), task('events:mark', null), task('events:mark', { ids: ['b'] })]; // prettier-ignore
    expect([...waitingMarks(tasks)]).toEqual(['b']);
  });
});
