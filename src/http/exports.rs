//! `/exports`: files of footage to be taken away, made in the background.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{self, Caller};
use super::cameras::RenditionId;
use super::error::{Answer, Code, Problem};
use super::etag::{etag, not_modified};
use super::extract::{Json, Path, Query};
use super::paging::{cut, page_limit, read_cursor};
use super::range::ByteRange;
use super::segments::unchanged;
use super::wire::{Span, Time};
use crate::base::{CameraId, ExportId, StreamKind, TICKS_PER_SECOND, TimeRange, hex};
use crate::catalogue::{
    AuditAction, Export as Row, ExportItem, ExportMissing, ExportState, NewExport as NewRow, Scope,
};
use crate::playback::ExportPlan;

/// Stretches in one export: every camera of a hamlet.
const ITEMS: usize = 32;
/// Characters of a reason.
const REASON: usize = 500;
/// Characters of an idempotency key.
const KEY: usize = 128;
/// Exports in one answer.
const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 200;
/// How a file may be kept: it never changes, but it is nobody else's.
const KEPT: &str = "private, max-age=3600, immutable";

/// A stretch of a camera.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewExportItem)]
struct WantedItem {
    /// Id or slug.
    camera: String,
    /// First instant inside.
    from: Time,
    /// First instant after; at most 32 days later. What has not come yet is left out.
    to: Time,
}

/// What to export.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewExport)]
pub(super) struct Wanted {
    /// Stretches, 1 to 32.
    items: Vec<WantedItem>,
    /// Which encoding; that of the full picture when it is left out or a camera has no other.
    rendition: Option<RenditionId>,
    /// What it is for; at most 500 characters.
    reason: Option<String>,
}

/// A stretch that was asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExportItem)]
struct Item {
    /// Whose.
    #[schema(value_type = String, format = "uuid")]
    camera: CameraId,
    /// What it was called then.
    name: String,
    /// First instant inside.
    from: Time,
    /// First instant after.
    to: Time,
}

/// A stretch that is not recorded.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = ExportMissing)]
struct Missing {
    /// Whose.
    #[schema(value_type = String, format = "uuid")]
    camera: CameraId,
    /// First instant without footage.
    from: Time,
    /// First instant after.
    to: Time,
    /// As in a timeline's gap.
    cause: &'static str,
}

impl From<&ExportMissing> for Missing {
    fn from(m: &ExportMissing) -> Self {
        Self { camera: m.camera, from: Time(m.range.from), to: Time(m.range.to), cause: m.cause.name() }
    }
}

/// Where an export or another job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum JobState {
    /// Waits for its turn.
    Queued,
    /// Is being done.
    Running,
    /// Its result is there.
    Done,
    /// It could not be done.
    Failed,
    /// Somebody did not want it any more.
    Canceled,
}

impl From<ExportState> for JobState {
    fn from(state: ExportState) -> Self {
        match state {
            ExportState::Queued => Self::Queued,
            ExportState::Running => Self::Running,
            ExportState::Done => Self::Done,
            ExportState::Failed => Self::Failed,
            ExportState::Canceled => Self::Canceled,
        }
    }
}

/// An export.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Export {
    /// For ever; also the id of its job.
    #[schema(value_type = String, format = "uuid")]
    id: ExportId,
    /// Where it is in its life.
    state: JobState,
    /// How far, 0 to 1.
    progress: f64,
    /// What was asked for.
    items: Vec<Item>,
    /// Which encoding.
    rendition: RenditionId,
    /// What it is for.
    #[schema(required = true)]
    reason: Option<String>,
    /// Who asked, by name.
    person: String,
    /// When it was asked for.
    created_at: Time,
    /// When it ended, however.
    #[schema(required = true)]
    finished_at: Option<Time>,
    /// Bytes that were expected.
    estimate: u64,
    /// Bytes of the file, once it is there.
    #[schema(required = true)]
    bytes: Option<u64>,
    /// What was asked for and is not recorded; known when it is done.
    missing: Vec<Missing>,
    /// Name under which the file is saved.
    #[schema(required = true)]
    file_name: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    #[schema(required = true)]
    sha256: Option<String>,
    /// Where the file is, once it is there.
    #[schema(required = true)]
    url: Option<String>,
    /// Why it failed: `disk_full`, `no_recording`, `footage_damaged`, `interrupted` or `internal`.
    #[schema(required = true)]
    problem: Option<String>,
}

