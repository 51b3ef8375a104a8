// Development only: who looks after the pretend hamlet, an invite, and where somebody is signed in.
import { randomUUID } from 'node:crypto';
import { cameras } from './village.mjs';

const iso = (ms) => new Date(ms).toISOString();
const LIVE = { whole_site: false, cameras: [], areas: [] };
const person = (name, display_name, role, more = {}) => ({ id: randomUUID(), name, display_name, role, enabled: true, password_set: true, locale: 'vi', phone: '', reach: null, live: LIVE, revision: 1, created_at: iso(Date.now() - 6e9), ended_at: null, ...more }); // prettier-ignore
let people = [
  person('admin', 'Cán bộ CNTT xã', 'admin'),
  person('le.van.thuan', 'Lê Văn Thuận', 'head'),
  person('nguyen.thi.hoa', 'Nguyễn Thị Hòa', 'guard', {
    reach: { areas: ['Xóm dưới'], cameras: [] },
    live: { ...LIVE, whole_site: true },
    phone: '0912 345 678',
  }),
  person('trinh.dinh.phuc', 'Trịnh Đình Phúc', 'guard', { enabled: false }),
  person('nha.van.hoa', 'Màn hình nhà văn hóa', 'viewer', { reach: { areas: [], cameras: cameras.slice(0, 2).map((c) => c.id) } }), // prettier-ignore
];
let invites = [{ id: randomUUID(), name: 'bui.van.khanh', display_name: 'Bùi Văn Khánh', role: 'guard', reach: null, live: LIVE, by: 'admin', created_at: iso(Date.now() - 9e6), expires_at: iso(Date.now() + 1.6e8) }]; // prettier-ignore
const QR = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><rect width="21" height="21" fill="#fff"/><path d="M1 1h7v7H1zM13 1h7v7h-7zM1 13h7v7H1z"/></svg>'; // prettier-ignore
/** Where a phone is told how to trust the recorder. */
export const GUIDE = {
  url: 'http://192.168.1.10:8080/trust',
  qr_svg: QR,
  fingerprint: Array.from({ length: 32 }, (_, i) => (i * 7 + 16).toString(16).toUpperCase().slice(-2)).join(':'),
};
const sessions = [
  { id: randomUUID(), kind: 'web', address: '192.168.1.23', agent: 'Chrome, Android', created_at: iso(Date.now() - 9e7), seen_at: iso(Date.now() - 6e4), current: true }, // prettier-ignore
  { id: randomUUID(), kind: 'web', address: '192.168.1.40', agent: 'Firefox, Windows', created_at: iso(Date.now() - 9e8), seen_at: iso(Date.now() - 9e7), current: false }, // prettier-ignore
];

/** By route, each with `{ id, body }`: status and answer. */
export const routes = {
  'GET team': () => [200, { items: people.filter((p) => p.phone) }],
  'GET people': () => [200, { items: people }],
  'PATCH people/:id': ({ id, body }) => {
    people = people.map((p) => (p.id === id ? { ...p, ...body, revision: p.revision + 1 } : p));
    return [200, people.find((p) => p.id === id)];
  },
  'DELETE people/:id': ({ id }) => ((people = people.filter((p) => p.id !== id)), [204]),
  'GET invites': () => [200, { items: invites }],
  'POST invites': ({ body }) => {
    invites.push({ display_name: '', reach: null, live: LIVE, ...body, id: randomUUID(), by: 'admin', created_at: iso(Date.now()), expires_at: iso(Date.now() + 1.7e8) }); // prettier-ignore
    const { id, expires_at } = invites.at(-1);
    return [
      201,
      { id, expires_at, url: `https://192.168.1.10:8080/invite#${'x'.repeat(43)}`, qr_svg: QR, guide: GUIDE },
    ];
  },
  'DELETE invites/:id': ({ id }) => ((invites = invites.filter((i) => i.id !== id)), [204]),
  'GET sessions': () => [200, { items: sessions }],
  'DELETE sessions/:id': () => [204],
};
