//! Segments as players, recovery and checks read them.

use bytes::Bytes;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Catalogue;
use super::sql::{damaged, statements, uuid};
use super::types::{Parameters, ParametersHash, Segment, SegmentState};
use crate::base::{Result, SegmentId, StreamKey, Ticks, TimeRange};

macro_rules! columns {
    () => {
        "select stream_key, start_90k, id, volume_key, boot, run, state, duration_90k, bytes, parameters_key, \
         first_offset, holds, chain_hash, frag_index from segment "
    };
}

statements! {
    WITHIN = concat!(columns!(), "where stream_key = ?1 and start_90k < ?3 \
        and start_90k >= coalesce((select max(start_90k) from segment where stream_key = ?1 and start_90k <= ?2), ?2) \
        and start_90k + duration_90k > ?2 and state in (1, 2) order by start_90k limit ?4");
    PAGE = concat!(columns!(), "where stream_key = ?1 and start_90k > ?2 order by start_90k limit ?3");
    BY_ID = concat!(columns!(), "where id = ?1");
    UNFINISHED = concat!(columns!(), "where state in (0, 3) order by stream_key, start_90k");
    PARAMETERS = "select mime, codec, width, height, init from parameters where hash = ?1";
}

/// A segment row with local keys.
struct Raw {
    segment: Segment,
    volume: i64,
    parameters: i64,
}

impl<'r> sqlx::FromRow<'r, SqliteRow> for Raw {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        let decode = |e: crate::base::Error| sqlx::Error::Decode(Box::new(e));
        let id: &[u8] = row.try_get(2)?;
        let chain_hash: Option<&[u8]> = row.try_get(12)?;
        let frag_index: Option<&[u8]> = row.try_get(13)?;
        let segment = Segment {
            stream: StreamKey(row.try_get(0)?),
            start: Ticks(row.try_get(1)?),
            id: SegmentId(uuid(id).map_err(decode)?),
            // Both are filled in from the keys.
            volume: crate::base::VolumeId(uuid::Uuid::nil()),
            parameters_hash: ParametersHash::from([0; 16]),
            boot: row.try_get(4)?,
            run: row.try_get(5)?,
            state: SegmentState::from_code(row.try_get(6)?),
            duration: row.try_get(7)?,
            bytes: row.try_get(8)?,
            first_offset: row.try_get(10)?,
            held: row.try_get::<i64, _>(11)? > 0,
            chain_hash: chain_hash.and_then(|hash| hash.try_into().ok()),
            frag_index: frag_index.map(Bytes::copy_from_slice).unwrap_or_default(),
        };
        Ok(Self { segment, volume: row.try_get(3)?, parameters: row.try_get(9)? })
    }
}

impl Catalogue {
    async fn named(&self, rows: Vec<Raw>) -> Result<Vec<Segment>> {
        let names = &self.inner.names;
        let known = |row: &Raw| names.volume(row.volume).is_some() && names.parameters(row.parameters).is_some();
        if !rows.iter().all(known) {
            names.refresh(self.readers()).await?;
        }
        let rows = rows.into_iter().map(|row| {
            let volume = names.volume(row.volume).ok_or_else(|| damaged("a volume of a segment"))?;
            let parameters_hash = names.parameters(row.parameters).ok_or_else(|| damaged("parameters of a segment"))?;
            Ok(Segment { volume, parameters_hash, ..row.segment })
        });
        rows.collect()
    }

    /// Segments that meet a range, in order, at most `limit`: complete ones and the growing one. For the next page
    /// start at the end of the last.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn segments(&self, stream: StreamKey, range: TimeRange, limit: u32) -> Result<Vec<Segment>> {
        // Before the rows: what is settled meanwhile is then in both, never in neither.
        let ahead = self.inner.growing.within(stream, range);
        let query = sqlx::query_as(WITHIN).bind(stream.0).bind(range.from.0).bind(range.to.0).bind(limit);
        let rows: Vec<Raw> = self.read(query.fetch_all(self.readers())).await?;
        let mut segments = self.named(rows).await?;
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
    pub async fn segment(&self, id: SegmentId) -> Result<Option<Segment>> {
        if let Some(ahead) = self.inner.growing.find(id) {
            return Ok(Some(ahead));
        }
        let query = sqlx::query_as(BY_ID).bind(id.0.as_bytes().as_slice());
        let rows: Vec<Raw> = self.read(query.fetch_all(self.readers())).await?;
        Ok(self.named(rows).await?.pop().filter(Segment::is_complete))
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
