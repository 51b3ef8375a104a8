//! Black-box tests of the room, and the one that prepares every statement.

mod alerts;
mod cameras;
mod events;
mod gaps;
mod layouts;
mod marks;
mod opening;
mod people;
mod properties;
mod retention;
mod segments;
mod statements;
mod writing;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::base::{
    Polygon, SegmentId, SimClock, StreamKey, TICKS_PER_SECOND, Tasks, Ticks, TimeRange, VolumeId,
};
use crate::media::ParametersHash;

/// Local midnight of some day in Ho Chi Minh City.
pub(super) const MIDNIGHT: &str = "2026-11-22T00:00:00+07:00";
/// Ticks in a minute.
pub(super) const MINUTE: i64 = 60 * TICKS_PER_SECOND;

/// A catalogue in a folder of its own, with one camera (main and sub) and one volume.
pub(super) struct Room {
    pub(super) folder: tempfile::TempDir,
    pub(super) clock: Arc<SimClock>,
    pub(super) tasks: Tasks,
    pub(super) catalogue: Catalogue,
    pub(super) camera: Camera,
    pub(super) main: StreamKey,
    pub(super) sub: StreamKey,
    pub(super) volume: VolumeId,
}

pub(super) fn at(minute: i64) -> Ticks {
    Ticks::parse(MIDNIGHT).expect("time") + minute * MINUTE
}

/// From minute to minute after midnight.
pub(super) fn minutes(from: i64, to: i64) -> TimeRange {
    TimeRange::new(at(from), at(to))
}

pub(super) fn hash(n: u8) -> ParametersHash {
    ParametersHash([n; 16])
}

impl Room {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let clock = SimClock::starting_at(at(0));
        let tasks = Tasks::new();
        let path = folder.path().join("catalogue.sqlite");
        let catalogue =
            Catalogue::open(&path, clock.clone(), Zone::HO_CHI_MINH, &tasks).await.expect("opens");
        let volume = VolumeId::fresh(at(0));
        let new = NewVolume {
            id: volume,
            path: "/srv/footage".into(),
            group: "default".into(),
            budget_bytes: None,
        };
        catalogue.put_volume(new).await.expect("volume");
        let mut new = NewCamera::new("Ngõ 7 - cổng đình", "rtsp://10.0.0.7/main".parse().expect("url"));
        new.sub_url = Some("rtsp://10.0.0.7/sub".parse().expect("url"));
        let camera = catalogue.add_camera(new).await.expect("camera");
        let (main, sub) = (camera.streams[0].key, camera.streams[1].key);
        Self { folder, clock, tasks, catalogue, camera, main, sub, volume }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("catalogue.sqlite")
    }

    /// Closes it and opens it again, as a service that is restarted.
    pub(super) async fn restart(&mut self) {
        self.catalogue.close().await;
        self.tasks = Tasks::new();
        let clock = self.clock.clone();
        self.catalogue =
            Catalogue::open(&self.path(), clock, Zone::HO_CHI_MINH, &self.tasks).await.expect("opens");
    }

    pub(super) fn new_segment(&self, stream: StreamKey, start: Ticks) -> NewSegment {
        NewSegment {
            id: SegmentId::fresh(start),
            stream,
            start,
            volume: self.volume,
            run: 1,
            parameters_hash: hash(7),
            first_offset: 800,
        }
    }

    pub(super) fn sealed(&self, stream: StreamKey, range: TimeRange) -> SealedSegment {
        SealedSegment {
            new: self.new_segment(stream, range.from),
            duration: range.ticks(),
            bytes: 1000 + range.ticks() / TICKS_PER_SECOND,
            frag_index: Bytes::from_static(b"index"),
            chain_hash: [3; 32],
            state: SegmentState::Sealed,
        }
    }

    /// Records one-minute segments from minute to minute.
    pub(super) fn record(&self, stream: StreamKey, from: i64, to: i64) -> Vec<SealedSegment> {
        let segments: Vec<_> = (from..to).map(|m| self.sealed(stream, minutes(m, m + 1))).collect();
        for segment in &segments {
            assert!(self.catalogue.begin_segment(segment.new.clone()));
            assert!(self.catalogue.seal_segment(segment.clone()));
        }
        segments
    }

    pub(super) async fn flush(&self) {
        self.catalogue.flush().await.expect("flush");
    }

    /// Spans of main over a day, in minutes.
    pub(super) async fn spans(&self) -> Vec<(i64, i64)> {
        let spans =
            self.catalogue.spans(Scope::everything(), self.main, minutes(-1440, 2880)).await.expect("spans");
        spans.into_iter().map(|r| (r.from.minutes(), r.to.minutes())).collect()
    }

    /// Gaps of main over a day, in minutes.
    pub(super) async fn gaps(&self) -> Vec<(i64, Option<i64>, GapCause)> {
        self.flush().await;
        let gaps =
            self.catalogue.gaps(Scope::everything(), self.main, minutes(-1440, 2880)).await.expect("gaps");
        gaps.into_iter().map(|g| (g.from.minutes(), g.to.map(|to| to.minutes()), g.cause)).collect()
    }
}

trait Minutes {
    fn minutes(self) -> i64;
}

impl Minutes for Ticks {
    fn minutes(self) -> i64 {
        assert_eq!((self - at(0)) % MINUTE, 0, "whole minutes");
        (self - at(0)) / MINUTE
    }
}
