//! Which streams run: follows the catalogue's cameras, and touches only what changed.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::base::{CameraId, CameraNetworks, Error, Result, SharedClock, Stop, StreamKey, Ticks};
use crate::catalogue::{Camera, Catalogue, GapCause, Scope, Stream};
use crate::config::Config;
use crate::http::Restart;
use crate::hub::{Hub, Limits};
use crate::ingest::{Ingest, IngestRuntime, Pacer, StreamSource};
use crate::record::{RecordedStream, Recorder};
use crate::storage::Volumes;

/// The running streams; cheap to clone.
#[derive(Clone)]
pub(super) struct Fleet {
    inner: Arc<Inner>,
}

struct Inner {
    catalogue: Catalogue,
    hub: Hub,
    clock: SharedClock,
    ingest: Ingest,
    recorder: Recorder,
    limits: Limits,
    networks: CameraNetworks,
    runtime: tokio::runtime::Handle,
    pacer: Pacer,
    running: Mutex<HashMap<StreamKey, Running>>,
    restarts: tokio::sync::mpsc::Sender<CameraId>,
    asked: Mutex<tokio::sync::mpsc::Receiver<CameraId>>,
}

/// What failed is tried again after this.
const AGAIN: Duration = Duration::from_secs(1);

/// What a stream runs with; another value means that it begins anew. A new name does not: the files and logs that
/// carry it get it with the next session, and nobody loses footage for a label.
#[derive(Clone, PartialEq, Eq)]
struct Setup {
    camera: CameraId,
    source: (String, Option<(String, String)>, bool),
    recorded: bool,
    group: String,
}

struct Running {
    setup: Setup,
    stop: Stop,
    session: JoinHandle<()>,
    recorder: Option<JoinHandle<Result<Ticks>>>,
}

