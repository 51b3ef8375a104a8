//! Files and footage through the same eyes as cameras, as fast as the processor goes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, stream};

use super::motion::picture_size;
use super::observer::frame;
use super::sheet::Sheet;
use super::thrift::Thrift;
use crate::base::{Error, Kind, Result, StreamKey, TICKS_PER_SECOND, Ticks};
use crate::hub::DetectionMode;
use crate::media::AccessUnit;
use crate::vision::{Decoder, Grey, Picture, Trouble, Vision, Want, clip::Clip};

/// Units under way, so that the worker never waits for us.
const AHEAD: usize = 6;

/// Which pictures are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Looks {
    /// Of which kind.
    pub mode: DetectionMode,
    /// In a second, at most.
    pub rate: f32,
}

/// Looks at a video file, `passes` times in a row with everything that was learned kept, and writes down the last.
///
/// # Errors
/// `Invalid` when the file cannot be read; `Unavailable` when the worker cannot decode it.
pub async fn score(vision: &Vision, file: &Path, looks: Looks, passes: u32) -> Result<Sheet> {
    let units: Vec<Arc<AccessUnit>> = Clip::open(file)?.collect::<Result<_>>()?;
    let mut sheet = Sheet::new();
    for pass in 0..passes.max(1) {
        if pass > 0 {
            let end = units.iter().map(|unit| unit.end()).max().unwrap_or(Ticks(0));
            sheet.again(end.0 as f64 / TICKS_PER_SECOND as f64);
        }
        let mut take = |grey: &Grey| {
            let at = grey.at.0 as f64 / TICKS_PER_SECOND as f64;
            sheet.take(&frame(grey), at).stirs()
        };
        look(vision, &units, looks, &mut take).await?;
    }
    Ok(sheet)
}

/// Decodes units from a random access point on and hands over the pictures that are looked at, in order of time; each is
/// given the time of its beat. `take` says whether anything stirs in it.
///
/// # Errors
/// `Unavailable` when the worker cannot decode them.
pub async fn look(
    vision: &Vision,
    units: &[Arc<AccessUnit>],
    looks: Looks,
    take: &mut dyn FnMut(&Grey) -> bool,
) -> Result<()> {
    let keys_only = looks.mode == DetectionMode::KeyPictures;
    let units: Vec<_> = units.iter().filter(|unit| unit.random_access || !keys_only).cloned().collect();
    let due = due(&units, looks.rate);
    let decoder = vision.stream(StreamKey(0));
    let decode = |unit: Arc<AccessUnit>| {
        let video = &unit.parameters.video;
        let (width, height) = picture_size(video.width as usize, video.height as usize);
        let grey = Want::Grey { max_width: width as u16, max_height: height as u16 };
        let want = if due.contains_key(&unit.start) { grey } else { Want::Reference };
        let decoder = &decoder;
        async move { decoder.decode(&unit, want).await }
    };
    if looks.mode == DetectionMode::Sparing {
        let mut thrift = Thrift::new(true);
        for unit in units {
            for unit in thrift.take(unit) {
                let start = unit.start;
                if let Some(stirs) = hand_over(decode(unit).await, &due, take)? {
                    thrift.looked(start, stirs);
                }
            }
        }
    } else {
        let mut decoded = stream::iter(units).map(decode).buffered(AHEAD);
        while let Some(picture) = decoded.next().await {
            hand_over(picture, &due, take)?;
        }
    }
    drain(&decoder, &due, take).await
}

/// The decoder may keep the last pictures of a stream whose pictures are reordered.
async fn drain(
    decoder: &Decoder,
    due: &HashMap<Ticks, Ticks>,
    take: &mut dyn FnMut(&Grey) -> bool,
) -> Result<()> {
    loop {
        let picture = decoder.drain().await;
        if matches!(picture, Ok(None)) {
            return Ok(());
        }
        hand_over(picture, due, take)?;
    }
}

fn hand_over(
    picture: std::result::Result<Option<Picture>, Trouble>,
    due: &HashMap<Ticks, Ticks>,
    take: &mut dyn FnMut(&Grey) -> bool,
) -> Result<Option<bool>> {
    match picture {
        Ok(Some(Picture::Grey(grey))) => {
            let at = due.get(&grey.at).copied().unwrap_or(grey.at);
            Ok(Some(take(&Grey { at, ..grey })))
        }
        // Before the first key frame, or damaged: as with a camera, others follow.
        Ok(_) | Err(Trouble::NeedsKey | Trouble::Broken) => Ok(None),
        Err(trouble) => Err(Error::new(Kind::Unavailable, format!("the video is not decoded: {trouble}"))),
    }
}

/// The pictures that are looked at: of each beat of the rate the first. With the time of the beat, counted from the first
/// picture, so that lines are evenly spaced whatever the file's rate is. Files may hold their pictures in another order.
fn due(units: &[Arc<AccessUnit>], rate: f32) -> HashMap<Ticks, Ticks> {
    let mut starts: Vec<Ticks> = units.iter().map(|unit| unit.start).collect();
    starts.sort_unstable();
    let Some(&first) = starts.first() else { return HashMap::new() };
    let period = TICKS_PER_SECOND as f64 / f64::from(rate);
    // Times in files are rounded.
    let beat = |at: Ticks| ((at - first + TICKS_PER_SECOND / 1000) as f64 / period) as i64;
    starts.dedup_by_key(|at| beat(*at));
    starts.into_iter().map(|at| (at, first + (beat(at) as f64 * period).round() as i64)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::media::{Codec, Parameters, Track, VideoParameters};

    /// A picture without content.
    pub(in super::super) fn unit(start: i64, random_access: bool) -> Arc<AccessUnit> {
        let video = VideoParameters {
            codec: Codec::H264,
            sample_entry: bytes::Bytes::new(),
            codec_string: String::new(),
            width: 16,
            height: 16,
        };
        Arc::new(AccessUnit {
            track: Track::Video,
            run: 0,
            start: Ticks(start),
            duration: 1,
            random_access,
            data: bytes::Bytes::new(),
            parameters: Arc::new(Parameters::new(video, None)),
            received: Ticks(0),
            loss: 0,
        })
    }

    fn units(fps: i64) -> Vec<Arc<AccessUnit>> {
        // Neighbours exchanged, as with pictures that are coded out of order.
        (0..10 * fps).map(|n| unit((n ^ 1) * TICKS_PER_SECOND / fps, n == 0)).collect()
    }

    #[test]
    fn lines_are_evenly_spaced_whatever_the_file_s_rate() {
        for fps in [10, 12, 15, 20, 24, 25, 30] {
            let due = due(&units(fps), 5.0);
            let mut beats: Vec<Ticks> = due.values().copied().collect();
            beats.sort_unstable();
            assert_eq!(beats.len(), 50, "{fps}");
            assert!(beats.iter().enumerate().all(|(n, at)| at.0 == n as i64 * TICKS_PER_SECOND / 5), "{fps}");
            assert!(
                due.iter().all(|(at, beat)| (0..TICKS_PER_SECOND / fps + 90).contains(&(*at - *beat))),
                "{fps}"
            );
        }
    }
}
