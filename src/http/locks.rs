//! `/locks`: footage that stays, whatever retention would do.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::bookmarks::open_range;
use super::caller::{Caller, Hold, Playback};
use super::error::{Answer, Code, Problem};
use super::extract::{Json, Path, Query};
use super::marks::note;
use super::wire::Time;
use crate::base::{CameraId, LockId, TICKS_PER_SECOND, TimeRange};
use crate::catalogue::{self, AuditAction};

/// Locks in one answer: many more than anybody sets.
const LIMIT: u32 = 1000;
const DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// Longest stretch: its rows are changed in one transaction, while recorders wait to tell of theirs.
const LONGEST: i64 = 7 * DAY;
/// How far ahead footage may be locked.
const AHEAD: i64 = 7 * DAY;

/// Somebody's word that footage stays.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Lock {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: LockId,
    /// Whose footage.
    #[schema(value_type = String, format = "uuid")]
    camera: CameraId,
    /// First instant inside.
    from: Time,
    /// First instant after.
    to: Time,
    /// When it ends by itself; null = when somebody removes it.
    #[schema(required = true)]
    until: Option<Time>,
    /// Why; may be empty.
    note: String,
    /// Who.
    by: String,
    /// When it was made.
    made_at: Time,
}

impl From<catalogue::Lock> for Lock {
    fn from(row: catalogue::Lock) -> Self {
        Self {
            id: row.id,
            camera: row.camera,
            from: Time(row.range.from),
            to: Time(row.range.to),
            until: row.until.map(Time),
            note: row.note,
            by: row.by,
            made_at: Time(row.made),
        }
    }
}

/// Footage that is to stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLock)]
pub(super) struct Addition {
    /// Id or slug.
    camera: String,
    /// First instant inside.
    from: Time,
    /// First instant after: at most seven days later, and at most seven days from now. What is not yet recorded stays too.
    to: Time,
    /// When it ends by itself; left out: when somebody removes it.
    until: Option<Time>,
    /// At most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
}

/// Which locks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Id or slug; of all cameras, also of removed ones, when it is left out.
    camera: Option<String>,
    /// First instant inside; from the beginning when it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// First instant after; without end when it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
}

/// Locks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Locks {
    /// Newest footage first.
    items: Vec<Lock>,
}

/// Lists locks, newest footage first; at most a thousand.
#[utoipa::path(get, path = "/locks", tag = "marks", params(Which),
    responses((status = 200, description = "Locks that meet the range", body = Locks), Problem))]
pub(super) async fn list_locks(
    State(app): State<App>,
    caller: Caller<Playback>,
    Query(which): Query<Which>,
) -> Answer<Json<Locks>> {
    let camera = match &which.camera {
        Some(name) => Some(app.camera(&caller.scope, name).await?.id),
        None => None,
    };
    let rows = app.catalogue().locks(&caller.scope, open_range(which.from, which.to), camera, LIMIT).await?;
    Ok(Json(Locks { items: rows.into_iter().map(Lock::from).collect() }))
}

/// Locks footage of a camera, of both its encodings: retention never deletes it, also not on a full disk.
#[utoipa::path(post, path = "/locks", tag = "marks", request_body = Addition,
    responses((status = 201, description = "The lock", body = Lock), Problem))]
pub(super) async fn post_lock(
    State(app): State<App>,
    caller: Caller<Hold>,
    Json(form): Json<Addition>,
) -> Answer<(StatusCode, Json<Lock>)> {
    let wrong = |field: &str, sentence: &str| Err(Problem::invalid(sentence).with("field", field));
    let (range, now) = (TimeRange::new(form.from.0, form.to.0), app.now());
    if range.to <= range.from {
        return wrong("to", "the range is empty; give a to that is later than from");
    }
    if range.ticks() > LONGEST {
        return wrong("to", "the range is longer than seven days; make several locks");
    }
    if range.to - now > AHEAD {
        return wrong("to", "the range ends more than seven days from now; lock it later");
    }
    if form.until.is_some_and(|until| until.0 <= now) {
        return wrong("until", "the lock would be over already; give a later until, or leave it out");
    }
    let (camera, note) = (app.camera(&caller.scope, &form.camera).await?, note(&form.note)?);
    let lock = catalogue::Lock {
        id: LockId::fresh(now),
        camera: camera.id,
        range,
        until: form.until.map(|until| until.0),
        note,
        by: caller.who.name.clone(),
        made: now,
    };
    app.catalogue().add_lock(&caller.scope, lock.clone()).await?;
    // Looked at afterwards: what is there now, nobody can take away any more.
    if range.to <= now {
        let mut found = false;
        for stream in &camera.streams {
            found = found || !app.catalogue().spans(&caller.scope, stream.key, range).await?.is_empty();
        }
        if !found {
            app.catalogue().remove_lock(&caller.scope, lock.id).await?;
            let sentence = "nothing is recorded there, so there is nothing to keep; choose another time";
            return Err(Problem::new(Code::NoRecording, sentence));
        }
    }
    tracing::info!(lock.id = %lock.id, camera.id = %lock.camera, from = %range.from, to = %range.to, "footage locked");
    let detail = json!({"lock": lock.id, "from": range.from.rfc3339(), "to": range.to.rfc3339()});
    caller.note(&app, AuditAction::Lock, Some(lock.camera), detail);
    Ok((StatusCode::CREATED, Json(lock.into())))
}

/// Removes a lock: what no other lock keeps may be deleted from now on.
#[utoipa::path(delete, path = "/locks/{id}", tag = "marks", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "It is gone"), Problem))]
pub(super) async fn delete_lock(
    State(app): State<App>,
    caller: Caller<Hold>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let gone = || Problem::not_found("there is no such lock; it may be over, or somebody removed it");
    let id: LockId = id.parse().map_err(|_| gone())?;
    if !app.catalogue().remove_lock(&caller.scope, id).await? {
        return Err(gone());
    }
    tracing::info!(lock.id = %id, "footage unlocked");
    caller.note(&app, AuditAction::Unlock, None, json!({"lock": id}));
    Ok(StatusCode::NO_CONTENT)
}
