//! `/alert-channels`: the ways by which the site itself is told, besides its people.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;
use super::caller::{Caller, Settings};
use super::error::{Answer, Code, Problem};
use super::etag::{etag, expected_revision};
use super::extract::Json;
use super::wire::Password;
use crate::base::Kind;
use crate::catalogue::AuditAction;

/// Where the site's webhook goes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Webhook {
    /// It is called.
    enabled: bool,
    /// Host of its address, which is not shown again; null: none is set.
    #[schema(required = true)]
    host: Option<String>,
    /// Its key (`whsec_…`), once, when the address is new: whoever is called proves with it that it was the recorder.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// For `If-Match`; 0 = nobody has set it yet.
    revision: i64,
}

/// What to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// It is called.
    enabled: bool,
    /// A new address; left out: the one that is kept. `https://`, or `http://` to a host that the configuration names.
    url: Option<Password>,
}

type Tagged = ([(HeaderName, HeaderValue); 1], Json<Webhook>);

async fn shown(app: &App, secret: Option<String>) -> Answer<Tagged> {
    let (enabled, host, revision) = app.alerts().webhook().await?;
    Ok(([(header::ETAG, etag(revision))], Json(Webhook { enabled, host, secret, revision })))
}

/// Tells where the site's webhook goes.
#[utoipa::path(get, path = "/alert-channels/webhook", tag = "alerts",
    responses((status = 200, description = "The webhook; its revision is the ETag", body = Webhook), Problem))]
pub(super) async fn get_webhook(State(app): State<App>, _: Caller<Settings>) -> Answer<Tagged> {
    shown(&app, None).await
}

/// Sets the site's webhook: each alert is posted there as JSON, signed as Standard Webhooks are.
#[utoipa::path(put, path = "/alert-channels/webhook", tag = "alerts", request_body = NewWebhook,
    params(("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As it is now; its revision is the ETag", body = Webhook), Problem))]
pub(super) async fn put_webhook(
    State(app): State<App>,
    caller: Caller<Settings>,
    headers: HeaderMap,
    Json(form): Json<NewWebhook>,
) -> Answer<Tagged> {
    let expected = expected_revision(&headers)?;
    let url = form.url.as_ref().map(|url| &url.0);
    let put = app.alerts().put_webhook(form.enabled, url, expected, &caller.who.name).await;
    let key = put.map_err(|e| match e.kind() {
        Kind::Conflict => Problem::new(Code::StaleRevision, e.message()),
        _ => e.into(),
    })?;
    caller.note(&app, AuditAction::AlertSettings, None, json!({"webhook": form.enabled}));
    shown(&app, key.map(|key| key.expose().to_owned())).await
}
