//! Recorded stretches. Derived from the first and last footage and the gaps between them, so that a month costs as
//! many rows as it has gaps; segments are not read.

use sqlx::SqliteConnection;

use super::ranges::{FOREVER, coalesce, without};
use super::sql::{failed, statements};
use super::{Catalogue, Scope};
use crate::base::{Result, StreamKey, Ticks, TimeRange};

statements! {
    /// One statement, so that all rows are of one moment. 0: first footage, 1: last footage, 2: not footage (a gap,
    /// a doomed segment, what a crash left open: that reaches to the next segment).
    EDGES_AND_HOLES = "select 0, start_90k, start_90k + duration_90k from (select start_90k, duration_90k from segment \
        where stream_key = ?1 and state in (1, 2) order by start_90k limit 1) \
        union all \
        select 1, start_90k, start_90k + duration_90k from (select start_90k, duration_90k from segment \
        where stream_key = ?1 and state in (1, 2) order by start_90k desc limit 1) \
        union all \
        select 2, from_90k, to_90k from gap where stream_key = ?1 and from_90k < ?3 \
        and from_90k >= coalesce((select max(from_90k) from gap where stream_key = ?1 and from_90k <= ?2), ?2) \
        and (to_90k is null or to_90k > ?2) \
        union all \
        select 2, s.start_90k, case s.state when 3 then s.start_90k + s.duration_90k else (select min(n.start_90k) \
        from segment n where n.stream_key = ?1 and n.start_90k > s.start_90k) end \
        from segment s where s.stream_key = ?1 and s.state in (0, 3) and s.start_90k < ?3";
    FIRST = "select start_90k from segment where stream_key = ?1 and state in (1, 2) order by start_90k limit 1";
    LAST = "select start_90k + duration_90k from segment where stream_key = ?1 and state in (1, 2) \
        order by start_90k desc limit 1";
}

type Row = (i64, i64, Option<i64>);

/// All time.
pub(super) const ALWAYS: TimeRange = TimeRange { from: Ticks(i64::MIN), to: FOREVER };

fn spans_of(rows: Vec<Row>, range: TimeRange) -> Vec<TimeRange> {
    let (mut first, mut last, mut holes) = (None, None, Vec::new());
    for (kind, from, to) in rows {
        let row = TimeRange::new(Ticks(from), to.map_or(FOREVER, Ticks));
        match kind {
            0 => first = Some(row.from),
            1 => last = Some(row.to),
            _ => holes.push(row),
        }
    }
    let whole = first.zip(last).and_then(|(from, to)| TimeRange::new(from, to).overlap(range));
    whole.map_or_else(Vec::new, |whole| without(whole, holes))
}

/// All recorded stretches of a stream, as the rows say.
pub(super) async fn all_spans(conn: &mut SqliteConnection, stream: StreamKey) -> Result<Vec<TimeRange>> {
    let query = sqlx::query_as(EDGES_AND_HOLES).bind(stream.0).bind(ALWAYS.from.0).bind(ALWAYS.to.0);
    let rows: Vec<Row> = query.fetch_all(conn).await.map_err(failed)?;
    Ok(spans_of(rows, ALWAYS))
}

impl Catalogue {
    /// Recorded stretches within a range, joined, in order; the growing segment is part of them.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn spans(&self, scope: &Scope, stream: StreamKey, range: TimeRange) -> Result<Vec<TimeRange>> {
        if !scope.sees_stream(stream) {
            return Ok(Vec::new());
        }
        // Before the rows: what is settled meanwhile is then in both, never in neither.
        let ahead = self.inner.growing.within(stream, range);
        let query = sqlx::query_as(EDGES_AND_HOLES).bind(stream.0).bind(range.from.0).bind(range.to.0);
        let rows: Vec<Row> = self.read(query.fetch_all(self.readers())).await?;
        let mut spans = spans_of(rows, range);
        if ahead.is_empty() {
            return Ok(spans);
        }
        spans.extend(ahead.iter().filter_map(|s| s.range().overlap(range)));
        Ok(coalesce(spans))
    }

    /// Start of a stream's first footage.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn oldest(&self, scope: &Scope, stream: StreamKey) -> Result<Option<Ticks>> {
        if !scope.sees_stream(stream) {
            return Ok(None);
        }
        let ahead = self.inner.growing.within(stream, ALWAYS).first().map(|s| s.start);
        let row: Option<i64> =
            self.read(sqlx::query_scalar(FIRST).bind(stream.0).fetch_optional(self.readers())).await?;
        Ok(row.map(Ticks).into_iter().chain(ahead).min())
    }

    /// End of a stream's last footage, the growing segment included.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn newest(&self, scope: &Scope, stream: StreamKey) -> Result<Option<Ticks>> {
        if !scope.sees_stream(stream) {
            return Ok(None);
        }
        let ahead = self.inner.growing.within(stream, ALWAYS).iter().map(|s| s.end()).max();
        let row: Option<i64> =
            self.read(sqlx::query_scalar(LAST).bind(stream.0).fetch_optional(self.readers())).await?;
        Ok(row.map(Ticks).into_iter().chain(ahead).max())
    }
}
