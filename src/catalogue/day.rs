//! Day summaries: one small row per stream and local day, brought along with every change of footage.

use bytes::Bytes;
use sqlx::SqliteConnection;

use super::coverage::{add, count, day_range, empty, whole_minutes};
use super::sql::{failed, statements};
use super::writer::{Change, Write};
use super::{Catalogue, Scope, ledger, meta, strip, timeline};
use crate::base::{Result, StreamKey, TimeRange, Zone};

statements! {
    GET = "select coverage from day_summary where stream_key = ?1 and day = ?2";
    PUT = "insert into day_summary (stream_key, day, coverage) values (?1, ?2, ?3) \
        on conflict (stream_key, day) do update set coverage = excluded.coverage";
    DELETE = "delete from day_summary where stream_key = ?1 and day = ?2";
    DELETE_ALL = "delete from day_summary";
    STREAMS = "select key from stream";
    BETWEEN = "select day, coverage from day_summary where stream_key = ?1 and day >= ?2 and day < ?3 order by day";
}

/// What a stream recorded on one local day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaySummary {
    /// Whose.
    pub stream: StreamKey,
    /// Days since 1970-01-01 in the site's zone.
    pub day: i32,
    /// One byte per minute of the day: seconds recorded, 0 to 60.
    pub coverage: Bytes,
}

impl DaySummary {
    /// Seconds recorded, each minute rounded to a second.
    pub fn seconds(&self) -> u32 {
        self.coverage.iter().map(|minute| u32::from(*minute)).sum()
    }
}

async fn load(conn: &mut SqliteConnection, stream: StreamKey, day: i32, range: TimeRange) -> Result<Vec<u8>> {
    let query = sqlx::query_scalar(GET).bind(stream.0).bind(day);
    let minutes: Option<Vec<u8>> = query.fetch_optional(conn).await.map_err(failed)?;
    Ok(minutes.filter(|m| m.len() == empty(range).len()).unwrap_or_else(|| empty(range)))
}

async fn store(w: &mut Write, stream: StreamKey, day: i32, minutes: Vec<u8>) -> Result<()> {
    let query = if minutes.iter().all(|minute| *minute == 0) {
        sqlx::query(DELETE).bind(stream.0).bind(day)
    } else {
        sqlx::query(PUT).bind(stream.0).bind(day).bind(minutes)
    };
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

/// Counts the minutes that a range touches anew: right after any change of footage there, however often.
pub(super) async fn recompute(w: &mut Write, stream: StreamKey, range: TimeRange) -> Result<()> {
    if range.is_empty() {
        return Ok(());
    }
    for day in w.zone.day_of(range.from)..=w.zone.day_of(range.to - 1) {
        let whole = day_range(w.zone, day);
        let Some(window) = whole_minutes(whole, range) else { continue };
        let recorded = ledger::footage(w, stream, window).await?;
        let mut minutes = load(&mut w.conn, stream, day, whole).await?;
        count(&mut minutes, whole, window, &recorded);
        store(w, stream, day, minutes).await?;
    }
    Ok(())
}

/// Makes all day summaries anew for another zone, from the spans between gaps: no segment is read.
pub(super) struct Rebuild(pub(super) Zone);

impl Change for Rebuild {
    type Answer = ();
    const NAME: &'static str = "rebuild_days";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let strips = match meta::zone(&mut w.conn).await? {
            Some(before) => strip::all(&mut w.conn, before).await?,
            None => Vec::new(),
        };
        w.zone = self.0;
        sqlx::query(DELETE_ALL).execute(&mut w.conn).await.map_err(failed)?;
        let streams: Vec<i64> = sqlx::query_scalar(STREAMS).fetch_all(&mut w.conn).await.map_err(failed)?;
        for stream in streams.into_iter().map(StreamKey) {
            for (day, minutes) in fill_days(self.0, &timeline::all_spans(&mut w.conn, stream).await?) {
                store(w, stream, day, minutes).await?;
            }
        }
        strip::put_all(w, strips).await?;
        meta::put_zone(w, self.0).await
    }
}

fn fill_days(zone: Zone, spans: &[TimeRange]) -> Vec<(i32, Vec<u8>)> {
    let mut days: Vec<(i32, Vec<u8>)> = Vec::new();
    for span in spans {
        for day in zone.day_of(span.from)..=zone.day_of(span.to - 1) {
            let whole = day_range(zone, day);
            if days.last().is_none_or(|(last, _)| *last != day) {
                days.push((day, empty(whole)));
            }
            if let Some((_, minutes)) = days.last_mut() {
                add(minutes, whole, *span);
            }
        }
    }
    days
}

impl Catalogue {
    /// Day summaries of some streams, `from_day` to before `to_day`, by stream and day; days without footage are
    /// left out. Complete segments count, so the newest minute is missing.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn days(
        &self,
        scope: &Scope,
        streams: &[StreamKey],
        from_day: i32,
        to_day: i32,
    ) -> Result<Vec<DaySummary>> {
        let mut all = Vec::new();
        for &stream in streams.iter().filter(|stream| scope.sees_stream(**stream)) {
            let query = sqlx::query_as(BETWEEN).bind(stream.0).bind(from_day).bind(to_day);
            let rows: Vec<(i32, Vec<u8>)> = self.read(query.fetch_all(self.readers())).await?;
            let days =
                rows.into_iter().map(|(day, coverage)| DaySummary { stream, day, coverage: coverage.into() });
            // A day may have a strip of motion and no complete segment yet.
            all.extend(days.filter(|day| day.seconds() > 0));
        }
        Ok(all)
    }
}