/// What an export would be.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ExportEstimate)]
pub(super) struct Estimate {
    /// Bytes, to a few in a thousand.
    bytes: u64,
    /// Seconds of footage.
    seconds: f64,
    /// Number of MP4s; with more than one, or with something missing, they come in a zip.
    files: usize,
    /// What is not recorded.
    missing: Vec<Missing>,
    /// There is room for it on the disk.
    fits: bool,
}

/// A page of exports.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportPage {
    /// Newest first.
    items: Vec<Export>,
    /// Ask again with it for older ones.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// How far one is, 0 to 1.
pub(super) fn progress(app: &App, row: &Row) -> f64 {
    match row.state {
        ExportState::Done => 1.0,
        _ => app.exports().progress(row.id).unwrap_or(0.0),
    }
}

pub(super) fn file_url(row: &Row) -> Option<String> {
    row.file_name.as_ref().map(|_| format!("/api/v1/exports/{}/file", row.id))
}

fn shown(app: &App, row: Row) -> Export {
    let item = |i: &ExportItem| Item {
        camera: i.camera,
        name: i.name.clone(),
        from: Time(i.range.from),
        to: Time(i.range.to),
    };
    Export {
        id: row.id,
        state: row.state.into(),
        progress: progress(app, &row),
        items: row.items.iter().map(item).collect(),
        rendition: row.rendition.into(),
        url: file_url(&row),
        reason: row.reason,
        person: row.person,
        created_at: Time(row.created),
        finished_at: row.finished.map(Time),
        estimate: row.estimate_bytes,
        bytes: row.bytes,
        missing: row.missing.iter().map(Missing::from).collect(),
        file_name: row.file_name,
        sha256: row.sha256.map(|hash| hex(&hash)),
        problem: row.problem,
    }
}

/// What is asked for, in types. What has not come yet is left out.
async fn items(app: &App, scope: &Scope, form: &Wanted) -> Answer<Vec<ExportItem>> {
    if form.items.is_empty() || form.items.len() > ITEMS {
        let sentence = format!("an export has 1 to {ITEMS} items");
        return Err(Problem::invalid(sentence).with("field", "items"));
    }
    let (mut items, now) = (Vec::new(), app.now());
    for item in &form.items {
        let range = Span { from: item.from, to: item.to }.range()?;
        if range.from >= now {
            return Err(
                Problem::invalid("this has not come yet; give a time that is over").with("field", "items")
            );
        }
        let camera = app.camera(scope, &item.camera).await?;
        let range = TimeRange::new(range.from, Ord::min(range.to, now));
        items.push(ExportItem { camera: camera.id, name: camera.name, slug: camera.slug, range });
    }
    Ok(items)
}

fn rendition(form: &Wanted) -> StreamKind {
    form.rendition.map_or(StreamKind::Main, StreamKind::from)
}

async fn plan(app: &App, scope: &Scope, form: &Wanted) -> Answer<(Vec<ExportItem>, ExportPlan)> {
    let items = items(app, scope, form).await?;
    let plan = app.exports().plan(scope, &items, rendition(form)).await?;
    if plan.files() == 0 {
        return Err(Problem::new(Code::NoRecording, "nothing of this is recorded"));
    }
    Ok((items, plan))
}

/// Says what an export would be, without making it.
#[utoipa::path(post, path = "/exports:estimate", tag = "exports", request_body = Wanted,
    responses((status = 200, description = "Size, and what is missing", body = Estimate), Problem))]
