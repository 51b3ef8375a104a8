//! `/session`: signing in and out.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{self, Caller};
use super::cookie::{self, Name};
use super::error::{Answer, Code, Problem};
use super::extract::Json;
use super::serve::{Peer, Via};
use super::wire::Password;
use crate::auth::{Client, Denied, SignedIn};
use crate::catalogue::AuditAction;

/// The mark of a known device lasts a year; it opens nothing.
const DEVICE_AGE_S: i64 = 366 * 86_400;

/// A password, with the name of whose it is, or a code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// Sign-in name; left out: that of the machine's own account, `admin`.
    name: Option<String>,
    /// The person's password.
    password: Option<Password>,
    /// A one-time code from the machine's screen.
    code: Option<Password>,
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Wrong => Self::new(Code::Unauthenticated, "this name, password or code is not right"),
            Denied::TooMany { retry_after_s } => {
                let sentence = format!("too many tries; wait {retry_after_s} seconds");
                Self::new(Code::TooMany, sentence).retry_after(retry_after_s)
            }
            Denied::Failed(error) => error.into(),
        }
    }
}

/// Where somebody comes from who signs in.
pub(super) fn client<'a>(app: &App, peer: IpAddr, via: Via, headers: &'a HeaderMap) -> Client<'a> {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Client { peer, agent, device: cookie::find(headers, Name::Device, app.is_secure(via)) }
}

/// Both cookies of a new session.
pub(super) fn cookies(
    app: &App,
    via: Via,
    signed_in: &SignedIn,
) -> Answer<AppendHeaders<[(header::HeaderName, HeaderValue); 2]>> {
    let (secure, age) = (app.is_secure(via), signed_in.max_age_s);
    Ok(AppendHeaders([
        (header::SET_COOKIE, cookie::set(Name::Session, signed_in.token.expose(), age, secure)?),
        (header::SET_COOKIE, cookie::set(Name::Device, signed_in.device.expose(), DEVICE_AGE_S, secure)?),
    ]))
}

/// Signs in with the password or with a one-time code.
#[utoipa::path(post, path = "/session", tag = "session", security(()), request_body = SignIn,
    responses((status = 204, description = "Signed in; the session is in the cookie"), Problem))]
pub(super) async fn post_session(
    State(app): State<App>,
    Peer(peer): Peer,
    via: Via,
    headers: HeaderMap,
    Json(form): Json<SignIn>,
) -> Answer<impl IntoResponse> {
    let client = client(&app, peer, via, &headers);
    let signed_in = match (form.password, form.code) {
        (Some(password), None) => app.auth().sign_in(form.name.as_deref(), password.0, &client).await?,
        (None, Some(code)) if form.name.is_none() => app.auth().sign_in_with_code(&code.0, &client).await?,
        _ => return Err(Problem::invalid("send either password or code; a code takes no name")),
    };
    Ok((StatusCode::NO_CONTENT, cookies(&app, via, &signed_in)?))
}

/// A password, once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Proof {
    /// One's own.
    #[schema(max_length = 256)]
    password: Password,
}

/// Types one's password again, where an answer's code is `password_needed`: what could do harm asks for it when it was not typed for
/// twelve hours.
#[utoipa::path(put, path = "/session/proof", tag = "session", request_body = Proof,
    responses((status = 204, description = "It is right; repeat what was refused"), Problem))]
pub(super) async fn put_proof(
    State(app): State<App>,
    caller: Caller<caller::SignedIn>,
    via: Via,
    headers: HeaderMap,
    Json(form): Json<Proof>,
) -> Answer<StatusCode> {
    let client = client(&app, caller.peer, via, &headers);
    app.auth().prove(&caller.who, form.password.0, &client).await.map_err(|denied| match denied {
        // Not 401: they are signed in, and stay so.
        Denied::Wrong => Problem::invalid("this password is not right").with("field", "password"),
        other => other.into(),
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = "session",
    responses((status = 204, description = "Signed out"), Problem))]
pub(super) async fn delete_session(
    State(app): State<App>,
    caller: Caller<caller::SignedIn>,
    via: Via,
) -> Answer<impl IntoResponse> {
    app.auth().sign_out(&caller.who).await?;
    caller.note(&app, AuditAction::SignOut, None, json!({}));
    let gone = cookie::set(Name::Session, "", 0, app.is_secure(via))?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]))
}
