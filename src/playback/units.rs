//! Recorded pictures as access units again: for detection that looks at footage once more, and for single pictures.

use std::sync::Arc;

use bytes::Bytes;

use super::clip::{damaged, read, read_parameters, samples};
use super::plan::PlannedSegment;
use super::service::{Playback, Source};
use crate::base::{Error, Result, Ticks};
use crate::catalogue::Scope;
use crate::media::{AccessUnit, Track};

/// The pictures of a segment's wanted fragments, in order; blocks while the file is read.
///
/// # Errors
/// `NotFound` when the file has gone; `Corrupt` when it is damaged.
pub fn units(playback: &Playback, source: Source, segment: &PlannedSegment) -> Result<Vec<Arc<AccessUnit>>> {
    let reader = playback.open(source, segment)?;
    let parameters = Arc::new(read_parameters(&reader, segment)?);
    let mut units = Vec::new();
    for (placed, samples) in segment.wanted().iter().zip(samples(&reader, segment)?) {
        let payload = placed.offset + u64::from(placed.header_bytes);
        let length = placed.bytes.checked_sub(placed.header_bytes).ok_or_else(damaged)?;
        let bytes = Bytes::from(read(&reader, payload, length as usize)?);
        let (mut at, mut start) = (0, placed.start);
        for (number, sample) in samples.video.iter().enumerate() {
            let end = at + sample.size as usize;
            if end > bytes.len() {
                return Err(damaged());
            }
            units.push(Arc::new(AccessUnit {
                track: Track::Video,
                run: 0,
                start,
                duration: sample.duration,
                random_access: number == 0 && placed.key(),
                data: bytes.slice(at..end),
                parameters: Arc::clone(&parameters),
                received: start,
                loss: 0,
            }));
            (at, start) = (end, start + i64::from(sample.duration));
        }
    }
    Ok(units)
}

/// The pictures that the one shown at an instant needs: from the random access point before it, and itself last.
///
/// # Errors
/// `NotFound` when nothing is recorded there; `Corrupt` when the file is damaged.
pub async fn units_to(
    playback: &Playback,
    scope: &Scope,
    source: Source,
    at: Ticks,
) -> Result<Vec<Arc<AccessUnit>>> {
    let none = || Error::not_found("nothing is recorded at this time");
    let segment = playback.plan_at(scope, source, at).await?.ok_or_else(none)?;
    let playback = playback.clone();
    let read = tokio::task::spawn_blocking(move || units(&playback, source, &segment)).await;
    let mut units = read.map_err(|e| Error::internal("reading pictures ended unexpectedly").because(e))??;
    units.retain(|unit| unit.start <= at);
    if units.is_empty() { Err(none()) } else { Ok(units) }
}
