//! Writes one export's file, on a thread that gives way to recording.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::bundle::{self, PartFile, Site};
use super::names::Names;
use super::service::Part;
use super::upkeep::floor;
use crate::base::{Error, Kind, Result, Stop, Ticks};
use crate::catalogue::{Export, ExportDone, ExportMissing, Scope};
use crate::media::ReadAt as _;
use crate::playback::clip::Clip;
use crate::playback::service::Playback;
use crate::storage::{ExportFolder, ExportWriter, Volumes, give_way};

/// While the recorder has more than this to write, an export waits.
const RECORDER_FIRST: usize = 4 << 20;
/// How long before it looks again.
const WAIT: Duration = Duration::from_millis(20);
/// The disk's room is asked for after so many bytes.
const ASK: u64 = 64 << 20;
/// Bytes read at once to hash a finished zip.
const CHUNK: usize = 256 << 10;
/// Hashing a finished zip counts so much less than writing it, in the progress.
pub(super) const HASH_SHARE: u64 = 4;
/// The largest file that a zip's own 32-bit sizes hold (APPNOTE 4.4.8); a larger one takes ZIP64.
const ZIP32: u64 = u32::MAX as u64 - 1;

/// What is written, and with what.
pub(super) struct Work {
    pub(super) export: Export,
    pub(super) site: Site,
    pub(super) parts: Vec<Part>,
    pub(super) missing: Vec<ExportMissing>,
    pub(super) now: Ticks,
    pub(super) playback: Playback,
    pub(super) volumes: Volumes,
    pub(super) folder: ExportFolder,
    /// Plans of clips are made there.
    pub(super) runtime: Handle,
    pub(super) stop: Stop,
    pub(super) done: std::sync::Arc<AtomicU64>,
}

fn failed(error: std::io::Error) -> Error {
    Error::io("cannot write the export", error)
}

/// The zip's own failures are those of the file behind it, or ours.
fn zip_failed(error: zip::result::ZipError) -> Error {
    match error {
        zip::result::ZipError::Io(error) => failed(error),
        other => Error::internal("cannot write the zip; report this").because(other),
    }
}

impl Work {
    /// Writes the file; one that is not finished is gone.
    pub(super) fn run(&self) -> Result<ExportDone> {
        give_way();
        let mut names = Names::new(self.site.zone);
        match &self.parts[..] {
            [only] if self.missing.is_empty() => self.one(only, &mut names),
            _ => self.bundle(&mut names),
        }
    }

    fn one(&self, part: &Part, names: &mut Names) -> Result<ExportDone> {
        let mut out = self.folder.create(self.export.id)?;
        let (clip, name) = (self.clip(part)?, names.give(&part.slug, part.range.from, "mp4"));
        let sha256 = self.copy(&clip, &mut out)?;
        out.finish("mp4")?;
        Ok(ExportDone { bytes: clip.body.bytes(), file_name: name, sha256, missing: vec![] })
    }

    fn bundle(&self, names: &mut Names) -> Result<ExportDone> {
        let mut zip = ZipWriter::new(self.folder.create(self.export.id)?);
        let mut files = Vec::new();
        for part in &self.parts {
            let (clip, name) = (self.clip(part)?, names.give(&part.slug, part.range.from, "mp4"));
            let bytes = clip.body.bytes();
            zip.start_file(&name, self.options(part.range.from, bytes)).map_err(zip_failed)?;
            let sha256 = self.copy(&clip, &mut zip)?;
            files.push(PartFile {
                name,
                camera: part.camera,
                range: part.range,
                shown: clip.shown,
                bytes,
                sha256,
                origins: part.origins.clone(),
            });
        }
        self.papers(&mut zip, &files)?;
        let mut out = zip.finish().map_err(zip_failed)?;
        let (bytes, sha256) = self.hash(&mut out)?;
        out.finish("zip")?;
        let slug = match &self.export.items[..] {
            [first, rest @ ..] if rest.iter().all(|item| item.camera == first.camera) => first.slug.as_str(),
            _ => "lanewatch",
        };
        let from = self.export.items.iter().map(|item| item.range.from).min().unwrap_or(self.now);
        let file_name = names.give(slug, from, "zip");
        Ok(ExportDone { bytes, file_name, sha256, missing: self.missing.clone() })
    }

