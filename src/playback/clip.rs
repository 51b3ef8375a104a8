//! A plain MP4 of any range: the plan and the files behind it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::body::Slices;
use super::plan::PlannedSegment;
use super::service::{Playback, Source};
use crate::base::{Error, Result, TimeRange};
use crate::catalogue::Gap;
use crate::media::{FragmentSamples, Parameters, ProgressiveBuilder, ReadAt, SampleTable, fragment_samples};
use crate::storage::SegmentReader;

/// Clips whose plans are kept.
const KEPT: usize = 8;
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
}

impl Clip {
    async fn make(playback: &Playback, source: Source, range: TimeRange) -> Result<Self> {
        let plan = playback.plan(source, range, MAX_SEGMENTS).await?;
        if plan.more {
            return Err(Error::invalid("the clip would be longer than a day; ask for a shorter range"));
        }
        let mut parameters: Vec<Arc<Parameters>> = Vec::new();
        for segment in &plan.segments {
            if !parameters.iter().any(|p| p.hash == segment.parameters) {
                let first = playback.open(source, segment)?;
                parameters.push(Arc::new(read_parameters(&first, segment)?));
            }
        }
        let playback = playback.clone();
        let gaps = plan.gaps;
        let made =
            tokio::task::spawn_blocking(move || build(&playback, source, range, plan.segments, &parameters));
        let (body, etag, shown) =
            made.await.map_err(|e| Error::internal("planning a clip ended unexpectedly").because(e))??;
        Ok(Self { body, etag, gaps, shown })
    }
}

fn build(
    playback: &Playback,
    source: Source,
    range: TimeRange,
    segments: Vec<PlannedSegment>,
    parameters: &[Arc<Parameters>],
) -> Result<(Slices, String, u64)> {
    let mut builder = ProgressiveBuilder::new(range);
    let mut hasher = blake3::Hasher::new();
    for (number, segment) in segments.iter().enumerate() {
        let reader = playback.open(source, segment)?;
        let of_segment = parameters.iter().find(|p| p.hash == segment.parameters);
        let of_segment = of_segment.ok_or_else(|| Error::internal("a segment's parameters were not read"))?;
        hasher.update(segment.id.0.as_bytes());
        for (placed, samples) in segment.wanted().iter().zip(samples(&reader, segment)?) {
            let payload = placed.offset + u64::from(placed.header_bytes);
            builder.fragment(number, payload, placed.start, placed.key(), of_segment, &samples);
        }
    }
    let made = builder.finish().ok_or_else(|| Error::not_found("nothing is recorded in this range"))?;
    hasher.update(&made.head);
    let etag = format!("\"{}\"", &hasher.finalize().to_hex()[..32]);
    let playback = playback.clone();
    let open = Arc::new(move |number: usize| playback.open(source, &segments[number]));
    Ok((Slices::new(made.head, made.slices, open), etag, made.shown))
}

/// The samples of the wanted fragments: from the table at the end of a sealed file, else from each fragment's head.
fn samples(reader: &SegmentReader, segment: &PlannedSegment) -> Result<Vec<FragmentSamples>> {
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
        fragment_samples(&head).ok_or_else(|| {
            Error::new(crate::base::Kind::Corrupt, "a footage file is damaged; run lanewatch check --deep")
        })
    });
    heads.collect()
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

/// The last few clips, newest last.
#[derive(Debug, Default)]
pub(super) struct ClipCache {
    kept: Mutex<VecDeque<(Source, TimeRange, Arc<Clip>)>>,
}

impl ClipCache {
    pub(super) async fn get(
        &self,
        playback: &Playback,
        source: Source,
        range: TimeRange,
    ) -> Result<Arc<Clip>> {
        if let Some(clip) = self.find(source, range) {
            return Ok(clip);
        }
        let clip = Arc::new(Clip::make(playback, source, range).await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((source, range, Arc::clone(&clip)));
        while kept.len() > KEPT {
            kept.pop_front();
        }
        Ok(clip)
    }

    fn find(&self, source: Source, range: TimeRange) -> Option<Arc<Clip>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(s, r, _)| (*s, *r) == (source, range)).map(|(_, _, clip)| Arc::clone(clip))
    }
}
