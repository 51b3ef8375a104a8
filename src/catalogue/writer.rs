//! The one writer: a task with the only writing connection, fed by a bounded queue.
//!
//! Commands are done in the order they were given, many to a transaction. One that fails by its own fault is undone
//! alone (savepoint) and its asker hears why. When the store fails or another program holds the lock, the whole
//! batch is tried again for ever, while later commands wait in memory; nobody who did not ask for an answer waits.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

use super::growing::Growing;
use super::open::connect_writer;
use super::sql::{failed, is_store_failure, statements};
use super::vault::Vault;
use super::watch::Announcer;
use super::{ballast, boot, housekeeping};
use crate::base::{Error, Kind, Result, SharedClock, Ticks, Zone};

/// Commands that may wait: 19 cameras make two a second, so an outage of hours fits; at 1 KiB each it is 64 MiB.
pub(super) const QUEUE: usize = 65_536;
/// Commands of one transaction at most: keeps it under about 100 ms.
const BATCH: usize = 512;
/// How long a command without asker may wait for company: one fsync then serves many.
const LINGER: Duration = Duration::from_millis(100);
/// The same for a patient command ([`Change::PATIENT`]). A transaction of one segment writes eight pages of 8 KiB to the
/// log; those that meet share half of them, and 19 cameras begin a segment every three seconds.
const LONG_LINGER: Duration = Duration::from_secs(5);
/// Pause before a failed batch is tried again; a lock has been waited for already (busy timeout).
const RETRY: Duration = Duration::from_millis(200);
/// How often housekeeping looks whether something is due.
const TICK: Duration = Duration::from_secs(60);

statements! {
    BEGIN = "begin immediate";
    COMMIT = "commit";
    ROLLBACK = "rollback";
    SAVEPOINT = "savepoint command";
    RELEASE = "release command";
    UNDO = "rollback to command";
}

/// What a command works with.
pub(super) struct Write {
    /// The only writing connection, inside a transaction.
    pub(super) conn: SqliteConnection,
    /// Wall clock of this transaction.
    pub(super) now: Ticks,
    /// For local days.
    pub(super) zone: Zone,
    /// This start of the service; 0 for tools.
    pub(super) boot: i64,
    /// Set by commands that change cameras or streams: watchers are told after the commit.
    pub(super) configuration_changed: bool,
    /// Set by what writes to the outbox: who follows it is told after the commit.
    pub(super) told: bool,
    /// Seals cameras' passwords.
    pub(super) vault: Arc<Vault>,
}

/// One command. It may run more than once (after a failed commit), so it must not change itself.
pub(super) trait Change: Send + Sync + 'static {
    /// What the asker gets.
    type Answer: Send + 'static;
    /// For logs.
    const NAME: &'static str;
    /// True when a crash before it is written takes nothing, as the files tell the same, and nobody misses the row.
    const PATIENT: bool = false;

    /// Does it, inside the writer's transaction.
    fn apply(&self, w: &mut Write) -> impl Future<Output = Result<Self::Answer>> + Send;

    /// Called once, when the change is on disk or was refused.
    fn settled(&self, _growing: &Growing) {}
}

type Work<'a> = Pin<Box<dyn Future<Output = Result<bool>> + Send + 'a>>;

/// A command in the queue, whatever its type.
trait Job: Send {
    fn name(&self) -> &'static str;
    fn is_asked(&self) -> bool;
    /// How long it may wait for company.
    fn patience(&self) -> Duration;
    fn is_abandoned(&self) -> bool;
    /// True: done. False: refused by its own fault. Error: the store failed.
    fn run<'a>(&'a mut self, w: &'a mut Write) -> Work<'a>;
    fn settle(self: Box<Self>, growing: &Growing, store_failure: Option<Error>);
}

struct Queued<C: Change> {
    change: C,
    reply: Option<oneshot::Sender<Result<C::Answer>>>,
    outcome: Option<Result<C::Answer>>,
}

