//! Recovery, check and rebuild, on data folders copied from under a recorder that was writing: what a kill leaves.

#![expect(clippy::disallowed_methods, reason = "tests make and break files as a crash does")]

use std::path::Path;

use lanewatch::base::{Cells, EventId, SharedClock, Stop, TICKS_PER_SECOND, Ticks, TimeRange};
use lanewatch::catalogue::{Catalogue, Event, EventKind, GapCause, Scope, SegmentState};
use lanewatch::media::FragmentIndex;
use lanewatch::record::{Rebuilt, Recovered, Report, check, rebuild, recover};
use lanewatch::storage::{Known, VolumeSpec, Volumes};

use crate::support::recording::{BEGIN, Fed, Recording, catalogue_file, copy_folder, files};

pub(crate) const ALWAYS: TimeRange = TimeRange { from: Ticks(0), to: Ticks(i64::MAX) };

/// 100 s of two cameras, and a copy of the folder taken while both were being written.
async fn crashed() -> (tempfile::TempDir, Recording, Vec<Fed>) {
    let folder = tempfile::tempdir().expect("folder");
    let box_ = Recording::open(&folder.path().join("running"), 0).await;
    let mut fed = vec![box_.add("Ngõ 3").await, box_.add("Ngõ 7").await];
    for f in &mut fed {
        box_.feed(f, 100).await;
    }
    box_.settled(2).await;
    copy_folder(&box_.data, &folder.path().join("crashed"));
    (folder, box_, fed)
}

/// A copy of a recorder whose files are newer than its rows by two segments.
async fn files_ahead_of_rows() -> (tempfile::TempDir, Recording, Fed) {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("crashed");
    let running = Recording::open(&folder.path().join("running"), 0).await;
    let mut fed = running.add("Ngõ 3").await;
    running.feed(&mut fed, 30).await;
    running.settled(1).await;
    copy_folder(&running.data, &data);
    running.feed(&mut fed, 130).await;
    running.settled(1).await;
    copy_folder(&running.data.join("footage"), &data.join("footage"));
    (folder, running, fed)
}

async fn start_again(data: &Path, later: i64) -> (Recording, Vec<Fed>, Recovered) {
    let box_ = Recording::open(data, later).await;
    let cameras = box_.catalogue.cameras(Scope::everything()).await.expect("cameras");
    let mut fed: Vec<Fed> = cameras.into_iter().map(|camera| box_.record(camera)).collect();
    let clock: SharedClock = box_.clock.clone();
    let done = recover(&box_.catalogue, &box_.volumes, &clock, &Stop::new()).await.expect("recovers");
    for f in &mut fed {
        box_.feed(f, 10).await;
    }
    (box_, fed, done)
}

pub(crate) async fn checked(data: &Path, deep: bool) -> Report {
    let catalogue = Catalogue::open_for_tool(&catalogue_file(data)).await.expect("opens");
    let known = catalogue.volumes().await.expect("volumes").into_iter();
    let known = known.map(|v| {
        let spec = VolumeSpec { path: v.path, group: v.group, budget_bytes: None };
        Known { id: v.id, spec }
    });
    let volumes = Volumes::for_reading(known);
    let now = Ticks::parse(BEGIN).expect("time") + 3600 * TICKS_PER_SECOND;
    let report = check(&catalogue, &volumes, now, false, deep).await.expect("checks");
    catalogue.close().await;
    report
}

pub(crate) fn violations(report: &Report) -> Vec<String> {
    let bad = report.invariants.iter().filter(|i| i.violations > 0);
    bad.map(|i| format!("{}: {} {:?}", i.id, i.violations, i.examples)).collect()
}

