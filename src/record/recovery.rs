//! After a crash: finishes what was left open, adopts files without a row, and says what was lost.
//!
//! 1. The rows that an earlier start left open: each file is cut behind its last whole fragment and gets its sample
//!    table, its row is sealed as recovered. A file that is not there takes its row with it.
//! 2. Files without a row, when a start has not ended in order since they were looked for last: ours are adopted, what
//!    is foreign or holds no whole fragment is set aside. Nothing is deleted.
//! 3. The gap that the crash left: up to the last instant that any stream still has, it was lost in the crash;
//!    after that the recorder was off.
//!
//! Runs beside recording, which began before it. Whatever interrupts it, the next start finds the rest.

use std::collections::{HashMap, HashSet};

use crate::base::{
    Error, Kind, Result, SegmentId, SharedClock, Stop, StreamId, StreamKey, TICKS_PER_SECOND, Ticks,
    TimeRange,
};
use crate::catalogue::{Catalogue, GapCause, Scope, SealedSegment, Segment, SegmentState};
use crate::media::Scan;
use crate::storage::{Found, Listing, Volume, Volumes, Walk};

use super::adoption::{examine, finish, parameters};

/// A segment lies in the folder of the day its id was made; its start may be a little to either side, and a camera
/// whose clock we bent by some hours is still found with this margin.
const DAY: i64 = 86_400 * TICKS_PER_SECOND;

/// What a recovery did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Files that were left open and are complete now.
    pub finished: u64,
    /// Files without a row that have one now.
    pub adopted: u64,
    /// Rows whose file was never made.
    pub dropped: u64,
    /// Files that were moved out of the way.
    pub set_aside: u64,
}

/// Does all of it; returns early when asked to stop.
///
/// # Errors
/// When the catalogue or a disk does not answer. What was done stays done.
pub async fn recover(
    catalogue: &Catalogue,
    volumes: &Volumes,
    clock: &SharedClock,
    stop: &Stop,
) -> Result<Recovered> {
    let mut work = Recovery::new(catalogue, volumes, clock).await?;
    let crash = catalogue.previous_boot().await?.filter(|before| before.ended.is_none());
    work.open_rows(stop).await?;
    if let Some(since) = catalogue.unrecovered_since().await? {
        // Where the files without a row are, if there are any; what else an earlier recovery may have left comes after.
        let since = since - DAY;
        work.walk(|volume| volume.walk_from(since), stop).await?;
        work.walk(|volume| volume.walk_before(since), stop).await?;
    }
    let done = work.finish(crash.map(|before| before.seen)).await?;
    // Interrupted, or without one of the disks, it is not the whole of it: the next start looks again.
    if !stop.requested() && volumes.absent().is_empty() {
        catalogue.set_recovered().await?;
    }
    Ok(done)
}

/// The same for a volume that was not there when the service started, whatever the last start was like.
///
/// # Errors
/// As [`recover`].
pub async fn recover_volume(
    catalogue: &Catalogue,
    volume: &Volume,
    clock: &SharedClock,
    stop: &Stop,
) -> Result<Recovered> {
    let mut work = Recovery::new(catalogue, &Volumes::only(volume.clone()), clock).await?;
    work.open_rows(stop).await?;
    work.walk(Volume::walk, stop).await?;
    let crash = catalogue.previous_boot().await?.filter(|before| before.ended.is_none());
    work.finish(crash.map(|before| before.seen)).await
}

/// All streams, also removed ones.
pub(super) async fn streams(catalogue: &Catalogue) -> Result<HashMap<StreamId, StreamKey>> {
    let cameras = catalogue.all_cameras().await?;
    Ok(cameras.iter().flat_map(|c| &c.streams).map(|s| (s.id, s.key)).collect())
}

struct Recovery {
    catalogue: Catalogue,
    volumes: Volumes,
    clock: SharedClock,
    streams: HashMap<StreamId, StreamKey>,
    /// Recovered stretches, or those of dropped rows, by stream: from the first's start to the last's end.
    touched: HashMap<StreamKey, TimeRange>,
    done: Recovered,
    /// What kept the first file that is left as it was.
    left: Option<Error>,
}

impl Recovery {
    async fn new(catalogue: &Catalogue, volumes: &Volumes, clock: &SharedClock) -> Result<Self> {
        Ok(Self {
            catalogue: catalogue.clone(),
            volumes: volumes.clone(),
            clock: clock.clone(),
            streams: streams(catalogue).await?,
            touched: HashMap::new(),
            done: Recovered::default(),
            left: None,
        })
    }

