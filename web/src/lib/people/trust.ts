/** What a phone needs before it can follow an invite. Pure. */
import type { Tls } from '../api/types';

type Facts = Pick<Tls, 'guide' | 'certificate'>;

/**
 * The guide by which a phone gets to trust the recorder, when an invite leads to an address that only the recorder's own
 * authority vouches for; null when there is nothing to be installed. Another server may stand in front, with a certificate of
 * its own.
 */
export function trustFirst(tls: Facts, invite: string): Tls['guide'] {
  if (!tls.guide || !invite.startsWith('https:')) return null;
  const { hostname } = new URL(invite);
  const own = [...(tls.certificate?.names ?? []), new URL(tls.guide.url).hostname];
  return own.some((name) => name.toLowerCase() === hostname.replace(/^\[|\]$/g, '') || name === hostname)
    ? tls.guide
    : null;
}
