//! Adding, changing, removing and restarting cameras.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, Settings};
use super::cameras::{self, One, TransportName};
use super::error::{Answer, Code, Problem};
use super::etag::expected_revision;
use super::extract::{Json, Path};
use super::wire::{Password, present};
use crate::base::{CameraId, Credentials, Kind, RtspUrl};
use crate::catalogue::{AuditAction, CameraPatch, NewCamera, Transport};

/// Longest text of a field, in characters.
const TEXT_MAX: usize = 256;
/// Longest address, in bytes.
const URL_MAX: usize = 2048;

impl From<TransportName> for Transport {
    fn from(name: TransportName) -> Self {
        match name {
            TransportName::Tcp => Self::Tcp,
            TransportName::Udp => Self::Udp,
        }
    }
}

impl From<Transport> for TransportName {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Tcp => Self::Tcp,
            Transport::Udp => Self::Udp,
        }
    }
}

/// A camera to add. A user name and password in `main_url` are taken out of it and kept like those in the fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCamera)]
pub(super) struct Addition {
    /// As people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Lane or place.
    area: Option<String>,
    /// Position on the wall; last when it is left out.
    order: Option<i32>,
    /// Connect and record; true when it is left out.
    enabled: Option<bool>,
    /// `rtsp://` address of the full picture.
    main_url: String,
    /// `rtsp://` address of the small picture.
    sub_url: Option<String>,
    /// What the camera asks for.
    username: Option<String>,
    /// What the camera asks for.
    password: Option<Password>,
    /// How RTP travels; TCP when it is left out.
    transport: Option<TransportName>,
    /// Keep footage of the full picture; true when it is left out.
    record_main: Option<bool>,
    /// Keep footage of the small picture; true when it is left out.
    record_sub: Option<bool>,
    /// Days that are kept even when others must go first.
    days_min: Option<u16>,
    /// Days after which footage goes although there is room.
    days_max: Option<u16>,
}

/// What to change (RFC 7396): a field that is left out stays, null empties it where that is possible.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CameraPatch)]
pub(super) struct Change {
    /// As people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Lane or place.
    area: Option<String>,
    /// Position on the wall.
    order: Option<i32>,
    /// Connect and record.
    enabled: Option<bool>,
    /// `rtsp://` address of the full picture.
    main_url: Option<String>,
    /// `rtsp://` address of the small picture; null removes it, its footage stays.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    sub_url: Option<Option<String>>,
    /// What the camera asks for.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    username: Option<Option<String>>,
    /// What the camera asks for.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Option<Password>>,
    /// How RTP travels.
    transport: Option<TransportName>,
    /// Keep footage of the full picture.
    record_main: Option<bool>,
    /// Keep footage of the small picture.
    record_sub: Option<bool>,
    /// Days that are kept even when others must go first.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u16>)]
    days_min: Option<Option<u16>>,
    /// Days after which footage goes although there is room.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u16>)]
    days_max: Option<Option<u16>>,
}

/// An address as people paste it, without what is secret in it.
pub(super) fn address(field: &str, text: &str) -> Answer<(RtspUrl, Option<Credentials>)> {
    let problem = |sentence: &str| Problem::invalid(sentence).with("field", field);
    if text.len() > URL_MAX || text.contains(char::is_control) {
        return Err(problem(
            "the camera address is too long or has control characters; write it like rtsp://192.168.1.20:554/stream1",
        ));
    }
    RtspUrl::split(text).map_err(|e| problem(e.message()))
}

fn optional_address(field: &str, text: Option<&String>) -> Answer<Option<(RtspUrl, Option<Credentials>)>> {
    text.filter(|text| !text.trim().is_empty()).map(|text| address(field, text)).transpose()
}

/// A text that fits; an empty one counts as none.
pub(super) fn short(field: &str, text: &str) -> Answer<()> {
    if text.chars().count() > TEXT_MAX || text.contains(char::is_control) {
        let sentence =
            format!("{field} has control characters or more than {TEXT_MAX} characters; shorten it");
        return Err(Problem::invalid(sentence).with("field", field));
    }
    Ok(())
}

