import { describe, expect, it } from 'vitest';
import { trustFirst } from './trust';

const guide = { url: 'http://192.168.1.10:8080/trust', qr_svg: '<svg/>' };
const certificate = { names: ['may-ghi.local', '192.168.1.10', 'fd00::1'], issuer: '', not_before: '', not_after: '' };
const own = { guide, certificate };

describe('before an invite', () => {
  it('a phone is led to trust the recorder, where it vouches for itself', () => {
    for (const host of ['192.168.1.10:8080', 'may-ghi.local', 'MAY-GHI.local:8443', '[fd00::1]:8080'])
      expect(trustFirst(own, `https://${host}/invite#x`), host).toBe(guide);
    // Nothing is known of its certificate, but the guide and the invite lead to the same place.
    expect(trustFirst({ guide, certificate: null }, 'https://192.168.1.10:8080/invite#x')).toBe(guide);
    const six = { guide: { ...guide, url: 'http://[fd00::2]:8080/trust' }, certificate: null };
    expect(trustFirst(six, 'https://[fd00::2]:8080/invite#x')).toBe(six.guide);
  });

  it('nothing is to be installed for a public address, or one without a certificate', () => {
    expect(trustFirst({ ...own, guide: null }, 'https://192.168.1.10:8080/invite#x')).toBeNull();
    expect(trustFirst(own, 'https://camera.example.vn/invite#x')).toBeNull();
    expect(trustFirst(own, 'http://192.168.1.10:8080/invite#x')).toBeNull();
  });
});
