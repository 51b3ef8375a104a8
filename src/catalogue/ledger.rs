//! The gap ledger inside a transaction: fill what is free, carve out footage, join neighbours.
//!
//! Gaps of a stream never overlap each other, so whatever meets a range starts inside it or is the last one before.

use serde_json::json;
use uuid::Uuid;

use super::outbox;
use super::ranges::{FOREVER, without};
use super::sql::{failed, statements, uuid};
use super::types::GapCause;
use super::writer::Write;
use crate::base::{Result, StreamKey, Ticks, TimeRange, fresh_uuid};

statements! {
    /// Gaps that meet [?2, ?3] or touch it.
    AROUND = "select from_90k, to_90k, cause, id from gap where stream_key = ?1 and from_90k <= ?3 \
        and from_90k >= coalesce((select max(from_90k) from gap where stream_key = ?1 and from_90k < ?2), ?2) \
        and (to_90k is null or to_90k >= ?2) order by from_90k";
    OPEN = "select from_90k, to_90k, cause, id from gap where stream_key = ?1 and to_90k is null";
    /// Footage that meets [?2, ?3), also doomed footage: its gap row comes when it is forgotten.
    FOOTAGE = "select start_90k, start_90k + duration_90k from segment where stream_key = ?1 and start_90k < ?3 \
        and start_90k >= coalesce((select max(start_90k) from segment where stream_key = ?1 and start_90k <= ?2), ?2) \
        and state in (1, 2, 3)";
    INSERT = "insert into gap (stream_key, from_90k, to_90k, cause, id) values (?1, ?2, ?3, ?4, ?5)";
    SET_TO = "update gap set to_90k = ?3 where stream_key = ?1 and from_90k = ?2";
    DELETE = "delete from gap where stream_key = ?1 and from_90k = ?2";
    IDS = "select s.id, c.id from stream s join camera c on c.key = s.camera_key where s.key = ?1";
}

/// A gap row; `to` is [`FOREVER`] while it lasts.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) range: TimeRange,
    pub(super) cause: String,
    pub(super) id: Uuid,
}

type Raw = (i64, Option<i64>, String, Vec<u8>);

fn row((from, to, cause, id): Raw) -> Result<Row> {
    Ok(Row { range: TimeRange::new(Ticks(from), to.map_or(FOREVER, Ticks)), cause, id: uuid(&id)? })
}

async fn around(w: &mut Write, stream: StreamKey, range: TimeRange) -> Result<Vec<Row>> {
    let query = sqlx::query_as(AROUND).bind(stream.0).bind(range.from.0).bind(range.to.0);
    let rows: Vec<Raw> = query.fetch_all(&mut w.conn).await.map_err(failed)?;
    rows.into_iter().map(row).collect()
}

/// The parts of a range that are a gap of this cause.
pub(super) async fn of_cause(
    w: &mut Write,
    stream: StreamKey,
    range: TimeRange,
    cause: GapCause,
) -> Result<Vec<TimeRange>> {
    let gaps = around(w, stream, range).await?;
    let gaps = gaps.iter().filter(|gap| gap.cause == cause.name());
    Ok(gaps.filter_map(|gap| gap.range.overlap(range)).collect())
}

/// The stream's gap that still lasts.
pub(super) async fn open(w: &mut Write, stream: StreamKey) -> Result<Option<Row>> {
    let raw: Option<Raw> =
        sqlx::query_as(OPEN).bind(stream.0).fetch_optional(&mut w.conn).await.map_err(failed)?;
    raw.map(row).transpose()
}

/// Complete footage that meets a range, in order.
pub(super) async fn footage(w: &mut Write, stream: StreamKey, range: TimeRange) -> Result<Vec<TimeRange>> {
    let query = sqlx::query_as(FOOTAGE).bind(stream.0).bind(range.from.0).bind(range.to.0);
    let rows: Vec<(i64, i64)> = query.fetch_all(&mut w.conn).await.map_err(failed)?;
    Ok(rows.into_iter().map(|(from, to)| TimeRange::new(Ticks(from), Ticks(to))).collect())
}

/// Gives every instant of the range that is neither footage nor gap a gap with this cause, joined with neighbours of
/// the same cause. A range to [`FOREVER`] leaves a gap that lasts, unless one lasts already.
pub(super) async fn fill(w: &mut Write, stream: StreamKey, range: TimeRange, cause: GapCause) -> Result<()> {
    if range.is_empty() {
        return Ok(());
    }
    let mut taken = footage(w, stream, range).await?;
    taken.extend(around(w, stream, range).await?.into_iter().map(|gap| gap.range));
    for piece in without(range, taken) {
        insert_joined(w, stream, piece, cause).await?;
    }
    Ok(())
}

