//! One camera's detection: units from the hub through the worker to the observer, and what it sees to the catalogue.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use tokio::sync::watch;

use super::album::{Album, Best};
use super::motion::picture_size;
use super::observer::{Observer, Seen, frame};
use super::pace::{Pace, Plan};
use super::tamper::{Tamper, Verdict};
use super::thrift::Thrift;
use super::tracker::{self, Change};
use super::zones::Zones;
use super::{Rooms, service::Drawn};
use crate::base::{Cells, EventId, Stop, TICKS_PER_SECOND, Ticks, ZoneId};
use crate::catalogue;
use crate::hub::{Detection, DetectionMode, Item, LiveActivity, Start, Stream, Subscription};
use crate::media::{AccessUnit, Track};
use crate::vision::{Decoder, Grey, Picture, Trouble, Want};

/// How often time is noticed when no pictures come.
const TICK: Duration = Duration::from_millis(500);
/// Time without a picture after which the camera's detection says so.
const SILENT: i64 = 10 * TICKS_PER_SECOND;

/// Units that the worker has at once.
const UNDER_WAY: usize = 6;
/// A picture that is looked at so much later than it came is too late when there is a newer key frame to go on with.
const LATE: i64 = 3 * TICKS_PER_SECOND / 2;
/// As long as an event is shorter, whoever is to be told of it waits for its length: it is written at once.
const EARLY: i64 = 4 * TICKS_PER_SECOND;
/// A blind camera is noted anew this often.
const TAMPER_TOLD: i64 = 10 * TICKS_PER_SECOND;

/// An answer of the worker, and what it was asked.
type Answered = (u64, Plan, Ticks, Result<Option<Picture>, Trouble>);

/// Which streams a camera is watched by.
pub(super) struct Source {
    pub(super) camera: crate::base::CameraId,
    pub(super) stream: Arc<Stream>,
    pub(super) decoder: Decoder,
    /// Which pictures are looked at.
    pub(super) mode: DetectionMode,
}

pub(super) struct Lane {
    rooms: Arc<Rooms>,
    source: Source,
    units: Subscription,
    thrift: Thrift,
    /// To be decoded, as soon as the worker has room.
    ready: VecDeque<Arc<AccessUnit>>,
    pace: Pace,
    observer: Observer,
    zone_ids: Vec<Option<ZoneId>>,
    under_way: FuturesOrdered<BoxFuture<'static, Answered>>,
    /// Answers of an earlier one are of units that have been sent again.
    generation: u64,
    /// Restarts of workers that this lane has sent its stream again for.
    known_restarts: u64,
    /// A run whose coding the worker does not know.
    unknown_run: Option<u64>,
    event: Option<Open>,
    tamper: Option<catalogue::Event>,
    album: Album,
    detection: Option<Detection>,
    reason: Option<&'static str>,
    /// Time of the latest picture, and when it was looked at.
    latest: Option<(Ticks, Ticks)>,
}

/// The event that lasts.
struct Open {
    id: EventId,
    peak: u32,
}

impl Lane {
    pub(super) fn new(rooms: Arc<Rooms>, source: Source, drawn: &Drawn, album: Album) -> Self {
        let units = source.stream.subscribe(Start::NewestKey);
        let (zones, zone_ids) = drawn.zones();
        Self {
            thrift: Thrift::new(source.mode == DetectionMode::Sparing),
            ready: VecDeque::new(),
            pace: Pace::new(rooms.settings.pictures_per_second, source.mode == DetectionMode::KeyPictures),
            observer: Observer::new(zones, tracker::Settings::default()),
            rooms,
            source,
            units,
            zone_ids,
            under_way: FuturesOrdered::new(),
            generation: 0,
            known_restarts: 0,
            unknown_run: None,
            event: None,
            tamper: None,
            album,
            detection: None,
            reason: None,
            latest: None,
        }
    }

