//! One stream's recorder: hub → segmenter → storage → catalogue.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::{Notify, watch};

use super::adoption;
use super::cause;
use super::future::Future;
use super::ledger::Ledger;
use super::sealing::OpenSegment;
use super::segmenter::{Segmenter, Step};
use crate::base::{
    CameraId, DatabaseId, Kind, Result, SegmentId, SharedClock, Stop, StreamId, StreamKey, StreamKind,
    TICKS_PER_SECOND, Tasks, Ticks,
};
use crate::catalogue::{Camera, Catalogue, GapCause, NewSegment, Stream};
use crate::hub::{Hub, Item, Start, State, StreamStatus, Subscription};
use crate::media::{AccessUnit, FileHeader, Parameters, ParametersHash, file_init};
use crate::storage::Volumes;

/// Which stream, and what its files say of it.
#[derive(Clone, Debug)]
pub struct RecordedStream {
    /// Local key.
    pub key: StreamKey,
    /// Public id.
    pub id: StreamId,
    /// Which encoding.
    pub kind: StreamKind,
    /// Whose.
    pub camera: CameraId,
    /// The camera's name, for the files.
    pub camera_name: String,
    /// Volume group that receives the footage.
    pub group: String,
    /// When the stream was added: there is nothing to account for before.
    pub since: Ticks,
}

impl RecordedStream {
    /// A camera's stream, which is accounted for from `since` on when it has no footage yet.
    pub fn new(camera: &Camera, stream: &Stream, since: Ticks) -> Self {
        Self {
            key: stream.key,
            id: stream.id,
            kind: stream.kind,
            camera: camera.id,
            camera_name: camera.name.clone(),
            group: stream.group.clone(),
            since,
        }
    }
}

/// What all recorders share.
#[derive(Clone)]
pub struct Recorder {
    catalogue: Catalogue,
    volumes: Volumes,
    hub: Hub,
    clock: SharedClock,
    database: DatabaseId,
    full: Arc<Notify>,
}

impl Recorder {
    /// Records into the given volumes and catalogue.
    pub fn new(catalogue: Catalogue, volumes: Volumes, hub: Hub, clock: SharedClock) -> Self {
        let database = catalogue.database();
        Self { catalogue, volumes, hub, clock, database, full: Arc::default() }
    }

    /// Notifies when a volume has no room.
    #[must_use]
    pub fn calling_when_full(mut self, full: Arc<Notify>) -> Self {
        self.full = full;
        self
    }

    /// Records a stream of the hub until stopped; then seals what is open, and when its row is on its way returns the
    /// instant up to which the stream is accounted for.
    /// Subscribes before its first wait, so that a session begun after this call's first poll loses no picture.
    ///
    /// # Errors
    /// When the catalogue cannot be read at the beginning, or the hub does not have the stream.
    pub async fn run_stream(self, stream: RecordedStream, stop: Stop) -> Result<Ticks> {
        let hub =
            self.hub.get(stream.key).ok_or_else(|| crate::base::Error::internal("the hub lacks a stream"))?;
        let subscription = hub.subscribe(Start::NewestKey);
        let status = hub.status();
        let now = self.clock.now();
        let ledger = Ledger::begin(self.catalogue.clone(), stream.key, stream.since, now).await?;
        let mut work = Work {
            segmenter: Segmenter::new(stream.key),
            shared: self,
            stream,
            ledger,
            open: None,
            parameters_put: None,
            sealing: Tasks::new(),
            interrupted: None,
            future: Future::default(),
        };
        work.run(subscription, status, stop).await;
        work.ledger.end();
        work.sealing.finished().await;
        // A gap that lasts is one up to now.
        let lasting = (!work.ledger.is_silent()).then(|| work.shared.clock.now());
        Ok(lasting.max(Some(work.ledger.accounted())).unwrap_or_default())
    }
}

struct Work {
    shared: Recorder,
    stream: RecordedStream,
    segmenter: Segmenter,
    ledger: Ledger,
    open: Option<OpenSegment>,
    parameters_put: Option<ParametersHash>,
    sealing: Tasks,
    /// Why a file could not go on, told once; `None` once a file came to its end.
    interrupted: Option<String>,
    future: Future,
}

impl Work {
    async fn run(
        &mut self,
        mut subscription: Subscription,
        mut status: watch::Receiver<StreamStatus>,
        stop: Stop,
    ) {
        let mut stopped = pin!(stop.wait());
        loop {
            tokio::select! {
                biased;
                item = subscription.next() => {
                    let Some(item) = item else { break };
                    self.item(item).await;
                    // Several units come of one look at the socket; waiting for each is what costs.
                    while let Some(item) = subscription.try_next() {
                        self.item(item).await;
                    }
                }
                changed = status.changed() => {
                    let now = status.borrow_and_update().clone();
                    if changed.is_err() {
                        break;
                    }
                    // What was published before the change is still to be read.
                    if subscription.behind() == 0 {
                        self.status(&now);
                    }
                },
                () = &mut stopped => break,
            }
            self.open.iter_mut().for_each(|open| open.look(&self.shared.catalogue));
            self.notice_failure();
        }
        while let Some(Item::Unit(unit)) = subscription.try_next() {
            let steps = self.segmenter.push(unit);
            self.take(steps);
        }
        let steps = self.segmenter.finish();
        self.take(steps);
    }

    async fn item(&mut self, item: Item) {
        match item {
            Item::Unit(unit) => {
                // A second session's first picture is recorded already.
                if unit.start < self.ledger.accounted() && !self.goes_back(&unit).await {
                    return;
                }
                if let Some(there) = self.future.in_the_way(&unit) {
                    let steps = self.segmenter.finish_until(there.from);
                    self.take(steps);
                    self.ledger.pass(there);
                    return;
                }
                let steps = self.segmenter.push(unit);
                self.take(steps);
            }
            Item::Missed(units) => {
                tracing::warn!(stream.id = %self.stream.id, units, "the recorder was late");
                self.pause(GapCause::RecorderLate);
            }
        }
    }

