//! What the routes work with, and what they ask of rooms that they must not know: filled by app.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;
use utoipa::ToSchema;

use super::changes::Changes;
use super::front;
use super::searches::Searches;
use super::serve::Via;
use super::test_pictures::TestPictures;
use super::watched::Watched;
use crate::alert::Alerts;
use crate::auth::Auth;
use crate::base::{
    CameraId, Credentials, Error, Result, RtspUrl, SharedClock, Stop, StreamKey, StreamKind,
    TICKS_PER_SECOND, Ticks, TimeRange, VolumeId, Zone, fresh_uuid,
};
use crate::catalogue::{Camera, CameraZone, Catalogue, Scope, Stream, Transport};
use crate::config::Days;
use crate::hub::Hub;
use crate::media::AccessUnit;
use crate::playback::{Exports, Playback};
use crate::tls::Tls;

/// A file that grows does so at least this often, on any disk that can be worked with.
const LATELY: i64 = 10 * TICKS_PER_SECOND;

/// What app hands over.
pub struct Parts {
    /// The index.
    pub catalogue: Catalogue,
    /// Status of the streams.
    pub hub: Hub,
    /// Footage.
    pub playback: Playback,
    /// Files made of it.
    pub exports: Exports,
    /// Wall time.
    pub clock: SharedClock,
    /// What people call the place, until they say otherwise in the app; may be empty.
    pub site_name: String,
    /// Address that people open, when it is not the one listened on; `https://` makes cookies secure.
    pub site_url: Option<String>,
    /// Who may come in.
    pub auth: Arc<Auth>,
    /// Who is told of what.
    pub alerts: Alerts,
    /// Certificates; `None` when there is no HTTPS, as a proxy stands in front.
    pub tls: Option<Tls>,
    /// Port that HTTPS is to be asked for; `None` = the one of plain HTTP.
    pub https_port: Option<u16>,
    /// Other machines get here: not only loopback is listened on.
    pub others_come: bool,
    /// Whose requests may come in plain although there is HTTPS: this machine's own.
    pub may_be_plain: fn(IpAddr) -> bool,
    /// Looks at a camera.
    pub probe: Arc<dyn Probe>,
    /// Begins a camera's sessions anew.
    pub restart: Arc<dyn Restart>,
    /// How the volumes do.
    pub volumes: Arc<dyn Volumes>,
    /// Tries zones on what has moved; `None` when nobody looks for motion.
    pub zone_replay: Option<Arc<dyn ZoneReplay>>,
    /// Makes pictures of cameras; `None` when nobody does.
    pub stills: Option<Arc<dyn Stills>>,
    /// How the workers do that decode pictures; `None` when nobody looks for motion.
    pub workers: Option<Arc<dyn Workers>>,
    /// How long footage stays where a stream says nothing.
    pub days: Days,
    /// When the service started.
    pub started: Ticks,
    /// Ends what stays open.
    pub stop: Stop,
}

/// Handle to all of it; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>, Searches, TestPictures, Changes, Watched);

impl App {
    /// A handle.
    pub fn new(parts: Parts) -> Self {
        let changes = Changes::new(fresh_uuid(parts.clock.now()));
        Self(Arc::new(parts), Searches::default(), TestPictures::default(), changes, Watched::default())
    }

