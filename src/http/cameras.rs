//! `GET /cameras`: cameras as they are set and as they do. Changes are in `camera_write`.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::activity::Detection;
use super::caller::{Caller, Live};
use super::error::{Answer, Problem};
use super::etag::etag;
use super::extract::{Json, Path, Query};
use super::mask::without_passwords;
use super::wire::{CameraState, StateReason, Time};
use crate::auth::{Identity, Right};
use crate::base::{CameraId, StreamKey, StreamKind, Ticks};
use crate::catalogue::{Camera as Row, Stream, Usage};
use crate::hub::{State as HubState, StreamStatus};

/// Cameras in one answer, unless asked for another number: all of a site.
const LIMIT: usize = 500;

/// A camera.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Camera {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: CameraId,
    /// For addresses people read; never changes.
    slug: String,
    /// As people call it.
    name: String,
    /// Lane or place; empty: none.
    area: String,
    /// Position on the wall, smallest first.
    order: i64,
    /// Connect and record.
    enabled: bool,
    /// For `If-Match`.
    revision: i64,
    /// What its main stream does.
    state: CameraState,
    /// Since when.
    state_since: Time,
    /// Why it is not live.
    #[schema(required = true)]
    state_reason: Option<StateReason>,
    /// Footage is being kept at the moment.
    recording: bool,
    /// What the camera asks for.
    #[schema(required = true)]
    username: Option<String>,
    /// A password is kept; it is never shown.
    has_password: bool,
    /// One was kept and cannot be read any more, as the recorder's key is another: enter it anew.
    password_lost: bool,
    /// How RTP travels.
    transport: TransportName,
    /// Main first.
    renditions: Vec<Rendition>,
    /// Sound comes along.
    audio: bool,
    /// Days that are kept even when others must go first.
    #[schema(required = true)]
    days_min: Option<u32>,
    /// Days after which footage goes although there is room.
    #[schema(required = true)]
    days_max: Option<u32>,
    /// Oldest footage.
    #[schema(required = true)]
    oldest_at: Option<Time>,
    /// How looking for motion does; null when it has not begun.
    #[schema(required = true)]
    detection: Option<Detection>,
    /// When it was added.
    created_at: Time,
}

/// How RTP travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Transport)]
pub(super) enum TransportName {
    /// Inside the RTSP connection.
    Tcp,
    /// Beside it.
    Udp,
}

/// Which encoding of a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RenditionId {
    /// Full picture.
    Main,
    /// Small picture.
    Sub,
}

impl From<StreamKind> for RenditionId {
    fn from(kind: StreamKind) -> Self {
        match kind {
            StreamKind::Main => Self::Main,
            StreamKind::Sub => Self::Sub,
        }
    }
}

impl From<RenditionId> for StreamKind {
    fn from(id: RenditionId) -> Self {
        match id {
            RenditionId::Main => Self::Main,
            RenditionId::Sub => Self::Sub,
        }
    }
}

/// One encoding of a camera.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Rendition {
    /// Which.
    id: RenditionId,
    /// Address without user name and password; for callers who may only look, also without those in path and query.
    url: String,
    /// What it does.
    state: CameraState,
    /// Since when.
    state_since: Time,
    /// Why it is not live.
    #[schema(required = true)]
    state_reason: Option<StateReason>,
    /// Codec string (RFC 6381); null until the first picture, as are the following.
    #[schema(required = true)]
    codec: Option<String>,
    /// MIME type with codecs.
    #[schema(required = true)]
    mime: Option<String>,
    /// Pixels.
    #[schema(required = true)]
    width: Option<u32>,
    /// Pixels.
    #[schema(required = true)]
    height: Option<u32>,
    /// Pictures a second.
    #[schema(required = true)]
    fps: Option<f64>,
    /// Kilobits a second.
    #[schema(required = true)]
    kbps: Option<f64>,
    /// Milliseconds between random access points.
    #[schema(required = true)]
    gop_ms: Option<u32>,
    /// RTP packets lost since the service started.
    lost_packets: u64,
    /// Sessions begun after the first.
    reconnects: u64,
    /// The camera's wall clock minus ours, in seconds.
    #[schema(required = true)]
    camera_clock_offset_s: Option<f64>,
    /// Its footage is to be kept: `record_main` or `record_sub`.
    record: bool,
    /// Footage of it is being kept at the moment.
    recording: bool,
}

/// Several cameras.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CameraPage {
    /// In their order on the wall.
    items: Vec<Camera>,
    /// Ask with it for more; null at the end.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// At most so many.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// `next_cursor` of the answer before.
    cursor: Option<String>,
}

impl Camera {
    /// As a caller may see it: addresses may hold passwords, which are for those who set them.
    fn seen_by(mut self, caller: &Identity) -> Self {
        if !caller.rights.allow(Right::Settings) {
            for rendition in &mut self.renditions {
                rendition.url = without_passwords(&rendition.url);
            }
        }
        self
    }
}

fn rounded(value: f32) -> f64 {
    (f64::from(value) * 10.0).round() / 10.0
}

fn status_of(app: &App, camera: &Row, stream: &Stream) -> StreamStatus {
    let known = app.hub().get(stream.key).map(|s| s.status().borrow().clone());
    let state = if camera.enabled { HubState::Connecting } else { HubState::Off };
    let since = if app.started() > camera.created { app.started() } else { camera.created };
    known.unwrap_or_else(|| StreamStatus::new(state, since))
}

