/** What is wrong with a channel before it is saved, and what came of a test, as keys of words. Pure. */
import type { ChannelName, ChannelTest, MailServer, MqttBroker } from '../api/alerts';
import { keyOr, type Key } from '../i18n';

/** Hosts that the recorder's configuration names, as it compares them. */
export type LocalHosts = readonly string[];

const bare = (host: string): string =>
  host
    .trim()
    .toLowerCase()
    .replace(/^\[|\]$/g, '');
export const isLocal = (host: string, local: LocalHosts): boolean => local.includes(bare(host));

/** Written as an address that only a private network has. Names are looked at by the recorder when it connects. */
export function isPrivate(host: string): boolean {
  const h = bare(host);
  if (h === 'localhost' || h === '::1' || /^f[cde][0-9a-f]{2}:/.test(h)) return true;
  const parts = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(h);
  if (!parts) return false;
  const [a, b] = [Number(parts[1]), Number(parts[2])];
  return (
    [0, 10, 127].includes(a) ||
    (a === 192 && b === 168) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b < 128)
  );
}

export type Wrong = { key: Key; host?: string } | null;
const wrong = (code: string, host = ''): Wrong => ({ key: keyOr('ch.wrong', code, 'ch.refused'), host });

export function wrongUrl(text: string, local: LocalHosts): Wrong {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return wrong('url');
  }
  if (!/^https?:$/.test(url.protocol) || !url.hostname) return wrong('url');
  if (url.username || url.password) return wrong('login');
  if (isLocal(url.hostname, local)) return null;
  if (isPrivate(url.hostname)) return wrong('private', url.hostname);
  return url.protocol === 'https:' ? null : wrong('https');
}

export function wrongMail(server: MailServer, local: LocalHosts): Wrong {
  const { host } = server;
  if (!/^[\w.:-]+$/.test(host.trim())) return wrong('host');
  if (!isLocal(host, local)) {
    if (isPrivate(host)) return wrong('private', host);
    if (server.security === 'none') return wrong('plain');
  }
  return /^[^\s@]+@[^\s@]+$/.test(server.from.trim()) ? null : wrong('from');
}

export function wrongMqtt(broker: MqttBroker, local: LocalHosts): Wrong {
  // Without TLS: only where the configuration says so, whatever the address.
  if (!isLocal(broker.host, local)) return broker.host.trim() ? wrong('private', broker.host) : wrong('host');
  return [broker.base ?? '', broker.discovery ?? 'x'].every((word) => /^[a-z0-9_-]{1,40}$/.test(word))
    ? null
    : wrong('word');
}

export const wrongToken = (token: string): Wrong => (/^[A-Za-z0-9:_-]{10,300}$/.test(token) ? null : wrong('token'));

/** What a test says, and what to do when it did not arrive. */
export function trialKey(name: ChannelName, { delivered, step, code }: ChannelTest): Key {
  if (delivered) return keyOr('ch.arrived', name, 'ch.arrived.webhook');
  if (step === 'answer' && code !== null) {
    if (name === 'mail') return code < 500 ? 'ch.step.busy' : 'ch.step.from';
    if (code === 429 || code >= 500) return 'ch.step.busy';
    if (name === 'zalo') return 'ch.step.chat';
    if (code === 401 || code === 403) return 'ch.step.sign_in';
    if (code === 404 || code === 410 || code === 405) return 'ch.step.not_there';
  }
  return keyOr('ch.step', step, 'ch.step.recorder');
}
