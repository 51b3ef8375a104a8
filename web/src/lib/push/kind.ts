/** Which kind of device this is, for the steps that install the app on it and keep its alerts alive. Pure. */
import type { Key } from '../i18n';
import { iosOf } from './missing';

export const KINDS = ['android', 'samsung', 'iphone', 'pc'] as const;
export type Kind = (typeof KINDS)[number];

export function kindOf(agent: string, touchPoints: number): Kind {
  if (iosOf(agent, touchPoints)) return 'iphone';
  if (/SamsungBrowser/.test(agent)) return 'samsung';
  return /Android/.test(agent) ? 'android' : 'pc';
}

const STEPS: Record<Kind, readonly Key[]> = {
  android: ['inst.android_1', 'inst.android_2', 'inst.allow'],
  samsung: ['inst.samsung_1', 'inst.samsung_2', 'inst.allow'],
  iphone: ['inst.iphone_1', 'inst.iphone_2', 'inst.iphone_3', 'inst.allow'],
  pc: ['inst.pc_1', 'inst.pc_2', 'inst.allow'],
};
const OF_ALERTS: readonly Key[] = ['inst.pc_2', 'inst.allow'];

/** What is to be done on a device: where the app is installed only the last is left, and who is told of no alerts needs none for them. */
export const stepsOf = (kind: Kind, installed: boolean, told: boolean): Key[] =>
  STEPS[kind].slice(installed ? -1 : 0).filter((step) => told || !OF_ALERTS.includes(step));

/** Makers whose phones put apps to sleep each in their own way. */
export const MAKERS = ['samsung', 'xiaomi', 'oppo', 'vivo', 'other'] as const;
export type Maker = (typeof MAKERS)[number];

const MODELS: [Maker, RegExp][] = [
  ['samsung', /^SM-/],
  ['oppo', /^(CPH|RMX|OPPO|realme)/i],
  ['vivo', /^(V\d{4}|vivo)/],
  ['xiaomi', /^(Redmi|POCO|Mi |MI |M\d{4}[A-Z]|\d{4,}[A-Z])/],
];

/** By the name of the model as the browser says it; null = it does not. */
export function makerOf(model: string): Maker | null {
  if (!model || model === 'K') return null;
  return MODELS.find(([, like]) => like.test(model))?.[0] ?? 'other';
}
