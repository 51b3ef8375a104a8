// Development only: when the pretend hamlet alerts, what is silenced, and a phone that is told.
import { randomUUID } from 'node:crypto';
import { cameras } from './village.mjs';

const iso = (ms) => new Date(ms).toISOString();
const night = '1'.repeat(10) + '0'.repeat(34) + '1'.repeat(4);
let plan = { week: Array(7).fill(night), special: [{ date: '2027-02-06', halves: '1'.repeat(48) }], hand: { armed: true, until: iso(Date.now() + 5 * 3.6e6), then: null }, revision: 1 }; // prettier-ignore
let rules = { cameras: [], cameras_off: [], zones: {}, min_seconds: 2, min_size: 0, tamper_always: true, cooldown_minutes: 5, night_budget: 20, digest_at: '06:30', escalate_after_minutes: null, in_line: [], revision: 1 }; // prettier-ignore
let prefs = { enabled: true, subjects: [], cameras: [], quiet: { from: '12:00', to: '13:30', strong_anyway: true }, mail: null, zalo: null }; // prettier-ignore
const channels = {
  mail: { server: { enabled: true, host: 'smtp.example.vn', port: 465, security: 'tls', from: 'camera@example.vn', username: 'camera' }, password_set: true, revision: 2 }, // prettier-ignore
  zalo: { enabled: false, token_set: false, revision: 0 },
  webhook: { enabled: true, host: 'hooks.example.vn', revision: 1 },
  mqtt: { broker: { enabled: true, host: '192.168.1.5', port: 1883, username: 'ha', base: 'lanewatch', discovery: 'homeassistant', commands: false, pictures: true }, password_set: true, revision: 1 }, // prettier-ignore
  relay: { enabled: true, host: null, mqtt: true, on_since: null, revision: 1 },
};
const standings = () => [
  { name: 'mail', enabled: channels.mail.server.enabled, sent_at: iso(Date.now() - 4e6), failing_since: null, waiting: 0 }, // prettier-ignore
  { name: 'zalo', enabled: channels.zalo.enabled, sent_at: null, failing_since: null, waiting: 0 },
  { name: 'webhook', enabled: channels.webhook.enabled, sent_at: null, failing_since: iso(Date.now() - 9e5), waiting: 3 }, // prettier-ignore
  { name: 'mqtt', enabled: channels.mqtt.broker.enabled, sent_at: null, failing_since: null, waiting: 0 },
];
const has = (secret, kept) => (secret === undefined ? kept : secret !== '');
/** What is kept of a form: secrets are not. */
const kept = {
  mail: (form, now) => ({ server: form.server, password_set: has(form.password, now.password_set) }),
  zalo: (form, now) => ({ enabled: form.enabled, token_set: has(form.token, now.token_set) }),
  webhook: (form, now) => ({ enabled: form.enabled, host: form.url === undefined ? now.host : form.url && new URL(form.url).host, ...(form.url ? { secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } : {}) }), // prettier-ignore
  mqtt: (form, now) => ({ broker: form.broker, password_set: has(form.password, now.password_set) }),
  relay: (form, now) => ({ enabled: form.enabled, mqtt: form.mqtt, on_since: null, host: form.url === undefined ? now.host : form.url ? new URL(form.url).host : null }), // prettier-ignore
};
const told = (id, kind, which, minutes, more = {}) => ({ id, kind, cameras: which.map((i) => cameras[i].id), from: iso(Date.now() - minutes * 6e4), to: iso(Date.now() - minutes * 6e4 + 3e4), rank: 0.5, told: true, events: [], reached: { made: 3, sent: 3, shown: 2, opened: 1 }, handled: null, ...more }); // prettier-ignore
let matters = [
  told(randomUUID(), 'camera_lost', [12], 25),
  told(randomUUID(), 'motion', [6, 7], 190, { handled: { by: 'binh', at: iso(Date.now() - 180 * 6e4), note: 'đã gọi chủ nhà' } }), // prettier-ignore
  told(randomUUID(), 'disk', [], 400, { reached: { made: 2, sent: 0, shown: 0, opened: 0 } }),
  ...Array.from({ length: 12 }, (_, i) => told(randomUUID(), 'motion', [i], 600 + i * 40, { told: false, reached: { made: 3, sent: 0, shown: 0, opened: 0 } })), // prettier-ignore
];
const NO_ZALO = { available: true, state: 'none', code: null, bot: null, seconds_left: null, name: null, step: null, answer: null }; // prettier-ignore
let zalo = NO_ZALO;
let snoozes = [];
let phones = [{ id: randomUUID(), name: 'Android, Chrome', host: 'fcm.googleapis.com', created_at: iso(Date.now() - 9e8), used_at: iso(Date.now() - 9e6), gone_at: null, current: true }]; // prettier-ignore
let tests = [];

