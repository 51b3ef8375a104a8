//! `GET /events`: what happened, its pictures and its clip.

use std::collections::HashMap;
use std::fmt::Write;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{Caller, Playback};
use super::duration;
use super::error::{Answer, Problem};
use super::etag::{etag, not_modified};
use super::extract::{Json, Path, Query};
use super::marks::{HandledBy, VerdictName};
use super::media::{How, send_clip};
use super::paging::{cut, page_limit, read_cursor};
use super::segments::Which;
use super::timeline::named_cameras;
use super::wire::{Span, Time};
use crate::base::{CELLS, CameraId, Cells, EventId, TICKS_PER_SECOND, Ticks, TimeRange, ZoneId};
use crate::catalogue::{self, Event as Row, EventFilter, EventKind, PictureSize, Scope};

/// Events in one answer.
const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 200;
/// Ticks of a clip before its event, so that one sees where somebody came from.
const PRE_ROLL: i64 = 5 * TICKS_PER_SECOND;
/// And after it.
const POST_ROLL: i64 = 5 * TICKS_PER_SECOND;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EventKind)]
pub(super) enum Kind {
    /// Something moved.
    Motion,
    /// The camera is covered or sprayed over.
    TamperCovered,
    /// The picture is out of focus.
    TamperDefocused,
    /// The camera looks elsewhere.
    TamperTurned,
    /// Pictures come, and all are the same.
    TamperFrozen,
    /// The picture is black.
    TamperBlack,
    /// Of a newer recorder.
    Unknown,
}

impl From<EventKind> for Kind {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::Motion => Self::Motion,
            EventKind::TamperCovered => Self::TamperCovered,
            EventKind::TamperDefocused => Self::TamperDefocused,
            EventKind::TamperTurned => Self::TamperTurned,
            EventKind::TamperFrozen => Self::TamperFrozen,
            EventKind::TamperBlack => Self::TamperBlack,
            EventKind::Unknown => Self::Unknown,
        }
    }
}

/// What something in the picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ObjectKind {
    /// Somebody, also on a bicycle or a motorbike.
    Person,
    /// What people drive.
    Vehicle,
    /// Dogs, cats, cattle.
    Animal,
    /// Anything else that has a name.
    Other,
}

/// A kind of thing that the picture of an event shows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct EventObject {
    /// What.
    kind: ObjectKind,
    /// How sure, 0 to 1.
    confidence: f64,
}

impl From<catalogue::Object> for EventObject {
    fn from(object: catalogue::Object) -> Self {
        let kind = match object.kind {
            catalogue::ObjectKind::Person => ObjectKind::Person,
            catalogue::ObjectKind::Vehicle => ObjectKind::Vehicle,
            catalogue::ObjectKind::Animal => ObjectKind::Animal,
            catalogue::ObjectKind::Other => ObjectKind::Other,
        };
        Self { kind, confidence: object.confidence }
    }
}

/// How much an event is worth a person's attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EventRank)]
pub(super) enum Rank {
    /// Its picture was looked at, and there was nobody, no vehicle, no animal.
    Low,
    /// Any other, also one that was not looked at.
    Usual,
}

impl From<catalogue::Rank> for Rank {
    fn from(rank: catalogue::Rank) -> Self {
        match rank {
            catalogue::Rank::Low => Self::Low,
            catalogue::Rank::Usual => Self::Usual,
        }
    }
}

/// An event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Event {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: EventId,
    /// What.
    kind: Kind,
    /// Whose.
    #[schema(value_type = String, format = "uuid")]
    camera: CameraId,
    /// First instant.
    from: Time,
    /// First instant after; null while it lasts.
    #[schema(required = true)]
    to: Option<Time>,
    /// How sure and how strong, 0 to 1.
    score: f64,
    /// Largest share of the picture that moved at once, 0 to 1.
    size: f64,
    /// Every cell that moved: 72 bytes in hexadecimal; cell (column, row) of 32 × 18 is bit `row * 32 + column`, lowest
    /// bit of the first byte first.
    cells: String,
    /// Zones that it was in.
    #[schema(value_type = Vec<String>)]
    zone_ids: Vec<ZoneId>,
    /// Instant of its best picture.
    best_at: Time,
    /// What its picture shows where something moved, each kind once, surest first; empty when nothing was found, null when
    /// nobody looked (the recorder's object filter is optional, and leaves out events when it is busy).
    #[schema(required = true)]
    objects: Option<Vec<EventObject>>,
    /// How much it is worth a person's attention.
    rank: Rank,
    /// Whoever asks has seen it.
    seen: bool,
    /// Who took care of it; null when nobody has.
    #[schema(required = true)]
    handled: Option<HandledBy>,
    /// What somebody found it to be.
    #[schema(required = true)]
    verdict: Option<VerdictName>,
    /// Its pictures, as far as there are any.
    snapshot: Snapshot,
    /// Its footage.
    clip: ClipLink,
}

