//! One worker over all of its lives: start, serve, bury, wait, again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use super::decoder::{Job, Tally};
use super::keeper::{Keeper, Recipe};
use super::life::{Life, Reason};
use super::pool::Settings;
use super::status::{Left, Status, WorkerState, WorkerStatus};
use super::strikes::{Strikes, Verdict};
use crate::base::{SharedClock, Stop};

/// Units and streams left out that the status names.
const MOST_LEFT: usize = 16;

/// A place for a worker.
pub(super) struct Slot {
    pub(super) number: usize,
    pub(super) settings: Settings,
    pub(super) recipe: Recipe,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) tally: Arc<Tally>,
    pub(super) status: Arc<watch::Sender<Status>>,
    pub(super) clock: SharedClock,
}

impl Slot {
    /// Until `stop`. Units that come while no worker runs wait in the queue, which their credits bound.
    pub(super) async fn run(mut self, stop: Stop) {
        let keeper = Keeper::start(self.recipe.clone());
        let mut book = Book { told: WorkerStatus::default(), strikes: Strikes::default() };
        let mut wait = self.settings.first_wait;
        while !stop.requested() {
            let useful = self.live(&keeper, &mut book, &stop).await;
            // Stopped, or nobody is left who could ask.
            if stop.requested() || self.jobs.is_closed() {
                break;
            }
            if useful {
                wait = self.settings.first_wait;
            }
            book.told.restarts += 1;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.wait() => {}
            }
            if !useful {
                wait = (wait * 2).min(self.settings.longest_wait);
            }
        }
        book.told.state = WorkerState::Stopped;
        self.tell(&mut book, None);
    }

    /// One life; says whether it was of use, so that the next may begin soon.
    async fn live(&mut self, keeper: &Keeper, book: &mut Book, stop: &Stop) -> bool {
        let begun = Instant::now();
        let (process, socket) = match keeper.launch().await {
            Ok(launched) => launched,
            Err(error) => {
                tracing::warn!(worker = self.number, %error, "the vision worker cannot be started");
                book.told.last_end = Some(error.to_string());
                book.told.state = WorkerState::Restarting(self.clock.now());
                self.tell(book, None);
                return false;
            }
        };
        book.told.state = WorkerState::Alive(self.clock.now());
        book.told.pid = Some(process.pid);
        self.tell(book, None);
        let answered = book.told.units;
        let end = match Life::begin(process, socket, &self.settings) {
            Ok(life) => life.run(self, book, stop).await,
            Err(error) => return self.unusable(book, &error),
        };
        book.told.pid = None;
        (book.told.in_flight, book.told.memory, book.told.cpu_share) = (0, 0, 0.0);
        if end.reason == Reason::Stopped {
            return true;
        }
        book.told.last_end = Some(end.how.clone());
        book.told.state = WorkerState::Restarting(self.clock.now());
        tracing::warn!(worker = self.number, end = %end.how, "the vision worker ended and is started again");
        let left = end.died_of.and_then(|(stream, data)| {
            let stream_for = match book.strikes.ended(stream, &data, Instant::now()) {
                Verdict::Again => return None,
                Verdict::SkipUnit => None,
                Verdict::RestStream(rest) => Some(rest),
            };
            tracing::error!(
                stream.key = %stream, unit.bytes = data.len(), rest_s = stream_for.map(|rest| rest.as_secs()),
                "pictures of this stream end the vision worker and are left out; look at the camera"
            );
            Some(Left { stream, at: self.clock.now(), bytes: data.len(), stream_for })
        });
        self.tell(book, left);
        book.told.units > answered && begun.elapsed() > self.settings.first_wait * 5
    }

    fn unusable(&self, book: &mut Book, error: &std::io::Error) -> bool {
        // Dropped, it reads the end of its input and ends.
        book.told.pid = None;
        book.told.last_end = Some(error.to_string());
        book.told.state = WorkerState::Restarting(self.clock.now());
        self.tell(book, None);
        false
    }

    /// Publishes this worker's part.
    pub(super) fn tell(&self, book: &mut Book, left: Option<Left>) {
        book.told.decoders = self.tally.decoders.load(Ordering::Relaxed);
        book.told.busy = self.tally.busy.load(Ordering::Relaxed);
        self.status.send_modify(|status| {
            status.workers[self.number].clone_from(&book.told);
            status.left.extend(left);
            let surplus = status.left.len().saturating_sub(MOST_LEFT);
            status.left.drain(..surplus);
        });
    }
}

/// What outlives a worker's life.
pub(super) struct Book {
    pub(super) told: WorkerStatus,
    pub(super) strikes: Strikes,
}