async fn insert_joined(w: &mut Write, stream: StreamKey, piece: TimeRange, cause: GapCause) -> Result<()> {
    let neighbours = around(w, stream, piece).await?;
    let same = |gap: &&Row| gap.cause == cause.name();
    let left = neighbours.iter().filter(same).find(|gap| gap.range.to == piece.from);
    let right = neighbours.iter().filter(same).find(|gap| gap.range.from == piece.to);
    let mut joined = piece;
    if let Some(right) = right {
        remove(w, stream, right).await?;
        joined.to = right.range.to;
    }
    match left {
        Some(left) => set_to(w, stream, left, joined.to).await,
        None => {
            let id = right.map_or_else(|| fresh_uuid(w.now), |right| right.id);
            insert(w, stream, Row { range: joined, cause: cause.name().to_owned(), id }).await
        }
    }
}

/// Cuts a range out of all gaps: there is footage.
pub(super) async fn carve(w: &mut Write, stream: StreamKey, range: TimeRange) -> Result<()> {
    for gap in around(w, stream, range).await? {
        if gap.range.overlap(range).is_none() {
            continue;
        }
        if gap.range.from < range.from {
            set_to(w, stream, &gap, range.from).await?;
        } else {
            remove(w, stream, &gap).await?;
        }
        if gap.range.to > range.to {
            let rest = TimeRange::new(range.to, gap.range.to);
            // The part that moved gets an id of its own only when the first part kept the old one.
            let id = if gap.range.from < range.from { fresh_uuid(w.now) } else { gap.id };
            insert(w, stream, Row { range: rest, cause: gap.cause, id }).await?;
        }
    }
    Ok(())
}

/// Ends the gap that lasts; one that would begin at or after `at` never was.
pub(super) async fn end_open(w: &mut Write, stream: StreamKey, at: Ticks) -> Result<()> {
    match open(w, stream).await? {
        Some(gap) if gap.range.from < at => set_to(w, stream, &gap, at).await,
        Some(gap) => remove(w, stream, &gap).await,
        None => Ok(()),
    }
}

async fn insert(w: &mut Write, stream: StreamKey, gap: Row) -> Result<()> {
    let query = sqlx::query(INSERT)
        .bind(stream.0)
        .bind(gap.range.from.0)
        .bind((gap.range.to != FOREVER).then_some(gap.range.to.0))
        .bind(gap.cause.clone())
        .bind(gap.id.as_bytes().as_slice());
    query.execute(&mut w.conn).await.map_err(failed)?;
    tell(w, stream, "gap", &gap).await
}

async fn set_to(w: &mut Write, stream: StreamKey, gap: &Row, to: Ticks) -> Result<()> {
    let query =
        sqlx::query(SET_TO).bind(stream.0).bind(gap.range.from.0).bind((to != FOREVER).then_some(to.0));
    query.execute(&mut w.conn).await.map_err(failed)?;
    let changed = Row { range: TimeRange::new(gap.range.from, to), ..gap.clone() };
    tell(w, stream, "gap", &changed).await
}

async fn remove(w: &mut Write, stream: StreamKey, gap: &Row) -> Result<()> {
    let query = sqlx::query(DELETE).bind(stream.0).bind(gap.range.from.0);
    query.execute(&mut w.conn).await.map_err(failed)?;
    tell(w, stream, "gap_removed", gap).await
}

/// Followers hear of gaps, except those of retention: these move with every sweep and say nothing new.
async fn tell(w: &mut Write, stream: StreamKey, kind: &'static str, gap: &Row) -> Result<()> {
    if gap.cause == GapCause::Retention.name() {
        return Ok(());
    }
    let (id, camera): (Vec<u8>, Vec<u8>) =
        sqlx::query_as(IDS).bind(stream.0).fetch_one(&mut w.conn).await.map_err(failed)?;
    let to = (gap.range.to != FOREVER).then(|| gap.range.to.rfc3339());
    let body = json!({
        "camera": uuid(&camera)?, "stream": uuid(&id)?, "from": gap.range.from.rfc3339(), "to": to, "cause": gap.cause,
    });
    outbox::put(w, kind, gap.id, body).await
}