    pub(super) fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.0.hub
    }

    pub(super) fn playback(&self) -> &Playback {
        &self.0.playback
    }

    pub(super) fn exports(&self) -> &Exports {
        &self.0.exports
    }

    pub(super) fn clock(&self) -> &SharedClock {
        &self.0.clock
    }

    /// Whether a stream's footage is kept: a file of it has grown lately.
    pub(super) fn is_recording(&self, stream: &Stream) -> bool {
        let reaches = self.catalogue().growing().reaches(stream.key);
        stream.recorded && reaches.is_some_and(|end| self.now() - end < LATELY)
    }

    pub(super) fn now(&self) -> Ticks {
        self.0.clock.now()
    }

    /// Zone of the site's days.
    pub(super) fn zone(&self) -> Zone {
        self.0.catalogue.zone()
    }

    /// What the configuration calls the place.
    pub(super) fn configured_name(&self) -> &str {
        &self.0.site_name
    }

    /// What people call the place: in the app, else in the configuration.
    pub(super) async fn site_name(&self) -> String {
        let chosen = self.catalogue().site().await.ok().and_then(|site| site.name);
        chosen.unwrap_or_else(|| self.configured_name().to_owned())
    }

    /// Address that people open, when it is not the one listened on.
    pub(super) fn site_url(&self) -> Option<&str> {
        self.0.site_url.as_deref()
    }

    /// A request came through TLS, ours or that of a proxy: cookies may leave by it only.
    pub(super) fn is_secure(&self, via: Via) -> bool {
        via.tls || self.0.site_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// What a link to a page of ours begins with, for whoever asked by this `Host`.
    pub(super) fn base(&self, via: Via, headers: &HeaderMap) -> String {
        if let Some(url) = self.site_url() {
            return url.to_owned();
        }
        let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
        match self.tls().filter(|_| self.0.others_come).and_then(|_| front::for_others(self, host)) {
            Some(origin) if !via.tls => origin,
            _ => format!("{}://{host}", if via.tls { "https" } else { "http" }),
        }
    }

    /// Certificates; `None` when there is no HTTPS of ours.
    pub(super) fn tls(&self) -> Option<&Tls> {
        self.0.tls.as_ref()
    }

    /// Port that HTTPS is to be asked for; `None` = the one of plain HTTP.
    pub(super) fn https_port(&self) -> Option<u16> {
        self.0.https_port
    }

    pub(super) fn auth(&self) -> &Auth {
        &self.0.auth
    }

    pub(super) fn alerts(&self) -> &Alerts {
        &self.0.alerts
    }

    pub(super) fn probe(&self) -> &dyn Probe {
        &*self.0.probe
    }

    pub(super) fn restart(&self) -> &dyn Restart {
        &*self.0.restart
    }

    pub(super) fn volumes(&self) -> Vec<VolumeInfo> {
        self.0.volumes.volumes()
    }

    pub(super) fn clock_doubt(&self) -> Option<&'static str> {
        self.0.volumes.clock_doubt()
    }

    pub(super) fn zone_replay(&self) -> Option<&dyn ZoneReplay> {
        self.0.zone_replay.as_deref()
    }

    pub(super) fn stills(&self) -> Option<&dyn Stills> {
        self.0.stills.as_deref()
    }

    /// Empty when nobody looks for motion.
    pub(super) fn workers(&self) -> Vec<WorkerInfo> {
        self.0.workers.as_ref().map(|workers| workers.workers()).unwrap_or_default()
    }

    pub(super) fn searches(&self) -> &Searches {
        &self.1
    }

    pub(super) fn test_pictures(&self) -> &TestPictures {
        &self.2
    }

    pub(super) fn watched(&self) -> &Watched {
        &self.4
    }

    pub(super) fn changes(&self) -> &Changes {
        &self.3
    }

    /// Other machines get here.
    pub(super) fn others_come(&self) -> bool {
        self.0.others_come
    }

    /// Whose requests may come in plain although there is HTTPS.
    pub(super) fn may_be_plain(&self, peer: IpAddr) -> bool {
        (self.0.may_be_plain)(peer.to_canonical())
    }

    /// How long footage stays where a stream says nothing.
    pub(super) fn days(&self) -> Days {
        self.0.days
    }

    pub(super) fn started(&self) -> Ticks {
        self.0.started
    }

    pub(super) fn stop(&self) -> &Stop {
        &self.0.stop
    }

    /// The camera with this id or slug, if it may be seen.
    pub(super) async fn camera(&self, scope: &Scope, which: &str) -> Result<Camera> {
        let found = self.0.catalogue.camera(scope, which).await?;
        found.ok_or_else(|| {
            Error::not_found(format!("there is no camera {which:?}; it may have been removed"))
        })
    }
}

