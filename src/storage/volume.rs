//! One volume: a folder on one disk, with identity and budget.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::identity::{FILE, Identity};
use super::writer::{QUEUE_BYTES, WriterThread};
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

/// How good a volume is for the next segment; greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing there may be deleted any more, and it is full.
    Stuck,
    /// Room is made by deleting the oldest, which began then.
    Full(Ticks),
    /// So many bytes fit before something has to go.
    Room(u64),
}

impl Standing {
    /// Most room first. Among full ones the one with the oldest footage: it is deleted next, so that all volumes of a
    /// group end up reaching back equally far, whatever their size.
    pub(super) fn rank(self) -> (u8, i64) {
        match self {
            Self::Stuck => (0, 0),
            Self::Full(oldest) => (1, -oldest.0),
            Self::Room(bytes) => (2, i64::try_from(bytes).unwrap_or(i64::MAX)),
        }
    }
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
                self.forget_folder(&folder);
                open()
            }
            other => other,
        }
    }

    /// Takes a folder away when it is empty; while files are in it nothing happens, as it should.
    fn remove_folder(&self, folder: &Path) {
        if rustix::fs::unlinkat(&self.fd, folder, AtFlags::REMOVEDIR).is_ok() {
            self.forget_folder(folder);
        }
    }

    fn forget_folder(&self, folder: &Path) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|made| made != folder);
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
    standing: Mutex<Option<Standing>>,
    failures: Mutex<Failures>,
}

/// Files that failed, since one last went well.
#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last: Option<Instant>,
}

/// A volume on which so many files in a row failed is suspect.
const SUSPECT: u32 = 3;
/// And is avoided for so long; then it is tried again.
const AVOIDED: Duration = Duration::from_secs(60);

