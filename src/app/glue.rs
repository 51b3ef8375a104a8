//! What http asks of rooms that it must not know.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt, join_all};
use serde_json::Value;
use tokio::sync::watch;

use crate::base::{CameraId, CameraNetworks, Error, Result, SharedClock, Stop, Tasks, TimeRange};
use crate::catalogue::{self, CameraZone, Catalogue, Scope, VolumeState, ZoneKind};
use crate::detect;
use crate::http::{self, CheckId, ReplayedEvent, VolumeInfo};
use crate::ingest;
use crate::retention;
use crate::storage::{Space, Volumes};

/// A look at a camera ends within this; what is left of five seconds is for its goodbye and its pictures.
const PROBE_LIMIT: Duration = Duration::from_millis(4200);
/// Cameras on a busy network answer within a second or two.
const DISCOVERY_TIME: Duration = Duration::from_secs(3);
/// A picture that takes longer is left out.
const PICTURE_TIME: Duration = Duration::from_millis(500);
/// How often the volumes are asked for their room.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// The catalogue's word for a transport, in ingest's type.
pub(crate) fn transport(transport: catalogue::Transport) -> ingest::Transport {
    match transport {
        catalogue::Transport::Tcp => ingest::Transport::Tcp,
        catalogue::Transport::Udp => ingest::Transport::Udp,
    }
}

/// Finds cameras and looks at them.
pub(super) struct Prober {
    stills: Option<super::detection::Stills>,
    clock: SharedClock,
    networks: CameraNetworks,
}

impl Prober {
    /// `stills`: who makes pictures, if anybody does.
    pub(super) fn new(
        stills: Option<super::detection::Stills>,
        clock: &SharedClock,
        networks: CameraNetworks,
    ) -> Self {
        Self { stills, clock: Arc::clone(clock), networks }
    }

    async fn stream(&self, stream: ingest::ExaminedStream) -> http::ProbedStream {
        let making = async {
            let picture = stream.picture?;
            self.stills.as_ref()?.of_stranger(&picture).await
        };
        let picture = tokio::time::timeout(PICTURE_TIME, making).await.unwrap_or_default();
        http::ProbedStream {
            kind: stream.kind,
            url: stream.url,
            name: stream.name,
            report: report(stream.report),
            picture,
        }
    }
}

impl http::Probe for Prober {
    fn probe(&self, request: http::ProbeRequest) -> BoxFuture<'_, Result<http::Probed>> {
        let request = ingest::ExamineRequest {
            whereabouts: match request.whereabouts {
                http::Whereabouts::Onvif(url) => ingest::Whereabouts::Onvif(url),
                http::Whereabouts::Streams(main, sub) => ingest::Whereabouts::Streams { main, sub },
            },
            credentials: request.credentials,
            transport: transport(request.transport),
            networks: self.networks.clone(),
        };
        async move {
            let seen = ingest::examine(request, PROBE_LIMIT, &self.clock).await;
            let ok = seen.ok();
            Ok(http::Probed {
                ok,
                make: seen.make,
                model: seen.model,
                streams: join_all(seen.streams.into_iter().map(|stream| self.stream(stream))).await,
                checks: seen.checks.into_iter().map(check).collect(),
            })
        }
        .boxed()
    }

    fn discover(&self) -> BoxFuture<'_, Vec<http::FoundCamera>> {
        async move {
            let found = ingest::discover(ingest::MULTICAST, DISCOVERY_TIME, &self.clock).await;
            let camera =
                |c: ingest::Found| http::FoundCamera { address: c.address, make: c.make, model: c.model };
            found.into_iter().map(camera).collect()
        }
        .boxed()
    }
}

fn check(check: ingest::Check) -> http::Check {
    http::Check {
        id: match check.id {
            "codec" => CheckId::Codec,
            "b_frames" => CheckId::BFrames,
            "size" => CheckId::Size,
            "gop" => CheckId::Gop,
            "fps" => CheckId::Fps,
            "clock" => CheckId::Clock,
            "audio" => CheckId::Audio,
            _ => CheckId::Connect,
        },
        level: match check.level {
            ingest::Level::Ok => http::Level::Ok,
            ingest::Level::Warn => http::Level::Warn,
            ingest::Level::Error => http::Level::Error,
        },
        code: check.code.to_owned(),
        params: check
            .params
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect(),
        message: check.message,
    }
}

fn report(seen: ingest::ProbeReport) -> http::ProbeReport {
    http::ProbeReport {
        ok: seen.ok(),
        codec: seen.codec,
        mime: seen.mime,
        width: seen.width,
        height: seen.height,
        fps: seen.fps,
        gop_ms: seen.gop_ms,
        kbps: seen.kbps,
        audio: seen.audio.is_some(),
        clock_offset_s: seen.clock_offset_s,
        checks: seen.checks.into_iter().map(check).collect(),
    }
}

