//! The runtime that all sessions and recorders share: one thread, and a pace.
//!
//! Most of what a camera costs is not its bytes but being woken for them: 19 main streams wake a thread 5 000 times a
//! second. So, while nobody watches, the thread sleeps [`UNWATCHED`] before it looks at its sockets again, and one
//! wake-up serves many packets. While somebody watches it sleeps [`WATCHED`], so that a picture is shown at once.
//! In the first seconds of new streams it does not sleep at all, as a handshake is a row of short waits.
//!
//! The sleep happens where tokio would wait for events (`on_thread_park`): all that is ready has run by then, and what
//! arrives meanwhile is found by the one look that follows. Timers and messages from other threads are late by at
//! most one sleep. A viewer, a new stream and the end wake the thread.

use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::base::{Error, Kind, Result, Stop, Tasks};

/// Pause between looks at the sockets while nobody watches.
pub(super) const UNWATCHED: Duration = Duration::from_millis(20);
/// The same while somebody watches.
pub(super) const WATCHED: Duration = Duration::from_millis(2);
/// How long after a new stream there are no pauses.
const HURRY: Duration = Duration::from_secs(2);

/// Wakes the ingest thread, and tells it to hurry. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pacer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    viewers: Arc<AtomicUsize>,
    unwatched: Duration,
    watched: Duration,
    origin: Instant,
    /// Milliseconds since `origin` up to which there are no pauses.
    hurry_until: AtomicU64,
    thread: OnceLock<Thread>,
}

impl Pacer {
    fn new(viewers: Arc<AtomicUsize>, unwatched: Duration, watched: Duration) -> Self {
        Self(Arc::new(Shared {
            viewers,
            unwatched,
            watched,
            origin: Instant::now(),
            hurry_until: AtomicU64::new(0),
            thread: OnceLock::new(),
        }))
    }

    /// Somebody begins to watch: the pause that may be going on ends now.
    pub fn viewer_appeared(&self) {
        self.wake();
    }

    /// No pauses for the next two seconds.
    pub fn hurry(&self) {
        let until = (self.0.origin.elapsed() + HURRY).as_millis() as u64;
        self.0.hurry_until.fetch_max(until, Ordering::Relaxed);
        self.wake();
    }

    fn wake(&self) {
        if let Some(thread) = self.0.thread.get() {
            thread.unpark();
        }
    }

    /// Called on the ingest thread when nothing is left to do.
    fn pause(&self) {
        let shared = &self.0;
        let now = shared.origin.elapsed().as_millis() as u64;
        if now < shared.hurry_until.load(Ordering::Relaxed) {
            return;
        }
        let pause =
            if shared.viewers.load(Ordering::Relaxed) > 0 { shared.watched } else { shared.unwatched };
        if !pause.is_zero() {
            std::thread::park_timeout(pause);
        }
    }
}

/// The ingest thread with its runtime.
#[derive(Debug)]
pub struct IngestRuntime {
    handle: Handle,
    pacer: Pacer,
    tasks: Tasks,
    stop: Stop,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl IngestRuntime {
    /// Starts the thread. `viewers` is [`Hub::viewer_count`](crate::hub::Hub::viewer_count).
    ///
    /// # Errors
    /// `Io` when the system has no descriptors left.
    pub fn start(viewers: Arc<AtomicUsize>) -> Result<Self> {
        Self::start_with_pauses(viewers, UNWATCHED, WATCHED)
    }

    /// The same with other pauses; none at all when they are zero.
    ///
    /// # Errors
    /// `Io` when the system has no descriptors left.
    pub fn start_with_pauses(
        viewers: Arc<AtomicUsize>,
        unwatched: Duration,
        watched: Duration,
    ) -> Result<Self> {
        let pacer = Pacer::new(viewers, unwatched, watched);
        pacer.hurry();
        let on_park = pacer.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .on_thread_park(move || on_park.pause())
            .build()
            .map_err(|e| Error::io("starting the ingest runtime", e))?;
        let (handle, stop) = (runtime.handle().clone(), Stop::new());
        let (stopped, on_thread) = (stop.clone(), pacer.clone());
        let thread = Tasks::thread("ingest", move || {
            // The thread is new, so nobody has set it before.
            let _ = on_thread.0.thread.set(std::thread::current());
            runtime.block_on(stopped.wait());
            runtime.shutdown_timeout(Duration::from_millis(200));
        });
        Ok(Self { handle, pacer, tasks: Tasks::new(), stop, thread: Some(thread) })
    }

    /// Starts a task on the ingest thread.
    pub fn spawn<F>(&self, name: &'static str, future: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let _on_it = self.handle.enter();
        let task = self.tasks.spawn(name, future);
        self.pacer.wake();
        task
    }

    /// The runtime, for those who spawn by themselves.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// For whoever learns of viewers or new streams.
    pub fn pacer(&self) -> Pacer {
        self.pacer.clone()
    }

    /// Waits up to `deadline` for the tasks to end, then ends the thread with what is left. Ask the tasks to stop
    /// first. Blocks; not to be called on the ingest thread.
    ///
    /// # Errors
    /// `Timeout` when tasks had to be cut off.
    pub fn shutdown(mut self, deadline: Duration) -> Result<()> {
        self.pacer.hurry();
        let tasks = self.tasks.clone();
        let (done, finished) = std::sync::mpsc::sync_channel(1);
        let _on_it = self.handle.enter();
        let waiter = self.tasks_outside().spawn("ingest-shutdown", async move {
            tasks.finished().await;
            // Whoever waits may have given up.
            let _ = done.send(());
        });
        self.pacer.wake();
        let in_time = finished.recv_timeout(deadline).is_ok();
        waiter.abort();
        self.end_thread();
        if in_time {
            Ok(())
        } else {
            Err(Error::new(Kind::Timeout, "recordings were cut off: tasks did not end in time"))
        }
    }

    /// The waiter must not wait for itself.
    fn tasks_outside(&self) -> Tasks {
        Tasks::new()
    }

    fn end_thread(&mut self) {
        self.stop.force();
        self.pacer.wake();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was logged where it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for IngestRuntime {
    fn drop(&mut self) {
        self.end_thread();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_ends_the_pause() {
        let viewers = Arc::new(AtomicUsize::new(0));
        let long = Duration::from_secs(30);
        let runtime =
            IngestRuntime::start_with_pauses(Arc::clone(&viewers), long, Duration::ZERO).expect("runtime");
        let pacer = runtime.pacer();
        pacer.0.hurry_until.store(0, Ordering::Relaxed);
        viewers.store(1, Ordering::Relaxed);
        pacer.viewer_appeared();
        let (done, finished) = std::sync::mpsc::sync_channel(1);
        runtime.spawn("probe", async move {
            let _ = done.send(());
        });
        assert!(finished.recv_timeout(Duration::from_secs(5)).is_ok());
        assert!(runtime.shutdown(Duration::from_secs(5)).is_ok());
    }

    #[test]
    fn tasks_that_do_not_end_are_cut_off() {
        let runtime = IngestRuntime::start(Arc::default()).expect("runtime");
        runtime.spawn("stubborn", std::future::pending::<()>());
        let error = runtime.shutdown(Duration::from_millis(50)).expect_err("it must give up");
        assert_eq!(error.kind(), Kind::Timeout);
    }
}
