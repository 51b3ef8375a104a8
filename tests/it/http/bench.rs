//! A server with everything it needs.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use lanewatch::alert::{Alerts, ExtraRoots, Fault, LocalHosts, Network, Outside, Post, Reply};
use lanewatch::auth::Auth;
use lanewatch::base::{
    CameraId, Cells, EventId, Result, SimClock, Stop, StreamKey, StreamKind, TICKS_PER_SECOND, Tasks, Ticks,
    TimeRange, VolumeId, Zone,
};
use lanewatch::catalogue::{CameraZone, Catalogue, Event, EventKind, NewVolume};
use lanewatch::config::Days;
use lanewatch::http::{
    App, FoundCamera, Limits, Parts, Probe, ProbeReport, ProbeRequest, Probed, ProbedStream, ReplayedEvent,
    Restart, Server, Still, StillRequest, Stills, VolumeInfo, Volumes, Whereabouts, WorkerInfo, Workers,
    ZoneReplay,
};
use lanewatch::hub::Hub;
use lanewatch::media::AccessUnit;
use lanewatch::playback::{ExportLimits, Exports, Playback};
use lanewatch::storage::{ExportFolder, VolumeSpec};
use lanewatch::tls::Tls;
use serde_json::json;
use tokio::task::JoinHandle;

use super::client::Client;

pub(super) const PASSWORD: &str = "con cò bay lả bay la";
/// Begins like a JPEG, which is as far as the recorder looks.
pub(super) const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 7];
pub(super) const NOW: &str = "2026-11-22T15:00:00Z";

pub(super) struct Bench {
    pub(super) address: SocketAddr,
    pub(super) catalogue: Catalogue,
    pub(super) hub: Hub,
    pub(super) clock: Arc<SimClock>,
    pub(super) stop: Stop,
    pub(super) running: JoinHandle<()>,
    pub(super) hands: Arc<Hands>,
    pub(super) volume: VolumeId,
    pub(super) volumes: lanewatch::storage::Volumes,
    /// Made by nobody until a test runs it.
    pub(super) exports: Exports,
    /// Alerts, whose tasks run when a test runs them.
    pub(super) alerts: Alerts,
    /// What left for the outside.
    pub(super) outside: Arc<Outbound>,
    /// Codes are made here, as the service's screen would show them.
    pub(super) auth: Auth,
    /// As `--data` names it.
    pub(super) folder: tempfile::TempDir,
}

/// The way to the outside, which ends here: what was sent, and what is answered.
#[derive(Default)]
pub(super) struct Outbound {
    pub(super) sent: Mutex<Vec<Post>>,
    /// Statuses for the next ones, or why there is none; then 201.
    pub(super) answers: Mutex<VecDeque<Result<u16, Fault>>>,
}

impl Network for Outbound {
    fn post(&self, post: Post) -> BoxFuture<'_, Result<Reply, Fault>> {
        self.sent.lock().expect("lock").push(post);
        let answer = self.answers.lock().expect("lock").pop_front().unwrap_or(Ok(201));
        async { answer.map(|status| Reply { status, ..Reply::default() }) }.boxed()
    }
}

/// Who may see recordings may be told of what is in them.
fn hears(role: &str) -> bool {
    role != "viewer"
}

/// What other rooms were asked for.
#[derive(Default)]
pub(super) struct Hands {
    pub(super) restarted: Mutex<Vec<CameraId>>,
    pub(super) probed: Mutex<Vec<ProbeRequest>>,
    pub(super) found: Mutex<Vec<FoundCamera>>,
    pub(super) volumes: Mutex<Vec<VolumeInfo>>,
    pub(super) replayed: Mutex<Vec<(CameraId, Vec<CameraZone>, TimeRange)>>,
    pub(super) stills: Mutex<Vec<StillRequest>>,
    pub(super) workers: Mutex<Vec<WorkerInfo>>,
}

impl Restart for Hands {
    fn restart(&self, camera: CameraId) {
        self.restarted.lock().expect("lock").push(camera);
    }
}

