//! Deletion in three steps: doom the rows (here), unlink the files (storage), forget the rows (here).

use std::collections::{BTreeMap, BTreeSet};

use super::names::volume_key;
use super::ranges::coalesce;
use super::sql::{failed, statements, uuid};
use super::types::GapCause;
use super::writer::{Change, Write};
use super::{Catalogue, day, ledger, usage};
use crate::base::{Result, SegmentId, StreamKey, Ticks, TimeRange, VolumeId};

statements! {
    OLDEST = "select s.start_90k, s.id, v.id, s.duration_90k, s.bytes from segment s \
        join volume v on v.key = s.volume_key where s.stream_key = ?1 and s.start_90k >= ?2 and v.id = ?3 \
        and s.state in (1, 2) and s.holds = 0 order by s.start_90k limit ?4";
    /// The first condition is the partial index's, word for word.
    DOOMED = "select s.stream_key, s.start_90k, s.id, v.id, s.duration_90k, s.bytes from segment s \
        join volume v on v.key = s.volume_key where s.state in (0, 3) and s.state = 3 and v.id = ?1 \
        order by s.stream_key, s.start_90k limit ?2";
    DOOM = "update segment set state = 3 where stream_key = ?1 and start_90k = ?2 and state in (1, 2) and holds = 0 \
        returning start_90k, id, (select v.id from volume v where v.key = volume_key), duration_90k, bytes";
    REASON = "insert into doom (stream_key, start_90k, reason) values (?1, ?2, ?3) on conflict do nothing";
    DELETE = "delete from segment where stream_key = ?1 and start_90k = ?2 and state = 3 \
        returning start_90k, id, (select v.id from volume v where v.key = volume_key), duration_90k, bytes";
    DELETE_REASON = "delete from doom where stream_key = ?1 and start_90k = ?2 returning reason";
    LOG_LAST = "select seq, to_90k, reason, first_90k from deletion_log where stream_key = ?1 order by seq desc limit 1";
    LOG_EXTEND = "update deletion_log set to_90k = ?2, segments = segments + 1, bytes = bytes + ?3, last_90k = ?4 where seq = ?1";
    LOG_ADD = "insert into deletion_log (stream_key, from_90k, to_90k, segments, bytes, reason, first_90k, last_90k) \
        values (?1, ?2, ?3, 1, ?4, ?5, ?6, ?6)";
}

/// A segment on its way out: what storage needs to unlink its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doomed {
    /// Whose.
    pub stream: StreamKey,
    /// With the stream, the row's key.
    pub start: Ticks,
    /// Names the file.
    pub id: SegmentId,
    /// Where the file lies.
    pub volume: VolumeId,
    /// Ticks.
    pub duration: i64,
    /// Bytes that become free.
    pub bytes: i64,
}

type Raw = (i64, Vec<u8>, Vec<u8>, i64, i64);

fn doomed(stream: StreamKey, (start, id, volume, duration, bytes): Raw) -> Result<Doomed> {
    let (id, volume) = (SegmentId(uuid(&id)?), VolumeId(uuid(&volume)?));
    Ok(Doomed { stream, start: Ticks(start), id, volume, duration, bytes })
}

struct Doom {
    segments: Vec<(StreamKey, Ticks)>,
    reason: String,
}

impl Change for Doom {
    type Answer = Vec<Doomed>;
    const NAME: &'static str = "doom";

    async fn apply(&self, w: &mut Write) -> Result<Vec<Doomed>> {
        let mut all = Vec::with_capacity(self.segments.len());
        for &(stream, start) in &self.segments {
            let query = sqlx::query_as(DOOM).bind(stream.0).bind(start.0);
            let Some(raw) = query.fetch_optional(&mut w.conn).await.map_err(failed)? else { continue };
            all.push(doomed(stream, raw)?);
            let query = sqlx::query(REASON).bind(stream.0).bind(start.0).bind(self.reason.clone());
            query.execute(&mut w.conn).await.map_err(failed)?;
        }
        Ok(all)
    }
}

struct Forget(Vec<(StreamKey, Ticks)>);

impl Change for Forget {
    type Answer = u64;
    const NAME: &'static str = "forget_doomed";