/// How the volumes do, asked in the background so that no request waits for a disk.
pub(super) struct VolumeReport {
    latest: Arc<RwLock<Vec<VolumeInfo>>>,
    retention: watch::Receiver<retention::Report>,
}

impl VolumeReport {
    pub(super) fn start(
        catalogue: &Catalogue,
        volumes: &Volumes,
        retention: watch::Receiver<retention::Report>,
        tasks: &Tasks,
        stop: &Stop,
    ) -> Self {
        let latest = Arc::new(RwLock::new(Vec::new()));
        let (keep, catalogue, volumes, stop) =
            (Arc::clone(&latest), catalogue.clone(), volumes.clone(), stop.clone());
        tasks.spawn("volume-report", async move {
            let mut pace = tokio::time::interval(ASK_EVERY);
            loop {
                tokio::select! {
                    () = stop.wait() => return,
                    _ = pace.tick() => {}
                }
                let known = catalogue.volumes().await.unwrap_or_default();
                let usage = catalogue.usage(Scope::everything()).await.unwrap_or_default();
                let asked = volumes.clone();
                let work = move || {
                    asked.iter().map(|v| (v.id(), (v.space().ok(), v.is_suspect()))).collect::<Vec<_>>()
                };
                let Ok(spaces) = tokio::task::spawn_blocking(work).await else { continue };
                let info = |v: &catalogue::Volume| {
                    let there = spaces.iter().find(|(id, _)| *id == v.id).map(|(_, there)| *there);
                    let space = there.and_then(|(space, _)| space);
                    let used: i64 = usage.iter().filter(|u| u.volume == v.id).map(|u| u.bytes).sum();
                    VolumeInfo {
                        id: v.id,
                        path: v.path.clone(),
                        state: if v.state == VolumeState::Retired { v.state } else { state(there) }.name(),
                        budget_bytes: v.budget_bytes.and_then(|b| u64::try_from(b).ok()),
                        used_bytes: u64::try_from(used).unwrap_or(0),
                        free_bytes: space.map_or(0, |s| s.free),
                        reserve_bytes: 0,
                        trouble: None,
                    }
                };
                *keep.write().unwrap_or_else(PoisonError::into_inner) = known.iter().map(info).collect();
            }
        });
        Self { latest, retention }
    }
}

/// `there`: its room, when the disk told it, and whether files fail on it; `None`: it is not there.
fn state(there: Option<(Option<Space>, bool)>) -> VolumeState {
    match there {
        None => VolumeState::Absent,
        Some((None, _) | (_, true)) => VolumeState::Suspect,
        Some(_) => VolumeState::Ok,
    }
}

impl http::Volumes for VolumeReport {
    fn volumes(&self) -> Vec<VolumeInfo> {
        let mut volumes = self.latest.read().unwrap_or_else(PoisonError::into_inner).clone();
        // The newest word: an alarm must not wait for the next look at the disks.
        let report = self.retention.borrow();
        for volume in &mut volumes {
            if let Some(kept) = report.volumes.iter().find(|kept| kept.id == volume.id) {
                volume.reserve_bytes = kept.reserve_bytes;
                volume.trouble = kept.trouble.map(retention::Trouble::name);
            }
        }
        volumes
    }

    fn clock_doubt(&self) -> Option<&'static str> {
        self.retention.borrow().doubt.map(retention::Doubt::name)
    }
}

/// Tries zones on the stored cells.
pub(super) struct Replayer(pub(super) Catalogue);

impl crate::http::ZoneReplay for Replayer {
    fn replay(
        &self,
        camera: CameraId,
        zones: Vec<CameraZone>,
        range: TimeRange,
    ) -> BoxFuture<'_, Result<Vec<ReplayedEvent>>> {
        async move {
            let seconds = self.0.activity(Scope::everything(), camera, range).await?;
            let work = move || {
                let (drawn, _) = detect::zones(&zones);
                // Places among the alert zones, and among all that were given.
                let given: Vec<usize> =
                    (0..zones.len()).filter(|&n| zones[n].kind == ZoneKind::Alert).collect();
                let events = detect::replay(drawn, seconds.iter().map(|second| (second.at, second.cells)));
                let told = events.into_iter().map(|(event, peak)| ReplayedEvent {
                    range: TimeRange::new(event.start, event.end),
                    peak,
                    zones: event.zones.iter().filter_map(|&zone| given.get(zone).copied()).collect(),
                });
                told.collect()
            };
            let done = tokio::task::spawn_blocking(work).await;
            done.map_err(|e| Error::internal("trying zones ended in a panic").because(e))
        }
        .boxed()
    }
}
