//! `/alerts`: what people were told of, how far it came, and who takes care of it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::App;
use super::bookmarks::open_range;
use super::caller::{Caller, Hold, Playback};
use super::error::{Answer, Problem};
use super::extract::{Json, Path, Query};
use super::marks::{HandledBy, Handling, note};
use super::paging::{cut, page_limit, read_cursor};
use super::wire::Time;
use crate::base::{CameraId, EventId};
use crate::catalogue::{self, AuditAction, NewMarks, Scope};

const USUAL: u32 = 50;
const MOST: u32 = 200;

/// A matter that people were told of.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Alert {
    /// That of its first event, or its own.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// `motion`, `tamper`, `camera_lost`, `camera_back`, `not_recording`, `disk`, `clock`, `guessing`, `restarted`.
    kind: &'static str,
    /// Ids of its cameras that whoever asks sees, in the order in which they saw it; none: it is the recorder's.
    #[schema(value_type = Vec<String>)]
    cameras: Vec<CameraId>,
    /// When it began.
    from: Time,
    /// Last instant known of it.
    to: Time,
    /// What it counts for, 0 to 1.
    rank: f64,
    /// It was told at once; otherwise in the digest.
    told: bool,
    /// Ids of its events that whoever asks sees, oldest first.
    #[schema(value_type = Vec<String>)]
    events: Vec<EventId>,
    /// How far it came.
    reached: Reached,
    /// Somebody takes care of it.
    #[schema(required = true)]
    handled: Option<HandledBy>,
}

/// How many messages of an alert have come how far.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = AlertReached)]
pub(super) struct Reached {
    /// Made for people; the site's own, such as a webhook, are not counted.
    made: u32,
    /// Taken by a channel.
    sent: u32,
    /// Shown by a device.
    shown: u32,
    /// Opened by a person.
    opened: u32,
}

/// A page of alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AlertPage {
    /// Newest first.
    items: Vec<Alert>,
    /// Ask again with it for older ones.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// First instant inside; from the beginning when it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// First instant after; without end when it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// At most so many, 1 to 200; 50 when it is left out.
    limit: Option<u32>,
    /// `next_cursor` of the answer before; ask for the same range.
    cursor: Option<String>,
}

fn gone() -> Problem {
    Problem::not_found("there is no such alert")
}

async fn shown(app: &App, scope: &Scope, row: catalogue::Alert) -> Answer<Alert> {
    let mut events = Vec::new();
    for id in app.catalogue().alert_events(row.id).await? {
        if row.cameras.len() == 1 || app.catalogue().event(scope, id).await?.is_some() {
            events.push(id);
        }
    }
    let mut reached = Reached::default();
    let deliveries = app.catalogue().deliveries_of(row.id).await?;
    for delivery in deliveries.iter().filter(|delivery| !delivery.person.is_nil()) {
        reached.made += 1;
        reached.sent += u32::from(delivery.sent.is_some());
        reached.shown += u32::from(delivery.shown.is_some());
        reached.opened += u32::from(delivery.opened.is_some());
    }
    Ok(Alert {
        id: row.id,
        kind: row.kind.name(),
        cameras: row.cameras.into_iter().filter(|camera| scope.sees(*camera)).collect(),
        from: Time(row.from),
        to: Time(row.seen),
        rank: row.rank,
        told: row.out,
        events,
        reached,
        handled: row.handled.map(HandledBy::from),
    })
}

/// The alert with an id or with one of its events' ids, if it may be seen and is not somebody's own.
async fn find(app: &App, scope: &Scope, id: &str) -> Answer<catalogue::Alert> {
    let id: Uuid = id.parse().map_err(|_| gone())?;
    let found = match app.catalogue().alert(scope, id).await? {
        Some(found) => Some(found),
        None => app.catalogue().alert_of(scope, EventId(id)).await?,
    };
    found.filter(|alert| alert.person.is_none()).ok_or_else(gone)
}

