//! Room vision with its real worker: this program's binary, confined as in the service.

mod confinement;
mod decoding;
mod faults;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lanewatch::base::{Stop, StreamKey, SystemClock, Tasks};
use lanewatch::media::AccessUnit;
use lanewatch::vision::clip::Clip;
use lanewatch::vision::{Grey, Picture, Settings, Status, Trouble, Vision, Want};

use crate::support::footage::ffmpeg;

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(30);
const LANE: StreamKey = StreamKey(7);
const GREY: Want = Want::Grey { max_width: 160, max_height: 90 };

/// The room, and clips for it.
struct Site {
    folder: tempfile::TempDir,
    vision: Vision,
    tasks: Tasks,
}

impl Site {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let (tasks, stop) = (Tasks::new(), Stop::new());
        let program = PathBuf::from(env!("CARGO_BIN_EXE_lanewatch"));
        let vision = Vision::start(Settings { program, ..settings }, &SystemClock::shared(), &tasks, &stop);
        Self { folder: tempfile::tempdir().expect("folder"), vision, tasks }
    }

    /// Makes a clip: what ffmpeg is to read, and how it is to encode it.
    fn clip(&self, name: &str, source: &str, coding: &str) -> Vec<Arc<AccessUnit>> {
        let file = self.folder.path().join(format!("{name}.mp4"));
        ffmpeg(&format!("-f lavfi -i {source} {coding} {}", file.display()));
        units(&file)
    }

    /// Waits until the status is right.
    async fn status(&self, mut right: impl FnMut(&Status) -> bool) -> Status {
        let mut status = self.vision.status();
        let told = tokio::time::timeout(PATIENCE, status.wait_for(|s| right(s))).await;
        match told {
            Ok(told) => told.expect("the room is open").clone(),
            Err(_) => panic!("it stayed at {:?}", self.vision.status().borrow()),
        }
    }

    async fn end(self) {
        let ended = async {
            self.vision.shutdown().await;
            self.tasks.finished().await;
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("workers end when asked");
    }
}

fn units(file: &std::path::Path) -> Vec<Arc<AccessUnit>> {
    Clip::open(file).expect("a clip").collect::<Result<_, _>>().expect("units")
}

const X264: &str = "-c:v libx264 -preset ultrafast -threads 1 -bf 0 -g 10 -pix_fmt yuv420p";
const X265: &str = "-c:v libx265 -preset ultrafast -tag:v hvc1 -pix_fmt yuv420p -x265-params \
                    log-level=none:bframes=0:keyint=10:pools=none:frame-threads=1";

fn grey(picture: Result<Option<Picture>, Trouble>) -> Grey {
    match picture {
        Ok(Some(Picture::Grey(grey))) => grey,
        other => panic!("no grey picture: {other:?}"),
    }
}
