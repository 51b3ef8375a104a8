//! Alerts as people and dispatch read them.

use serde_json::Value;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::mark::Handled;
use super::sql::{damaged, statements, uuid};
use super::{Catalogue, Scope};
use crate::base::{CameraId, Error, EventId, Result, Ticks, TimeRange};

macro_rules! alert_columns {
    () => {
        "select a.id, a.kind, a.person, a.cameras, a.from_90k, a.seen_90k, a.rank, a.out, a.version, a.facts, a.made_90k, \
         a.escalate_90k, a.escalated, a.handled_90k, a.handled_by, a.handled_note from alert a "
    };
}
pub(super) use alert_columns;

statements! {
    BY_ID = concat!(alert_columns!(), "where a.id = ?1");
    OF_EVENT = concat!(alert_columns!(), "where a.key = (select alert_key from judged where event = ?1)");
    /// What dispatch must remember.
    SINCE = concat!(alert_columns!(), "where a.made_90k >= ?1 order by a.made_90k, a.key");
    LIST = concat!(alert_columns!(), "where a.from_90k >= ?1 and a.from_90k < ?2 and (a.from_90k, a.id) < (?3, ?4) \
        and a.kind not in ('digest', 'test') order by a.from_90k desc, a.id desc limit ?5");
    MEMBERS = concat!(alert_columns!(), "join digest_member m on m.alert_key = a.key \
        where m.digest_key = (select key from alert where id = ?1) order by a.rank desc, a.from_90k desc limit ?2");
    MEMBER_COUNT = "select count(*) from digest_member where digest_key = (select key from alert where id = ?1)";
    EVENTS = "select event from judged where alert_key = (select key from alert where id = ?1) order by event";
    /// Of what somebody takes care nobody else is told, unless that is taken back.
    TO_ESCALATE = concat!(alert_columns!(), "where a.escalate_90k <= ?1 and a.handled_90k is null order by a.escalate_90k limit 100");
    /// Somebody has opened it, handled it, or seen one of its events.
    SEEN = "select exists (select 1 from alert a where a.id = ?1 and (a.handled_90k is not null \
        or exists (select 1 from delivery d where d.alert_key = a.key and d.opened_90k is not null) \
        or exists (select 1 from judged j join event e on e.id = j.event where j.alert_key = a.key and \
        (exists (select 1 from event_seen s where s.event_key = e.key) \
        or exists (select 1 from event_mark m where m.event_key = e.key)))))";
    JUDGED = "select why from judged where event = ?1";
    TROUBLES = "select name, from_90k, facts, alert, right_90k from trouble order by name";
    HABIT = "select c.id, h.week, h.hour, h.events from habit h join camera c on c.key = h.camera_key \
        where h.week >= ?1 order by h.week";
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// Something moved.
    Motion,
    /// A camera was covered, turned away or made blind.
    Tamper,
    /// Cameras cannot be reached.
    CameraLost,
    /// They are back.
    CameraBack,
    /// Pictures come and are not kept.
    NotRecording,
    /// A disk is nearly full, failing or gone.
    Disk,
    /// The recorder's clock is doubted.
    Clock,
    /// Somebody is guessing passwords.
    Guessing,
    /// The recorder has started again after it was cut off.
    Restarted,
    /// Several alerts in one.
    Digest,
    /// Somebody tries whether alerts arrive.
    Test,
}

impl AlertKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Motion,
        Self::Tamper,
        Self::CameraLost,
        Self::CameraBack,
        Self::NotRecording,
        Self::Disk,
        Self::Clock,
        Self::Guessing,
        Self::Restarted,
        Self::Digest,
        Self::Test,
    ];

    /// Name in the column and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Motion => "motion",
            Self::Tamper => "tamper",
            Self::CameraLost => "camera_lost",
            Self::CameraBack => "camera_back",
            Self::NotRecording => "not_recording",
            Self::Disk => "disk",
            Self::Clock => "clock",
            Self::Guessing => "guessing",
            Self::Restarted => "restarted",
            Self::Digest => "digest",
            Self::Test => "test",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A matter that people are told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// That of its first event, or its own.
    pub id: Uuid,
    /// What it is about.
    pub kind: AlertKind,
    /// Whom alone it is for; `None` = whoever sees one of its cameras.
    pub person: Option<Uuid>,
    /// In the order in which they saw it; none = the site itself.
    pub cameras: Vec<CameraId>,
    /// When it began.
    pub from: Ticks,
    /// Last instant known of it.
    pub seen: Ticks,
    /// What it counts for, 0 to 1.
    pub rank: f64,
    /// It went out at once; otherwise it waits for a digest.
    pub out: bool,
    /// Counts what was added to it, from 1.
    pub version: i64,
    /// What its words are made of.
    pub facts: Value,
    /// Wall clock of its making.
    pub made: Ticks,
    /// When the next in line is told.
    pub escalate: Option<Ticks>,
    /// How many of those in line have been told.
    pub escalated: u32,
    /// Somebody took care of it.
    pub handled: Option<Handled>,
}