impl Fleet {
    pub(super) fn new(
        config: &Config,
        catalogue: &Catalogue,
        volumes: &Volumes,
        hub: &Hub,
        clock: &SharedClock,
        runtime: &IngestRuntime,
        full: Arc<tokio::sync::Notify>,
    ) -> Self {
        let limits = Limits { bytes: config.ring_bytes, ..Limits::default() };
        let ingest = Ingest::new(hub.clone(), Arc::clone(clock), limits).with_pacer(runtime.pacer());
        let recorder = Recorder::new(catalogue.clone(), volumes.clone(), hub.clone(), Arc::clone(clock))
            .calling_when_full(full);
        // A restart asked for while sixteen wait is one of them.
        let (restarts, asked) = tokio::sync::mpsc::channel(16);
        let inner = Inner {
            catalogue: catalogue.clone(),
            hub: hub.clone(),
            clock: Arc::clone(clock),
            ingest,
            recorder,
            limits,
            networks: config.camera_networks(),
            runtime: runtime.handle().clone(),
            pacer: runtime.pacer(),
            running: Mutex::default(),
            restarts,
            asked: Mutex::new(asked),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Brings the running streams in line with the catalogue.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub(super) async fn apply(&self) -> Result<()> {
        let cameras = self.inner.catalogue.cameras(Scope::everything()).await?;
        let mut wanted: HashMap<StreamKey, (Setup, &Camera, &Stream)> = HashMap::new();
        for camera in cameras.iter().filter(|c| c.enabled) {
            for stream in &camera.streams {
                wanted.insert(stream.key, (setup(camera, stream), camera, stream));
            }
        }
        let mut running = self.inner.running.lock().await;
        let ended: Vec<StreamKey> = running
            .iter()
            .filter(|(key, now)| wanted.get(key).is_none_or(|(setup, ..)| *setup != now.setup))
            .map(|(key, _)| *key)
            .collect();
        let ended = ended.into_iter().filter_map(|key| {
            let (old, new) = (running.remove(&key)?, wanted.get(&key));
            let unrecorded = new.is_none_or(|(setup, ..)| !setup.recorded);
            Some(self.end_stream(key, old, unrecorded, new.is_none()))
        });
        join_all(ended).await;
        for (key, (setup, camera, stream)) in wanted {
            if let std::collections::hash_map::Entry::Vacant(place) = running.entry(key) {
                place.insert(self.begin_stream(setup, camera, stream));
            }
        }
        Ok(())
    }

    /// Follows changes and restarts until stopped.
    pub(super) async fn follow(self, stop: Stop) {
        let mut changes = self.inner.catalogue.changes();
        let mut asked = self.inner.asked.lock().await;
        let mut failed = false;
        loop {
            tokio::select! {
                () = stop.wait() => return,
                () = tokio::time::sleep(AGAIN), if failed => {}
                changed = changes.changed() => if changed.is_err() { return },
                camera = asked.recv() => if let Some(camera) = camera { self.restart_now(camera).await },
            }
            let applied = self.apply().await;
            failed = applied.is_err();
            if let Err(error) = applied {
                tracing::warn!(error = %error, "changed cameras wait: the catalogue cannot be read");
            }
        }
    }

    /// Ends all streams: sessions say goodbye, recorders seal.
    pub(super) async fn end(&self) {
        let mut running = self.inner.running.lock().await;
        running.values().for_each(|r| r.stop.request());
        self.inner.pacer.hurry();
        join_all(running.drain().map(|(key, old)| self.end_stream(key, old, false, false))).await;
    }

    async fn restart_now(&self, camera: CameraId) {
        let mut running = self.inner.running.lock().await;
        let of_camera: Vec<StreamKey> =
            running.iter().filter(|(_, r)| r.setup.camera == camera).map(|(key, _)| *key).collect();
        let ended = of_camera.into_iter().filter_map(|key| Some((key, running.remove(&key)?)));
        join_all(ended.map(|(key, old)| self.end_stream(key, old, false, false))).await;
    }

    fn begin_stream(&self, setup: Setup, camera: &Camera, stream: &Stream) -> Running {
        let stop = Stop::new();
        let inner = &self.inner;
        // The recorder must find the ring before the first picture is in it.
        inner.hub.ensure(stream.key, inner.limits, inner.clock.now());
        let source = StreamSource {
            key: stream.key,
            name: format!("{} {}", camera.name, stream.kind),
            url: stream.url.clone(),
            credentials: camera.credentials(),
            transport: super::glue::transport(camera.transport),
            networks: inner.networks.clone(),
        };
        let recorded = RecordedStream::new(camera, stream, inner.clock.now());
        let _on_it = inner.runtime.enter();
        let tasks = crate::base::Tasks::new();
        let recorder = setup
            .recorded
            .then(|| tasks.spawn("recorder", keep_recording(inner.recorder.clone(), recorded, stop.clone())));
        let session = tasks.spawn("session", inner.ingest.clone().run_stream(source, stop.clone()));
        inner.pacer.hurry();
        Running { setup, stop, session, recorder }
    }

    /// `unrecorded`: nobody records it from now on; `gone`: nor shows it.
    async fn end_stream(&self, key: StreamKey, old: Running, unrecorded: bool, gone: bool) {
        old.stop.request();
        self.inner.pacer.hurry();
        if old.session.await.is_err() {
            tracing::error!(stream.key = %key, "a session ended in a panic");
        }
        if let Some(recorder) = old.recorder {
            // A disk that hangs must not keep the other cameras from being changed, nor the service from ending.
            match tokio::time::timeout(super::STOP_LIMIT, recorder).await {
                Ok(Ok(Ok(accounted))) if unrecorded => {
                    self.inner.catalogue.open_gap(key, accounted, GapCause::Disabled);
                }
                Ok(Ok(Ok(_))) => {}
                Ok(Ok(Err(error))) => tracing::error!(stream.key = %key, error = %error, "a recorder failed"),
                Ok(Err(_)) => tracing::error!(stream.key = %key, "a recorder ended in a panic"),
                Err(_) => tracing::error!(stream.key = %key, "a recorder does not end: its disk hangs"),
            }
        }
        if gone {
            self.inner.hub.remove(key);
        }
    }
}

/// A recorder that fails, or panics, begins again.
async fn keep_recording(recorder: Recorder, stream: RecordedStream, stop: Stop) -> Result<Ticks> {
    loop {
        let work = recorder.clone().run_stream(stream.clone(), stop.clone());
        let ended = AssertUnwindSafe(work).catch_unwind().await;
        match ended.unwrap_or_else(|_| Err(Error::internal("a recorder ended in a panic"))) {
            Ok(accounted) => return Ok(accounted),
            Err(error) if stop.requested() => return Err(error),
            Err(error) => {
                tracing::error!(stream.id = %stream.id, error = %error, "a recorder failed; it begins again");
            }
        }
        tokio::select! {
            () = stop.wait() => {}
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

impl Restart for Fleet {
    fn restart(&self, camera: CameraId) {
        // Full means that restarts wait already.
        let _ = self.inner.restarts.try_send(camera);
    }
}

fn setup(camera: &Camera, stream: &Stream) -> Setup {
    let credentials = camera.credentials().map(|c| (c.username, c.password.expose().to_owned()));
    let udp = camera.transport == crate::catalogue::Transport::Udp;
    Setup {
        camera: camera.id,
        source: (stream.url.to_string(), credentials, udp),
        recorded: stream.recorded,
        group: stream.group.clone(),
    }
}
