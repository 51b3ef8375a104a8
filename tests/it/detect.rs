//! Detection of whole cameras: real video through the hub, the confined worker, the detector, into the catalogue.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lanewatch::base::{
    Polygon, SharedClock, Stop, StreamKind, SystemClock, TICKS_PER_SECOND, Tasks, Ticks, TimeRange, Zone,
};
use lanewatch::catalogue::{
    Camera, CameraZone, Catalogue, Event, EventFilter, NewCamera, ObjectKind, PictureSize, Scope,
    Sensitivity, ZoneKind,
};
use lanewatch::detect::{Bounds, Detect, DetectSettings, Finder, LoadFinder, Sighting};
use lanewatch::hub::{DetectionMode, Hub, Limits, Stream};
use lanewatch::media::AccessUnit;
use lanewatch::vision::clip::Clip;
use lanewatch::vision::{self, WorkerState};

use crate::support::footage::ffmpeg;

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// Somebody as tall as a fifth of the picture walks by between these two, from left to right.
const WALK: (i64, i64) = (6, 12);
/// Seconds of the clip.
const CLIP: i64 = 18;

/// A lane, and somebody who walks along it.
fn walk(folder: &Path, name: &str, size: (u32, u32), fps: u32, key_every: u32) -> Vec<Arc<AccessUnit>> {
    let file = folder.join(format!("{name}.mp4"));
    let (width, height) = size;
    let person = format!("color=c=0x303030:s={}x{}:r={fps}", height / 15, height / 5);
    let lane = format!("smptehdbars=s={width}x{height}:r={fps},noise=alls=5:allf=t");
    let place = format!(
        "x=-{height}/10+(t-{})*{}:y={height}/2:shortest=1",
        WALK.0,
        width * 4 / 3 / (WALK.1 - WALK.0) as u32
    );
    ffmpeg(&format!(
        "-f lavfi -i {lane} -f lavfi -i {person} -filter_complex [0][1]overlay={place} -t {CLIP} -c:v libx264 -preset \
         ultrafast -threads 1 -bf 0 -g {key_every} -keyint_min {key_every} -sc_threshold 0 -pix_fmt yuv420p {}",
        file.display()
    ));
    Clip::open(&file).expect("a clip").collect::<Result<_, _>>().expect("units")
}

/// A catalogue, a hub and detection, as in the service.
struct Site {
    folder: tempfile::TempDir,
    clock: SharedClock,
    catalogue: Catalogue,
    hub: Hub,
    tasks: Tasks,
    stop: Stop,
    vision: tokio::sync::watch::Receiver<vision::Status>,
    stills: lanewatch::detect::Stills,
    running: tokio::task::JoinHandle<()>,
}

impl Site {
    async fn open() -> Self {
        Self::with(None).await
    }