impl Probe for Hands {
    /// A camera with one stream and a picture, whatever is asked for.
    fn probe(&self, request: ProbeRequest) -> BoxFuture<'_, Result<Probed>> {
        let url = match &request.whereabouts {
            Whereabouts::Onvif(_) => "rtsp://10.0.0.9/asked".parse().expect("address"),
            Whereabouts::Streams(main, _) => main.clone(),
        };
        self.probed.lock().expect("lock").push(request);
        let report = ProbeReport { ok: true, width: Some(1920), ..ProbeReport::default() };
        let picture = Some(Still { at: now(), jpeg: JPEG.into() });
        let main = ProbedStream { kind: StreamKind::Main, url, name: String::new(), report, picture };
        async { Ok(Probed { ok: true, streams: vec![main], ..Probed::default() }) }.boxed()
    }

    fn discover(&self) -> BoxFuture<'_, Vec<FoundCamera>> {
        let found = self.found.lock().expect("lock").clone();
        async { found }.boxed()
    }
}

impl ZoneReplay for Hands {
    /// One event per zone, each as long as the range.
    fn replay(
        &self,
        camera: CameraId,
        zones: Vec<CameraZone>,
        range: TimeRange,
    ) -> BoxFuture<'_, Result<Vec<ReplayedEvent>>> {
        let events = (0..zones.len()).map(|n| ReplayedEvent { range, peak: 288, zones: vec![n] }).collect();
        self.replayed.lock().expect("lock").push((camera, zones, range));
        async { Ok(events) }.boxed()
    }
}

impl Stills for Hands {
    /// Ten seconds old, if that will do.
    fn still(&self, request: StillRequest) -> BoxFuture<'_, Result<Option<Still>>> {
        self.stills.lock().expect("lock").push(request);
        let age = 10 * TICKS_PER_SECOND;
        let still = Still { at: now() - age, jpeg: JPEG.into() };
        async move { Ok((request.max_age >= age).then_some(still)) }.boxed()
    }

    /// Names the pictures that it was given.
    fn recorded(
        &self,
        _: StreamKey,
        units: Vec<Arc<AccessUnit>>,
        width: Option<u32>,
    ) -> BoxFuture<'_, Result<Option<Still>>> {
        let keys = units.iter().filter(|unit| unit.random_access).count();
        let jpeg = format!("{} pictures, {keys} key, {width:?} wide", units.len()).into();
        let still = units.last().map(|last| Still { at: last.start, jpeg });
        async move { Ok(still) }.boxed()
    }
}

impl Workers for Hands {
    fn workers(&self) -> Vec<WorkerInfo> {
        self.workers.lock().expect("lock").clone()
    }
}

impl Volumes for Hands {
    fn volumes(&self) -> Vec<VolumeInfo> {
        self.volumes.lock().expect("lock").clone()
    }

    fn clock_doubt(&self) -> Option<&'static str> {
        None
    }
}

pub(super) fn now() -> Ticks {
    Ticks::parse(NOW).expect("time")
}

impl Bench {
    /// Something moved before a camera, and stopped; its id. Flush before it is read.
    pub(super) fn moved(&self, camera: &str, start: Ticks, ticks: i64) -> String {
        let id = EventId::fresh(start);
        assert!(self.catalogue.end_event(Event {
            id,
            camera: camera.parse().expect("id"),
            kind: EventKind::Motion,
            start,
            seen: start,
            end: Some(start + ticks),
            score: 0.5,
            peak: 9,
            cells: Cells::NONE,
            zones: Vec::new(),
            best: start,
            objects: None,
        }));
        id.to_string()
    }

