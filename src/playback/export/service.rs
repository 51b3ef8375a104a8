//! Takes requests for exports, makes them one after another, and keeps their folder within its limits.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use super::bundle::{Origin, Site};
use super::cut::cut;
use super::file::{HASH_SHARE, Work};
use super::upkeep::{floor, surplus};
use crate::base::{
    CameraId, Error, ExportId, Kind, Result, SharedClock, Stop, StreamKind, TICKS_PER_SECOND, Tasks,
    TimeRange,
};
use crate::catalogue::{
    Catalogue, Export, ExportItem, ExportMissing, ExportState, GapCause, NewExport, Scope,
};
use crate::media::FileSlice;
use crate::playback::body::Slices;
use crate::playback::service::{Playback, Source};
use crate::storage::{ExportFolder, Volumes};

/// Segments planned at once: their indexes are in memory meanwhile.
const PAGE: usize = 200;
/// Footage is in the files this long after it was filmed; what is asked for up to now ends where they end.
const SETTLED: i64 = 5 * TICKS_PER_SECOND;
/// An export that was cut off by an end of the service is tried again, but not for ever: it may have been the reason.
const ATTEMPTS: u32 = 2;
/// How often old exports are looked for, and how soon a catalogue is asked again that did not answer.
const TIDY_EVERY: Duration = Duration::from_secs(600);
const AGAIN: Duration = Duration::from_secs(10);
/// Links that were over so long ago are forgotten with their logs.
const LOG_KEPT: i64 = 365 * 86_400 * TICKS_PER_SECOND;

/// How much room exports take, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportLimits {
    /// Bytes that all of them together may take.
    pub budget_bytes: u64,
    /// Days after which they go.
    pub days: u32,
}

/// A stretch without a gap: one MP4.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) camera: CameraId,
    pub(super) slug: String,
    pub(super) source: Source,
    pub(super) range: TimeRange,
    pub(super) origins: Vec<Origin>,
}

/// What an export would be.
#[derive(Clone, Debug, Default)]
pub struct ExportPlan {
    /// Bytes, to a few in a thousand.
    pub bytes: u64,
    /// What is not recorded of it.
    pub missing: Vec<ExportMissing>,
    pub(super) parts: Vec<Part>,
}

impl ExportPlan {
    /// Number of MP4s.
    pub fn files(&self) -> usize {
        self.parts.len()
    }

    /// Ticks of footage.
    pub fn ticks(&self) -> i64 {
        self.parts.iter().map(|part| part.range.ticks()).sum()
    }
}

/// The one that is being made.
struct Running {
    id: ExportId,
    stop: Stop,
    total: u64,
    done: Arc<AtomicU64>,
}

struct Inner {
    catalogue: Catalogue,
    volumes: Volumes,
    playback: Playback,
    folder: ExportFolder,
    clock: SharedClock,
    site_name: String,
    limits: ExportLimits,
    news: Notify,
    running: Mutex<Option<Running>>,
}

/// All exports; cheap to clone.
#[derive(Clone)]
pub struct Exports(Arc<Inner>);

impl Exports {
    /// Over the given rooms; `site_name` holds until people name the place in the app. [`run`](Self::run) makes what is asked for.
    pub fn new(
        playback: Playback,
        folder: ExportFolder,
        clock: SharedClock,
        site_name: String,
        limits: ExportLimits,
    ) -> Self {
        let (catalogue, volumes) = playback.rooms();
        Self(Arc::new(Inner {
            catalogue,
            volumes,
            playback,
            folder,
            clock,
            site_name,
            limits,
            news: Notify::new(),
            running: Mutex::default(),
        }))
    }

    /// What an export of these stretches would be.
    ///
    /// # Errors
    /// `NotFound` when a camera or its stream has gone.
    pub async fn plan(
        &self,
        scope: &Scope,
        items: &[ExportItem],
        rendition: StreamKind,
    ) -> Result<ExportPlan> {
        let mut plan = ExportPlan::default();
        for item in items {
            self.plan_item(scope, item, rendition, &mut plan).await?;
        }
        Ok(plan)
    }

