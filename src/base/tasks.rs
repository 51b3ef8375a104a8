//! Named, tracked tasks and the two stop signals.

use std::future::Future;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// How a task learns that it should end: `soft` = finish what is begun, `hard` = now.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Stop {
    /// Signals that nobody has given yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Signals for a part: it stops with the whole, and can be stopped alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { soft: self.soft.child_token(), hard: self.hard.child_token() }
    }

    /// Asks to finish.
    pub fn request(&self) {
        self.soft.cancel();
    }

    /// Asks to end at once.
    pub fn force(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// True once asked to finish.
    pub fn requested(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Waits for the request to finish.
    pub async fn wait(&self) {
        self.soft.cancelled().await;
    }

    /// Waits for the order to end at once.
    pub async fn wait_forced(&self) {
        self.hard.cancelled().await;
    }
}

/// The tasks of one runtime or one camera.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
}

impl Tasks {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a named task on the current runtime; the name stands in logs of level debug. A panic inside ends this task
    /// only, and the handle says so to whoever supervises it.
    #[expect(clippy::disallowed_methods, reason = "the one place where tasks start")]
    pub fn spawn<F>(&self, name: &'static str, future: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let span = tracing::debug_span!("task", name);
        tokio::spawn(self.tracker.track_future(future.instrument(span)))
    }

    /// Starts a named operating-system thread, for work that blocks.
    ///
    /// # Panics
    /// When the operating system has no thread left at start-up.
    pub fn thread<T: Send + 'static>(
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> std::thread::JoinHandle<T> {
        let builder = std::thread::Builder::new().name(name.to_owned());
        builder.spawn(work).expect("the operating system can start a thread")
    }

    /// Waits until all tasks have ended.
    pub async fn finished(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
