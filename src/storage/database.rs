//! Exchanging the catalogue's file: a new one takes its place, the old one stays under another name.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::{Error, Result};

/// SQLite keeps what is not in the file yet beside it.
const SIDE_FILES: [&str; 3] = ["", "-wal", "-shm"];

fn beside(file: &Path, side: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(side);
    PathBuf::from(name)
}

/// Moves what is at `place` to `kept`, then `new` to `place`; all in one folder, which is synced.
///
/// # Errors
/// `Io`; what was at `place` is then there or at `kept`.
#[expect(clippy::disallowed_methods, reason = "storage owns the file system")]
pub fn exchange_database(new: &Path, place: &Path, kept: &Path) -> Result<()> {
    let work = || -> io::Result<()> {
        for side in SIDE_FILES {
            move_there(&beside(place, side), &beside(kept, side))?;
        }
        std::fs::rename(new, place)?;
        let folder = place.parent().unwrap_or(Path::new("."));
        std::fs::File::open(folder)?.sync_all()
    };
    work().map_err(|e| Error::io(format!("cannot put a new catalogue at {}", place.display()), e))
}

/// Takes away a half-made catalogue that an interrupted rebuild left.
///
/// # Errors
/// `Io` when it is there and cannot be removed.
#[expect(clippy::disallowed_methods, reason = "storage owns the file system")]
pub fn discard_database(file: &Path) -> Result<()> {
    for side in SIDE_FILES {
        match std::fs::remove_file(beside(file, side)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io(format!("cannot remove {}", file.display()), e));
            }
            _ => {}
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "storage owns the file system")]
fn move_there(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