impl Alert {
    /// One of this instant that goes out at once, of no camera and for everybody; it counts for nothing yet.
    pub fn new(id: Uuid, kind: AlertKind, now: Ticks) -> Self {
        Self {
            id,
            kind,
            person: None,
            cameras: Vec::new(),
            from: now,
            seen: now,
            rank: 0.0,
            out: true,
            version: 1,
            facts: Value::Object(serde_json::Map::new()),
            made: now,
            escalate: None,
            escalated: 0,
            handled: None,
        }
    }

    /// Whether somebody may know of it who sees these cameras: what touches several shows to whoever sees one; what is the
    /// site's own to those who see the site.
    pub fn concerns(&self, scope: &Scope) -> bool {
        if self.cameras.is_empty() {
            return scope.is_everything();
        }
        self.cameras.iter().any(|camera| scope.sees(*camera))
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// Such as `camera:` and an id, `disk_full`, `boot:7`.
    pub name: String,
    /// Since when.
    pub from: Ticks,
    /// More of it.
    pub facts: Value,
    /// The alert that told of it; `None` = not told yet.
    pub alert: Option<Uuid>,
    /// When it was right again; `None` = it is not.
    pub right: Option<Ticks>,
}

/// Reads an alert whose columns begin at one.
pub(super) fn read(row: &SqliteRow, first: usize) -> sqlx::Result<Alert> {
    let decode = |e: Error| sqlx::Error::Decode(Box::new(e));
    let json = |index: usize| -> sqlx::Result<Value> {
        let read = serde_json::from_str(row.try_get(first + index)?);
        read.map_err(|e| decode(damaged("an alert").because(e)))
    };
    let cameras = serde_json::from_value(json(3)?);
    let kind: &str = row.try_get(first + 1)?;
    let person: Option<&[u8]> = row.try_get(first + 2)?;
    let (at, by): (Option<i64>, Option<String>) = (row.try_get(first + 13)?, row.try_get(first + 14)?);
    let note: Option<String> = row.try_get(first + 15)?;
    Ok(Alert {
        id: uuid(row.try_get(first)?).map_err(decode)?,
        kind: AlertKind::from_name(kind).ok_or_else(|| decode(damaged("an alert's kind")))?,
        person: person.map(uuid).transpose().map_err(decode)?,
        cameras: cameras.map_err(|e| decode(damaged("an alert's cameras").because(e)))?,
        from: Ticks(row.try_get(first + 4)?),
        seen: Ticks(row.try_get(first + 5)?),
        rank: row.try_get(first + 6)?,
        out: row.try_get(first + 7)?,
        version: row.try_get(first + 8)?,
        facts: json(9)?,
        made: Ticks(row.try_get(first + 10)?),
        escalate: row.try_get::<Option<i64>, _>(first + 11)?.map(Ticks),
        escalated: row.try_get(first + 12)?,
        handled: at.zip(by).map(|(at, by)| Handled { at: Ticks(at), by, note: note.unwrap_or_default() }),
    })
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Alert {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        read(row, 0)
    }
}

/// Before it is every alert.
const NEWEST: (Ticks, Uuid) = (Ticks(i64::MAX), Uuid::max());

/// Each fails when the catalogue cannot be read.
impl Catalogue {
    /// An alert, if somebody may know of it who sees these cameras.
    pub async fn alert(&self, scope: &Scope, id: Uuid) -> Result<Option<Alert>> {
        Ok(self.alert_by_id(id).await?.filter(|alert| alert.concerns(scope)))
    }

    /// An alert, if it is this person's alone, such as their digest, or they may know of it by the cameras they see.
    pub async fn alert_for(&self, person: Uuid, scope: &Scope, id: Uuid) -> Result<Option<Alert>> {
        let alert = self.alert_by_id(id).await?;
        Ok(alert.filter(|alert| alert.person == Some(person) || alert.concerns(scope)))
    }

    async fn alert_by_id(&self, id: Uuid) -> Result<Option<Alert>> {
        let query = sqlx::query_as(BY_ID).bind(id.as_bytes().to_vec());
        self.read(query.fetch_optional(self.readers())).await
    }

    /// The alert that an event is part of.
    pub async fn alert_of(&self, scope: &Scope, event: EventId) -> Result<Option<Alert>> {
        let query = sqlx::query_as(OF_EVENT).bind(event.0.as_bytes().to_vec());
        let alert: Option<Alert> = self.read(query.fetch_optional(self.readers())).await?;
        Ok(alert.filter(|alert| alert.concerns(scope)))
    }

