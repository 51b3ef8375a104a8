//! `/alert-channels/relay`: what is told, in the house, when no channel works, such as a siren.

use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, Settings};
use super::error::{Answer, Problem};
use super::etag::{Tagged, expected_revision, stale, tagged};
use super::extract::Json;
use super::wire::{Password, Time};
use crate::catalogue::AuditAction;

/// How the relay is told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Relay {
    /// It is told.
    enabled: bool,
    /// Host of its webhook, whose address is not shown again; null: there is none.
    #[schema(required = true)]
    host: Option<String>,
    /// The topic `siren` of the site's MQTT broker says `ON` and `OFF`.
    mqtt: bool,
    /// Since when it is on; null: it is not.
    #[schema(required = true)]
    on_since: Option<Time>,
    /// Its key (`whsec_…`), once, when the address is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// For `If-Match`; 0 = nobody has set it yet.
    revision: i64,
}

/// What to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRelay {
    /// It is told.
    enabled: bool,
    /// A new address of its webhook; empty: none. Left out: the one that is kept. `https://`, or `http://` to a host that the
    /// configuration names.
    url: Option<Password>,
    /// By the site's MQTT broker, which must be set.
    mqtt: bool,
}

async fn shown(app: &App, secret: Option<String>) -> Answer<Tagged<Relay>> {
    let (plan, on, revision) = app.alerts().relay_plan().await?;
    let on_since = on.map(Time);
    let relay = Relay { enabled: plan.enabled, host: plan.host, mqtt: plan.mqtt, on_since, secret, revision };
    Ok(tagged(revision, relay))
}

/// Tells how the relay is told that no channel works.
#[utoipa::path(get, path = "/alert-channels/relay", tag = "alerts",
    responses((status = 200, description = "The relay; its revision is the ETag", body = Relay), Problem))]
pub(super) async fn get_relay(State(app): State<App>, _: Caller<Settings>) -> Answer<Tagged<Relay>> {
    shown(&app, None).await
}

/// Sets the relay, such as a siren: it is told `on` once when no channel has worked for five minutes although an alert waits,
/// and `off` once when one does again. A webhook that is on and is changed or taken away is told `off` before. It is signed as Standard Webhooks are.
#[utoipa::path(put, path = "/alert-channels/relay", tag = "alerts", request_body = NewRelay,
    params(("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As it is now; its revision is the ETag", body = Relay), Problem))]
pub(super) async fn put_relay(
    State(app): State<App>,
    caller: Caller<Settings>,
    headers: HeaderMap,
    Json(form): Json<NewRelay>,
) -> Answer<Tagged<Relay>> {
    let expected = expected_revision(&headers)?;
    let url = form.url.as_ref().map(|url| &url.0);
    let put = app.alerts().put_relay(form.enabled, url, form.mqtt, expected, &caller.who.name).await;
    let set = put.map_err(stale)?;
    let mut detail = json!({"relay": form.enabled, "mqtt": form.mqtt});
    if let Some(told) = &set.let_go {
        detail["old_told_off"] = json!(told.is_ok());
    }
    caller.note(&app, AuditAction::AlertSettings, None, detail);
    shown(&app, set.key.map(|key| key.expose().to_owned())).await
}
