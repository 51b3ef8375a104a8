import { describe, expect, it } from 'vitest';
import { deviceName, keyBytes } from './subscribe';

describe('this device', () => {
  it('is called as people know it', () => {
    expect(deviceName('Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36')).toBe('Android, Chrome'); // prettier-ignore
    expect(deviceName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Version/18.4 Mobile/15E148 Safari/604.1')).toBe('iPhone, Safari'); // prettier-ignore
    expect(deviceName('Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0')).toBe('Windows, Edge'); // prettier-ignore
    expect(deviceName('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe('Linux, Firefox');
    expect(deviceName('curl')).toBe('');
  });
  it('gets the key as bytes', () => {
    expect([...keyBytes('BP_-')]).toEqual([4, 255, 254]);
  });
});
