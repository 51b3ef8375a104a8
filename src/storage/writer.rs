//! The writer thread of a volume, and the handle of one file that is being written.
//!
//! It only writes; what must reach the disk is the syncer's work ([`super::syncer`]), so that a slow sync of one file
//! does not keep the fragments of all others in memory, where a kill would take them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch;

use super::path;
use super::syncer::{Due, Mark, SyncerThread};
use super::volume::Root;
use crate::base::{Error, Kind, Result, SegmentId, StreamId, Tasks};
use crate::media::Chain;

/// Files with new bytes are synced this often; with the length of a fragment it bounds what a power cut costs.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// A round that is due while the one before still runs waits for it, looking this often.
const SYNC_AGAIN: Duration = Duration::from_millis(50);
/// Orders that may wait: two fragments a second of 200 streams for ten seconds.
const QUEUE: usize = 4096;
/// Payload that may wait: ten seconds of 19 cameras at 5 Mbit/s.
pub(super) const QUEUE_BYTES: usize = 128 << 20;
/// Parts of one gather write; IOV_MAX of Linux is 1024.
const PARTS: usize = 512;

/// How far a file has come.
#[derive(Clone, Debug, Default)]
pub struct FileState {
    /// Its folder is synced: it will be found after a crash.
    pub exists: bool,
    /// What is in the file.
    pub written: Mark,
    /// What a power cut cannot take.
    pub synced: Mark,
    /// Complete and synced, sample table included.
    pub sealed: bool,
    /// Why nothing more will be written; what is counted above stays good.
    pub failed: Option<Failure>,
}

/// Why a file failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `NoSpace`, or `Io`.
    pub kind: Kind,
    /// What the operating system said.
    pub message: String,
}

enum Order {
    Create { file: u64, stream: StreamId, segment: SegmentId, init: Bytes, state: watch::Sender<FileState> },
    Append { file: u64, parts: Vec<Bytes> },
    Seal { file: u64, table: Vec<u8> },
    Abandon { file: u64 },
}