    async fn with(finder: Option<LoadFinder>) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let (clock, tasks, stop) = (SystemClock::shared(), Tasks::new(), Stop::new());
        let file = folder.path().join("catalogue.db");
        let catalogue =
            Catalogue::open(&file, clock.clone(), Zone::HO_CHI_MINH, &tasks).await.expect("a catalogue");
        let hub = Hub::new();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_lanewatch"));
        let vision = vision::Settings { program, ..vision::Settings::default() };
        let settings = DetectSettings { mode: DetectionMode::Sparing, pictures_per_second: 5.0, vision };
        let detect =
            Detect::start(catalogue.clone(), hub.clone(), clock.clone(), settings, finder).expect("starts");
        let (vision, stills) = (detect.status(), detect.stills());
        let running = tasks.spawn("detect", detect.run(stop.clone()));
        Self { folder, clock, catalogue, hub, tasks, stop, vision, stills, running }
    }

    async fn camera(&self, name: &str, with_sub: bool) -> Camera {
        let url = |what: &str| format!("rtsp://127.0.0.1:9/{what}").parse().expect("an address");
        let mut new = NewCamera::new(name, url("main"));
        new.sub_url = with_sub.then(|| url("sub"));
        self.catalogue.add_camera(new).await.expect("added")
    }

    fn stream(&self, camera: &Camera, kind: StreamKind) -> Arc<Stream> {
        let key = camera.stream(kind).expect("it has the stream").key;
        let limits = Limits { ticks: 60 * TICKS_PER_SECOND, ..Limits::default() };
        self.hub.ensure(key, limits, self.clock.now())
    }

    /// Shows a clip that ends now; returns when it began. Waits for detection, so that nothing is left out.
    async fn show(&self, camera: &Camera, shown: &[(StreamKind, &[Arc<AccessUnit>])]) -> Ticks {
        let begin = self.clock.now() - CLIP * TICKS_PER_SECOND;
        let last = shown.len() - 1;
        let (watched, others) = (&shown[last], &shown[..last]);
        let streams: Vec<_> = shown.iter().map(|(kind, _)| self.stream(camera, *kind)).collect();
        let mut seen = self.hub.motion().watch(camera.id);
        let publish = |stream: &Stream, unit: &AccessUnit| {
            let (start, received) = (begin + unit.start.0, self.clock.now());
            stream.publish(Arc::new(AccessUnit { start, received, ..unit.clone() }));
        };
        let mut done = 0;
        for unit in watched.1 {
            for (n, (_, units)) in others.iter().enumerate() {
                units.iter().filter(|other| (done..=unit.start.0).contains(&other.start.0)).for_each(
                    |other| {
                        publish(&streams[n], other);
                    },
                );
            }
            done = unit.start.0 + 1;
            publish(&streams[last], unit);
            let only_keys = last == 0 && camera.streams.len() == 1;
            if unit.random_access || (!only_keys && unit.start.0 % (TICKS_PER_SECOND / 5) == 0) {
                // After a restart of the worker it may be the picture before.
                let at = begin + unit.start.0 - TICKS_PER_SECOND / 5;
                let caught_up = seen.wait_for(|seen| seen.as_ref().is_some_and(|seen| seen.at >= at));
                tokio::time::timeout(PATIENCE, caught_up)
                    .await
                    .expect("detection keeps up")
                    .expect("it runs");
            }
        }
        begin
    }

    async fn events(&self, right: impl Fn(&[Event]) -> bool) -> Vec<Event> {
        let all = TimeRange::new(Ticks(0), self.clock.now() + TICKS_PER_SECOND);
        let found = async {
            loop {
                let events = self
                    .catalogue
                    .events(Scope::everything(), all, &EventFilter::default(), 100)
                    .await
                    .expect("read");
                if right(&events) {
                    return events;
                }
                self.catalogue.flush().await.expect("written");
                tokio::task::yield_now().await;
            }
        };
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(events) => events,
            Err(_) => {
                panic!(
                    "events: {:?}",
                    self.catalogue.events(Scope::everything(), all, &EventFilter::default(), 100).await
                )
            }
        }
    }

    async fn end(self) {
        self.stop.request();
        tokio::time::timeout(PATIENCE, self.running).await.expect("ends when asked").expect("no panic");
        self.catalogue.close().await;
        tokio::time::timeout(PATIENCE, self.tasks.finished()).await.expect("nothing is left running");
    }
}

/// Seconds from the beginning of a clip.
fn seconds(begin: Ticks, at: Ticks) -> f64 {
    (at - begin) as f64 / TICKS_PER_SECOND as f64
}

#[tokio::test]
async fn somebody_who_walks_by_is_one_event_with_pictures_cells_and_a_time() {
    let site = Site::open().await;
    let camera = site.camera("Ngõ 7", true).await;
    let main = walk(site.folder.path(), "main", (1280, 720), 10, 20);
    let sub = walk(site.folder.path(), "sub", (640, 360), 10, 20);
    let begin = site.show(&camera, &[(StreamKind::Main, &main), (StreamKind::Sub, &sub)]).await;

    let events = site.events(|events| events.len() == 1 && events[0].end.is_some()).await;
    let event = &events[0];
    let (from, to) = (seconds(begin, event.start), seconds(begin, event.end.expect("over")));
    assert!((WALK.0 as f64 - 0.3..WALK.0 as f64 + 1.2).contains(&from), "{from}");
    assert!((9.0..14.0).contains(&to), "{to}");
    assert!(event.cells.count() > 40 && event.peak > 2 && event.score > 0.3, "{event:?}");

    for (size, width) in [(PictureSize::Small, 320), (PictureSize::Large, 1280)] {
        let made = async {
            loop {
                if let Some(picture) =
                    site.catalogue.picture(Scope::everything(), event.id, size).await.expect("read")
                {
                    return picture;
                }
                tokio::task::yield_now().await;
            }
        };
        let picture = tokio::time::timeout(PATIENCE, made).await.expect("a picture");
        let image = image::load_from_memory(&picture.jpeg).expect("a JPEG");
        assert_eq!(image.width(), width);
        assert!((picture.at - event.best).abs() <= 2 * TICKS_PER_SECOND);
    }
    let moved = site.catalogue.activity(Scope::everything(), camera.id, event.range()).await.expect("read");
    assert!(moved.iter().any(|second| second.cells.meets(&event.cells)), "the cells are in the index");
    site.end().await;
}

