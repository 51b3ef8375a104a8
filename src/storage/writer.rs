//! The writer thread of a volume, and the handle of one file that is being written.

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

use super::volume::Root;
use crate::base::{Error, Kind, Result, SegmentId, StreamId, Tasks};
use crate::media::Chain;

/// Files with new bytes are synced this often; with the length of a fragment it bounds what a power cut costs.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// Orders that may wait: two fragments a second of 200 streams for ten seconds.
const QUEUE: usize = 4096;
/// Payload that may wait: ten seconds of 19 cameras at 5 Mbit/s.
const QUEUE_BYTES: usize = 128 << 20;
/// Parts of one gather write; IOV_MAX of Linux is 1024.
const PARTS: usize = 512;

/// How far a file has come.
#[derive(Clone, Debug, Default)]
pub struct FileState {
    /// Its folder is synced: it will be found after a crash.
    pub exists: bool,
    /// Fragments in the file, each with its link.
    pub appended: u32,
    /// Bytes in the file.
    pub bytes: u64,
    /// Fragments that a power cut cannot take.
    pub synced: u32,
    /// Complete and synced, sample table included.
    pub sealed: bool,
    /// Hash at the end of the chain.
    pub chain_hash: [u8; 32],
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
            Worker { root, waiting: counter, files: HashMap::new() }.run(&receiver)
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
        let orders = orders.as_ref().ok_or_else(|| Error::new(Kind::Unavailable, "the volume is closed"))?;
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
    file: File,
    chain: Chain,
    bytes: u64,
    dirty: bool,
    state: watch::Sender<FileState>,
}

struct Worker {
    root: Arc<Root>,
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
                self.sync_round();
                due = Instant::now() + SYNC_EVERY;
            }
        }
        self.sync_round();
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Create { file, stream, segment, init, state } => {
                match self.root.create(stream, segment).and_then(|mut f| {
                    f.write_all(&init)?;
                    Ok(f)
                }) {
                    Ok(opened) => {
                        let bytes = init.len() as u64;
                        state.send_modify(|s| (s.exists, s.bytes) = (true, bytes));
                        let chain = Chain::start(&init);
                        self.files.insert(file, Open { file: opened, chain, bytes, dirty: true, state });
                    }
                    Err(error) => fail(&state, "cannot make a segment file", &error),
                }
            }
            Order::Append { file, parts } => {
                self.waiting.fetch_sub(parts.iter().map(Bytes::len).sum(), Ordering::Relaxed);
                self.with(file, "cannot write to a segment file", |open| open.append(&parts));
            }
            Order::Seal { file, table } => {
                self.with(file, "cannot finish a segment file", |open| open.seal(&table));
                self.files.remove(&file);
            }
            Order::Abandon { file } => {
                self.files.remove(&file);
            }
        }
    }

    fn with(&mut self, file: u64, what: &str, work: impl FnOnce(&mut Open) -> io::Result<()>) {
        let Some(open) = self.files.get_mut(&file) else { return };
        if let Err(error) = work(open) {
            // What stands behind the last whole fragment is a torn tail; take it away if the disk lets us.
            let _ = open.file.set_len(open.bytes);
            fail(&open.state, what, &error);
            self.files.remove(&file);
        }
    }

    fn sync_round(&mut self) {
        let dirty: Vec<u64> = self.files.iter().filter(|(_, f)| f.dirty).map(|(n, _)| *n).collect();
        for file in dirty {
            self.with(file, "cannot sync a segment file", Open::sync);
        }
    }
}

impl Open {
    fn append(&mut self, parts: &[Bytes]) -> io::Result<()> {
        let link = self.chain.link(parts.iter().map(|p| &p[..]));
        let slices: Vec<&[u8]> = parts.iter().map(|p| &p[..]).chain([&link[..]]).collect();
        let bytes = write_parts(&mut self.file, &slices)?;
        self.bytes += bytes;
        self.dirty = true;
        let (appended, bytes, chain_hash) = (self.chain.number(), self.bytes, self.chain.hash());
        self.state.send_modify(|s| (s.appended, s.bytes, s.chain_hash) = (appended, bytes, chain_hash));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.dirty = false;
        let synced = self.chain.number();
        self.state.send_modify(|s| s.synced = synced);
        Ok(())
    }

    fn seal(&mut self, table: &[u8]) -> io::Result<()> {
        self.file.write_all(table)?;
        self.file.sync_data()?;
        self.bytes += table.len() as u64;
        let (synced, bytes) = (self.chain.number(), self.bytes);
        self.state.send_modify(|s| (s.synced, s.bytes, s.sealed) = (synced, bytes, true));
        Ok(())
    }
}

/// Writes all parts, in as few calls as the kernel takes.
fn write_parts(file: &mut File, parts: &[&[u8]]) -> io::Result<u64> {
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

fn fail(state: &watch::Sender<FileState>, what: &str, error: &io::Error) {
    let error = Error::io(what, io::Error::new(error.kind(), error.to_string()));
    tracing::error!(error = %error, "a segment file failed");
    let failure = Failure { kind: error.kind(), message: error.message().to_owned() };
    state.send_modify(|s| s.failed = Some(failure));
}
