//! Events as people read them: the feed, those of a range, one by its id.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::event::{Event, EventFilter, EventKind};
use super::object::Object;
use super::sql::{damaged, statements, uuid};
use super::{Catalogue, Scope};
use crate::base::{CameraId, Cells, EventId, Result, Ticks, TimeRange, ZoneId};

macro_rules! columns {
    () => {
        "select e.id, c.id, e.kind, e.start_90k, e.seen_90k, e.end_90k, e.score, e.peak, e.cells, e.zones, e.best_90k, \
         e.objects \
         from event e join camera c on c.key = e.camera_key "
    };
}

/// What of an event decides whether it is on a page; ?1 to ?2 is the range, ?3 to ?11 the filter.
macro_rules! filter {
    () => {
        " and (?3 = '' or instr(?3, hex(c.id)) > 0) and (?4 = '' or instr(?4, ',' || e.kind || ',') > 0) \
         and (?5 is null or instr(hex(e.zones), ?5) > 0) \
         and coalesce(e.end_90k, e.seen_90k) - e.start_90k >= ?6 \
         and (e.start_90k, e.id) < (?7, ?8) \
         and (?10 is null or ?11 = exists (select 1 from event_seen s where s.event_key = e.key and s.person = ?10)) "
    };
}

/// Three ways in which an event meets the range from ?1 to ?2, by index: it began at most a day before (the longest that
/// is usual), or earlier and was long, or earlier and lasts.
macro_rules! meets {
    ($columns:expr, $filter:expr, $limit:expr) => {
        concat!(
            "select * from (select * from (",
            $columns,
            "where e.start_90k >= ?1 - 7776000000 and e.start_90k < ?2 and coalesce(e.end_90k, ?2) > ?1",
            $filter,
            "order by e.start_90k desc, e.id desc limit ",
            $limit,
            ") union all select * from (",
            $columns,
            "where e.end_90k - e.start_90k > 7776000000 and e.end_90k > ?1 and e.start_90k < ?1 - 7776000000",
            $filter,
            ") union all select * from (",
            $columns,
            "where e.end_90k is null and e.start_90k < ?1 - 7776000000",
            $filter,
            ")) order by 4 desc, 1 desc limit ",
            $limit
        )
    };
}

statements! {
    FEED = meets!(columns!(), filter!(), "?9");
    OF_CAMERA = meets!(columns!(), " and e.camera_key = (select key from camera where id = ?3) ", "?4");
    BY_ID = concat!(columns!(), "where e.id = ?1");
    AUDIT = "select count(*), coalesce(sum(end_90k is null), 0), coalesce(sum(end_90k < start_90k), 0), \
        coalesce(sum(camera_key not in (select key from camera)), 0) from event";
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Event {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let decode = |e: crate::base::Error| sqlx::Error::Decode(Box::new(e));
        let id = |index: usize| uuid(row.try_get(index)?).map_err(decode);
        let cells: &[u8] = row.try_get(8)?;
        let cells = cells.try_into().map_err(|_| decode(damaged("the cells of an event")))?;
        let zones: &[u8] = row.try_get(9)?;
        let zones: Result<Vec<ZoneId>> = zones.chunks(16).map(|id| uuid(id).map(ZoneId)).collect();
        Ok(Self {
            id: EventId(id(0)?),
            camera: CameraId(id(1)?),
            kind: EventKind::from_name(row.try_get(2)?),
            start: Ticks(row.try_get(3)?),
            seen: Ticks(row.try_get(4)?),
            end: row.try_get::<Option<i64>, _>(5)?.map(Ticks),
            score: row.try_get(6)?,
            peak: row.try_get(7)?,
            cells: Cells::from_bytes(cells),
            zones: zones.map_err(decode)?,
            best: Ticks(row.try_get(10)?),
            objects: objects(row.try_get(11)?).map_err(decode)?,
        })
    }
}