    async fn apply(&self, w: &mut Write) -> Result<u64> {
        let mut gone: BTreeMap<StreamKey, Vec<TimeRange>> = BTreeMap::new();
        let mut volumes = BTreeSet::new();
        let mut count = 0;
        let mut segments = self.0.clone();
        segments.sort_unstable();
        for (stream, start) in segments {
            let query = sqlx::query_as(DELETE).bind(stream.0).bind(start.0);
            let Some(raw) = query.fetch_optional(&mut w.conn).await.map_err(failed)? else { continue };
            let segment = doomed(stream, raw)?;
            let query = sqlx::query_scalar(DELETE_REASON).bind(stream.0).bind(start.0);
            let reason: Option<String> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
            log(w, &segment, &reason.unwrap_or_default()).await?;
            let volume = volume_key(w, segment.volume).await?;
            usage::add(w, stream, volume, -1, -segment.bytes, start).await?;
            volumes.insert((stream, volume));
            gone.entry(stream).or_default().push(TimeRange::new(start, start + segment.duration));
            count += 1;
        }
        for (stream, ranges) in gone {
            for range in coalesce(ranges) {
                ledger::fill(w, stream, range, GapCause::Retention).await?;
                day::recompute(w, stream, range).await?;
            }
        }
        for (stream, volume) in volumes {
            usage::settle_oldest(w, stream, volume).await?;
        }
        Ok(count)
    }
}

/// Neighbouring deletions of one local day, for one reason, are one row.
async fn log(w: &mut Write, segment: &Doomed, reason: &str) -> Result<()> {
    let query = sqlx::query_as(LOG_LAST).bind(segment.stream.0);
    let last: Option<(i64, i64, String, i64)> = query.fetch_optional(&mut w.conn).await.map_err(failed)?;
    let (start, end) = (segment.start.0, segment.start.0 + segment.duration);
    let query = match last {
        Some((seq, to, why, first))
            if to == start && why == reason && w.zone.day_of(Ticks(first)) == w.zone.day_of(w.now) =>
        {
            sqlx::query(LOG_EXTEND).bind(seq).bind(end).bind(segment.bytes).bind(w.now.0)
        }
        _ => sqlx::query(LOG_ADD)
            .bind(segment.stream.0)
            .bind(start)
            .bind(end)
            .bind(segment.bytes)
            .bind(reason.to_owned())
            .bind(w.now.0),
    };
    query.execute(&mut w.conn).await.map(drop).map_err(failed)
}

impl Catalogue {
    /// A stream's oldest complete segments on a volume that start at `from` or later and that nothing holds, oldest
    /// first. Held ones before the first are walked over: who asks often begins where the last answer began.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn oldest_segments(
        &self,
        stream: StreamKey,
        volume: VolumeId,
        from: Ticks,
        limit: u32,
    ) -> Result<Vec<Doomed>> {
        let query = sqlx::query_as(OLDEST).bind(stream.0).bind(from.0);
        let query = query.bind(volume.0.as_bytes().as_slice()).bind(limit);
        let rows: Vec<Raw> = self.read(query.fetch_all(self.readers())).await?;
        rows.into_iter().map(|raw| doomed(stream, raw)).collect()
    }

    /// Doomed segments of a volume: their files are to be unlinked, unless they are gone already.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn doomed_segments(&self, volume: VolumeId, limit: u32) -> Result<Vec<Doomed>> {
        type Row = (i64, i64, Vec<u8>, Vec<u8>, i64, i64);
        let query = sqlx::query_as(DOOMED).bind(volume.0.as_bytes().as_slice()).bind(limit);
        let rows: Vec<Row> = self.read(query.fetch_all(self.readers())).await?;
        let each = |(stream, start, id, volume, duration, bytes)| {
            doomed(StreamKey(stream), (start, id, volume, duration, bytes))
        };
        rows.into_iter().map(each).collect()
    }

    /// Dooms segments in one transaction: they are no footage from here on, and their files may be unlinked. Held
    /// and unknown ones are left out; the answer says which it are.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn doom(&self, segments: Vec<(StreamKey, Ticks)>, reason: &str) -> Result<Vec<Doomed>> {
        self.inner.queue.ask(Doom { segments, reason: reason.to_owned() }).await
    }

    /// Their files are unlinked and the folder is synced: the rows go, a retention gap and the deletion log stay.
    /// Answers how many there were.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn forget_doomed(&self, segments: Vec<(StreamKey, Ticks)>) -> Result<u64> {
        self.inner.queue.ask(Forget(segments)).await
    }
}
