//! Footage for other players: a plain MP4 of any range, HLS, key frames, and the last second.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::caller::{Caller, Playback};
use super::cameras::RenditionId;
use super::duration;
use super::error::{Answer, Problem};
use super::etag::{etag, not_modified};
use super::extract::{Path, Query};
use super::range::ByteRange;
use super::segments::{Which, gap_stretches, media_headers, source, unchanged};
use super::wire::{Span, Time};
use crate::base::{TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::{AuditAction, Camera, Gap};
use crate::playback::{self, Links, Variant, key_frame_at, key_frame_track};

/// Header with the gaps that a clip leaves out: `from/to;cause`, separated by commas.
const GAPS: HeaderName = HeaderName::from_static("x-lanewatch-gaps");
/// Header with the number of key pictures.
const COUNT: HeaderName = HeaderName::from_static("x-lanewatch-count");
/// Header with the instant from which to ask again, when an answer does not hold all of the range.
const NEXT: HeaderName = HeaderName::from_static("x-lanewatch-next");
/// In ticks.
const MILLISECOND: i64 = TICKS_PER_SECOND / 1000;
/// Gaps named in the header; more are counted only.
const GAPS_NAMED: usize = 40;
const LINKS: Links<'static> = Links { init: "/api/v1/init", segments: "/api/v1/segments" };
/// How a clip may be kept: retention may take a part of it, and what grows, grows.
const CLIP: &str = "private, no-cache";
/// Segments in one playlist: a day.
const PLAYLIST: usize = 1500;

/// How to send a clip.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// `1` to save it under a name instead of playing it.
    pub(super) download: Option<u8>,
}

/// Sends a plain MP4 of a range: known length, any byte range, starting on the asked picture; gaps are left out.
#[utoipa::path(get, path = "/cameras/{id}/clip.mp4", tag = "footage",
    params(("id" = String, Path, description = "Id or slug"), Span, Which, How),
    responses((status = 200, description = "The clip", content_type = "video/mp4"),
        (status = 206, description = "A part of it", content_type = "video/mp4"), Problem))]
pub(super) async fn get_clip(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(span): Query<Span>,
    Query(which): Query<Which>,
    Query(how): Query<How>,
    headers: HeaderMap,
) -> Answer<Response> {
    let range = span.range()?;
    let camera = app.camera(&caller.scope, &id).await?;
    send_clip(&app, &caller, &camera, which, range, how, &headers).await
}

/// The clip of a range, or the part of it that was asked for.
pub(super) async fn send_clip(
    app: &App,
    caller: &Caller<Playback>,
    camera: &Camera,
    which: Which,
    range: TimeRange,
    how: How,
    headers: &HeaderMap,
) -> Answer<Response> {
    caller.note_watching(app, AuditAction::Playback, camera.id);
    let clip = app.playback().clip(&caller.scope, which.source(camera)?, range).await.map_err(nothing)?;
    let tag = HeaderValue::from_str(&clip.etag).unwrap_or_else(|_| etag(""));
    if not_modified(headers, &tag) {
        return Ok(unchanged(CLIP, tag));
    }
    let part = match ByteRange::of(headers, clip.body.bytes(), &tag) {
        Ok(part) => part,
        Err(unsatisfiable) => return Ok(unsatisfiable.into_response()),
    };
    let mut answer = Response::new(caller.body(app, clip.body.read(part.from, part.to)));
    *answer.status_mut() = part.status();
    part.write_headers(answer.headers_mut());
    media_headers(answer.headers_mut(), CLIP, tag);
    let gaps = gaps_header(&clip.gaps, range);
    answer.headers_mut().insert(GAPS, gaps);
    if how.download == Some(1) {
        save_as(answer.headers_mut(), app, camera, range.from, "mp4");
    }
    Ok(answer)
}

/// Has a browser save it under the camera's name and the time there.
pub(super) fn save_as(headers: &mut HeaderMap, app: &App, camera: &Camera, at: Ticks, ending: &str) {
    let name = format!("attachment; filename=\"{}_{}.{ending}\"", camera.slug, app.zone().local(at));
    if let Ok(value) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}