/// What the column says.
pub(super) fn objects(column: Option<&str>) -> Result<Option<Vec<Object>>> {
    let read = |text| serde_json::from_str(text).map_err(|e| damaged("the objects of an event").because(e));
    column.map(read).transpose()
}

/// What a check of all events found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventAudit {
    /// Rows.
    pub events: u64,
    /// Rows that last.
    pub open: u64,
    /// Rows that end before they begin; should be none.
    pub backward: u64,
    /// Rows whose camera is not there; should be none.
    pub orphans: u64,
}

/// The cameras that a list is about: those asked for (none = all) that may be seen; empty = all. `None` = nothing.
fn wanted(scope: &Scope, asked: &[CameraId]) -> Option<Vec<CameraId>> {
    let Some(seen) = scope.cameras() else { return Some(asked.to_vec()) };
    let wanted: Vec<CameraId> = seen.filter(|camera| asked.is_empty() || asked.contains(camera)).collect();
    (!wanted.is_empty()).then_some(wanted)
}

/// As `instr` looks for them.
fn listed(cameras: &[CameraId]) -> String {
    let hex = |camera: &CameraId| camera.0.simple().to_string().to_uppercase();
    cameras.iter().map(hex).collect::<Vec<_>>().join(",")
}

impl Catalogue {
    /// Events that meet a range, newest start first, at most `limit`; for the next page give the last one's start and
    /// id as `before`.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn events(
        &self,
        scope: &Scope,
        range: TimeRange,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<Vec<Event>> {
        let Some(cameras) = wanted(scope, &filter.cameras) else { return Ok(Vec::new()) };
        let kinds: String = filter.kinds.iter().map(|kind| format!(",{kind},")).collect();
        let (before, id) =
            filter.before.map_or((i64::MAX, Vec::new()), |(start, id)| (start.0, id.0.as_bytes().to_vec()));
        // Not even looked at: what is newer than the page.
        let to = Ord::min(range.to, filter.before.map_or(range.to, |(start, _)| start + 1));
        let query = sqlx::query_as(FEED)
            .bind(range.from.0)
            .bind(to.0)
            .bind(listed(&cameras))
            .bind(kinds)
            .bind(filter.zone.map(|zone| zone.0.simple().to_string().to_uppercase()))
            .bind(filter.min_ticks)
            .bind(before)
            .bind(id)
            .bind(limit)
            .bind(filter.seen.map(|(person, _)| person.as_bytes().to_vec()))
            .bind(filter.seen.map(|(_, seen)| seen));
        self.read(query.fetch_all(self.readers())).await
    }

    /// A camera's events that meet a range, newest start first, at most `limit`.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn events_of(
        &self,
        scope: &Scope,
        camera: CameraId,
        range: TimeRange,
        limit: u32,
    ) -> Result<Vec<Event>> {
        if !scope.sees(camera) {
            return Ok(Vec::new());
        }
        let query = sqlx::query_as(OF_CAMERA).bind(range.from.0).bind(range.to.0);
        let query = query.bind(camera.0.as_bytes().to_vec()).bind(limit);
        self.read(query.fetch_all(self.readers())).await
    }

    /// One event.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn event(&self, scope: &Scope, id: EventId) -> Result<Option<Event>> {
        let query = sqlx::query_as(BY_ID).bind(id.0.as_bytes().as_slice());
        let found: Option<Event> = self.read(query.fetch_optional(self.readers())).await?;
        Ok(found.filter(|event| scope.sees(event.camera)))
    }

    /// Looks at all events: for `lanewatch check`.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn audit_events(&self) -> Result<EventAudit> {
        let rows: (i64, i64, i64, i64) = self.read(sqlx::query_as(AUDIT).fetch_one(self.readers())).await?;
        let [events, open, backward, orphans] = [rows.0, rows.1, rows.2, rows.3].map(i64::unsigned_abs);
        Ok(EventAudit { events, open, backward, orphans })
    }
}
