import { describe, expect, it } from 'vitest';
import { appWindow, outdated, ruleFor, shellCache } from './rules';

const ORIGIN = 'https://camera.thon';
const SHELL = new Set(['/', '/assets/index-a.js', '/favicon.svg']);
const rule = (path: string, mode = 'cors', method = 'GET', origin = ORIGIN) =>
  ruleFor({ method, mode, url: `${origin}${path}` }, ORIGIN, SHELL);

describe('the service worker', () => {
  it('answers pages and the files of the app', () => {
    for (const path of ['/', '/?c=ngo-7', '/c/ngo-7?t=2026-11-22T22:14:00+07:00', '/system', '/login', '/nowhere'])
      expect(rule(path, 'navigate'), path).toBe('page');
    expect(rule('/assets/index-a.js')).toBe('file');
    expect(rule('/favicon.svg', 'no-cors')).toBe('file');
  });
  it('leaves the API, media, shared links, files of another build and other sites to the network', () => {
    for (const path of [
      '/api/v1/cameras',
      '/api/v1/cameras/1/clip.mp4',
      '/api/docs',
      '/s/abcdef',
      '/s',
      '/trust',
      '/trust/check',
    ])
      for (const mode of ['cors', 'navigate']) expect(rule(path, mode), path).toBe('leave');
    expect(rule('/assets/index-b.js')).toBe('leave');
    expect(rule('/sw.js')).toBe('leave');
    expect(rule('/report.pdf', 'navigate')).toBe('leave');
    expect(rule('/', 'navigate', 'POST')).toBe('leave');
    expect(rule('/', 'navigate', 'GET', 'https://elsewhere.vn')).toBe('leave');
  });
  it('goes on in a window of the app, the one in front first, and in none that would not listen', () => {
    const at = (path: string, focused = false) => ({ url: new URL(path, ORIGIN).href, focused });
    const [wall, event] = [at('/'), at('/e/1?x=2', true)];
    const deaf = [at('/trust', true), at('/s/abcdef', true), at('/api/docs'), at('https://elsewhere.vn/', true)];
    const blank = { url: 'about:blank', focused: true };
    expect(appWindow([blank, ...deaf], ORIGIN)).toBeNull();
    expect(appWindow([...deaf, wall], ORIGIN)).toBe(wall);
    expect(appWindow([wall, event], ORIGIN)).toBe(event);
    expect(appWindow([], ORIGIN)).toBeNull();
  });
  it('keeps its own shell and the one before, and no cache that is not its own is touched', () => {
    const all = ['lanewatch-kept', shellCache('1'), shellCache('2'), shellCache('3'), 'other'];
    expect(outdated(all, shellCache('3'))).toEqual([shellCache('1')]);
    expect(outdated([shellCache('3')], shellCache('3'))).toEqual([]);
  });
});
