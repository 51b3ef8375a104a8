//! What dispatch has decided, in one transaction with how far it has read: whatever happens, a change is decided on once.

use serde_json::{Value, json};
use uuid::Uuid;

use super::alert::{Alert, Trouble};
use super::mark::Handled;
use super::names::camera_key;
use super::sql::{failed, statements};
use super::writer::{Change, Write};
use super::{Catalogue, meta, outbox};
use crate::base::{CameraId, Error, EventId, Kind, Result, Ticks, fresh_uuid};

statements! {
    PUT = "insert into alert (id, kind, person, cameras, from_90k, seen_90k, rank, out, version, facts, made_90k, escalate_90k, \
        escalated) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
        on conflict (id) do update set cameras = excluded.cameras, seen_90k = excluded.seen_90k, rank = excluded.rank, \
        out = excluded.out, version = excluded.version, facts = excluded.facts, escalate_90k = excluded.escalate_90k, \
        escalated = excluded.escalated";
    /// One that was sent goes out again only when there is more to tell, and it takes the place of what was sent: a letter that
    /// was written stays. One that is let out of what is held is as new as one that is made then.
    DELIVER = "insert into delivery (id, alert_key, person, channel, target, state, version, made_90k) \
        select ?1, key, ?3, ?4, ?5, ?6, version, ?7 from alert where id = ?2 \
        on conflict (alert_key, person, channel, target) do update set \
        state = case when excluded.state = 'due' and (delivery.state = 'held' or (delivery.state = 'sent' \
        and excluded.version > delivery.version and delivery.channel not in ('mail', 'zalo'))) then 'due' else delivery.state end, \
        made_90k = iif(excluded.state = 'due' and delivery.state = 'held', excluded.made_90k, delivery.made_90k), \
        version = max(delivery.version, excluded.version) where delivery.state not in ('digested', 'dropped')";
    JUDGE = "insert into judged (event, alert_key, why, at_90k) \
        values (?1, (select key from alert where id = ?2), ?3, ?4) on conflict (event) do update set \
        alert_key = coalesce(excluded.alert_key, judged.alert_key), why = excluded.why \
        where excluded.alert_key is not null or judged.alert_key is null";
    COUNT = "insert into habit (camera_key, week, hour, events) values (?1, ?2, ?3, 1) \
        on conflict (camera_key, week, hour) do update set events = events + 1";
    PUT_TROUBLE = "insert into trouble (name, from_90k, facts, alert, right_90k) values (?1, ?2, ?3, ?4, ?5) \
        on conflict (name) do update set from_90k = excluded.from_90k, facts = excluded.facts, alert = excluded.alert, \
        right_90k = excluded.right_90k";
    DROP_TROUBLE = "delete from trouble where name = ?1";
    HANDLE = "update alert set handled_90k = ?2, handled_by = ?3, handled_note = ?4 where id = ?1 and handled_90k is null";
    /// Nobody takes care any more: that is said of none of its events.
    REOPEN = "update alert set handled_90k = null, handled_by = null, handled_note = null where id = ?1 and handled_90k is not null \
        and not exists (select 1 from judged j join event e on e.id = j.event join event_mark m on m.event_key = e.key \
        where j.alert_key = alert.key and m.handled_90k is not null)";
    /// Those who were not told because somebody had taken care of it are told now.
    REVIVE = "update delivery set state = iif(sent_90k is null, 'due', 'sent'), error = null where state = 'dropped' and error = ?2 \
        and alert_key = (select key from alert where id = ?1)";
    PRUNE_JUDGED = "delete from judged where at_90k < ?1";
    PRUNE_ALERTS = "delete from alert where made_90k < ?1";
    PRUNE_HABIT = "delete from habit where week < ?1";
}

/// Row that says up to which change everything has been decided.
const POSITION: &str = "alert_position";
/// Why one is not sent any more to whoever has not got it.
pub const TAKEN_CARE_OF: &str = "somebody has taken care of it";
/// Row that says on which local day the last digest of what was held was made.
const DIGEST_DAY: &str = "alert_digest_day";

/// An alert for somebody, by a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Of what.
    pub alert: Uuid,
    /// To whom; nil = to the site's own, such as a webhook.
    pub person: Uuid,
    /// Name of the channel.
    pub channel: &'static str,
    /// Id of the push endpoint; nil where a channel has one address for them.
    pub target: Uuid,
    /// It waits for a digest.
    pub held: bool,
}

