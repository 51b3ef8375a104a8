//! The motion file: which cells of the picture moved in each second of months, and the pictures of events.
//!
//! It lies beside the catalogue and is an index only: it may be damaged, missing or on a full disk, and recording, the
//! catalogue and its events go on as if nothing were. Therefore it has a writing task of its own ([`store`]), fed by a
//! bounded queue that gives things up rather than keep anybody waiting: one writer for each file.
//!
//! What always holds:
//! - what detection adds is found by readers at once: the running minute is in memory ([`board`]) and laid over the
//!   rows; it is written when it is complete, merged with what is there, so that giving it twice is harmless;
//! - a minute is small ([`pack`], pure), and four hours of them become one row ([`bundle`], pure, and [`bundling`]), with
//!   the part of the picture that each may concern in front of it: a search of a month looks at few rows;
//! - a file that SQLite calls damaged is set aside under another name, a new one is begun, and that is said;
//! - it holds pictures of people: its mode is 0600, or it is not opened.

mod audit;
mod board;
mod bundle;
mod bundling;
#[cfg(test)]
mod layout_tests;
mod pack;
mod picture;
mod read;
mod search;
mod store;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::mpsc;

pub use audit::MotionAudit;
use pack::strength;
pub use picture::{Picture, PictureSize};
pub use read::Activity;
pub use search::{Found, MotionHit, MotionSearch};
use store::Store;
#[cfg(test)]
pub(super) use store::connect;

use crate::base::{CameraId, Cells, Error, Kind, Result, TICKS_PER_SECOND, Ticks, TimeRange};
use board::{Board, Sealed};

/// The same translation of failures as everywhere in the room, with words of this file.
fn failed(error: sqlx::Error) -> Error {
    let error = crate::catalogue::sql::failed(error);
    let kind = error.kind();
    let what = match kind {
        Kind::Unavailable => "is held by another program; try again",
        Kind::NoSpace => "cannot grow, its disk is full; make room on it",
        Kind::Corrupt => "is damaged; it is set aside and begun anew",
        Kind::TooMany => "is read by too many; try again",
        Kind::Internal => "was asked wrongly; report this",
        _ => "cannot be read or written; look at its disk and its mode",
    };
    Error::new(kind, format!("the motion file {what}")).because(error)
}

/// Ticks in a minute.
const MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// Minutes in an hour.
const HOUR: i64 = 60;
/// What waits for the file: 19 cameras give as many minutes at once, and pictures are a megabyte at most.
const QUEUE: usize = 128;

/// The number of the minute that an instant lies in.
fn minute_of(at: Ticks) -> i64 {
    at.0.div_euclid(MINUTE)
}

/// The key of a camera's row, by minute or hour. Minutes since 1970 fit into 32 bits for 8,000 years.
fn row_key(camera: i64, number: i64) -> i64 {
    camera << 32 | number.clamp(0, i64::from(u32::MAX))
}

/// The name of the motion file of a catalogue.
pub(super) fn file_of(catalogue: &Path) -> PathBuf {
    catalogue.with_extension("motion.db")
}

/// A minute of a camera that is over: for the strip of its day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strip {
    pub(super) camera: CameraId,
    pub(super) minute: TimeRange,
    pub(super) strength: u8,
}

impl Strip {
    fn of(sealed: &Sealed) -> Self {
        let from = Ticks(sealed.number * MINUTE);
        let minute = TimeRange::new(from, from + MINUTE);
        Self { camera: sealed.camera, minute, strength: minute_strength(&sealed.cells) }
    }
}

/// Of a whole minute.
fn minute_strength(minute: &pack::Minute) -> u8 {
    strength(f64::from(minute.sum()) / (crate::base::CELLS * pack::SECONDS) as f64)
}

/// What the catalogue knows of its motion file; cheap to clone.
#[derive(Clone)]
pub(super) struct Motion {
    board: Board,
    queue: mpsc::Sender<store::Command>,
    shared: Arc<Shared>,
}

/// What the writing task tells readers.
#[derive(Default)]
pub(super) struct Shared {
    /// Connections to read with; `None` while there is no file that can be used.
    readers: RwLock<Option<Readers>>,
    /// What is wrong with the file.
    trouble: RwLock<Option<String>>,
}

