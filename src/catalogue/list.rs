//! Segments as players, recovery and checks read them.

use std::collections::HashSet;

use bytes::Bytes;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::names::Known;
use super::packed::{Raw, unpack};
use super::sql::{damaged, statements, uuid};
use super::types::{Parameters, Segment, SegmentState};
use super::{Catalogue, Scope};
use crate::base::{Result, SegmentId, StreamKey, Ticks, TimeRange};
use crate::media::ParametersHash;

macro_rules! columns {
    () => {
        "select stream_key, start_90k, id, volume_key, boot, run, state, duration_90k, bytes, parameters_key, \
         first_offset, holds, chain_hash, frag_index from segment "
    };
}

statements! {
    /// All rows as one: see [`super::packed`]. One `format` costs half of what as many `||` do: each of those copies
    /// what stands before it.
    WITHIN = "select group_concat(numbers, ' '), cast(group_concat(packed, '') as blob) from (select \
        format('%d %d %d %d %d %d %d %d %d %d %d', start_90k, volume_key, boot, run, state, duration_90k, bytes, \
        parameters_key, first_offset, holds, length(frag_index)) as numbers, id || chain_hash || frag_index as packed \
        from segment where stream_key = ?1 and start_90k < ?3 \
        and start_90k >= coalesce((select max(start_90k) from segment where stream_key = ?1 and start_90k <= ?2), ?2) \
        and start_90k + duration_90k > ?2 and state in (1, 2) order by start_90k limit ?4)";
    PAGE = concat!(columns!(), "where stream_key = ?1 and start_90k > ?2 order by start_90k limit ?3");
    BY_ID = concat!(columns!(), "where id = ?1");
    UNFINISHED = concat!(columns!(), "where state in (0, 3) order by stream_key, start_90k");
    IDS = "select id from segment where stream_key = ?1 and start_90k >= ?2 and start_90k < ?3";
    PARAMETERS = "select mime, codec, width, height, init from parameters where hash = ?1";
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Raw {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        // Unchecked: the tables are strict, and a list of a thousand rows has fourteen thousand values.
        let int = |index: usize| row.try_get_unchecked::<i64, _>(index);
        let decode = |e: crate::base::Error| sqlx::Error::Decode(Box::new(e));
        let id: &[u8] = row.try_get_unchecked(2)?;
        let chain_hash: Option<&[u8]> = row.try_get_unchecked(12)?;
        let frag_index: Option<&[u8]> = row.try_get_unchecked(13)?;
        let segment = Segment {
            stream: StreamKey(int(0)?),
            start: Ticks(int(1)?),
            id: SegmentId(uuid(id).map_err(decode)?),
            // Both are filled in from the keys.
            volume: crate::base::VolumeId(uuid::Uuid::nil()),
            parameters_hash: ParametersHash([0; 16]),
            boot: int(4)?,
            run: int(5)?,
            state: SegmentState::from_code(int(6)?),
            duration: int(7)?,
            bytes: int(8)?,
            first_offset: int(10)?,
            held: int(11)? > 0,
            chain_hash: chain_hash.and_then(|hash| hash.try_into().ok()),
            frag_index: frag_index.map(Bytes::copy_from_slice).unwrap_or_default(),
        };
        Ok(Self { segment, volume: int(3)?, parameters: int(9)? })
    }
}

/// Puts names in the place of keys; `false` when a key is not known.
fn fill_in(rows: &mut [Raw], known: &Known) -> bool {
    rows.iter_mut().all(|row| {
        let names = known.volumes.get(&row.volume).zip(known.parameters.get(&row.parameters));
        if let Some((volume, parameters)) = names {
            (row.segment.volume, row.segment.parameters_hash) = (*volume, *parameters);
        }
        names.is_some()
    })
}

impl Catalogue {
    async fn named(&self, mut rows: Vec<Raw>) -> Result<Vec<Segment>> {
        if !fill_in(&mut rows, &self.inner.names.known()) {
            self.inner.names.refresh(self.readers()).await?;
            if !fill_in(&mut rows, &self.inner.names.known()) {
                return Err(damaged("a segment whose volume or parameters"));
            }
        }
        Ok(rows.into_iter().map(|row| row.segment).collect())
    }

