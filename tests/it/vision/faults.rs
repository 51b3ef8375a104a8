//! Whatever comes from a camera, and whatever becomes of a worker: the service goes on, and so do the pictures.

use bytes::Bytes;
use lanewatch::vision::{Decoder, WorkerState};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rustix::process::{Pid, Signal, kill_process};

use super::*;

const SCENE: &str = "testsrc=size=320x180:rate=5:duration=4";
const MARKER: &str = "deadly-unit-of-the-test";

fn with_data(unit: &AccessUnit, data: impl Into<Bytes>) -> Arc<AccessUnit> {
    let mut unit = unit.clone();
    unit.data = data.into();
    Arc::new(unit)
}

/// The unit with the marker before it, in an SEI message that decoders pass over.
fn deadly(unit: &AccessUnit) -> Arc<AccessUnit> {
    let message = [&[6, 5, MARKER.len() as u8][..], MARKER.as_bytes(), &[0x80]].concat();
    let length = (message.len() as u32).to_be_bytes();
    with_data(unit, [&length[..], &message, &unit.data].concat())
}

/// Sends the clip's first unit, a key frame, until its picture comes. Says how often the worker ended meanwhile.
async fn shown(decoder: &Decoder, units: &[Arc<AccessUnit>]) -> usize {
    let mut again = 0;
    let work = async {
        loop {
            match decoder.decode(&units[0], GREY).await {
                Ok(Some(_)) => return,
                Err(Trouble::Restarted) => again += 1,
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, work).await.expect("pictures come again");
    again
}

fn kill(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid as i32).expect("a number"), signal).expect("it runs");
}

/// Neither running nor a zombie.
fn gone(pid: u32) -> bool {
    !std::path::Path::new(&format!("/proc/{pid}")).exists()
}

#[tokio::test]
async fn garbage_harms_nobody() {
    let site = Site::new();
    for (name, coding) in [("h264", X264), ("h265", X265)] {
        let units = site.clip(name, SCENE, coding);
        let (bad, good) = (site.vision.stream(LANE), site.vision.stream(StreamKey(8)));
        let mut runner = TestRunner::deterministic();
        let random = prop::collection::vec(any::<u8>(), 0..3000);
        let cut = any::<prop::sample::Index>();
        for round in 0..300 {
            let unit = &units[round % units.len()];
            let bytes = random.new_tree(&mut runner).expect("bytes").current();
            let at = cut.new_tree(&mut runner).expect("a place").current().index(unit.data.len());
            let data = match round % 5 {
                0 => bytes,
                1 => unit.data[..at].to_vec(),
                2 => [&u32::MAX.to_be_bytes()[..], &unit.data[4..]].concat(),
                3 => {
                    let mut flipped = unit.data.to_vec();
                    flipped[at] ^= 0x55;
                    flipped
                }
                _ => Vec::new(),
            };
            match bad.decode(&with_data(unit, data), GREY).await {
                Ok(_) | Err(Trouble::Broken | Trouble::NeedsKey | Trouble::Unsupported(_)) => {}
                other => panic!("{name}, round {round}: {other:?}"),
            }
        }
        for unit in &units {
            grey(good.decode(unit, GREY).await);
        }
        // And the stream itself, once it sends something decent.
        assert_eq!(shown(&bad, &units).await, 0);
    }
    site.status(|s| s.workers[0].restarts == 0 && s.workers[0].broken > 0).await;
    site.end().await;
}

#[tokio::test]
async fn parameters_that_are_none_are_refused_and_others_go_on() {
    let site = Site::new();
    let units = site.clip("h264", SCENE, X264);
    let mut broken = AccessUnit::clone(&units[0]);
    let mut video = broken.parameters.video.clone();
    video.sample_entry = Bytes::from_static(b"\0\0\0\x08avc1");
    broken.parameters = Arc::new(lanewatch::media::Parameters::new(video, None));
    let decoder = site.vision.stream(LANE);
    let refused = decoder.decode(&Arc::new(broken), GREY).await;
    assert!(matches!(refused, Err(Trouble::Unsupported(_))), "{refused:?}");
    assert_eq!(shown(&decoder, &units).await, 0);
    site.end().await;
}

#[tokio::test]
async fn a_killed_worker_comes_back_again_and_again_and_leaves_nothing_behind() {
    let site = Site::with(Settings { longest_wait: Settings::default().first_wait, ..Settings::default() });
    let units = site.clip("h264", SCENE, X264);
    let decoder = site.vision.stream(LANE);
    let mut dead = Vec::new();
    for killed in 0..12 {
        let mut pid = None;
        site.status(|s| {
            pid = s.workers[0].pid.filter(|pid| !dead.contains(pid));
            pid.is_some()
        })
        .await;
        let pid = pid.expect("it runs");
        kill(pid, Signal::KILL);
        dead.push(pid);
        site.status(|s| s.workers[0].restarts == killed + 1).await;
        assert!(gone(pid), "no zombie stays");
        shown(&decoder, &units).await;
    }
    site.status(|s| s.workers[0].last_end.as_deref() == Some("signal: 9 (SIGKILL)") && s.left.is_empty())
        .await;
    // Handles of dead workers would stay here; a few belong to tests that run beside.
    let handles = std::fs::read_dir("/proc/self/fd").expect("proc").filter_map(|fd| {
        std::fs::read_link(fd.ok()?.path()).ok().filter(|to| to.to_string_lossy().contains("pidfd"))
    });
    assert!(handles.count() <= 8, "handles leak");
    site.end().await;
}