fn gaps_header(gaps: &[Gap], range: TimeRange) -> HeaderValue {
    let stretches = gap_stretches(gaps, range);
    let named = stretches.iter().take(GAPS_NAMED);
    let mut text: Vec<String> =
        named.map(|g| format!("{}/{};{}", g.from.0.rfc3339(), g.to.0.rfc3339(), g.cause)).collect();
    if stretches.len() > GAPS_NAMED {
        text.push(format!("+{}", stretches.len() - GAPS_NAMED));
    }
    HeaderValue::from_str(&text.join(", ")).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// An instant as the API writes it, up to a millisecond later where it lies between two.
fn not_before(instant: Ticks) -> String {
    Ticks((instant.0 + MILLISECOND - 1) / MILLISECOND * MILLISECOND).rfc3339()
}

/// A master playlist of a range (RFC 8216): points to the playlist of the range and to that of its key pictures.
#[utoipa::path(get, path = "/cameras/{id}/hls/master.m3u8", tag = "footage",
    params(("id" = String, Path, description = "Id or slug"), Span, Which),
    responses((status = 200, description = "Playlist", content_type = "application/vnd.apple.mpegurl"), Problem))]
pub(super) async fn get_master(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(span): Query<Span>,
    Query(which): Query<Which>,
) -> Answer<Response> {
    let plan = plan(&app, &caller, &id, span, which).await?;
    let used: BTreeSet<_> = plan.segments.iter().map(|s| s.parameters).collect();
    let (mut codecs, mut video_codecs, mut size) = (BTreeSet::new(), BTreeSet::new(), (0, 0));
    for hash in used {
        let p = app.playback().parameters(hash).await?;
        let all =
            p.mime.split_once("codecs=\"").map_or(p.codec.as_str(), |(_, all)| all.trim_end_matches('"'));
        codecs.extend(all.split(',').map(str::to_owned));
        video_codecs.insert(p.codec);
        size = Ord::max(size, (p.width, p.height));
    }
    let query = format!("from={}&to={}{}", span.from.0.rfc3339(), not_before(span.to.0), which.query());
    let variant = Variant {
        codecs: &Vec::from_iter(codecs),
        video_codecs: &Vec::from_iter(video_codecs),
        size,
        media: &format!("vod.m3u8?{query}"),
        iframes: &format!("iframes.m3u8?{query}"),
    };
    Ok(playlist(playback::master_playlist(&plan.segments, &variant)))
}

/// A playlist of a range (RFC 8216).
#[utoipa::path(get, path = "/cameras/{id}/hls/vod.m3u8", tag = "footage",
    params(("id" = String, Path, description = "Id or slug"), Span, Which),
    responses((status = 200, description = "Playlist", content_type = "application/vnd.apple.mpegurl"), Problem))]
pub(super) async fn get_playlist(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(span): Query<Span>,
    Query(which): Query<Which>,
) -> Answer<Response> {
    let plan = plan(&app, &caller, &id, span, which).await?;
    Ok(playlist(playback::media_playlist(&plan.segments, LINKS, false)))
}

/// A playlist of the key pictures of a range.
#[utoipa::path(get, path = "/cameras/{id}/hls/iframes.m3u8", tag = "footage",
    params(("id" = String, Path, description = "Id or slug"), Span, Which),
    responses((status = 200, description = "Playlist", content_type = "application/vnd.apple.mpegurl"), Problem))]
pub(super) async fn get_iframes(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(span): Query<Span>,
    Query(which): Query<Which>,
) -> Answer<Response> {
    let plan = plan(&app, &caller, &id, span, which).await?;
    Ok(playlist(playback::iframe_playlist(&plan.segments, LINKS)))
}

async fn plan(
    app: &App,
    caller: &Caller<Playback>,
    id: &str,
    span: Span,
    which: Which,
) -> Answer<playback::Plan> {
    let camera = app.camera(&caller.scope, id).await?;
    caller.note_watching(app, AuditAction::Playback, camera.id);
    let plan = app.playback().plan(&caller.scope, which.source(&camera)?, span.range()?, PLAYLIST).await?;
    if plan.segments.is_empty() {
        return Err(no_recording());
    }
    if plan.next.is_some() {
        return Err(Problem::invalid("a playlist holds a day at most; ask for a shorter range"));
    }
    Ok(plan)
}

