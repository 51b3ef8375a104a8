//! The runtime that all sessions and recorders share: one thread, and a pace.
//!
//! Most of what a camera costs is not its bytes but being woken for them: 19 main streams wake a thread 5 000 times a
//! second. So, while nobody watches, the thread sleeps [`UNWATCHED`] before it looks at its sockets again, and one
//! wake-up serves many packets. While somebody watches it sleeps until the watched stream's next picture is due and
//! then looks every [`WATCHED`] until it is there, so that it is shown at once; the streams that nobody watches keep
//! the long pause meanwhile ([`Seat`](super::seat::Seat)).
//! In the first seconds of new streams it does not sleep at all, as a handshake is a row of short waits; a camera that
//! is asked again gets a shorter while of that.
//!
//! The sleep happens where tokio would wait for events (`on_thread_park`): all that is ready has run by then, and what
//! arrives meanwhile is found by the one look that follows. Timers and messages from other threads are late by at
//! most one sleep. A viewer, a new stream and the end wake the thread.
//!
//! What may wait is bounded by who holds it: TCP keeps it in the kernel, whose window grows to hold what comes within
//! a sleep. UDP has a fixed buffer of about a hundred packets, less than one key frame, and what does not fit is lost;
//! so while a session receives by UDP ([`Pacer::attend`]) the short sleep is the only one.

use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::Waker;
use std::thread::Thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::seat::NEVER;
use crate::base::{Error, Kind, Result, Stop, Tasks};
use crate::hub::{Audience, Stream};

/// Pause between looks at the sockets while nobody watches. CPU of 19 mains by pause, nothing else done: none 0.061,
/// 20 ms 0.044, 50 ms 0.036, 100 ms 0.031, 200 ms 0.027, 400 ms 0.025 s per camera-minute. A kill costs what came within
/// a pause, besides the fragment begun; the recorder's fragments are the shorter for it.
pub(super) const UNWATCHED: Duration = Duration::from_millis(200);
/// The same while somebody watches, or while something must not wait.
pub(super) const WATCHED: Duration = Duration::from_millis(2);
/// A picture so late is no longer waited for.
const GIVEN_UP: Duration = Duration::from_secs(1);
/// How long after a new stream there are no pauses.
const HURRY: Duration = Duration::from_secs(2);
/// The same when a known camera is asked again; short, as one that is gone is asked every few seconds for days.
const HURRY_AGAIN: Duration = Duration::from_millis(500);

/// Wakes the ingest thread, and tells it to hurry. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pacer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    audience: Arc<Audience>,
    /// Sessions whose packets must not wait.
    attended: AtomicUsize,
    unwatched: Duration,
    watched: Duration,
    origin: Instant,
    /// Milliseconds since `origin` up to which there are no pauses.
    hurry_until: AtomicU64,
    /// When the sessions' next pictures are due, microseconds since `origin`.
    due: Mutex<Vec<Weak<AtomicU64>>>,
    /// Sessions that leave their sockets alone until the next turn. Not timers: setting one costs a system call.
    resting: Mutex<Vec<Waker>>,
    /// Number of the turn that was called last.
    turn: AtomicU64,
    thread: OnceLock<Thread>,
}

impl Pacer {
    fn new(audience: Arc<Audience>, unwatched: Duration, watched: Duration) -> Self {
        Self(Arc::new(Shared {
            audience,
            attended: AtomicUsize::new(0),
            unwatched,
            watched,
            origin: Instant::now(),
            hurry_until: AtomicU64::new(0),
            due: Mutex::default(),
            resting: Mutex::default(),
            turn: AtomicU64::new(0),
            thread: OnceLock::new(),
        }))
    }

    /// No pauses for the next two seconds.
    pub fn hurry(&self) {
        self.hurry_for(HURRY);
    }

    /// No pauses while a camera is asked again.
    pub(super) fn hurry_again(&self) {
        self.hurry_for(HURRY_AGAIN);
    }

    fn hurry_for(&self, while_: Duration) {
        let until = (self.0.origin.elapsed() + while_).as_millis() as u64;
        self.0.hurry_until.fetch_max(until, Ordering::Relaxed);
        self.wake();
    }

    /// Only short pauses while the answer lives.
    pub(super) fn attend(&self) -> Attention {
        self.0.attended.fetch_add(1, Ordering::Relaxed);
        self.wake();
        Attention(self.clone())
    }

    fn wake(&self) {
        if let Some(thread) = self.0.thread.get() {
            thread.unpark();
        }
    }