/// Letters of the invariants that do not hold.
fn broken(report: &Report) -> String {
    report.invariants.iter().filter(|i| i.violations > 0).map(|i| i.id).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_crash_costs_less_than_a_second_and_everything_holds_after_the_next_start() {
    let (folder, running, old) = crashed().await;
    let data = folder.path().join("crashed");
    let (box_, fed, done) = start_again(&data, 400).await;
    assert_eq!(done, Recovered { finished: 2, ..Recovered::default() });
    for (f, old) in fed.iter().zip(&old) {
        let segments = box_.catalogue.segments(Scope::everything(), f.key, ALWAYS, 100).await.expect("read");
        let recovered = segments.iter().rfind(|s| s.state == SegmentState::Recovered);
        let recovered = recovered.expect("one was open");
        let lost =
            running.catalogue.newest(Scope::everything(), old.key).await.expect("read").expect("footage")
                - recovered.end();
        assert!(lost < TICKS_PER_SECOND, "{lost} ticks lost of what was written");
        let gaps = box_.catalogue.gaps(Scope::everything(), f.key, ALWAYS).await.expect("gaps");
        assert!(gaps.iter().any(|g| g.from == recovered.end()), "a gap begins where footage ends: {gaps:?}");
        assert_eq!(gaps.last().map(|g| g.cause), Some(GapCause::RecorderOff));
    }
    box_.close(fed).await;
    let report = checked(&data, true).await;
    assert_eq!(violations(&report), Vec::<String>::new());
    assert_eq!((report.ok, report.set_aside, report.left_open), (true, 0, 0));
    running.close(old).await;
}

#[tokio::test]
async fn after_an_orderly_stop_the_recorder_was_off_from_the_last_picture_on() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let first = Recording::open(&data, 0).await;
    let mut fed = first.add("Ngõ 3").await;
    first.feed(&mut fed, 20).await;
    // A camera that was off when the recorder stopped, and pictures that end some moments before it.
    let never = first.add("Ngõ 7").await;
    first.clock.advance(TICKS_PER_SECOND / 10);
    first.close(vec![fed, never]).await;
    let (again, fed, done) = start_again(&data, 400).await;
    assert_eq!(done, Recovered::default());
    for f in &fed {
        let gaps = again.catalogue.gaps(Scope::everything(), f.key, ALWAYS).await.expect("gaps");
        assert!(
            gaps.iter().all(|g| [GapCause::RecorderOff, GapCause::CameraLost].contains(&g.cause)),
            "{gaps:?}"
        );
    }
    again.close(fed).await;
    assert_eq!(violations(&checked(&data, true).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_torn_tail_is_cut_and_an_empty_file_is_set_aside() {
    let (folder, running, old) = crashed().await;
    let data = folder.path().join("crashed");
    let mut newest = files(&data.join("footage/media"));
    newest.sort_by_key(|f| std::fs::metadata(f).expect("file").len());
    // One is cut inside its last fragments, as a power cut does, and one down to nothing.
    let rows = running.catalogue.unfinished_segments().await.expect("rows");
    let open = |n: usize| {
        let id = rows[n].id.to_string();
        newest.iter().find(|f| f.to_string_lossy().contains(&id)).expect("its file").clone()
    };
    let torn = std::fs::OpenOptions::new().write(true).open(open(0)).expect("file");
    let length = torn.metadata().expect("file").len();
    torn.set_len(length - 700).expect("torn");
    std::fs::write(open(1), b"").expect("emptied");
    let (box_, fed, done) = start_again(&data, 400).await;
    assert_eq!(done, Recovered { finished: 1, set_aside: 1, ..Recovered::default() });
    box_.close(fed).await;
    let report = checked(&data, true).await;
    assert_eq!(violations(&report), Vec::<String>::new());
    assert_eq!(report.set_aside, 1);
    running.close(old).await;
}

#[tokio::test]
async fn files_that_the_catalogue_does_not_know_are_adopted_or_set_aside() {
    let (folder, running, fed) = files_ahead_of_rows().await;
    let data = folder.path().join("crashed");
    let stranger = data.join("footage/media/notes.txt");
    std::fs::write(&stranger, "whose is this?").expect("written");
    assert!(broken(&checked(&data, false).await).contains('b'), "strangers are reported");
    let (box_, again, done) = start_again(&data, 400).await;
    assert_eq!((done.finished, done.set_aside), (1, 1), "{done:?}");
    assert!(done.adopted >= 1, "{done:?}");
    assert!(!stranger.exists() && files(&data.join("footage/set-aside")).len() == 1, "moved, not deleted");
    let then = running.catalogue.segments(Scope::everything(), fed.key, ALWAYS, 100).await.expect("read");
    let now = box_.catalogue.segments(Scope::everything(), fed.key, ALWAYS, 100).await.expect("read");
    for segment in then.iter().filter(|s| s.is_complete()) {
        let same = now.iter().find(|s| s.id == segment.id).expect("adopted");
        assert_eq!((same.start, same.duration, same.bytes), (segment.start, segment.duration, segment.bytes));
        assert_eq!((&same.frag_index, same.chain_hash), (&segment.frag_index, segment.chain_hash));
    }
    box_.close(again).await;
    let report = checked(&data, true).await;
    assert_eq!(violations(&report), Vec::<String>::new());
    running.close(vec![fed]).await;
}

#[tokio::test]
async fn a_recovery_that_is_interrupted_is_done_by_the_start_after_an_orderly_stop() {
    let (folder, running, fed) = files_ahead_of_rows().await;
    running.close(vec![fed]).await;
    let data = folder.path().join("crashed");
    let short = Recording::open(&data, 300).await;
    let (clock, stop): (SharedClock, _) = (short.clock.clone(), Stop::new());
    stop.request();
    let done = recover(&short.catalogue, &short.volumes, &clock, &stop).await.expect("stops early");
    assert_eq!(done, Recovered::default());
    short.close(Vec::new()).await;

    let (box_, fed, done) = start_again(&data, 400).await;
    assert!(done.finished == 1 && done.adopted >= 1, "{done:?}");
    assert_eq!(box_.catalogue.unrecovered_since().await.expect("read"), None);
    box_.close(fed).await;
    assert_eq!(violations(&checked(&data, true).await), Vec::<String>::new());
}

#[tokio::test]
async fn check_names_what_does_not_hold() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let running = Recording::open(&data, 0).await;
    let mut fed = running.add("Ngõ 3").await;
    running.feed(&mut fed, 240).await;
    running.close(vec![fed]).await;
    assert_eq!(broken(&checked(&data, true).await), "");
    let all = files(&data.join("footage/media"));
    assert!(all.len() >= 4, "{all:?}");
    let before = std::fs::read(&all[1]).expect("read");
    let mut flipped = before.clone();
    flipped[before.len() / 2] ^= 1;
    std::fs::write(&all[1], &flipped).expect("flipped");
    assert_eq!(broken(&checked(&data, false).await), "", "only reading every byte finds it");
    let report = checked(&data, true).await;
    assert_eq!(broken(&report), "deep");
    std::fs::write(&all[1], &before[..before.len() / 2]).expect("cut");
    assert_eq!(broken(&checked(&data, false).await), "a");
    std::fs::remove_file(&all[1]).expect("removed");
    assert_eq!(broken(&checked(&data, false).await), "d");
}

#[tokio::test]
async fn a_catalogue_made_from_the_files_alone_is_the_same_row_for_row() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let running = Recording::open(&data, 0).await;
    let mut fed = vec![running.add("Ngõ 3").await, running.add("Ngõ 7").await];
    for f in &mut fed {
        running.feed(f, 150).await;
    }
    let (camera, stream) = (fed[1].camera.clone(), fed[1].id);
    running.close(fed).await;
    let file = catalogue_file(&data);
    let rows = async || {
        let catalogue = Catalogue::open_for_tool(&file).await.expect("opens");
        let mut all = Vec::new();
        for camera in catalogue.all_cameras().await.expect("cameras") {
            for stream in &camera.streams {
                for s in
                    catalogue.segments(Scope::everything(), stream.key, ALWAYS, 1000).await.expect("read")
                {
                    let entries = FragmentIndex::decode(&s.frag_index).expect("index").entries.len();
                    all.push((
                        stream.id,
                        s.id,
                        s.start,
                        s.duration,
                        s.bytes,
                        s.state,
                        s.run,
                        s.chain_hash,
                        entries,
                    ));
                }
            }
        }
        all.sort_by_key(|row| (row.0, row.2));
        let id = catalogue.database();
        catalogue.close().await;
        (id, all)
    };
    let before = rows().await;
    let specs =
        || vec![VolumeSpec { path: data.join("footage"), group: "default".into(), budget_bytes: None }];
    let now = Ticks::parse("2026-11-23T08:00:00+07:00").expect("time");
    let mut said = Vec::new();

    // With the old catalogue: its cameras keep their addresses, and it stays beside the new one.
    let done = rebuild(&file, specs(), now, &mut |line| said.push(line.to_owned())).await.expect("rebuilds");
    assert_eq!((done.nameless, done.lost.clone()), (0, Some(Vec::new())), "{said:?}");
    assert!(done.kept.as_ref().is_some_and(|kept| kept.exists()));
    assert_eq!(rows().await, before);
    let catalogue = Catalogue::open_for_tool(&file).await.expect("opens");
    let kept = catalogue.camera(Scope::everything(), &camera.slug).await.expect("read").expect("there");
    assert_eq!((kept.enabled, &kept.streams[0].url), (true, &camera.streams[0].url));
    catalogue.close().await;

    // Without: cameras are known by name and wait for their address.
    for side in ["catalogue.db", "catalogue.db-wal", "catalogue.db-shm"] {
        let _ = std::fs::remove_file(data.join(side));
    }
    let done = rebuild(&file, specs(), now, &mut |line| said.push(line.to_owned())).await.expect("rebuilds");
    let expected = Rebuilt { adopted: before.1.len() as u64, nameless: 2, ..Rebuilt::default() };
    assert_eq!(done, expected, "{said:?}");
    assert_eq!(rows().await, before);
    let catalogue = Catalogue::open_for_tool(&file).await.expect("opens");
    let found = catalogue.cameras(Scope::everything()).await.expect("cameras");
    let same = found.iter().find(|c| c.id == camera.id).expect("by its id");
    assert_eq!((same.name.as_str(), same.enabled, same.streams[0].id), ("Ngõ 7", false, stream));
    catalogue.close().await;
    assert_eq!(violations(&checked(&data, true).await), Vec::<String>::new());
}

#[tokio::test]
async fn a_rebuild_without_footage_or_over_two_recorders_says_what_to_do() {
    let folder = tempfile::tempdir().expect("folder");
    let spec = |name: &str| VolumeSpec {
        path: folder.path().join(name),
        group: "default".into(),
        budget_bytes: None,
    };
    let file = folder.path().join("catalogue.db");
    std::fs::create_dir_all(folder.path().join("empty")).expect("folder");
    let error = rebuild(&file, vec![spec("empty")], Ticks(0), &mut |_| {}).await.expect_err("nothing there");
    assert!(error.message().contains("no volume with footage"), "{}", error.message());
    let one = Recording::open(&folder.path().join("one"), 0).await;
    let two = Recording::open(&folder.path().join("two"), 0).await;
    let both = vec![spec("one/footage"), spec("two/footage")];
    let error = rebuild(&file, both, Ticks(0), &mut |_| {}).await.expect_err("two recorders");
    assert!(error.message().contains("different recorders"), "{}", error.message());
    one.close(Vec::new()).await;
    two.close(Vec::new()).await;
}

#[tokio::test]
async fn an_event_that_lasts_after_an_orderly_stop_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let recording = Recording::open(&data, 0).await;
    let fed = recording.add("Ngõ 3").await;
    let (camera, start) = (fed.camera.id, Ticks::parse(BEGIN).expect("time"));
    recording.close(vec![fed]).await;
    // What a fault of ours would leave: a tool ends nothing.
    let tool = Catalogue::open_for_tool(&catalogue_file(&data)).await.expect("opens");
    tool.begin_event(Event {
        id: EventId::fresh(start),
        camera,
        kind: EventKind::Motion,
        start,
        seen: start,
        end: None,
        score: 0.0,
        peak: 0,
        cells: Cells::NONE,
        zones: Vec::new(),
        best: start,
        objects: None,
    });
    tool.close().await;
    assert_eq!(broken(&checked(&data, false).await), "i");
    // The next start ends it.
    let again = Recording::open(&data, 400).await;
    again.close(Vec::new()).await;
    assert_eq!(broken(&checked(&data, false).await), "");
}