fn playlist(text: String) -> Response {
    let kind = HeaderValue::from_static("application/vnd.apple.mpegurl");
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        ],
        text,
    )
        .into_response()
}

/// Which key pictures.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Keys {
    /// First instant of a range.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// First instant after; at most 32 days later.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// Instead of a range: only the last key picture at or before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Time>,
    /// At most one picture in this time, such as `PT1S`.
    step: Option<String>,
    /// Which encoding; that of the small picture when it is left out, that of the full one when the camera has no other.
    #[param(inline)]
    rendition: Option<RenditionId>,
}

/// Sends key pictures as fMP4: an init segment and one fragment for each, as far as one answer may hold them.
#[utoipa::path(get, path = "/cameras/{id}/keyframes.mp4", tag = "footage",
    params(("id" = String, Path, description = "Id or slug"), Keys),
    responses((status = 200, description = "Key pictures", content_type = "video/mp4", headers(
        ("x-lanewatch-count" = u32, description = "Number of pictures"),
        ("x-lanewatch-next" = String, description = "When not all of the range fits: ask again from this instant"))),
        Problem))]
pub(super) async fn get_key_frames(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(keys): Query<Keys>,
) -> Answer<Response> {
    let camera = app.camera(&caller.scope, &id).await?;
    let source = source(&camera, Some(keys.rendition.unwrap_or(RenditionId::Sub)))?;
    let step = match &keys.step {
        Some(text) => {
            duration::parse(text).map_err(|e| Problem::invalid(e.message()).with("field", "step"))?
        }
        None => TICKS_PER_SECOND,
    };
    let found = match (keys.at, keys.from, keys.to) {
        (Some(at), ..) => key_frame_at(app.playback(), &caller.scope, source, at.0).await,
        (None, Some(from), Some(to)) => {
            let range = Span { from, to }.range()?;
            key_frame_track(app.playback(), &caller.scope, source, range, step).await
        }
        _ => return Err(Problem::invalid("say when: give at, or from and to")),
    };
    let found = found.map_err(nothing)?;
    let tag = etag(format_args!("{}-{}", found.count, found.bytes.len()));
    let mut answer = Response::new(Body::from(found.bytes));
    media_headers(answer.headers_mut(), "private, max-age=60", tag);
    answer.headers_mut().insert(COUNT, found.count.into());
    // Not before the first picture of the rest, which would bring the one before it again.
    if let Some(value) = found.next.and_then(|next| HeaderValue::from_str(&not_before(next)).ok()) {
        answer.headers_mut().insert(NEXT, value);
    }
    if let Ok(kind) = HeaderValue::from_str(&found.mime) {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Ok(answer)
}

/// From when on.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// End of what the player has.
    #[param(value_type = String, format = DateTime)]
    from: Time,
}

/// Sends what is still in memory after an instant, as one fragment.
#[utoipa::path(get, path = "/cameras/{id}/tail.mp4", tag = "footage",
    params(("id" = String, Path, description = "Id or slug"), After, Which),
    responses((status = 200, description = "A fragment", content_type = "video/mp4"), Problem))]
pub(super) async fn get_tail(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(after): Query<After>,
    Query(which): Query<Which>,
) -> Answer<Response> {
    let camera = app.camera(&caller.scope, &id).await?;
    let tail =
        app.playback().tail(&caller.scope, which.source(&camera)?, after.from.0).ok_or_else(no_recording)?;
    let tag = etag(format_args!("{}-{}", tail.range.from.0, tail.range.to.0));
    let mut answer = Response::new(Body::from(tail.bytes));
    media_headers(answer.headers_mut(), "no-store", tag);
    Ok(answer)
}

fn no_recording() -> Problem {
    Problem::new(super::error::Code::NoRecording, "nothing is recorded at this time")
}

/// What playback does not find is not recorded.
pub(super) fn nothing(error: crate::base::Error) -> Problem {
    if error.kind() == crate::base::Kind::NotFound { no_recording() } else { error.into() }
}