fn days(min: Option<u16>, max: Option<u16>) -> Answer<()> {
    match (min, max) {
        (_, Some(0)) => {
            Err(Problem::invalid("days_max is 0; give at least 1, or null").with("field", "days_max"))
        }
        (Some(min), Some(max)) if max < min => {
            Err(Problem::invalid("days_max is less than days_min; give the same or more")
                .with("field", "days_max"))
        }
        _ => Ok(()),
    }
}

fn addition(form: Addition) -> Answer<NewCamera> {
    let (main_url, given) = address("main_url", &form.main_url)?;
    let sub = optional_address("sub_url", form.sub_url.as_ref())?;
    let given = given.or_else(|| sub.as_ref().and_then(|(_, given)| given.clone()));
    let mut camera = NewCamera::new(form.name, main_url);
    camera.area = form.area.unwrap_or_default();
    short("area", &camera.area)?;
    camera.order = form.order.map(i64::from);
    camera.enabled = form.enabled.unwrap_or(true);
    camera.sub_url = sub.map(|(url, _)| url);
    let fields = (form.username.filter(|name| !name.is_empty()), form.password.map(|password| password.0));
    let (username, password) = match (fields, given) {
        ((None, None), Some(given)) => (Some(given.username), Some(given.password)),
        (fields, _) => fields,
    };
    short("username", username.as_deref().unwrap_or_default())?;
    short("password", password.as_ref().map(|p| p.expose()).unwrap_or_default())?;
    (camera.username, camera.password) = (username, password.filter(|p| !p.expose().is_empty()));
    camera.transport = form.transport.map(Transport::from).unwrap_or_default();
    camera.record = (form.record_main.unwrap_or(true), form.record_sub.unwrap_or(true));
    days(form.days_min, form.days_max)?;
    (camera.min_days, camera.max_days) = (form.days_min.map(u32::from), form.days_max.map(u32::from));
    Ok(camera)
}

fn change(form: Change) -> Answer<CameraPatch> {
    let main = optional_address("main_url", form.main_url.as_ref())?;
    let sub = match form.sub_url {
        None => None,
        Some(sub) => Some(optional_address("sub_url", sub.as_ref())?),
    };
    let given = main.as_ref().and_then(|(_, given)| given.clone());
    let given =
        given.or_else(|| sub.as_ref().and_then(|sub| sub.as_ref()).and_then(|(_, given)| given.clone()));
    let (mut username, mut password) = (form.username, form.password.map(|p| p.map(|p| p.0)));
    if let (None, None, Some(given)) = (&username, &password, given) {
        (username, password) = (Some(Some(given.username)), Some(Some(given.password)));
    }
    short("area", form.area.as_deref().unwrap_or_default())?;
    short("username", username.iter().flatten().next().map(String::as_str).unwrap_or_default())?;
    short("password", password.iter().flatten().next().map(|p| p.expose()).unwrap_or_default())?;
    days(form.days_min.flatten(), form.days_max.flatten())?;
    Ok(CameraPatch {
        name: form.name,
        area: form.area,
        order: form.order.map(i64::from),
        enabled: form.enabled,
        username: username.map(|name| name.filter(|name| !name.is_empty())),
        password: password.map(|password| password.filter(|p| !p.expose().is_empty())),
        transport: form.transport.map(Transport::from),
        main_url: main.map(|(url, _)| url),
        sub_url: sub.map(|sub| sub.map(|(url, _)| url)),
        record_main: form.record_main,
        record_sub: form.record_sub,
        min_days: form.days_min.map(|days| days.map(u32::from)),
        max_days: form.days_max.map(|days| days.map(u32::from)),
        group: None,
    })
}

/// Adds a camera.
#[utoipa::path(post, path = "/cameras", tag = "cameras", request_body = Addition,
    responses((status = 201, description = "Added; its revision is the ETag", body = cameras::Camera), Problem))]
