//! The syncer thread of a volume: everything that waits for the disk.
//!
//! Orders are done one after another, so a file is sealed only after the folder that names it is synced.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::volume::Root;
use super::writer::{FileState, fail};
use crate::base::Tasks;

/// Orders that may wait; beyond it the writer waits, then its own queue fills, then recorders note a gap.
const QUEUE: usize = 256;

/// A place in a file where a fragment ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Fragments up to here, each with its link.
    pub fragments: u32,
    /// Bytes up to here.
    pub bytes: u64,
    /// Hash at the end of the chain.
    pub chain_hash: [u8; 32],
}

/// A file with bytes that are not synced, up to the mark.
pub(super) struct Due {
    pub(super) file: Arc<File>,
    pub(super) mark: Mark,
    pub(super) state: Arc<watch::Sender<FileState>>,
}

enum Order {
    Folder(PathBuf, Arc<watch::Sender<FileState>>),
    Round(Vec<Due>),
    Seal(Due),
}

/// The thread, as the writer holds it.
pub(super) struct SyncerThread {
    orders: SyncSender<Order>,
    in_round: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl SyncerThread {
    pub(super) fn start(root: Arc<Root>) -> Self {
        let (orders, receiver) = sync_channel(QUEUE);
        let in_round = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&in_round);
        let thread = Tasks::thread("lw-syncer", move || run(&root, &receiver, &flag));
        Self { orders, in_round, thread }
    }

    /// A round of syncs is not done yet.
    pub(super) fn busy(&self) -> bool {
        self.in_round.load(Ordering::Acquire)
    }

    /// Syncs all of these.
    pub(super) fn round(&self, due: Vec<Due>) {
        self.in_round.store(true, Ordering::Release);
        self.submit(Order::Round(due));
    }

    /// Syncs the folder of a new file.
    pub(super) fn folder(&self, folder: PathBuf, state: Arc<watch::Sender<FileState>>) {
        self.submit(Order::Folder(folder, state));
    }

    /// Syncs a file that is complete.
    pub(super) fn seal(&self, due: Due) {
        self.submit(Order::Seal(due));
    }

    /// Syncs what is left, and ends the thread.
    pub(super) fn finish(self, due: Vec<Due>) {
        self.submit(Order::Round(due));
        drop(self.orders);
        let _ = self.thread.join();
    }

    fn submit(&self, order: Order) {
        self.orders.send(order).expect("the syncer lives as long as its writer");
    }
}

fn run(root: &Root, orders: &Receiver<Order>, in_round: &AtomicBool) {
    for order in orders {
        match order {
            Order::Folder(folder, state) => match root.sync_folder(&folder) {
                Ok(()) => state.send_modify(|s| s.exists = true),
                Err(error) => fail_synced(&state, "cannot sync a folder of footage", &error),
            },
            Order::Round(due) => {
                // All on their way before the first is waited for: one commit of the file system then serves them all.
                due.iter().for_each(Due::hurry);
                for due in &due {
                    due.sync(false);
                }
                in_round.store(false, Ordering::Release);
            }
            Order::Seal(due) => due.sync(true),
        }
    }
}

impl Due {
    /// Has the kernel begin to write what is not synced. It calls that giving the pages up, which it does with clean
    /// ones only.
    fn hurry(&self) {
        let synced = self.state.borrow().synced.bytes;
        let bytes = std::num::NonZeroU64::new(self.mark.bytes.saturating_sub(synced));
        // No promise is made on it.
        let _ = rustix::fs::fadvise(&self.file, synced, bytes, rustix::fs::Advice::DontNeed);
    }

    fn sync(&self, seal: bool) {
        // Never a second sync of a file that failed: the kernel may have dropped its pages and would say all is well.
        if self.state.borrow().failed.is_some() {
            return;
        }
        match self.file.sync_data() {
            Ok(()) => self.state.send_modify(|s| {
                s.synced = self.mark;
                if seal {
                    (s.written, s.sealed) = (self.mark, true);
                }
            }),
            Err(error) => fail_synced(&self.state, "cannot sync a segment file", &error),
        }
    }
}

/// Only what was synced before counts now.
fn fail_synced(state: &watch::Sender<FileState>, what: &str, error: &io::Error) {
    fail(state, what, error);
    state.send_modify(|s| s.written = s.synced);
}