impl Volume {
    /// Opens a volume for the catalogue `database`, or makes one: an empty folder is marked and becomes one; it is made when it
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
        Ok(Self::of(identity.volume, spec, root, writer))
    }

    /// Opens a folder that is a volume of this catalogue already; nothing is made or marked.
    ///
    /// # Errors
    /// `Unavailable` when it is missing, or is no such volume.
    pub fn open_again(spec: VolumeSpec, database: DatabaseId) -> Result<Self> {
        let (root, identity) = found(&spec, |identity| identity.database == database)?;
        let root = Arc::new(root);
        let writer = Some(Arc::new(WriterThread::start(Arc::clone(&root))));
        Ok(Self::of(identity.volume, spec, root, writer))
    }

    /// Opens a volume that exists, only to read from it.
    ///
    /// # Errors
    /// `Unavailable` when the folder is missing or is another volume.
    pub fn open_for_reading(id: VolumeId, spec: VolumeSpec) -> Result<Self> {
        let (root, identity) = found(&spec, |identity| identity.volume == id)?;
        Ok(Self::of(identity.volume, spec, Arc::new(root), None))
    }

    fn of(id: VolumeId, spec: VolumeSpec, root: Arc<Root>, writer: Option<Arc<WriterThread>>) -> Self {
        let inner = Inner { id, spec, root, writer, standing: Mutex::default(), failures: Mutex::default() };
        Self { inner: Arc::new(inner) }
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
    /// Answers those that are gone for certain, and what kept the first of the others.
    pub fn remove(&self, files: &[(StreamId, SegmentId)]) -> (Vec<SegmentId>, Result<()>) {
        let mut result = Ok(());
        let mut fail = |what: &str, error: io::Error| {
            if result.is_ok() {
                result = Err(Error::io(format!("{what} on {}", self.shown()), error));
            }
        };
        let mut folders: BTreeMap<PathBuf, Vec<SegmentId>> = BTreeMap::new();
        for (stream, segment) in files {
            match rustix::fs::unlinkat(self.root().fd(), path::file(*stream, *segment), AtFlags::empty()) {
                // One that a crash left unlinked may not have been synced.
                Ok(()) | Err(Errno::NOENT) => {
                    folders.entry(path::folder(*stream, *segment)).or_default().push(*segment);
                }
                Err(error) => fail("cannot delete footage", error.into()),
            }
        }
        let mut gone = Vec::with_capacity(files.len());
        for (folder, mut segments) in folders {
            match self.root().sync_folder(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    fail("cannot sync a folder of footage", error);
                }
                _ => {
                    gone.append(&mut segments);
                    self.root().remove_folder(&folder);
                }
            }
        }
        (gone, result)
    }

    /// Says what retention thinks of writing here; [`Volumes::choose`](super::Volumes::choose) goes by it.
    pub fn set_standing(&self, standing: Standing) {
        *self.inner.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
    }

    /// What was said last; before that, the room on the disk.
    pub(super) fn standing(&self) -> Standing {
        let said = *self.inner.standing.lock().unwrap_or_else(PoisonError::into_inner);
        said.unwrap_or_else(|| Standing::Room(self.space().map_or(0, |s| s.free)))
    }

    /// Whether its path still leads to it. A look that fails for another reason, such as too many open files, says
    /// nothing against it.
    pub(super) fn is_there(&self) -> bool {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let found = rustix::fs::open(&self.inner.spec.path, flags, Mode::empty());
        let found = found.and_then(|fd| rustix::fs::fstat(&fd));
        match (found, rustix::fs::fstat(self.root().fd())) {
            (Ok(now), Ok(opened)) => (now.st_dev, now.st_ino) == (opened.st_dev, opened.st_ino),
            (Err(Errno::NOENT | Errno::NOTDIR), _) => false,
            _ => true,
        }
    }

    /// A file was written to its end (`true`), or failed.
    pub fn note_file(&self, good: bool) {
        let mut failures = self.failures();
        *failures = if good {
            Failures::default()
        } else {
            Failures { count: failures.count.saturating_add(1), last: Some(Instant::now()) }
        };
    }

    /// Whether several files in a row failed.
    pub fn is_suspect(&self) -> bool {
        self.failures().count >= SUSPECT
    }

    /// Whether another volume should be taken, if there is one: files failed lately, or it does not keep up.
    pub(super) fn is_avoided(&self) -> bool {
        if self.waiting_bytes() > QUEUE_BYTES / 2 {
            return true;
        }
        let failures = self.failures();
        failures.count >= SUSPECT && failures.last.is_some_and(|at| at.elapsed() < AVOIDED)
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.inner.failures.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The folder of a volume that is there and right.
fn found(spec: &VolumeSpec, right: impl FnOnce(&Identity) -> bool) -> Result<(Root, Identity)> {
    let shown = spec.path.display();
    let absent = |what: String| Error::new(Kind::Unavailable, what);
    let root = Root::open(&spec.path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            absent(format!("the volume {shown} is not there; is its disk mounted?")).because(e)
        }
        _ => {
            absent(format!("the volume {shown} cannot be opened; look at its owner and its disk")).because(e)
        }
    })?;
    let identity = Identity::read(root.fd())
        .map_err(|e| absent(format!("the mark {shown}/{FILE} cannot be read")).because(e))?
        .ok_or_else(|| absent(format!("{shown} has no mark of a volume; is its disk mounted?")))?;
    if !right(&identity) {
        return Err(absent(format!("{shown} is another volume; is the right disk mounted there?")));
    }
    Ok((root, identity))
}

fn is_empty(root: &Root, shown: &str) -> Result<bool> {
    let listed = rustix::fs::Dir::read_from(root.fd());
    let mut entries = listed.map_err(|e| Error::io(format!("cannot list {shown}"), e.into()))?;
    // The root of a fresh ext4 disk has this one.
    Ok(entries.all(|e| {
        e.is_ok_and(|e| [".", "..", "lost+found"].iter().any(|n| e.file_name().to_bytes() == n.as_bytes()))
    }))
}
