// Development only: when the pretend hamlet alerts, what is silenced, and a phone that is told.
import { randomUUID } from 'node:crypto';
import { cameras } from './village.mjs';

const iso = (ms) => new Date(ms).toISOString();
const night = '1'.repeat(10) + '0'.repeat(34) + '1'.repeat(4);
let plan = { week: Array(7).fill(night), special: [{ date: '2027-02-06', halves: '1'.repeat(48) }], hand: { armed: true, until: iso(Date.now() + 5 * 3.6e6) }, revision: 1 }; // prettier-ignore
let rules = { cameras: [], min_seconds: 2, min_size: 0, tamper_always: true, cooldown_minutes: 5, night_budget: 20, digest_at: '06:30', escalate_after_minutes: null, in_line: [], revision: 1 }; // prettier-ignore
let prefs = { enabled: true, subjects: [], cameras: [], quiet: { from: '12:00', to: '13:30', strong_anyway: true }, mail: null, zalo: null }; // prettier-ignore
let snoozes = [];
let phones = [{ id: randomUUID(), name: 'Android, Chrome', host: 'fcm.googleapis.com', created_at: iso(Date.now() - 9e8), used_at: iso(Date.now() - 9e6), gone_at: null }]; // prettier-ignore
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
  'GET schedules/:id': () => [200, schedule()],
  'PUT schedules/:id': ({ body }) => {
    plan = { ...body, revision: plan.revision + 1 };
    return [200, schedule()];
  },
  'GET alert-rules': () => [200, rules],
  'PUT alert-rules': ({ body }) => [200, (rules = { ...body, revision: rules.revision + 1 })],
  'GET me/:id': () => [200, prefs],
  'PUT me/notification-prefs': ({ body }) => [200, (prefs = body)],
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
    phones.push({ id: randomUUID(), name: body.name, host: new URL(body.endpoint).host, created_at: iso(Date.now()), used_at: null, gone_at: null }); // prettier-ignore
    return [201, phones.at(-1)];
  },
  'DELETE push-subscriptions/:id': ({ id }) => ((phones = phones.filter((p) => p.id !== id)), [204]),
  'POST push-subscriptions/:id/test': () => {
    tests.push({ id: randomUUID(), alert: randomUUID(), state: 'sent', tries: 1, made_at: iso(Date.now()), sent_at: iso(Date.now()), shown_at: null, opened_at: null, error: null }); // prettier-ignore
    return [202, { alert: tests.at(-1).alert }];
  },
  'GET push-subscriptions/:id/deliveries': () => [200, { items: tests }],
};