    async fn plan_item(
        &self,
        scope: &Scope,
        item: &ExportItem,
        rendition: StreamKind,
        plan: &mut ExportPlan,
    ) -> Result<()> {
        let camera = self.0.catalogue.camera(scope, &item.camera.to_string()).await?;
        let gone = || Error::not_found(format!("the camera {} has been removed", item.name));
        let camera = camera.ok_or_else(gone)?;
        // Of a camera with one stream that one, whatever was asked for.
        let stream = camera.stream(rendition).or(camera.streams.first()).ok_or_else(gone)?;
        let source = Source { key: stream.key, id: stream.id };
        let (mut gaps, mut footage, mut origins) = (None, Vec::new(), Vec::new());
        let mut rest = item.range;
        loop {
            let page = self.0.playback.plan(scope, source, rest, PAGE).await?;
            for segment in &page.segments {
                footage.extend(segment.wanted().iter().map(|f| TimeRange::new(f.start, f.end())));
                plan.bytes += segment.wanted().iter().map(|f| u64::from(f.bytes)).sum::<u64>();
                origins.push(Origin { id: segment.id, range: segment.range, chain: segment.chain });
            }
            // Those of the first page are those of the whole range.
            gaps.get_or_insert(page.gaps);
            match page.next {
                Some(next) if next < rest.to => rest = TimeRange::new(next, rest.to),
                _ => break,
            }
        }
        let mut cut = cut(item.range, footage, &gaps.unwrap_or_default());
        // Up to now: the last seconds are on their way into the file.
        let fresh = |(hole, cause): &mut (TimeRange, GapCause)| {
            *cause == GapCause::Unknown && hole.ticks() <= SETTLED && hole.to > self.0.clock.now() - SETTLED
        };
        if !cut.parts.is_empty() {
            cut.missing.pop_if(fresh);
        }
        let camera = item.camera;
        plan.missing.extend(cut.missing.iter().map(|&(range, cause)| ExportMissing { camera, range, cause }));
        plan.parts.extend(cut.parts.into_iter().map(|range| Part {
            camera,
            slug: item.slug.clone(),
            source,
            range,
            origins: origins.iter().filter(|o| o.range.overlap(range).is_some()).cloned().collect(),
        }));
        Ok(())
    }

    /// Whether an export of so many bytes may be made now.
    ///
    /// # Errors
    /// `NoSpace`, with what to do.
    pub async fn check_room(&self, bytes: u64) -> Result<()> {
        let refused = |sentence| Err(Error::new(Kind::NoSpace, sentence));
        if bytes > self.0.limits.budget_bytes {
            return refused("this is more than all exports may take; ask for less, or raise export.budget");
        }
        let pending = self.0.catalogue.pending_export_bytes().await?;
        let folder = self.0.folder.clone();
        let asked = tokio::task::spawn_blocking(move || folder.space()).await;
        let space = asked.map_err(|e| Error::internal("asking for room ended unexpectedly").because(e))??;
        if space.free < floor(space.total) + pending + bytes {
            return refused("the disk is nearly full; delete other exports or ask for less");
        }
        Ok(())
    }

