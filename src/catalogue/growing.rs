//! What is on its way to the catalogue: the growing segment of each stream, those that are being finished while the
//! next one grows, and sealed ones that wait for the writer.
//!
//! Reads lay this over the rows, so a player sees a fragment as soon as it is in the file, and a sealed segment
//! also while another program holds the database.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Catalogue;
use super::types::{GrowingSegment, SealedSegment, Segment};
use crate::base::{SegmentId, StreamKey, TICKS_PER_SECOND, Ticks, TimeRange, VolumeId};

#[derive(Default)]
struct Ahead {
    /// The last one grows, those before it are being finished.
    growing: Vec<Segment>,
    sealing: Vec<Segment>,
    /// Where its newest footage ended when it was last heard of; outlasts the file.
    reached: Option<Ticks>,
}

/// What recorders put on one volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Bytes of files that have no sealed row.
    pub bytes: i64,
    /// Bytes that come in a second, over all streams.
    pub bytes_per_second: i64,
}

/// Handle for recorders; memory only, cheap to clone.
#[derive(Clone, Default)]
pub struct Growing {
    streams: Arc<RwLock<HashMap<StreamKey, Ahead>>>,
    boot: i64,
}

impl Growing {
    /// Says how far a stream's growing file has come; the last word counts.
    pub fn put(&self, stream: StreamKey, segment: GrowingSegment) {
        let segment = Segment::growing(stream, self.boot, segment);
        let mut streams = self.write();
        let ahead = streams.entry(stream).or_default();
        match ahead.growing.iter_mut().find(|g| g.start == segment.start) {
            Some(known) => *known = segment,
            None => ahead.growing.push(segment),
        }
        ahead.reached = ahead.growing.last().map(Segment::end);
    }

    /// The file that starts there is given up, or goes on only at the next start of the service.
    pub fn clear(&self, stream: StreamKey, start: Ticks) {
        if let Some(ahead) = self.write().get_mut(&stream) {
            ahead.growing.retain(|g| g.start != start);
        }
    }

    /// Up to when a stream's newest footage reached when it last grew; `None` when it has not in this run. Between a file that
    /// is full and the first fragment of the next it is where the full one ended.
    pub fn reaches(&self, stream: StreamKey) -> Option<Ticks> {
        self.read().get(&stream)?.reached
    }

    /// What the growing files of each volume are, and what makes them grow. Files on their way to a sealed row are
    /// part of it: no row counts them yet.
    pub fn loads(&self) -> HashMap<VolumeId, Load> {
        let mut loads: HashMap<VolumeId, Load> = HashMap::new();
        for ahead in self.read().values() {
            for segment in ahead.sealing.iter().chain(&ahead.growing) {
                loads.entry(segment.volume).or_default().bytes += segment.bytes;
            }
            if let Some(growing) = ahead.growing.last() {
                // Less than a second of footage is a key frame: no rate.
                let ticks = growing.duration.max(TICKS_PER_SECOND);
                let load = loads.entry(growing.volume).or_default();
                load.bytes_per_second += growing.bytes * TICKS_PER_SECOND / ticks;
            }
        }
        loads
    }

    pub(super) fn with_boot(&self, boot: i64) -> Self {
        Self { streams: self.streams.clone(), boot }
    }

    /// A sealed segment goes to the writer: visible until its row is.
    pub(super) fn seal(&self, segment: &SealedSegment) {
        let mut streams = self.write();
        let ahead = streams.entry(segment.new.stream).or_default();
        ahead.growing.retain(|g| g.start != segment.new.start);
        ahead.sealing.retain(|s| s.start != segment.new.start);
        ahead.sealing.push(Segment::sealed(self.boot, segment));
    }

    /// The row of a sealed segment is visible, or will never be.
    pub(super) fn settle(&self, stream: StreamKey, start: Ticks) {
        if let Some(ahead) = self.write().get_mut(&stream) {
            ahead.sealing.retain(|s| s.start != start);
        }
    }

    /// What overlaps a range, in order of start.
    pub(super) fn within(&self, stream: StreamKey, range: TimeRange) -> Vec<Segment> {
        let streams = self.read();
        let Some(ahead) = streams.get(&stream) else { return Vec::new() };
        let all = ahead.sealing.iter().chain(&ahead.growing);
        let mut found: Vec<Segment> = all.filter(|s| s.range().overlap(range).is_some()).cloned().collect();
        found.sort_unstable_by_key(|s| s.start);
        found
    }

    /// One by id.
    pub(super) fn find(&self, id: SegmentId) -> Option<Segment> {
        let streams = self.read();
        let mut all = streams.values().flat_map(|ahead| ahead.sealing.iter().chain(&ahead.growing));
        all.find(|s| s.id == id).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<StreamKey, Ahead>> {
        self.streams.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<StreamKey, Ahead>> {
        self.streams.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Catalogue {
    /// Where recorders say how far their growing files have come.
    pub fn growing(&self) -> Growing {
        self.inner.growing.clone()
    }
}
