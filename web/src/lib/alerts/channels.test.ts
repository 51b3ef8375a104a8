import { describe, expect, it } from 'vitest';
import type { ChannelTest, MailServer, MqttBroker } from '../api/alerts';
import { isPrivate, trialKey, wrongMail, wrongMqtt, wrongToken, wrongUrl } from './channels';

const LOCAL = ['192.168.1.5', 'ha.local'];

describe('addresses', () => {
  it('that only a private network has are known as such', () => {
    for (const host of [
      '10.0.0.1',
      '127.0.0.1',
      '172.16.0.1',
      '172.31.255.1',
      '192.168.1.9',
      '169.254.1.1',
      '100.64.0.1',
      'LOCALHOST',
      '[::1]',
      'fd00::1',
    ])
      // prettier-ignore
      expect(isPrivate(host), host).toBe(true);
    for (const host of ['8.8.8.8', '172.32.0.1', '100.128.0.1', 'example.vn', 'fdx.example.vn'])
      expect(isPrivate(host), host).toBe(false);
  });
  it('of webhooks are https, or of a host that the configuration names', () => {
    for (const fine of ['https://example.vn/x', 'http://192.168.1.5:8123/x', 'http://HA.local/x'])
      expect(wrongUrl(fine, LOCAL), fine).toBeNull();
    expect(wrongUrl('example.vn', LOCAL)?.key).toBe('ch.wrong.url');
    expect(wrongUrl('ftp://example.vn', LOCAL)?.key).toBe('ch.wrong.url');
    expect(wrongUrl('http://example.vn/x', LOCAL)?.key).toBe('ch.wrong.https');
    expect(wrongUrl('https://192.168.1.9/x', LOCAL)).toEqual({ key: 'ch.wrong.private', host: '192.168.1.9' });
    expect(wrongUrl('https://a:b@example.vn/x', LOCAL)?.key).toBe('ch.wrong.login');
  });
});

describe('channels', () => {
  it('of mail need a server, a sender and a secure line, but not in the own network', () => {
    const server: MailServer = { enabled: true, host: 'smtp.example.vn', port: 465, security: 'tls', from: 'camera@example.vn', username: null }; // prettier-ignore
    expect(wrongMail(server, LOCAL)).toBeNull();
    expect(wrongMail({ ...server, host: '' }, LOCAL)?.key).toBe('ch.wrong.host');
    expect(wrongMail({ ...server, from: 'camera' }, LOCAL)?.key).toBe('ch.wrong.from');
    expect(wrongMail({ ...server, security: 'none' }, LOCAL)?.key).toBe('ch.wrong.plain');
    expect(wrongMail({ ...server, host: '10.0.0.3' }, LOCAL)?.key).toBe('ch.wrong.private');
    expect(wrongMail({ ...server, host: '192.168.1.5', security: 'none' }, LOCAL)).toBeNull();
  });
  it('of MQTT need a broker that the configuration names', () => {
    const broker: MqttBroker = { enabled: true, host: 'ha.local', port: 1883, username: null, base: 'lanewatch', discovery: null }; // prettier-ignore
    expect(wrongMqtt(broker, LOCAL)).toBeNull();
    expect(wrongMqtt({ ...broker, host: 'mqtt.example.vn' }, LOCAL)?.key).toBe('ch.wrong.private');
    expect(wrongMqtt({ ...broker, base: 'Ngõ' }, LOCAL)?.key).toBe('ch.wrong.word');
    expect(wrongMqtt({ ...broker, discovery: 'a/#' }, LOCAL)?.key).toBe('ch.wrong.word');
    expect(wrongToken('1903914807:AbC_d-e')).toBeNull();
    expect(wrongToken('short')?.key).toBe('ch.wrong.token');
  });
});

describe('a test', () => {
  const failed = (step: ChannelTest['step'], code: number | null = null): ChannelTest => ({
    delivered: false,
    step,
    code,
    detail: 'why',
  });
  it('says that it arrived, and where to look', () => {
    const arrived: ChannelTest = { delivered: true, step: null, code: null, detail: null };
    expect(trialKey('mail', arrived)).toBe('ch.arrived.mail');
    expect(trialKey('mqtt', arrived)).toBe('ch.arrived.mqtt');
  });
  it('says what to do about where it stopped', () => {
    expect(trialKey('webhook', failed('name'))).toBe('ch.step.name');
    expect(trialKey('mqtt', failed('sign_in'))).toBe('ch.step.sign_in');
    expect(trialKey('webhook', failed('answer', 404))).toBe('ch.step.not_there');
    expect(trialKey('webhook', failed('answer', 403))).toBe('ch.step.sign_in');
    expect(trialKey('webhook', failed('answer', 503))).toBe('ch.step.busy');
    expect(trialKey('webhook', failed('answer', 400))).toBe('ch.step.answer');
    expect(trialKey('zalo', failed('answer', 400))).toBe('ch.step.chat');
    expect(trialKey('mail', failed('answer', 550))).toBe('ch.step.from');
    expect(trialKey('mail', failed('answer', 451))).toBe('ch.step.busy');
  });
});
