//! `/sessions`: where somebody is signed in.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::App;
use super::caller::{Caller, SignedIn};
use super::error::{Answer, Problem};
use super::extract::{Json, Path, Query};
use super::people::person_id;
use super::wire::Time;
use crate::catalogue::AuditAction;

/// Somewhere that a person is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Session {
    /// Its id; opens nothing.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// It is the one that asks.
    current: bool,
    /// How it began: `password`, `code` or `invite`.
    kind: String,
    /// Address from which it began; may be empty.
    address: String,
    /// What the browser called itself; may be empty.
    agent: String,
    /// When it began.
    created_at: Time,
    /// When it was used last, to a few minutes.
    seen_at: Time,
}

/// Sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Sessions {
    /// Newest first.
    items: Vec<Session>,
}

/// Whose.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// Id of a person whom one manages; one's own when it is left out.
    person: Option<String>,
}

/// Lists where somebody is signed in.
#[utoipa::path(get, path = "/sessions", tag = "people", params(Whose),
    responses((status = 200, description = "Sessions", body = Sessions), Problem))]
pub(super) async fn list_sessions(
    State(app): State<App>,
    caller: Caller<SignedIn>,
    Query(whose): Query<Whose>,
) -> Answer<Json<Sessions>> {
    let of = whose.person.as_deref().map(person_id).transpose()?;
    let rows = app.auth().sessions(&caller.who, of).await?;
    let items = rows.into_iter().map(|(id, row)| Session {
        id,
        current: caller.who.came_by(id),
        kind: row.kind,
        address: row.peer,
        agent: row.agent,
        created_at: Time(row.created),
        seen_at: Time(row.seen),
    });
    Ok(Json(Sessions { items: items.collect() }))
}

/// Ends a session of one's own, or of somebody whom one manages; what is open by it ends within six seconds.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "people", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "Ended"), Problem))]
pub(super) async fn end_session(
    State(app): State<App>,
    caller: Caller<SignedIn>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found("there is no such session"))?;
    let person = app.auth().end_session(&caller.who, id).await?;
    caller.note(&app, AuditAction::SessionEnded, None, json!({"person": person}));
    Ok(StatusCode::NO_CONTENT)
}
