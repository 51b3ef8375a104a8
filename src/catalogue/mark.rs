//! Marks on events: who has seen one (each for themselves), and what the team says of it.

use std::collections::HashMap;

use serde_json::json;
use uuid::Uuid;

use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use super::{Catalogue, Scope, outbox};
use crate::base::{CameraId, EventId, Result, Ticks, TimeRange};

statements! {
    EVENT_KEY = "select e.key, c.id from event e join camera c on c.key = e.camera_key where e.id = ?1";
    SEE = "insert into event_seen (event_key, person, at_90k) values (?1, ?2, ?3) on conflict do nothing";
    UNSEE = "delete from event_seen where event_key = ?1 and person = ?2";
    HANDLE = "insert into event_mark (event_key, handled_90k, handled_by, handled_note) values (?1, ?2, ?3, ?4) \
        on conflict (event_key) do update set handled_90k = excluded.handled_90k, handled_by = excluded.handled_by, \
        handled_note = excluded.handled_note";
    JUDGE = "insert into event_mark (event_key, verdict) values (?1, ?2) \
        on conflict (event_key) do update set verdict = excluded.verdict";
    MARK = "select handled_90k, handled_by, handled_note, verdict from event_mark where event_key = ?1";
    /// ?1 is a JSON list of ids in hexadecimal.
    MARKS = "select e.id, s.person is not null, m.handled_90k, m.handled_by, m.handled_note, m.verdict from event e \
        join camera c on c.key = e.camera_key and (?3 is null or c.id in (select unhex(value, '-') from json_each(?3))) \
        left join event_seen s on s.event_key = e.key and s.person = ?2 left join event_mark m on m.event_key = e.key \
        where e.id in (select unhex(value) from json_each(?1))";
    COUNT = "select c.id, count(*), sum(not exists (select 1 from event_seen s where s.event_key = e.key and s.person = ?3)) \
        from event e join camera c on c.key = e.camera_key where e.start_90k >= ?1 and e.start_90k < ?2 \
        and (?4 = '' or instr(?4, ',' || e.kind || ',') > 0) group by c.id";
}

/// What somebody found an event to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There was nothing to tell of.
    FalseAlarm,
}

impl Verdict {
    /// Name in the column and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::FalseAlarm => "false_alarm",
        }
    }

    /// One of a newer program counts as none.
    fn from_name(name: &str) -> Option<Self> {
        (name == Self::FalseAlarm.name()).then_some(Self::FalseAlarm)
    }
}

/// Somebody took care of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// When.
    pub at: Ticks,
    /// Who.
    pub by: String,
    /// What they did; may be empty.
    pub note: String,
}

/// What is marked on an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventMarks {
    /// Whoever asks has seen it.
    pub seen: bool,
    /// Somebody took care of it.
    pub handled: Option<Handled>,
    /// What it was found to be.
    pub verdict: Option<Verdict>,
}

/// What to mark; `None` stays as it is, `Some(None)` takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMarks {
    /// For whoever marks.
    pub seen: Option<bool>,
    /// With a note.
    pub handled: Option<Option<String>>,
    /// For all.
    pub verdict: Option<Option<Verdict>>,
}

/// Events that begin in a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCount {
    /// All.
    pub events: u64,
    /// Those that whoever asks has not seen.
    pub unseen: u64,
}

type Row = (Option<i64>, Option<String>, Option<String>, Option<String>);

fn marks(seen: bool, (at, by, note, verdict): Row) -> EventMarks {
    let handled = at.zip(by).map(|(at, by)| Handled { at: Ticks(at), by, note: note.unwrap_or_default() });
    EventMarks { seen, handled, verdict: verdict.as_deref().and_then(Verdict::from_name) }
}

struct Mark {
    scope: Scope,
    events: Vec<EventId>,
    person: Uuid,
    by: String,
    new: NewMarks,
}

