//! The room's front door: finds segments in the catalogue, opens their files, hands out plans.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::base::{Error, Result, SegmentId, StreamId, StreamKey, Ticks, TimeRange, VolumeId};
use crate::catalogue::{Catalogue, Gap, Scope, Segment};
use crate::hub::{Hub, Stream};
use crate::media::{FileSlice, FragmentBuilder, FragmentIndex, Parameters, ParametersHash, Sample, Track};
use crate::storage::{SegmentReader, Volumes};

use super::body::Slices;
use super::clip::{Clip, ClipCache};
use super::plan::{PlannedSegment, place, window};

/// A stream to play back: its local key for the index and the ring, its id for the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// Local key.
    pub key: StreamKey,
    /// Public id.
    pub id: StreamId,
}

/// Plans and reads footage.
#[derive(Clone)]
pub struct Playback {
    catalogue: Catalogue,
    volumes: Volumes,
    hub: Hub,
    clips: Arc<ClipCache>,
    key_frames: Arc<Semaphore>,
}

/// Answers made in memory at once, of each kind: recording keeps its memory and its disk.
pub(super) const AT_ONCE: usize = 2;

/// The segments of a range and what is missing in it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In order of time; only those with something wanted.
    pub segments: Vec<PlannedSegment>,
    /// What is not recorded inside the range.
    pub gaps: Vec<Gap>,
    /// Where to go on, when there were more segments than asked for.
    pub next: Option<Ticks>,
}

impl Playback {
    /// Over the given rooms.
    pub fn new(catalogue: Catalogue, volumes: Volumes, hub: Hub) -> Self {
        Self { catalogue, volumes, hub, clips: Arc::default(), key_frames: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The rooms it reads from.
    pub(super) fn rooms(&self) -> (Catalogue, Volumes) {
        (self.catalogue.clone(), self.volumes.clone())
    }

    /// Plans a range: at most `limit` segments.
    ///
    /// # Errors
    /// What the catalogue says; `Corrupt` when an index is damaged.
    pub async fn plan(&self, scope: &Scope, source: Source, range: TimeRange, limit: usize) -> Result<Plan> {
        let mut rows = self.catalogue.segments(scope, source.key, range, limit as u32 + 1).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| row.range().to);
        let gaps = self.catalogue.gaps(scope, source.key, range).await?;
        let planned: Result<Vec<_>> = rows.iter().map(|row| planned(row, range)).collect();
        let segments = planned?.into_iter().filter(|s| !s.wanted.is_empty()).collect();
        Ok(Plan { segments, gaps, next })
    }

    /// The last random access point at or before `at`, in a plan of the one segment that holds it.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub async fn plan_at(&self, scope: &Scope, source: Source, at: Ticks) -> Result<Option<PlannedSegment>> {
        let plan = self.plan(scope, source, TimeRange::new(at, at + 1), 1).await?;
        Ok(plan.segments.into_iter().next())
    }

    /// The decoder parameters of a hash.
    ///
    /// # Errors
    /// `NotFound` when no segment ever had them.
    pub async fn parameters(&self, hash: ParametersHash) -> Result<crate::catalogue::Parameters> {
        let found = self.catalogue.parameters(hash).await?;
        found.ok_or_else(|| Error::not_found("no footage has these decoder parameters"))
    }

    /// Opens a segment's file for reading.
    ///
    /// # Errors
    /// `NotFound` when it has gone; `Io` when the volume fails.
    pub fn open(&self, source: Source, segment: &PlannedSegment) -> Result<SegmentReader> {
        self.open_file(source, (segment.volume, segment.id))
    }

    pub(super) fn open_file(&self, source: Source, file: (VolumeId, SegmentId)) -> Result<SegmentReader> {
        self.volumes.reader(file.0, source.id, file.1)
    }

    /// A plain MP4 of a range; plans of the last few clips are kept, as players ask for a clip in many ranges.
    ///
    /// # Errors
    /// `NotFound` when nothing is recorded in the range.
    pub async fn clip(&self, scope: &Scope, source: Source, range: TimeRange) -> Result<Arc<Clip>> {
        // Also where others have just asked for the same.
        if !scope.sees_stream(source.key) {
            return Err(Error::not_found("nothing is recorded in this range"));
        }
        self.clips.get(self, scope, source, range).await
    }

