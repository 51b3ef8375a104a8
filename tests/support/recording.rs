//! A recorder on a data folder, fed with pictures made here: what it writes is real, only the camera is not.

#![expect(clippy::disallowed_methods, reason = "tests make and break files as a crash does")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lanewatch::base::{
    SharedClock, SimClock, Stop, StreamId, StreamKey, TICKS_PER_SECOND, Tasks, Ticks, TimeRange, Zone,
};
use lanewatch::catalogue::{Camera, Catalogue, NewCamera, NewVolume, Scope};
use lanewatch::hub::{Hub, Limits};
use lanewatch::media::{AccessUnit, Codec, Parameters, Track, VideoParameters};
use lanewatch::record::{RecordedStream, Recorder};
use lanewatch::storage::{VolumeSpec, Volumes};

/// Where all of these recordings begin.
pub const BEGIN: &str = "2026-11-22T22:00:00+07:00";
/// Ticks of one picture: 15 a second.
pub const PICTURE: i64 = 6000;
const GOP: i64 = 30;

/// The catalogue's file in a data folder.
pub fn catalogue_file(data: &Path) -> PathBuf {
    data.join("catalogue.db")
}

/// Rooms on one data folder, as the service builds them, but for the web and the cameras.
pub struct Recording {
    pub data: PathBuf,
    pub clock: Arc<SimClock>,
    pub catalogue: Catalogue,
    pub volumes: Volumes,
    pub hub: Hub,
    pub stop: Stop,
    tasks: Tasks,
}

/// A camera's main stream that is being recorded.
pub struct Fed {
    pub camera: Camera,
    pub key: StreamKey,
    pub id: StreamId,
    pub run: u64,
    begin: Ticks,
    next: Ticks,
    parameters: Arc<Parameters>,
    running: tokio::task::JoinHandle<lanewatch::base::Result<Ticks>>,
}

fn parameters() -> Arc<Parameters> {
    let video = VideoParameters {
        codec: Codec::H264,
        sample_entry: Bytes::from_static(b"\0\0\0\x08avc1"),
        codec_string: "avc1.640028".to_owned(),
        width: 640,
        height: 360,
    };
    Arc::new(Parameters::new(video, None))
}

impl Recording {
    /// Opens a data folder, `later` seconds after [`BEGIN`].
    pub async fn open(data: &Path, later: i64) -> Self {
        let clock = SimClock::starting_at(Ticks::parse(BEGIN).expect("time") + later * TICKS_PER_SECOND);
        lanewatch::storage::ensure_folder(data).expect("folder");
        let (tasks, shared): (_, SharedClock) = (Tasks::new(), clock.clone());
        let catalogue = Catalogue::open(&catalogue_file(data), shared.clone(), Zone::HO_CHI_MINH, &tasks)
            .await
            .expect("opens");
        let spec = VolumeSpec { path: data.join("footage"), group: "default".into(), budget_bytes: None };
        let volumes = Volumes::open(vec![spec], &[], catalogue.database(), shared.now()).expect("volumes");
        for volume in volumes.iter() {
            let (path, group) = (volume.spec().path.clone(), volume.spec().group.clone());
            let new = NewVolume { id: volume.id(), path, group, budget_bytes: None };
            catalogue.put_volume(new).await.expect("volume");
        }
        let data = data.to_path_buf();
        Self { data, clock, catalogue, volumes, hub: Hub::new(), stop: Stop::new(), tasks }
    }

    /// Adds a camera and records its main stream.
    pub async fn add(&self, name: &str) -> Fed {
        let new = NewCamera::new(name, "rtsp://10.0.0.7/main".parse().expect("url"));
        let camera = self.catalogue.add_camera(new).await.expect("camera");
        self.record(camera)
    }

    /// Records the main stream of a camera that is there.
    pub fn record(&self, camera: Camera) -> Fed {
        let stream = camera.streams[0].clone();
        let now = lanewatch::base::Clock::now(&*self.clock);
        self.hub.ensure(stream.key, Limits::default(), now);
        let recorder =
            Recorder::new(self.catalogue.clone(), self.volumes.clone(), self.hub.clone(), self.clock.clone());
        let recorded = RecordedStream::new(&camera, &stream, now);
        let running = self.tasks.spawn("recorder", recorder.run_stream(recorded, self.stop.clone()));
        let run = now.micros().unsigned_abs();
        Fed {
            camera,
            key: stream.key,
            id: stream.id,
            run,
            begin: now,
            next: now,
            parameters: parameters(),
            running,
        }
    }

    /// Sends so many seconds of pictures, each with its number inside, and then single ones until the catalogue shows
    /// all but the last second of them: a recorder looks how far its file has come with each picture.
    pub async fn feed(&self, fed: &mut Fed, seconds: i64) {
        let first = async {
            // The recorder reads the catalogue before it takes pictures, and a ring keeps two seconds: slower than it reads.
            while self.recorded_until(fed).await.is_none() {
                self.picture(fed).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), first).await.expect("recording begins");
        let end = fed.next + seconds * TICKS_PER_SECOND;
        while fed.next < end {
            self.picture(fed).await;
        }
        let more = async {
            while self.recorded_until(fed).await < Some(fed.next - TICKS_PER_SECOND) {
                self.picture(fed).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), more).await.expect("pictures are written");
    }

    /// Sets the wall clock; the camera goes on with a new run, as a session does that finds its clock set.
    pub fn set_clock(&self, fed: &mut Fed, seconds: i64) {
        self.clock.step(seconds * TICKS_PER_SECOND);
        fed.next += seconds * TICKS_PER_SECOND;
        fed.begin = fed.next;
        fed.run += 1;
    }

    /// End of the footage since the run began.
    async fn recorded_until(&self, fed: &Fed) -> Option<Ticks> {
        let run = TimeRange::new(fed.begin, fed.next.max(fed.begin + 1));
        self.catalogue
            .spans(Scope::everything(), fed.key, run)
            .await
            .expect("read")
            .last()
            .map(|span| span.to)
    }

    async fn picture(&self, fed: &mut Fed) {
        let number = fed.next.0 / PICTURE;
        let unit = AccessUnit {
            track: Track::Video,
            run: fed.run,
            start: fed.next,
            duration: PICTURE as u32,
            random_access: number % GOP == 0,
            data: Bytes::from(number.to_be_bytes().to_vec()),
            parameters: Arc::clone(&fed.parameters),
            received: fed.next,
            loss: 0,
        };
        self.hub.get(fed.key).expect("ensured").publish(Arc::new(unit));
        fed.next += PICTURE;
        self.clock.advance(PICTURE);
        tokio::task::yield_now().await;
    }

    /// Waits until only the file that each of `streams` is writing has an open row, and all rows are on disk.
    pub async fn settled(&self, streams: usize) {
        let settled = async {
            loop {
                self.catalogue.flush().await.expect("written");
                if self.catalogue.unfinished_segments().await.expect("read").len() == streams {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), settled).await.expect("files are sealed");
    }

    /// An orderly stop.
    pub async fn close(self, fed: Vec<Fed>) {
        self.stop.request();
        for fed in fed {
            fed.running.await.expect("no panic").expect("recorded");
        }
        self.volumes.close();
        self.catalogue.close().await;
    }
}

/// Copies a data folder as it is at this moment: what a kill leaves behind.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("listed") {
        let entry = entry.expect("entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("entry").path();
        if path.is_dir() { out.extend(files(&path)) } else { out.push(path) }
    }
    out.sort();
    out
}
