//! Small files that only their owner may read, such as keys: written whole or not at all.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::ensure_folder;
use crate::base::{Error, Result};

/// Ending of what is being written.
const NEW: &str = ".new";

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(NEW);
    name.into()
}

/// Puts a file in place of what is there, for its owner alone (mode 0600), making its folder when that is missing. File
/// and folder are synced: after a power cut there is the old one or the new one.
///
/// # Errors
/// What the operating system says, with the file's name; what was there is then still there.
#[expect(clippy::disallowed_methods, reason = "storage owns the file system")]
pub fn put_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    ensure_folder(folder)?;
    let new = beside(path);
    let work = || -> io::Result<()> {
        // What an interrupted write left; made anew, so that it is ours and has our mode.
        match std::fs::remove_file(&new) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        File::open(folder)?.sync_all()
    };
    work().map_err(|e| Error::io(format!("cannot write {}", path.display()), e))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "what a power cut would leave")]
    fn only_its_owner_reads_it_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("keys/ca.pem");
        put_private(&path, b"first").expect("written");
        // What a power cut left in the middle of a write, readable by all.
        std::fs::write(beside(&path), b"half").expect("written");
        put_private(&path, b"second").expect("written");
        assert_eq!(std::fs::read(&path).expect("there"), b"second");
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
        assert_eq!(std::fs::read_dir(path.parent().expect("a folder")).expect("read").count(), 1);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "something in the way")]
    fn a_failure_names_the_file() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(dir.path().join("taken/by-a-folder")).expect("made");
        let error = put_private(&dir.path().join("taken"), b"x").expect_err("a folder is in the way");
        assert!(error.message().starts_with("cannot write ") && error.message().contains("taken"), "{error}");
    }
}
