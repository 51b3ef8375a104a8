//! One service per data folder.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::base::{Error, Kind, Result};

const FILE: &str = "lanewatch.lock";

/// Held while the service runs; the kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Takes the lock of a data folder, making the folder when it is missing.
    ///
    /// # Errors
    /// `Conflict` when another process holds it, naming that process.
    pub fn acquire(data: &Path) -> Result<Self> {
        ensure_folder(data)?;
        let path = data.join(FILE);
        let what = format!("cannot use {}", path.display());
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = opened.map_err(|e| Error::io(&what, e))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let folder = data.display();
            return Err(Error::new(
                Kind::InUse,
                format!(
                    "another lanewatch (process {}) is using {folder}; stop it first, or give another --data",
                    holder.trim()
                ),
            ));
        }
        let note = || -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())
        };
        let mut note = note;
        note().map_err(|e| Error::io(&what, e))?;
        Ok(Self { _file: file })
    }

    /// True when a process holds the lock of a data folder.
    pub fn is_held(data: &Path) -> bool {
        let Ok(file) = File::open(data.join(FILE)) else { return false };
        flock(&file, FlockOperation::NonBlockingLockShared).is_err()
    }
}

/// Makes a folder that only its owner may enter, with those above it.
///
/// # Errors
/// What the operating system says, with the folder's name.
pub fn ensure_folder(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|e| Error::io(format!("cannot make the folder {}", folder.display()), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_one_is_told_who_holds_it() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(!DataLock::is_held(dir.path()));
        let first = DataLock::acquire(dir.path()).expect("the first");
        let error = DataLock::acquire(dir.path()).expect_err("the second");
        assert_eq!(error.kind(), Kind::InUse);
        assert!(error.message().contains(&std::process::id().to_string()));
        assert!(DataLock::is_held(dir.path()));
        drop(first);
        assert!(DataLock::acquire(dir.path()).is_ok());
    }
}
