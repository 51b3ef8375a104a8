//! `POST /camera-tests`: looks at a camera before it is added.

use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use url::Url;
use utoipa::ToSchema;

use super::App;
use super::app::{Check, CheckId, Level, ProbeReport, ProbeRequest, Probed, Whereabouts};
use super::caller::{Caller, Settings};
use super::camera_write::{address, short};
use super::cameras::{RenditionId, TransportName};
use super::error::{Answer, Code, Problem};
use super::events::jpeg;
use super::extract::{Json, Path};
use super::wire::Password;
use crate::base::{Credentials, RtspUrl, Secret};
use crate::catalogue::{Camera, Transport};

/// Looks at a time: each is two sessions that decode nothing, but take bandwidth.
static SLOTS: Semaphore = Semaphore::const_new(4);
/// A look that takes longer is given up; it ends by itself before.
const TIME: Duration = Duration::from_secs(8);
/// Longest address, in bytes.
const ADDRESS_MAX: usize = 2048;

/// What to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCameraTest)]
pub(super) struct Form {
    /// `rtsp://` address of the full picture; or the camera itself, as `192.168.1.20` or with the `http://` address of its
    /// ONVIF service: then it is asked for its streams. A user name and password in it count when the fields are left out.
    address: String,
    /// `rtsp://` address of the small picture, beside an `rtsp://` address of the full one.
    sub_url: Option<String>,
    /// What the camera asks for.
    username: Option<String>,
    /// What the camera asks for.
    password: Option<Password>,
    /// How RTP travels; TCP when it is left out.
    transport: Option<TransportName>,
}

/// What was seen of a camera.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CameraTest {
    /// The camera can be recorded.
    ok: bool,
    /// Who made it, as it says.
    #[schema(required = true)]
    make: Option<String>,
    /// Its model, as it says.
    #[schema(required = true)]
    model: Option<String>,
    /// Main first; empty when the camera could not be asked.
    streams: Vec<TestedStream>,
    /// What concerns all of it.
    checks: Vec<Check>,
}

/// What was seen of one of its streams.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TestedStream {
    /// What it is suggested for.
    role: RenditionId,
    /// Its address, for `POST /cameras`.
    url: String,
    /// As the camera calls it; may be empty.
    name: String,
    /// Address of a picture of it, for some minutes and for who asked; null when none could be made.
    #[schema(required = true)]
    snapshot_url: Option<String>,
    /// What it sends.
    report: ProbeReport,
}

/// Looks at a camera for some seconds. A camera that does not answer is an answer with `ok: false`.
#[utoipa::path(post, path = "/camera-tests", tag = "cameras", request_body = Form,
    responses((status = 200, description = "What was seen, within 5 s", body = CameraTest), Problem))]
pub(super) async fn post_camera_test(
    State(app): State<App>,
    caller: Caller<Settings>,
    Json(form): Json<Form>,
) -> Answer<Json<CameraTest>> {
    let (whereabouts, given) = whereabouts(&form)?;
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
            Problem::new(Code::TooMany, "other cameras are being tested; wait 5 seconds").retry_after(5)
        );
    };
    let transport = form.transport.map(Transport::from).unwrap_or_default();
    let look = app.probe().probe(ProbeRequest { whereabouts, credentials, transport });
    let mut seen = match tokio::time::timeout(TIME, look).await {
        Ok(seen) => seen?,
        Err(_) => Probed { checks: vec![silent()], ..Probed::default() },
    };
    let cameras = app.catalogue().cameras(&caller.scope).await?;
    seen.checks.extend(seen.streams.first().and_then(|main| known(&main.url, &cameras)));
    let streams = seen.streams.into_iter().map(|stream| TestedStream {
        role: stream.kind.into(),
        url: stream.url.to_string(),
        name: stream.name,
        snapshot_url: stream.picture.map(|picture| {
            let id = app.test_pictures().keep(app.clock(), &caller.who, picture);
            format!("/api/v1/camera-tests/{id}/snapshot.jpg")
        }),
        report: stream.report,
    });
    let streams = streams.collect();
    Ok(Json(CameraTest { ok: seen.ok, make: seen.make, model: seen.model, streams, checks: seen.checks }))
}

/// Sends a picture that a test has made.
#[utoipa::path(get, path = "/camera-tests/{id}/snapshot.jpg", tag = "cameras",
    params(("id" = String, Path, description = "Id of the picture")),
    responses((status = 200, description = "The picture", content_type = "image/jpeg"), Problem))]
pub(super) async fn get_picture(
    State(app): State<App>,
    caller: Caller<Settings>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let kept = app.test_pictures().find(app.clock(), &caller.who, &id);
    let kept = kept.ok_or_else(|| Problem::not_found("this picture is gone; test the camera again"))?;
    Ok(jpeg(&headers, kept.at, kept.jpeg))
}

fn whereabouts(form: &Form) -> Answer<(Whereabouts, Option<Credentials>)> {
    let text = form.address.trim();
    if text.starts_with("rtsp:") {
        let (main, given) = address("address", text)?;
        let sub = form.sub_url.as_ref().filter(|url| !url.trim().is_empty());
        let (sub, of_sub) = sub.map(|url| address("sub_url", url)).transpose()?.unzip();
        return Ok((Whereabouts::Streams(main, sub), given.or(of_sub.flatten())));
    }
    let wrong = || {
        let sentence = "the camera's address cannot be read; write it like 192.168.1.20 or rtsp://192.168.1.20:554/stream1";
        Problem::invalid(sentence).with("field", "address")
    };
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    if whole.len() > ADDRESS_MAX || whole.contains(char::is_control) {
        return Err(wrong());
    }
    let mut url = Url::parse(&whole).map_err(|_| wrong())?;
    if url.scheme() != "http" || url.host_str().is_none_or(str::is_empty) {
        return Err(wrong());
    }
    let named = !url.username().is_empty() || url.password().is_some();
    // Only one of its kind takes a password apart: that of stream addresses.
    let given =
        named.then(|| RtspUrl::split(&whole.replacen("http", "rtsp", 1))).transpose().map_err(|_| wrong())?;
    url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| wrong())?;
    url.set_fragment(None);
    Ok((Whereabouts::Onvif(url), given.and_then(|(_, given)| given)))
}

/// The finding about a camera that is there already.
fn known(main: &RtspUrl, cameras: &[Camera]) -> Option<Check> {
    let same = |camera: &&Camera| camera.streams.iter().any(|stream| place(&stream.url) == place(main));
    let name = cameras.iter().find(same)?.name.clone();
    Some(Check {
        id: CheckId::Connect,
        level: Level::Warn,
        code: "same_address".to_owned(),
        message: format!("the camera {name:?} has this address already; it would be recorded twice"),
        params: serde_json::Map::from_iter([("camera".to_owned(), name.into())]),
    })
}

/// What makes an address the same one.
fn place(url: &RtspUrl) -> (Option<&str>, u16, &str, Option<&str>) {
    let url = url.as_url();
    (url.host_str(), url.port().unwrap_or(554), url.path(), url.query())
}

/// The finding about a camera that kept us waiting.
fn silent() -> Check {
    Check {
        id: CheckId::Connect,
        level: Level::Error,
        code: "unreachable".to_owned(),
        params: serde_json::Map::new(),
        message: "the camera did not answer in time; look at its address, power and cable".to_owned(),
    }
}
