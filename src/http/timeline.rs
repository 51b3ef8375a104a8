//! `GET /timeline`: what is recorded and what is not, of many cameras at once.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{Caller, Playback};
use super::cameras::RenditionId;
use super::duration;
use super::error::{Answer, Problem};
use super::events::Kind;
use super::extract::{Json, Query};
use super::wire::{GapStretch, Span, Stretch, Time};
use crate::base::{CameraId, EventId, TICKS_PER_SECOND, TimeRange};
use crate::catalogue::{Camera, Event, Scope, Stream};
use crate::hub::State as HubState;

/// Cameras in one question.
const CAMERAS_MAX: usize = 200;
/// Buckets that a range is cut into when the width is left out: about one per pixel of a timeline.
const BUCKETS: i64 = 1440;
/// Events of one camera: more than a timeline has pixels for.
const EVENTS: u32 = 1000;

/// What of whom.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Ids or slugs, separated by commas; all cameras when it is left out.
    cameras: Option<String>,
    /// Which encoding; that of the full picture when it is left out or the camera has no other.
    #[param(inline)]
    rendition: Option<RenditionId>,
    /// Width of the buckets of `motion`, such as `PT60S`.
    bucket: Option<String>,
}

/// What exists.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Timeline {
    /// Seconds of a bucket of `motion`.
    bucket_s: f64,
    /// In the order asked for.
    cameras: Vec<Line>,
}

/// What exists of one camera.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimelineCamera)]
pub(super) struct Line {
    /// Which.
    #[schema(value_type = String, format = "uuid")]
    id: CameraId,
    /// Recorded stretches, in order, none touching another.
    spans: Vec<Stretch>,
    /// Stretches that are not recorded, in order.
    gaps: Vec<GapStretch>,
    /// Strength of motion in each bucket, 0 to 255 on a scale of logarithms; empty when nobody looked.
    motion: Vec<u8>,
    /// What happened, newest first; the newest of them, when there were many.
    events: Vec<EventStretch>,
    /// End of the footage while the camera is live.
    #[schema(required = true)]
    live_edge: Option<Time>,
    /// Oldest footage.
    #[schema(required = true)]
    oldest_at: Option<Time>,
}

/// An event on a timeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimelineEvent)]
struct EventStretch {
    /// Which.
    #[schema(value_type = String, format = "uuid")]
    id: EventId,
    /// What.
    kind: Kind,
    /// First instant.
    from: Time,
    /// First instant after; null while it lasts.
    #[schema(required = true)]
    to: Option<Time>,
}

/// The cameras that a comma list names, or all.
pub(super) async fn named_cameras(app: &App, scope: &Scope, list: Option<&str>) -> Answer<Vec<Camera>> {
    let all = app.catalogue().cameras(scope).await?;
    let Some(list) = list.filter(|list| !list.trim().is_empty()) else { return Ok(all) };
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    if names.len() > CAMERAS_MAX {
        return Err(Problem::invalid(format!("more than {CAMERAS_MAX} cameras; ask in parts")));
    }
    let find = |name: &str| {
        let id: Option<CameraId> = name.parse().ok();
        let found = all.iter().find(|c| Some(c.id) == id || c.slug == name).cloned();
        found.ok_or_else(|| {
            Problem::not_found(format!("there is no camera {name:?}; it may have been removed"))
        })
    };
    names.into_iter().map(find).collect()
}

/// The encoding asked for, or the full picture where there is no other.
fn chosen(camera: &Camera, rendition: RenditionId) -> Option<&Stream> {
    camera.stream(rendition.into()).or_else(|| camera.streams.first())
}

/// Tells what is recorded of each camera.
#[utoipa::path(get, path = "/timeline", tag = "footage", params(Which, Span),
    responses((status = 200, description = "What exists", body = Timeline), Problem))]
pub(super) async fn get_timeline(
    State(app): State<App>,
    caller: Caller<Playback>,
    Query(which): Query<Which>,
    Query(span): Query<Span>,
) -> Answer<Json<Timeline>> {
    let range = span.range()?;
    let bucket = match &which.bucket {
        Some(text) => {
            duration::parse(text).map_err(|e| Problem::invalid(e.message()).with("field", "bucket"))?
        }
        None => (range.ticks() / BUCKETS).max(TICKS_PER_SECOND),
    };
    let cameras = named_cameras(&app, &caller.scope, which.cameras.as_deref()).await?;
    let rendition = which.rendition.unwrap_or(RenditionId::Main);
    // The catalogue has several readers: cameras are asked for side by side.
    let lines = cameras
        .iter()
        .map(|camera| line(&app, &caller.scope, camera, chosen(camera, rendition), range, bucket));
    let lines = futures::future::try_join_all(lines).await?;
    Ok(Json(Timeline { bucket_s: bucket as f64 / TICKS_PER_SECOND as f64, cameras: lines }))
}

async fn line(
    app: &App,
    scope: &Scope,
    camera: &Camera,
    stream: Option<&Stream>,
    range: TimeRange,
    bucket: i64,
) -> Answer<Line> {
    let mut line = Line {
        id: camera.id,
        spans: Vec::new(),
        gaps: Vec::new(),
        motion: Vec::new(),
        events: Vec::new(),
        live_edge: None,
        oldest_at: None,
    };
    let Some(stream) = stream else { return Ok(line) };
    let catalogue = app.catalogue();
    line.spans = catalogue.spans(scope, stream.key, range).await?.into_iter().map(Stretch::from).collect();
    let end = Ord::min(range.to, app.now());
    for gap in catalogue.gaps(scope, stream.key, range).await? {
        // A gap that lasts ends now, as far as anybody can tell.
        let whole = TimeRange::new(gap.from, gap.to.unwrap_or(end));
        if let Some(part) = whole.overlap(range) {
            line.gaps.push(GapStretch { from: Time(part.from), to: Time(part.to), cause: gap.cause.name() });
        }
    }
    let live = app.hub().get(stream.key).is_some_and(|s| s.status().borrow().state == HubState::Live);
    if live {
        line.live_edge = catalogue.newest(scope, stream.key).await?.map(Time);
    }
    line.oldest_at = catalogue.oldest(scope, stream.key).await?.map(Time);
    line.motion = catalogue.motion_strip(scope, camera, range, bucket).await?;
    let event =
        |e: Event| EventStretch { id: e.id, kind: e.kind.into(), from: Time(e.start), to: e.end.map(Time) };
    line.events =
        catalogue.events_of(scope, camera.id, range, EVENTS).await?.into_iter().map(event).collect();
    Ok(line)
}
