// Development only: the pretend hamlet behind the mock recorder: 19 cameras, their faults and their recorded past.
const HOUR = 3600_000;
export const BOOT = Math.floor(Date.now() / 60_000) * 60_000;

const NAMES = [
  'Cổng làng', 'Ngõ 1 – đình', 'Ngõ 2 – giếng', 'Ngõ 3 – nhà văn hóa', 'Ngõ 4', 'Ngõ 5 – trường mầm non', 'Ngõ 6 – chợ',
  'Ngõ 7 – cổng đình', 'Ngõ 8 – ao cá', 'Ngõ 9', 'Ngõ 10 – miếu', 'Ngõ 11 – trạm bơm', 'Ngõ 12', 'Ngõ 13 – nhà thờ họ',
  'Ngõ 14', 'Ngõ 15 – bờ đê', 'Ngõ 16', 'Ngõ 17 – sân bóng', 'Cổng sau',
]; // prettier-ignore

const strip = (s) =>
  s.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase().replace(/[^a-z0-9]+/g, '-'); // prettier-ignore

const FAULTS = {
  13: { state: 'offline', code: 'unreachable', message: 'connection timed out', ago: 2.4 * HOUR },
  17: { state: 'offline', code: 'auth_failed', message: '401 Unauthorized', ago: 0.3 * HOUR },
};

export const cameras = NAMES.map((name, k) => {
  const i = k + 1;
  const fault = FAULTS[i];
  const since = new Date(BOOT - (fault?.ago ?? 5 * HOUR)).toISOString();
  const reason = fault ? { code: fault.code, message: fault.message } : null;
  const rendition = (id, width, height, kbps) => ({
    id, url: `rtsp://192.168.1.${100 + i}/${id === 'main' ? 'Streaming/Channels/101' : 'Streaming/Channels/102'}`, state: fault?.state ?? 'live', state_since: since, state_reason: reason,
    codec: id === 'main' && i === 10 ? 'hvc1.1.6.L93.B0' : 'avc1.4d4016', mime: '', width, height, fps: 12, kbps, gop_ms: 2000,
    lost_packets: i % 4 === 0 ? 31 : 0, reconnects: i % 5, camera_clock_offset_s: i === 6 ? 41.5 : 0.2, record: true, recording: !fault,
  }); // prettier-ignore
  return {
    i, id: `018f0000-0000-7000-8000-0000000000${String(i).padStart(2, '0')}`, slug: strip(name), name, area: i < 10 ? 'Xóm trên' : 'Xóm dưới', order: i,
    enabled: true, revision: '1', state: fault?.state ?? 'live', state_since: since, state_reason: reason, recording: !fault, username: 'admin', has_password: true,
    transport: 'tcp', renditions: [rendition('main', 1280, 720, 1500), rendition('sub', 640, 360, 300)], audio: false,
    days_min: i === 1 ? 14 : null, days_max: null, detection: null, oldest_at: new Date(BOOT - 14.4 * 24 * HOUR).toISOString(), created_at: new Date(BOOT - 40 * 24 * HOUR).toISOString(),
  }; // prettier-ignore
});

export const find = (id) => cameras.find((c) => c.id === id || c.slug === id);

/** Unrecorded stretches of a camera: a camera loss each evening, one recorder stop, and the faults above. */
export function gaps(camera, from, to) {
  const out = [];
  const add = (a, b, cause) => {
    if (b > from && a < to) out.push({ a: Math.max(a, from), b: Math.min(b, to), cause });
  };
  const oldest = Date.parse(camera.oldest_at);
  add(-Infinity, oldest, 'retention');
  for (let day = Math.floor(from / 86400_000) - 1; day * 86400_000 < to; day++) {
    const midnight = day * 86400_000;
    if ((day + camera.i) % 6 === 0 && midnight < BOOT - 48 * HOUR)
      add(midnight + 2 * HOUR, midnight + 26 * HOUR, 'disabled');
    else
      add(midnight + (5 + (camera.i % 9)) * HOUR, midnight + (5 + (camera.i % 9)) * HOUR + 12 * 60_000, 'camera_lost');
    if (day % 3 === 0) add(midnight + 19 * HOUR, midnight + 19 * HOUR + 25 * 60_000, 'recorder_off');
    if (day % 4 === 1 && camera.i % 3 === 0) add(midnight + 16 * HOUR, midnight + 16.2 * HOUR, 'camera_silent');
  }
  add(BOOT - 9 * 60_000, BOOT - 8 * 60_000, 'camera_lost');
  if (camera.state !== 'live') add(Date.parse(camera.state_since), Infinity, camera.state_reason?.code === 'auth_failed' ? 'camera_auth' : 'camera_lost'); // prettier-ignore
  add(Date.now(), Infinity, 'unknown');
  out.sort((x, y) => x.a - y.a);
  const merged = [];
  for (const g of out) {
    const last = merged.at(-1);
    if (last && g.a <= last.b) last.b = Math.max(last.b, g.b);
    else merged.push(g);
  }
  return merged;
}

/** Recorded stretches: what the gaps leave over. */
export function spans(camera, from, to) {
  const out = [];
  let at = from;
  for (const g of gaps(camera, from, to)) {
    if (g.a > at) out.push({ a: at, b: g.a });
    at = Math.max(at, g.b);
  }
  if (at < to) out.push({ a: at, b: to });
  return out;
}