/// Where the pictures of an event are.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = EventSnapshot)]
struct Snapshot {
    /// For a list.
    #[schema(required = true)]
    small: Option<String>,
    /// To look at.
    #[schema(required = true)]
    large: Option<String>,
}

/// Where the footage of an event is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EventClip)]
struct ClipLink {
    /// An MP4 with some seconds before and after.
    url: String,
    /// Where it begins.
    from: Time,
    /// Where it ends; so far, while the event lasts.
    to: Time,
}

/// Cells as the API writes them.
pub(super) fn hex(cells: Cells) -> String {
    cells.to_bytes().iter().fold(String::with_capacity(144), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn clip_range(app: &App, row: &Row) -> TimeRange {
    let end = row.end.unwrap_or_else(|| app.now().max(row.seen));
    TimeRange::new(row.start - PRE_ROLL, end + row.end.map_or(0, |_| POST_ROLL))
}

/// Events with where their pictures are and what is marked on them: two more questions for all of them.
pub(super) async fn shown<R>(app: &App, caller: &Caller<R>, rows: Vec<Row>) -> Answer<Vec<Event>> {
    let ids: Vec<EventId> = rows.iter().map(|row| row.id).collect();
    let mut pictures: HashMap<EventId, Snapshot> = HashMap::new();
    // A motion file that cannot be read takes the pictures, not the list.
    for (id, size) in app.catalogue().pictures(&caller.scope, &ids).await.unwrap_or_default() {
        let snapshot = pictures.entry(id).or_default();
        let (place, name) = match size {
            PictureSize::Small => (&mut snapshot.small, "small"),
            PictureSize::Large => (&mut snapshot.large, "large"),
        };
        *place = Some(format!("/api/v1/events/{id}/snapshot.jpg?size={name}"));
    }
    let mut marks = app.catalogue().event_marks(&caller.scope, &ids, caller.who.id()).await?;
    let event = |row: Row| {
        let (clip, rank) = (clip_range(app, &row), row.rank().into());
        let marks = marks.remove(&row.id).unwrap_or_default();
        Event {
            id: row.id,
            kind: row.kind.into(),
            camera: row.camera,
            from: Time(row.start),
            to: row.end.map(Time),
            score: row.score,
            size: f64::from(row.peak) / CELLS as f64,
            cells: hex(row.cells),
            zone_ids: row.zones,
            best_at: Time(row.best),
            rank,
            objects: row.objects.map(|objects| objects.into_iter().map(EventObject::from).collect()),
            seen: marks.seen,
            handled: marks.handled.map(HandledBy::from),
            verdict: marks.verdict.map(VerdictName::from),
            snapshot: pictures.remove(&row.id).unwrap_or_default(),
            clip: ClipLink {
                url: format!("/api/v1/events/{}/clip.mp4", row.id),
                from: Time(clip.from),
                to: Time(clip.to),
            },
        }
    };
    Ok(rows.into_iter().map(event).collect())
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Feed {
    /// Ids or slugs, separated by commas; all cameras when it is left out.
    cameras: Option<String>,
    /// Kinds, separated by commas, such as `motion,tamper_covered`; `tamper` stands for all kinds of it. All when it is
    /// left out.
    kind: Option<String>,
    /// That were in this zone.
    #[param(format = "uuid")]
    zone: Option<String>,
    /// That lasted at least so long, such as `PT3S`.
    min_duration: Option<String>,
    /// `false`: only those that whoever asks has not seen; `true`: only the others. All when it is left out.
    seen: Option<bool>,
    /// At most so many, 1 to 200; 50 when it is left out.
    limit: Option<u32>,
    /// `next_cursor` of the answer before; ask for the same range and filter.
    cursor: Option<String>,
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventPage {
    /// Newest first, by their beginning.
    items: Vec<Event>,
    /// Ask again with it for older ones.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

pub(super) fn kinds(text: &str) -> Answer<Vec<EventKind>> {
    let mut kinds = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let before = kinds.len();
        kinds.extend(
            EventKind::ALL
                .into_iter()
                .filter(|kind| kind.name() == name || name == "tamper" && kind.name().starts_with("tamper_")),
        );
        if kinds.len() == before {
            let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
            let sentence = format!("{name:?} is no kind of event; use tamper, {}", known.join(", "));
            return Err(Problem::invalid(sentence).with("field", "kind"));
        }
    }
    Ok(kinds)
}

/// Lists what happened in a range: events that meet it, newest first.
#[utoipa::path(get, path = "/events", tag = "events", params(Feed, Span),
    responses((status = 200, description = "A page of events", body = EventPage), Problem))]
pub(super) async fn list_events(
    State(app): State<App>,
    caller: Caller<Playback>,
    Query(feed): Query<Feed>,
    Query(span): Query<Span>,
) -> Answer<Json<EventPage>> {
    let field = |name: &'static str| move |e: crate::base::Error| Problem::from(e).with("field", name);
    let range = span.range()?;
    let limit = page_limit(feed.limit, LIMIT, LIMIT_MAX)?;
    let named = feed.cameras.as_deref().filter(|list| !list.trim().is_empty());
    let cameras = match named {
        Some(_) => named_cameras(&app, &caller.scope, named).await?.iter().map(|camera| camera.id).collect(),
        None => Vec::new(),
    };
    let before = read_cursor(feed.cursor.as_deref())?;
    let filter = EventFilter {
        cameras,
        kinds: kinds(feed.kind.as_deref().unwrap_or_default())?,
        zone: feed.zone.as_deref().map(str::parse).transpose().map_err(field("zone"))?,
        min_ticks: match &feed.min_duration {
            Some(text) => duration::parse(text).map_err(field("min_duration"))?,
            None => 0,
        },
        seen: feed.seen.map(|seen| (caller.who.id(), seen)),
        before,
    };
    let mut rows = app.catalogue().events(&caller.scope, range, &filter, limit + 1).await?;
    let next_cursor = cut(&mut rows, limit, |row| (row.start, row.id));
    Ok(Json(EventPage { items: shown(&app, &caller, rows).await?, next_cursor }))
}

async fn find(app: &App, scope: &Scope, id: &str) -> Answer<Row> {
    let gone = || Problem::not_found("there is no such event; its footage may have been deleted with it");
    let id: EventId = id.parse().map_err(|_| gone())?;
    app.catalogue().event(scope, id).await?.ok_or_else(gone)
}

/// Reads one event.
#[utoipa::path(get, path = "/events/{id}", tag = "events", params(("id" = String, Path, description = "Id")),
    responses((status = 200, description = "The event", body = Event), Problem))]
