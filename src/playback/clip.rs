//! A plain MP4 of any range: the plan and the files behind it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::body::Slices;
use super::plan::PlannedSegment;
use super::service::{self, Playback, Source};
use crate::base::{Error, Result, SegmentId, TimeRange, VolumeId};
use crate::catalogue::{Gap, Scope};
use crate::media::{FragmentSamples, Parameters, ProgressiveBuilder, ReadAt, SampleTable, fragment_samples};
use crate::storage::SegmentReader;

/// Memory of the clips that are kept: an hour takes half a megabyte, a day twelve.
const KEPT_BYTES: usize = 16 << 20;
/// A clip nobody has asked for since is planned anew: meanwhile there may be more footage, or less.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// Segments in one clip: a day and a bit of one-minute files.
const MAX_SEGMENTS: usize = 2000;
/// A sample table larger than this is damage.
const MAX_TABLE: u64 = 4 << 20;

/// A clip that can be read from any byte.
#[derive(Debug)]
pub struct Clip {
    /// Its bytes.
    pub body: Slices,
    /// Strong validator: the same range over the same footage has the same.
    pub etag: String,
    /// What is missing inside; left out of the clip.
    pub gaps: Vec<Gap>,
    /// Ticks shown.
    pub shown: u64,
    /// One of its files could not be opened any more.
    broken: Arc<AtomicBool>,
}

impl Clip {
    async fn make(
        playback: &Playback,
        scope: &Scope,
        source: Source,
        range: TimeRange,
        turn: OwnedSemaphorePermit,
    ) -> Result<Self> {
        let plan = playback.plan(scope, source, range, MAX_SEGMENTS).await?;
        if plan.next.is_some() {
            return Err(Error::invalid("the clip would be longer than a day; ask for a shorter range"));
        }
        let (playback, gaps) = (playback.clone(), plan.gaps);
        let work = move || {
            // Held to the end of the work, which goes on when nobody waits for it any more.
            let _turn = turn;
            build(&playback, source, range, &plan.segments, gaps)
        };
        let made = tokio::task::spawn_blocking(work).await;
        made.map_err(|e| Error::internal("planning a clip ended unexpectedly").because(e))?
    }
}

fn build(
    playback: &Playback,
    source: Source,
    range: TimeRange,
    segments: &[PlannedSegment],
    gaps: Vec<Gap>,
) -> Result<Clip> {
    let mut builder = ProgressiveBuilder::new(range);
    let mut hasher = blake3::Hasher::new();
    let mut known: Vec<Parameters> = Vec::new();
    for (number, segment) in segments.iter().enumerate() {
        let reader = playback.open(source, segment)?;
        let at = match known.iter().position(|p| p.hash == segment.parameters) {
            Some(at) => at,
            None => {
                known.push(read_parameters(&reader, segment)?);
                known.len() - 1
            }
        };
        hasher.update(segment.id.0.as_bytes());
        for (placed, samples) in segment.wanted().iter().zip(samples(&reader, segment)?) {
            let payload = placed.offset + u64::from(placed.header_bytes);
            builder.fragment(number, payload, placed.start, placed.key(), &known[at], &samples);
        }
    }
    let made = builder.finish().ok_or_else(|| Error::not_found("nothing is recorded in this range"))?;
    hasher.update(&made.head);
    let etag = format!("\"{}\"", &hasher.finalize().to_hex()[..32]);
    let broken = Arc::new(AtomicBool::new(false));
    let (playback, failed) = (playback.clone(), Arc::clone(&broken));
    let files: Vec<(VolumeId, SegmentId)> = segments.iter().map(|s| (s.volume, s.id)).collect();
    let open = Arc::new(move |number: usize| {
        let opened = playback.open_file(source, files[number]);
        failed.fetch_or(opened.is_err(), Ordering::Relaxed);
        opened
    });
    let body = Slices::new(made.head, made.slices, open);
    Ok(Clip { body, etag, gaps, shown: made.shown, broken })
}

