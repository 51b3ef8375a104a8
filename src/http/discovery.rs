//! `POST /discovery`: which cameras are on the networks of the recorder.

use axum::extract::State;
use serde::Serialize;
use tokio::sync::Semaphore;
use url::{Host, Url};
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, Settings};
use super::error::{Answer, Code, Problem};
use super::extract::Json;

/// One question to the networks at a time: another would hear the same answers.
static TURN: Semaphore = Semaphore::const_new(1);

/// A camera that answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FoundCamera {
    /// Its host or address, with the port where it is not the usual one.
    address: String,
    /// Where it can be asked for its streams; goes into `POST /camera-tests`.
    onvif: String,
    /// As it calls itself; may be empty.
    make: String,
    /// As it calls itself; may be empty.
    model: String,
    /// Name of a camera that has been added with the same host.
    #[schema(required = true)]
    already_added: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Discovery {
    /// By address.
    found: Vec<FoundCamera>,
}

/// Asks the networks for cameras that speak ONVIF, and answers within 5 s.
#[utoipa::path(post, path = "/discovery", tag = "cameras",
    responses((status = 200, description = "Who answered", body = Discovery), Problem))]
pub(super) async fn post_discovery(
    State(app): State<App>,
    caller: Caller<Settings>,
) -> Answer<Json<Discovery>> {
    let Ok(_turn) = TURN.try_acquire() else {
        return Err(
            Problem::new(Code::TooMany, "somebody is looking for cameras; wait 5 seconds").retry_after(5)
        );
    };
    let cameras = app.catalogue().cameras(&caller.scope).await?;
    let added: Vec<_> = cameras
        .iter()
        .flat_map(|camera| camera.streams.iter().map(|stream| (host(stream.url.as_url()), &camera.name)))
        .collect();
    let found = app.probe().discover().await.into_iter().filter_map(|camera| {
        let url = Url::parse(&camera.address).ok()?;
        let own = host(&url);
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(FoundCamera {
            address: format!("{}{port}", url.host_str()?),
            already_added: added.iter().find(|(host, _)| *host == own).map(|(_, name)| (*name).clone()),
            onvif: camera.address,
            make: camera.make,
            model: camera.model,
        })
    });
    Ok(Json(Discovery { found: found.collect() }))
}

/// As it can be compared: an address is one also where the scheme does not know of addresses.
fn host(url: &Url) -> Option<Host<String>> {
    Host::parse(url.host_str()?).ok()
}
