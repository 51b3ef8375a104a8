//! Room **storage** (floor 2): volumes, segment files, and everything that touches the file system for them.
//!
//! Owns the file system: creating, writing, syncing, unlinking and walking happen here and nowhere else. It knows
//! bytes and names, not pictures or rows.
//!
//! What always holds:
//! - a volume carries an identity file; a folder without the right one is not written to, so that an unmounted disk
//!   never fills the system disk. All paths are opened beneath the folder handle taken when it was opened;
//! - a folder that was a volume once is never made or marked again: while it is not what it was, its volume is absent,
//!   and it is used again when it is back
//! - a file is made with `O_EXCL`, and its folder is synced before [`SegmentWriter`] says it exists;
//! - fragments are appended whole, in order, by one thread per volume; whoever hands one over never waits. The
//!   queue is bounded in bytes: beyond it an append is refused, and the recorder notes a gap;
//! - every file with new bytes is synced once a second, or as often as the disk can, by a thread of its own: writing
//!   does not wait for it. A failed sync is never tried again (the kernel may have dropped the pages): the file counts
//!   as failed, as far as it was synced before it is good, and the recorder begins another;
//! - a file is deleted only by [`Volume::remove`]; strangers are moved to `set-aside/`, never deleted;
//! - exports lie in a folder of their own beside the catalogue, not on a volume: there our names may be deleted at any time.

mod database;
mod exports;
mod identity;
mod lock;
mod path;
mod private;
mod reader;
mod syncer;
mod volume;
mod volumes;
mod walk;
mod writer;

pub use database::{discard_database, exchange_database};
pub use exports::{ExportFolder, ExportWriter, give_way};
pub use lock::{DataLock, ensure_folder};
pub use private::put_private;
pub use reader::SegmentReader;
pub use syncer::Mark;
pub use volume::{Space, Standing, Volume, VolumeSpec};
pub use volumes::{Change, Known, Volumes};
pub use walk::{Found, Listing, Walk};
pub use writer::{FileState, SegmentWriter};
