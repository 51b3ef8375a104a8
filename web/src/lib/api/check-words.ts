/** What was not looked at. */
const NOTHING: Partial<StreamReport> = {};

/** A check of a camera test as a key of the dictionary and its parameters. Pure. */
import { firstKey, translate, type Key, type Params } from '../i18n';
import { number } from '../i18n/dates';
import type { Lang } from '../i18n';
import { codecName } from '../player/mse';
import type { StreamReport, TestCheck } from './types';

export function checkWords(c: TestCheck, report: StreamReport | null, lang: Lang): { key: Key; params: Params } {
  const test = report ?? NOTHING;
  const seconds = (x: number | null | undefined): string =>
    number(Math.abs(x ?? 0), lang, Math.abs(x ?? 0) < 10 ? 1 : 0);
  const params: Params = {
    codec: codecName(test.codec ?? null),
    coding: String(c.params?.coding ?? '').toUpperCase(),
    fps: number(test.fps ?? 0, lang),
    seconds: c.id === 'gop' ? seconds((test.gop_ms ?? 0) / 1000) : seconds(test.clock_offset_s),
    audio: translate(lang, test.audio ? 'common.yes' : 'common.none'),
    camera: String(c.params?.camera ?? ''),
    width: String(c.params?.width ?? ''),
    height: String(c.params?.height ?? ''),
    message: c.message || c.code,
  };
  const code = c.code === 'gop_long' && !test.gop_ms ? 'gop_over_4' : c.code;
  const wanted = [
    `found.${code}`,
    ...(c.level === 'error' ? [`reason.${code}`, `error.${code}`] : []),
    `fix.${c.id}.${c.level}`,
  ];
  return { key: firstKey(wanted, `fix.other.${c.level}`), params };
}
