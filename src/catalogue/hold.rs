//! Holds: footage that retention may not touch. `segment.holds` says how many locks a complete segment meets. It is
//! always counted anew from the lock rows, in the transaction that changes a lock or seals a segment, never added to:
//! locks may overlap, end in any order, and be older than the footage they meet, and no count is ever left over.

use super::sql::{failed, statements};
use super::writer::Write;
use crate::base::{Result, StreamKey, TimeRange};

statements! {
    REASONS = "select count(*) from lock where camera_key = (select camera_key from stream where key = ?1) \
        and from_90k < ?3 and to_90k > ?2";
    STREAMS = "select key from stream where camera_key = ?1";
    /// Complete segments of a stream do not overlap: at most one begins before the range and meets it.
    RECOUNT = "update segment set holds = (select count(*) from lock l join stream s on s.camera_key = l.camera_key \
        where s.key = segment.stream_key and l.from_90k < segment.start_90k + segment.duration_90k \
        and l.to_90k > segment.start_90k) where stream_key = ?1 and start_90k < ?3 \
        and start_90k >= coalesce((select max(start_90k) from segment where stream_key = ?1 and start_90k <= ?2), ?2) \
        and start_90k + duration_90k > ?2 and state in (1, 2)";
}

/// How many locks a stretch of a stream meets.
pub(super) async fn reasons(w: &mut Write, stream: StreamKey, range: TimeRange) -> Result<i64> {
    let query = sqlx::query_scalar(REASONS).bind(stream.0).bind(range.from.0).bind(range.to.0);
    query.fetch_one(&mut w.conn).await.map_err(failed)
}

/// Counts anew what holds a camera's complete segments that meet a range: right after any change of its locks there.
pub(super) async fn recount(w: &mut Write, camera: i64, range: TimeRange) -> Result<()> {
    let streams: Vec<i64> =
        sqlx::query_scalar(STREAMS).bind(camera).fetch_all(&mut w.conn).await.map_err(failed)?;
    for stream in streams {
        let query = sqlx::query(RECOUNT).bind(stream).bind(range.from.0).bind(range.to.0);
        query.execute(&mut w.conn).await.map_err(failed)?;
    }
    Ok(())
}
