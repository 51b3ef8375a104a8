/**
 * The few MP4 boxes the player looks into: a fragment's decode time and duration, an init segment's decoder
 * configuration. ISO/IEC 14496-12 and -15. Pure: bytes in, values out.
 */
export interface Box {
  type: string;
  /** Offset of the payload, after size and type. */
  start: number;
  end: number;
}

const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength);

export function* boxes(b: Uint8Array, from = 0, to = b.length): Generator<Box> {
  const v = viewOf(b);
  for (let o = from; o + 8 <= to;) {
    let size = v.getUint32(o);
    let head = 8;
    if (size === 1 && o + 16 <= to) {
      size = Number(v.getBigUint64(o + 8));
      head = 16;
    }
    if (size === 0) size = to - o;
    if (size < head || o + size > to) return;
    yield { type: String.fromCharCode(b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!), start: o + head, end: o + size };
    o += size;
  }
}

export function find(b: Uint8Array, path: readonly string[], from = 0, to = b.length): Box | null {
  let box: Box | null = null;
  for (const type of path) {
    box = null;
    for (const candidate of boxes(b, from, to)) {
      if (candidate.type === type) {
        box = candidate;
        break;
      }
    }
    if (!box) return null;
    from = box.start;
    to = box.end;
  }
  return box;
}

export interface FragmentInfo {
  track: number;
  /** Base media decode time in the track's timescale (90 kHz here), absolute. */
  time: number;
  /** Sum of the samples' durations; null when it comes from the init segment's defaults. */
  duration: number | null;
  samples: number;
  /** Where the last sample's duration stands, so that it can be corrected; null when it cannot. */
  durationAt: number | null;
}

/** The first track run of a moof+mdat pair. */
export function readFragment(b: Uint8Array): FragmentInfo | null {
  const traf = find(b, ['moof', 'traf']);
  if (!traf) return null;
  const v = viewOf(b);
  let track = 0;
  let time = 0;
  let fallback: number | null = null;
  let fallbackAt: number | null = null;
  let info: FragmentInfo | null = null;
  for (const box of boxes(b, traf.start, traf.end)) {
    const flags = v.getUint32(box.start) & 0xffffff;
    if (box.type === 'tfhd') {
      track = v.getUint32(box.start + 4);
      const at = box.start + 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
      if (flags & 8) {
        fallback = v.getUint32(at);
        fallbackAt = at;
      }
    } else if (box.type === 'tfdt') {
      time = b[box.start] === 1 ? Number(v.getBigUint64(box.start + 4)) : v.getUint32(box.start + 4);
    } else if (box.type === 'trun' && !info) {
      const samples = v.getUint32(box.start + 4);
      const first = box.start + 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
      const stride = 4 * [0x100, 0x200, 0x400, 0x800].filter((f) => flags & f).length;
      if (flags & 0x100) {
        let sum = 0;
        for (let i = 0; i < samples; i++) sum += v.getUint32(first + i * stride);
        info = { track, time, duration: sum, samples, durationAt: samples ? first + (samples - 1) * stride : null };
      } else {
        const duration = fallback === null ? null : fallback * samples;
        info = { track, time, duration, samples, durationAt: samples === 1 ? fallbackAt : null };
      }
    }
  }
  return info && { ...info, track, time };
}

/** Writes the duration of a one-sample fragment in place. */
export function setDuration(b: Uint8Array, info: FragmentInfo, duration: number): void {
  if (info.durationAt !== null && info.samples === 1)
    viewOf(b).setUint32(info.durationAt, Math.max(1, Math.round(duration)));
}

export interface VideoConfig {
  codec: string;
  width: number;
  height: number;
  /** avcC or hvcC record, the `description` of WebCodecs. */
  description: Uint8Array;
}

const hex = (n: number): string => n.toString(16).padStart(2, '0');

/** The H.264 decoder configuration of an init segment; null for anything else. */
export function readInit(b: Uint8Array): VideoConfig | null {
  const moov = find(b, ['moov']);
  if (!moov) return null;
  for (const trak of boxes(b, moov.start, moov.end)) {
    if (trak.type !== 'trak') continue;
    const stsd = find(b, ['mdia', 'minf', 'stbl', 'stsd'], trak.start, trak.end);
    if (!stsd) continue;
    for (const entry of boxes(b, stsd.start + 8, stsd.end)) {
      if (entry.type !== 'avc1' && entry.type !== 'avc3') continue;
      const v = viewOf(b);
      const avcc = find(b, ['avcC'], entry.start + 78, entry.end);
      if (!avcc) continue;
      const d = b.slice(avcc.start, avcc.end);
      return {
        codec: `avc1.${hex(d[1]!)}${hex(d[2]!)}${hex(d[3]!)}`,
        width: v.getUint16(entry.start + 24),
        height: v.getUint16(entry.start + 26),
        description: d,
      };
    }
  }
  return null;
}

/** Init segment and media of a small fMP4 answer such as `keyframes.mp4`. */
export function splitInit(b: Uint8Array): { init: Uint8Array; media: Uint8Array } {
  for (const box of boxes(b)) {
    if (box.type === 'moof') {
      const head = box.start - 8;
      return { init: b.subarray(0, head), media: b.subarray(head) };
    }
  }
  return { init: b, media: b.subarray(b.length) };
}

/** The bytes of the first mdat: the one sample of a key-frame fragment. */
export function firstMdat(b: Uint8Array): Uint8Array | null {
  const mdat = find(b, ['mdat']);
  return mdat && b.subarray(mdat.start, mdat.end);
}