#[derive(Clone)]
struct Readers {
    pool: sqlx::SqlitePool,
    /// Which file, of those that were begun anew.
    generation: u64,
}

impl Shared {
    fn readers(&self) -> Option<Readers> {
        self.readers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_readers(&self, readers: Option<Readers>) -> Option<Readers> {
        std::mem::replace(&mut *self.readers.write().unwrap_or_else(PoisonError::into_inner), readers)
    }

    fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.write().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

impl Motion {
    /// A handle, and what its writing task takes from.
    pub(super) fn new() -> (Self, mpsc::Receiver<store::Command>) {
        let (queue, commands) = mpsc::channel(QUEUE);
        (Self { board: Board::default(), queue, shared: Arc::default() }, commands)
    }

    /// The task that writes the file.
    pub(super) fn store(
        &self,
        path: &Path,
        clock: crate::base::SharedClock,
        commands: mpsc::Receiver<store::Command>,
    ) -> Store {
        Store::new(file_of(path), clock, self.board.clone(), Arc::clone(&self.shared), commands)
    }

    /// Adds what moved at an instant; answers the minute that is over with it.
    pub(super) fn add(&self, camera: CameraId, at: Ticks, cells: Cells) -> Option<Strip> {
        let sealed = self.board.add(camera, at, cells)?;
        Some(self.hand_over(sealed))
    }

    /// Ends what runs: all of it, or what lies before an instant.
    pub(super) fn seal(&self, before: Option<Ticks>) -> Vec<Strip> {
        self.board.seal_before(before).into_iter().map(|sealed| self.hand_over(sealed)).collect()
    }

    fn hand_over(&self, sealed: Sealed) -> Strip {
        let strip = Strip::of(&sealed);
        if let Err(refused) = self.queue.try_send(store::Command::Minute(sealed)) {
            let (mpsc::error::TrySendError::Full(command) | mpsc::error::TrySendError::Closed(command)) =
                refused;
            if let store::Command::Minute(sealed) = command {
                self.board.settle(&sealed);
            }
            tracing::warn!(camera.id = %strip.camera, "the motion file does not keep up; a minute is not in it");
        }
        strip
    }

    /// Waits until what was given before is written, or given up.
    pub(super) async fn flush(&self) {
        let (reply, done) = tokio::sync::oneshot::channel();
        if self.queue.send(store::Command::Flush(reply)).await.is_ok() {
            // An error means that the task has ended: nothing waits any more.
            drop(done.await);
        }
    }

    /// Writes what waits, and closes the file.
    pub(super) async fn close(&self) {
        let (reply, done) = tokio::sync::oneshot::channel();
        if self.queue.send(store::Command::Close(reply)).await.is_ok() {
            drop(done.await);
        }
        if let Some(readers) = self.shared.set_readers(None) {
            readers.pool.close().await;
        }
    }

    /// Drops rows of some stretches.
    pub(super) async fn forget(&self, camera: CameraId, ranges: Vec<TimeRange>, limit: u32) -> Result<u64> {
        let gone = || Error::new(Kind::Unavailable, "the motion file is closed");
        let (reply, done) = tokio::sync::oneshot::channel();
        let command = store::Command::Forget { camera, ranges, limit, reply };
        let asked = async {
            self.queue.send(command).await.map_err(|_| gone())?;
            done.await.map_err(|_| gone())?
        };
        // Whoever deletes footage does not wait for an index.
        tokio::time::timeout(super::READ_LIMIT, asked).await.unwrap_or_else(|_| {
            Err(Error::new(Kind::Timeout, "the motion file answers too slowly; look at the load of its disk"))
        })
    }

    /// Minutes that are complete and not in the file.
    pub(super) fn waiting(&self) -> usize {
        self.board.waiting()
    }

    /// What is wrong with the file; `None` = nothing.
    pub(super) fn trouble(&self) -> Option<String> {
        self.shared.trouble.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens it for reading only: for tools beside a running service. Without a file there is nothing to read.
    pub(super) async fn open_to_read(&self, catalogue: &Path) {
        let path = file_of(catalogue);
        if path.exists() {
            match store::pool_as_it_is(&path).await {
                Ok(pool) => drop(self.shared.set_readers(Some(Readers { pool, generation: 0 }))),
                Err(error) => self.shared.set_trouble(Some(error.message().to_owned())),
            }
        }
    }
}