impl<C: Change> Job for Queued<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn is_asked(&self) -> bool {
        self.reply.is_some()
    }

    fn patience(&self) -> Duration {
        match (self.is_asked(), C::PATIENT) {
            (true, _) => Duration::ZERO,
            (false, false) => LINGER,
            (false, true) => LONG_LINGER,
        }
    }

    fn is_abandoned(&self) -> bool {
        self.reply.as_ref().is_some_and(oneshot::Sender::is_closed)
    }

    fn run<'a>(&'a mut self, w: &'a mut Write) -> Work<'a> {
        Box::pin(async move {
            let outcome = match self.change.apply(w).await {
                Err(e) if is_store_failure(&e) => return Err(e),
                outcome => outcome,
            };
            let done = outcome.is_ok();
            self.outcome = Some(outcome);
            Ok(done)
        })
    }

    fn settle(mut self: Box<Self>, growing: &Growing, store_failure: Option<Error>) {
        self.change.settled(growing);
        let outcome = match (store_failure, self.outcome.take()) {
            (Some(error), _) => Err(error),
            (None, Some(outcome)) => outcome,
            (None, None) => return,
        };
        match (self.reply.take(), outcome) {
            // The asker may have gone meanwhile: then nobody wants to know.
            (Some(reply), outcome) => drop(reply.send(outcome)),
            (None, Err(error)) => {
                tracing::error!(command = C::NAME, error = ?error, "the catalogue refused a change; it is lost");
            }
            (None, Ok(_)) => {}
        }
    }
}

enum Item {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

/// The giving end of the queue.
#[derive(Clone)]
pub(super) struct Queue(mpsc::Sender<Item>);

impl Queue {
    /// A queue and its reading end.
    pub(super) fn new() -> (Self, Receiver) {
        let (tx, rx) = mpsc::channel(QUEUE);
        (Self(tx), Receiver(rx))
    }

    /// Gives a command and goes on. When the queue is full or closed the command is lost, which is logged; what
    /// the files hold can still be adopted from them.
    pub(super) fn tell<C: Change>(&self, change: C) -> bool {
        let job = Box::new(Queued { change, reply: None, outcome: None });
        let lost = self.0.try_send(Item::Job(job)).is_err();
        if lost {
            tracing::error!(
                command = C::NAME,
                waiting = QUEUE,
                "the catalogue's queue is full or closed; a change is lost"
            );
        }
        !lost
    }

    /// Gives a command and waits until it is on disk.
    pub(super) async fn ask<C: Change>(&self, change: C) -> Result<C::Answer> {
        let closed = || Error::new(Kind::Unavailable, "the catalogue is closed; start lanewatch again");
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Queued { change, reply: Some(reply), outcome: None });
        self.0.send(Item::Job(job)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Waits until all that was given before is on disk and the connection is closed.
    pub(super) async fn close(&self) {
        let (reply, done) = oneshot::channel();
        if self.0.send(Item::Close(reply)).await.is_ok() {
            // An error means that the writer ended by itself: closed as well.
            drop(done.await);
        }
    }

    /// Commands that wait now.
    pub(super) fn waiting(&self) -> usize {
        QUEUE - self.0.capacity()
    }
}

/// The reading end of the queue.
pub(super) struct Receiver(mpsc::Receiver<Item>);

/// The writer task's state.
pub(super) struct Writer {
    pub(super) write: Write,
    pub(super) path: PathBuf,
    pub(super) clock: SharedClock,
    pub(super) growing: Growing,
    pub(super) announcer: Announcer,
    /// The service: retries for ever and keeps house. A tool gives up and tells its caller.
    pub(super) service: bool,
}

impl Writer {
    /// Works until closed, or until the last handle is gone.
    pub(super) async fn run(mut self, mut queue: Receiver) {
        let mut house = housekeeping::House::default();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let closing = loop {
            let first = tokio::select! {
                biased;
                item = queue.0.recv() => item,
                _ = tick.tick(), if self.service => {
                    self.keep_house(&mut house).await;
                    continue;
                }
            };
            let mut batch = Vec::new();
            let closing = match first {
                Some(Item::Job(job)) => {
                    batch.push(job);
                    gather(&mut queue.0, &mut batch).await
                }
                Some(Item::Close(reply)) => Some(Some(reply)),
                None => Some(None),
            };
            self.commit(batch).await;
            if let Some(reply) = closing {
                break reply;
            }
        };
        self.end().await;
        if let Some(reply) = closing {
            // An error means that whoever asked to close has stopped waiting.
            reply.send(()).ok();
        }
    }

