//! The loop: measures each volume, asks the policy, and deletes in three steps.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::limits::Load;
use super::policy::{self, Shelf};
use super::report::{Report, Trouble, VolumeReport};
use super::rules::Rules;
use super::trust::{Past, Trust};
use super::{Doubt, SWEEP_EVERY};
use crate::base::{
    Error, Result, SegmentId, SharedClock, Stop, StreamId, StreamKey, TICKS_PER_SECOND, Ticks,
};
use crate::catalogue::{Catalogue, Doomed, Scope, Usage};
use crate::config::Days;
use crate::storage::{Standing, Volume, Volumes};

/// Segments that are deleted at once: the catalogue's writer is busy with them for some 20 ms.
const BATCH: usize = 32;
/// Fewer are not worth a question.
const BATCH_MIN: usize = 4;
/// Between sweeps that recorders ask for: what the last one freed has reached them by then, and a program that eats
/// all of it at once does not eat all footage in a second.
const PAUSE: Duration = Duration::from_millis(500);
/// A sweep that found nothing looked at all that is held; it does so for a twentieth of the time at most.
const PAUSE_FACTOR: u32 = 20;
/// And again after this at the latest.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// A volume is stuck when it was for so long: a recorder that just met the full disk is still sealing its file.
const STUCK: i64 = 2 * TICKS_PER_SECOND;
/// A broken promise is told for so long after the last time.
const TOLD: i64 = 600 * TICKS_PER_SECOND;
/// How often held footage is walked over again, to find what was released.
const BEGIN_AGAIN: i64 = 3600 * TICKS_PER_SECOND;
/// How often the last believed instant is noted.
const NOTE_EVERY: i64 = 600 * TICKS_PER_SECOND;
/// How often is looked for events, cells and pictures whose footage is gone.
const MOTION_EVERY: i64 = 600 * TICKS_PER_SECOND;
/// Of each kind and camera at once; the next sweep goes on.
const MOTION_BATCH: u32 = 500;
/// Row of the last believed instant in the catalogue's facts.
const BELIEVED: &str = "clock_believed";

/// Reasons in the deletion log.
const AGE: &str = "age";
const VOLUME_FULL: &str = "volume_full";

/// What is remembered of a volume from sweep to sweep. Instants are of the steady clock.
#[derive(Debug, Default)]
struct Memory {
    /// Where each stream's footage begins that nothing holds, as far as that is known.
    begins: HashMap<StreamKey, Ticks>,
    /// When `begins` was forgotten.
    begun: i64,
    /// Since when it needs room that it cannot give.
    stuck: Option<i64>,
    /// When footage last went that was promised to stay.
    broken: Option<i64>,
    trouble: Option<Trouble>,
}

/// What one sweep took from a volume.
#[derive(Debug, Default)]
struct Tally {
    aged: (usize, i64),
    room: (usize, i64),
    promised: usize,
}

/// Retention of all volumes.
pub struct Retention {
    catalogue: Catalogue,
    volumes: Volumes,
    clock: SharedClock,
    rules: Rules,
    hurry: Arc<Notify>,
    report: watch::Sender<Report>,
    trust: Option<Trust>,
    /// Steady clock when the believed instant was noted.
    noted: Option<i64>,
    /// Steady clock when nothing was left to forget of what moved.
    forgotten: Option<i64>,
    memories: HashMap<crate::base::VolumeId, Memory>,
}

impl Retention {
    /// Of these volumes; `site` holds for streams that say nothing else.
    pub fn new(catalogue: Catalogue, volumes: Volumes, clock: SharedClock, site: Days) -> Self {
        let rules = Rules::new(catalogue.clone(), site);
        Self {
            catalogue,
            volumes,
            clock,
            rules,
            hurry: Arc::default(),
            report: watch::Sender::default(),
            trust: None,
            noted: None,
            forgotten: None,
            memories: HashMap::new(),
        }
    }

    /// For whoever meets a full disk: a notification begins a sweep at once.
    pub fn hurry(&self) -> Arc<Notify> {
        Arc::clone(&self.hurry)
    }

    /// What there is to tell, from sweep to sweep.
    pub fn report(&self) -> watch::Receiver<Report> {
        self.report.subscribe()
    }