pub(super) async fn estimate_export(
    State(app): State<App>,
    caller: Caller<caller::Export>,
    Json(form): Json<Wanted>,
) -> Answer<Json<Estimate>> {
    let (_, plan) = plan(&app, &caller.scope, &form).await?;
    Ok(Json(Estimate {
        bytes: plan.bytes,
        seconds: plan.ticks() as f64 / TICKS_PER_SECOND as f64,
        files: plan.files(),
        missing: plan.missing.iter().map(Missing::from).collect(),
        fits: app.exports().check_room(plan.bytes).await.is_ok(),
    }))
}

/// The asker's own key, so that nobody meets another's export by it.
fn idempotency(headers: &HeaderMap, person: &str) -> Answer<Option<String>> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=KEY).contains(&key.len()));
    let key =
        key.ok_or_else(|| Problem::invalid(format!("an idempotency key has 1 to {KEY} plain characters")))?;
    Ok(Some(format!("{person}:{key}")))
}

/// The same request again: the stretches' ends may differ, as what has not come yet was left out.
fn is_same(row: &Row, items: &[ExportItem], rendition: StreamKind) -> bool {
    let begins = |i: &ExportItem| (i.camera, i.range.from);
    row.rendition == rendition && row.items.iter().map(begins).eq(items.iter().map(begins))
}

/// Begins an export. Sent twice with the same `Idempotency-Key` it is made once.
#[utoipa::path(post, path = "/exports", tag = "exports", request_body = Wanted,
    params(("idempotency-key" = Option<String>, Header, description = "The same for the same request sent again")),
    responses((status = 202, description = "Begun; Location says where its job is", body = Export), Problem))]
pub(super) async fn post_export(
    State(app): State<App>,
    caller: Caller<caller::Export>,
    headers: HeaderMap,
    Json(form): Json<Wanted>,
) -> Answer<Response> {
    let reason = form.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    if reason.is_some_and(|reason| reason.chars().count() > REASON) {
        let sentence = format!("a reason has at most {REASON} characters");
        return Err(Problem::invalid(sentence).with("field", "reason"));
    }
    let idempotency = idempotency(&headers, &caller.who.name)?;
    let (items, plan) = plan(&app, &caller.scope, &form).await?;
    let known = match &idempotency {
        Some(key) => app.catalogue().export_of_request(&caller.scope, key).await?,
        None => None,
    };
    let row = match known {
        Some(row) if is_same(&row, &items, rendition(&form)) => row,
        Some(_) => {
            return Err(Problem::invalid("this idempotency key was used for another export; use a new one"));
        }
        None => {
            app.exports().check_room(plan.bytes).await?;
            let new = NewRow {
                items,
                rendition: rendition(&form),
                reason: reason.map(str::to_owned),
                person: caller.who.name.clone(),
                idempotency,
                estimate_bytes: plan.bytes,
            };
            let row = app.exports().add(new).await?;
            // Sent twice at once: one of them made it, and meanwhile its cameras may have gone out of sight.
            if !row.is_within(&caller.scope) {
                return Err(Problem::invalid("this idempotency key was used before; use a new one"));
            }
            let cameras: Vec<CameraId> = row.items.iter().map(|item| item.camera).collect();
            let detail = json!({"export": row.id, "cameras": cameras, "reason": row.reason});
            caller.note(&app, AuditAction::Export, cameras.first().copied(), detail);
            row
        }
    };
    let place = HeaderValue::from_str(&format!("/api/v1/jobs/{}", row.id));
    let place = place.map_err(|e| crate::base::Error::internal("an id cannot be written").because(e))?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(shown(&app, row))).into_response())
}

/// Which page of the list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// At most so many, 1 to 200; 50 when it is left out.
    limit: Option<u32>,
    /// `next_cursor` of the answer before.
    cursor: Option<String>,
}

/// Lists exports, newest first.
#[utoipa::path(get, path = "/exports", tag = "exports", params(Page),
    responses((status = 200, description = "A page of exports", body = ExportPage), Problem))]