#[tokio::test]
async fn check_tells_what_the_motion_file_holds_and_a_broken_one_stops_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let file = data.join("catalogue.motion.db");
    let recording = Recording::open(&data, 0).await;
    let mut fed = recording.add("Ngõ 3").await;
    for minute in 0..3 {
        let at = Ticks::parse(BEGIN).expect("time") + minute * 60 * TICKS_PER_SECOND;
        recording.catalogue.add_activity(fed.camera.id, at, Cells::ALL);
    }
    recording.feed(&mut fed, 60).await;
    recording.close(vec![fed]).await;
    let report = checked(&data, false).await;
    assert_eq!(broken(&report), "");
    let told = |report: &Report| report.motion.as_ref().map(|m| (m.cameras, m.minutes, m.unreadable));
    assert_eq!(told(&report), Some((1, 3, 0)));

    std::fs::write(&file, vec![0x55; 100_000]).expect("written");
    assert_eq!(broken(&checked(&data, false).await), "motion");
    // The next start goes on without it, and records.
    let (again, fed, _) = start_again(&data, 400).await;
    assert_eq!(again.catalogue.motion_trouble(), None);
    again.close(fed).await;
    let report = checked(&data, true).await;
    assert_eq!((broken(&report), told(&report)), (String::new(), Some((0, 0, 0))));
    std::fs::remove_file(&file).expect("removed");
    let report = checked(&data, false).await;
    assert_eq!((broken(&report), told(&report)), (String::new(), None));
}
