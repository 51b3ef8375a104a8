//! `/jobs/{id}`: work that was begun and takes a while. Exports are the only kind so far.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, Export};
use super::error::{Answer, Code, Problem};
use super::exports::{JobState, file_url, find, progress};
use super::extract::{Json, Path};
use crate::base::ExportId;
use crate::catalogue::AuditAction;

/// Work that was begun.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Job {
    /// That of its result.
    #[schema(value_type = String, format = "uuid")]
    id: ExportId,
    /// What is being made.
    kind: JobKind,
    /// Where it is in its life.
    state: JobState,
    /// How far, 0 to 1.
    progress: f64,
    /// What came of it.
    #[schema(required = true)]
    result: Option<JobResult>,
    /// Stable name of why it failed.
    #[schema(required = true)]
    problem: Option<String>,
}

/// What is being made.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum JobKind {
    /// See `/exports/{id}`.
    Export,
}

/// What came of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct JobResult {
    /// Where it is.
    url: String,
}

/// Tells how far some work has got.
#[utoipa::path(get, path = "/jobs/{id}", tag = "exports", params(("id" = String, Path, description = "Id")),
    responses((status = 200, description = "How far it is", body = Job), Problem))]
pub(super) async fn get_job(
    State(app): State<App>,
    caller: Caller<Export>,
    Path(id): Path<String>,
) -> Answer<Json<Job>> {
    let row = find(&app, &caller.scope, &id).await?;
    Ok(Json(Job {
        id: row.id,
        kind: JobKind::Export,
        state: row.state.into(),
        progress: progress(&app, &row),
        result: file_url(&row).map(|url| JobResult { url }),
        problem: row.problem,
    }))
}

/// Ends some work that waits or runs.
#[utoipa::path(delete, path = "/jobs/{id}", tag = "exports", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "Canceled"), Problem))]
pub(super) async fn delete_job(
    State(app): State<App>,
    caller: Caller<Export>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let row = find(&app, &caller.scope, &id).await?;
    if app.exports().cancel(row.id).await? {
        caller.note(&app, AuditAction::ExportRemoved, None, json!({"export": row.id, "canceled": true}));
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(Code::Conflict, "this is over already; delete the export to be rid of its file"))
}