    async fn commit(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let mut failures = 0_u32;
        loop {
            if batch.is_empty() {
                return;
            }
            let Err(error) = self.attempt(&mut batch).await else { break };
            // It fails when SQLite has rolled back by itself: the same end.
            drop(sqlx::query(ROLLBACK).execute(&mut self.write.conn).await);
            failures += 1;
            if failures.is_power_of_two() {
                tracing::warn!(error = ?error, failures, commands = batch.len(), "the catalogue cannot be written; trying on");
            }
            let held = error.kind() == Kind::Unavailable;
            if !self.service || !held {
                batch = self.refuse_askers(batch, &error);
            }
            if !held {
                self.reconnect().await;
            }
            tokio::time::sleep(RETRY).await;
        }
        if failures > 0 {
            tracing::info!(failures, "the catalogue can be written again");
        }
        // Watchers first: whoever gets an answer may rely on the tick having been sent.
        if std::mem::take(&mut self.write.configuration_changed) {
            self.announcer.look(&mut self.write.conn).await;
        }
        if std::mem::take(&mut self.write.told) {
            self.announcer.tell_written();
        }
        for job in batch {
            job.settle(&self.growing, None);
        }
    }

    async fn attempt(&mut self, batch: &mut [Box<dyn Job>]) -> Result<()> {
        self.write.configuration_changed = false;
        self.write.told = false;
        self.write.now = self.clock.now();
        self.execute(BEGIN).await?;
        boot::sign_of_life(&mut self.write).await?;
        // Only now: the lock may have taken a while, and a caller who was told "too late" must find no change.
        for job in batch.iter_mut().filter(|job| !job.is_abandoned()) {
            self.execute(SAVEPOINT).await?;
            let name = job.name();
            if !job.run(&mut self.write).await? {
                tracing::debug!(command = name, "undone");
                self.execute(UNDO).await?;
            }
            self.execute(RELEASE).await?;
        }
        self.execute(COMMIT).await
    }

    async fn execute(&mut self, sql: &'static str) -> Result<()> {
        sqlx::query(sql).execute(&mut self.write.conn).await.map(drop).map_err(failed)
    }

    /// Tells those who wait that the store failed. A tool keeps nothing: it has nobody to try on for.
    fn refuse_askers(&self, batch: Vec<Box<dyn Job>>, error: &Error) -> Vec<Box<dyn Job>> {
        let mut kept = Vec::new();
        for job in batch {
            if job.is_asked() || !self.service {
                job.settle(&self.growing, Some(Error::new(error.kind(), error.message())));
            } else {
                kept.push(job);
            }
        }
        kept
    }

    /// A connection that met an input/output error may be unusable: try with a fresh one.
    async fn reconnect(&mut self) {
        match connect_writer(&self.path).await {
            Ok(conn) => {
                let old = std::mem::replace(&mut self.write.conn, conn);
                // It is broken: how closing it ends does not matter.
                drop(old.close().await);
            }
            Err(error) => tracing::debug!(error = ?error, "no fresh connection yet"),
        }
    }