    /// The manifest, the page and the sums.
    fn papers(&self, zip: &mut ZipWriter<ExportWriter>, files: &[PartFile]) -> Result<()> {
        let (export, site, missing) = (&self.export, &self.site, &self.missing[..]);
        let manifest = bundle::manifest(export, site, files, missing, self.now);
        let of = |text: &str| -> [u8; 32] { Sha256::digest(text).into() };
        let page = bundle::page(export, site, files, missing, (&manifest, of(&manifest)), self.now);
        let hashes = files.iter().map(|f| (f.name.as_str(), f.sha256));
        let papers = [(bundle::MANIFEST, of(&manifest)), (bundle::PAGE, of(&page))];
        let sums = bundle::sums(hashes.chain(papers));
        for (name, text) in [(bundle::MANIFEST, &manifest), (bundle::PAGE, &page), (bundle::SUMS, &sums)] {
            zip.start_file(name, self.options(self.now, text.len() as u64)).map_err(zip_failed)?;
            zip.write_all(text.as_bytes()).map_err(failed)?;
        }
        Ok(())
    }

    /// Stored: footage does not get smaller. The time is that on the wall, as zips have it.
    fn options(&self, at: Ticks, bytes: u64) -> SimpleFileOptions {
        let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let plain = plain.large_file(bytes > ZIP32).unix_permissions(0o644);
        let local = self.site.zone.local(at);
        let numbers: Vec<u16> = local.split(['-', '_']).filter_map(|n| n.parse().ok()).collect();
        let small = |n: usize| numbers.get(n).and_then(|n| u8::try_from(*n).ok()).unwrap_or(0);
        let year = numbers.first().copied().unwrap_or(0);
        match zip::DateTime::from_date_and_time(year, small(1), small(2), small(3), small(4), small(5)) {
            Ok(time) => plain.last_modified_time(time),
            // Before 1980: a clock without a battery.
            Err(_) => plain,
        }
    }

    fn clip(&self, part: &Part) -> Result<std::sync::Arc<Clip>> {
        self.runtime.block_on(self.playback.clip(Scope::everything(), part.source, part.range))
    }

    /// Copies a clip and answers its hash.
    fn copy(&self, clip: &Clip, out: &mut dyn Write) -> Result<[u8; 32]> {
        let (mut hash, mut unasked) = (Sha256::new(), ASK);
        clip.body.for_each(|chunk| {
            self.wait_for_recorder()?;
            unasked += chunk.len() as u64;
            if unasked >= ASK {
                self.check_room()?;
                unasked = 0;
            }
            hash.update(chunk);
            out.write_all(chunk).map_err(failed)?;
            self.done.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            Ok(())
        })?;
        Ok(hash.finalize().into())
    }

    /// Length and hash of the file so far: a zip's heads are filled in after what follows them.
    fn hash(&self, out: &mut ExportWriter) -> Result<(u64, [u8; 32])> {
        let reader = out.reader()?;
        let (mut hash, mut at, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
        loop {
            self.wait_for_recorder()?;
            let read = reader.read_at(at, &mut chunk).map_err(failed)?;
            if read == 0 {
                return Ok((at, hash.finalize().into()));
            }
            hash.update(&chunk[..read]);
            at += read as u64;
            self.done.fetch_add(read as u64 / HASH_SHARE, Ordering::Relaxed);
        }
    }

    fn wait_for_recorder(&self) -> Result<()> {
        loop {
            if self.stop.requested() {
                return Err(Error::new(Kind::Unavailable, "the export was stopped; ask for it again"));
            }
            if self.volumes.waiting_bytes() <= RECORDER_FIRST {
                return Ok(());
            }
            std::thread::sleep(WAIT);
        }
    }

    fn check_room(&self) -> Result<()> {
        let space = self.folder.space()?;
        if space.free < floor(space.total) {
            return Err(Error::new(
                Kind::NoSpace,
                "the disk is nearly full; delete other exports or ask for less",
            ));
        }
        Ok(())
    }
}
