//! `GET /cameras/{id}/segments`: the fragment list of our player, and what its entries point to.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{Caller, Playback};
use super::cameras::RenditionId;
use super::error::{Answer, Problem};
use super::etag::{etag, not_modified};
use super::extract::{Json, Path, Query};
use super::range::ByteRange;
use super::wire::{GapStretch, Span, Time};
use crate::base::{SegmentId, Ticks, TimeRange};
use crate::catalogue::{AuditAction, Camera, Gap};
use crate::media::ParametersHash;
use crate::playback::{ListedFragment, ListedSegment, Source};

/// Segments in one answer: an hour, and some.
const LIMIT: u32 = 90;
const LIMIT_MAX: u32 = 1500;
/// How a file that grows no more may be kept.
const SEALED: &str = "private, max-age=86400, immutable";

/// What of the camera.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Which encoding; that of the full picture when it is left out or the camera has no other.
    #[param(inline)]
    rendition: Option<RenditionId>,
}

impl Which {
    /// The stream of a camera.
    pub(super) fn source(self, camera: &Camera) -> Answer<Source> {
        source(camera, self.rendition)
    }

    /// As it was asked for, to be asked for again.
    pub(super) fn query(self) -> &'static str {
        match self.rendition {
            None => "",
            Some(RenditionId::Main) => "&rendition=main",
            Some(RenditionId::Sub) => "&rendition=sub",
        }
    }
}

/// A stream of a camera: that of the full picture when it has no such.
pub(super) fn source(camera: &Camera, rendition: Option<RenditionId>) -> Answer<Source> {
    let stream = rendition.and_then(|r| camera.stream(r.into())).or_else(|| camera.streams.first());
    let stream = stream.ok_or_else(|| Problem::not_found("this camera has no stream"))?;
    Ok(Source { key: stream.key, id: stream.id })
}

/// Which page of the list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// At most so many segments.
    limit: Option<u32>,
    /// `next_cursor` of the answer before; ask for the same range.
    cursor: Option<String>,
}

impl Page {
    /// What is left of a range. A cursor is an instant in ticks: a segment ends between two milliseconds.
    fn rest(&self, range: TimeRange) -> Answer<TimeRange> {
        let Some(text) = &self.cursor else { return Ok(range) };
        let from = u64::from_str_radix(text, 16).ok().map(|ticks| Ticks(ticks.cast_signed()));
        let from = from.filter(|from| (range.from..range.to).contains(from));
        let none = || Problem::invalid("this cursor is none of ours for this range; begin without one");
        Ok(TimeRange::new(from.ok_or_else(none)?, range.to))
    }
}

/// What a range needs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct List {
    /// Init segments by hash.
    inits: BTreeMap<String, Init>,
    /// In order of time.
    segments: Vec<Entry>,
    /// What is not recorded in the range.
    gaps: Vec<GapStretch>,
    /// What is still in memory, when the range reaches now.
    tail: Option<Tail>,
    /// Ask again with it for the rest.
    next_cursor: Option<String>,
}

/// Decoder parameters.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InitSegment)]
struct Init {
    /// Where the init segment is.
    url: String,
    /// MIME type with codecs.
    mime: String,
    /// Pixels.
    width: u32,
    /// Pixels.
    height: u32,
}

/// One file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedSegment)]
struct Entry {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: SegmentId,
    /// Where its bytes are.
    url: String,
    /// Hash of its init segment.
    init: String,
    /// Start, in 90 kHz ticks since 1970.
    start_90k: i64,
    /// Length, in ticks.
    duration_90k: i64,
    /// Start.
    from: Time,
    /// End.
    to: Time,
    /// Bytes before its first fragment.
    first_offset: u64,
    /// False while it grows.
    complete: bool,
    /// Offset, bytes, start after the segment's and duration in ticks, and 1 where decoding can start.
    #[schema(value_type = Vec<Vec<i64>>)]
    fragments: Vec<ListedFragment>,
}

/// The last second.
#[derive(Debug, Serialize, ToSchema)]
struct Tail {
    /// Where it is.
    url: String,
    /// Where it begins.
    from: Time,
}

/// The gaps of a range, cut to it.
pub(super) fn gap_stretches(gaps: &[Gap], range: TimeRange) -> Vec<GapStretch> {
    let cut = gaps.iter().filter_map(|gap| {
        let part = TimeRange::new(gap.from, gap.to.unwrap_or(range.to)).overlap(range)?;
        Some(GapStretch { from: Time(part.from), to: Time(part.to), cause: gap.cause.name() })
    });
    cut.collect()
}

/// Lists the fragments that a range needs, from the random access point before it.
#[utoipa::path(get, path = "/cameras/{id}/segments", tag = "footage",
    params(("id" = String, Path, description = "Id or slug"), Span, Which, Page),
    responses((status = 200, description = "The list", body = List), Problem))]
