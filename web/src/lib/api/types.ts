/**
 * Shapes of the HTTP API, as the service describes them: `schema.d.ts` is made from its openapi.json by `npm run types`, and
 * `npm run check` fails when it is not. Everything else imports API shapes from here only. Times are RFC 3339 strings in UTC.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

export type RenditionId = Schemas['RenditionId'];
export type CameraState = Schemas['CameraState'];
export type Transport = Schemas['Transport'];
export type StateReason = Schemas['StateReason'];
export type Rendition = Schemas['Rendition'];
export type Camera = Schemas['Camera'];
/** Fields of POST /cameras; PATCH takes any subset. */
export type CameraInput = Schemas['NewCamera'];
export type CameraPatch = Schemas['CameraPatch'];
export type Setup = Schemas['Setup'];
/** Who is signed in. */
export type Me = Schemas['Me'];
export type Level = Schemas['Level'];
export type CameraTestInput = Schemas['CameraTest'];
export type TestCheck = Schemas['Check'];
/** What a camera test found. */
export type CameraTest = Schemas['ProbeReport'];
export type Health = Schemas['Health'];
export type HealthCheck = Schemas['HealthCheck'];
export type Storage = Schemas['Storage'];
export type Timeline = Schemas['Timeline'];
export type TimelineCamera = Schemas['TimelineCamera'];
export type TimelineGap = Schemas['GapStretch'];
export type Day = Schemas['Day'];
/** [offset, bytes, start in 90 kHz ticks after the segment's start, duration in ticks, 1 when it starts with a key frame] */
export type FragmentRow = [number, number, number, number, number];
export type SegmentRow = Omit<Schemas['ListedSegment'], 'fragments'> & { fragments: FragmentRow[] };
export type SegmentList = Omit<Schemas['List'], 'segments'> & { segments: SegmentRow[] };

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
