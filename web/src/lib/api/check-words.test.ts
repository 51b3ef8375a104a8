import { describe, expect, it } from 'vitest';
import { checkWords } from './check-words';
import type { StreamReport, TestCheck } from './types';

const check = (id: TestCheck['id'], level: TestCheck['level'], code: string, params = {}): TestCheck => ({
  id,
  level,
  code,
  params,
  message: 'english',
});
const report: StreamReport = {
  ok: true,
  codec: 'avc1.4D401F',
  mime: 'video/mp4; codecs="avc1.4D401F"',
  width: 1920,
  height: 1080,
  gop_ms: 6000,
  fps: 15,
  kbps: 4000,
  audio: false,
  clock_offset_s: -42,
  checks: [],
};
const key = (c: TestCheck, r = report): string => checkWords(c, r, 'vi').key;

describe('findings of a camera test', () => {
  it('have words by their code, else by what was looked at', () => {
    expect(key(check('connect', 'error', 'auth_failed'))).toBe('found.auth_failed');
    expect(key(check('connect', 'error', 'camera_unreachable'))).toBe('error.camera_unreachable');
    expect(key(check('connect', 'warn', 'no_password'))).toBe('found.no_password');
    expect(key(check('codec', 'warn', 'h265'))).toBe('fix.codec.warn');
    expect(key(check('gop', 'warn', 'gop_long'))).toBe('fix.gop.warn');
    expect(key(check('gop', 'warn', 'gop_long'), { ...report, gop_ms: null })).toBe('found.gop_over_4');
    expect(key(check('gop', 'warn', 'gop_unseen'))).toBe('found.gop_unseen');
    expect(key(check('codec', 'warn', 'h265_sub'))).toBe('found.h265_sub');
    expect(key(check('b_frames', 'error', 'b_frames'))).toBe('reason.b_frames');
    expect(key(check('size', 'warn', 'sub_large'))).toBe('found.sub_large');
    expect(key(check('connect', 'warn', 'same_address'))).toBe('found.same_address');
    expect(key(check('connect', 'error', 'not_onvif'))).toBe('found.not_onvif');
    expect(key(check('clock', 'warn', 'clock_off'))).toBe('fix.clock.warn');
    expect(key(check('connect', 'ok', 'connected'))).toBe('fix.connect.ok');
    expect(key(check('connect', 'warn', 'news_from_a_newer_server'))).toBe('fix.other.warn');
  });
  it('carry figures in the language', () => {
    expect(checkWords(check('gop', 'warn', 'gop_long'), report, 'vi').params.seconds).toBe('6,0');
    expect(checkWords(check('clock', 'warn', 'clock_off'), report, 'vi').params.seconds).toBe('42');
    expect(
      checkWords(check('audio', 'warn', 'sound_not_recorded', { coding: 'pcma' }), report, 'vi').params.coding,
    ).toBe('PCMA');
  });
});
