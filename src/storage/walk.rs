//! Walking over a volume: which files are there.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{Volume, path};
use crate::base::{Error, Result, SegmentId, StreamId, Ticks, fresh_uuid};

/// A segment file, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The stream that its folder names.
    pub stream: StreamId,
    /// The segment that its name says.
    pub segment: SegmentId,
}

/// What lies in one folder below `media/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Segment files.
    pub found: Vec<Found>,
    /// Paths, below the volume's folder, of files whose name is not one of ours.
    pub strangers: Vec<PathBuf>,
}

/// Folders below `media/`, one listing each; files are not looked into.
#[derive(Debug)]
pub struct Walk {
    volume: Volume,
    folders: Vec<PathBuf>,
    days: Days,
}

/// Which day folders a walk enters, by their names.
#[derive(Debug)]
enum Days {
    All,
    From(String),
    Before(String),
}

impl Days {
    fn contain(&self, folder: &Path) -> bool {
        // media, stream, day
        if folder.iter().count() != 3 {
            return true;
        }
        let name = folder.file_name().unwrap_or_default();
        match self {
            Self::All => true,
            Self::From(day) => name >= OsStr::new(day),
            Self::Before(day) => name < OsStr::new(day),
        }
    }
}

impl Iterator for Walk {
    type Item = Result<Listing>;

    fn next(&mut self) -> Option<Result<Listing>> {
        let folder = self.folders.pop()?;
        let entries = match self.volume.list(&folder) {
            // No footage yet, or gone with its last file since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(Ok(Listing::default())),
            Err(error) => {
                let what = format!("cannot list {}/{}", self.volume.shown(), folder.display());
                return Some(Err(Error::io(what, error)));
            }
            Ok(entries) => entries,
        };
        let mut listing = Listing::default();
        for (path, kind) in entries {
            match (kind, path::parse(&path)) {
                (FileType::Directory, _) if !self.days.contain(&path) => {}
                (FileType::Directory, _) => self.folders.push(path),
                (_, Some((stream, segment))) => listing.found.push(Found { stream, segment }),
                (_, None) => listing.strangers.push(path),
            }
        }
        Some(Ok(listing))
    }
}

impl Volume {
    /// Walks over all folders below `media/`, in no order.
    pub fn walk(&self) -> Walk {
        self.walk_days(Days::All)
    }

    /// The same over folders of files that were begun on the UTC day of `then` or later.
    pub fn walk_from(&self, then: Ticks) -> Walk {
        self.walk_days(Days::From(path::day(then)))
    }

    /// The same over folders of files that were begun before the UTC day of `then`.
    pub fn walk_before(&self, then: Ticks) -> Walk {
        self.walk_days(Days::Before(path::day(then)))
    }

    fn walk_days(&self, days: Days) -> Walk {
        Walk { volume: self.clone(), folders: vec![PathBuf::from(path::MEDIA)], days }
    }

    /// Bytes of a segment's file; `None` when it is not there.
    ///
    /// # Errors
    /// `Io` when the disk does not answer.
    pub fn length(&self, stream: StreamId, segment: SegmentId) -> Result<Option<u64>> {
        let file = path::file(stream, segment);
        match rustix::fs::statat(self.root().fd(), &file, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat.st_size as u64)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(Error::io(format!("cannot look at {}", file.display()), error.into())),
        }
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

    fn list(&self, folder: &Path) -> io::Result<Vec<(PathBuf, FileType)>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(self.root().fd(), folder, flags, Mode::empty())?;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&fd)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not say it in the listing.
                FileType::Unknown => match rustix::fs::statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    // Gone between listing and asking: retention was faster.
                    Err(_) => continue,
                },
                kind => kind,
            };
            entries.push((folder.join(name), kind));
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base::{DatabaseId, TICKS_PER_SECOND};
    use crate::storage::VolumeSpec;

    #[test]
    fn walks_from_and_before_a_day_have_every_file_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let spec = VolumeSpec { path: folder.path().join("v"), group: "g".into(), budget_bytes: None };
        let volume = Volume::open(spec, DatabaseId::fresh(Ticks(0)), Ticks(0)).expect("a volume");
        let noon = Ticks::parse("2026-11-22T12:00:00Z").expect("time");
        let day = |n: i64| noon + n * 86_400 * TICKS_PER_SECOND;
        let mut made = BTreeSet::new();
        for stream in [StreamId::fresh(noon), StreamId::fresh(noon)] {
            for n in -2..3 {
                let segment = SegmentId::fresh(day(n));
                volume.root().create(stream, segment).expect("a file");
                made.insert((stream, segment));
            }
        }
        let files = |walk: Walk| -> BTreeSet<(StreamId, SegmentId)> {
            walk.flat_map(|l| l.expect("listed").found).map(|f| (f.stream, f.segment)).collect()
        };
        assert_eq!(files(volume.walk()), made);
        for n in -3..4 {
            let (from, before) = (files(volume.walk_from(day(n))), files(volume.walk_before(day(n))));
            assert!(from.iter().all(|(_, segment)| segment.made() >= day(n)), "{n}");
            assert!(from.is_disjoint(&before) && from.union(&before).count() == made.len(), "{n}");
        }
        volume.close();
    }
}