    async fn keep_house(&mut self, house: &mut housekeeping::House) {
        let now = self.clock.now();
        if house.hour_is_due(now) {
            let job = Queued { change: housekeeping::Hourly, reply: None, outcome: None };
            self.commit(vec![Box::new(job)]).await;
        }
        house.keep(&mut self.write.conn, now).await;
        // After the checkpoint, which gives the log's room away.
        let path = self.path.clone();
        if tokio::task::spawn_blocking(move || ballast::keep(&path)).await.is_err() {
            tracing::debug!("no room is kept for the catalogue");
        }
    }

    async fn end(mut self) {
        if self.service {
            let job = Queued { change: boot::End, reply: None, outcome: None };
            self.commit(vec![Box::new(job)]).await;
        }
        if let Err(error) = self.write.conn.close().await {
            tracing::warn!(error = %error, "the catalogue did not close cleanly");
        }
    }
}

/// Adds what is waiting, and what comes until the least patient of them has waited long enough.
/// Some: a request to close came (or all handles are gone) after these commands.
async fn gather(
    queue: &mut mpsc::Receiver<Item>,
    batch: &mut Vec<Box<dyn Job>>,
) -> Option<Option<oneshot::Sender<()>>> {
    let patient_until = |job: &dyn Job| Instant::now() + job.patience();
    let mut until = batch.iter().map(|job| patient_until(job.as_ref())).min()?;
    while batch.len() < BATCH {
        let item = tokio::select! {
            biased;
            item = queue.recv() => item,
            () = tokio::time::sleep_until(until) => return None,
        };
        match item {
            Some(Item::Job(job)) => {
                until = until.min(patient_until(job.as_ref()));
                batch.push(job);
            }
            Some(Item::Close(reply)) => return Some(Some(reply)),
            None => return Some(None),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Idle<const PATIENT: bool>;

    impl<const PATIENT: bool> Change for Idle<PATIENT> {
        type Answer = ();
        const NAME: &'static str = "idle";
        const PATIENT: bool = PATIENT;

        async fn apply(&self, _: &mut Write) -> Result<()> {
            Ok(())
        }
    }

    /// Commands that were gathered behind a first one, and how long that took; the clock of the runtime is simulated.
    async fn gathered(
        first: impl Change,
        give: impl Future<Output = ()>,
        queue: &mut Receiver,
    ) -> (usize, Duration) {
        let mut batch: Vec<Box<dyn Job>> =
            vec![Box::new(Queued { change: first, reply: None, outcome: None })];
        let begun = Instant::now();
        let gathering = async {
            assert!(gather(&mut queue.0, &mut batch).await.is_none());
            begun.elapsed()
        };
        let (took, ()) = tokio::join!(gathering, give);
        (batch.len() - 1, took)
    }

    fn about(duration: Duration) -> std::ops::Range<Duration> {
        duration..duration + Duration::from_millis(10)
    }

    #[tokio::test(start_paused = true)]
    async fn patient_commands_wait_for_company_and_others_do_not() {
        let (giver, mut queue) = Queue::new();
        let (others, waited) = gathered(Idle::<true>, async {}, &mut queue).await;
        assert!(others == 0 && about(LONG_LINGER).contains(&waited), "{waited:?}");
        let (others, waited) = gathered(Idle::<false>, async {}, &mut queue).await;
        assert!(others == 0 && about(LINGER).contains(&waited), "{waited:?}");
        let later = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            giver.tell(Idle::<true>);
            giver.tell(Idle::<false>);
        };
        let (others, waited) = gathered(Idle::<true>, later, &mut queue).await;
        assert!(others == 2 && about(Duration::from_secs(2) + LINGER).contains(&waited), "{waited:?}");
        let asked = async {
            let asking = giver.ask(Idle::<false>);
            // Nobody works here: the question stays open.
            assert!(tokio::time::timeout(Duration::from_secs(1), asking).await.is_err());
        };
        let (others, waited) = gathered(Idle::<true>, asked, &mut queue).await;
        assert!(others == 1 && about(Duration::ZERO).contains(&waited), "{waited:?}");
    }
}
