//! A recorder's rooms without cameras: catalogue, volumes, retention, and footage made by hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use lanewatch::base::{
    CameraId, Clock, LockId, SegmentId, SimClock, Stop, StreamKey, TICKS_PER_SECOND, Tasks, Ticks, TimeRange,
    Zone,
};
use lanewatch::catalogue::{
    Camera, Catalogue, GapCause, Lock, NewCamera, NewSegment, NewVolume, Scope, SealedSegment, SegmentState,
    Stream,
};
use lanewatch::config::Days;
use lanewatch::media::ParametersHash;
use lanewatch::retention::{Report, Retention};
use lanewatch::storage::{Volume, VolumeSpec, Volumes};

pub(super) const MINUTE: i64 = 60 * TICKS_PER_SECOND;
pub(super) const DAY: i64 = 1440 * MINUTE;
pub(super) const MIB: u64 = 1 << 20;

pub(super) fn now() -> Ticks {
    Ticks::parse("2026-11-22T22:00:00+07:00").expect("time")
}

pub(super) struct Site {
    pub(super) folder: tempfile::TempDir,
    pub(super) clock: Arc<SimClock>,
    pub(super) tasks: Tasks,
    pub(super) catalogue: Catalogue,
    pub(super) volumes: Volumes,
    pub(super) retention: Retention,
    days: Days,
}

