//! A catalogue from the files alone: when the old one is lost or damaged, or a disk has come to another machine.
//!
//! Every file says which camera, stream and time it is, and its hash chain says how far it is whole. What no file can
//! say (addresses, passwords, people, locks, why a gap is a gap) comes from the old catalogue, as far as it can be
//! read; without it cameras are there, switched off, and wait for their address.
//!
//! The new catalogue takes its place only when it is complete. Nothing is deleted: the old one stays beside it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::adoption::{examine, finish, parameters, volume_row};
use super::recovery::streams;
use crate::base::{
    CameraId, DatabaseId, Error, Kind, Result, StreamId, StreamKey, Ticks, TimeRange, VolumeId,
};
use crate::catalogue::{AdoptedCamera, AdoptedStream, Catalogue, GapCause, SealedSegment, take_settings};
use crate::media::{FileHeader, Scan};
use crate::storage::{Found, Volume, VolumeSpec, Volumes, discard_database, exchange_database};

/// Rows of one transaction.
const BATCH: usize = 200;

/// What a rebuild found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Files that have a row now.
    pub adopted: u64,
    /// Of these: cut where a crash or a changed byte ended them.
    pub cut: u64,
    /// Files that are no footage of this recorder, and were moved to `set-aside/`.
    pub set_aside: u64,
    /// Cameras whose address is not known: they are switched off.
    pub nameless: u64,
    /// Tables of the old catalogue that could not be read; `None`: there was no old one.
    pub lost: Option<Vec<&'static str>>,
    /// Where the old catalogue is now.
    pub kept: Option<PathBuf>,
}

/// Makes `file` anew from the files of the volumes. The caller holds the data folder's lock. `said` is told of each
/// file that was set aside or cut.
///
/// # Errors
/// When no volume is marked, volumes are of different catalogues, or something cannot be read or written: then
/// everything is as it was, but for files that were cut or set aside.
pub async fn rebuild(
    file: &Path,
    specs: Vec<VolumeSpec>,
    now: Ticks,
    said: &mut dyn FnMut(&str),
) -> Result<Rebuilt> {
    let database = common_database(&specs)?;
    let new = file.with_extension("rebuilding.db");
    discard_database(&new)?;
    let mut done = Rebuilt::default();
    // Makes the file with the right mode.
    Catalogue::open_for_tool(&new).await?.close().await;
    if file.exists() {
        done.lost = Some(take_settings(file, &new).await?);
    }
    let catalogue = Catalogue::open_for_tool(&new).await?;
    catalogue.set_database(database).await?;
    // A folder without a mark may be the empty mount point of a disk: it must not become a volume.
    let is_there = |spec: &VolumeSpec| matches!(Volume::marked(&spec.path), Ok(Some(_)));
    let (there, absent): (Vec<_>, Vec<_>) = specs.into_iter().partition(is_there);
    for spec in absent {
        said(&format!(
            "{} is no volume: if it should be one, mount its disk and rebuild again",
            spec.path.display()
        ));
    }
    let volumes = Volumes::open(there, &[], database, now)?;
    let filled = fill(&catalogue, &volumes, now, &mut done, said).await;
    volumes.close();
    catalogue.close().await;
    filled?;
    if file.exists() {
        let stamp: String = now.rfc3339().chars().filter(char::is_ascii_digit).take(14).collect();
        done.kept = Some(file.with_file_name(format!("catalogue-before-{stamp}.db")));
    }
    let kept = done.kept.clone().unwrap_or_else(|| file.with_extension("none"));
    exchange_database(&new, file, &kept)?;
    Ok(done)
}

/// The catalogue that all volumes were marked for.
fn common_database(specs: &[VolumeSpec]) -> Result<DatabaseId> {
    let mut found: Option<(DatabaseId, &Path)> = None;
    for spec in specs {
        if !spec.path.exists() {
            continue;
        }
        let Some((_, database)) = Volume::marked(&spec.path)? else { continue };
        match found {
            Some((before, at)) if before != database => {
                return Err(Error::invalid(format!(
                    "{} and {} hold the footage of different recorders; rebuild each with a configuration of its own",
                    at.display(),
                    spec.path.display()
                )));
            }
            _ => found = Some((database, &spec.path)),
        }
    }
    let (database, _) = found.ok_or_else(|| {
        Error::not_found(
            "no volume with footage is there; give the right --data or --config, or mount the disk",
        )
    })?;
    Ok(database)
}

