//! `GET /audit`: what people did.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::bookmarks::open_range;
use super::caller::{Caller, Settings};
use super::error::{Answer, Problem};
use super::extract::{Json, Query};
use super::paging::{no_cursor, page_limit};
use super::wire::Time;
use crate::base::{CameraId, hex};
use crate::catalogue::{AuditAction, AuditFilter};

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 500;

/// Something that somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditEntry {
    /// Order.
    seq: i64,
    /// When.
    at: Time,
    /// Sign-in name of a person, `token` of a machine, empty = nobody who is known.
    actor: String,
    /// What: a stable name, to be translated, such as `sign_in`.
    action: String,
    /// The camera that it is about.
    #[schema(required = true, value_type = Option<String>, format = "uuid")]
    camera: Option<CameraId>,
    /// More of it.
    #[schema(value_type = Object)]
    detail: Value,
    /// Address that it came from; empty = the machine itself.
    address: String,
    /// SHA-256 over the hash of the entry before and this one, in hexadecimal: a changed one shows.
    hash: String,
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// Newest first.
    items: Vec<AuditEntry>,
    /// Ask again with it for older ones.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// Which of it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Sign-in name.
    actor: Option<String>,
    /// Name of what was done.
    action: Option<String>,
    /// First instant inside.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// First instant after.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// At most so many, 1 to 500; 100 when it is left out.
    limit: Option<u32>,
    /// `next_cursor` of the answer before.
    cursor: Option<String>,
}

/// Lists what people did in the last twelve months, newest first.
#[utoipa::path(get, path = "/audit", tag = "people", params(Which),
    responses((status = 200, description = "A page of the log", body = AuditPage), Problem))]
pub(super) async fn list_audit(
    State(app): State<App>,
    caller: Caller<Settings>,
    Query(which): Query<Which>,
) -> Answer<Json<AuditPage>> {
    let limit = page_limit(which.limit, LIMIT, LIMIT_MAX)?;
    let action = match &which.action {
        Some(name) => Some(AuditAction::ALL.iter().copied().find(|a| a.name() == name).ok_or_else(|| {
            Problem::invalid(format!("{name:?} is nothing that is noted")).with("field", "action")
        })?),
        None => None,
    };
    let before = which.cursor.as_deref().map(str::parse).transpose().map_err(|_| no_cursor())?;
    let filter = AuditFilter { actor: which.actor, action, before };
    let range = open_range(which.from, which.to);
    let mut rows = app.catalogue().audit_log(&caller.scope, range, &filter, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| row.seq.to_string());
    let items = rows.into_iter().map(|row| AuditEntry {
        seq: row.seq,
        at: Time(row.at),
        actor: row.actor,
        action: row.action,
        camera: row.camera,
        detail: row.detail,
        address: row.peer,
        hash: hex(&row.hash),
    });
    Ok(Json(AuditPage { items: items.collect(), next_cursor }))
}
