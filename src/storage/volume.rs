//! One volume: a folder on one disk, with identity and budget.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::identity::{FILE, Identity};
use super::writer::WriterThread;
use super::{SegmentReader, SegmentWriter, ensure_folder, path};
use crate::base::{DatabaseId, Error, Kind, Result, SegmentId, StreamId, Ticks, VolumeId};

/// What the configuration says of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeSpec {
    /// Its folder, absolute.
    pub path: PathBuf,
    /// Group that streams are assigned to.
    pub group: String,
    /// Bytes of footage it may hold; `None` = what the disk gives, less a reserve.
    pub budget_bytes: Option<u64>,
}

/// Room on the disk below a volume, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// The whole file system.
    pub total: u64,
    /// What an ordinary user may still write.
    pub free: u64,
}

/// The handle of the volume's folder; every path is opened beneath it.
#[derive(Debug)]
pub(super) struct Root {
    fd: OwnedFd,
    /// Folders that exist for certain, by path.
    made: Mutex<Vec<PathBuf>>,
}

/// Folders remembered as made: a day's of a hundred streams, and then some.
const REMEMBERED: usize = 512;

impl Root {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(folder, flags, Mode::empty())?;
        Ok(Self { fd, made: Mutex::default() })
    }

    pub(super) fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// Makes a segment's file; its folder is still to be synced.
    pub(super) fn create(&self, stream: StreamId, segment: SegmentId) -> io::Result<File> {
        let folder = path::folder(stream, segment);
        let file = path::file(stream, segment);
        let open = || {
            self.ensure(&folder)?;
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let opened = rustix::fs::openat(&self.fd, &file, flags, Mode::RUSR | Mode::WUSR)?;
            Ok::<_, io::Error>(File::from(opened))
        };
        match open() {
            // Retention took the folder with its last file after it was remembered.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|m| *m != folder);
                open()
            }
            other => other,
        }
    }

    /// Makes a folder and those above it, each synced into the one above.
    pub(super) fn ensure(&self, folder: &Path) -> io::Result<()> {
        if self.made.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|m| m == folder) {
            return Ok(());
        }
        let above: Vec<&Path> = folder.ancestors().filter(|p| !p.as_os_str().is_empty()).collect();
        for part in above.into_iter().rev() {
            match rustix::fs::mkdirat(&self.fd, part, Mode::RWXU) {
                Ok(()) => self.sync_folder(part.parent().unwrap_or(Path::new("")))?,
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= REMEMBERED {
            made.clear();
        }
        made.push(folder.to_path_buf());
        Ok(())
    }

    pub(super) fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.as_os_str().is_empty() {
            return Ok(rustix::fs::fsync(&self.fd)?);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, folder, flags, Mode::empty())?;
        Ok(rustix::fs::fsync(fd)?)
    }

    pub(super) fn open_file(&self, file: &Path, write: bool) -> io::Result<File> {
        let access = if write { OFlags::RDWR } else { OFlags::RDONLY };
        Ok(File::from(rustix::fs::openat(&self.fd, file, access | OFlags::CLOEXEC, Mode::empty())?))
    }
}

/// An opened volume; cheap to clone.
#[derive(Clone, Debug)]
pub struct Volume {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: VolumeId,
    spec: VolumeSpec,
    root: Arc<Root>,
    /// Only where something may be written.
    writer: Option<Arc<WriterThread>>,
}

impl Volume {
    /// Opens a volume for the catalogue `database`. An empty folder is marked and becomes one; it is made when it
    /// is missing.
    ///
    /// # Errors
    /// `Invalid` when the folder is not empty and not marked, or belongs to another catalogue: nothing is written
    /// to it then.
    pub fn open(spec: VolumeSpec, database: DatabaseId, now: Ticks) -> Result<Self> {
        let shown = spec.path.display().to_string();
        ensure_folder(&spec.path)?;
        let root =
            Root::open(&spec.path).map_err(|e| Error::io(format!("cannot open the volume {shown}"), e))?;
        let found =
            Identity::read(root.fd()).map_err(|e| Error::io(format!("cannot read {shown}/{FILE}"), e))?;
        let identity = match found {
            Some(identity) if identity.database == database => identity,
            Some(_) => {
                return Err(Error::invalid(format!(
                    "{shown} holds the footage of another lanewatch; give this service a folder of its own, or make \
                     a catalogue from that footage: lanewatch rebuild"
                )));
            }
            None if is_empty(&root, &shown)? => {
                let fresh = Identity::fresh(database, now);
                fresh
                    .write(root.fd())
                    .map_err(|e| Error::io(format!("cannot mark {shown} as a volume"), e))?;
                fresh
            }
            None => {
                return Err(Error::invalid(format!(
                    "{shown} is not empty and not marked as a volume of lanewatch; is its disk mounted? If it is \
                     meant for footage, give an empty folder on it"
                )));
            }
        };
        let root = Arc::new(root);
        let writer = Some(Arc::new(WriterThread::start(Arc::clone(&root))));
        Ok(Self { inner: Arc::new(Inner { id: identity.volume, spec, root, writer }) })
    }

    /// Opens a volume that exists, only to read from it.
    ///
    /// # Errors
    /// `Unavailable` when the folder is missing or is another volume.
    pub fn open_for_reading(id: VolumeId, spec: VolumeSpec) -> Result<Self> {
        let shown = spec.path.display().to_string();
        let absent = || {
            Error::new(Kind::Unavailable, format!("the volume {shown} is not there; is its disk mounted?"))
        };
        let root = Root::open(&spec.path).map_err(|e| absent().because(e))?;
        let identity = Identity::read(root.fd()).map_err(|e| absent().because(e))?.ok_or_else(absent)?;
        if identity.volume != id {
            return Err(absent());
        }
        Ok(Self { inner: Arc::new(Inner { id, spec, root: Arc::new(root), writer: None }) })
    }