/// Finds cameras and looks at them; they need not be in the catalogue.
pub trait Probe: Send + Sync + 'static {
    /// Asks a camera for its streams where they are not given, watches them for some seconds, and says what it saw. A
    /// camera that does not answer is a finding with `ok: false`, not an error. Within 5 s.
    fn probe(&self, request: ProbeRequest) -> BoxFuture<'_, Result<Probed>>;

    /// Asks the networks which cameras there are. Within 5 s.
    fn discover(&self) -> BoxFuture<'_, Vec<FoundCamera>>;
}

/// A camera that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCamera {
    /// Where it can be asked, `http://`.
    pub address: String,
    /// As it calls itself; may be empty.
    pub make: String,
    /// As it calls itself; may be empty.
    pub model: String,
}

/// Begins a camera's sessions anew.
pub trait Restart: Send + Sync + 'static {
    /// Asks for it and returns at once.
    fn restart(&self, camera: CameraId);
}

/// Tries zones on what has moved.
pub trait ZoneReplay: Send + Sync + 'static {
    /// Replays the stored cells of a camera, at most a day of them, and answers the events that there would have been
    /// with these zones, in any order.
    fn replay(
        &self,
        camera: CameraId,
        zones: Vec<CameraZone>,
        range: TimeRange,
    ) -> BoxFuture<'_, Result<Vec<ReplayedEvent>>>;
}

/// An event that there would have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayedEvent {
    /// What it covers, without roll.
    pub range: TimeRange,
    /// Most cells that moved at once.
    pub peak: u32,
    /// Positions of the zones that it was in, among those given.
    pub zones: Vec<usize>,
}

/// Makes pictures of cameras.
pub trait Stills: Send + Sync + 'static {
    /// The newest picture of a camera; `None` when there is none that is young enough. Within some seconds.
    fn still(&self, request: StillRequest) -> BoxFuture<'_, Result<Option<Still>>>;

    /// The last of some recorded pictures of a stream, which begin with a key picture, at most so many pixels wide; `None`
    /// when it is damaged.
    fn recorded(
        &self,
        stream: StreamKey,
        units: Vec<Arc<AccessUnit>>,
        width: Option<u32>,
    ) -> BoxFuture<'_, Result<Option<Still>>>;
}

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StillRequest {
    /// Whose.
    pub camera: CameraId,
    /// Pixels at most; `None` = as the camera sends it.
    pub width: Option<u32>,
    /// An older picture, in ticks, will not do.
    pub max_age: i64,
}

/// A picture of a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Still {
    /// When it was taken.
    pub at: Ticks,
    /// A JPEG file.
    pub jpeg: bytes::Bytes,
}

/// Says how the volumes do.
pub trait Volumes: Send + Sync + 'static {
    /// All of them, in the order of the configuration; from memory.
    fn volumes(&self) -> Vec<VolumeInfo>;

    /// Why the recorder's own clock is doubted, and nothing is deleted for its age: `behind`, `ahead` or `jumped`.
    fn clock_doubt(&self) -> Option<&'static str>;
}

/// Says how the workers do that decode pictures for detection.
pub trait Workers: Send + Sync + 'static {
    /// All of them, in the order of their numbers; from memory.
    fn workers(&self) -> Vec<WorkerInfo>;
}

/// Where a camera is looked for.
#[derive(Clone, Debug)]
pub enum Whereabouts {
    /// Its ONVIF service, which knows its streams.
    Onvif(Url),
    /// The addresses of its streams, main first.
    Streams(RtspUrl, Option<RtspUrl>),
}

/// What to look at.
#[derive(Clone, Debug)]
pub struct ProbeRequest {
    /// Where.
    pub whereabouts: Whereabouts,
    /// What the camera asks for.
    pub credentials: Option<Credentials>,
    /// How RTP travels.
    pub transport: Transport,
}

