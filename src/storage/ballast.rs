//! Bytes kept aside for the catalogue: deleting footage needs a few writes there, also on a full disk.

use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, Mode, OFlags};
use rustix::io::Errno;

use super::Space;
use crate::base::{Error, Result};

/// Its name in the data folder.
const FILE: &str = "lanewatch.ballast";
/// Enough for the write-ahead log at its limit.
const BYTES: u64 = 64 << 20;

/// A file that holds room on the catalogue's disk, and gives it away when nothing else is left.
#[derive(Debug)]
pub struct Ballast {
    folder: PathBuf,
}

impl Ballast {
    /// The ballast of a data folder; there may be none yet.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    /// Room on the disk of the data folder.
    ///
    /// # Errors
    /// `Io` when the disk does not answer.
    pub fn space(&self) -> Result<Space> {
        let stat = rustix::fs::statvfs(&self.folder);
        let stat = stat
            .map_err(|e| Error::io(format!("cannot ask {} for its room", self.folder.display()), e.into()))?;
        Ok(Space { total: stat.f_blocks * stat.f_frsize, free: stat.f_bavail * stat.f_frsize })
    }

    /// Takes the room when it is not taken, provided that twice as much is free. A file system that cannot set room
    /// aside has no ballast.
    ///
    /// # Errors
    /// `Io` when the disk does not do it.
    pub fn take(&self) -> Result<()> {
        let space = self.space()?;
        // Of a small disk a fiftieth.
        let bytes = BYTES.min(space.total / 50);
        let path = self.folder.join(FILE);
        if rustix::fs::stat(&path).is_ok_and(|stat| stat.st_size as u64 == bytes) || space.free < 2 * bytes {
            return Ok(());
        }
        let work = || {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
            let file = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)?;
            // Blocks, and not a hole, which would hold nothing.
            rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes)?;
            rustix::fs::fsync(&file)
        };
        match work() {
            Ok(()) => Ok(()),
            Err(error) => {
                // Part of it, or of a file system that cannot set room aside.
                let _ = rustix::fs::unlink(&path);
                match error {
                    Errno::OPNOTSUPP => Ok(()),
                    error => {
                        let what = format!("cannot keep room for the catalogue in {}", self.folder.display());
                        Err(Error::io(what, error.into()))
                    }
                }
            }
        }
    }

    /// Gives the room away; answers whether there was any.
    ///
    /// # Errors
    /// `Io` when the disk does not do it.
    pub fn release(&self) -> Result<bool> {
        match rustix::fs::unlink(self.folder.join(FILE)) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(Error::io("cannot give away the room kept for the catalogue", error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_once_and_given_away_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let ballast = Ballast::of(folder.path());
        assert!(!ballast.release().expect("nothing to give"));
        ballast.take().expect("room");
        let length = || std::fs::metadata(folder.path().join(FILE)).map(|m| m.len()).expect("a file");
        let bytes = length();
        assert_eq!(bytes, BYTES.min(ballast.space().expect("space").total / 50));
        ballast.take().expect("the same room");
        assert_eq!(length(), bytes);
        assert!(ballast.release().expect("given away"));
        assert!(!ballast.release().expect("gone"));
    }
}