/// Knows the one who walks along our lane: a patch of dark grey.
struct Acquaintance;

impl Finder for Acquaintance {
    fn size(&self) -> (usize, usize) {
        (64, 64)
    }

    fn find(&mut self, rgb: &[u8]) -> lanewatch::base::Result<Vec<Sighting>> {
        let like = |pixel: &[u8]| pixel.iter().all(|value| value.abs_diff(0x30) < 12);
        let grey = rgb.chunks_exact(3).enumerate().filter(|(_, pixel)| like(pixel));
        let places: Vec<_> = grey.map(|(n, _)| ((n % 64) as f32 / 64.0, (n / 64) as f32 / 64.0)).collect();
        // Close up it fills a good part of what is shown; of the whole picture it is a hundredth.
        if places.len() < 64 * 64 / 10 {
            return Ok(Vec::new());
        }
        let of = |start: f32, least: fn(f32, f32) -> f32, part: fn(&(f32, f32)) -> f32| {
            places.iter().map(part).fold(start, least)
        };
        let bounds = Bounds {
            left: of(1.0, f32::min, |p| p.0),
            top: of(1.0, f32::min, |p| p.1),
            right: of(0.0, f32::max, |p| p.0),
            bottom: of(0.0, f32::max, |p| p.1),
        };
        Ok(vec![Sighting { kind: ObjectKind::Person, confidence: 0.9, bounds }])
    }
}

#[tokio::test]
async fn what_moved_is_cut_out_of_the_picture_and_kept_with_the_event() {
    let site = Site::with(Some(Box::new(|| Ok(Box::new(Acquaintance))))).await;
    let camera = site.camera("Ngõ 7", true).await;
    let main = walk(site.folder.path(), "main", (1280, 720), 10, 1);
    let sub = walk(site.folder.path(), "sub", (640, 360), 10, 20);
    site.show(&camera, &[(StreamKind::Main, &main), (StreamKind::Sub, &sub)]).await;
    let known = |events: &[Event]| events.iter().flat_map(|event| &event.objects).any(|o| !o.is_empty());
    let events = site.events(known).await;
    let found: Vec<_> = events[0].objects.iter().flatten().map(|o| (o.kind, o.confidence)).collect();
    assert_eq!(found, [(ObjectKind::Person, 0.9)]);
    site.end().await;
}

#[tokio::test]
async fn a_mask_over_the_lane_and_a_zone_beside_it_leave_no_event() {
    let site = Site::open().await;
    let sub = walk(site.folder.path(), "sub", (640, 360), 10, 20);
    for (name, kind, (top, bottom)) in
        [("Ngõ 1", ZoneKind::Ignore, (0.3, 1.0)), ("Ngõ 2", ZoneKind::Alert, (0.0, 0.2))]
    {
        let camera = site.camera(name, true).await;
        let zone = CameraZone {
            id: None,
            kind,
            name: "Đường làng".into(),
            polygon: Polygon::new(vec![(0.0, top), (1.0, top), (1.0, bottom), (0.0, bottom)])
                .expect("an area"),
            sensitivity: Sensitivity::Normal,
            min_size: 0.0,
            min_duration: 0,
        };
        site.catalogue.put_zones(camera.id, None, vec![zone]).await.expect("put");
        site.stream(&camera, StreamKind::Main);
        site.show(&camera, &[(StreamKind::Sub, &sub)]).await;
        let moved = site
            .catalogue
            .activity(Scope::everything(), camera.id, TimeRange::new(Ticks(0), site.clock.now()))
            .await;
        assert!(!moved.expect("read").is_empty(), "it is seen all the same");
    }
    assert_eq!(site.events(|_| true).await, []);
    site.end().await;
}

#[tokio::test]
async fn of_a_camera_with_a_main_stream_only_the_key_frames_are_looked_at() {
    let site = Site::open().await;
    let camera = site.camera("Ngõ 3", false).await;
    let main = walk(site.folder.path(), "main", (1280, 720), 10, 10);
    let begin = site.show(&camera, &[(StreamKind::Main, &main)]).await;
    let events = site.events(|events| events.len() == 1 && events[0].end.is_some()).await;
    let from = seconds(begin, events[0].start);
    assert!((WALK.0 as f64 - 0.3..WALK.0 as f64 + 2.2).contains(&from), "{from}");
    site.end().await;
}