    /// Sweeps until stopped; ends between two batches.
    pub async fn run(mut self, stop: Stop) {
        let mut failing = false;
        while !stop.requested() {
            let begun = self.clock.monotonic();
            let swept = tokio::select! {
                swept = self.sweep(&stop) => swept,
                // Whatever it waits for; what is doomed by now is found by the next start.
                () = stop.wait_forced() => return,
            };
            match swept {
                Ok(()) => failing = false,
                Err(error) if failing => tracing::debug!(error = %error, "retention still cannot look"),
                Err(error) => {
                    tracing::warn!(error = %error, "retention cannot look; footage stays until it can");
                    failing = true;
                }
            }
            let pause = self.pause(self.clock.monotonic() - begun);
            tokio::select! {
                () = stop.wait() => return,
                () = self.due(pause) => {}
            }
        }
    }

    fn pause(&self, took: i64) -> Duration {
        if self.memories.values().all(|memory| memory.stuck.is_none()) {
            return PAUSE;
        }
        let took = Duration::from_micros(u64::try_from(took * 100 / 9).unwrap_or(0));
        (took * PAUSE_FACTOR).clamp(PAUSE, PAUSE_MAX)
    }

    /// The next sweep is due: it is time, or somebody is in a hurry.
    async fn due(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
        // Either is a reason.
        let _ = tokio::time::timeout(SWEEP_EVERY.saturating_sub(pause), self.hurry.notified()).await;
    }

    /// One pass over all volumes.
    ///
    /// # Errors
    /// When the catalogue cannot be read. What fails on one volume is told in the report, and does not keep the others.
    pub async fn sweep(&mut self, stop: &Stop) -> Result<()> {
        self.rules.refresh().await?;
        let doubt = self.look_at_clock().await?;
        self.end_locks().await?;
        let mut report = Report { volumes: Vec::new(), doubt };
        let (mut volumes, retired): (Vec<Volume>, _) =
            (self.volumes.iter().collect(), self.volumes.retired());
        // They only have to give: what they give on a disk that they share is not asked of the others.
        volumes.sort_by_key(|v| !retired.contains(&v.id()));
        for volume in volumes {
            let mut memory = self.memories.remove(&volume.id()).unwrap_or_default();
            let swept = self.sweep_volume(&volume, &mut memory, stop).await;
            let (reserve_bytes, trouble) = match &swept {
                Ok(reserve) => (*reserve, self.trouble_of(&memory)),
                Err(_) => {
                    volume.set_standing(Standing::Stuck);
                    (0, Some(Trouble::DeletingFails))
                }
            };
            if trouble != memory.trouble {
                tell(&volume, trouble, swept.as_ref().err());
                memory.trouble = trouble;
            }
            report.volumes.push(VolumeReport { id: volume.id(), reserve_bytes, trouble });
            self.memories.insert(volume.id(), memory);
        }
        if !stop.requested() {
            self.forget_motion().await?;
        }
        self.report.send_if_modified(|known| {
            let news = *known != report;
            *known = report;
            news
        });
        Ok(())
    }

    /// Locks that are over hold nothing any more; a clock that is doubted ends none.
    async fn end_locks(&mut self) -> Result<()> {
        let Some(now) = self.now() else { return Ok(()) };
        let ended = self.catalogue.end_locks(now).await?;
        if ended > 0 {
            tracing::info!(locks = ended, "locks ended as they were meant to");
            // What they held lies before what was remembered as the beginning.
            self.memories.values_mut().for_each(|memory| memory.begins.clear());
        }
        Ok(())
    }

    /// What moved goes with its footage: one step, and another with the next sweep while there is more.
    async fn forget_motion(&mut self) -> Result<()> {
        let now = self.clock.monotonic();
        if self.forgotten.is_none_or(|at| now - at >= MOTION_EVERY) {
            let rows = self.catalogue.forget_motion(MOTION_BATCH).await?;
            self.forgotten = (rows == 0).then_some(now);
            if rows > 0 {
                tracing::debug!(rows, "events, cells and pictures went with their footage");
            }
        }
        Ok(())
    }

    fn trouble_of(&self, memory: &Memory) -> Option<Trouble> {
        let now = self.clock.monotonic();
        let stuck = memory.stuck.filter(|since| now - since >= STUCK).map(|_| Trouble::NothingToDelete);
        stuck.or(memory.broken.filter(|at| now - at < TOLD).map(|_| Trouble::PromiseBroken))
    }

