//! The life of one stream: session after session, for ever, until it is stopped.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use retina::client::SessionGroup;
use tokio::time::Instant;
use tracing::Instrument;

use super::backoff::{Backoff, scatter};
use super::pace::Pacer;
use super::reason;
use super::report;
use super::session::{Ended, Session};
use super::{Deadlines, StreamSource};
use crate::base::{RtspUrl, SharedClock, Stop, StreamKey, Tasks, Ticks};
use crate::hub::{Hub, Limits, ReasonCode, Stream};

/// An outage this long means that nobody still reads what was published before it.
const FORGET_AFTER: Duration = Duration::from_secs(15);

/// Receives streams into the hub. Cheap to clone; clones share what they remember of each stream.
#[derive(Clone)]
pub struct Ingest {
    hub: Hub,
    clock: SharedClock,
    limits: Limits,
    deadlines: Deadlines,
    pacer: Option<Pacer>,
    tasks: Tasks,
    memories: Arc<Mutex<HashMap<StreamKey, Arc<Memory>>>>,
}

/// What outlives the sessions of a stream.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// End of the last unit of picture, in ticks.
    pub(super) end: AtomicI64,
    /// Number of the last run.
    pub(super) run: AtomicU64,
}

impl Memory {
    pub(super) fn last(&self) -> (Ticks, u64) {
        (Ticks(self.end.load(Ordering::Relaxed)), self.run.load(Ordering::Relaxed))
    }
}

impl Ingest {
    /// Publishes into `hub`; rings of new streams get `limits`.
    pub fn new(hub: Hub, clock: SharedClock, limits: Limits) -> Self {
        Self {
            hub,
            clock,
            limits,
            deadlines: Deadlines::default(),
            pacer: None,
            tasks: Tasks::new(),
            memories: Arc::default(),
        }
    }

    /// With other deadlines than the default ones.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// Lets a runtime's pacing know of new streams, so that their handshakes are not slowed.
    #[must_use]
    pub fn with_pacer(mut self, pacer: Pacer) -> Self {
        self.pacer = Some(pacer);
        self
    }

    /// Says up to when a stream is recorded already: its next run will not start before, unless our clock was wrong.
    pub fn recorded_until(&self, key: StreamKey, end: Ticks) {
        self.memory(key).end.fetch_max(end.0, Ordering::Relaxed);
    }

    fn memory(&self, key: StreamKey) -> Arc<Memory> {
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(memories.entry(key).or_default())
    }

    /// Receives one stream until `stop`; then says goodbye to the camera, for at most a second, and leaves the stream
    /// switched off in the hub. Must run on a runtime with I/O and time; ends never by itself.
    pub async fn run_stream(self, source: StreamSource, stop: Stop) {
        let span = tracing::info_span!("stream", stream.key = %source.key, stream.name = %source.name);
        self.sessions(source, stop).instrument(span).await;
    }

    async fn sessions(self, source: StreamSource, stop: Stop) {
        let stream = self.hub.ensure(source.key, self.limits, self.clock.now());
        let memory = self.memory(source.key);
        let group = Arc::new(SessionGroup::default());
        let mut backoff = Backoff::default();
        let mut suspect = false;
        let mut outage: Option<Instant> = None;
        if let Some(pacer) = &self.pacer {
            pacer.hurry();
        }
        report::connecting(&stream, self.clock.now());
        while !stop.requested() {
            let begun = Instant::now();
            let session = Session {
                source: source.clone(),
                stream: Arc::clone(&stream),
                clock: Arc::clone(&self.clock),
                deadlines: self.deadlines,
                memory: Arc::clone(&memory),
                group: Arc::clone(&group),
                pacer: self.pacer.clone(),
                suspect,
            };
            let ended = guarded(&self.tasks, &source.url, session.run(stop.child())).await;
            let Some(reason) = ended.reason else {
                break;
            };
            let code = reason.code;
            self.tell_end(&stream, reason, ended.was_live, &mut outage);
            suspect = code == ReasonCode::BFrames || (suspect && !ended.was_live);
            let random = scatter(source.key.0 as u64 ^ self.clock.now().0 as u64);
            let pause = backoff.pause(code, begun.elapsed(), ended.was_live, random);
            tokio::select! {
                () = stop.wait() => break,
                () = tokio::time::sleep(pause) => {}
            }
            stream.set_status(|s| s.reconnects += 1);
        }
        let goodbye = tokio::time::timeout(self.deadlines.teardown, group.await_teardown()).await;
        if !matches!(goodbye, Ok(Ok(()))) {
            tracing::debug!("the camera did not confirm TEARDOWN");
        }
        report::off(&stream, self.clock.now());
    }

    fn tell_end(
        &self,
        stream: &Stream,
        reason: crate::hub::Reason,
        was_live: bool,
        outage: &mut Option<Instant>,
    ) {
        if was_live || outage.is_none() {
            tracing::warn!(reason = reason.code.name(), "offline: {}", reason.message);
            *outage = Some(Instant::now());
        } else {
            tracing::debug!(reason = reason.code.name(), "still offline: {}", reason.message);
        }
        report::offline(stream, self.clock.now(), reason);
        if outage.is_some_and(|since| since.elapsed() > FORGET_AFTER) {
            stream.clear();
        }
    }
}

/// Runs a session in a task of its own, so that a panic in it ends this session only.
async fn guarded(
    tasks: &Tasks,
    url: &RtspUrl,
    session: impl Future<Output = Ended> + Send + 'static,
) -> Ended {
    let mut task = AbortOnDrop(tasks.spawn("session", session));
    match (&mut task.0).await {
        Ok(ended) => ended,
        Err(error) => {
            tracing::error!(%error, "the session's task failed; it starts again");
            Ended { reason: Some(reason::not_understood(url, reason::Step::Media)), was_live: true }
        }
    }
}

/// Ends the task when the one who waits for it is gone.
struct AbortOnDrop(tokio::task::JoinHandle<Ended>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_the_session_only() {
        let url: RtspUrl = "rtsp://10.0.0.9/main".parse().expect("url");
        let ended = guarded(&Tasks::new(), &url, async { panic!("a mistake of ours") }).await;
        assert!(ended.reason.is_some_and(|r| r.code == ReasonCode::Protocol));
    }

    #[tokio::test]
    async fn who_is_dropped_takes_the_session_along() {
        let url: RtspUrl = "rtsp://10.0.0.9/main".parse().expect("url");
        let tasks = Tasks::new();
        let endless = guarded(&tasks, &url, std::future::pending());
        assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
        tokio::time::timeout(Duration::from_secs(5), tasks.finished()).await.expect("the task is gone");
    }
}
