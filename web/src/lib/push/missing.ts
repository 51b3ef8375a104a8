/** What is missing for alerts on this device. Pure: what the browser says comes in, one word comes out. */

/** `null` in `missing` is nothing: alerts can be switched on here. */
export type Missing =
  'in_app' | 'no_https' | 'old_ios' | 'not_installed' | 'not_trusted' | 'no_push' | 'denied' | 'not_asked';

export interface Device {
  /** The page came by HTTPS, or from this machine itself. */
  secure: boolean;
  /** The app's service worker: `none` = the browser has no such thing, `refused` = it does not take ours. */
  worker: 'none' | 'refused' | 'ready';
  /** The browser can be pushed to. */
  push: boolean;
  /** What was answered to the question for permission; null = cannot be asked. */
  permission: 'default' | 'granted' | 'denied' | null;
  /** iPhone or iPad, with its version as far as it tells: 18.4. */
  ios: { version: number | null } | null;
  /** The app was opened from the home screen. */
  installed: boolean;
  /** The page is inside another app, such as Zalo. */
  inApp: boolean;
}

/** Push came to iPhones with this version, for apps on the home screen. */
const IOS_WITH_PUSH = 16.4;

/** The first thing to do, in the order in which one is possible after the other. */
export function missing(device: Device): Missing | null {
  // In there nothing of the rest can be had, whatever is done.
  if (device.inApp) return 'in_app';
  if (!device.secure) return 'no_https';
  if (device.ios) {
    if (device.ios.version !== null && device.ios.version < IOS_WITH_PUSH) return 'old_ios';
    // Before that an iPhone has no push at all, and a refused worker is told after it.
    if (!device.installed && device.worker !== 'refused') return 'not_installed';
  }
  if (device.worker === 'refused') return 'not_trusted';
  if (device.worker === 'none' || !device.push || device.permission === null) return 'no_push';
  if (device.permission === 'denied') return 'denied';
  return device.permission === 'granted' ? null : 'not_asked';
}

/** Apps that open links in a browser of their own. */
const IN_APP = /\b(Zalo|FBAN|FBAV|FB_IAB|Instagram|Line|MicroMessenger)\b/i;

export const isInApp = (agent: string): boolean => IN_APP.test(agent);

/** iPads say that they are Macs; no Mac has a touch screen. */
export function iosOf(agent: string, touchPoints: number): Device['ios'] {
  const phone = /iPhone|iPad|iPod/.test(agent);
  if (!phone && !(agent.includes('Macintosh') && touchPoints > 1)) return null;
  const found = /(?:OS|Version)[ /](\d+)[._](\d+)/.exec(phone ? agent : agent.replace(/Mac OS X [\d_]+/, ''));
  return { version: found ? Number(`${found[1]}.${found[2]}`) : null };
}
