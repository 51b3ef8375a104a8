//! Sums per stream and volume, kept with each change.

use super::sql::{failed, statements, uuid};
use super::writer::Write;
use super::{Catalogue, Scope};
use crate::base::{Result, StreamKey, Ticks, VolumeId};

statements! {
    ADD = "insert into usage (stream_key, volume_key, segments, bytes, oldest_90k) values (?1, ?2, ?3, ?4, ?5) \
        on conflict (stream_key, volume_key) do update set segments = segments + ?3, bytes = bytes + ?4, \
        oldest_90k = min(coalesce(oldest_90k, ?5), ?5)";
    /// After deletions: the first that is left, looked for from where the first was.
    OLDEST = "update usage set oldest_90k = (select s.start_90k from segment s where s.stream_key = ?1 \
        and s.start_90k >= usage.oldest_90k and s.volume_key = ?2 and s.state in (1, 2, 3) order by s.start_90k limit 1) \
        where stream_key = ?1 and volume_key = ?2";
    ALL = "select u.stream_key, v.id, u.segments, u.bytes, u.oldest_90k from usage u join volume v on v.key = u.volume_key \
        where u.segments > 0 order by u.stream_key, u.volume_key";
}

/// What a stream has on a volume, doomed segments included (their files may still be there), the growing one not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Whose.
    pub stream: StreamKey,
    /// Where.
    pub volume: VolumeId,
    /// Files.
    pub segments: i64,
    /// Their bytes.
    pub bytes: i64,
    /// Start of the first.
    pub oldest: Option<Ticks>,
}

/// Adds (or takes away) segments; `start` may be the oldest now.
pub(super) async fn add(
    w: &mut Write,
    stream: StreamKey,
    volume: i64,
    segments: i64,
    bytes: i64,
    start: Ticks,
) -> Result<()> {
    let query = sqlx::query(ADD).bind(stream.0).bind(volume).bind(segments).bind(bytes).bind(start.0);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

/// Finds the oldest anew after deletions.
pub(super) async fn settle_oldest(w: &mut Write, stream: StreamKey, volume: i64) -> Result<()> {
    let query = sqlx::query(OLDEST).bind(stream.0).bind(volume);
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

impl Catalogue {
    /// Bytes and oldest footage per stream and volume.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn usage(&self, scope: &Scope) -> Result<Vec<Usage>> {
        type Row = (i64, Vec<u8>, i64, i64, Option<i64>);
        let rows: Vec<Row> = self.read(sqlx::query_as(ALL).fetch_all(self.readers())).await?;
        let rows = rows.into_iter().filter(|row| scope.sees_stream(StreamKey(row.0)));
        let usage = rows.map(|(stream, volume, segments, bytes, oldest)| {
            let volume = VolumeId(uuid(&volume)?);
            Ok(Usage { stream: StreamKey(stream), volume, segments, bytes, oldest: oldest.map(Ticks) })
        });
        usage.collect()
    }
}
