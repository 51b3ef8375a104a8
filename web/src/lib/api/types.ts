/**
 * Shapes of the HTTP API, by the names the app uses. They come from `schema.d.ts`, which `npm run types` makes from the
 * service's openapi.json; the tests fail when it is not the newest. Times are RFC 3339 strings in UTC.
 */
import type { components } from './schema';

export type Schemas = components['schemas'];

export type RenditionId = Schemas['RenditionId'];
export type CameraState = Schemas['CameraState'];
export type Transport = Schemas['Transport'];
export type StateReason = Schemas['StateReason'];
export type Rendition = Schemas['Rendition'];
export type Camera = Schemas['Camera'];
export type CameraInput = Schemas['NewCamera'];
export type Setup = Schemas['Setup'];
export type Me = Schemas['Me'];
export type Level = Schemas['Level'];
export type TestCheck = Schemas['Check'];
export type CameraTest = Schemas['CameraTest'];
export type NewCameraTest = Schemas['NewCameraTest'];
export type TestedStream = Schemas['TestedStream'];
export type StreamReport = Schemas['ProbeReport'];
export type FoundCamera = Schemas['FoundCamera'];
export type Site = Schemas['Site'];
export type SitePatch = Schemas['SitePatch'];
export type SetupStep = Schemas['SetupStep'];
export type HealthCheck = Schemas['HealthCheck'];
export type Health = Schemas['Health'];
export type Machine = Schemas['Machine'];
export type Storage = Schemas['Storage'];
export type Tls = Schemas['Tls'];
export type Forecast = Schemas['Forecast'];
export type Outage = Schemas['Outage'];
export type TimelineSpan = Schemas['Stretch'];
export type TimelineGap = Schemas['GapStretch'];
export type TimelineCamera = Schemas['TimelineCamera'];
export type Timeline = Schemas['Timeline'];
export type Day = Schemas['Day'];
export type EventKind = Schemas['EventKind'];
export type ObjectKind = Schemas['ObjectKind'];
export type MotionEvent = Schemas['Event'];
export type Handled = Schemas['Handled'];
export type Verdict = Schemas['Verdict'];
export type EventCounts = Schemas['EventCounts'];
export type Bookmark = Schemas['Bookmark'];
export type Lock = Schemas['Lock'];
export type TimelineEvent = Schemas['TimelineEvent'];
export type ZoneKind = Schemas['ZoneKind'];
export type Sensitivity = Schemas['Sensitivity'];
export type Zone = Schemas['Zone'];
export type Zones = Schemas['Zones'];
export type ZonePreview = Schemas['ZonePreview'];
export type Detection = Schemas['Detection'];
export type Activity = Schemas['Activity'];
export type SearchState = Schemas['SearchState'];
export type MotionSearch = Schemas['MotionSearch'];
export type MotionHit = Schemas['MotionHit'];
export type MotionHits = Schemas['MotionHits'];
export type Export = Schemas['Export'];
export type ExportEstimate = Schemas['ExportEstimate'];
export type Share = Schemas['Share'];
export type MadeShare = Schemas['MadeShare'];
/** Offset, bytes, start in 90 kHz ticks after the segment's start, duration in ticks, 1 when it starts with a key frame. */
export type FragmentRow = [number, number, number, number, number];
/** The description has no word for a row of fixed length. */
export type SegmentRow = Omit<Schemas['ListedSegment'], 'fragments'> & { fragments: FragmentRow[] };
export type SegmentList = Omit<Schemas['List'], 'segments'> & { segments: SegmentRow[] };

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
export type Layout = Schemas['Layout'];
export type LayoutInput = Schemas['NewLayout'];