pub(super) async fn post_camera(
    State(app): State<App>,
    caller: Caller<Settings>,
    Json(form): Json<Addition>,
) -> Answer<(StatusCode, [(header::HeaderName, HeaderValue); 1], One)> {
    let row = app.catalogue().add_camera(addition(form)?).await?;
    tracing::info!(camera.id = %row.id, "camera added");
    caller.note(&app, AuditAction::CameraAdded, Some(row.id), json!({"name": row.name}));
    let place = HeaderValue::from_str(&format!("/api/v1/cameras/{}", row.id));
    let place =
        place.map_err(|_| Problem::new(Code::Internal, "the camera's id cannot be written; report this"))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], cameras::one(&app, row, &caller).await?))
}

/// Changes a camera that still has the revision in `If-Match`.
#[utoipa::path(patch, path = "/cameras/{id}", tag = "cameras", request_body = Change,
    params(("id" = String, Path, description = "Id or slug"),
        ("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As it is now", body = cameras::Camera), Problem))]
pub(super) async fn patch_camera(
    State(app): State<App>,
    caller: Caller<Settings>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(form): Json<Change>,
) -> Answer<One> {
    let row = app.camera(&caller.scope, &id).await?;
    let expected = expected_revision(&headers)?;
    let patched = app.catalogue().patch_camera(row.id, Some(expected), change(form)?).await;
    let row = patched.map_err(|e| match e.kind() {
        Kind::Conflict => Problem::new(Code::StaleRevision, e.message()).with("revision", row.revision),
        _ => e.into(),
    })?;
    tracing::info!(camera.id = %row.id, camera.revision = row.revision, "camera changed");
    caller.note(&app, AuditAction::CameraChanged, Some(row.id), json!({"revision": row.revision}));
    cameras::one(&app, row, &caller).await
}

/// Cameras in the order that they are to have on the wall.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CameraOrder {
    /// Ids, the first on the wall first. Those that are left out follow in the order that they had.
    #[schema(value_type = Vec<String>, max_items = 500)]
    cameras: Vec<CameraId>,
}

/// Sets the order of the cameras on the wall.
#[utoipa::path(put, path = "/cameras/order", tag = "cameras", request_body = CameraOrder,
    responses((status = 200, description = "All cameras in their new order", body = cameras::CameraPage), Problem))]
pub(super) async fn put_camera_order(
    State(app): State<App>,
    caller: Caller<Settings>,
    Json(form): Json<CameraOrder>,
) -> Answer<Json<cameras::CameraPage>> {
    let rows = app.catalogue().order_cameras(form.cameras).await?;
    tracing::info!(cameras = rows.len(), "cameras put in order");
    caller.note(&app, AuditAction::CameraChanged, None, json!({"ordered": rows.len()}));
    cameras::several(&app, rows, None, &caller).await
}

/// Removes a camera; its footage stays until retention takes it.
#[utoipa::path(delete, path = "/cameras/{id}", tag = "cameras",
    params(("id" = String, Path, description = "Id or slug"),
        ("If-Match" = Option<String>, Header, description = "The revision that was read, in quotes")),
    responses((status = 204, description = "Removed"), Problem))]
pub(super) async fn delete_camera(
    State(app): State<App>,
    caller: Caller<Settings>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    let row = app.camera(&caller.scope, &id).await?;
    if headers.contains_key(header::IF_MATCH) && expected_revision(&headers)? != row.revision {
        return Err(Problem::new(Code::StaleRevision, "the camera was changed meanwhile; load it again"));
    }
    app.catalogue().remove_camera(row.id).await?;
    tracing::info!(camera.id = %row.id, "camera removed");
    caller.note(&app, AuditAction::CameraRemoved, Some(row.id), json!({"name": row.name}));
    Ok(StatusCode::NO_CONTENT)
}

/// Begins the camera's sessions anew.
#[utoipa::path(post, path = "/cameras/{id}/restart", tag = "cameras",
    params(("id" = String, Path, description = "Id or slug")),
    responses((status = 202, description = "Asked for"), Problem))]
pub(super) async fn restart_camera(
    State(app): State<App>,
    caller: Caller<Settings>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let row = app.camera(&caller.scope, &id).await?;
    if !row.enabled {
        return Err(Problem::new(Code::Conflict, "this camera is switched off; switch it on instead"));
    }
    app.restart().restart(row.id);
    caller.note(&app, AuditAction::CameraRestarted, Some(row.id), json!({}));
    Ok(StatusCode::ACCEPTED)
}