    /// Finishes what is doomed, then lets go what must; answers the disk's reserve.
    async fn sweep_volume(&mut self, volume: &Volume, memory: &mut Memory, stop: &Stop) -> Result<u64> {
        let mut stuck = Ok(());
        while !stop.requested() {
            let left = self.catalogue.doomed_segments(volume.id(), BATCH as u32).await?;
            if left.is_empty() {
                break;
            }
            // One that cannot go must not keep the rest of the disk from giving.
            if let Err(error) = self.unlink(volume, &left).await {
                stuck = Err(error);
                break;
            }
        }
        let (load, usage) = self.measure(volume).await?;
        let slack = load.slack();
        let now = self.clock.monotonic();
        if now - memory.begun >= BEGIN_AGAIN {
            memory.begins.clear();
            memory.begun = now;
        }
        let mut tally = Tally::default();
        let done = self.let_go(volume, memory, &usage, -slack, &mut tally, stop).await;
        tally.tell(volume);
        let left = done?;
        if tally.promised > 0 {
            memory.broken = Some(now);
        }
        memory.stuck = if left > 0 { memory.stuck.or(Some(now)) } else { None };
        let begins = |u: &Usage| memory.begins.get(&u.stream).copied().or(u.oldest);
        volume.set_standing(match (load.room(), usage.iter().filter_map(begins).min()) {
            (Some(room), _) => Standing::Room(room),
            (None, Some(oldest)) if left <= 0 => Standing::Full(oldest),
            _ => Standing::Stuck,
        });
        stuck.map(|()| load.reserve())
    }

    async fn measure(&self, volume: &Volume) -> Result<(Load, Vec<Usage>)> {
        // Growing files before rows: one that is sealed meanwhile is then in both, never in neither.
        let growing = self.catalogue.growing().loads().get(&volume.id()).copied().unwrap_or_default();
        let mut usage = self.catalogue.usage(Scope::everything()).await?;
        usage.retain(|u| u.volume == volume.id());
        let asked = volume.clone();
        let space = blocking(move || asked.space()).await??;
        let bytes = |bytes: i64| u64::try_from(bytes).unwrap_or(0);
        let load = Load {
            budget: volume.spec().budget_bytes,
            space,
            kept: bytes(usage.iter().map(|u| u.bytes).sum()),
            growing: bytes(growing.bytes),
            waiting: volume.waiting_bytes() as u64,
            rate: bytes(growing.bytes_per_second),
        };
        Ok((load, usage))
    }

    /// Deletes what is too old and what frees `need` bytes, in batches; answers how much is still needed.
    async fn let_go(
        &mut self,
        volume: &Volume,
        memory: &mut Memory,
        usage: &[Usage],
        mut need: i64,
        tally: &mut Tally,
        stop: &Stop,
    ) -> Result<i64> {
        while !stop.requested() {
            let limit = batch(need, usage);
            let shelves = self.shelves(volume, memory, usage, need, limit).await?;
            let aged = self.now().map(|now| policy::aged(&shelves, now, limit)).unwrap_or_default();
            let (segments, reason) = if aged.is_empty() {
                let given = policy::give(&shelves, need, self.believed(), limit);
                tally.promised += given.promised;
                (given.segments, VOLUME_FULL)
            } else {
                (aged, AGE)
            };
            let keys = segments.iter().map(|s| (s.stream, s.start)).collect();
            let doomed =
                if segments.is_empty() { segments } else { self.catalogue.doom(keys, reason).await? };
            // Nothing to choose, or all that was chosen is held since.
            if doomed.is_empty() {
                break;
            }
            let bytes = self.unlink(volume, &doomed).await?;
            need -= bytes;
            let of_reason = if reason == AGE { &mut tally.aged } else { &mut tally.room };
            (of_reason.0, of_reason.1) = (of_reason.0 + doomed.len(), of_reason.1 + bytes);
        }
        Ok(need)
    }

    /// The beginnings of the shelves that may have to give.
    async fn shelves(
        &self,
        volume: &Volume,
        memory: &mut Memory,
        usage: &[Usage],
        need: i64,
        limit: usize,
    ) -> Result<Vec<Shelf>> {
        let mut shelves = Vec::new();
        for of_stream in usage {
            let stream = of_stream.stream;
            let (Some((_, rule)), Some(oldest)) = (self.rules.of(stream), of_stream.oldest) else { continue };
            let from = memory.begins.get(&stream).copied().unwrap_or(oldest);
            if need <= 0 && !self.now().is_some_and(|now| rule.is_too_old(from, now)) {
                continue;
            }
            let segments = self.catalogue.oldest_segments(stream, volume.id(), from, limit as u32).await?;
            if let Some(first) = segments.first() {
                memory.begins.insert(stream, first.start);
            }
            shelves.push(Shelf { rule, segments });
        }
        Ok(shelves)
    }

