import { describe, expect, it } from 'vitest';
import { iosOf, isInApp, missing, type Device } from './missing';

const fine: Device = {
  secure: true,
  worker: 'ready',
  push: true,
  permission: 'granted',
  ios: null,
  installed: false,
  inApp: false,
};
const of = (change: Partial<Device>): ReturnType<typeof missing> => missing({ ...fine, ...change });

describe('what is missing for alerts', () => {
  it('is nothing where all is there', () => {
    expect(missing(fine)).toBeNull();
    expect(of({ ios: { version: 18.4 }, installed: true })).toBeNull();
  });
  it('is told one thing at a time, the first first', () => {
    expect(of({ inApp: true, secure: false })).toBe('in_app');
    expect(of({ secure: false, worker: 'none', push: false, permission: null })).toBe('no_https');
    expect(of({ worker: 'refused', permission: 'default' })).toBe('not_trusted');
    expect(of({ worker: 'none' })).toBe('no_push');
    expect(of({ push: false })).toBe('no_push');
    expect(of({ permission: null })).toBe('no_push');
    expect(of({ permission: 'denied' })).toBe('denied');
    expect(of({ permission: 'default' })).toBe('not_asked');
  });
  it('is the home screen on an iPhone, which has no push before', () => {
    const phone = { ios: { version: 18.4 }, push: false, permission: null } as const;
    expect(of(phone)).toBe('not_installed');
    expect(of({ ...phone, worker: 'refused' })).toBe('not_trusted');
    expect(of({ ...phone, ios: { version: 16.3 } })).toBe('old_ios');
    expect(of({ ...phone, ios: { version: null } })).toBe('not_installed');
    expect(of({ ...phone, installed: true })).toBe('no_push');
  });
});

describe('devices', () => {
  const IPHONE =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Version/18.4 Safari/604.1';
  const IPAD = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.2 Safari/605.1.15';
  const ANDROID = 'Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36';
  it('tell their version, and iPads that they are no Macs', () => {
    expect(iosOf(IPHONE, 5)).toEqual({ version: 18.4 });
    expect(iosOf('Mozilla/5.0 (iPhone; CPU iPhone OS 16_3_1 like Mac OS X)', 5)).toEqual({ version: 16.3 });
    expect(iosOf(IPAD, 5)).toEqual({ version: 17.2 });
    expect(iosOf(IPAD, 0)).toBeNull();
    expect(iosOf(ANDROID, 5)).toBeNull();
    expect(iosOf('iPhone', 5)).toEqual({ version: null });
  });
  it('show pages inside other apps', () => {
    expect(isInApp(`${ANDROID} Zalo android/24100665`)).toBe(true);
    expect(isInApp(`${IPHONE} [FBAN/FBIOS;FBAV/450.0]`)).toBe(true);
    expect(isInApp(IPHONE) || isInApp(ANDROID)).toBe(false);
    expect(isInApp('Mozilla/5.0 (X11; Linux x86_64) Online/1')).toBe(false);
  });
});