    /// `seen`: the last sign of life of the start that crashed.
    async fn finish(self, seen: Option<Ticks>) -> Result<Recovered> {
        self.catalogue.flush().await?;
        self.account(seen).await?;
        let Recovered { finished, adopted, dropped, set_aside } = self.done;
        if self.done != Recovered::default() {
            tracing::info!(
                finished,
                adopted,
                dropped,
                set_aside,
                "the files that a crash left open are in order again"
            );
        }
        self.left.map_or(Ok(self.done), Err)
    }

    async fn open_rows(&mut self, stop: &Stop) -> Result<()> {
        for row in self.catalogue.unfinished_segments().await? {
            let ours = row.state == SegmentState::Open && row.boot != self.catalogue.boot();
            if !ours || stop.requested() {
                continue;
            }
            // An absent volume keeps its rows until it is back.
            let Some(volume) = self.volumes.get(row.volume) else { continue };
            let Some(stream) = self.catalogue.stream_id(row.stream).await? else { continue };
            if let Err(error) = self.open_row(&volume, stream, &row).await {
                self.left(&volume, stream, row.id, error);
            }
        }
        Ok(())
    }

    async fn open_row(&mut self, volume: &Volume, stream: StreamId, row: &Segment) -> Result<()> {
        let file = Found { stream, segment: row.id };
        match self.complete(volume, file, row.stream).await {
            Ok(segment) => {
                self.catalogue.seal_segment(segment);
                self.done.finished += 1;
            }
            Err(error) if error.kind() == Kind::NotFound => {
                self.catalogue.drop_open_segment(row.stream, row.start);
                self.touch(row.stream, row.range());
                self.done.dropped += 1;
            }
            Err(error) if error.kind() == Kind::Corrupt => {
                self.set_aside(volume, volume.path_of(stream, row.id), error.message()).await?;
                self.catalogue.drop_open_segment(row.stream, row.start);
                self.touch(row.stream, row.range());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// One file that cannot be read or finished keeps nobody else waiting; the next start tries it again.
    fn left(&mut self, volume: &Volume, stream: StreamId, segment: SegmentId, error: Error) {
        let file = volume.path_of(stream, segment);
        tracing::error!(file = %file.display(), error = %error, "a file is not in order yet");
        self.left.get_or_insert(error);
    }

    /// Completes a file on disk and answers its row; its parameters are on their way.
    async fn complete(&mut self, volume: &Volume, file: Found, stream: StreamKey) -> Result<SealedSegment> {
        let scan = blocking(volume, move |v| examine(v, file)).await?;
        self.refuse_overlap(stream, &scan).await?;
        self.catalogue.put_parameters(parameters(&scan.parameters));
        self.touch(stream, TimeRange::new(scan.header.start, scan.end()));
        blocking(volume, move |v| finish(v, &scan, stream)).await
    }

    fn touch(&mut self, stream: StreamKey, range: TimeRange) {
        let whole = self.touched.entry(stream).or_insert(range);
        whole.from = Ord::min(whole.from, range.from);
        whole.to = whole.to.max(range.to);
    }

    /// A clock that was set back can make two files of one time; the one that has its row stays.
    async fn refuse_overlap(&self, stream: StreamKey, scan: &Scan) -> Result<()> {
        let range = TimeRange::new(scan.header.start, scan.end());
        let there = self.catalogue.segments(Scope::everything(), stream, range, 2).await?;
        if there.iter().any(|s| s.id != scan.header.segment) {
            return Err(Error::new(Kind::Corrupt, "other footage of this stream has the same time"));
        }
        Ok(())
    }

    async fn walk(&mut self, folders: impl Fn(&Volume) -> Walk, stop: &Stop) -> Result<()> {
        for volume in self.volumes.iter() {
            let mut walk = folders(&volume);
            loop {
                let (listing, rest) =
                    blocking(&volume, move |_| Ok((walk.next().transpose()?, walk))).await?;
                let Some(listing) = listing else { break };
                if stop.requested() {
                    return Ok(());
                }
                self.folder(&volume, listing).await?;
                walk = rest;
            }
        }
        Ok(())
    }

    async fn folder(&mut self, volume: &Volume, listing: Listing) -> Result<()> {
        for path in listing.strangers {
            self.set_aside(volume, path, "no segment has such a name").await?;
        }
        for file in without_row(&self.catalogue, &self.streams, &listing.found).await? {
            if let Err(error) = self.stray(volume, file).await {
                self.left(volume, file.stream, file.segment, error);
            }
        }
        Ok(())
    }

    async fn stray(&mut self, volume: &Volume, file: Found) -> Result<()> {
        let path = volume.path_of(file.stream, file.segment);
        let Some(&stream) = self.streams.get(&file.stream) else {
            return self.set_aside(volume, path, "its stream is not in the catalogue").await;
        };
        match self.complete(volume, file, stream).await {
            Ok(segment) => {
                self.catalogue.insert_adopted_segments(vec![segment]).await?;
                self.done.adopted += 1;
                Ok(())
            }
            Err(error) if error.kind() == Kind::NotFound => Ok(()),
            Err(error) if error.kind() == Kind::Corrupt => {
                self.set_aside(volume, path, error.message()).await
            }
            Err(error) => Err(error),
        }
    }

    async fn set_aside(&mut self, volume: &Volume, path: std::path::PathBuf, why: &str) -> Result<()> {
        let now = self.clock.now();
        let shown = path.display().to_string();
        let target = blocking(volume, move |v| v.set_aside(&path, now)).await?;
        tracing::warn!(file = shown, to = %target.display(), why, "a file was set aside");
        self.done.set_aside += 1;
        Ok(())
    }

    /// Gives what lies behind recovered footage its cause, and says how much the crash took.
    async fn account(&self, seen: Option<Ticks>) -> Result<()> {
        let mut worst = 0;
        let last = self.touched.values().map(|range| range.to).max();
        for (stream, range) in &self.touched {
            let until = self.first_of_this_start(*stream, range.from).await?;
            let behind = TimeRange { from: range.to, to: until.max(range.to) };
            self.catalogue.put_gap(
                *stream,
                TimeRange { from: range.from, to: behind.to },
                GapCause::RecorderOff,
            );
            if let Some(crash) = last.zip(seen).map(|(last, seen)| last.max(seen)) {
                let lost = TimeRange { from: range.to, to: Ord::min(crash, behind.to) };
                worst = worst.max(lost.ticks());
                self.catalogue.blame_gap(*stream, lost, GapCause::RecorderOff, GapCause::LostInCrash);
            }
        }
        if worst > 0 {
            let lost_ms = worst / (TICKS_PER_SECOND / 1000);
            tracing::info!(lost_ms, "the recorder did not stop in order: the most that a stream has lost");
        }
        Ok(())
    }

    /// Start of the first segment that this start of the service wrote; now, if there is none yet.
    async fn first_of_this_start(&self, stream: StreamKey, mut after: Ticks) -> Result<Ticks> {
        loop {
            let page = self.catalogue.segments_after(stream, after, 100).await?;
            let Some(last) = page.last() else { return Ok(self.clock.now()) };
            if let Some(ours) = page.iter().find(|s| s.boot == self.catalogue.boot()) {
                return Ok(ours.start);
            }
            after = last.start;
        }
    }
}

/// Those of one folder's files that have no row. Files that this start is writing have one once what was given to
/// the catalogue before is in it.
///
/// # Errors
/// When the catalogue cannot be read.
pub(super) async fn without_row(
    catalogue: &Catalogue,
    streams: &HashMap<StreamId, StreamKey>,
    files: &[Found],
) -> Result<Vec<Found>> {
    let Some(first) = files.first() else { return Ok(Vec::new()) };
    let mut ids: HashSet<SegmentId> = HashSet::new();
    if let Some(stream) = streams.get(&first.stream) {
        let made = first.segment.made();
        ids = catalogue.segment_ids(*stream, TimeRange::new(made - 2 * DAY, made + 2 * DAY)).await?;
    }
    let missing: Vec<Found> = files.iter().filter(|f| !ids.contains(&f.segment)).copied().collect();
    if missing.is_empty() {
        return Ok(missing);
    }
    catalogue.flush().await?;
    let mut without = Vec::new();
    for file in missing {
        if catalogue.segment_row(file.segment).await?.is_none() {
            without.push(file);
        }
    }
    Ok(without)
}

/// File work, on a thread where waiting for the disk is fine.
pub(super) async fn blocking<T: Send + 'static>(
    volume: &Volume,
    work: impl FnOnce(&Volume) -> Result<T> + Send + 'static,
) -> Result<T> {
    let volume = volume.clone();
    let done = tokio::task::spawn_blocking(move || work(&volume)).await;
    done.map_err(|e| Error::internal("file work ended in a panic").because(e))?
}
