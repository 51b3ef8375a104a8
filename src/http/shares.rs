//! `/exports/{id}/shares`: links by which somebody without an account gets an export.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{self, Caller};
use super::error::{Answer, Code, Problem};
use super::exports::{find, gone};
use super::extract::{Json, Path};
use super::serve::Via;
use super::wire::{Password, Time};
use crate::auth::{Identity, Role};
use crate::base::{ShareId, TICKS_PER_SECOND};
use crate::catalogue::{AuditAction, ExportState, NewShare as NewRow, Share as Row, ShareOpen, Standing};

/// How long a link is good for when nothing is said.
const DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// And at most.
const LONGEST: i64 = 31 * DAY;
/// Times of opening that are shown with a link.
const OPENS: u32 = 20;
/// Longest reason, in characters.
const REASON: usize = 200;

/// A link to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewShare)]
pub(super) struct Wanted {
    /// Not valid from here on; in 24 hours when it is left out, in 31 days at most.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
    /// 4 to 12 digits that are asked for; without one the link alone opens it.
    pin: Option<Password>,
    /// Why it is shared, at most 200 characters; administrators and programs may leave it out.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: String,
}

/// Whether a link still opens something.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ShareState {
    /// It does.
    Open,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// Too many wrong PINs were given.
    Locked,
}

/// One time that somebody came by a link.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ShareOpen)]
struct Open {
    /// When.
    at: Time,
    /// From where.
    address: String,
    /// `page`, `file`, `wrong_pin`, or `over` when the link was no longer valid.
    what: &'static str,
}

/// A link. Its address is told only when it is made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Share {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: ShareId,
    /// Whether it still opens something.
    state: ShareState,
    /// Who shared it, by name.
    person: String,
    /// Why, in their words; may be empty.
    reason: String,
    /// When.
    created_at: Time,
    /// Not valid from here on.
    expires_at: Time,
    /// A PIN is asked for.
    pin: bool,
    /// How often its page or file was opened.
    opens: u64,
    /// The last times that somebody came, newest first.
    log: Vec<Open>,
}

/// A link that was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct MadeShare {
    /// The link's id.
    #[schema(value_type = String, format = "uuid")]
    id: ShareId,
    /// Its address, told this once.
    url: String,
    /// Not valid from here on.
    expires_at: Time,
}

/// All links to an export.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Shares {
    /// Newest first.
    items: Vec<Share>,
}

fn shown(app: &App, row: Row, log: Vec<ShareOpen>) -> Share {
    let state = match row.standing(app.now()) {
        Standing::Open(_) => ShareState::Open,
        Standing::Expired => ShareState::Expired,
        Standing::Revoked => ShareState::Revoked,
        Standing::Locked => ShareState::Locked,
    };
    let open = |open: ShareOpen| Open { at: Time(open.at), address: open.address, what: open.what.name() };
    Share {
        id: row.id,
        state,
        person: row.person,
        reason: row.reason,
        created_at: Time(row.created),
        expires_at: Time(row.expires),
        pin: row.pin_hash.is_some(),
        opens: row.opens,
        log: log.into_iter().map(open).collect(),
    }
}

/// Why something is shared, trimmed: who looks after the recorder need not say it.
fn reason(who: &Identity, text: &str) -> Answer<String> {
    let text = text.trim();
    let refused = |sentence: String| Err(Problem::invalid(sentence).with("field", "reason"));
    if text.chars().count() > REASON || text.contains(char::is_control) {
        return refused(format!(
            "the reason has control characters or more than {REASON} characters; shorten it"
        ));
    }
    if text.is_empty() && who.is_person() && who.role != Some(Role::Admin) {
        return refused("say in a few words why this is shared".to_owned());
    }
    Ok(text.to_owned())
}

/// Makes a link to a finished export.
#[utoipa::path(post, path = "/exports/{id}/shares", tag = "exports", request_body = Wanted,
    params(("id" = String, Path, description = "Id of the export")),
    responses((status = 201, description = "Made", body = MadeShare), Problem))]
pub(super) async fn post_share(
    State(app): State<App>,
    caller: Caller<caller::Share>,
    via: Via,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(form): Json<Wanted>,
) -> Answer<Response> {
    let export = find(&app, &caller.scope, &id).await?;
    if export.state != ExportState::Done {
        return Err(Problem::new(
            Code::Conflict,
            "only a finished export can be shared; wait until it is done",
        ));
    }
    let now = app.now();
    let expires = form.expires_at.map_or(now + DAY, |at| at.0);
    if expires <= now || expires > now + LONGEST {
        return Err(Problem::invalid("a link ends within 31 days from now").with("field", "expires_at"));
    }
    let pin_hash = match form.pin {
        Some(pin) => {
            let hash = app.auth().pin_hash(pin.0).await;
            Some(hash.map_err(|e| Problem::from(e).with("field", "pin"))?)
        }
        None => None,
    };
    let reason = reason(&caller.who, &form.reason)?;
    let (token, hash) = app.auth().new_share();
    let person = caller.who.name.clone();
    let new = NewRow { export: export.id, hash, pin_hash, person, expires, reason };
    let share = app.catalogue().add_share(&caller.scope, new).await?.ok_or_else(gone)?;
    tracing::info!(share.id = %share.id, export.id = %export.id, "an export was shared");
    caller.note(
        &app,
        AuditAction::Share,
        None,
        json!({"export": export.id, "share": share.id, "reason": share.reason}),
    );
    let url = format!("{}/s/{}", app.base(via, &headers), token.expose());
    let made = MadeShare { id: share.id, url, expires_at: Time(share.expires) };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Lists the links to an export, with the last times that somebody came by them.
#[utoipa::path(get, path = "/exports/{id}/shares", tag = "exports",
    params(("id" = String, Path, description = "Id of the export")),
    responses((status = 200, description = "The links", body = Shares), Problem))]
pub(super) async fn list_shares(
    State(app): State<App>,
    caller: Caller<caller::Share>,
    Path(id): Path<String>,
) -> Answer<Json<Shares>> {
    let export = find(&app, &caller.scope, &id).await?;
    let mut items = Vec::new();
    for (row, log) in app.catalogue().shares(&caller.scope, export.id, OPENS).await? {
        items.push(shown(&app, row, log));
    }
    Ok(Json(Shares { items }))
}

/// Takes a link back.
#[utoipa::path(delete, path = "/shares/{id}", tag = "exports", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "Taken back"), Problem))]
pub(super) async fn delete_share(
    State(app): State<App>,
    caller: Caller<caller::Share>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let gone = || Problem::not_found("there is no such link, or it was taken back before");
    let id: ShareId = id.parse().map_err(|_| gone())?;
    if !app.catalogue().revoke_share(&caller.scope, id).await? {
        return Err(gone());
    }
    caller.note(&app, AuditAction::ShareRevoked, None, json!({"share": id}));
    Ok(StatusCode::NO_CONTENT)
}