/// The samples of the wanted fragments: from the table at the end of a sealed file, else from each fragment's head.
pub(super) fn samples(reader: &SegmentReader, segment: &PlannedSegment) -> Result<Vec<FragmentSamples>> {
    let end = segment
        .fragments
        .last()
        .map_or(0, |f| f.offset + u64::from(f.bytes) + crate::media::LINK_BYTES as u64);
    let table_bytes = segment.file_bytes.saturating_sub(end);
    if segment.complete && (1..MAX_TABLE).contains(&table_bytes) {
        let bytes = read(reader, end, table_bytes as usize)?;
        let table = SampleTable::decode(&bytes).filter(|t| t.fragments.len() == segment.fragments.len());
        if let Some(mut table) = table {
            table.fragments.truncate(segment.wanted.end);
            return Ok(table.fragments.split_off(segment.wanted.start));
        }
    }
    let heads = segment.wanted().iter().map(|f| {
        let head = read(reader, f.offset, f.header_bytes as usize)?;
        fragment_samples(&head).ok_or_else(damaged)
    });
    heads.collect()
}

pub(super) fn damaged() -> Error {
    Error::new(crate::base::Kind::Corrupt, "a footage file is damaged; run lanewatch check --deep")
}

pub(super) fn read_parameters(reader: &SegmentReader, segment: &PlannedSegment) -> Result<Parameters> {
    let init = read(reader, 0, segment.first_offset as usize)?;
    crate::media::init_parameters(&init).ok_or_else(|| {
        Error::new(
            crate::base::Kind::Corrupt,
            "a footage file's beginning is damaged; run lanewatch check --deep",
        )
    })
}

pub(super) fn read(reader: &SegmentReader, offset: u64, bytes: usize) -> Result<Vec<u8>> {
    let mut buffer = vec![0; bytes];
    let n = reader.read_at(offset, &mut buffer).map_err(|e| Error::io("cannot read footage", e))?;
    buffer.truncate(n);
    Ok(buffer)
}

/// The last few clips, the one used last at the end. A player asks for one in many ranges, and wants the same bytes
/// from the first to the last although the footage may be growing.
#[derive(Debug)]
pub(super) struct ClipCache {
    kept: Mutex<VecDeque<Kept>>,
    turns: Arc<Semaphore>,
}

impl Default for ClipCache {
    fn default() -> Self {
        Self { kept: Mutex::default(), turns: Arc::new(Semaphore::new(service::AT_ONCE)) }
    }
}

#[derive(Debug)]
struct Kept {
    asked: (Source, TimeRange),
    clip: Arc<Clip>,
    used: Instant,
}

impl ClipCache {
    pub(super) async fn get(
        &self,
        playback: &Playback,
        scope: &Scope,
        source: Source,
        range: TimeRange,
    ) -> Result<Arc<Clip>> {
        let asked = (source, range);
        if let Some(clip) = self.find(asked) {
            return Ok(clip);
        }
        let turn = service::turn(&self.turns).await?;
        // Whoever had the turn before may have made it.
        if let Some(clip) = self.find(asked) {
            return Ok(clip);
        }
        let clip = Arc::new(Clip::make(playback, scope, source, range, turn).await?);
        self.keep(asked, Arc::clone(&clip));
        Ok(clip)
    }

    fn find(&self, asked: (Source, TimeRange)) -> Option<Arc<Clip>> {
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|k| now - k.used < KEPT_FOR && !k.clip.broken.load(Ordering::Relaxed));
        let at = kept.iter().position(|k| k.asked == asked)?;
        let found = kept.remove(at)?;
        let clip = Arc::clone(&found.clip);
        kept.push_back(Kept { used: now, ..found });
        Some(clip)
    }

    fn keep(&self, asked: (Source, TimeRange), clip: Arc<Clip>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(Kept { asked, clip, used: Instant::now() });
        while kept.len() > 1 && kept.iter().map(|k| k.clip.body.memory()).sum::<usize>() > KEPT_BYTES {
            kept.pop_front();
        }
    }
}
