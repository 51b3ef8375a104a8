//! `POST /alert-receipts`: what became of a message, from the phone that got it. The message holds a token for it: the phone's
//! session may be long over, and a person must be able to say "on my way" all the same.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::App;
use super::alerts;
use super::error::{Answer, Problem};
use super::extract::Json;
use super::serve::Peer;
use crate::auth::{Right, Role};
use crate::base::{TICKS_PER_SECOND, Zone};
use crate::catalogue::{AuditAction, Delivery, NewAudit, NewMarks, Person, PushEndpoint};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// Minute of the day at which a morning begins.
const MORNING: i64 = 6 * 60;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    /// The device has shown it.
    Shown,
    /// The person has opened it.
    Opened,
    /// They want quiet from its cameras, for `minutes` or until the morning.
    Snooze,
    /// They take care of it: the team sees that, and nobody else is called.
    Handled,
}

/// Something that a phone says of a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertReceipt)]
pub(super) struct Receipt {
    /// `notification.data.lanewatch.token` of the message.
    #[schema(max_length = 100)]
    token: String,
    /// What.
    what: What,
    /// For `snooze`: 1 to 1440; left out: until six in the morning.
    minutes: Option<u32>,
}

fn none() -> Problem {
    Problem::not_found("this message is too old, or none of ours; open the app instead")
}

async fn addressee(app: &App, token: &str) -> Answer<(Delivery, Person, Role)> {
    let id = app.alerts().delivery_of(token).ok_or_else(none)?;
    let delivery = app.catalogue().delivery(id).await?.ok_or_else(none)?;
    // They may have been removed since.
    let person = app.catalogue().person_by_id(delivery.person).await?.filter(|person| person.enabled);
    let person = person.ok_or_else(none)?;
    // What was sent to a browser that is told no more opens nothing: its session may have been ended as it was lost.
    let there =
        |all: Vec<PushEndpoint>| all.iter().any(|mine| mine.id == delivery.target && mine.gone.is_none());
    if delivery.channel == "push" && !there(app.catalogue().push_endpoints_of(person.id).await?) {
        return Err(none());
    }
    let role: Role = person.role.parse()?;
    Ok((delivery, person, role))
}

/// Ticks until the next morning.
fn until_morning(zone: Zone, now: crate::base::Ticks) -> i64 {
    let minute = i64::from(zone.minute_of_day(now));
    (MORNING - minute).rem_euclid(24 * 60).max(1) * MINUTE
}

/// Whoever opens an alert has seen its events: they, and nobody else.
async fn opened(app: &App, delivery: &Delivery, person: &Person) -> Answer<()> {
    app.catalogue().put_receipt(delivery.id, true).await?;
    let events = app.catalogue().alert_events(delivery.alert).await?;
    if !events.is_empty() {
        let new = NewMarks { seen: Some(true), ..NewMarks::default() };
        app.catalogue().mark_events(&person.scope, events, person.id, &person.name, new).await?;
    }
    Ok(())
}

async fn snooze(app: &App, person: &Person, alert: Uuid, minutes: Option<u32>) -> Answer<()> {
    let now = app.now();
    let ticks = match minutes {
        Some(minutes @ 1..=1440) => i64::from(minutes) * MINUTE,
        Some(_) => {
            return Err(Problem::invalid("minutes is from 1 to 1440; leave it out for until the morning"));
        }
        None => until_morning(app.zone(), now),
    };
    // One whose cameras they do not see any more silences no other.
    let alert = app.catalogue().alert_for(person.id, &person.scope, alert).await?.ok_or_else(none)?;
    if alert.cameras.is_empty() {
        app.catalogue().add_snooze(person.id, None, now + ticks).await?;
    }
    for camera in alert.cameras.into_iter().filter(|camera| person.scope.sees(*camera)) {
        app.catalogue().add_snooze(person.id, Some(camera), now + ticks).await?;
    }
    Ok(())
}

/// What somebody did by a message, though they are not signed in.
fn note(app: &App, person: &Person, peer: IpAddr, action: AuditAction, detail: Value) {
    let (actor, peer) = (person.name.clone(), peer.to_string());
    app.catalogue().note(NewAudit { actor, action, camera: None, detail, peer });
}

/// Says what became of a message. Open to everybody: the token in the message is the proof, for that message alone.
#[utoipa::path(post, path = "/alert-receipts", tag = "alerts", request_body = Receipt, security(()),
    responses((status = 204, description = "Noted"), Problem))]
pub(super) async fn post_receipt(
    State(app): State<App>,
    Peer(peer): Peer,
    Json(form): Json<Receipt>,
) -> Answer<StatusCode> {
    let (delivery, person, role) = addressee(&app, &form.token).await?;
    match form.what {
        What::Shown => app.catalogue().put_receipt(delivery.id, false).await?,
        What::Opened => opened(&app, &delivery, &person).await?,
        What::Snooze => {
            snooze(&app, &person, delivery.alert, form.minutes).await?;
            let detail = json!({"alert": delivery.alert, "minutes": form.minutes});
            note(&app, &person, peer, AuditAction::Snooze, detail);
        }
        What::Handled => {
            if !role.rights().allow(Right::Hold) {
                return Err(Problem::invalid("you may look at alerts, not mark them for the team"));
            }
            let alert = app.catalogue().alert(&person.scope, delivery.alert).await?;
            if let Some(alert) = alert {
                app.catalogue().put_receipt(delivery.id, true).await?;
                alerts::handle(&app, &person.scope, person.id, &person.name, alert, "").await?;
                let detail = json!({"alert": delivery.alert, "handled": true});
                note(&app, &person, peer, AuditAction::Mark, detail);
            }
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ticks;

    #[test]
    fn a_morning_is_never_more_than_a_day_away() {
        let at = |text| Ticks::parse(text).expect("a time");
        let hours = |text| until_morning(Zone::HO_CHI_MINH, at(text)) / (60 * MINUTE);
        assert_eq!(hours("2026-11-27T22:00:00+07:00"), 8);
        assert_eq!(hours("2026-11-28T05:00:00+07:00"), 1);
        assert_eq!(hours("2026-11-28T07:00:00+07:00"), 23);
        assert!(until_morning(Zone::HO_CHI_MINH, at("2026-11-28T06:00:00+07:00")) > 0);
    }
}
