//! `/me`: who asks, and their password.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{self, Caller};
use super::error::{Answer, Problem};
use super::extract::Json;
use super::serve::Via;
use super::session::{client, cookies};
use super::wire::Password;
use crate::auth::Role;
use crate::base::CameraId;
use crate::catalogue::AuditAction;

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// Sign-in name; `token` for a machine.
    name: String,
    /// As people call them; may be empty.
    display_name: String,
    /// `viewer`, `guard`, `head` or `admin`; `machine` for a bearer token.
    role: &'static str,
    /// What they may do: `live`, `playback`, `hold`, `export`, `share`, `zones`, `alerts`, `people`, `settings`, `metrics`.
    rights: Vec<&'static str>,
    /// Ids of the cameras that they may see; null: all.
    #[schema(required = true, value_type = Option<Vec<String>>)]
    cameras: Option<Vec<CameraId>>,
    /// Those of them where all their rights hold; of the others they see live pictures only. null: all.
    #[schema(required = true, value_type = Option<Vec<String>>)]
    full_cameras: Option<Vec<CameraId>>,
    /// They have set a password.
    password_set: bool,
    /// Language of what is written to them.
    locale: String,
    /// Where the team calls them; empty: not said.
    phone: String,
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    /// At least fifteen characters, or four words.
    #[schema(min_length = 8, max_length = 256)]
    password: Password,
}

/// Where the team calls somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Phone {
    /// A telephone number; empty: none.
    #[schema(max_length = 24)]
    phone: String,
}

/// Tells who asks.
#[utoipa::path(get, path = "/me", tag = "session",
    responses((status = 200, description = "Who asks", body = Me), Problem))]
pub(super) async fn get_me(caller: Caller<caller::SignedIn>) -> Json<Me> {
    let who = caller.who;
    Json(Me {
        role: who.role.map_or("machine", Role::name),
        rights: who.rights.names(),
        password_set: who.has_password(),
        cameras: who.cameras(),
        full_cameras: who.full_cameras(),
        locale: who.locale,
        phone: who.phone,
        display_name: who.display_name,
        name: who.name,
    })
}

/// Sets the password and ends all other sessions.
#[utoipa::path(put, path = "/me/password", tag = "session", request_body = NewPassword,
    responses((status = 204, description = "Set; a new session is in the cookie"), Problem))]
pub(super) async fn put_password(
    State(app): State<App>,
    caller: Caller<caller::Proven>,
    via: Via,
    headers: HeaderMap,
    Json(form): Json<NewPassword>,
) -> Answer<impl IntoResponse> {
    let set = app
        .auth()
        .set_password(&caller.who, form.password.0, &client(&app, caller.peer, via, &headers))
        .await;
    let signed_in = set.map_err(|e| Problem::from(e).with("field", "password"))?;
    Ok((StatusCode::NO_CONTENT, cookies(&app, via, &signed_in)?))
}

/// Says where the team calls whoever asks; those who see one of the same cameras can read it.
#[utoipa::path(put, path = "/me/phone", tag = "session", request_body = Phone,
    responses((status = 204, description = "Kept"), Problem))]
pub(super) async fn put_phone(
    State(app): State<App>,
    caller: Caller<caller::SignedIn>,
    Json(form): Json<Phone>,
) -> Answer<StatusCode> {
    let kept = app.auth().set_phone(&caller.who, &form.phone).await;
    kept.map_err(|e| Problem::from(e).with("field", "phone"))?;
    let detail = json!({"person": caller.who.name, "phone": !form.phone.trim().is_empty()});
    caller.note(&app, AuditAction::PersonChanged, None, detail);
    Ok(StatusCode::NO_CONTENT)
}
