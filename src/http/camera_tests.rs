//! `POST /camera-tests`: looks at a camera before it is added.

use std::time::Duration;

use axum::extract::State;
use serde::Deserialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::App;
use super::app::{Check, CheckId, Level, ProbeReport, ProbeRequest};
use super::camera_write::{address, short};
use super::cameras::TransportName;
use super::error::{Answer, Code, Problem};
use super::extract::Json;
use super::wire::Password;
use crate::base::{Credentials, Secret};
use crate::catalogue::Transport;

/// Looks at a time: each is a session that decodes nothing, but takes bandwidth.
static SLOTS: Semaphore = Semaphore::const_new(4);
/// A look that takes longer is given up.
const TIME: Duration = Duration::from_secs(15);

/// What to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CameraTest {
    /// `rtsp://` address; a user name and password in it count when the fields are left out.
    url: String,
    /// What the camera asks for.
    username: Option<String>,
    /// What the camera asks for.
    password: Option<Password>,
    /// How RTP travels; TCP when it is left out.
    transport: Option<TransportName>,
}

/// Looks at a camera for some seconds. A camera that does not answer is an answer with `ok: false`.
#[utoipa::path(post, path = "/camera-tests", tag = "cameras", request_body = CameraTest,
    responses((status = 200, description = "What was seen, within 15 s", body = ProbeReport), Problem))]
pub(super) async fn post_camera_test(
    State(app): State<App>,
    Json(form): Json<CameraTest>,
) -> Answer<Json<ProbeReport>> {
    let (url, given) = address("url", &form.url)?;
    let username = form.username.filter(|name| !name.is_empty());
    let password = form.password.map(|password| password.0);
    short("username", username.as_deref().unwrap_or_default())?;
    short("password", password.as_ref().map(Secret::expose).unwrap_or_default())?;
    let credentials = match (username, password) {
        (None, None) => given,
        (username, password) => Some(Credentials {
            username: username.unwrap_or_default(),
            password: password.unwrap_or_else(|| Secret::new("")),
        }),
    };
    let Ok(_slot) = SLOTS.try_acquire() else {
        return Err(
            Problem::new(Code::TooMany, "other cameras are being tested; wait 15 seconds").retry_after(15)
        );
    };
    let transport = form.transport.map(Transport::from).unwrap_or_default();
    let look = app.probe().probe(ProbeRequest { url, credentials, transport });
    match tokio::time::timeout(TIME, look).await {
        Ok(report) => Ok(Json(report?)),
        Err(_) => Ok(Json(silent())),
    }
}

/// The report of a camera that kept us waiting.
fn silent() -> ProbeReport {
    let check = Check {
        id: CheckId::Connect,
        level: Level::Error,
        code: "camera_unreachable".to_owned(),
        params: serde_json::Map::new(),
        message: "the camera did not answer within 15 seconds; look at its address, power and cable"
            .to_owned(),
    };
    ProbeReport { checks: vec![check], ..ProbeReport::default() }
}