impl Site {
    /// Volumes of one group with these budgets, and days that hold for every stream.
    pub(super) async fn new(budgets: &[u64], days: Days) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let specs = budgets.iter().enumerate().map(|(n, budget)| VolumeSpec {
            path: folder.path().join(format!("volume-{n}")),
            group: "default".to_owned(),
            budget_bytes: Some(*budget),
        });
        let specs = specs.collect();
        let clock = SimClock::starting_at(now());
        Self::with(folder, specs, days, clock).await
    }

    pub(super) async fn with(
        folder: tempfile::TempDir,
        specs: Vec<VolumeSpec>,
        days: Days,
        clock: Arc<SimClock>,
    ) -> Self {
        let tasks = Tasks::new();
        let catalogue = open(folder.path(), &clock, &tasks).await;
        let volumes = Volumes::open(specs, &[], catalogue.database(), now()).expect("volumes");
        for volume in volumes.iter() {
            catalogue.put_volume(described(&volume)).await.expect("volume");
        }
        let retention = keeper(&catalogue, &volumes, &clock, days);
        Self { folder, clock, tasks, catalogue, volumes, retention, days }
    }

    /// The service ends and starts again.
    pub(super) async fn restart(&mut self) {
        self.catalogue.close().await;
        self.tasks = Tasks::new();
        self.catalogue = open(self.folder.path(), &self.clock, &self.tasks).await;
        self.retention = keeper(&self.catalogue, &self.volumes, &self.clock, self.days);
    }

    pub(super) async fn camera(&self, name: &str) -> Camera {
        let mut new = NewCamera::new(name, "rtsp://10.0.0.7/main".parse().expect("url"));
        new.sub_url = Some("rtsp://10.0.0.7/sub".parse().expect("url"));
        self.catalogue.add_camera(new).await.expect("camera")
    }

    /// Locks footage of a camera.
    pub(super) async fn lock(&self, camera: &Camera, range: TimeRange, until: Option<Ticks>) -> LockId {
        let id = LockId::fresh(self.clock.now());
        let lock = Lock {
            id,
            camera: camera.id,
            range,
            until,
            note: String::new(),
            by: "admin".to_owned(),
            made: self.clock.now(),
        };
        self.catalogue.add_lock(Scope::everything(), lock).await.expect("lock");
        id
    }

    pub(super) fn volume(&self, n: usize) -> Volume {
        self.volumes.iter().nth(n).expect("a volume")
    }

    /// Complete segments of a minute each, from minute to minute after `now()`, with real files of `bytes` each.
    pub(super) async fn record(
        &self,
        stream: &Stream,
        volume: usize,
        minutes: std::ops::Range<i64>,
        bytes: usize,
    ) {
        let volume = self.volume(volume);
        for minute in minutes {
            let start = now() + minute * MINUTE;
            let id = SegmentId::fresh(start);
            let mut writer = volume.create(stream.id, id, Bytes::from(vec![1; 100])).expect("a file");
            writer.append(vec![Bytes::from(vec![2; bytes])]).expect("a fragment");
            writer.seal(vec![3; 10]).expect("the end");
            let mut state = writer.state();
            let sealed = state.wait_for(|s| s.sealed).await.expect("sealed").clone();
            let new = NewSegment {
                id,
                stream: stream.key,
                start,
                volume: volume.id(),
                run: 1,
                parameters_hash: ParametersHash([7; 16]),
                first_offset: 100,
            };
            let told = self.catalogue.seal_segment(SealedSegment {
                new,
                duration: MINUTE,
                bytes: sealed.written.bytes as i64,
                frag_index: Bytes::from_static(b"index"),
                chain_hash: sealed.written.chain_hash,
                state: SegmentState::Sealed,
            });
            assert!(told);
        }
        self.catalogue.flush().await.expect("flush");
    }

    /// One pass; answers what there is to tell.
    pub(super) async fn sweep(&mut self) -> Report {
        self.retention.sweep(&Stop::new()).await.expect("a sweep");
        self.retention.report().borrow().clone()
    }

    /// Files on a volume, with their bytes.
    pub(super) fn files(&self, volume: usize) -> Vec<(SegmentId, u64)> {
        let volume = self.volume(volume);
        let mut files = Vec::new();
        for listing in volume.walk() {
            let listing = listing.expect("a listing");
            assert!(listing.strangers.is_empty(), "{:?}", listing.strangers);
            for file in listing.found {
                let length = volume.length(file.stream, file.segment).expect("a length");
                files.push((file.segment, length.expect("a file")));
            }
        }
        files
    }

    /// Bytes of the files on a volume.
    pub(super) fn bytes(&self, volume: usize) -> u64 {
        self.files(volume).iter().map(|(_, bytes)| bytes).sum()
    }

    /// All that always holds does, looked at byte by byte; only for what a recorder wrote.
    pub(super) async fn assert_sound(&self, now: Ticks) {
        let report = lanewatch::record::check(&self.catalogue, &self.volumes, now, false, true).await;
        let report = report.expect("a check");
        let bad: Vec<_> = report.invariants.iter().filter(|i| i.violations > 0).collect();
        assert!(report.ok && bad.is_empty(), "{bad:#?}");
    }

    /// Minutes of a stream that are kept, and that a retention gap stands for. Checks on the way that files and rows
    /// of the whole site agree.
    pub(super) async fn kept(&self, stream: &Stream) -> (Vec<i64>, Vec<i64>) {
        self.assert_files_and_rows_agree().await;
        let minute = |t: Ticks| (t - now()) / MINUTE;
        let rows = self.rows(stream.key).await;
        let gaps = self.catalogue.gaps(
            Scope::everything(),
            stream.key,
            TimeRange::new(Ticks(0), now() + 99 * 365 * DAY),
        );
        let gaps = gaps.await.expect("gaps");
        let gone = gaps.iter().filter(|gap| gap.cause == GapCause::Retention);
        let gone = gone.flat_map(|gap| minute(gap.from)..minute(gap.to.expect("it is over"))).collect();
        (rows.iter().map(|s| minute(s.start)).collect(), gone)
    }

    async fn rows(&self, stream: StreamKey) -> Vec<lanewatch::catalogue::Segment> {
        self.catalogue.segments_after(stream, Ticks(i64::MIN), 100_000).await.expect("rows")
    }

    pub(super) async fn assert_files_and_rows_agree(&self) {
        let mut files = BTreeMap::new();
        for (n, volume) in self.volumes.iter().enumerate() {
            let found = self.files(n).into_iter();
            files.extend(found.map(|(id, bytes)| (id, (volume.id(), bytes as i64))));
        }
        let mut rows = BTreeMap::new();
        for camera in self.catalogue.all_cameras().await.expect("cameras") {
            for stream in camera.streams {
                let of_stream = self.rows(stream.key).await;
                rows.extend(of_stream.into_iter().map(|s| (s.id, (s.volume, s.bytes))));
            }
        }
        assert_eq!(files, rows, "files and rows");
    }

    pub(super) async fn remove(&self, camera: CameraId) {
        self.catalogue.remove_camera(camera).await.expect("removed");
    }
}

async fn open(folder: &Path, clock: &Arc<SimClock>, tasks: &Tasks) -> Catalogue {
    let path = folder.join("catalogue.db");
    Catalogue::open(&path, clock.clone(), Zone::HO_CHI_MINH, tasks).await.expect("catalogue")
}

fn keeper(catalogue: &Catalogue, volumes: &Volumes, clock: &Arc<SimClock>, days: Days) -> Retention {
    Retention::new(catalogue.clone(), volumes.clone(), clock.clone(), days)
}

fn described(volume: &Volume) -> NewVolume {
    let spec = volume.spec();
    NewVolume {
        id: volume.id(),
        path: spec.path.clone(),
        group: spec.group.clone(),
        budget_bytes: spec.budget_bytes.map(|b| b as i64),
    }
}