    /// Alerts that began in a range, newest first, after a place in the list. There may be fewer than `limit` and still
    /// more behind them: those that may not be seen are left out.
    pub async fn alerts(
        &self,
        scope: &Scope,
        range: TimeRange,
        before: Option<(Ticks, Uuid)>,
        limit: u32,
    ) -> Result<Vec<Alert>> {
        let (mut at, mut id) = before.unwrap_or(NEWEST);
        let mut found = Vec::new();
        loop {
            let query = sqlx::query_as(LIST).bind(range.from.0).bind(range.to.0);
            let query = query.bind(at.0).bind(id.as_bytes().to_vec()).bind(limit);
            let page: Vec<Alert> = self.read(query.fetch_all(self.readers())).await?;
            let last = page.last().map(|alert| (alert.from, alert.id));
            let whole = page.len() == limit as usize;
            found.extend(page.into_iter().filter(|alert| alert.concerns(scope)));
            match last {
                Some(place) if whole && found.len() < limit as usize => (at, id) = place,
                _ => break,
            }
        }
        found.truncate(limit as usize);
        Ok(found)
    }

    /// Alerts that were made since, oldest first: what dispatch must remember.
    pub async fn alerts_made_since(&self, since: Ticks) -> Result<Vec<Alert>> {
        self.read(sqlx::query_as(SINCE).bind(since.0).fetch_all(self.readers())).await
    }

    /// What a digest tells of, the most important and then the newest first, and how many there are in all.
    pub async fn digest_members(&self, digest: Uuid, limit: u32) -> Result<(Vec<Alert>, u64)> {
        let id = digest.as_bytes().to_vec();
        let count = sqlx::query_scalar(MEMBER_COUNT).bind(id.clone());
        let count: i64 = self.read(count.fetch_one(self.readers())).await?;
        let members = sqlx::query_as(MEMBERS).bind(id).bind(limit);
        Ok((self.read(members.fetch_all(self.readers())).await?, count.unsigned_abs()))
    }

    /// Events that an alert tells of, oldest first.
    pub async fn alert_events(&self, alert: Uuid) -> Result<Vec<EventId>> {
        let query = sqlx::query_scalar(EVENTS).bind(alert.as_bytes().to_vec());
        let rows: Vec<Vec<u8>> = self.read(query.fetch_all(self.readers())).await?;
        rows.iter().map(|id| uuid(id).map(EventId)).collect()
    }

    /// Alerts of which the next in line should hear, unless somebody has seen them.
    pub async fn alerts_to_escalate(&self, now: Ticks) -> Result<Vec<Alert>> {
        self.read(sqlx::query_as(TO_ESCALATE).bind(now.0).fetch_all(self.readers())).await
    }

    /// Somebody has opened an alert, handled it, or seen one of its events.
    pub async fn alert_is_seen(&self, alert: Uuid) -> Result<bool> {
        self.read(sqlx::query_scalar(SEEN).bind(alert.as_bytes().to_vec()).fetch_one(self.readers())).await
    }

    /// What was decided about an event: `told`, or why nothing was said; `None` = nothing yet.
    pub async fn judged(&self, event: EventId) -> Result<Option<String>> {
        let query = sqlx::query_scalar(JUDGED).bind(event.0.as_bytes().to_vec());
        self.read(query.fetch_optional(self.readers())).await
    }

    /// Everything that was not as it should be when dispatch looked last.
    pub async fn troubles(&self) -> Result<Vec<Trouble>> {
        type Row = (String, i64, String, Option<Vec<u8>>, Option<i64>);
        let rows: Vec<Row> = self.read(sqlx::query_as(TROUBLES).fetch_all(self.readers())).await?;
        let each = |(name, from, facts, alert, right): Row| {
            let facts = serde_json::from_str(&facts).map_err(|e| damaged("a trouble").because(e))?;
            let alert = alert.as_deref().map(uuid).transpose()?;
            Ok(Trouble { name, from: Ticks(from), facts, alert, right: right.map(Ticks) })
        };
        rows.into_iter().map(each).collect()
    }

    /// Events by camera, week and hour of the week, from a week on, oldest week first.
    pub async fn habits(&self, from_week: i32) -> Result<Vec<(CameraId, i32, u32, u32)>> {
        type Row = (Vec<u8>, i32, u32, u32);
        let rows: Vec<Row> =
            self.read(sqlx::query_as(HABIT).bind(from_week).fetch_all(self.readers())).await?;
        let each = |(camera, week, hour, events): Row| Ok((CameraId(uuid(&camera)?), week, hour, events));
        rows.into_iter().map(each).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_survive_their_names() {
        for kind in AlertKind::ALL {
            assert_eq!(AlertKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(AlertKind::from_name("of a newer program"), None);
    }
}