    pub(super) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(super) async fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        Self::build(limits, folder, SimClock::starting_at(now()), None).await
    }

    /// With certificates that were got before.
    pub(super) async fn build(
        limits: Limits,
        folder: tempfile::TempDir,
        clock: Arc<SimClock>,
        tls: Option<Tls>,
    ) -> Self {
        Self::on(([127, 0, 0, 1], 0).into(), limits, folder, clock, tls).await
    }

    /// On an address that others were told before.
    pub(super) async fn on(
        address: SocketAddr,
        limits: Limits,
        folder: tempfile::TempDir,
        clock: Arc<SimClock>,
        tls: Option<Tls>,
    ) -> Self {
        let (tasks, stop, hub, hands) = (Tasks::new(), Stop::new(), Hub::new(), Arc::new(Hands::default()));
        let path = folder.path().join("catalogue.db");
        let open = Catalogue::open(&path, clock.clone(), Zone::HO_CHI_MINH, &tasks).await;
        let catalogue = open.expect("catalogue");
        let spec =
            VolumeSpec { path: folder.path().join("footage"), group: "default".into(), budget_bytes: None };
        let opened = lanewatch::storage::Volumes::open(vec![spec.clone()], &[], catalogue.database(), now());
        let volumes = opened.expect("volume");
        let volume = volumes.iter().next().expect("one").id();
        let new = NewVolume { id: volume, path: spec.path, group: spec.group, budget_bytes: None };
        catalogue.put_volume(new).await.expect("volume");
        *hands.volumes.lock().expect("lock") = vec![VolumeInfo {
            id: volume,
            path: "/srv/footage".into(),
            state: "ok",
            budget_bytes: Some(400 << 30),
            used_bytes: 100 << 30,
            free_bytes: 500 << 30,
            reserve_bytes: 32 << 30,
            trouble: None,
        }];
        let auth = async || Auth::open(catalogue.clone(), clock.clone()).await.expect("auth");
        let playback = Playback::new(catalogue.clone(), volumes.clone(), hub.clone());
        let exports = Exports::new(
            playback.clone(),
            ExportFolder::open(&folder.path().join("exports")).expect("folder"),
            clock.clone(),
            "Thôn Đông".to_owned(),
            ExportLimits { budget_bytes: 1 << 30, days: 7 },
        );
        let outside = Arc::new(Outbound::default());
        let leaves = Outside {
            local: LocalHosts::new(["push.test".to_owned()]),
            url: "https://thon.example.vn".to_owned(),
            contact: None,
            extra_roots: ExtraRoots::default(),
        };
        let alerts = Alerts::open(catalogue.clone(), clock.clone(), outside.clone(), leaves, hears).await;
        let alerts = alerts.expect("alerts");
        let app = App::new(Parts {
            catalogue: catalogue.clone(),
            hub: hub.clone(),
            playback,
            exports: exports.clone(),
            clock: clock.clone(),
            site_name: "Thôn Đông".to_owned(),
            site_url: None,
            auth: Arc::new(auth().await),
            alerts: alerts.clone(),
            tls,
            https_port: None,
            others_come: true,
            may_be_plain: |peer| peer == IpAddr::from([127, 0, 0, 1]),
            probe: hands.clone(),
            restart: hands.clone(),
            volumes: hands.clone(),
            zone_replay: Some(hands.clone()),
            stills: Some(hands.clone()),
            workers: Some(hands.clone()),
            days: Days::default(),
            started: now(),
            stop: stop.clone(),
        });
        let server = Server::bind(address).await.expect("a free port");
        let server = server.with_limits(limits);
        let address = server.address().expect("address");
        let running = tasks.spawn("http", server.run(app, stop.clone()));
        let auth = auth().await;
        Self {
            address,
            catalogue,
            hub,
            clock,
            stop,
            running,
            hands,
            volume,
            volumes,
            exports,
            alerts,
            outside,
            auth,
            folder,
        }
    }

    /// Somebody who has not signed in.
    pub(super) fn stranger(&self) -> Client {
        Client::new(self.address)
    }

    /// A browser that has signed in with a one-time code.
    pub(super) async fn admin(&self) -> Client {
        let code = self.auth.one_time_code().await.expect("code");
        let mut client = self.stranger();
        let reply = client.post("/api/v1/session", json!({"code": code.expose()})).await;
        assert_eq!(reply.status, 204, "{}", reply.text());
        client
    }

    /// A program with a token.
    pub(super) async fn machine(&self, scopes: &str) -> Client {
        let token = self.auth.add_token("test", scopes).await.expect("token");
        let mut client = self.stranger();
        client.own_page = false;
        client.bearer = Some(token.expose().to_owned());
        client
    }
}