pub(super) async fn list_segments(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(span): Query<Span>,
    Query(which): Query<Which>,
    Query(page): Query<Page>,
) -> Answer<Json<List>> {
    let range = page.rest(span.range()?)?;
    let camera = app.camera(&caller.scope, &id).await?;
    caller.note_watching(&app, AuditAction::Playback, camera.id);
    let source = which.source(&camera)?;
    let limit = page.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    let playback = app.playback();
    let plan = playback.plan(&caller.scope, source, range, limit as usize).await?;
    let mut inits = BTreeMap::new();
    for segment in &plan.segments {
        let hash = segment.parameters.to_string();
        if let std::collections::btree_map::Entry::Vacant(place) = inits.entry(hash) {
            let p = playback.parameters(segment.parameters).await?;
            let url = format!("/api/v1/init/{}.mp4", segment.parameters);
            place.insert(Init { url, mime: p.mime, width: p.width, height: p.height });
        }
    }
    let end = plan.segments.last().map(|s| s.range.to);
    let reaches_now = plan.next.is_none() && range.to > end.unwrap_or(range.from);
    let after = end.unwrap_or(range.from).max(range.from);
    let tail = reaches_now
        .then(|| playback.tail_start(&caller.scope, source, after))
        .flatten()
        .filter(|t| *t < range.to);
    let rendition = camera.streams.iter().find(|s| s.key == source.key).map_or("main", |s| s.kind.name());
    let tail = tail.map(|from| Tail {
        url: format!("/api/v1/cameras/{}/tail.mp4?rendition={rendition}&from={}", camera.id, after.rfc3339()),
        from: Time(from),
    });
    Ok(Json(List {
        inits,
        gaps: gap_stretches(&plan.gaps, range),
        next_cursor: plan.next.filter(|next| *next < range.to).map(|next| format!("{:x}", next.0)),
        segments: plan.segments.iter().map(|s| entry(s.into())).collect(),
        tail,
    }))
}

fn entry(s: ListedSegment) -> Entry {
    Entry {
        id: s.id,
        url: format!("/api/v1/segments/{}.mp4", s.id),
        init: s.parameters.to_string(),
        start_90k: s.range.from.0,
        duration_90k: s.range.ticks(),
        from: Time(s.range.from),
        to: Time(s.range.to),
        first_offset: s.first_offset,
        complete: s.complete,
        fragments: s.fragments,
    }
}

/// Sends a segment's file, or a range of it.
#[utoipa::path(get, path = "/segments/{name}", tag = "footage",
    params(("name" = String, Path, description = "Id of the segment and .mp4")),
    responses((status = 200, description = "The file", content_type = "video/mp4"),
        (status = 206, description = "A part of it", content_type = "video/mp4"), Problem))]
pub(super) async fn get_segment(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let id: SegmentId = ending(&name)?.parse().map_err(|_| no_such(&name))?;
    let row = app.playback().segment(&caller.scope, id).await?;
    let tag = etag(format_args!("{id}-{}", if row.is_complete() { row.bytes } else { 0 }));
    if row.is_complete() && not_modified(&headers, &tag) {
        return Ok(unchanged(SEALED, tag));
    }
    let body = app.playback().segment_body(&row).await?;
    let range = match ByteRange::of(&headers, body.bytes(), &tag) {
        Ok(range) => range,
        Err(unsatisfiable) => return Ok(unsatisfiable.into_response()),
    };
    let mut answer = Response::new(caller.body(&app, body.read(range.from, range.to)));
    *answer.status_mut() = range.status();
    range.write_headers(answer.headers_mut());
    let kept = if row.is_complete() { SEALED } else { "no-store" };
    media_headers(answer.headers_mut(), kept, tag);
    Ok(answer)
}

/// Sends an init segment.
#[utoipa::path(get, path = "/init/{name}", tag = "footage",
    params(("name" = String, Path, description = "Hash of the init segment and .mp4")),
    responses((status = 200, description = "ftyp and moov", content_type = "video/mp4"), Problem))]
pub(super) async fn get_init(
    State(app): State<App>,
    _: Caller<Playback>,
    Path(name): Path<String>,
) -> Answer<Response> {
    let hash: ParametersHash = ending(&name)?.parse().map_err(|_| no_such(&name))?;
    let parameters = app.playback().parameters(hash).await?;
    let mut answer = Response::new(Body::from(parameters.init));
    media_headers(answer.headers_mut(), "private, max-age=31536000, immutable", etag(hash));
    Ok(answer)
}

/// The name without its ending.
pub(super) fn ending(name: &str) -> Answer<&str> {
    name.strip_suffix(".mp4").ok_or_else(|| no_such(name))
}

fn no_such(name: &str) -> Problem {
    Problem::not_found(format!("there is no {name:?}"))
}

/// What all media answers carry.
pub(super) fn media_headers(headers: &mut HeaderMap, cache: &'static str, tag: HeaderValue) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("video/mp4"));
    caching(headers, cache, tag);
}

/// The client has it already: what it keeps stays as it was told with the content (RFC 9110 section 15.4.5).
pub(super) fn unchanged(cache: &'static str, tag: HeaderValue) -> Response {
    let mut answer = StatusCode::NOT_MODIFIED.into_response();
    caching(answer.headers_mut(), cache, tag);
    answer
}

fn caching(headers: &mut HeaderMap, cache: &'static str, tag: HeaderValue) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::ETAG, tag);
}