    /// Our clock was set back, and there is room for this unit: recording goes on before what is accounted for.
    async fn goes_back(&mut self, unit: &AccessUnit) -> bool {
        if !self.future.is_news(unit, self.ledger.accounted()) {
            return false;
        }
        let steps = self.segmenter.finish();
        self.take(steps);
        let (stream, accounted) = (self.stream.key, self.ledger.accounted());
        match self.future.look(&self.shared.catalogue, stream, unit, accounted).await {
            Ok(Some(back)) => {
                tracing::warn!(stream.id = %self.stream.id, ahead_s = (accounted - unit.start) / TICKS_PER_SECOND, "our clock was set back: recording goes on at the new time");
                self.ledger.go_back(back.from, back.before);
                unit.start >= back.from
            }
            Ok(None) => {
                tracing::warn!(stream.id = %self.stream.id, "our clock was set back: this time is recorded already");
                false
            }
            Err(error) => {
                tracing::warn!(stream.id = %self.stream.id, error = %error, "our clock was set back, and the catalogue cannot be read: nothing is recorded until it can");
                false
            }
        }
    }

    /// The stream is not live: what is recorded ends here.
    fn status(&mut self, status: &StreamStatus) {
        match status.state {
            // May pass within the silence limit; then nothing was lost, the camera only paused.
            State::Live | State::Stalled => {}
            // Whoever switched it off knows whether that is for the user or the end of the service.
            State::Off => {
                let steps = self.segmenter.finish();
                self.take(steps);
            }
            // The first session is on its way.
            State::Connecting if self.open.is_none() && self.ledger.is_silent() => {}
            State::Connecting | State::Offline => self.pause(cause::of(status)),
        }
    }

    fn pause(&mut self, cause: GapCause) {
        let steps = self.segmenter.finish();
        self.take(steps);
        self.ledger.missing(cause, self.shared.clock.now());
    }

    fn take(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Begin { start, run, parameters } => self.begin(start, run, &parameters),
                Step::Fragment(fragment) => {
                    if let Some(open) = &mut self.open
                        && let Err(error) = open.append(fragment)
                    {
                        self.give_up(error.kind(), error.message());
                        // What follows was meant for a file that went on.
                        return;
                    }
                }
                Step::End(end) => {
                    if let Some(open) = self.open.take() {
                        if self.interrupted.take().is_some() {
                            tracing::info!(stream.id = %self.stream.id, "recording goes on");
                        }
                        self.ledger.footage_to(end);
                        open.seal(end, &self.shared.catalogue, &self.sealing);
                    }
                }
            }
            if self.notice_failure() {
                return;
            }
        }
    }

    /// Gives the file up when it has failed.
    fn notice_failure(&mut self) -> bool {
        let failed = self.open.as_ref().and_then(OpenSegment::failed);
        if let Some((kind, message)) = &failed {
            self.give_up(*kind, message);
        }
        failed.is_some()
    }

    fn begin(&mut self, start: Ticks, run: u64, parameters: &Arc<Parameters>) {
        match self.create(start, run, parameters) {
            Ok(open) => {
                self.ledger.footage_from(start);
                self.open = Some(open);
            }
            Err(error) => self.give_up(error.kind(), error.message()),
        }
    }

    fn create(&mut self, start: Ticks, run: u64, parameters: &Arc<Parameters>) -> Result<OpenSegment> {
        let Recorder { catalogue, volumes, clock, database, .. } = &self.shared;
        let volume = volumes.choose(&self.stream.group)?;
        let segment = SegmentId::fresh(clock.now());
        let header = FileHeader {
            database: *database,
            camera: self.stream.camera,
            camera_name: self.stream.camera_name.clone(),
            stream: self.stream.id,
            kind: self.stream.kind,
            segment,
            start,
            run,
            codecs: (
                parameters.video.codec_string.clone(),
                parameters.audio.as_ref().map(|a| a.codec_string.clone()),
            ),
        };
        let init = file_init(parameters, &header);
        let new = NewSegment {
            id: segment,
            stream: self.stream.key,
            start,
            volume: volume.id(),
            run: run as i64,
            parameters_hash: parameters.hash,
            first_offset: init.len() as i64,
        };
        let writer = volume.create(self.stream.id, segment, init)?;
        if self.parameters_put != Some(parameters.hash) {
            catalogue.put_parameters(adoption::parameters(parameters));
            self.parameters_put = Some(parameters.hash);
        }
        catalogue.begin_segment(new.clone());
        Ok(OpenSegment::new(new, (volume.clone(), self.stream.id), writer))
    }

    /// The file in progress cannot go on: keep what is in it, note the gap, try again at the next random access point.
    fn give_up(&mut self, kind: Kind, message: &str) {
        // It is tried again at every random access point; that is not worth a line each.
        if self.interrupted.as_deref() == Some(message) {
            tracing::debug!(stream.id = %self.stream.id, reason = message, "recording is still interrupted");
        } else {
            tracing::error!(stream.id = %self.stream.id, reason = message, "recording is interrupted");
            self.interrupted = Some(message.to_owned());
        }
        self.segmenter.abandon();
        if let Some(open) = self.open.take() {
            let end = open.written_end();
            self.ledger.footage_to(end);
            open.seal(end, &self.shared.catalogue, &self.sealing);
        }
        self.ledger.missing(cause::of_failure(kind), self.shared.clock.now());
        if kind == Kind::NoSpace {
            self.shared.full.notify_one();
        }
    }
}
