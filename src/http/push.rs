//! `/push-subscriptions`: browsers that somebody wants to be told by, and whether it works.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::App;
use super::alert_settings::person;
use super::caller::{Caller, Playback};
use super::error::{Answer, Problem};
use super::extract::{Json, Path};
use super::wire::Time;
use crate::catalogue::{self, AuditAction, PushAddress, PushEndpoint, TokenHash};

/// Deliveries that are listed.
const LISTED: u32 = 50;

/// The key by which a browser subscribes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VapidKey {
    /// `applicationServerKey`: a point of P-256 in base64url.
    public_key: String,
}

/// The keys of a subscription, as `toJSON()` has them.
#[derive(Deserialize, ToSchema)]
pub(super) struct SubscriptionKeys {
    /// The browser's public key.
    #[schema(max_length = 120)]
    p256dh: String,
    /// What it shares with its senders.
    #[schema(max_length = 40)]
    auth: String,
}

/// A browser's subscription, as `PushSubscription.toJSON()` has it. Nothing of it is ever answered.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewPushSubscription {
    /// Of a push service.
    #[schema(max_length = 2000)]
    endpoint: String,
    /// How to encrypt.
    keys: SubscriptionKeys,
    /// What the device is called; at most 100 characters.
    #[serde(default)]
    #[schema(max_length = 100)]
    name: String,
}

/// A browser that is told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PushSubscription {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// What the device is called; may be empty.
    name: String,
    /// Of the push service.
    host: String,
    /// When it was added.
    created_at: Time,
    /// When it took a message last.
    #[schema(required = true)]
    used_at: Option<Time>,
    /// Since when it is told no more, as the push service says so or its session was ended: the browser has to subscribe again.
    #[schema(required = true)]
    gone_at: Option<Time>,
    /// It was subscribed by the session that asks: when that is ended by hand, it is told no more.
    current: bool,
}

impl PushSubscription {
    fn of(row: PushEndpoint, session: Option<TokenHash>) -> Self {
        Self {
            current: row.session.is_some() && row.session == session,
            id: row.id,
            name: row.name,
            host: row.host,
            created_at: Time(row.made),
            used_at: row.used.map(Time),
            gone_at: row.gone.map(Time),
        }
    }
}

/// Browsers of one person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PushSubscriptions {
    /// In the order in which they came.
    items: Vec<PushSubscription>,
}

/// How far a message has come.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Delivery {
    /// Names the message.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// What it tells of.
    #[schema(value_type = String, format = "uuid")]
    alert: Uuid,
    /// What that is, such as `motion` or `test`.
    kind: &'static str,
    /// `due`, `held` (for the digest), `sent`, `digested` (told in a digest) or `dropped`.
    state: String,
    /// Attempts that were made.
    tries: u32,
    /// When it was made.
    made_at: Time,
    /// When the push service took it.
    #[schema(required = true)]
    sent_at: Option<Time>,
    /// When the device said that it was shown.
    #[schema(required = true)]
    shown_at: Option<Time>,
    /// When it was opened.
    #[schema(required = true)]
    opened_at: Option<Time>,
    /// Why the last attempt failed, in English.
    #[schema(required = true)]
    error: Option<String>,
}

impl From<catalogue::Delivery> for Delivery {
    fn from(row: catalogue::Delivery) -> Self {
        Self {
            id: row.id,
            alert: row.alert,
            kind: row.kind.name(),
            state: row.state,
            tries: row.tries,
            made_at: Time(row.made),
            sent_at: row.sent.map(Time),
            shown_at: row.shown.map(Time),
            opened_at: row.opened.map(Time),
            error: row.error,
        }
    }
}

/// Messages to one browser.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deliveries {
    /// Newest first, at most 50.
    items: Vec<Delivery>,
}

/// A test that is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TestSent {
    /// The alert that it is; look for it among the deliveries.
    #[schema(value_type = String, format = "uuid")]
    alert: Uuid,
}

fn gone() -> Problem {
    Problem::not_found("there is no such subscription; subscribe again")
}

/// Tells the key by which a browser subscribes.
#[utoipa::path(get, path = "/push/vapid-key", tag = "alerts",
    responses((status = 200, description = "The key", body = VapidKey), Problem))]
pub(super) async fn get_vapid_key(State(app): State<App>, _: Caller<Playback>) -> Json<VapidKey> {
    Json(VapidKey { public_key: app.alerts().vapid_key() })
}

/// Lists one's own browsers that are told.
#[utoipa::path(get, path = "/push-subscriptions", tag = "alerts",
    responses((status = 200, description = "Browsers", body = PushSubscriptions), Problem))]