/// What was decided on an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The event.
    pub event: EventId,
    /// What it became part of.
    pub alert: Option<Uuid>,
    /// `told`, or why nothing was said.
    pub why: &'static str,
}

/// What dispatch has decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Changes up to this one have been decided on; `None` = it stays where it is.
    pub position: Option<i64>,
    /// New, or as they are now.
    pub alerts: Vec<Alert>,
    /// Who is told.
    pub deliveries: Vec<NewDelivery>,
    /// Events that were decided on.
    pub judged: Vec<Judged>,
    /// Events to be counted: camera, week, hour of the week.
    pub counted: Vec<(CameraId, i32, u32)>,
    /// Troubles, new or as they are now.
    pub troubles: Vec<Trouble>,
    /// Names of troubles that are over.
    pub over: Vec<String>,
    /// The local day of which what was held is now told in a digest.
    pub digest_day: Option<i32>,
    /// What is older goes: judgements and alerts by wall clock, habits by week.
    pub prune: Option<(Ticks, Ticks, i32)>,
}

impl Decision {
    /// Nothing would be written.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn blob(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// Tells followers of an alert: enough to read it anew.
pub(super) async fn tell(w: &mut Write, alert: &Alert) -> Result<()> {
    outbox::put(w, "alert", alert.id, body(alert)).await
}

fn body(alert: &Alert) -> Value {
    let handled = alert.handled.as_ref().map(|h| json!({"at": h.at.rfc3339(), "by": h.by, "note": h.note}));
    json!({
        "kind": alert.kind.name(), "cameras": alert.cameras, "version": alert.version, "person": alert.person,
        "handled": handled,
    })
}

impl Handled {
    /// As followers of an alert are told of it; `None` = nobody takes care of it.
    pub fn told(body: &Value) -> Option<Self> {
        let text = |key: &str| Some(body[key].as_str()?.to_owned());
        Some(Self { at: Ticks::parse(&text("at")?).ok()?, by: text("by")?, note: text("note")? })
    }
}

/// Writes an alert as it is.
pub(super) async fn put(w: &mut Write, alert: &Alert) -> Result<()> {
    let query = sqlx::query(PUT)
        .bind(blob(alert.id))
        .bind(alert.kind.name())
        .bind(alert.person.map(blob))
        .bind(json!(alert.cameras).to_string())
        .bind(alert.from.0)
        .bind(alert.seen.0)
        .bind(alert.rank.clamp(0.0, 1.0))
        .bind(alert.out)
        .bind(alert.version)
        .bind(alert.facts.to_string())
        .bind(alert.made.0)
        .bind(alert.escalate.map(|at| at.0))
        .bind(alert.escalated);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

/// Puts an alert on its way.
pub(super) async fn deliver(w: &mut Write, new: &NewDelivery) -> Result<()> {
    let query = sqlx::query(DELIVER)
        .bind(blob(fresh_uuid(w.now)))
        .bind(blob(new.alert))
        .bind(blob(new.person))
        .bind(new.channel)
        .bind(blob(new.target))
        .bind(if new.held { "held" } else { "due" })
        .bind(w.now.0);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

impl Change for Decision {
    type Answer = ();
    const NAME: &'static str = "decide_alerts";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        if let Some(position) = self.position {
            let before = position_of(&mut w.conn).await?;
            let further = before.filter(|before| *before > position);
            // A position behind all changes is of a file whose changes were lost: counting began anew.
            if let Some(further) = further
                && further <= outbox::newest(w).await?
            {
                let sentence =
                    "somebody else has decided on these changes already; one recorder works on a catalogue";
                return Err(Error::new(Kind::Conflict, sentence));
            }
            meta::put(w, POSITION, &position.to_string()).await?;
        }
        for alert in &self.alerts {
            put(w, alert).await?;
            tell(w, alert).await?;
        }
        for delivery in &self.deliveries {
            deliver(w, delivery).await?;
        }
        for judged in &self.judged {
            let query = sqlx::query(JUDGE).bind(blob(judged.event.0)).bind(judged.alert.map(blob));
            let query = query.bind(judged.why).bind(w.now.0);
            query.execute(&mut w.conn).await.map_err(failed)?;
        }
        for (camera, week, hour) in &self.counted {
            if let Some(key) = camera_key(w, *camera).await? {
                let query = sqlx::query(COUNT).bind(key).bind(*week).bind(*hour);
                query.execute(&mut w.conn).await.map_err(failed)?;
            }
        }
        for trouble in &self.troubles {
            let query = sqlx::query(PUT_TROUBLE)
                .bind(trouble.name.clone())
                .bind(trouble.from.0)
                .bind(trouble.facts.to_string())
                .bind(trouble.alert.map(blob))
                .bind(trouble.right.map(|at| at.0));
            query.execute(&mut w.conn).await.map_err(failed)?;
        }
        for name in &self.over {
            let query = sqlx::query(DROP_TROUBLE).bind(name.clone());
            query.execute(&mut w.conn).await.map_err(failed)?;
        }
        if let Some(day) = self.digest_day {
            meta::put(w, DIGEST_DAY, &day.to_string()).await?;
            super::delivery::fold_held(w).await?;
        }
        if let Some((judged, alerts, week)) = self.prune {
            for (sql, before) in
                [(PRUNE_JUDGED, judged.0), (PRUNE_ALERTS, alerts.0), (PRUNE_HABIT, i64::from(week))]
            {
                sqlx::query(sql).bind(before).execute(&mut w.conn).await.map_err(failed)?;
            }
        }
        Ok(())
    }
}

async fn position_of(conn: &mut sqlx::SqliteConnection) -> Result<Option<i64>> {
    Ok(meta::get(conn, POSITION).await?.and_then(|position| position.parse().ok()))
}

struct Handle {
    alert: Alert,
    by: String,
    note: String,
}

impl Change for Handle {
    type Answer = bool;
    const NAME: &'static str = "handle_alert";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let query = sqlx::query(HANDLE).bind(blob(self.alert.id)).bind(w.now.0);
        let query = query.bind(self.by.clone()).bind(self.note.clone());
        let first = query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0;
        if first {
            let handled = Handled { at: w.now, by: self.by.clone(), note: self.note.clone() };
            tell(w, &Alert { handled: Some(handled), ..self.alert.clone() }).await?;
        }
        Ok(first)
    }
}