fn rendition(app: &App, stream: &Stream, status: &StreamStatus) -> Rendition {
    let picture = status.picture.as_ref();
    Rendition {
        id: stream.kind.into(),
        url: stream.url.to_string(),
        state: status.state.into(),
        state_since: Time(status.since),
        state_reason: status.reason.as_ref().map(StateReason::from),
        codec: picture.map(|p| p.codec.clone()),
        mime: picture.map(|p| p.mime.clone()),
        width: picture.map(|p| p.width),
        height: picture.map(|p| p.height),
        fps: picture.map(|_| rounded(status.fps)),
        kbps: picture.map(|_| rounded(status.kbps)),
        gop_ms: picture.and((status.gop_ms > 0).then_some(status.gop_ms)),
        lost_packets: status.lost_packets,
        reconnects: status.reconnects,
        camera_clock_offset_s: status.camera_clock_offset_s.filter(|offset| offset.is_finite()),
        record: stream.recorded,
        recording: status.state == HubState::Live && app.is_recording(stream),
    }
}

/// Oldest footage of each stream.
pub(super) fn oldest(usage: &[Usage]) -> HashMap<StreamKey, Ticks> {
    let mut oldest = HashMap::new();
    for (stream, at) in usage.iter().filter_map(|u| Some((u.stream, u.oldest?))) {
        let known = oldest.entry(stream).or_insert(at);
        *known = Ord::min(*known, at);
    }
    oldest
}

/// A camera as the API shows it.
fn camera(app: &App, row: Row, oldest: &HashMap<StreamKey, Ticks>) -> Camera {
    let states: Vec<StreamStatus> = row.streams.iter().map(|s| status_of(app, &row, s)).collect();
    let renditions: Vec<Rendition> =
        row.streams.iter().zip(&states).map(|(s, status)| rendition(app, s, status)).collect();
    let main = renditions.first();
    let (state, since, reason) = match main {
        Some(main) if row.enabled => (main.state, main.state_since, main.state_reason.clone()),
        Some(main) => (CameraState::Off, main.state_since, None),
        None => (CameraState::Off, Time(row.created), None),
    };
    let first = row.streams.first();
    Camera {
        id: row.id,
        state,
        state_since: since,
        state_reason: reason,
        recording: renditions.iter().any(|r| r.recording),
        audio: states.iter().any(|s| s.picture.as_ref().is_some_and(|p| p.audio)),
        days_min: first.and_then(|s| s.min_days),
        days_max: first.and_then(|s| s.max_days),
        oldest_at: row.streams.iter().filter_map(|s| oldest.get(&s.key)).min().copied().map(Time),
        detection: app.hub().motion().detection(row.id).map(Detection::from),
        renditions,
        slug: row.slug,
        name: row.name,
        area: row.area,
        order: row.order,
        enabled: row.enabled,
        revision: row.revision,
        username: row.username,
        has_password: row.password.is_some(),
        password_lost: row.password_lost,
        transport: row.transport.into(),
        created_at: Time(row.created),
    }
}

/// Answer with one camera: its revision is its tag.
pub(super) type One = ([(header::HeaderName, HeaderValue); 1], Json<Camera>);

/// A camera with what the catalogue knows of its footage, as a caller may see it.
pub(super) async fn one<R>(app: &App, row: Row, caller: &Caller<R>) -> Answer<One> {
    let oldest = oldest(&app.catalogue().usage(&caller.scope).await?);
    let tag = etag(row.revision);
    Ok(([(header::ETAG, tag)], Json(camera(app, row, &oldest).seen_by(&caller.who))))
}

/// Lists the cameras.
#[utoipa::path(get, path = "/cameras", tag = "cameras", params(Page),
    responses((status = 200, description = "Cameras in their order on the wall", body = CameraPage), Problem))]
pub(super) async fn list_cameras(
    State(app): State<App>,
    caller: Caller<Live>,
    Query(page): Query<Page>,
) -> Answer<Json<CameraPage>> {
    let limit = page.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT).contains(&limit) {
        return Err(Problem::invalid(format!("limit is {limit}; use 1 to {LIMIT}")));
    }
    let mut rows = app.catalogue().cameras(&caller.scope).await?;
    if let Some(cursor) = &page.cursor {
        let after = read_cursor(cursor)
            .ok_or_else(|| Problem::invalid("this cursor is none of ours; begin without one"))?;
        rows.retain(|row| (row.order, row.key) > after);
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| format!("{:x}.{:x}", row.order, row.key));
    several(&app, rows, next_cursor, &caller).await
}

/// Several cameras, as a caller may see them.
pub(super) async fn several<R>(
    app: &App,
    rows: Vec<Row>,
    next_cursor: Option<String>,
    caller: &Caller<R>,
) -> Answer<Json<CameraPage>> {
    let oldest = oldest(&app.catalogue().usage(&caller.scope).await?);
    let items = rows.into_iter().map(|row| camera(app, row, &oldest).seen_by(&caller.who)).collect();
    Ok(Json(CameraPage { items, next_cursor }))
}

/// Position after which a page begins: order on the wall, then the local key.
fn read_cursor(text: &str) -> Option<(i64, i64)> {
    let (order, key) = text.split_once('.')?;
    // Hexadecimal of the two's complement, as it was written.
    let number = |text| u64::from_str_radix(text, 16).ok().map(u64::cast_signed);
    Some((number(order)?, number(key)?))
}

/// Reads one camera, by its id or its slug.
#[utoipa::path(get, path = "/cameras/{id}", tag = "cameras", params(("id" = String, Path, description = "Id or slug")),
    responses((status = 200, description = "The camera; its revision is the ETag", body = Camera), Problem))]
pub(super) async fn get_camera(
    State(app): State<App>,
    caller: Caller<Live>,
    Path(id): Path<String>,
) -> Answer<One> {
    let row = app.camera(&caller.scope, &id).await?;
    one(&app, row, &caller).await
}