    /// Segments that meet a range, in order, at most `limit`: complete ones and the growing one. For the next page
    /// start at the end of the last.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn segments(
        &self,
        scope: &Scope,
        stream: StreamKey,
        range: TimeRange,
        limit: u32,
    ) -> Result<Vec<Segment>> {
        if !scope.sees_stream(stream) {
            return Ok(Vec::new());
        }
        // Before the rows: what is settled meanwhile is then in both, never in neither.
        let ahead = self.inner.growing.within(stream, range);
        let query = sqlx::query_as(WITHIN).bind(stream.0).bind(range.from.0).bind(range.to.0).bind(limit);
        let (numbers, packed): (Option<String>, Option<Vec<u8>>) =
            self.read(query.fetch_one(self.readers())).await?;
        let rows = unpack(stream, &numbers.unwrap_or_default(), packed.unwrap_or_default().into());
        let mut segments = self.named(rows.ok_or_else(|| damaged("a list of segments"))?).await?;
        for segment in ahead {
            let place = segments.partition_point(|s| s.start < segment.start);
            if segments.get(place).is_none_or(|s| s.start != segment.start) {
                segments.insert(place, segment);
            }
        }
        segments.truncate(limit as usize);
        Ok(segments)
    }

    /// One segment by its id: complete, or growing.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn segment(&self, scope: &Scope, id: SegmentId) -> Result<Option<Segment>> {
        let seen = |segment: &Segment| scope.sees_stream(segment.stream);
        if let Some(ahead) = self.inner.growing.find(id) {
            return Ok(Some(ahead).filter(seen));
        }
        let query = sqlx::query_as(BY_ID).bind(id.0.as_bytes().as_slice());
        let rows: Vec<Raw> = self.read(query.fetch_all(self.readers())).await?;
        Ok(self.named(rows).await?.pop().filter(Segment::is_complete).filter(seen))
    }

    /// The row of a segment, whatever its state.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn segment_row(&self, id: SegmentId) -> Result<Option<Segment>> {
        let query = sqlx::query_as(BY_ID).bind(id.0.as_bytes().as_slice());
        let rows: Vec<Raw> = self.read(query.fetch_all(self.readers())).await?;
        Ok(self.named(rows).await?.pop())
    }

    /// Ids of a stream's segments that start within a range, whatever their state.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn segment_ids(&self, stream: StreamKey, starts: TimeRange) -> Result<HashSet<SegmentId>> {
        let query = sqlx::query_scalar(IDS).bind(stream.0).bind(starts.from.0).bind(starts.to.0);
        let ids: Vec<Vec<u8>> = self.read(query.fetch_all(self.readers())).await?;
        ids.iter().map(|id| uuid(id).map(SegmentId)).collect()
    }

    /// All rows of a stream in order, whatever their state, `limit` at a time: for `lanewatch check`. Pass the last
    /// one's start to go on, `Ticks(i64::MIN)` to begin.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn segments_after(&self, stream: StreamKey, after: Ticks, limit: u32) -> Result<Vec<Segment>> {
        let query = sqlx::query_as(PAGE).bind(stream.0).bind(after.0).bind(limit);
        let rows: Vec<Raw> = self.read(query.fetch_all(self.readers())).await?;
        self.named(rows).await
    }

    /// Rows that a stop or crash left open or doomed: what recovery has to finish.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn unfinished_segments(&self) -> Result<Vec<Segment>> {
        let rows: Vec<Raw> = self.read(sqlx::query_as(UNFINISHED).fetch_all(self.readers())).await?;
        self.named(rows).await
    }

    /// Decoder parameters by hash; `None` also while only their hash is known.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn parameters(&self, hash: ParametersHash) -> Result<Option<Parameters>> {
        type Row = (String, String, u32, u32, Option<Vec<u8>>);
        let query = sqlx::query_as(PARAMETERS).bind(hash.as_bytes());
        let row: Option<Row> = self.read(query.fetch_optional(self.readers())).await?;
        Ok(row.and_then(|(mime, codec, width, height, init)| {
            Some(Parameters { hash, mime, codec, width, height, init: init?.into() })
        }))
    }
}