/// What was found of a camera.
#[derive(Clone, Debug, Default)]
pub struct Probed {
    /// It can be recorded.
    pub ok: bool,
    /// As it says.
    pub make: Option<String>,
    /// As it says.
    pub model: Option<String>,
    /// Main first.
    pub streams: Vec<ProbedStream>,
    /// What concerns all of it.
    pub checks: Vec<Check>,
}

/// One stream of it.
#[derive(Clone, Debug)]
pub struct ProbedStream {
    /// What it is good for.
    pub kind: StreamKind,
    /// Its address.
    pub url: RtspUrl,
    /// As the camera calls it; may be empty.
    pub name: String,
    /// What it sends.
    pub report: ProbeReport,
    /// How it looks; `None` when no picture could be made.
    pub picture: Option<Still>,
}

/// What was seen of a stream. Fields are null as far as the look did not get to them.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ProbeReport {
    /// It can be recorded.
    pub ok: bool,
    /// Codec string (RFC 6381).
    #[schema(required = true)]
    pub codec: Option<String>,
    /// MIME type with codecs.
    #[schema(required = true)]
    pub mime: Option<String>,
    /// Pixels.
    #[schema(required = true)]
    pub width: Option<u32>,
    /// Pixels.
    #[schema(required = true)]
    pub height: Option<u32>,
    /// Pictures a second.
    #[schema(required = true)]
    pub fps: Option<f32>,
    /// Milliseconds between random access points.
    #[schema(required = true)]
    pub gop_ms: Option<u32>,
    /// Kilobits a second.
    #[schema(required = true)]
    pub kbps: Option<f32>,
    /// Sound comes along.
    pub audio: bool,
    /// The camera's wall clock minus ours, in seconds.
    #[schema(required = true)]
    pub clock_offset_s: Option<f64>,
    /// What is good and what is not.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Check {
    /// What.
    pub id: CheckId,
    /// How it is.
    pub level: Level,
    /// Stable name, to be translated.
    pub code: String,
    /// Values for the translation.
    #[schema(value_type = Object)]
    pub params: Map<String, Value>,
    /// The same in English.
    pub message: String,
}

/// What a look at a camera is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckId {
    /// Address, port, user name, password, path.
    Connect,
    /// Coding of the pictures.
    Codec,
    /// Pictures that refer to later ones.
    BFrames,
    /// Width and height, for what the stream is meant for.
    Size,
    /// Distance of random access points.
    Gop,
    /// Pictures a second.
    Fps,
    /// The camera's clock.
    Clock,
    /// Sound.
    Audio,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Fine.
    Ok,
    /// Works; should be looked at.
    Warn,
    /// Does not work.
    Error,
}

/// How a volume does.
#[derive(Clone, Debug)]
pub struct VolumeInfo {
    /// For ever.
    pub id: VolumeId,
    /// Folder.
    pub path: PathBuf,
    /// `ok`, `absent`, `suspect` or `retired`.
    pub state: &'static str,
    /// Bytes of footage it may hold; `None` = what the disk gives.
    pub budget_bytes: Option<u64>,
    /// Bytes of footage it holds.
    pub used_bytes: u64,
    /// Bytes free on its disk.
    pub free_bytes: u64,
    /// Bytes that retention keeps free on its disk; 0 = not known yet.
    pub reserve_bytes: u64,
    /// What retention cannot do there: `nothing_to_delete`, `deleting_fails` or `days_min_broken`.
    pub trouble: Option<&'static str>,
}

/// How a worker does, over all of its lives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkerInfo {
    /// It runs.
    pub up: bool,
    /// How often it had to be started again.
    pub restarts: u64,
    /// Units that it was sent.
    pub units: u64,
    /// Pictures that came out.
    pub pictures: u64,
    /// Units that could not be decoded.
    pub broken: u64,
    /// Units that were left out because they, or their stream, ended the worker.
    pub skipped: u64,
    /// Units that were refused because too many were under way.
    pub refused: u64,
    /// CPU time that it took.
    pub cpu: Duration,
    /// Bytes of memory, while it runs.
    pub memory_bytes: u64,
    /// Streams that it decodes.
    pub decoders: usize,
}
