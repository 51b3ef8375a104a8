//! `/snoozes`: quiet for a while, each person's own.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::App;
use super::alert_settings::person;
use super::caller::{Caller, Playback};
use super::error::{Answer, Problem};
use super::extract::{Json, Path};
use super::wire::Time;
use crate::base::{CameraId, TICKS_PER_SECOND, Ticks};
use crate::catalogue::{self, AuditAction};

const HOUR: i64 = 3600 * TICKS_PER_SECOND;
/// Longest quiet: whoever wants none at all says so in their preferences.
const LONGEST: i64 = 31 * 24 * HOUR;

/// Quiet for a while.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Snooze {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// From which camera; null: from all.
    #[schema(required = true, value_type = Option<String>)]
    camera: Option<CameraId>,
    /// Not beyond this.
    until: Time,
    /// Since when.
    since: Time,
}

impl From<catalogue::Snooze> for Snooze {
    fn from(row: catalogue::Snooze) -> Self {
        Self { id: row.id, camera: row.camera, until: Time(row.until), since: Time(row.made) }
    }
}

/// What somebody has silenced for themselves.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Snoozes {
    /// In the order in which it was asked for.
    items: Vec<Snooze>,
}

/// What is to be silenced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSnooze)]
pub(super) struct Addition {
    /// Id or slug; null or left out: all cameras.
    camera: Option<String>,
    /// Until when, at most a month.
    until: Time,
}

/// The end of a quiet, as far as it makes sense.
pub(super) fn checked(until: Ticks, now: Ticks) -> Answer<Ticks> {
    if until <= now || until - now > LONGEST {
        let sentence = "until must be later than now and within 31 days; whoever wants no alerts says so in the preferences";
        return Err(Problem::invalid(sentence).with("field", "until"));
    }
    Ok(until)
}

/// Lists what whoever asks has silenced.
#[utoipa::path(get, path = "/snoozes", tag = "alerts",
    responses((status = 200, description = "What is silenced", body = Snoozes), Problem))]
pub(super) async fn list_snoozes(State(app): State<App>, caller: Caller<Playback>) -> Answer<Json<Snoozes>> {
    // A token has none.
    let who = caller.who.id();
    let all = app.catalogue().snoozes(app.now()).await?;
    let mine = all.into_iter().filter(|s| s.person == who && s.camera.is_none_or(|c| caller.scope.sees(c)));
    Ok(Json(Snoozes { items: mine.map(Snooze::from).collect() }))
}

/// Silences a camera, or all, for whoever asks and nobody else. An earlier wish for the same is replaced.
#[utoipa::path(post, path = "/snoozes", tag = "alerts", request_body = Addition,
    responses((status = 201, description = "It is quiet", body = Snooze), Problem))]
pub(super) async fn post_snooze(
    State(app): State<App>,
    caller: Caller<Playback>,
    Json(form): Json<Addition>,
) -> Answer<(StatusCode, Json<Snooze>)> {
    let camera = match &form.camera {
        Some(which) => Some(app.camera(&caller.scope, which).await?.id),
        None => None,
    };
    let until = checked(form.until.0, app.now())?;
    let snooze = app.catalogue().add_snooze(person(&caller)?, camera, until).await?;
    let detail = json!({"snooze": snooze.id, "until": until.rfc3339()});
    caller.note(&app, AuditAction::Snooze, camera, detail);
    Ok((StatusCode::CREATED, Json(snooze.into())))
}

/// Ends a quiet of one's own.
#[utoipa::path(delete, path = "/snoozes/{id}", tag = "alerts", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "It is over"), Problem))]
pub(super) async fn delete_snooze(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let gone = || Problem::not_found("there is no such snooze; it may be over");
    let id: Uuid = id.parse().map_err(|_| gone())?;
    match app.catalogue().remove_snooze(caller.who.id(), id).await? {
        true => {
            caller.note(&app, AuditAction::Snooze, None, json!({"snooze": id, "until": null}));
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(gone()),
    }
}
