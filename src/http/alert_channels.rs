//! `/alert-channels`: the ways by which the site itself is told, besides its people.

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
use super::wire::Password;
use crate::alert::{MailServer, MqttBroker};
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

async fn shown(app: &App, secret: Option<String>) -> Answer<Tagged<Webhook>> {
    let (enabled, host, revision) = app.alerts().webhook().await?;
    Ok(tagged(revision, Webhook { enabled, host, secret, revision }))
}

/// Tells where the site's webhook goes.
#[utoipa::path(get, path = "/alert-channels/webhook", tag = "alerts",
    responses((status = 200, description = "The webhook; its revision is the ETag", body = Webhook), Problem))]
pub(super) async fn get_webhook(State(app): State<App>, _: Caller<Settings>) -> Answer<Tagged<Webhook>> {
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
) -> Answer<Tagged<Webhook>> {
    let expected = expected_revision(&headers)?;
    let url = form.url.as_ref().map(|url| &url.0);
    let put = app.alerts().put_webhook(form.enabled, url, expected, &caller.who.name).await;
    let key = put.map_err(stale)?;
    caller.note(&app, AuditAction::AlertSettings, None, json!({"webhook": form.enabled}));
    shown(&app, key.map(|key| key.expose().to_owned())).await
}

/// The site's mail server. Its password is never answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailChannel {
    /// As it is set; null: none is.
    #[schema(required = true)]
    server: Option<MailServer>,
    /// A password is kept.
    password_set: bool,
    /// For `If-Match`; 0 = nobody has set it yet.
    revision: i64,
}

/// What to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMailChannel {
    /// The server.
    server: MailServer,
    /// A new password; empty: none. Left out: the one that is kept, as long as server and name are the same.
    password: Option<Password>,
}

async fn shown_mail(app: &App) -> Answer<Tagged<MailChannel>> {
    let (server, password_set, revision) = app.alerts().mail().await?;
    Ok(tagged(revision, MailChannel { server, password_set, revision }))
}

/// Tells which mail server letters of alerts go through.
#[utoipa::path(get, path = "/alert-channels/mail", tag = "alerts",
    responses((status = 200, description = "The mail server; its revision is the ETag", body = MailChannel), Problem))]
pub(super) async fn get_mail(State(app): State<App>, _: Caller<Settings>) -> Answer<Tagged<MailChannel>> {
    shown_mail(&app).await
}

/// Sets the mail server that letters of alerts go through. Who gets letters, each person says in their preferences.
#[utoipa::path(put, path = "/alert-channels/mail", tag = "alerts", request_body = NewMailChannel,
    params(("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As it is now; its revision is the ETag", body = MailChannel), Problem))]
pub(super) async fn put_mail(
    State(app): State<App>,
    caller: Caller<Settings>,
    headers: HeaderMap,
    Json(form): Json<NewMailChannel>,
) -> Answer<Tagged<MailChannel>> {
    let expected = expected_revision(&headers)?;
    let password = form.password.map(|password| password.0);
    app.alerts().put_mail(&form.server, password, expected, &caller.who.name).await.map_err(stale)?;
    caller.note(
        &app,
        AuditAction::AlertSettings,
        None,
        json!({"mail": form.server.enabled, "host": form.server.host}),
    );
    shown_mail(&app).await
}

/// The site's Zalo bot. Its token is never answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ZaloChannel {
    /// It writes.
    enabled: bool,
    /// A token is kept.
    token_set: bool,
    /// For `If-Match`; 0 = nobody has set it yet.
    revision: i64,
}

/// What to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewZaloChannel {
    /// It writes.
    enabled: bool,
    /// A new token, from Zalo Bot Manager; left out: the one that is kept.
    token: Option<Password>,
}

async fn shown_zalo(app: &App) -> Answer<Tagged<ZaloChannel>> {
    let (enabled, token_set, revision) = app.alerts().zalo().await?;
    Ok(tagged(revision, ZaloChannel { enabled, token_set, revision }))
}

/// Tells whether the site's Zalo bot writes.
#[utoipa::path(get, path = "/alert-channels/zalo", tag = "alerts",
    responses((status = 200, description = "The bot; its revision is the ETag", body = ZaloChannel), Problem))]
pub(super) async fn get_zalo(State(app): State<App>, _: Caller<Settings>) -> Answer<Tagged<ZaloChannel>> {
    shown_zalo(&app).await
}

/// Sets the site's Zalo bot. It writes to those who have written to it and have put their chat's id into their preferences.
#[utoipa::path(put, path = "/alert-channels/zalo", tag = "alerts", request_body = NewZaloChannel,
    params(("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As it is now; its revision is the ETag", body = ZaloChannel), Problem))]
pub(super) async fn put_zalo(
    State(app): State<App>,
    caller: Caller<Settings>,
    headers: HeaderMap,
    Json(form): Json<NewZaloChannel>,
) -> Answer<Tagged<ZaloChannel>> {
    let expected = expected_revision(&headers)?;
    let token = form.token.map(|token| token.0);
    app.alerts().put_zalo(form.enabled, token, expected, &caller.who.name).await.map_err(stale)?;
    caller.note(&app, AuditAction::AlertSettings, None, json!({"zalo": form.enabled}));
    shown_zalo(&app).await
}

/// The site's MQTT broker. Its password is never answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MqttChannel {
    /// As it is set; null: none is.
    #[schema(required = true)]
    broker: Option<MqttBroker>,
    /// A password is kept.
    password_set: bool,
    /// For `If-Match`; 0 = nobody has set it yet.
    revision: i64,
}

/// What to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMqttChannel {
    /// The broker.
    broker: MqttBroker,
    /// A new password; empty: none. Left out: the one that is kept, as long as broker and name are the same.
    password: Option<Password>,
}

async fn shown_mqtt(app: &App) -> Answer<Tagged<MqttChannel>> {
    let (broker, password_set, revision) = app.alerts().mqtt().await?;
    Ok(tagged(revision, MqttChannel { broker, password_set, revision }))
}

/// Tells which MQTT broker alerts are published to.
#[utoipa::path(get, path = "/alert-channels/mqtt", tag = "alerts",
    responses((status = 200, description = "The broker; its revision is the ETag", body = MqttChannel), Problem))]
pub(super) async fn get_mqtt(State(app): State<App>, _: Caller<Settings>) -> Answer<Tagged<MqttChannel>> {
    shown_mqtt(&app).await
}

/// Sets the MQTT broker that alerts of all cameras are published to; Home Assistant finds the cameras by itself.
#[utoipa::path(put, path = "/alert-channels/mqtt", tag = "alerts", request_body = NewMqttChannel,
    params(("If-Match" = String, Header, description = "The revision that was read, in quotes")),
    responses((status = 200, description = "As it is now; its revision is the ETag", body = MqttChannel), Problem))]
pub(super) async fn put_mqtt(
    State(app): State<App>,
    caller: Caller<Settings>,
    headers: HeaderMap,
    Json(form): Json<NewMqttChannel>,
) -> Answer<Tagged<MqttChannel>> {
    let expected = expected_revision(&headers)?;
    let password = form.password.map(|password| password.0);
    app.alerts().put_mqtt(&form.broker, password, expected, &caller.who.name).await.map_err(stale)?;
    caller.note(
        &app,
        AuditAction::AlertSettings,
        None,
        json!({"mqtt": form.broker.enabled, "host": form.broker.host}),
    );
    shown_mqtt(&app).await
}