#[tokio::test]
async fn a_unit_that_ends_the_worker_twice_is_left_out_and_named() {
    let site =
        Site::with(Settings { arguments: vec!["--die-at".into(), MARKER.into()], ..Settings::default() });
    let units = site.clip("h264", SCENE, X264);
    let (bad, good) = (site.vision.stream(LANE), site.vision.stream(StreamKey(8)));
    assert_eq!(shown(&good, &units).await, 0);
    let deadly = deadly(&units[0]);
    assert_eq!(bad.decode(&deadly, GREY).await, Err(Trouble::Restarted));
    assert_eq!(bad.decode(&deadly, GREY).await, Err(Trouble::Restarted));
    for _ in 0..3 {
        assert_eq!(bad.decode(&deadly, GREY).await, Err(Trouble::Skipped));
        // What refers to it is not decoded either.
        assert_eq!(bad.decode(&units[1], GREY).await, Err(Trouble::NeedsKey));
    }
    // The same scene without the marker is another unit.
    assert_eq!(shown(&bad, &units).await, 0);
    assert_eq!(good.decode(&units[1], GREY).await, Err(Trouble::NeedsKey));
    assert_eq!(shown(&good, &units).await, 0);
    let status = site.status(|s| s.workers[0].skipped == 3 && s.workers[0].restarts == 2).await;
    let [left] = &status.left[..] else { panic!("{:?}", status.left) };
    assert_eq!((left.stream, left.bytes, left.stream_for), (LANE, deadly.data.len(), None));
    assert!(status.workers[0].last_end.as_deref().is_some_and(|end| end.contains("SIGABRT")));
    site.end().await;
}

#[tokio::test]
async fn a_stream_of_ever_new_deadly_units_is_left_alone() {
    let site =
        Site::with(Settings { arguments: vec!["--die-at".into(), MARKER.into()], ..Settings::default() });
    let units = site.clip("h264", SCENE, &X264.replace("-g 10", "-g 1"));
    let (bad, good) = (site.vision.stream(LANE), site.vision.stream(StreamKey(8)));
    for unit in &units[..4] {
        assert_eq!(bad.decode(&deadly(unit), GREY).await, Err(Trouble::Restarted));
    }
    assert_eq!(bad.decode(&units[0], GREY).await, Err(Trouble::Skipped));
    shown(&good, &units).await;
    let status = site.status(|s| s.left.len() == 1).await;
    assert_eq!((status.left[0].stream, status.left[0].stream_for), (LANE, Some(Duration::from_secs(30))));
    site.end().await;
}

#[tokio::test]
async fn a_worker_caught_in_a_loop_is_replaced_and_the_unit_left_out() {
    let site = Site::with(Settings {
        arguments: vec!["--spin-at".into(), MARKER.into()],
        unit_cpu: Duration::from_millis(300),
        ..Settings::default()
    });
    let units = site.clip("h264", SCENE, X264);
    let decoder = site.vision.stream(LANE);
    let deadly = deadly(&units[0]);
    for _ in 0..2 {
        assert_eq!(decoder.decode(&deadly, GREY).await, Err(Trouble::Restarted));
    }
    assert_eq!(decoder.decode(&deadly, GREY).await, Err(Trouble::Skipped));
    assert_eq!(shown(&decoder, &units).await, 0);
    site.status(|s| s.workers[0].last_end.as_deref() == Some("took too long for a picture")).await;
    site.end().await;
}

#[tokio::test]
async fn a_worker_that_stands_still_is_replaced() {
    let site = Site::with(Settings { unit_time: Duration::from_millis(300), ..Settings::default() });
    let units = site.clip("h264", SCENE, X264);
    let decoder = site.vision.stream(LANE);
    shown(&decoder, &units).await;
    let status = site.status(|s| s.workers[0].pid.is_some()).await;
    let pid = status.workers[0].pid.expect("it runs");
    kill(pid, Signal::STOP);
    assert_eq!(decoder.decode(&units[0], GREY).await, Err(Trouble::Restarted));
    shown(&decoder, &units).await;
    site.status(|s| s.workers[0].last_end.as_deref() == Some("took too long for a picture")).await;
    assert!(gone(pid));
    site.end().await;
}

#[tokio::test]
async fn the_end_is_orderly_and_final() {
    let site = Site::new();
    let units = site.clip("h264", SCENE, X264);
    let decoder = site.vision.stream(LANE);
    shown(&decoder, &units).await;
    let status = site.vision.status();
    let pid = status.borrow().workers[0].pid.expect("it runs");
    site.end().await;
    assert!(gone(pid));
    assert_eq!(status.borrow().workers[0].state, WorkerState::Stopped);
    assert_eq!(decoder.decode(&units[0], GREY).await, Err(Trouble::Stopped));
}

#[tokio::test]
async fn a_worker_that_nobody_can_ask_any_more_ends() {
    let Site { folder: _folder, vision, tasks } = Site::new();
    let decoder = vision.stream(LANE);
    let mut status = vision.status();
    let alive = status.wait_for(|s| s.workers[0].pid.is_some()).await.expect("it starts");
    let pid = alive.workers[0].pid.expect("it runs");
    drop(alive);
    drop(vision);
    drop(decoder);
    tokio::time::timeout(PATIENCE, tasks.finished()).await.expect("it ends");
    assert!(gone(pid));
}