    /// Which volume and catalogue a folder is marked for, when it is.
    ///
    /// # Errors
    /// `Io` when it cannot be read.
    pub fn marked(folder: &Path) -> Result<Option<(VolumeId, DatabaseId)>> {
        let shown = folder.display();
        let root = Root::open(folder).map_err(|e| Error::io(format!("cannot open {shown}"), e))?;
        let identity =
            Identity::read(root.fd()).map_err(|e| Error::io(format!("cannot read {shown}/{FILE}"), e))?;
        Ok(identity.map(|i| (i.volume, i.database)))
    }

    /// Its id.
    pub fn id(&self) -> VolumeId {
        self.inner.id
    }

    /// What the configuration says of it.
    pub fn spec(&self) -> &VolumeSpec {
        &self.inner.spec
    }

    /// Room on its disk.
    ///
    /// # Errors
    /// `Io` when the disk does not answer.
    pub fn space(&self) -> Result<Space> {
        let stat = rustix::fs::fstatvfs(self.root().fd());
        let stat =
            stat.map_err(|e| Error::io(format!("cannot ask {} for its room", self.shown()), e.into()))?;
        Ok(Space { total: stat.f_blocks * stat.f_frsize, free: stat.f_bavail * stat.f_frsize })
    }

    /// Bytes handed over that are not written yet.
    pub fn waiting_bytes(&self) -> usize {
        self.inner.writer.as_ref().map_or(0, |w| w.waiting())
    }

    /// Begins a segment file with its `ftyp moov`.
    ///
    /// # Errors
    /// `Unavailable` when too much waits, or the volume is only open for reading.
    pub fn create(&self, stream: StreamId, segment: SegmentId, init: Bytes) -> Result<SegmentWriter> {
        let closed = || Error::new(Kind::Unavailable, "the volume is only open for reading");
        self.inner.writer.as_ref().ok_or_else(closed)?.create(stream, segment, init)
    }

    /// Opens a segment file.
    ///
    /// # Errors
    /// `NotFound` when it is gone.
    pub fn reader(&self, stream: StreamId, segment: SegmentId) -> Result<SegmentReader> {
        let opened = self.root().open_file(&path::file(stream, segment), false);
        let file = opened.map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => Error::not_found("this footage is no longer kept"),
            _ => Error::io("cannot open footage", e),
        })?;
        Ok(SegmentReader { file })
    }

    /// Cuts a file to `bytes`, writes `tail` behind and syncs it: how recovery ends a file that a crash left open.
    ///
    /// # Errors
    /// `Io` when the disk does not do it.
    pub fn finish(&self, stream: StreamId, segment: SegmentId, bytes: u64, tail: &[u8]) -> Result<u64> {
        let work = || {
            use std::os::unix::fs::FileExt;
            let file = self.root().open_file(&path::file(stream, segment), true)?;
            file.set_len(bytes)?;
            file.write_all_at(tail, bytes)?;
            file.sync_all()?;
            self.root().sync_folder(&path::folder(stream, segment))?;
            Ok(bytes + tail.len() as u64)
        };
        work().map_err(|e| Error::io("cannot finish a segment file that a crash left open", e))
    }

    /// Unlinks segment files whose rows are doomed, then syncs their folders. One that is gone already is fine.
    ///
    /// # Errors
    /// `Io` with the first that could not be removed.
    pub fn remove(&self, files: &[(StreamId, SegmentId)]) -> Result<()> {
        let mut folders: Vec<PathBuf> = Vec::new();
        for (stream, segment) in files {
            match rustix::fs::unlinkat(self.root().fd(), path::file(*stream, *segment), AtFlags::empty()) {
                Ok(()) => {
                    let folder = path::folder(*stream, *segment);
                    if !folders.contains(&folder) {
                        folders.push(folder);
                    }
                }
                Err(Errno::NOENT) => {}
                Err(error) => return Err(Error::io("cannot delete footage", error.into())),
            }
        }
        for folder in folders {
            self.root().sync_folder(&folder).map_err(|e| Error::io("cannot sync a folder of footage", e))?;
            // A day's folder goes with its last file; while files are in it this fails, as it should.
            let _ = rustix::fs::unlinkat(self.root().fd(), &folder, AtFlags::REMOVEDIR);
        }
        Ok(())
    }

    /// Writes and syncs what waits, and ends the writer thread.
    pub fn close(&self) {
        if let Some(writer) = &self.inner.writer {
            writer.close();
        }
    }

    pub(super) fn root(&self) -> &Root {
        &self.inner.root
    }

    pub(super) fn shown(&self) -> String {
        self.inner.spec.path.display().to_string()
    }
}

fn is_empty(root: &Root, shown: &str) -> Result<bool> {
    let listed = rustix::fs::Dir::read_from(root.fd());
    let mut entries = listed.map_err(|e| Error::io(format!("cannot list {shown}"), e.into()))?;
    // The root of a fresh ext4 disk has this one.
    Ok(entries.all(|e| {
        e.is_ok_and(|e| [".", "..", "lost+found"].iter().any(|n| e.file_name().to_bytes() == n.as_bytes()))
    }))
}