/// The thread, as the volume holds it.
#[derive(Debug)]
pub(super) struct WriterThread {
    orders: Mutex<Option<SyncSender<Order>>>,
    waiting: Arc<AtomicUsize>,
    next_file: AtomicUsize,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl WriterThread {
    pub(super) fn start(root: Arc<Root>) -> Self {
        let (orders, receiver) = sync_channel(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&waiting);
        let thread = Tasks::thread("lw-writer", move || {
            let syncer = SyncerThread::start(Arc::clone(&root));
            Worker { root, syncer, waiting: counter, files: HashMap::new() }.run(&receiver)
        });
        Self {
            orders: Mutex::new(Some(orders)),
            waiting,
            next_file: AtomicUsize::new(0),
            thread: Mutex::new(Some(thread)),
        }
    }

    /// Bytes of payload that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Begins a file. The answer comes through the writer's state.
    pub(super) fn create(
        self: &Arc<Self>,
        stream: StreamId,
        segment: SegmentId,
        init: Bytes,
    ) -> Result<SegmentWriter> {
        let file = self.next_file.fetch_add(1, Ordering::Relaxed) as u64;
        let (state, watched) = watch::channel(FileState::default());
        self.submit(Order::Create { file, stream, segment, init, state })?;
        Ok(SegmentWriter { file, thread: Arc::clone(self), state: watched, ended: false })
    }

    fn submit(&self, order: Order) -> Result<()> {
        let bytes =
            if let Order::Append { parts, .. } = &order { parts.iter().map(Bytes::len).sum() } else { 0 };
        let late = || {
            Error::new(
                Kind::Unavailable,
                "the disk is too slow: footage waits in memory and there is no more room for it",
            )
        };
        if bytes > 0 && self.waiting() + bytes > QUEUE_BYTES {
            return Err(late());
        }
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let orders = orders.as_ref().ok_or_else(|| Error::new(Kind::Io, "the volume is closed"))?;
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
        orders.try_send(order).map_err(|refused| {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            match refused {
                TrySendError::Full(_) => late(),
                TrySendError::Disconnected(_) => Error::internal("a volume's writer thread has ended"),
            }
        })
    }

    /// Writes what waits, syncs, and ends the thread.
    pub(super) fn close(&self) {
        drop(self.orders.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

/// One file that is being written. Nothing here waits for the disk; dropping it without [`seal`](Self::seal) leaves
/// the file as it is.
#[derive(Debug)]
pub struct SegmentWriter {
    file: u64,
    thread: Arc<WriterThread>,
    state: watch::Receiver<FileState>,
    ended: bool,
}

impl SegmentWriter {
    /// Hands over a whole fragment in parts; its link is made and written behind it.
    ///
    /// # Errors
    /// `Unavailable` when too much waits already: the fragment is not written, and nothing may follow it.
    pub fn append(&self, parts: Vec<Bytes>) -> Result<()> {
        self.thread.submit(Order::Append { file: self.file, parts })
    }

    /// Ends the file with its sample table; done when the state says sealed.
    ///
    /// # Errors
    /// `Unavailable` when too much waits already.
    pub fn seal(&mut self, table: Vec<u8>) -> Result<()> {
        self.thread.submit(Order::Seal { file: self.file, table })?;
        self.ended = true;
        Ok(())
    }

    /// How far it has come, and a way to wait for more.
    pub fn state(&self) -> watch::Receiver<FileState> {
        self.state.clone()
    }
}

impl Drop for SegmentWriter {
    fn drop(&mut self) {
        if !self.ended {
            // When the queue is full the thread closes the file at its end.
            let _ = self.thread.submit(Order::Abandon { file: self.file });
        }
    }
}

struct Open {
    file: Arc<File>,
    chain: Chain,
    bytes: u64,
    /// Has bytes that no round of syncs was told of.
    dirty: bool,
    state: Arc<watch::Sender<FileState>>,
}

struct Worker {
    root: Arc<Root>,
    syncer: SyncerThread,
    waiting: Arc<AtomicUsize>,
    files: HashMap<u64, Open>,
}

impl Worker {
    fn run(mut self, orders: &Receiver<Order>) {
        let mut due = Instant::now() + SYNC_EVERY;
        loop {
            match orders.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if Instant::now() >= due {
                due = Instant::now() + if self.sync_round() { SYNC_EVERY } else { SYNC_AGAIN };
            }
        }
        self.syncer.finish(self.files.values().filter(|f| f.dirty).map(Open::due).collect());
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Create { file, stream, segment, init, state } => {
                let state = Arc::new(state);
                match self.root.create(stream, segment).and_then(|mut f| {
                    f.write_all(&init)?;
                    Ok(f)
                }) {
                    Ok(opened) => {
                        let open = Open {
                            file: Arc::new(opened),
                            chain: Chain::start(&init),
                            bytes: init.len() as u64,
                            dirty: true,
                            state,
                        };
                        open.tell();
                        self.syncer.folder(path::folder(stream, segment), Arc::clone(&open.state));
                        self.files.insert(file, open);
                    }
                    Err(error) => fail(&state, "cannot make a segment file", &error),
                }
            }
            Order::Append { file, parts } => {
                self.waiting.fetch_sub(parts.iter().map(Bytes::len).sum(), Ordering::Relaxed);
                self.with(file, "cannot write to a segment file", |open| open.append(&parts));
            }
            Order::Seal { file, table } => {
                self.with(file, "cannot finish a segment file", |open| open.end(&table));
                if let Some(open) = self.files.remove(&file) {
                    self.syncer.seal(open.due());
                }
            }
            Order::Abandon { file } => {
                self.files.remove(&file);
            }
        }
    }

    fn with(&mut self, file: u64, what: &str, work: impl FnOnce(&mut Open) -> io::Result<()>) {
        let Some(open) = self.files.get_mut(&file) else { return };
        // The syncer may have failed it meanwhile.
        let failed = open.state.borrow().failed.is_some();
        if !failed && let Err(error) = work(open) {
            // What stands behind the last whole fragment is a torn tail; take it away if the disk lets us.
            let _ = open.file.set_len(open.bytes);
            // What a row counts must be synced; no round will do it any more.
            let good = open.file.sync_data().is_ok();
            open.state.send_modify(|s| if good { s.synced = s.written } else { s.written = s.synced });
            fail(&open.state, what, &error);
        } else if !failed {
            return;
        }
        self.files.remove(&file);
    }

    /// Gives the syncer what is dirty; `false`: the round before is not done yet.
    fn sync_round(&mut self) -> bool {
        if self.syncer.busy() {
            return false;
        }
        let dirty: Vec<Due> = self.files.values().filter(|f| f.dirty).map(Open::due).collect();
        if !dirty.is_empty() {
            self.files.values_mut().for_each(|f| f.dirty = false);
            self.syncer.round(dirty);
        }
        true
    }
}

impl Open {
    fn append(&mut self, parts: &[Bytes]) -> io::Result<()> {
        let link = self.chain.link(parts.iter().map(|p| &p[..]));
        let slices: Vec<&[u8]> = parts.iter().map(|p| &p[..]).chain([&link[..]]).collect();
        self.bytes += write_parts(&self.file, &slices)?;
        self.dirty = true;
        self.tell();
        Ok(())
    }

    fn end(&mut self, table: &[u8]) -> io::Result<()> {
        (&*self.file).write_all(table)?;
        self.bytes += table.len() as u64;
        self.dirty = true;
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark { fragments: self.chain.number(), bytes: self.bytes, chain_hash: self.chain.hash() }
    }

    fn tell(&self) {
        let mark = self.mark();
        // A file that the syncer failed a moment ago stays as the syncer left it.
        self.state.send_if_modified(|s| {
            let goes_on = s.failed.is_none();
            if goes_on {
                s.written = mark;
            }
            goes_on
        });
    }

    fn due(&self) -> Due {
        Due { file: Arc::clone(&self.file), mark: self.mark(), state: Arc::clone(&self.state) }
    }
}

/// Writes all parts, in as few calls as the kernel takes.
fn write_parts(mut file: &File, parts: &[&[u8]]) -> io::Result<u64> {
    let mut total = 0;
    for group in parts.chunks(PARTS) {
        let mut slices: Vec<IoSlice<'_>> = group.iter().map(|p| IoSlice::new(p)).collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            match file.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    total += n as u64;
                    IoSlice::advance_slices(&mut rest, n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(total)
}

pub(super) fn fail(state: &watch::Sender<FileState>, what: &str, error: &io::Error) {
    let error = Error::io(what, io::Error::new(error.kind(), error.to_string()));
    tracing::error!(error = %error, "a segment file failed");
    let failure = Failure { kind: error.kind(), message: error.message().to_owned() };
    state.send_modify(|s| s.failed = Some(failure));
}