    /// Until stopped, or until the stream is gone.
    pub(super) async fn run(mut self, mut drawn: watch::Receiver<Drawn>, stop: Stop) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.wait() => break,
                Some(answer) = self.under_way.next(), if !self.under_way.is_empty() => {
                    if !self.answered(answer) {
                        break;
                    }
                    self.submit();
                }
                // What comes while the worker is busy waits in the hub, and not for long.
                item = self.units.next(), if self.ready.is_empty() && self.under_way.len() < UNDER_WAY => match item {
                    Some(Item::Unit(unit)) => self.unit(unit),
                    Some(Item::Missed(_)) => self.left_out(),
                    None => break,
                },
                Ok(()) = drawn.changed() => {
                    let (zones, ids) = drawn.borrow_and_update().zones();
                    self.redraw(zones, ids);
                }
                _ = ticks.tick() => self.tick(),
            }
        }
        let last = self.observer.finish();
        self.tell(last, Cells::NONE);
        self.end_tamper();
    }

    fn unit(&mut self, unit: Arc<AccessUnit>) {
        if unit.track != Track::Video || self.unknown_run == Some(unit.run) {
            return;
        }
        self.unknown_run = None;
        if self.rooms.clock.now() - unit.received > LATE && self.units.skip_to_newest_key() > 0 {
            // The machine has too much to do: all cameras leave out what lies before their newest key frames.
            self.left_out();
            return;
        }
        self.ready.extend(self.thrift.take(unit));
        self.submit();
    }

    /// Some units are missing.
    fn left_out(&mut self) {
        self.pace.left_out();
        self.thrift.forget();
    }

    /// Gives the worker as many of the units that are to be decoded as it has room for.
    fn submit(&mut self) {
        while self.under_way.len() < UNDER_WAY
            && let Some(unit) = self.ready.pop_front()
        {
            self.decode(&unit);
        }
    }

    fn decode(&mut self, unit: &Arc<AccessUnit>) {
        let plan = self.pace.plan(unit.start, unit.random_access);
        let want = match plan {
            Plan::Skip => return,
            Plan::Reference => Want::Reference,
            Plan::Look => {
                let video = &unit.parameters.video;
                let (width, height) = picture_size(video.width as usize, video.height as usize);
                Want::Grey { max_width: width as u16, max_height: height as u16 }
            }
        };
        match self.source.decoder.submit(unit, want) {
            Ok(answer) => {
                let (generation, start) = (self.generation, unit.start);
                self.under_way.push_back(Box::pin(async move { (generation, plan, start, answer.await) }));
            }
            Err(_) => self.pace.lost(),
        }
    }

    /// `false`: the worker is closed.
    fn answered(&mut self, (generation, plan, start, answer): Answered) -> bool {
        match answer {
            Ok(Some(Picture::Grey(grey))) if plan == Plan::Look && generation == self.generation => {
                self.pace.looked(start);
                self.reason = None;
                self.look(&grey);
            }
            Ok(_) => {}
            Err(Trouble::Stopped) => return false,
            Err(_) if generation != self.generation => {}
            Err(Trouble::Restarted) => self.again(),
            // A worker that ended between two units; otherwise it is a loss, which the same GOP would only bring again.
            Err(Trouble::NeedsKey) if self.restarts() != self.known_restarts => self.again(),
            Err(trouble) => {
                self.reason = match trouble {
                    Trouble::Broken => Some("damaged_pictures"),
                    Trouble::Skipped => Some("dangerous_pictures"),
                    Trouble::Unsupported(why) => {
                        tracing::warn!(camera.id = %self.source.camera, why, "no motion is detected");
                        self.unknown_run = self.source.stream.since(start).first().map(|unit| unit.run);
                        Some("unknown_coding")
                    }
                    _ => self.reason,
                };
                self.pace.lost();
            }
        }
        true
    }

    /// The worker is a new one: it gets the stream from its newest random access point again.
    fn again(&mut self) {
        self.generation += 1;
        self.known_restarts = self.restarts();
        self.pace.again();
        self.thrift.forget();
        self.ready.clear();
        self.units = self.source.stream.subscribe(Start::NewestKey);
    }

    /// Of all workers, so far.
    fn restarts(&self) -> u64 {
        self.rooms.vision.status().borrow().workers.iter().map(|worker| worker.restarts).sum()
    }

    fn look(&mut self, grey: &Grey) {
        let Seen { activity, changes, tamper } = self.observer.look(&frame(grey));
        let camera = self.source.camera;
        self.thrift.looked(activity.at, activity.stirs());
        self.latest = Some((activity.at, self.rooms.clock.now()));
        self.rooms.catalogue.add_activity(camera, activity.at, activity.cells);
        self.tell(changes, activity.cells);
        self.tell_tamper(tamper, activity.at);
        let bounds = activity.movers.iter().map(|mover| mover.bounds);
        self.rooms.hub.motion().publish(
            camera,
            LiveActivity {
                at: activity.at,
                cells: activity.cells,
                moved: activity.moved,
                boxes: bounds.map(|b| [b.left, b.top, b.right, b.bottom]).collect(),
                event: self.event.as_ref().map(|event| event.id),
            },
        );
    }

    /// Writes what became of the event.
    fn tell(&mut self, changes: impl IntoIterator<Item = Change>, cells: Cells) {
        for change in changes {
            match change {
                Change::Begin(event) => {
                    let id = EventId::fresh(self.rooms.clock.now());
                    self.event = Some(Open { id, peak: cells.count() });
                    self.rooms.catalogue.begin_event(self.row(&event, false));
                    self.album.event(id, best(&event), self.rooms.clock.now());
                }
                Change::Update(event) => {
                    if let Some(open) = &mut self.event {
                        open.peak = open.peak.max(cells.count());
                        self.album.event(open.id, best(&event), self.rooms.clock.now());
                        let row = self.row(&event, false);
                        if event.end - event.start < EARLY {
                            self.rooms.catalogue.grow_event(row);
                        } else {
                            self.rooms.catalogue.update_event(row);
                        }
                    }
                }
                Change::End(event) => {
                    if let Some(open) = &self.event {
                        self.album.over(open.id, best(&event), self.rooms.clock.now());
                        self.rooms.catalogue.end_event(self.row(&event, true));
                    }
                    self.event = None;
                }
            }
        }
    }

    fn row(&self, event: &tracker::Event, ended: bool) -> catalogue::Event {
        let open = self.event.as_ref().expect("told while one lasts");
        catalogue::Event {
            id: open.id,
            camera: self.source.camera,
            kind: catalogue::EventKind::Motion,
            start: event.start,
            seen: event.end,
            end: ended.then_some(event.end),
            score: f64::from(event.score),
            peak: open.peak,
            cells: event.cells,
            zones: event
                .zones
                .iter()
                .filter_map(|&zone| self.zone_ids.get(zone).copied().flatten())
                .collect(),
            best: event.best.at,
            objects: None,
        }
    }

    /// Writes that the camera was made blind, or sees again.
    fn tell_tamper(&mut self, verdict: Option<Verdict>, at: Ticks) {
        match verdict {
            Some(Verdict::Begin(tamper, since)) => {
                self.end_tamper();
                let event = catalogue::Event {
                    id: EventId::fresh(self.rooms.clock.now()),
                    camera: self.source.camera,
                    kind: kind(tamper),
                    start: since,
                    seen: Ord::max(at, since),
                    end: None,
                    score: 1.0,
                    peak: 0,
                    cells: Cells::NONE,
                    zones: Vec::new(),
                    best: at,
                    objects: None,
                };
                self.rooms.catalogue.begin_event(event.clone());
                self.album.over(event.id, Best { at, mover: None }, self.rooms.clock.now());
                self.tamper = Some(event);
            }
            Some(Verdict::End(_, at)) => {
                if let Some(event) = &mut self.tamper {
                    event.seen = Ord::max(at, event.seen);
                }
                self.end_tamper();
            }
            None => {
                if let Some(event) = self.tamper.as_mut().filter(|event| at - event.seen >= TAMPER_TOLD) {
                    event.seen = at;
                    self.rooms.catalogue.update_event(event.clone());
                }
            }
        }
    }

    fn end_tamper(&mut self) {
        if let Some(event) = self.tamper.take() {
            self.rooms.catalogue.end_event(catalogue::Event { end: Some(event.seen), ..event });
        }
    }

    fn redraw(&mut self, zones: Zones, ids: Vec<Option<ZoneId>>) {
        let ended = self.observer.set_zones(zones);
        self.tell(ended, Cells::NONE);
        self.zone_ids = ids;
    }

    fn tick(&mut self) {
        let now = self.rooms.clock.now();
        // The time of the pictures goes on when none come.
        if let Some((at, looked)) = self.latest.filter(|_| self.under_way.is_empty()) {
            let changes = self.observer.wait(at + (now - looked).max(0));
            self.tell(changes, Cells::NONE);
        }
        self.album.look(now);
        self.say_how_it_does(now);
    }

    fn say_how_it_does(&mut self, now: Ticks) {
        let (fps, shed) = self.pace.rates(now);
        let silent = self.latest.is_none_or(|(_, at)| !(0..SILENT).contains(&(now - at)));
        let reason = self.reason.or(silent.then_some("no_pictures"));
        let mode = self.source.mode;
        let before = self.detection.as_ref().filter(|d| (d.mode, d.reason) == (mode, reason));
        let since = before.map_or(now, |d| d.since);
        let detection = Detection { mode, fps, shed, since, reason };
        if self.detection.as_ref() != Some(&detection) {
            self.rooms.hub.motion().set_detection(self.source.camera, detection.clone());
            self.detection = Some(detection);
        }
    }
}

fn best(event: &tracker::Event) -> Best {
    Best { at: event.best.at, mover: Some(event.best.bounds) }
}

fn kind(tamper: Tamper) -> catalogue::EventKind {
    match tamper {
        Tamper::Black => catalogue::EventKind::TamperBlack,
        Tamper::Covered | Tamper::Sprayed => catalogue::EventKind::TamperCovered,
        Tamper::Defocused => catalogue::EventKind::TamperDefocused,
        Tamper::Turned => catalogue::EventKind::TamperTurned,
        Tamper::Frozen => catalogue::EventKind::TamperFrozen,
    }
}