struct Reopen(Alert);

impl Change for Reopen {
    type Answer = bool;
    const NAME: &'static str = "reopen_alert";

    async fn apply(&self, w: &mut Write) -> Result<bool> {
        let query = sqlx::query(REOPEN).bind(blob(self.0.id));
        let reopened = query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0;
        if reopened {
            let query = sqlx::query(REVIVE).bind(blob(self.0.id)).bind(TAKEN_CARE_OF);
            query.execute(&mut w.conn).await.map_err(failed)?;
            let mut body = body(&Alert { handled: None, ..self.0.clone() });
            body["reopened"] = json!(true);
            outbox::put(w, "alert", self.0.id, body).await?;
        }
        Ok(reopened)
    }
}

/// Each fails when the catalogue cannot be used.
impl Catalogue {
    /// Up to which change everything has been decided; `None` = dispatch has never run.
    pub async fn alert_position(&self) -> Result<Option<i64>> {
        Ok(self.meta(POSITION).await?.and_then(|position| position.parse().ok()))
    }

    /// The local day of the last digest of what was held.
    pub async fn alert_digest_day(&self) -> Result<Option<i32>> {
        Ok(self.meta(DIGEST_DAY).await?.and_then(|day| day.parse().ok()))
    }

    /// Writes a decision, all of it or nothing. `Conflict` when somebody else has gone further.
    pub async fn decide(&self, decision: Decision) -> Result<()> {
        self.inner.queue.ask(decision).await
    }

    /// Somebody took care of an alert, in the name `by`: nobody else is told of it. `false` when somebody had before.
    pub async fn handle_alert(&self, alert: Alert, by: &str, note: &str) -> Result<bool> {
        self.inner.queue.ask(Handle { alert, by: by.to_owned(), note: note.to_owned() }).await
    }

    /// That an event of an alert was taken care of was taken back. `false` when that is still said of another, or never was.
    pub async fn reopen_alert(&self, alert: Alert) -> Result<bool> {
        self.inner.queue.ask(Reopen(alert)).await
    }
}
