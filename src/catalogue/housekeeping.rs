//! What the writer does by the clock: hourly coverage for followers, pruning, checkpoint and statistics.

use serde_json::json;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::sql::{failed, statements, uuid};
use super::writer::{Change, Write};
use super::{ledger, meta, outbox};
use crate::base::{Result, StreamKey, TICKS_PER_SECOND, Ticks, TimeRange};

statements! {
    STREAMS = "select s.key, s.id from stream s join camera c on c.key = s.camera_key \
        where s.recorded = 1 and s.deleted_90k is null and c.deleted_90k is null order by s.key";
    PRUNE_OUTBOX = "delete from outbox where at_90k < ?1";
    PRUNE_SESSIONS = "delete from session where expires_90k < ?1";
    PRUNE_INVITES = "delete from invite where expires_90k < ?1";
    PRUNE_AUDIT = "delete from audit where at_90k < ?1";
    PRUNE_CODES = "delete from login_code where expires_90k < ?1";
    CHECKPOINT = "pragma wal_checkpoint(truncate)";
    OPTIMIZE = "pragma optimize";
}

const HOUR: i64 = 3600 * TICKS_PER_SECOND;
/// An hour is reported this long after it ended: its last segments are sealed by then.
const SETTLED: i64 = 300 * TICKS_PER_SECOND;
/// A site that was off for longer does not report every empty hour.
const HOURS_BACK: i64 = 7 * 24;
/// Changes that nobody fetched; a line may be cut for weeks, not for ever.
const OUTBOX_KEPT: i64 = 90 * 24 * HOUR;
/// Expired sessions and codes are kept for a day: a clock that jumps ahead and back must not end them all.
const EXPIRED_KEPT: i64 = 24 * HOUR;
/// What people did is kept for twelve months.
const AUDIT_KEPT: i64 = 366 * 24 * HOUR;
/// Row that says which hour was reported last.
const REPORTED: &str = "coverage_hour";

/// What was done when.
#[derive(Default)]
pub(super) struct House {
    hour: Option<i64>,
    day: Option<i64>,
}

impl House {
    /// True when an hour has ended since this was last asked.
    pub(super) fn hour_is_due(&self, now: Ticks) -> bool {
        self.hour != Some((now.0 - SETTLED).div_euclid(HOUR))
    }

    /// Hourly: hands the write-ahead log's space back. Daily: brings the planner's statistics along.
    pub(super) async fn keep(&mut self, conn: &mut SqliteConnection, now: Ticks) {
        let hour = (now.0 - SETTLED).div_euclid(HOUR);
        if self.hour.replace(hour) != Some(hour) {
            run(conn, CHECKPOINT).await;
        }
        let day = hour.div_euclid(24);
        if self.day.replace(day) != Some(day) {
            run(conn, OPTIMIZE).await;
        }
    }
}

async fn run(conn: &mut SqliteConnection, sql: &'static str) {
    if let Err(error) = sqlx::query(sql).fetch_all(conn).await {
        tracing::debug!(sql, error = %error, "housekeeping is left to the next time");
    }
}

/// Writes the coverage of the hours that ended, and drops what is too old.
pub(super) struct Hourly;

impl Change for Hourly {
    type Answer = ();
    const NAME: &'static str = "hourly";

    async fn apply(&self, w: &mut Write) -> Result<()> {
        let current = (w.now.0 - SETTLED).div_euclid(HOUR);
        let reported = meta::get(&mut w.conn, REPORTED).await?.and_then(|hour| hour.parse::<i64>().ok());
        let first = reported.map_or(current, |hour| (hour + 1).max(current - HOURS_BACK));
        if first < current {
            report(w, first..current).await?;
        }
        // A clock that went back waits until it has caught up: no hour is reported twice.
        if reported.is_none_or(|hour| hour < current - 1) {
            meta::put(w, REPORTED, &(current - 1).to_string()).await?;
        }
        prune(w).await
    }
}

async fn report(w: &mut Write, hours: std::ops::Range<i64>) -> Result<()> {
    let streams: Vec<(i64, Vec<u8>)> =
        sqlx::query_as(STREAMS).fetch_all(&mut w.conn).await.map_err(failed)?;
    for hour in hours {
        let range = TimeRange::new(Ticks(hour * HOUR), Ticks((hour + 1) * HOUR));
        for (key, id) in &streams {
            let footage = ledger::footage(w, StreamKey(*key), range).await?;
            let ticks: i64 = footage.into_iter().filter_map(|r| r.overlap(range)).map(TimeRange::ticks).sum();
            let id: Uuid = uuid(id)?;
            let body = json!({"from": range.from.rfc3339(), "to": range.to.rfc3339(), "seconds": ticks / TICKS_PER_SECOND});
            outbox::put(w, "coverage", id, body).await?;
        }
    }
    Ok(())
}

async fn prune(w: &mut Write) -> Result<()> {
    let now = w.now.0;
    for (sql, before) in [
        (PRUNE_OUTBOX, now - OUTBOX_KEPT),
        (PRUNE_SESSIONS, now - EXPIRED_KEPT),
        (PRUNE_CODES, now - EXPIRED_KEPT),
        (PRUNE_INVITES, now - EXPIRED_KEPT),
        (PRUNE_AUDIT, now - AUDIT_KEPT),
    ] {
        sqlx::query(sql).bind(before).execute(&mut w.conn).await.map_err(failed)?;
    }
    Ok(())
}