pub(super) async fn get_event(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<Json<Event>> {
    let row = find(&app, &caller.scope, &id).await?;
    let shown = shown(&app, &caller, vec![row]).await?.pop();
    shown.map(Json).ok_or_else(|| Problem::not_found("there is no such event"))
}

/// Which picture.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Size {
    /// `small` when it is left out.
    #[param(inline)]
    size: Option<SizeName>,
}

/// How large a picture is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SizeName {
    /// For a list.
    Small,
    /// To look at.
    Large,
}

/// Sends the best picture of an event.
#[utoipa::path(get, path = "/events/{id}/snapshot.jpg", tag = "events",
    params(("id" = String, Path, description = "Id"), Size),
    responses((status = 200, description = "The picture", content_type = "image/jpeg"), Problem))]
pub(super) async fn get_snapshot(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(size): Query<Size>,
    headers: HeaderMap,
) -> Answer<Response> {
    let row = find(&app, &caller.scope, &id).await?;
    let size = match size.size.unwrap_or(SizeName::Small) {
        SizeName::Small => PictureSize::Small,
        SizeName::Large => PictureSize::Large,
    };
    let picture = app.catalogue().picture(&caller.scope, row.id, size).await?;
    let picture = picture.ok_or_else(|| Problem::not_found("there is no picture of this event"))?;
    Ok(jpeg(&headers, picture.at, picture.jpeg))
}

/// A JPEG that may be replaced by a better one.
pub(super) fn jpeg(headers: &HeaderMap, at: Ticks, bytes: axum::body::Bytes) -> Response {
    let tag = etag(format_args!("{:x}-{:x}", at.0, bytes.len()));
    let kept =
        [(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")), (header::ETAG, tag.clone())];
    if not_modified(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"))];
    (kept, kind, Body::from(bytes)).into_response()
}

/// Sends the footage of an event as a plain MP4, with some seconds before and after: known length, any byte range.
#[utoipa::path(get, path = "/events/{id}/clip.mp4", tag = "events",
    params(("id" = String, Path, description = "Id"), Which, How),
    responses((status = 200, description = "The clip", content_type = "video/mp4"),
        (status = 206, description = "A part of it", content_type = "video/mp4"), Problem))]
pub(super) async fn get_event_clip(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    Query(how): Query<How>,
    headers: HeaderMap,
) -> Answer<Response> {
    let row = find(&app, &caller.scope, &id).await?;
    let camera = app.camera(&caller.scope, &row.camera.to_string()).await?;
    send_clip(&app, &caller, &camera, which, clip_range(&app, &row), how, &headers).await
}