    /// Time of the pacer.
    pub(super) fn now(&self) -> Duration {
        self.0.origin.elapsed()
    }

    /// Takes note of a session, for as long as it holds `due`.
    pub(super) fn sit(&self, due: &Arc<AtomicU64>) {
        self.due().push(Arc::downgrade(due));
    }

    fn due(&self) -> MutexGuard<'_, Vec<Weak<AtomicU64>>> {
        self.0.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resting(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.0.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a session that has read everything leaves its socket alone until its turn: not when it is watched itself,
    /// nor when the thread pauses long anyway.
    pub(super) fn lets_rest(&self, stream: &Stream) -> bool {
        self.pauses_shortly() && stream.viewers() == 0
    }

    /// A session rests; it is woken when the turn is no longer the one answered. All have their turn at the same times,
    /// so that one wake-up serves them.
    pub(super) fn rest(&self, session: &Waker) -> u64 {
        self.resting().push(session.clone());
        self.turn()
    }

    /// Number of the turn.
    pub(super) fn turn(&self) -> u64 {
        self.0.turn.load(Ordering::Relaxed)
    }

    /// Called on the ingest thread when it has looked at the sockets: it must have looked, or those who are woken would
    /// not see what has come.
    fn call_turn(&self) {
        let turn = self.now().as_micros() as u64 / self.period();
        if self.0.turn.swap(turn, Ordering::Relaxed) != turn || !self.pauses_shortly() {
            self.resting().drain(..).for_each(Waker::wake);
        }
    }

    fn period(&self) -> u64 {
        self.0.unwatched.as_micros().max(1) as u64
    }

    /// The thread pauses, but not for long.
    fn pauses_shortly(&self) -> bool {
        (self.0.audience.viewers() > 0 || self.attended()) && !self.hurries()
    }

    fn until_turn(&self) -> Duration {
        let period = self.period();
        Duration::from_micros(period - self.now().as_micros() as u64 % period)
    }

    fn attended(&self) -> bool {
        self.0.attended.load(Ordering::Relaxed) > 0
    }

    fn hurries(&self) -> bool {
        (self.now().as_millis() as u64) < self.0.hurry_until.load(Ordering::Relaxed)
    }

    /// How long the thread may sleep now.
    fn pause_now(&self) -> Duration {
        let shared = &self.0;
        if self.hurries() {
            Duration::ZERO
        } else if self.attended() {
            shared.watched
        } else if shared.audience.viewers() == 0 {
            shared.unwatched
        } else {
            self.until_due().min(self.until_turn()).max(shared.watched)
        }
    }

    /// Time until the next picture of a watched stream is due; longest when none is waited for.
    fn until_due(&self) -> Duration {
        let now = self.now().as_micros() as u64;
        let mut next = NEVER;
        self.due().retain(|seat| {
            let due = seat.upgrade().map(|due| due.load(Ordering::Relaxed));
            let waited_for = due.filter(|due| now < due.saturating_add(GIVEN_UP.as_micros() as u64));
            next = next.min(waited_for.unwrap_or(NEVER));
            due.is_some()
        });
        Duration::from_micros(next.saturating_sub(now))
    }

    /// Called on the ingest thread when nothing is left to do.
    fn pause(&self) {
        let pause = self.pause_now();
        if !pause.is_zero() {
            std::thread::park_timeout(pause);
        }
    }
}

/// Packets that must not wait are being received.
#[derive(Debug)]
pub(super) struct Attention(Pacer);

impl Drop for Attention {
    fn drop(&mut self) {
        self.0.0.attended.fetch_sub(1, Ordering::Relaxed);
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
    /// Starts the thread. `audience` is [`Hub::audience`](crate::hub::Hub::audience).
    ///
    /// # Errors
    /// `Io` when the system has no descriptors left.
    pub fn start(audience: Arc<Audience>) -> Result<Self> {
        Self::start_with_pauses(audience, UNWATCHED, WATCHED)
    }

    /// The same with other pauses; none at all when they are zero.
    ///
    /// # Errors
    /// `Io` when the system has no descriptors left.
    pub fn start_with_pauses(
        audience: Arc<Audience>,
        unwatched: Duration,
        watched: Duration,
    ) -> Result<Self> {
        let pacer = Pacer::new(audience, unwatched, watched);
        pacer.hurry();
        let (on_park, on_unpark) = (pacer.clone(), pacer.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .on_thread_park(move || on_park.pause())
            .on_thread_unpark(move || on_unpark.call_turn())
            .build()
            .map_err(|e| Error::io("starting the ingest runtime", e))?;
        let (handle, stop) = (runtime.handle().clone(), Stop::new());
        let (stopped, on_thread) = (stop.clone(), pacer.clone());
        let thread = Tasks::thread("ingest", move || {
            // The thread is new, so nobody has set it before.
            let _ = on_thread.0.thread.set(std::thread::current());
            on_thread.0.audience.wakes(std::thread::current());
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
    use crate::base::{StreamKey, Ticks};
    use crate::hub::{Hub, Limits, Start};

    /// A runtime in the long pause that only somebody's coming ends.
    fn asleep(hub: &Hub) -> IngestRuntime {
        let long = Duration::from_secs(30);
        let runtime =
            IngestRuntime::start_with_pauses(hub.audience(), long, Duration::ZERO).expect("runtime");
        runtime.pacer().0.hurry_until.store(0, Ordering::Relaxed);
        let (done, finished) = std::sync::mpsc::sync_channel(1);
        runtime.spawn("first", async move {
            let _ = done.send(());
        });
        assert!(finished.recv_timeout(Duration::from_secs(5)).is_ok());
        runtime
    }

    /// Work that does not wake the thread itself; tells when it is done.
    fn work_that_waits(runtime: &IngestRuntime) -> std::sync::mpsc::Receiver<()> {
        let (done, finished) = std::sync::mpsc::sync_channel(1);
        let _on_it = runtime.handle().enter();
        Tasks::new().spawn("probe", async move {
            let _ = done.send(());
        });
        finished
    }

    #[test]
    fn a_viewer_ends_the_pause() {
        let hub = Hub::new();
        let runtime = asleep(&hub);
        let stream = hub.ensure(StreamKey(1), Limits::default(), Ticks(0));
        let waiting = work_that_waits(&runtime);
        let viewer = stream.view(Start::NewestKey);
        assert!(waiting.recv_timeout(Duration::from_secs(5)).is_ok());
        drop(viewer);
        assert_eq!(hub.viewers(), 0);
        assert!(runtime.shutdown(Duration::from_secs(5)).is_ok());
    }

    /// A pacer with a watched and an unwatched stream.
    fn beside_a_watched_one() -> (Pacer, Arc<Stream>, Arc<Stream>, crate::hub::Subscription) {
        let hub = Hub::new();
        let stream = |key| hub.ensure(StreamKey(key), Limits::default(), Ticks(0));
        let (watched, unwatched) = (stream(1), stream(2));
        let pacer = Pacer::new(hub.audience(), Duration::from_secs(30), Duration::from_millis(2));
        let viewer = watched.view(Start::NewestKey);
        (pacer, watched, unwatched, viewer)
    }

    #[test]
    fn who_is_not_watched_waits_for_its_turn() {
        let (pacer, watched, unwatched, viewer) = beside_a_watched_one();
        assert!(!pacer.lets_rest(&watched) && pacer.lets_rest(&unwatched));
        pacer.rest(Waker::noop());
        pacer.call_turn();
        assert_eq!(pacer.resting().len(), 1, "the turn has not come");
        pacer.0.turn.store(7, Ordering::Relaxed);
        pacer.call_turn();
        assert!(pacer.resting().is_empty());
        pacer.rest(Waker::noop());
        drop(viewer);
        assert!(!pacer.lets_rest(&unwatched), "the thread itself pauses");
        pacer.call_turn();
        assert!(pacer.resting().is_empty(), "nobody is left behind");
    }

    #[test]
    fn the_thread_sleeps_until_a_picture_is_due() {
        let (pacer, _watched, _unwatched, _viewer) = beside_a_watched_one();
        let watched_pause = |due: Duration| {
            let seat = Arc::new(AtomicU64::new((pacer.now() + due).as_micros() as u64));
            pacer.sit(&seat);
            pacer.pause_now()
        };
        let pause = watched_pause(Duration::from_secs(10));
        assert!(pause > Duration::from_secs(5) && pause <= Duration::from_secs(10), "{pause:?}");
        assert_eq!(watched_pause(Duration::ZERO), Duration::from_millis(2));
        assert!(pacer.pause_now() > Duration::from_millis(2), "the seats are given up");
        assert!(pacer.due().is_empty());
    }

    #[test]
    fn packets_that_must_not_wait_end_the_pause() {
        let runtime = asleep(&Hub::new());
        let attention = runtime.pacer().attend();
        assert!(work_that_waits(&runtime).recv_timeout(Duration::from_secs(5)).is_ok());
        drop(attention);
        assert_eq!(runtime.pacer().0.attended.load(Ordering::Relaxed), 0);
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
