//! Room that only the catalogue can use: the write-ahead log's blocks are allocated ahead.
//!
//! Deleting footage needs commits, also on a full disk, and a commit needs nothing but room in the log. A file of
//! ballast, given away when the disk is full, would be room for whoever is quicker.

use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, Mode, OFlags};
use rustix::io::Errno;

/// As much as the log is ever left with (`journal_size_limit`); of a small disk a sixteenth.
const BYTES: u64 = 64 << 20;

/// SQLite's name for the log of a database.
fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Allocates what is not allocated, beyond the log's end and without moving it. SQLite locks the database's file and
/// the log's index, never the log: opening and closing it here lets go of no lock.
pub(super) fn keep(database: &Path) {
    let work = || {
        let file = rustix::fs::open(log_of(database), OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        let disk = rustix::fs::fstatvfs(&file)?;
        let (total, free) = (disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize);
        let bytes = BYTES.min(total / 16);
        // Blocks are counted in units of 512 bytes, whatever the file system's are: stat(2).
        let allocated = rustix::fs::fstat(&file)?.st_blocks as u64 * 512;
        if allocated >= bytes || free < 2 * bytes {
            return Ok(());
        }
        rustix::fs::fallocate(&file, FallocateFlags::KEEP_SIZE, 0, bytes)
    };
    match work() {
        // No log yet, or a file system that cannot.
        Ok(()) | Err(Errno::NOENT | Errno::OPNOTSUPP) => {}
        Err(error) => tracing::debug!(error = %error, "no room is kept for the catalogue"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::super::tests::Room;
    use super::*;

    #[tokio::test]
    async fn the_log_has_its_room_and_its_length_stays() {
        let room = Room::new().await;
        room.record(room.main, 0, 10);
        room.flush().await;
        let log = || std::fs::metadata(log_of(&room.path())).expect("a log");
        let length = log().len();
        keep(&room.path());
        assert_eq!(log().len(), length, "SQLite sees the same log");
        // Where the disk of the tests is too full, or cannot, there is none.
        let disk = rustix::fs::statvfs(room.folder.path()).expect("a disk");
        if disk.f_bavail * disk.f_frsize > 4 * BYTES && disk.f_blocks * disk.f_frsize > 16 * BYTES {
            assert!(log().blocks() * 512 >= BYTES, "{} blocks", log().blocks());
        }
        room.record(room.main, 10, 200);
        room.flush().await;
        assert_eq!(room.spans().await, [(0, 200)]);
    }
}