const schedule = () => ({
  ...plan,
  standing: {
    armed: plan.hand ? plan.hand.armed : true,
    by_hand: plan.hand !== null,
    until: plan.hand ? plan.hand.until : iso(Date.now() + 5 * 3.6e6),
  },
});

/** By route, each with `{ id, body }`: status and answer. */
export const routes = {
  'GET alerts': ({ query }) => {
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Number(query.get('limit') ?? 50);
    return [200, { items: matters.slice(from, to), next_cursor: to < matters.length ? String(to) : null }];
  },
  'POST alerts/:id/handled': ({ id, body }) => {
    const handled = { by: 'binh', at: iso(Date.now()), note: body.note };
    matters = matters.map((a) => (a.id === id ? { ...a, handled: a.handled ?? handled } : a));
    return [200, matters.find((a) => a.id === id)];
  },
  'DELETE alerts/:id/handled': ({ id }) => {
    matters = matters.map((a) => (a.id === id ? { ...a, handled: null } : a));
    return [200, matters.find((a) => a.id === id)];
  },
  'GET schedules/:id': () => [200, schedule()],
  'PUT schedules/:id': ({ body }) => {
    plan = { ...body, revision: plan.revision + 1 };
    return [200, schedule()];
  },
  'GET alert-rules': () => [200, rules],
  'PUT alert-rules': ({ body }) => [200, (rules = { ...body, revision: rules.revision + 1 })],
  'GET me/:id': ({ id }) => [200, id === 'zalo-link' ? zalo : prefs],
  'POST me/:id': () => [
    200,
    (zalo = { ...zalo, state: 'waiting', code: '48213970', bot: 'bot.HoThon', seconds_left: 590 }),
  ],
  'DELETE me/:id': () => ((zalo = NO_ZALO), [204]),
  'PUT me/notification-prefs': ({ body }) => [200, (prefs = body)],
  'GET alert-channels': () => [200, { items: standings(), local_hosts: ['192.168.1.5'] }],
  'GET alert-channels/:id': ({ id }) => [200, channels[id]],
  'PUT alert-channels/:id': ({ id, body }) => {
    const revision = channels[id].revision + 1;
    channels[id] = { ...kept[id](body, channels[id]), revision };
    return [200, channels[id]];
  },
  'POST alert-channels/:id/test': ({ id }) => [200, id === 'webhook' ? { delivered: false, step: 'answer', code: 404, detail: 'the webhook answered 404' } : { delivered: true, step: null, code: null, detail: null }], // prettier-ignore
  'GET snoozes': () => [200, { items: snoozes.filter((s) => Date.parse(s.until) > Date.now()) }],
  'POST snoozes': ({ body }) => {
    const camera = body.camera ? cameras.find((c) => c.id === body.camera || c.slug === body.camera).id : null;
    snoozes = snoozes.filter((s) => s.camera !== camera);
    snoozes.push({ id: randomUUID(), camera, until: body.until, since: iso(Date.now()) });
    return [201, snoozes.at(-1)];
  },
  'DELETE snoozes/:id': ({ id }) => ((snoozes = snoozes.filter((s) => s.id !== id)), [204]),
  'GET push/:id': () => [200, { public_key: Buffer.alloc(65, 4).toString('base64url') }],
  'GET push-subscriptions': () => [200, { items: phones }],
  'POST push-subscriptions': ({ body }) => {
    phones.push({ id: randomUUID(), name: body.name, host: new URL(body.endpoint).host, created_at: iso(Date.now()), used_at: null, gone_at: null, current: true }); // prettier-ignore
    return [201, phones.at(-1)];
  },
  'DELETE push-subscriptions/:id': ({ id }) => ((phones = phones.filter((p) => p.id !== id)), [204]),
  'POST push-subscriptions/:id/test': () => {
    tests.push({ id: randomUUID(), alert: randomUUID(), kind: 'test', state: 'sent', tries: 1, made_at: iso(Date.now()), sent_at: iso(Date.now()), shown_at: null, opened_at: null, error: null }); // prettier-ignore
    return [202, { alert: tests.at(-1).alert }];
  },
  'GET push-subscriptions/:id/deliveries': () => [200, { items: tests }],
};
