//! All cameras: who is watched, with which zones; follows the catalogue.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use super::LoadFinder;
use super::album::Album;
use super::lane::{Lane, Source};
use super::objects::Checker;
use super::stills::Stills;
use super::zones::{AlertZone, Zones};
use super::{DetectSettings, Rooms};
use crate::base::{
    CameraId, Result, SharedClock, Stop, StreamKey, StreamKind, TICKS_PER_SECOND, Tasks, ZoneId,
};
use crate::catalogue::{self, Camera, CameraZones, Catalogue, Scope, ZoneKind};
use crate::hub::{DetectionMode, Hub};
use crate::vision::{self, Vision};

/// A camera that could not be watched, or whose watch ended, is tried again after this.
const AGAIN: Duration = Duration::from_secs(1);
/// Pictures that are made at once for those who ask: decoders of large streams take ten megabytes each.
const AT_ONCE: usize = 3;

/// Zones as a person drew them.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawn(CameraZones);

impl Drawn {
    /// For the tracker, and the ids of the alert zones by their place there.
    pub(super) fn zones(&self) -> (Zones, Vec<Option<ZoneId>>) {
        zones(&self.0.zones)
    }
}

/// Zones of the catalogue for the tracker, and the ids of the alert zones by their place there; one that is not saved
/// yet has none.
pub fn zones(drawn: &[catalogue::CameraZone]) -> (Zones, Vec<Option<ZoneId>>) {
    let of = |kind| drawn.iter().filter(move |zone| zone.kind == kind);
    let alert: Vec<AlertZone> = of(ZoneKind::Alert)
        .map(|zone| AlertZone {
            area: zone.polygon.clone(),
            sensitivity: zone.sensitivity,
            smallest: zone.min_size as f32,
            shortest: zone.min_duration as f32 / TICKS_PER_SECOND as f32,
        })
        .collect();
    let masks: Vec<_> = of(ZoneKind::Ignore).map(|zone| zone.polygon.clone()).collect();
    (Zones::new(&alert, &masks), of(ZoneKind::Alert).map(|zone| zone.id).collect())
}

/// What a running watch was begun with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Setup {
    looks_at: StreamKey,
    main: StreamKey,
    mode: DetectionMode,
}

impl Setup {
    fn of(camera: &Camera, settings: &DetectSettings) -> Option<Self> {
        let key = |kind| camera.stream(kind).map(|stream| stream.key);
        let main = key(StreamKind::Main)?;
        let sub = key(StreamKind::Sub);
        Some(Self {
            looks_at: sub.unwrap_or(main),
            main,
            mode: if sub.is_some() { settings.mode } else { DetectionMode::KeyPictures },
        })
    }
}

struct Running {
    setup: Setup,
    stop: Stop,
    task: JoinHandle<()>,
    revision: i64,
    drawn: watch::Sender<Drawn>,
}

/// Detection of all cameras.
pub struct Detect {
    rooms: Arc<Rooms>,
    running: HashMap<CameraId, Running>,
    /// For the workers, which end last.
    end: Stop,
}

impl Detect {
    /// Starts the worker, on the current runtime; with `finder` also the object filter.
    ///
    /// # Errors
    /// Those of the finder.
    pub fn start(
        catalogue: Catalogue,
        hub: Hub,
        clock: SharedClock,
        settings: DetectSettings,
        finder: Option<LoadFinder>,
    ) -> Result<Self> {
        let (tasks, end) = (Tasks::new(), Stop::new());
        let look = |load| Checker::start(load, catalogue.clone(), &tasks, &end);
        let objects = finder.map(look).transpose()?;
        let vision = Vision::start(settings.vision.clone(), &clock, &tasks, &end);
        let turns = Semaphore::new(AT_ONCE);
        let rooms = Rooms { catalogue, hub, clock, settings, vision, tasks, objects, turns };
        Ok(Self { rooms: Arc::new(rooms), running: HashMap::new(), end })
    }