    /// Unlinks files of doomed rows and forgets the rows; answers the bytes.
    async fn unlink(&self, volume: &Volume, doomed: &[Doomed]) -> Result<i64> {
        let named = |d: &Doomed| self.rules.of(d.stream).map(|(stream, _)| (stream, d.id));
        let files: Vec<(StreamId, SegmentId)> = doomed.iter().filter_map(named).collect();
        let on = volume.clone();
        let (gone, removed) = blocking(move || on.remove(&files)).await?;
        let gone: Vec<&Doomed> = doomed.iter().filter(|d| gone.contains(&d.id)).collect();
        let keys: Vec<(StreamKey, Ticks)> = gone.iter().map(|d| (d.stream, d.start)).collect();
        self.catalogue.forget_doomed(keys).await?;
        removed?;
        if gone.is_empty() {
            return Err(Error::internal("doomed footage of a stream that is not known; report this"));
        }
        Ok(gone.iter().map(|d| d.bytes).sum())
    }

    async fn look_at_clock(&mut self) -> Result<Option<Doubt>> {
        let before = self.trust.as_ref().and_then(Trust::doubt);
        // The cameras are recorded already while the past is read: the clock is looked at after what they have written.
        let past = if self.trust.is_none() { self.past().await? } else { Past::default() };
        let (wall, steady) = (self.clock.now(), self.clock.monotonic());
        let trust = match self.trust.take() {
            Some(mut trust) => {
                trust.look(wall, steady);
                trust
            }
            None => Trust::begin(wall, steady, past),
        };
        let doubt = trust.doubt();
        match doubt {
            Some(why) if before != doubt => {
                tracing::warn!(reason = why.name(), now = %wall, believed = %trust.believed(),
                    "the clock is doubted: nothing is deleted for its age until it has been right for a while");
            }
            None if before.is_some() => tracing::info!(now = %wall, "the clock is trusted again"),
            _ => {}
        }
        let believed = trust.believed();
        self.trust = Some(trust);
        if doubt.is_none() && self.noted.is_none_or(|at| steady - at >= NOTE_EVERY) {
            self.catalogue.set_meta(BELIEVED, &believed.rfc3339()).await?;
            self.noted = Some(steady);
        }
        Ok(doubt)
    }

    async fn past(&self) -> Result<Past> {
        let before = self.catalogue.previous_boot().await?;
        let mut seen = before.map(|boot| boot.ended.unwrap_or(boot.seen));
        for stream in self.rules.streams() {
            seen = seen.max(self.catalogue.newest(Scope::everything(), stream).await?);
        }
        let believed = self.catalogue.meta(BELIEVED).await?;
        Ok(Past { seen, believed: believed.and_then(|text| Ticks::parse(&text).ok()) })
    }

    /// Now, when the clock may be trusted with ages.
    fn now(&self) -> Option<Ticks> {
        self.trust.as_ref().filter(|trust| trust.doubt().is_none()).map(Trust::believed)
    }

    fn believed(&self) -> Ticks {
        self.trust.as_ref().map_or_else(|| self.clock.now(), Trust::believed)
    }
}

/// How many segments free so many bytes.
fn batch(need: i64, usage: &[Usage]) -> usize {
    let (segments, bytes) = usage.iter().fold((0, 0), |(n, b), u| (n + u.segments, b + u.bytes));
    let average = (bytes / segments.max(1)).max(1);
    let count = if need > 0 { need / average + 1 } else { BATCH as i64 };
    usize::try_from(count).unwrap_or(BATCH).clamp(BATCH_MIN, BATCH)
}

/// Work that waits for a disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| Error::internal("deleting footage ended in a panic; report this").because(e))
}

impl Tally {
    /// One line for each reason.
    fn tell(&self, volume: &Volume) {
        for ((segments, bytes), reason) in [(self.aged, AGE), (self.room, VOLUME_FULL)] {
            if segments > 0 {
                tracing::info!(volume.id = %volume.id(), segments, bytes, reason, "footage deleted");
            }
        }
    }
}

fn tell(volume: &Volume, trouble: Option<Trouble>, error: Option<&Error>) {
    let volume = volume.spec().path.display();
    match trouble {
        None => tracing::info!(%volume, "retention works again as it should"),
        Some(Trouble::NothingToDelete) => {
            tracing::error!(%volume, "the volume is full and nothing on it may be deleted; release held footage, or make room");
        }
        Some(Trouble::DeletingFails) => {
            let error = error.map(ToString::to_string).unwrap_or_default();
            tracing::error!(%volume, error, "footage cannot be deleted; look at the disk");
        }
        Some(Trouble::PromiseBroken) => {
            tracing::warn!(%volume, "footage went before its minimum of days; add room, or lower days_min");
        }
    }
}
