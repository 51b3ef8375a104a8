/** The part of the HTTP client for alerts: when they are sent, to whom, what one wants of them, and this browser's subscription. */
import { iso, json, query, send } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Alert = Schemas['Alert'];
export type Schedule = Schemas['Schedule'];
export type SchedulePlan = Schemas['SchedulePlan'];
export type AlertRules = Schemas['AlertRules'];
export type ShownRules = Schemas['AlertRulesShown'];
export type NotificationPrefs = Schemas['NotificationPrefs'];
export type Subject = Schemas['Subject'];
export type Snooze = Schemas['Snooze'];
export type Subscribed = Schemas['PushSubscription'];
export type Delivery = Schemas['Delivery'];
export type ZaloLink = Schemas['ZaloLink'];

export type Channels = Schemas['Channels'];
export type ChannelStanding = Schemas['ChannelStanding'];
export type ChannelTest = Schemas['ChannelTest'];
export type ChannelName = 'mail' | 'zalo' | 'webhook' | 'mqtt' | 'relay';
export type MailServer = Schemas['MailServer'];
export type MqttBroker = Schemas['MqttBroker'];
/** Documents of the channels, as they are read and as they are set. */
export interface ChannelForms {
  mail: [Schemas['MailChannel'], Schemas['NewMailChannel']];
  zalo: [Schemas['ZaloChannel'], Schemas['NewZaloChannel']];
  webhook: [Schemas['Webhook'], Schemas['NewWebhook']];
  mqtt: [Schemas['MqttChannel'], Schemas['NewMqttChannel']];
  /** Told when no channel works. */
  relay: [Schemas['Relay'], Schemas['NewRelay']];
}

/** Alerts that are asked for at once. */
const RECENT = 5;

export const SUBJECTS: readonly Subject[] = ['motion', 'tamper', 'cameras', 'recorder'];

const match = (revision: number): Record<string, string> => ({ 'if-match': `"${revision}"` });
const items = <T>(path: string): Promise<T[]> => json<{ items: T[] }>(path).then((l) => l.items);

export const alertsApi = {
  /** Newest first; with the cursor of the page before, older ones. */
  recent: (cursor?: string) => json<Schemas['AlertPage']>(`alerts?${query({ limit: RECENT, cursor })}`),
  /** Nobody takes care of it after all. */
  reopen: (id: string) => send<Alert>('DELETE', `alerts/${id}/handled`),
  schedule: () => json<Schedule>('schedules/site'),
  setSchedule: ({ week, special, hand }: SchedulePlan, revision: number) =>
    send<Schedule>('PUT', 'schedules/site', { week, special, hand }, match(revision)),
  rules: () => json<ShownRules>('alert-rules'),
  setRules: (rules: AlertRules, revision: number) => send<ShownRules>('PUT', 'alert-rules', rules, match(revision)),
  prefs: () => json<NotificationPrefs>('me/notification-prefs'),
  setPrefs: (prefs: NotificationPrefs) => send<NotificationPrefs>('PUT', 'me/notification-prefs', prefs),
  zaloLink: () => json<ZaloLink>('me/zalo-link'),
  /** Takes as long as the platform does, at most some seconds. */
  linkZalo: () => send<ZaloLink>('POST', 'me/zalo-link'),
  leaveZaloLink: () => send<void>('DELETE', 'me/zalo-link'),
  snoozes: () => items<Snooze>('snoozes'),
  /** Without a camera: from all. */
  snooze: (camera: string | null, until: number) => send<Snooze>('POST', 'snoozes', { camera, until: iso(until) }),
  endSnooze: (id: string) => send<void>('DELETE', `snoozes/${id}`),
  channels: () => json<Channels>('alert-channels'),
  channel: <N extends ChannelName>(name: N) => json<ChannelForms[N][0]>(`alert-channels/${name}`),
  setChannel: <N extends ChannelName>(name: N, form: ChannelForms[N][1], revision: number) =>
    send<ChannelForms[N][0]>('PUT', `alert-channels/${name}`, form, match(revision)),
  /** Takes as long as the other side does, at most ten seconds. */
  tryChannel: (name: ChannelName, to: string | null) =>
    send<ChannelTest>('POST', `alert-channels/${name}/test`, { to }),
  /** The same to one's own address, as it is kept. */
  tryOwn: (name: 'mail' | 'zalo') => send<ChannelTest>('POST', `me/alert-tests/${name}`),
  vapidKey: () => json<{ public_key: string }>('push/vapid-key').then((k) => k.public_key),
  subscriptions: () => items<Subscribed>('push-subscriptions'),
  subscribe: (subscription: PushSubscriptionJSON, name: string) =>
    send<Subscribed>('POST', 'push-subscriptions', { endpoint: subscription.endpoint, keys: subscription.keys, name }),
  unsubscribe: (id: string) => send<void>('DELETE', `push-subscriptions/${id}`),
  test: (id: string) => send<{ alert: string }>('POST', `push-subscriptions/${id}/test`).then((t) => t.alert),
  /** Says that a message was opened, by its token; of whoever is signed in nothing is asked. */
  opened: (token: string) => send<void>('POST', 'alert-receipts', { token, what: 'opened' }),
  deliveries: (id: string) => items<Delivery>(`push-subscriptions/${id}/deliveries`),
};
