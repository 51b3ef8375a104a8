//! `/bookmarks`: moments that somebody wants to find again.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{Caller, Hold, Playback};
use super::error::{Answer, Problem};
use super::etag::{expected_revision, stale};
use super::extract::{Json, Path, Query};
use super::marks::note;
use super::paging::{cut, page_limit, read_cursor};
use super::wire::{Time, present};
use crate::base::{BookmarkId, CameraId, Ticks, TimeRange};
use crate::catalogue::{self, AuditAction};

/// Bookmarks in one answer.
const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 500;

/// A moment or a stretch with a note.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Bookmark {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: BookmarkId,
    /// Whose picture.
    #[schema(value_type = String, format = "uuid")]
    camera: CameraId,
    /// The moment, or the first instant of the stretch.
    at: Time,
    /// First instant after the stretch; null = a moment.
    #[schema(required = true)]
    to: Option<Time>,
    /// Why.
    note: String,
    /// Who.
    by: String,
    /// When it was made.
    made_at: Time,
    /// For `If-Match`.
    revision: i64,
}

impl From<catalogue::Bookmark> for Bookmark {
    fn from(row: catalogue::Bookmark) -> Self {
        Self {
            id: row.id,
            camera: row.camera,
            at: Time(row.at),
            to: row.to.map(Time),
            note: row.note,
            by: row.by,
            made_at: Time(row.made),
            revision: row.revision,
        }
    }
}

/// A moment to find again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBookmark)]
pub(super) struct Addition {
    /// Id or slug.
    camera: String,
    /// The moment, or the first instant of a stretch.
    at: Time,
    /// First instant after the stretch; left out for a moment.
    to: Option<Time>,
    /// At most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
}

/// What to change (RFC 7396): a field that is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BookmarkPatch)]
pub(super) struct Change {
    /// The moment, or the first instant of the stretch.
    at: Option<Time>,
    /// First instant after the stretch; null makes it a moment.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Time>)]
    to: Option<Option<Time>>,
    /// At most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// Which bookmarks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Id or slug; of all cameras when it is left out.
    camera: Option<String>,
    /// First instant inside; from the beginning when it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// First instant after; without end when it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// At most so many, 1 to 500; 100 when it is left out.
    limit: Option<u32>,
    /// `next_cursor` of the answer before; ask for the same range and camera.
    cursor: Option<String>,
}

/// A page of bookmarks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BookmarkPage {
    /// Newest moment first.
    items: Vec<Bookmark>,
    /// Ask again with it for older ones.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

fn checked(at: Ticks, to: Option<Ticks>) -> Answer<()> {
    if to.is_some_and(|to| to <= at) {
        let sentence = "the stretch is empty; give a to that is later than at, or leave it out";
        return Err(Problem::invalid(sentence).with("field", "to"));
    }
    Ok(())
}

fn gone() -> Problem {
    Problem::not_found("there is no such bookmark; somebody may have removed it")
}

/// A range whose ends may be left out.
pub(super) fn open_range(from: Option<Time>, to: Option<Time>) -> TimeRange {
    TimeRange::new(from.map_or(Ticks(i64::MIN), |t| t.0), to.map_or(Ticks(i64::MAX), |t| t.0))
}

/// Lists bookmarks, newest moment first.
#[utoipa::path(get, path = "/bookmarks", tag = "marks", params(Which),
    responses((status = 200, description = "A page of bookmarks", body = BookmarkPage), Problem))]
pub(super) async fn list_bookmarks(
    State(app): State<App>,
    caller: Caller<Playback>,
    Query(which): Query<Which>,
) -> Answer<Json<BookmarkPage>> {
    let limit = page_limit(which.limit, LIMIT, LIMIT_MAX)?;
    let camera = match &which.camera {
        Some(name) => Some(app.camera(&caller.scope, name).await?.id),
        None => None,
    };
    let (range, before) = (open_range(which.from, which.to), read_cursor(which.cursor.as_deref())?);
    let mut rows = app.catalogue().bookmarks(&caller.scope, range, camera, before, limit + 1).await?;
    let next_cursor = cut(&mut rows, limit, |row| (row.at, row.id));
    Ok(Json(BookmarkPage { items: rows.into_iter().map(Bookmark::from).collect(), next_cursor }))
}

/// Adds a bookmark.
#[utoipa::path(post, path = "/bookmarks", tag = "marks", request_body = Addition,
    responses((status = 201, description = "The bookmark", body = Bookmark), Problem))]
pub(super) async fn post_bookmark(
    State(app): State<App>,
    caller: Caller<Hold>,
    Json(form): Json<Addition>,
) -> Answer<(StatusCode, Json<Bookmark>)> {
    let (at, to, made) = (form.at.0, form.to.map(|to| to.0), app.now());
    checked(at, to)?;
    let (camera, note) = (app.camera(&caller.scope, &form.camera).await?.id, note(&form.note)?);
    let id = BookmarkId::fresh(made);
    let row =
        catalogue::Bookmark { id, camera, at, to, note, by: caller.who.name.clone(), made, revision: 1 };
    app.catalogue().add_bookmark(&caller.scope, row.clone()).await?;
    caller.note(&app, AuditAction::Bookmark, Some(camera), json!({"bookmark": id, "done": "added"}));
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Changes a bookmark that still has the revision in `If-Match`.
#[utoipa::path(patch, path = "/bookmarks/{id}", tag = "marks", request_body = Change,
    params(("id" = String, Path, description = "Id"),
        ("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As it is now", body = Bookmark), Problem))]
pub(super) async fn patch_bookmark(
    State(app): State<App>,
    caller: Caller<Hold>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(form): Json<Change>,
) -> Answer<Json<Bookmark>> {
    let id: BookmarkId = id.parse().map_err(|_| gone())?;
    let mut row = app.catalogue().bookmark(&caller.scope, id).await?.ok_or_else(gone)?;
    row.revision = expected_revision(&headers)?;
    row.at = form.at.map_or(row.at, |at| at.0);
    row.to = form.to.map_or(row.to, |to| to.map(|to| to.0));
    if let Some(text) = &form.note {
        row.note = note(text)?;
    }
    checked(row.at, row.to)?;
    app.catalogue().put_bookmark(&caller.scope, row.clone()).await.map_err(stale)?;
    row.revision += 1;
    caller.note(&app, AuditAction::Bookmark, Some(row.camera), json!({"bookmark": id, "done": "changed"}));
    Ok(Json(row.into()))
}

/// Removes a bookmark.
#[utoipa::path(delete, path = "/bookmarks/{id}", tag = "marks", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "It is gone"), Problem))]
pub(super) async fn delete_bookmark(
    State(app): State<App>,
    caller: Caller<Hold>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let id: BookmarkId = id.parse().map_err(|_| gone())?;
    let camera = app.catalogue().bookmark(&caller.scope, id).await?.map(|row| row.camera);
    if app.catalogue().remove_bookmark(&caller.scope, id).await? {
        caller.note(&app, AuditAction::Bookmark, camera, json!({"bookmark": id, "done": "removed"}));
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(gone())
    }
}