/// Lists alerts, newest first.
#[utoipa::path(get, path = "/alerts", tag = "alerts", params(Which),
    responses((status = 200, description = "Alerts", body = AlertPage), Problem))]
pub(super) async fn list_alerts(
    State(app): State<App>,
    caller: Caller<Playback>,
    Query(which): Query<Which>,
) -> Answer<Json<AlertPage>> {
    let limit = page_limit(which.limit, USUAL, MOST)?;
    let before = read_cursor(which.cursor.as_deref())?;
    let range = open_range(which.from, which.to);
    let mut rows = app.catalogue().alerts(&caller.scope, range, before, limit + 1).await?;
    let next_cursor = cut(&mut rows, limit, |row| (row.from, row.id));
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.push(shown(&app, &caller.scope, row).await?);
    }
    Ok(Json(AlertPage { items, next_cursor }))
}

/// Tells of one alert; an event's id leads to the alert that it is part of.
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts", params(("id" = String, Path, description = "Id of it or of an event")),
    responses((status = 200, description = "The alert", body = Alert), Problem))]
pub(super) async fn get_alert(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<Json<Alert>> {
    let row = find(&app, &caller.scope, &id).await?;
    Ok(Json(shown(&app, &caller.scope, row).await?))
}

/// Somebody takes care of an alert: it and its events are marked for the team, and nobody else is called.
pub(super) async fn handle(
    app: &App,
    scope: &Scope,
    person: Uuid,
    by: &str,
    alert: catalogue::Alert,
    note: &str,
) -> Answer<()> {
    let events = app.catalogue().alert_events(alert.id).await?;
    if app.catalogue().handle_alert(alert, by, note).await? && !events.is_empty() {
        let new = NewMarks { seen: Some(true), handled: Some(Some(note.to_owned())), verdict: None };
        app.catalogue().mark_events(scope, events, person, by, new).await?;
    }
    Ok(())
}

/// Says that whoever asks takes care of an alert. The first who says so counts; the team sees who and when.
#[utoipa::path(post, path = "/alerts/{id}/handled", tag = "alerts", request_body = Handling,
    params(("id" = String, Path, description = "Id of it or of an event")),
    responses((status = 200, description = "The alert as it is now", body = Alert), Problem))]
pub(super) async fn handle_alert(
    State(app): State<App>,
    caller: Caller<Hold>,
    Path(id): Path<String>,
    Json(form): Json<Handling>,
) -> Answer<Json<Alert>> {
    let (row, text) = (find(&app, &caller.scope, &id).await?, note(&form.note)?);
    let id = row.id;
    handle(&app, &caller.scope, caller.who.id(), &caller.who.name, row, &text).await?;
    caller.note(&app, AuditAction::Mark, None, json!({"alert": id, "handled": true}));
    let row = app.catalogue().alert(&caller.scope, id).await?.ok_or_else(gone)?;
    Ok(Json(shown(&app, &caller.scope, row).await?))
}

/// Takes back that somebody takes care of an alert, also on its events.
#[utoipa::path(delete, path = "/alerts/{id}/handled", tag = "alerts",
    params(("id" = String, Path, description = "Id of it or of an event")),
    responses((status = 200, description = "The alert as it is now", body = Alert), Problem))]
pub(super) async fn reopen_alert(
    State(app): State<App>,
    caller: Caller<Hold>,
    Path(id): Path<String>,
) -> Answer<Json<Alert>> {
    let row = find(&app, &caller.scope, &id).await?;
    let (id, events) = (row.id, app.catalogue().alert_events(row.id).await?);
    if !events.is_empty() {
        let new = NewMarks { handled: Some(None), ..NewMarks::default() };
        app.catalogue().mark_events(&caller.scope, events, caller.who.id(), &caller.who.name, new).await?;
    }
    app.catalogue().reopen_alert(row).await?;
    caller.note(&app, AuditAction::Mark, None, json!({"alert": id, "handled": false}));
    let row = app.catalogue().alert(&caller.scope, id).await?.ok_or_else(gone)?;
    Ok(Json(shown(&app, &caller.scope, row).await?))
}
