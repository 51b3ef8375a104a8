//! `/invites`: links by which somebody becomes a person. The phone scans one, and its owner chooses a password.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::App;
use super::caller::{self, Caller};
use super::error::{Answer, Problem};
use super::extract::{Json, Path};
use super::people::{LiveReach, Reach, RoleName};
use super::qr::qr_svg;
use super::serve::{Peer, Via};
use super::session::{client, cookies};
use super::tls::{Guide, guide_to};
use super::wire::{Password, Time};
use crate::auth::{Denied, NewGuest};
use crate::base::{Kind, Secret};
use crate::catalogue::{self, AuditAction};

/// Somebody to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInvite)]
pub(super) struct Wanted {
    /// Sign-in name: 2 to 32 plain letters, digits, dots or hyphens.
    #[schema(min_length = 2, max_length = 32)]
    name: String,
    /// As people call them.
    #[serde(default)]
    #[schema(max_length = 100)]
    display_name: String,
    /// What they will be.
    role: RoleName,
    /// Where they will be that; on the whole site when it is left out or null.
    reach: Option<Reach>,
    /// Of what they will see live pictures besides.
    #[serde(default)]
    live: LiveReach,
}

/// An invite that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MadeInvite {
    /// The invite's id.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// Its address, told this once. The secret stands behind `#`: browsers send it to nobody.
    url: String,
    /// The same for a camera: an SVG image of a QR code.
    qr_svg: String,
    /// What the phone is to be led to first, where only the recorder's own authority vouches for the address; null when nothing
    /// is to be installed.
    #[schema(required = true)]
    guide: Option<Guide>,
    /// Not valid from here on.
    expires_at: Time,
}

/// An invite that is open.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Invite {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// Sign-in name.
    name: String,
    /// As people call them; may be empty.
    display_name: String,
    /// What they will be.
    role: RoleName,
    /// Where they will be that; null: on the whole site.
    #[schema(required = true)]
    reach: Option<Reach>,
    /// Of what they will see live pictures besides.
    live: LiveReach,
    /// Who invites, by sign-in name.
    by: String,
    /// When.
    created_at: Time,
    /// Not valid from here on.
    expires_at: Time,
    /// They are there already, and get another password by it.
    again: bool,
}

/// Invites.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Invites {
    /// Newest first.
    items: Vec<Invite>,
}

/// What the invited send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InviteAnswer)]
pub(super) struct Acceptance {
    /// What stands behind `#` in the invite's address.
    token: Password,
    /// Their own; at least fifteen characters, or four words.
    #[schema(min_length = 8, max_length = 256)]
    password: Password,
}

fn shown(row: catalogue::Invite) -> Answer<Invite> {
    Ok(Invite {
        id: row.id,
        name: row.name,
        display_name: row.display_name,
        role: RoleName::of(&row.role)?,
        reach: row.reach.map(Reach::from),
        live: row.live.into(),
        by: row.by,
        created_at: Time(row.created),
        expires_at: Time(row.expires),
        again: row.person.is_some(),
    })
}

/// Invites somebody: answers a link that is good once, within 48 hours. An open invite for the same name ends.
#[utoipa::path(post, path = "/invites", tag = "people", request_body = Wanted,
    responses((status = 201, description = "Made", body = MadeInvite), Problem))]
pub(super) async fn post_invite(
    State(app): State<App>,
    caller: Caller<caller::People>,
    via: Via,
    headers: HeaderMap,
    Json(form): Json<Wanted>,
) -> Answer<(StatusCode, Json<MadeInvite>)> {
    let guest = NewGuest {
        name: form.name,
        display_name: form.display_name,
        role: form.role.into(),
        reach: form.reach.map(catalogue::Reach::from),
        live: form.live.into(),
    };
    let (token, invite) = app.auth().invite(&caller.who, guest).await?;
    let detail =
        json!({"person": invite.name, "role": invite.role, "reach": invite.reach, "live": invite.live});
    caller.note(&app, AuditAction::Invite, None, detail);
    made(&app, &token, &invite, via, &headers)
}

fn made(
    app: &App,
    token: &Secret,
    invite: &catalogue::Invite,
    via: Via,
    headers: &HeaderMap,
) -> Answer<(StatusCode, Json<MadeInvite>)> {
    let base = app.base(via, headers);
    let guide = guide_to(app, headers, &base)?;
    let url = format!("{base}/invite#{}", token.expose());
    let made =
        MadeInvite { id: invite.id, qr_svg: qr_svg(&url)?, url, guide, expires_at: Time(invite.expires) };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Answers a link by which somebody who has forgotten their password sets another: good once, within 48 hours. Their sessions end
/// when it is used; everything else of them stays.
#[utoipa::path(post, path = "/people/{id}/invite", tag = "people", params(("id" = String, Path, description = "Id")),
    responses((status = 201, description = "Made", body = MadeInvite), Problem))]
pub(super) async fn post_invite_again(
    State(app): State<App>,
    caller: Caller<caller::People>,
    via: Via,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer<(StatusCode, Json<MadeInvite>)> {
    let id = id.parse().map_err(|_| Problem::not_found("there is no such person"))?;
    let (token, invite) = app.auth().invite_again(&caller.who, id).await?;
    caller.note(&app, AuditAction::Invite, None, json!({"person": invite.name, "password": true}));
    made(&app, &token, &invite, via, &headers)
}

/// Lists open invites: all, for whoever sees the whole site, else one's own.
#[utoipa::path(get, path = "/invites", tag = "people",
    responses((status = 200, description = "Open invites", body = Invites), Problem))]
pub(super) async fn list_invites(
    State(app): State<App>,
    caller: Caller<caller::People>,
) -> Answer<Json<Invites>> {
    let rows = app.auth().invites(&caller.who).await?;
    Ok(Json(Invites { items: rows.into_iter().map(shown).collect::<Answer<_>>()? }))
}

/// Takes an open invite back.
#[utoipa::path(delete, path = "/invites/{id}", tag = "people", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "Taken back"), Problem))]
pub(super) async fn delete_invite(
    State(app): State<App>,
    caller: Caller<caller::People>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found("there is no such invite"))?;
    let name = app.auth().remove_invite(&caller.who, id).await?;
    caller.note(&app, AuditAction::InviteRemoved, None, json!({"person": name}));
    Ok(StatusCode::NO_CONTENT)
}

/// Accepts an invite: sets the password and signs in.
#[utoipa::path(post, path = "/invites:accept", tag = "people", security(()), request_body = Acceptance,
    responses((status = 204, description = "Signed in; the session is in the cookie"), Problem))]
pub(super) async fn accept_invite(
    State(app): State<App>,
    Peer(peer): Peer,
    via: Via,
    headers: HeaderMap,
    Json(form): Json<Acceptance>,
) -> Answer<impl IntoResponse> {
    let client = client(&app, peer, via, &headers);
    let accepted = app.auth().accept(&form.token.0, form.password.0, &client).await;
    let signed_in = accepted.map_err(|denied| match denied {
        Denied::Wrong => Problem::not_found("this invite was accepted or is over; ask for a new one"),
        Denied::Failed(e) if e.kind() == Kind::Invalid => Problem::from(e).with("field", "password"),
        other => other.into(),
    })?;
    Ok((StatusCode::NO_CONTENT, cookies(&app, via, &signed_in)?))
}
