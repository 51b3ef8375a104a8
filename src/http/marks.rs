//! `POST /events:mark` and `GET /events:count`: what people say of events, and how many nobody has looked at.

use std::collections::BTreeSet;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{Caller, Hold, Playback};
use super::error::{Answer, Problem};
use super::events::{Event, kinds, shown};
use super::extract::{Json, Query};
use super::wire::{Span, Time, present};
use crate::base::{CameraId, EventId};
use crate::catalogue::{AuditAction, Event as Row, Handled, NewMarks, Verdict};

/// Events that one request may mark.
const EVENTS_MAX: usize = 200;
/// Longest note, in characters.
const NOTE_MAX: usize = 500;

/// What somebody found an event to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Verdict)]
pub(super) enum VerdictName {
    /// There was nothing to tell of.
    FalseAlarm,
}

impl From<Verdict> for VerdictName {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::FalseAlarm => Self::FalseAlarm,
        }
    }
}

impl From<VerdictName> for Verdict {
    fn from(name: VerdictName) -> Self {
        match name {
            VerdictName::FalseAlarm => Self::FalseAlarm,
        }
    }
}

/// Somebody took care of an event.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Handled)]
pub(super) struct HandledBy {
    /// When.
    at: Time,
    /// Who.
    by: String,
    /// What they did; may be empty.
    note: String,
}

impl From<Handled> for HandledBy {
    fn from(handled: Handled) -> Self {
        Self { at: Time(handled.at), by: handled.by, note: handled.note }
    }
}

/// What was done.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHandled)]
pub(super) struct Handling {
    /// At most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub(super) note: String,
}

/// What to mark on which events. What is left out stays as it is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventMarks)]
pub(super) struct MarkForm {
    /// At most 200; those that are gone are passed over.
    #[schema(value_type = Vec<String>, max_items = 200)]
    ids: Vec<EventId>,
    /// Whoever marks has seen them, or has not: each person for themselves.
    seen: Option<bool>,
    /// They were taken care of, for the whole team; null: they were not.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Handling>)]
    handled: Option<Option<Handling>>,
    /// What they were found to be, for the whole team; null: nothing.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<VerdictName>)]
    verdict: Option<Option<VerdictName>>,
}

/// Events as they are marked now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MarkedEvents {
    /// In the order of the request; those that are gone are left out.
    items: Vec<Event>,
}

/// A note of a person, trimmed; line ends are the only control characters.
pub(super) fn note(text: &str) -> Answer<String> {
    let text = text.trim();
    if text.chars().count() > NOTE_MAX || text.contains(|c: char| c.is_control() && c != '\n') {
        let sentence =
            format!("the note has control characters or more than {NOTE_MAX} characters; shorten it");
        return Err(Problem::invalid(sentence).with("field", "note"));
    }
    Ok(text.to_owned())
}

/// Marks events as seen, as taken care of, as false alarms, or takes such marks away.
#[utoipa::path(post, path = "/events:mark", tag = "events", request_body = MarkForm,
    responses((status = 200, description = "The events as they are now", body = MarkedEvents), Problem))]
pub(super) async fn mark_events(
    State(app): State<App>,
    caller: Caller<Hold>,
    Json(form): Json<MarkForm>,
) -> Answer<Json<MarkedEvents>> {
    if form.ids.is_empty() || form.ids.len() > EVENTS_MAX {
        let sentence = format!("ids has {} events; give 1 to {EVENTS_MAX}", form.ids.len());
        return Err(Problem::invalid(sentence).with("field", "ids"));
    }
    let handled = match form.handled {
        Some(Some(handling)) => Some(Some(note(&handling.note)?)),
        other => other.map(|_| None),
    };
    let new = NewMarks { seen: form.seen, handled, verdict: form.verdict.map(|v| v.map(Verdict::from)) };
    if new == NewMarks::default() {
        return Err(Problem::invalid("nothing is to be marked; give seen, handled or verdict"));
    }
    let care = new.handled.clone();
    let detail = json!({"events": form.ids.len(), "seen": new.seen, "handled": new.handled.as_ref().map(Option::is_some),
        "verdict": new.verdict.map(|verdict| verdict.map(Verdict::name))});
    app.catalogue()
        .mark_events(&caller.scope, form.ids.clone(), caller.who.id(), &caller.who.name, new)
        .await?;
    if let Some(care) = care {
        for id in &form.ids {
            let Some(alert) = app.catalogue().alert_of(&caller.scope, *id).await? else { continue };
            // Nobody else is called for what somebody takes care of.
            match &care {
                Some(note) => app.catalogue().handle_alert(alert, &caller.who.name, note).await?,
                None => app.catalogue().reopen_alert(alert).await?,
            };
        }
    }
    let mut rows = Vec::with_capacity(form.ids.len());
    for id in form.ids {
        rows.extend(app.catalogue().event(&caller.scope, id).await?);
    }
    note_marked(&app, &caller, &rows, detail);
    Ok(Json(MarkedEvents { items: shown(&app, &caller, rows).await? }))
}

/// One row for what was marked at once: its cameras and, when it is one event, which.
fn note_marked(app: &App, caller: &Caller<Hold>, rows: &[Row], mut detail: Value) {
    if let [one] = rows {
        detail["event"] = json!(one.id);
    }
    let cameras: BTreeSet<CameraId> = rows.iter().map(|row| row.camera).collect();
    for camera in cameras {
        caller.note(app, AuditAction::Mark, Some(camera), detail.clone());
    }
}

/// Which events are counted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Kinds, separated by commas, as for the list of events; all when it is left out.
    kind: Option<String>,
}

/// How many events began.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventCounts {
    /// Of all cameras, also of removed ones.
    events: u64,
    /// Those of them that whoever asks has not seen.
    unseen: u64,
    /// The same by camera; cameras without any are left out.
    cameras: Vec<CameraCount>,
}

/// How many events of a camera began.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CameraEventCount)]
struct CameraCount {
    /// Whose.
    #[schema(value_type = String, format = "uuid")]
    camera: CameraId,
    /// All.
    events: u64,
    /// Those of them that whoever asks has not seen.
    unseen: u64,
}

/// Counts the events that began in a range, and those that whoever asks has not seen.
#[utoipa::path(get, path = "/events:count", tag = "events", params(Which, Span),
    responses((status = 200, description = "How many", body = EventCounts), Problem))]
pub(super) async fn count_events(
    State(app): State<App>,
    caller: Caller<Playback>,
    Query(which): Query<Which>,
    Query(span): Query<Span>,
) -> Answer<Json<EventCounts>> {
    let (range, kinds) = (span.range()?, kinds(which.kind.as_deref().unwrap_or_default())?);
    let counts = app.catalogue().count_events(&caller.scope, range, &kinds, caller.who.id()).await?;
    let mut cameras: Vec<CameraCount> = counts
        .into_iter()
        .map(|(camera, count)| CameraCount { camera, events: count.events, unseen: count.unseen })
        .collect();
    cameras.sort_unstable_by_key(|count| count.camera);
    Ok(Json(EventCounts {
        events: cameras.iter().map(|count| count.events).sum(),
        unseen: cameras.iter().map(|count| count.unseen).sum(),
        cameras,
    }))
}
