//! Walking over a volume: which files are there.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Dir, FileType, Mode, OFlags};

use super::{Volume, path};
use crate::base::{Error, Result, SegmentId, StreamId, Ticks, fresh_uuid};

/// A segment file, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The stream that its folder names.
    pub stream: StreamId,
    /// The segment that its name says.
    pub segment: SegmentId,
    /// Bytes.
    pub bytes: u64,
}

/// A file below `media/` whose name is not one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Path below the volume's folder.
    pub path: PathBuf,
}

impl Volume {
    /// All files below `media/`, in no order.
    ///
    /// # Errors
    /// `Io` when a folder cannot be read.
    pub fn files(&self) -> Result<(Vec<Found>, Vec<Stranger>)> {
        let (mut found, mut strangers) = (Vec::new(), Vec::new());
        let mut folders = vec![PathBuf::from(path::MEDIA)];
        while let Some(folder) = folders.pop() {
            let listed = self.list(&folder);
            let entries = match listed {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other.map_err(|e| {
                    Error::io(format!("cannot list {}/{}", self.shown(), folder.display()), e)
                })?,
            };
            for (path, kind, bytes) in entries {
                match (kind, path::parse(&path)) {
                    (FileType::Directory, _) => folders.push(path),
                    (_, Some((stream, segment))) => found.push(Found { stream, segment, bytes }),
                    (_, None) => strangers.push(Stranger { path }),
                }
            }
        }
        Ok((found, strangers))
    }

    /// Moves a file out of the way, into `set-aside/`, under a name that nothing else has.
    ///
    /// # Errors
    /// `Io` when it cannot be moved.
    pub fn set_aside(&self, file: &Path, now: Ticks) -> Result<PathBuf> {
        let name = file.file_name().unwrap_or(OsStr::new("file")).to_string_lossy().into_owned();
        let target = Path::new(path::SET_ASIDE).join(format!("{}-{name}", fresh_uuid(now)));
        let work = || {
            self.root().ensure(Path::new(path::SET_ASIDE))?;
            rustix::fs::renameat(self.root().fd(), file, self.root().fd(), &target)?;
            self.root().sync_folder(Path::new(path::SET_ASIDE))
        };
        work().map_err(|e| Error::io(format!("cannot set {} aside", file.display()), e))?;
        Ok(target)
    }

    /// Path of a segment's file below the volume's folder, for messages.
    pub fn path_of(&self, stream: StreamId, segment: SegmentId) -> PathBuf {
        path::file(stream, segment)
    }

    /// Number of files that were set aside.
    pub fn set_aside_count(&self) -> usize {
        self.list(Path::new(path::SET_ASIDE)).map_or(0, |entries| entries.len())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(PathBuf, FileType, u64)>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(self.root().fd(), folder, flags, Mode::empty())?;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&fd)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let stat = rustix::fs::statat(&fd, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW);
            // Gone between listing and asking: retention was faster.
            let Ok(stat) = stat else { continue };
            entries.push((folder.join(name), FileType::from_raw_mode(stat.st_mode), stat.st_size as u64));
        }
        Ok(entries)
    }
}
