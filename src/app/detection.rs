//! Detection's thread: a runtime of its own, so that looking at pictures never delays a session or an answer.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use tokio::sync::{oneshot, watch};

use crate::base::{Error, Result, SharedClock, Stop, StreamKey, Tasks};
use crate::catalogue::Catalogue;
use crate::config;
use crate::detect::{self, Detect, DetectSettings};
use crate::http::{Still, StillRequest, WorkerInfo};
use crate::hub::{DetectionMode, Hub};
use crate::media::AccessUnit;
use crate::vision;

/// Detection of all cameras, running.
pub(super) struct Detection {
    stills: detect::Stills,
    clock: SharedClock,
    status: watch::Receiver<vision::Status>,
    ended: oneshot::Receiver<()>,
}

impl Detection {
    /// # Errors
    /// `Io` when the system has no descriptors left; `Invalid` when the object filter's model cannot be used.
    pub(super) fn start(
        how: &config::Detect,
        catalogue: &Catalogue,
        hub: &Hub,
        clock: &SharedClock,
        stop: &Stop,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::io("starting detection", e))?;
        let vision = vision::Settings { workers: how.workers, ..vision::Settings::default() };
        let mode = match how.pictures {
            config::Pictures::All => DetectionMode::AllPictures,
            config::Pictures::Sparing => DetectionMode::Sparing,
            config::Pictures::Key => DetectionMode::KeyPictures,
        };
        let settings = DetectSettings { mode, pictures_per_second: how.pictures_per_second, vision };
        let started = {
            let _on_it = runtime.enter();
            Detect::start(catalogue.clone(), hub.clone(), Arc::clone(clock), settings, finder(how))
        };
        let detect = match started {
            Ok(detect) => detect,
            Err(error) => {
                // Waiting for it, as dropping does, is forbidden on the runtime that calls this.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        let (stills, status) = (detect.stills(), detect.status());
        let (ends, ended) = oneshot::channel();
        let stop = stop.clone();
        // Nobody joins it: that it is done is told, and waiting for that must not block the web.
        drop(Tasks::thread("detect", move || {
            runtime.block_on(detect.run(stop));
            // Who waited may have given up.
            let _ = ends.send(());
        }));
        Ok(Self { stills, clock: Arc::clone(clock), status, ended })
    }

    /// Makes pictures for whoever asks.
    pub(super) fn stills(&self) -> Stills {
        Stills { stills: self.stills.clone(), clock: Arc::clone(&self.clock) }
    }

    /// How its workers do.
    pub(super) fn workers(&self) -> Workers {
        Workers(self.status.clone())
    }

    /// Waits until it has stopped, for as long as a stop may take.
    pub(super) async fn ended(self) {
        if tokio::time::timeout(super::STOP_LIMIT, self.ended).await.is_err() {
            tracing::error!("detection does not end");
        }
    }
}

/// What was built in and is wanted. A configuration that wants what was not built in has been refused.
fn finder(how: &config::Detect) -> Option<detect::LoadFinder> {
    #[cfg(feature = "objects")]
    return how.objects.clone().map(|how| Box::new(move || detect::finder(&how)) as detect::LoadFinder);
    #[cfg(not(feature = "objects"))]
    return how.objects.as_ref().and(None);
}

/// How the workers do, for the web.
pub(super) struct Workers(watch::Receiver<vision::Status>);

impl crate::http::Workers for Workers {
    fn workers(&self) -> Vec<WorkerInfo> {
        let info = |worker: &vision::WorkerStatus| WorkerInfo {
            up: matches!(worker.state, vision::WorkerState::Alive(_)),
            restarts: worker.restarts,
            units: worker.units,
            pictures: worker.pictures,
            broken: worker.broken,
            skipped: worker.skipped,
            refused: worker.busy,
            cpu: worker.cpu,
            memory_bytes: worker.memory,
            decoders: worker.decoders,
        };
        self.0.borrow().workers.iter().map(info).collect()
    }
}

/// Pictures for the web.
pub(super) struct Stills {
    stills: detect::Stills,
    clock: SharedClock,
}

impl Stills {
    /// A picture of a stream that is not ours yet; `None` when it cannot be made, which its checks do not depend on.
    pub(super) async fn of_stranger(&self, unit: &Arc<AccessUnit>) -> Option<Still> {
        match self.stills.of_stranger(unit).await {
            Ok(made) => made.map(|jpeg| Still { at: jpeg.at, jpeg: jpeg.file }),
            Err(error) => {
                tracing::debug!(error = %error, "no picture of a camera that is tested");
                None
            }
        }
    }
}

impl crate::http::Stills for Stills {
    fn still(&self, request: StillRequest) -> BoxFuture<'_, Result<Option<Still>>> {
        let StillRequest { camera, width, max_age } = request;
        async move {
            let since = self.clock.now() - max_age;
            let made = self.stills.still(camera, width, since).await?;
            Ok(made.map(|jpeg| Still { at: jpeg.at, jpeg: jpeg.file }))
        }
        .boxed()
    }

    fn recorded(
        &self,
        stream: StreamKey,
        units: Vec<Arc<AccessUnit>>,
        width: Option<u32>,
    ) -> BoxFuture<'_, Result<Option<Still>>> {
        async move {
            let made = self.stills.last_of(stream, &units, width).await?;
            Ok(made.map(|jpeg| Still { at: jpeg.at, jpeg: jpeg.file }))
        }
        .boxed()
    }
}
