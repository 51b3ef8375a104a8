/** What this browser says of itself, for `missing`. */
import { iosOf, isInApp, type Device } from './missing';

/** Registering is the one thing that a browser refuses on an address whose certificate it does not trust. */
async function worker(): Promise<Device['worker']> {
  if (!('serviceWorker' in navigator)) return 'none';
  try {
    if (!(await navigator.serviceWorker.getRegistration()))
      await navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' });
    return 'ready';
  } catch {
    return 'refused';
  }
}

export async function thisDevice(): Promise<Device> {
  const standalone = (navigator as { standalone?: boolean }).standalone === true;
  return {
    secure: isSecureContext,
    worker: await worker(),
    push: 'PushManager' in window,
    permission: 'Notification' in window ? Notification.permission : null,
    ios: iosOf(navigator.userAgent, navigator.maxTouchPoints),
    installed: standalone || matchMedia('(display-mode: standalone)').matches,
    inApp: isInApp(navigator.userAgent),
  };
}