#[tokio::test]
async fn a_worker_that_is_killed_in_the_middle_costs_no_event() {
    let site = Site::open().await;
    let camera = site.camera("Ngõ 7", true).await;
    site.stream(&camera, StreamKind::Main);
    let sub = walk(site.folder.path(), "sub", (640, 360), 10, 20);
    let killed = async {
        for _ in 0..3 {
            let alive = |status: &vision::Status| matches!(status.workers[0].state, WorkerState::Alive(_));
            let mut status = site.vision.clone();
            let pid = status.wait_for(alive).await.expect("open").workers[0].pid.expect("it runs");
            let pid = rustix::process::Pid::from_raw(pid as i32).expect("a process");
            let mut seen = site.hub.motion().watch(camera.id);
            seen.mark_unchanged();
            seen.changed().await.expect("pictures are looked at");
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("killed");
            let restarts = status.borrow().workers[0].restarts;
            status.wait_for(|s| s.workers[0].restarts > restarts).await.expect("open");
        }
    };
    let show = [(StreamKind::Sub, &sub[..])];
    let (_, begin) = tokio::join!(killed, site.show(&camera, &show));
    let events = site.events(|events| events.len() == 1 && events[0].end.is_some()).await;
    let from = seconds(begin, events[0].start);
    assert!((WALK.0 as f64 - 0.3..WALK.0 as f64 + 1.2).contains(&from), "{from}");
    site.end().await;
}

#[test]
fn a_file_is_scored_by_the_command_line() {
    let folder = tempfile::tempdir().expect("folder");
    walk(folder.path(), "lane", (640, 360), 15, 30);
    let out = folder.path().join("found");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_lanewatch"))
        .args(["motion", "score", "--fps", "5", "--passes", "2", "--out"])
        .args([&out, &folder.path().join("lane.mp4")])
        .output()
        .expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = |name: &str| std::fs::read_to_string(out.join(name)).expect("written");
    let found: serde_json::Value = serde_json::from_str(&text("lane.det.json")).expect("JSON");
    let [interval] = &found["intervals"].as_array().expect("a list")[..] else { panic!("one: {found}") };
    let (from, to) = (interval[0].as_f64().expect("s"), interval[1].as_f64().expect("s"));
    assert!(
        (WALK.0 as f64 - 0.3..WALK.0 as f64 + 1.2).contains(&from) && (9.0..14.0).contains(&to),
        "{found}"
    );
    let lines: Vec<serde_json::Value> =
        text("lane.lanewatch.jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), CLIP as usize * 5);
    assert!(lines.iter().enumerate().all(|(n, line)| line["t"].as_f64() == Some(n as f64 / 5.0)));
    assert!(
        lines
            .iter()
            .any(|line| line["motion"] == true && line["boxes"].as_array().is_some_and(|b| !b.is_empty()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_recorded_units_is_that_of_the_last_not_of_the_key_picture() {
    let site = Site::open().await;
    let units = walk(site.folder.path(), "frame", (640, 360), 10, 200);
    let key = lanewatch::base::StreamKey(7);
    // Where somebody is after nine seconds, and as high as somebody's chest.
    let brightness = |jpeg: &lanewatch::vision::Jpeg| {
        let picture = image::load_from_memory(&jpeg.file).expect("a picture").to_luma8();
        let (width, height) = picture.dimensions();
        let patch =
            image::imageops::crop_imm(&picture, width * 62 / 100, height * 6 / 10, width / 50, height / 20)
                .to_image();
        patch.iter().map(|p| i64::from(*p)).sum::<i64>() / patch.len() as i64
    };
    let at = |second: i64| (second * 10) as usize;
    let empty = site.stills.last_of(key, &units[..=at(2)], None).await.expect("made").expect("a picture");
    let walker =
        site.stills.last_of(key, &units[..=at(9)], Some(320)).await.expect("made").expect("a picture");
    assert_eq!((empty.at, walker.at), (units[at(2)].start, units[at(9)].start));
    assert!((brightness(&walker) - 0x30).abs() < 16, "somebody in dark clothes: {}", brightness(&walker));
    assert!((brightness(&empty) - 0x30).abs() > 24, "nobody yet: {}", brightness(&empty));
    assert_eq!(image::load_from_memory(&walker.file).expect("a picture").width(), 320);
    assert!(site.stills.last_of(key, &[], None).await.expect("nothing to make").is_none());
    site.end().await;
}