impl Mark {
    async fn one(&self, w: &mut Write, event: EventId) -> Result<()> {
        let query = sqlx::query_as(EVENT_KEY).bind(event.0.as_bytes().as_slice());
        let found: Option<(i64, Vec<u8>)> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
        // Gone with its footage meanwhile.
        let Some((key, camera)) = found else { return Ok(()) };
        let (camera, now) = (CameraId(uuid(&camera)?), w.now);
        if !self.scope.sees(camera) {
            return Ok(());
        }
        if let Some(seen) = self.new.seen {
            let query = sqlx::query(if seen { SEE } else { UNSEE }).bind(key);
            let query = query.bind(self.person.as_bytes().as_slice());
            let query = if seen { query.bind(now.0) } else { query };
            let changed = query.execute(&mut w.conn).await.map_err(failed)?.rows_affected() > 0;
            if changed {
                let body = json!({"camera": camera, "person": self.person, "seen": seen});
                outbox::put(w, "event_seen", event.0, body).await?;
            }
        }
        if self.new.handled.is_none() && self.new.verdict.is_none() {
            return Ok(());
        }
        if let Some(note) = &self.new.handled {
            let query = sqlx::query(HANDLE).bind(key).bind(note.as_ref().map(|_| now.0));
            let query = query.bind(note.as_ref().map(|_| self.by.clone())).bind(note.clone());
            query.execute(&mut w.conn).await.map_err(failed)?;
        }
        if let Some(verdict) = self.new.verdict {
            let query = sqlx::query(JUDGE).bind(key).bind(verdict.map(Verdict::name));
            query.execute(&mut w.conn).await.map_err(failed)?;
        }
        let row = sqlx::query_as(MARK).bind(key).fetch_one(&mut w.conn).await.map_err(failed)?;
        let EventMarks { handled, verdict, .. } = marks(false, row);
        let handled = handled.map(|h| json!({"at": h.at.rfc3339(), "by": h.by, "note": h.note}));
        let body = json!({"camera": camera, "handled": handled, "verdict": verdict.map(Verdict::name)});
        outbox::put(w, "event_mark", event.0, body).await
    }
}

impl Change for Mark {
    type Answer = ();
    const NAME: &'static str = "mark_events";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        for event in &self.events {
            self.one(w, *event).await?;
        }
        Ok(())
    }
}

impl Catalogue {
    /// Marks events, all in one transaction, for `person` and in the name `by`; those that are gone are passed over.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn mark_events(
        &self,
        scope: &Scope,
        events: Vec<EventId>,
        person: Uuid,
        by: &str,
        new: NewMarks,
    ) -> Result<()> {
        self.inner.queue.ask(Mark { scope: scope.clone(), events, person, by: by.to_owned(), new }).await
    }

    /// What is marked on these events, as `person` sees it; those that are gone are left out.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn event_marks(
        &self,
        scope: &Scope,
        events: &[EventId],
        person: Uuid,
    ) -> Result<HashMap<EventId, EventMarks>> {
        type Marked = (Vec<u8>, bool, Option<i64>, Option<String>, Option<String>, Option<String>);
        let ids: Vec<String> = events.iter().map(|id| id.0.simple().to_string()).collect();
        let query = sqlx::query_as(MARKS).bind(json!(ids).to_string()).bind(person.as_bytes().to_vec());
        let query = query.bind(scope.list());
        let rows: Vec<Marked> = self.read(query.fetch_all(self.readers())).await?;
        let each = |(id, seen, at, by, note, verdict): Marked| {
            Ok((EventId(uuid(&id)?), marks(seen, (at, by, note, verdict))))
        };
        rows.into_iter().map(each).collect()
    }

    /// How many events of these kinds (`,motion,`; empty: of all) begin within a range, and how many of them `person`
    /// has not seen, by camera; cameras without any are left out.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn count_events(
        &self,
        scope: &Scope,
        range: TimeRange,
        kinds: &[super::EventKind],
        person: Uuid,
    ) -> Result<HashMap<CameraId, EventCount>> {
        let kinds: String = kinds.iter().map(|kind| format!(",{kind},")).collect();
        let query = sqlx::query_as(COUNT).bind(range.from.0).bind(range.to.0);
        let query = query.bind(person.as_bytes().to_vec()).bind(kinds);
        let rows: Vec<(Vec<u8>, i64, i64)> = self.read(query.fetch_all(self.readers())).await?;
        let each = |(id, events, unseen): (Vec<u8>, i64, i64)| {
            let count = EventCount { events: events.unsigned_abs(), unseen: unseen.unsigned_abs() };
            Ok((CameraId(uuid(&id)?), count))
        };
        let mut counts: HashMap<CameraId, EventCount> = rows.into_iter().map(each).collect::<Result<_>>()?;
        counts.retain(|camera, _| scope.sees(*camera));
        Ok(counts)
    }
}
