/**
 * Shapes of the HTTP API, written by hand until `npm run types` generates `schema.d.ts` from the service's
 * openapi.json. Everything else imports API shapes from here only, so the swap touches one file.
 * Times are RFC 3339 strings in UTC.
 */
export type RenditionId = 'main' | 'sub';
export type CameraState = 'live' | 'connecting' | 'stalled' | 'offline' | 'off';
export type Transport = 'tcp' | 'udp';

export interface StateReason {
  code: string;
  message: string;
}

export interface Rendition {
  id: RenditionId;
  url: string;
  state: CameraState;
  state_since: string;
  state_reason: StateReason | null;
  codec: string | null;
  mime: string | null;
  width: number | null;
  height: number | null;
  fps: number | null;
  kbps: number | null;
  gop_ms: number | null;
  lost_packets: number;
  reconnects: number;
  camera_clock_offset_s: number | null;
  recording: boolean;
}

export interface Camera {
  id: string;
  slug: string;
  name: string;
  area: string | null;
  order: number;
  enabled: boolean;
  revision: string | number;
  state: CameraState;
  state_since: string;
  state_reason: StateReason | null;
  recording: boolean;
  username: string | null;
  has_password: boolean;
  transport: Transport;
  renditions: Rendition[];
  audio: boolean;
  days_min?: number | null;
  days_max?: number | null;
  oldest_at: string | null;
  created_at: string;
}

/** Fields of POST /cameras; PATCH takes any subset. */
export interface CameraInput {
  name: string;
  area?: string | null;
  main_url: string;
  sub_url?: string | null;
  username?: string | null;
  password?: string | null;
  transport?: Transport;
  enabled?: boolean;
}

export interface Setup {
  password_set: boolean;
  time_zone: string;
  site_name: string;
  version: string;
}

/** Who is signed in. */
export interface Me {
  name: string;
  role: string;
  scopes: string[];
  password_set: boolean;
  locale: string | null;
}

export type Level = 'ok' | 'warn' | 'error';

export interface TestCheck {
  id: string;
  level: Level;
  code: string;
  params?: Record<string, unknown> | null;
  message?: string | null;
}

export interface CameraTest {
  ok: boolean;
  codec?: string | null;
  mime?: string | null;
  width?: number | null;
  height?: number | null;
  fps?: number | null;
  gop_ms?: number | null;
  kbps?: number | null;
  audio?: boolean;
  clock_offset_s?: number | null;
  checks: TestCheck[];
}

export interface HealthCheck {
  id: string;
  level: Level;
  code: string;
  params?: Record<string, unknown> | null;
  since?: string | null;
}

export interface Health {
  status: 'ok' | 'degraded' | 'starting';
  checks?: HealthCheck[];
  now?: string;
}

export interface Storage {
  volumes: {
    id: string;
    path: string;
    state: string;
    budget_bytes: number | null;
    used_bytes: number;
    free_bytes: number;
  }[];
  cameras: { id: string; bytes: number; bytes_per_day: number | null; oldest_at: string | null }[];
  days_kept_estimate: number | null;
}

export interface TimelineSpan {
  from: string;
  to: string;
}

export interface TimelineGap extends TimelineSpan {
  cause: string;
}

export interface TimelineCamera {
  id: string;
  spans: TimelineSpan[];
  gaps: TimelineGap[];
  live_edge: string | null;
  oldest_at: string | null;
}

export interface Timeline {
  bucket_s: number;
  cameras: TimelineCamera[];
}

export interface Day {
  date: string;
  seconds: number;
  cameras_with_footage: number;
}

/** [offset, bytes, start in 90 kHz ticks after the segment's start, duration in ticks, 1 when it starts with a key frame] */
export type FragmentRow = [number, number, number, number, number];

export interface SegmentRow {
  id: string;
  url: string;
  init: string;
  start_90k: number;
  duration_90k: number;
  from: string;
  to: string;
  first_offset: number;
  complete: boolean;
  fragments: FragmentRow[];
}

export interface SegmentList {
  inits: Record<string, { url: string; mime: string; width: number; height: number }>;
  segments: SegmentRow[];
  gaps: TimelineGap[];
  tail: { url: string; from: string } | null;
  next_cursor: string | null;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