pub(super) async fn list_exports(
    State(app): State<App>,
    caller: Caller<caller::Export>,
    Query(page): Query<Page>,
) -> Answer<Json<ExportPage>> {
    let limit = page_limit(page.limit, LIMIT, LIMIT_MAX)?;
    let mut rows =
        app.catalogue().exports(&caller.scope, read_cursor(page.cursor.as_deref())?, limit + 1).await?;
    let next_cursor = cut(&mut rows, limit, |row| (row.created, row.id));
    let items = rows.into_iter().map(|row| shown(&app, row)).collect();
    Ok(Json(ExportPage { items, next_cursor }))
}

pub(super) fn gone() -> Problem {
    Problem::not_found("there is no such export; old ones are deleted by themselves")
}

pub(super) async fn find(app: &App, scope: &Scope, id: &str) -> Answer<Row> {
    let id: ExportId = id.parse().map_err(|_| gone())?;
    app.catalogue().export(scope, id).await?.ok_or_else(gone)
}

/// Reads one export.
#[utoipa::path(get, path = "/exports/{id}", tag = "exports", params(("id" = String, Path, description = "Id")),
    responses((status = 200, description = "The export", body = Export), Problem))]
pub(super) async fn get_export(
    State(app): State<App>,
    caller: Caller<caller::Export>,
    Path(id): Path<String>,
) -> Answer<Json<Export>> {
    let row = find(&app, &caller.scope, &id).await?;
    Ok(Json(shown(&app, row)))
}

/// Ends an export, and deletes it with its file. Its shares end with it.
#[utoipa::path(delete, path = "/exports/{id}", tag = "exports", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "Deleted"), Problem))]
pub(super) async fn delete_export(
    State(app): State<App>,
    caller: Caller<caller::Export>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let id = find(&app, &caller.scope, &id).await?.id;
    if !app.exports().remove(id).await? {
        return Err(gone());
    }
    caller.note(&app, AuditAction::ExportRemoved, None, json!({"export": id}));
    Ok(StatusCode::NO_CONTENT)
}

/// Sends an export's file: any byte range.
#[utoipa::path(get, path = "/exports/{id}/file", tag = "exports", params(("id" = String, Path, description = "Id")),
    responses((status = 200, description = "An MP4 or a zip", content_type = "application/octet-stream"),
        (status = 206, description = "A part of it", content_type = "application/octet-stream"), Problem))]
pub(super) async fn get_file(
    State(app): State<App>,
    caller: Caller<caller::Export>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let row = find(&app, &caller.scope, &id).await?;
    if headers.get(header::RANGE).is_none() {
        caller.note(&app, AuditAction::ExportFile, None, json!({"export": row.id}));
    }
    send_file(&app, &row, &headers, true, |bytes| caller.body(&app, bytes))
}

/// The file of an export or the part of it that was asked for: to be saved under its name, or to be played.
pub(super) fn send_file(
    app: &App,
    row: &Row,
    headers: &HeaderMap,
    save: bool,
    wrap: impl FnOnce(BoxStream<'static, crate::base::Result<Bytes>>) -> Body,
) -> Answer<Response> {
    let (Some(body), Some(name), Some(hash)) = (app.exports().body(row), &row.file_name, row.sha256) else {
        return Err(Problem::new(Code::Conflict, "this export has no file yet; wait until it is done"));
    };
    let tag = etag(&hex(&hash)[..32]);
    if not_modified(headers, &tag) {
        return Ok(unchanged(KEPT, tag));
    }
    let part = match ByteRange::of(headers, body.bytes(), &tag) {
        Ok(part) => part,
        Err(unsatisfiable) => return Ok(unsatisfiable.into_response()),
    };
    let mut answer = Response::new(wrap(body.read(part.from, part.to).boxed()));
    *answer.status_mut() = part.status();
    part.write_headers(answer.headers_mut());
    let out = answer.headers_mut();
    let kind = if name.ends_with(".mp4") { "video/mp4" } else { "application/zip" };
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(KEPT));
    out.insert(header::ETAG, tag);
    let disposition = if save { "attachment" } else { "inline" };
    if let Ok(value) = HeaderValue::from_str(&format!("{disposition}; filename=\"{name}\"")) {
        out.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(answer)
}
