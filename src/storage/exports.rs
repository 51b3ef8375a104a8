//! The folder of exports: copies made for people, which may go at any time.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::volume::Space;
use super::{SegmentReader, ensure_folder};
use crate::base::{Error, ExportId, Result};

/// Ending of a file that is not finished.
const PART: &str = "part";
/// What has been written is brought to the disk in pieces of this size: a recorder's sync must not find hundreds of
/// megabytes of an export before it.
const PIECE: u64 = 16 << 20;
/// How nice an export's thread is, from 0 to 19.
const NICE: i32 = 15;

/// Lets recorder and viewers have the processor first, and the disk as far as its scheduler heeds it: for the calling
/// thread and for good.
pub fn give_way() {
    // It cannot fail for a thread that becomes nicer; if it did, nothing would be wrong but the order.
    let _ = rustix::process::nice(NICE);
}

/// The folder; cheap to clone.
#[derive(Clone, Debug)]
pub struct ExportFolder {
    folder: PathBuf,
}

impl ExportFolder {
    /// Opens it, making it when it is missing; only its owner may enter.
    ///
    /// # Errors
    /// What the operating system says, with the folder's name.
    pub fn open(folder: &Path) -> Result<Self> {
        ensure_folder(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn path(&self, id: ExportId, ending: &str) -> PathBuf {
        self.folder.join(format!("{id}.{ending}"))
    }

    fn failed(&self, what: &str, error: io::Error) -> Error {
        Error::io(format!("cannot {what} an export in {}", self.folder.display()), error)
    }

    /// Room on its disk.
    ///
    /// # Errors
    /// When the disk does not answer.
    pub fn space(&self) -> Result<Space> {
        let stat = rustix::fs::statvfs(&self.folder).map_err(|e| self.failed("find room for", e.into()))?;
        Ok(Space { total: stat.f_blocks * stat.f_frsize, free: stat.f_bavail * stat.f_frsize })
    }

    /// Begins a file. What an interrupted try left is overwritten.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn create(&self, id: ExportId) -> Result<ExportWriter> {
        let path = self.path(id, PART);
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&path);
        let file = opened.map_err(|e| self.failed("begin", e))?;
        Ok(ExportWriter { folder: self.clone(), id, file: Some(file), unsynced: 0 })
    }

    /// A finished file, to be read.
    ///
    /// # Errors
    /// `Io` when it has gone.
    pub fn reader(&self, id: ExportId, ending: &str) -> Result<SegmentReader> {
        let opened = File::open(self.path(id, ending)).map_err(|e| self.failed("read", e))?;
        Ok(SegmentReader { file: opened })
    }

    /// Deletes a finished file; it may be gone already.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn remove(&self, id: ExportId, ending: &str) -> Result<()> {
        self.delete(&self.path(id, ending))
    }

    #[expect(clippy::disallowed_methods, reason = "storage owns the file system")]
    fn delete(&self, path: &Path) -> Result<()> {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.failed("delete", e)),
            _ => Ok(()),
        }
    }

    /// Deletes what has a name of ours and is none of `kept`: unfinished files, and those whose row has gone. Answers
    /// how many.
    ///
    /// # Errors
    /// When the folder cannot be read; a file that cannot be deleted stays for the next time.
    pub fn tidy(&self, kept: &HashSet<ExportId>) -> Result<usize> {
        let mut gone = 0;
        for entry in std::fs::read_dir(&self.folder).map_err(|e| self.failed("list", e))? {
            let path = entry.map_err(|e| self.failed("list", e))?.path();
            let Some(id) = path.file_stem().and_then(|s| s.to_str()).and_then(|s| s.parse().ok()) else {
                continue;
            };
            let unfinished = path.extension().is_some_and(|e| e == PART);
            if unfinished || !kept.contains(&id) {
                self.delete(&path)?;
                gone += 1;
            }
        }
        Ok(gone)
    }
}

/// A file that is being written; unless [`finish`](Self::finish)ed it goes when this is dropped.
#[derive(Debug)]
pub struct ExportWriter {
    folder: ExportFolder,
    id: ExportId,
    /// `None` once finished.
    file: Option<File>,
    /// Bytes since the last sync.
    unsynced: u64,
}

impl ExportWriter {
    fn file(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| io::Error::other("the export is finished"))
    }

    /// What has been written so far, to be read.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn reader(&mut self) -> Result<SegmentReader> {
        let copy = self.file().and_then(|file| file.try_clone());
        Ok(SegmentReader { file: copy.map_err(|e| self.folder.failed("read", e))? })
    }

    /// Brings everything to the disk and gives the file its name.
    ///
    /// # Errors
    /// What the operating system says; the file is gone then.
    #[expect(clippy::disallowed_methods, reason = "storage owns the file system")]
    pub fn finish(mut self, ending: &str) -> Result<()> {
        let (from, to) = (self.folder.path(self.id, PART), self.folder.path(self.id, ending));
        let mut work = || -> io::Result<()> {
            self.file()?.sync_all()?;
            std::fs::rename(&from, &to)?;
            File::open(&self.folder.folder)?.sync_all()
        };
        work().map_err(|e| self.folder.failed("finish", e))?;
        self.file = None;
        Ok(())
    }
}

impl Write for ExportWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file()?.write(bytes)?;
        self.unsynced += written as u64;
        if self.unsynced >= PIECE {
            self.unsynced = 0;
            self.file()?.sync_data()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file()?.flush()
    }
}

impl Seek for ExportWriter {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file()?.seek(to)
    }
}

impl Drop for ExportWriter {
    fn drop(&mut self) {
        if self.file.is_some()
            && let Err(error) = self.folder.delete(&self.folder.path(self.id, PART))
        {
            tracing::warn!(error = %error, "a half-written export stays until the next start");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ticks;
    use crate::media::ReadAt as _;

    #[test]
    fn a_file_is_there_when_it_is_finished_and_leaves_nothing_when_it_is_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = ExportFolder::open(&dir.path().join("exports")).expect("made");
        let names = || std::fs::read_dir(dir.path().join("exports")).expect("read").count();
        let (one, two) = (ExportId::fresh(Ticks(0)), ExportId::fresh(Ticks(0)));
        let mut half = folder.create(one).expect("begun");
        half.write_all(b"half").expect("written");
        assert_eq!(names(), 1);
        drop(half);
        assert_eq!(names(), 0);
        let mut whole = folder.create(two).expect("begun");
        whole.write_all(b"whole").expect("written");
        whole.finish("zip").expect("finished");
        let mut seen = [0; 5];
        folder.reader(two, "zip").expect("there").read_at(0, &mut seen).expect("read");
        assert_eq!(&seen, b"whole");
        assert!(folder.reader(one, "zip").is_err());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "files that a crash could leave, and one of somebody else")]
    fn tidying_deletes_what_is_ours_and_not_wanted() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = ExportFolder::open(dir.path()).expect("there");
        let (kept, gone) = (ExportId::fresh(Ticks(0)), ExportId::fresh(Ticks(0)));
        for name in [format!("{kept}.mp4"), format!("{kept}.part"), format!("{gone}.zip"), "notes.txt".into()]
        {
            std::fs::write(dir.path().join(name), b"x").expect("written");
        }
        assert_eq!(folder.tidy(&HashSet::from([kept])).expect("tidied"), 2);
        let mut left: Vec<_> = std::fs::read_dir(dir.path())
            .expect("read")
            .map(|e| e.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, [format!("{kept}.mp4"), "notes.txt".to_owned()]);
    }
}