    /// Waits for a turn at making a key-frame track.
    pub(super) async fn key_frame_turn(&self) -> Result<OwnedSemaphorePermit> {
        turn(&self.key_frames).await
    }

    fn ring(&self, scope: &Scope, source: Source) -> Option<Arc<Stream>> {
        self.hub.get(source.key).filter(|_| scope.sees_stream(source.key))
    }

    /// A fragment of the units that are still in memory from `from` on; `None` when there are none.
    pub fn tail(&self, scope: &Scope, source: Source, from: Ticks) -> Option<Tail> {
        let units = self.ring(scope, source)?.since(from);
        let first = units.iter().find(|u| u.track == Track::Video)?;
        let (run, parameters) = (first.run, Arc::clone(&first.parameters));
        let start = first.start;
        let mut fragment = FragmentBuilder::default();
        let mut end = start;
        for track in [Track::Video, Track::Audio] {
            let of_track: Vec<_> = units.iter().filter(|u| u.track == track && u.run == run).collect();
            for (n, unit) in of_track.iter().enumerate() {
                let next =
                    of_track.get(n + 1).map_or(i64::from(unit.duration), |next| next.start - unit.start);
                let duration = u32::try_from(next).unwrap_or(unit.duration);
                let random_access = unit.random_access;
                fragment.push(
                    track,
                    Sample { start: unit.start, duration, random_access, data: unit.data.clone() },
                );
                end = end.max(unit.start + i64::from(duration));
            }
        }
        let (_, parts) = fragment.finish(1);
        Some(Tail { range: TimeRange::new(start, end), parameters, bytes: parts.concat() })
    }

    /// Start of the oldest unit in memory after `from`, when there is one: whether a [`tail`](Self::tail) exists.
    pub fn tail_start(&self, scope: &Scope, source: Source, from: Ticks) -> Option<Ticks> {
        let units = self.ring(scope, source)?.since(from);
        units.iter().find(|u| u.track == Track::Video).map(|u| u.start)
    }

    /// Finds a segment by its public id.
    ///
    /// # Errors
    /// `NotFound` when it is not in the catalogue.
    pub async fn segment(&self, scope: &Scope, id: SegmentId) -> Result<Segment> {
        self.catalogue
            .segment(scope, id)
            .await?
            .ok_or_else(|| Error::not_found("this footage is no longer kept"))
    }

    /// The bytes of a segment's file and their number; of a growing one, so far.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn segment_body(&self, row: &Segment) -> Result<Slices> {
        let id = self.catalogue.stream_id(row.stream).await?;
        let stream = id.ok_or_else(|| Error::not_found("this footage is no longer kept"))?;
        let (volumes, volume, segment) = (self.volumes.clone(), row.volume, row.id);
        let slices = vec![FileSlice { file: 0, offset: 0, bytes: row.bytes as u64 }];
        Ok(Slices::new(Bytes::new(), slices, Arc::new(move |_| volumes.reader(volume, stream, segment))))
    }
}

pub(super) async fn turn(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    let turn = Arc::clone(turns).acquire_owned().await;
    turn.map_err(|e| Error::internal("turns at making answers have ended; restart the service").because(e))
}

/// What is still in memory, as one fragment.
#[derive(Clone, Debug)]
pub struct Tail {
    /// Time it covers.
    pub range: TimeRange,
    /// Decoder parameters it needs.
    pub parameters: Arc<Parameters>,
    /// `moof mdat`.
    pub bytes: Vec<u8>,
}

fn planned(row: &Segment, range: TimeRange) -> Result<PlannedSegment> {
    let index = FragmentIndex::decode(&row.frag_index)?;
    let fragments = place(&index, row.first_offset as u64, row.start);
    let wanted = window(&fragments, range);
    Ok(PlannedSegment {
        id: row.id,
        volume: row.volume,
        parameters: row.parameters_hash,
        range: row.range(),
        first_offset: row.first_offset as u64,
        complete: row.is_complete(),
        file_bytes: row.bytes as u64,
        chain: row.chain_hash,
        fragments,
        wanted,
    })
}