pub(super) async fn list_subscriptions(
    State(app): State<App>,
    caller: Caller<Playback>,
) -> Answer<Json<PushSubscriptions>> {
    // A token has none.
    let rows = app.catalogue().push_endpoints_of(caller.who.id()).await?;
    let session = caller.who.session();
    let items = rows.into_iter().map(|row| PushSubscription::of(row, session)).collect();
    Ok(Json(PushSubscriptions { items }))
}

/// Scheme, host and port of the page that asks, as a browser says it (RFC 6454); it has been looked at by the guard.
fn origin(headers: &HeaderMap) -> Option<String> {
    let url = url::Url::parse(headers.get(header::ORIGIN)?.to_str().ok()?).ok()?;
    matches!(url.scheme(), "https" | "http").then(|| url.origin().ascii_serialization())
}

/// Has a browser told from now on. What it is sent leads to the address at which it asked. The same browser is there once, whoever uses it.
#[utoipa::path(post, path = "/push-subscriptions", tag = "alerts", request_body = NewPushSubscription,
    responses((status = 201, description = "It is told", body = PushSubscription), Problem))]
pub(super) async fn post_subscription(
    State(app): State<App>,
    caller: Caller<Playback>,
    headers: HeaderMap,
    Json(form): Json<NewPushSubscription>,
) -> Answer<(StatusCode, Json<PushSubscription>)> {
    let who = person(&caller)?;
    let address = PushAddress { url: form.endpoint, p256dh: form.keys.p256dh, auth: form.keys.auth };
    let id = app.alerts().subscribe(who, address, &form.name, origin(&headers), caller.who.session()).await?;
    let rows = app.catalogue().push_endpoints_of(who).await?;
    let row = rows.into_iter().find(|row| row.id == id).ok_or_else(gone)?;
    caller.note(
        &app,
        AuditAction::PushDevice,
        None,
        json!({"device": row.id, "name": row.name, "told": true}),
    );
    Ok((StatusCode::CREATED, Json(PushSubscription::of(row, caller.who.session()))))
}

fn id_of(text: &str) -> Answer<Uuid> {
    text.parse().map_err(|_| gone())
}

/// Tells a browser of one's own no more.
#[utoipa::path(delete, path = "/push-subscriptions/{id}", tag = "alerts", params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "It is not told any more"), Problem))]
pub(super) async fn delete_subscription(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let id = id_of(&id)?;
    match app.catalogue().remove_push_endpoint(caller.who.id(), id).await? {
        true => {
            caller.note(&app, AuditAction::PushDevice, None, json!({"device": id, "told": false}));
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(gone()),
    }
}

/// Sends a test to a browser of one's own; how far it comes stands among its deliveries.
#[utoipa::path(post, path = "/push-subscriptions/{id}/test", tag = "alerts", params(("id" = String, Path, description = "Id")),
    responses((status = 202, description = "It is on its way", body = TestSent), Problem))]
pub(super) async fn post_test(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<(StatusCode, Json<TestSent>)> {
    let alert = app.alerts().test(caller.who.id(), id_of(&id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(TestSent { alert })))
}

/// Lists how far messages to a browser of one's own have come.
#[utoipa::path(get, path = "/push-subscriptions/{id}/deliveries", tag = "alerts",
    params(("id" = String, Path, description = "Id")),
    responses((status = 200, description = "Messages", body = Deliveries), Problem))]
pub(super) async fn list_deliveries(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<Json<Deliveries>> {
    let id = id_of(&id)?;
    let mine = app.catalogue().push_endpoints_of(caller.who.id()).await?;
    if !mine.iter().any(|row| row.id == id) {
        return Err(gone());
    }
    // Whoever had this browser before has messages of their own.
    let rows = app.catalogue().deliveries_to(id, LISTED).await?;
    let rows = rows.into_iter().filter(|row| row.person == caller.who.id());
    Ok(Json(Deliveries { items: rows.map(Delivery::from).collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let of = |text: &'static str| {
            let headers = [(header::ORIGIN, axum::http::HeaderValue::from_static(text))];
            origin(&headers.into_iter().collect())
        };
        assert_eq!(of("https://camera.example.vn").as_deref(), Some("https://camera.example.vn"));
        assert_eq!(of("https://192.168.1.5:8443/x").as_deref(), Some("https://192.168.1.5:8443"));
        assert_eq!((of("null"), of("data:x"), origin(&HeaderMap::new())), (None, None, None));
    }
}
