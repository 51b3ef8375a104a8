//! The key-frame track: one picture per random access point, for scrubbing without decoding what lies between.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::clip::{read, read_parameters};
use super::plan::{Placed, PlannedSegment};
use super::service::{Playback, Source};
use crate::base::{Error, Result, Ticks, TimeRange};
use crate::catalogue::Scope;
use crate::media::{Parameters, Sample, Track, sample_fragment};

/// Pictures in one answer.
const MAX_PICTURES: usize = 3600;
/// Bytes of one answer, which is made in memory: an hour of small pictures, some seconds of the largest.
const MAX_BYTES: usize = 16 << 20;
/// Segments looked at for one answer.
const MAX_SEGMENTS: usize = 2000;

/// An fMP4 of key pictures.
#[derive(Clone, Debug)]
pub struct KeyFrames {
    /// Init segment and one fragment for each picture.
    pub bytes: Bytes,
    /// MIME type with codecs.
    pub mime: String,
    /// Pictures in it.
    pub count: usize,
    /// Where the rest of the range begins, when it did not fit or needs another init segment.
    pub next: Option<Ticks>,
}

/// The key pictures of a range, at most one in `step` ticks, each shown until the next. Waits while others are being
/// made.
///
/// # Errors
/// `NotFound` when nothing is recorded there.
pub async fn key_frame_track(
    playback: &Playback,
    scope: &Scope,
    source: Source,
    range: TimeRange,
    step: i64,
) -> Result<KeyFrames> {
    let turn = playback.key_frame_turn().await?;
    let plan = playback.plan(scope, source, range, MAX_SEGMENTS).await?;
    let rest = plan.next;
    let mut found = render(playback, source, plan.segments, range, step, Some(turn)).await?;
    found.next = found.next.or(rest);
    Ok(found)
}

/// The one key picture at or before an instant.
///
/// # Errors
/// `NotFound` when nothing is recorded there.
pub async fn key_frame_at(
    playback: &Playback,
    scope: &Scope,
    source: Source,
    at: Ticks,
) -> Result<KeyFrames> {
    let range = TimeRange::new(at, at + 1);
    let mut segment = playback.plan_at(scope, source, at).await?;
    if let Some(segment) = &mut segment {
        segment.wanted.end = segment.wanted.end.min(segment.wanted.start + 1);
    }
    render(playback, source, segment.into_iter().collect(), range, 1, None).await
}

async fn render(
    playback: &Playback,
    source: Source,
    segments: Vec<PlannedSegment>,
    range: TimeRange,
    step: i64,
    turn: Option<OwnedSemaphorePermit>,
) -> Result<KeyFrames> {
    let playback = playback.clone();
    let work = move || {
        // Held to the end of the work, which goes on when nobody waits for it any more.
        let _turn = turn;
        read_pictures(&playback, source, &segments, range, step)
    };
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|e| Error::internal("reading key pictures ended unexpectedly").because(e))?
}

fn read_pictures(
    playback: &Playback,
    source: Source,
    segments: &[PlannedSegment],
    range: TimeRange,
    step: i64,
) -> Result<KeyFrames> {
    let none = || Error::not_found("nothing is recorded at this time");
    let first = segments.first().ok_or_else(none)?;
    // Without the audio part: a player that is told of sound would wait for it.
    let parameters = Parameters::new(read_parameters(&playback.open(source, first)?, first)?.video, None);
    let mut out = parameters.init.to_vec();
    let mut count = 0;
    let mut due = Ticks(i64::MIN);
    let mut next = None;
    'all: for segment in segments {
        if segment.parameters != first.parameters {
            // Its pictures need another init; a scrub strip begins anew there.
            next = Some(segment.range.from);
            break;
        }
        let reader = playback.open(source, segment)?;
        let keys: Vec<&Placed> = segment.wanted().iter().filter(|f| f.key()).collect();
        for (n, key) in keys.iter().enumerate() {
            if key.start < due || key.start >= range.to {
                continue;
            }
            let full = count == MAX_PICTURES || out.len() + key.key_bytes as usize > MAX_BYTES;
            if full && count > 0 {
                next = Some(key.start);
                break 'all;
            }
            due = key.start + step;
            let until = keys.get(n + 1).map_or(segment.range.to, |next| next.start);
            let picture = read(&reader, key.offset + u64::from(key.header_bytes), key.key_bytes as usize)?;
            let sample = Sample {
                start: key.start,
                duration: (until - key.start).clamp(1, i64::from(u32::MAX)) as u32,
                random_access: true,
                data: Bytes::from(picture),
            };
            count += 1;
            out.extend_from_slice(&sample_fragment(count as u32, Track::Video, &sample));
            out.extend_from_slice(&sample.data);
        }
    }
    if count == 0 {
        return Err(none());
    }
    Ok(KeyFrames { bytes: Bytes::from(out), mime: parameters.mime(), count, next })
}