async fn fill(
    catalogue: &Catalogue,
    volumes: &Volumes,
    now: Ticks,
    done: &mut Rebuilt,
    said: &mut dyn FnMut(&str),
) -> Result<()> {
    for volume in volumes.iter() {
        catalogue.put_volume(volume_row(&volume)).await?;
    }
    let mut work = Work {
        catalogue,
        now,
        known: streams(catalogue).await?,
        cameras: HashMap::new(),
        spans: HashMap::new(),
        batch: Vec::new(),
        done,
        said,
    };
    for (volume, file) in sorted(volumes)? {
        let volume = volumes.get(volume).expect("listed from these");
        work.file(&volume, file).await?;
    }
    work.put().await?;
    work.gaps().await
}

/// All files in order of stream and time.
fn sorted(volumes: &Volumes) -> Result<Vec<(VolumeId, Found)>> {
    let mut all = Vec::new();
    for volume in volumes.iter() {
        for listing in volume.walk() {
            all.extend(listing?.found.into_iter().map(|found| (volume.id(), found)));
        }
    }
    all.sort_unstable_by_key(|(_, f)| (f.stream, f.segment));
    Ok(all)
}

struct Work<'a> {
    catalogue: &'a Catalogue,
    now: Ticks,
    known: HashMap<StreamId, StreamKey>,
    /// Cameras that were made from files.
    cameras: HashMap<CameraId, AdoptedCamera>,
    /// From the first footage to the last, by stream.
    spans: HashMap<StreamKey, TimeRange>,
    batch: Vec<SealedSegment>,
    done: &'a mut Rebuilt,
    said: &'a mut dyn FnMut(&str),
}

impl Work<'_> {
    async fn file(&mut self, volume: &Volume, file: Found) -> Result<()> {
        let path = volume.path_of(file.stream, file.segment);
        let scan = match examine(volume, file) {
            Err(error) if error.kind() == Kind::Corrupt => {
                return self.set_aside(volume, &path, error.message());
            }
            other => other?,
        };
        let stream = self.stream(&scan.header).await?;
        if self.spans.get(&stream).is_some_and(|span| scan.header.start < span.to) {
            return self.set_aside(volume, &path, "other footage of this stream has the same time");
        }
        self.adopt(volume, stream, &scan, &path)?;
        if self.batch.len() >= BATCH {
            self.put().await?;
        }
        Ok(())
    }

    fn adopt(&mut self, volume: &Volume, stream: StreamKey, scan: &Scan, path: &Path) -> Result<()> {
        let segment = finish(volume, scan, stream)?;
        let end = scan.end();
        self.spans.entry(stream).or_insert(TimeRange::new(scan.header.start, end)).to = end;
        self.catalogue.put_parameters(parameters(&scan.parameters));
        self.batch.push(segment);
        self.done.adopted += 1;
        if !scan.sealed {
            self.done.cut += 1;
            (self.said)(&format!("{} counts up to {end}", path.display()));
        }
        Ok(())
    }

    /// The stream's key; a stream that the old catalogue did not tell of is made from the file.
    async fn stream(&mut self, header: &FileHeader) -> Result<StreamKey> {
        if let Some(key) = self.known.get(&header.stream) {
            return Ok(*key);
        }
        let camera = self.cameras.entry(header.camera).or_insert_with(|| AdoptedCamera {
            id: header.camera,
            name: header.camera_name.clone(),
            streams: Vec::new(),
        });
        camera.streams.push(AdoptedStream { id: header.stream, kind: header.kind });
        let made = self.catalogue.insert_adopted_camera(camera.clone()).await?;
        self.done.nameless = self.cameras.len() as u64;
        self.known.extend(made.streams.iter().map(|s| (s.id, s.key)));
        let key = self.known.get(&header.stream).copied();
        key.ok_or_else(|| Error::internal("an adopted stream has no key"))
    }

    async fn put(&mut self) -> Result<()> {
        self.catalogue.insert_adopted_segments(std::mem::take(&mut self.batch)).await
    }

    /// What is neither footage nor known as a gap is one whose cause nobody knows any more.
    async fn gaps(&mut self) -> Result<()> {
        for (stream, span) in &self.spans {
            self.catalogue.put_gap(*stream, *span, GapCause::Unknown);
        }
        self.catalogue.flush().await
    }

    fn set_aside(&mut self, volume: &Volume, path: &Path, why: &str) -> Result<()> {
        let target = volume.set_aside(path, self.now)?;
        (self.said)(&format!("{} is now {}: {why}", path.display(), target.display()));
        self.done.set_aside += 1;
        Ok(())
    }
}