    /// Makes pictures of cameras, for as long as this runs.
    pub fn stills(&self) -> Stills {
        Stills(Arc::clone(&self.rooms))
    }

    /// The workers' status.
    pub fn status(&self) -> watch::Receiver<vision::Status> {
        self.rooms.vision.status()
    }

    /// Watches cameras as the catalogue says, until stopped.
    pub async fn run(mut self, stop: Stop) {
        let mut changes = self.rooms.catalogue.changes();
        let mut again = tokio::time::interval(AGAIN);
        again.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut behind = true;
        loop {
            tokio::select! {
                () = stop.wait() => break,
                changed = changes.changed() => if changed.is_err() { break } else { behind = true },
                _ = again.tick() => behind |= self.running.values().any(|running| running.task.is_finished()),
            }
            if behind {
                behind = match self.apply().await {
                    Ok(whole) => !whole,
                    Err(error) => {
                        tracing::warn!(error = %error, "changed cameras wait for detection: the catalogue cannot be read");
                        true
                    }
                };
            }
        }
        let ending: Vec<Running> = self.running.drain().map(|(_, running)| running).collect();
        ending.iter().for_each(|running| running.stop.request());
        for running in ending {
            ended(running).await;
        }
        self.end.request();
        self.rooms.tasks.finished().await;
    }

    /// `false`: not all of it could be done yet.
    async fn apply(&mut self) -> Result<bool> {
        let cameras = self.rooms.catalogue.cameras(Scope::everything()).await?;
        let wanted: HashMap<CameraId, Setup> = cameras
            .iter()
            .filter(|c| c.enabled)
            .filter_map(|c| Some((c.id, Setup::of(c, &self.rooms.settings)?)))
            .collect();
        let over: Vec<CameraId> = self
            .running
            .iter()
            .filter(|(id, now)| wanted.get(id) != Some(&now.setup) || now.task.is_finished())
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            if let Some(running) = self.running.remove(&id) {
                running.stop.request();
                ended(running).await;
            }
            if !wanted.contains_key(&id) {
                self.rooms.hub.motion().remove(id);
            }
        }
        let mut whole = true;
        for (id, setup) in wanted {
            let drawn = self.rooms.catalogue.zones(Scope::everything(), id).await?;
            match self.running.get_mut(&id) {
                Some(running) if running.revision != drawn.revision => {
                    running.revision = drawn.revision;
                    running.drawn.send_replace(Drawn(drawn));
                }
                Some(_) => {}
                None => match self.begin(id, setup, drawn) {
                    Some(running) => drop(self.running.insert(id, running)),
                    None => whole = false,
                },
            }
        }
        Ok(whole)
    }

    /// `None` while the streams are not in the hub.
    fn begin(&self, camera: CameraId, setup: Setup, drawn: CameraZones) -> Option<Running> {
        let rooms = &self.rooms;
        let (stream, main) = (rooms.hub.get(setup.looks_at)?, rooms.hub.get(setup.main)?);
        let stop = Stop::new();
        let album = Album::new(main);
        let darkroom = album.darkroom(Arc::clone(rooms), camera, setup.main);
        let decoder = rooms.vision.stream(setup.looks_at);
        let source = Source { camera, stream, decoder, mode: setup.mode };
        let revision = drawn.revision;
        let drawn = watch::Sender::new(Drawn(drawn));
        let lane = Lane::new(Arc::clone(rooms), source, &drawn.borrow(), album);
        let (watched, pictures) = (lane.run(drawn.subscribe(), stop.clone()), darkroom.run(stop.clone()));
        let task = rooms.tasks.spawn("detect", async move {
            tokio::join!(watched, pictures);
        });
        Some(Running { setup, stop, task, revision, drawn })
    }
}

async fn ended(running: Running) {
    if running.task.await.is_err() {
        tracing::error!("detection of a camera ended in a panic; it begins again");
    }
}
