//! `/me`: who asks, and their password.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
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
    /// They have set a password.
    password_set: bool,
    /// Language of what is written to them.
    locale: String,
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    /// At least ten characters.
    #[schema(min_length = 10, max_length = 256)]
    password: Password,
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
        locale: who.locale,
        display_name: who.display_name,
        name: who.name,
    })
}

/// Sets the password and ends all other sessions.
#[utoipa::path(put, path = "/me/password", tag = "session", request_body = NewPassword,
    responses((status = 204, description = "Set; a new session is in the cookie"), Problem))]
pub(super) async fn put_password(
    State(app): State<App>,
    caller: Caller<caller::SignedIn>,
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