    /// Puts an export at the end of the queue.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn add(&self, new: NewExport) -> Result<Export> {
        let export = self.0.catalogue.add_export(new).await?;
        self.0.news.notify_one();
        Ok(export)
    }

    /// How far one is that is being made, 0 to 1; `None` for any other.
    pub fn progress(&self, id: ExportId) -> Option<f64> {
        let running = self.running();
        let running = running.as_ref().filter(|r| r.id == id)?;
        Some((running.done.load(Ordering::Relaxed) as f64 / running.total.max(1) as f64).min(0.99))
    }

    /// Ends one that waits or runs; `false` when it is over already.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn cancel(&self, id: ExportId) -> Result<bool> {
        let canceled = self.0.catalogue.cancel_export(id).await?;
        if let Some(running) = self.running().as_ref().filter(|r| r.id == id) {
            running.stop.request();
        }
        Ok(canceled)
    }

    /// Ends it and forgets it, with its file; `false` when there is none.
    ///
    /// # Errors
    /// When file or row cannot be deleted.
    pub async fn remove(&self, id: ExportId) -> Result<bool> {
        self.cancel(id).await?;
        let Some(export) = self.0.catalogue.export(Scope::everything(), id).await? else { return Ok(false) };
        self.delete(&export).await
    }

    async fn delete(&self, export: &Export) -> Result<bool> {
        if let Some(ending) = ending(export) {
            let (folder, id) = (self.0.folder.clone(), export.id);
            let gone = tokio::task::spawn_blocking(move || folder.remove(id, ending)).await;
            gone.map_err(|e| Error::internal("deleting an export ended unexpectedly").because(e))??;
        }
        self.0.catalogue.remove_export(export.id).await
    }

    /// The bytes of a finished one; `None` when it has no file.
    pub fn body(&self, export: &Export) -> Option<Slices> {
        let (ending, bytes) = (ending(export)?, export.bytes?);
        let (folder, id) = (self.0.folder.clone(), export.id);
        let slices = vec![FileSlice { file: 0, offset: 0, bytes }];
        Some(Slices::new(Bytes::new(), slices, Arc::new(move |_| folder.reader(id, ending))))
    }

    /// Makes exports until asked to stop. One that is under way is then begun anew at the next start.
    pub async fn run(self, stop: Stop) {
        self.begin().await;
        while !stop.requested() {
            let wait = match self.step(&stop).await {
                Ok(true) => continue,
                Ok(false) => TIDY_EVERY,
                Err(error) => {
                    tracing::warn!(error = ?error, "exports wait for the catalogue");
                    AGAIN
                }
            };
            tokio::select! {
                () = stop.wait() => {}
                () = self.0.news.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes up what an end of the service left.
    async fn begin(&self) {
        let work = async {
            let again = self.0.catalogue.exports_again(ATTEMPTS).await?;
            let over = self.0.catalogue.exports_over().await?;
            let done = over.iter().filter(|e| e.state == ExportState::Done);
            let kept: HashSet<ExportId> = done.map(|e| e.id).collect();
            let folder = self.0.folder.clone();
            let tidied = tokio::task::spawn_blocking(move || folder.tidy(&kept)).await;
            let gone =
                tidied.map_err(|e| Error::internal("tidying exports ended unexpectedly").because(e))??;
            if again > 0 || gone > 0 {
                tracing::info!(again, gone, "exports were cut off; they are made anew");
            }
            Ok(())
        };
        let done: Result<()> = work.await;
        if let Err(error) = done {
            tracing::warn!(error = ?error, "what is left of old exports could not be looked through");
        }
    }

    /// Makes room, then the next export; `false` when none waits.
    async fn step(&self, stop: &Stop) -> Result<bool> {
        let next = self.0.catalogue.next_export().await?;
        self.tidy(next.as_ref().map_or(0, |e| e.estimate_bytes)).await?;
        let Some(export) = next else { return Ok(false) };
        // Not when it was canceled a moment ago.
        if self.0.catalogue.begin_export(export.id).await? {
            self.make(export, stop).await?;
        }
        Ok(true)
    }

    async fn tidy(&self, coming: u64) -> Result<()> {
        let (over, now) = (self.0.catalogue.exports_over().await?, self.0.clock.now());
        for export in surplus(&over, self.0.limits, coming, now) {
            tracing::info!(export.id = %export.id, "an old export goes");
            self.delete(export).await?;
        }
        self.0.catalogue.forget_shares(now - LOG_KEPT).await.map(drop)
    }

    async fn make(&self, export: Export, stop: &Stop) -> Result<()> {
        let (id, begun) = (export.id, std::time::Instant::now());
        let mine = stop.child();
        let made = match self.write(export, &mine).await {
            Ok(done) => {
                let bytes = done.bytes;
                if self.0.catalogue.finish_export(id, done).await? {
                    tracing::info!(export.id = %id, bytes, ms = begun.elapsed().as_millis(), "exported");
                } else {
                    // Canceled while its last bytes were written.
                    self.discard(id).await;
                }
                Ok(())
            }
            // The next start makes it anew; or somebody canceled it.
            Err(_) if mine.requested() => Ok(()),
            Err(error) => {
                tracing::warn!(export.id = %id, error = ?error, "an export failed");
                self.0.catalogue.fail_export(id, problem(&error)).await.map(drop)
            }
        };
        *self.running() = None;
        made
    }

    async fn discard(&self, id: ExportId) {
        let folder = self.0.folder.clone();
        let work = move || folder.remove(id, "mp4").and(folder.remove(id, "zip"));
        if let Ok(Err(error)) = tokio::task::spawn_blocking(work).await {
            tracing::warn!(export.id = %id, error = ?error, "a canceled export stays until the next start");
        }
    }

    async fn write(&self, export: Export, stop: &Stop) -> Result<crate::catalogue::ExportDone> {
        let plan = self.plan(Scope::everything(), &export.items, export.rendition).await?;
        if plan.parts.is_empty() {
            return Err(Error::not_found("nothing of what was asked for is recorded any more"));
        }
        let done = Arc::new(AtomicU64::new(0));
        let total =
            plan.bytes + plan.bytes / HASH_SHARE * u64::from(!plan.missing.is_empty() || plan.files() > 1);
        *self.running() = Some(Running { id: export.id, stop: stop.clone(), total, done: Arc::clone(&done) });
        let inner = &self.0;
        let database = inner.catalogue.database();
        let name = inner.catalogue.site().await?.name.unwrap_or_else(|| inner.site_name.clone());
        let work = Work {
            export,
            site: Site { name, zone: inner.catalogue.zone(), database },
            parts: plan.parts,
            missing: plan.missing,
            now: inner.clock.now(),
            playback: inner.playback.clone(),
            volumes: inner.volumes.clone(),
            folder: inner.folder.clone(),
            runtime: Handle::current(),
            stop: stop.clone(),
            done,
        };
        let (tell, told) = oneshot::channel();
        // A thread of its own: it stays nice for good.
        Tasks::thread("export", move || {
            // Nobody listens any more when the service has ended.
            drop(tell.send(work.run()));
        });
        told.await.map_err(|e| Error::internal("the export ended in a panic").because(e))?
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ending of an export's file.
fn ending(export: &Export) -> Option<&'static str> {
    let name = export.file_name.as_deref()?;
    Some(if name.ends_with(".mp4") { "mp4" } else { "zip" })
}

/// Stable name of why an export failed.
fn problem(error: &Error) -> &'static str {
    match error.kind() {
        Kind::NoSpace => "disk_full",
        Kind::NotFound => "no_recording",
        Kind::Corrupt => "footage_damaged",
        _ => "internal",
    }
}
