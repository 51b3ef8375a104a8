//! Files and footage through the same eyes as cameras, as fast as the processor goes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, stream};

use super::motion::picture_size;
use super::observer::frame;
use super::sheet::Sheet;
use crate::base::{Error, Kind, Result, StreamKey, TICKS_PER_SECOND, Ticks};
use crate::media::AccessUnit;
use crate::vision::{Decoder, Grey, Picture, Trouble, Vision, Want, clip::Clip};

/// Units under way, so that the worker never waits for us.
const AHEAD: usize = 6;

/// Looks at a video file, `passes` times in a row with everything that was learned kept, and writes down the last. `rate`:
/// pictures a second that are looked at.
///
/// # Errors
/// `Invalid` when the file cannot be read; `Unavailable` when the worker cannot decode it.
pub async fn score(vision: &Vision, file: &Path, rate: f32, passes: u32) -> Result<Sheet> {
    let units: Vec<Arc<AccessUnit>> = Clip::open(file)?.collect::<Result<_>>()?;
    let mut sheet = Sheet::new();
    for pass in 0..passes.max(1) {
        if pass > 0 {
            let end = units.iter().map(|unit| unit.end()).max().unwrap_or(Ticks(0));
            sheet.again(end.0 as f64 / TICKS_PER_SECOND as f64);
        }
        let mut take = |grey: &Grey| {
            let at = grey.at.0 as f64 / TICKS_PER_SECOND as f64;
            sheet.take(&frame(grey), at);
        };
        look(vision, &units, rate, &mut take).await?;
    }
    Ok(sheet)
}

/// Decodes units from a random access point on and hands over the pictures that are looked at, in order of time; each is
/// given the time of its beat.
///
/// # Errors
/// `Unavailable` when the worker cannot decode them.
pub async fn look(
    vision: &Vision,
    units: &[Arc<AccessUnit>],
    rate: f32,
    take: &mut dyn FnMut(&Grey),
) -> Result<()> {
    let due = due(units, rate);
    let decoder = vision.stream(StreamKey(0));
    let decode = |unit: &Arc<AccessUnit>| {
        let video = &unit.parameters.video;
        let (width, height) = picture_size(video.width as usize, video.height as usize);
        let grey = Want::Grey { max_width: width as u16, max_height: height as u16 };
        let want = if due.contains_key(&unit.start) { grey } else { Want::Reference };
        let (unit, decoder) = (Arc::clone(unit), &decoder);
        async move { decoder.decode(&unit, want).await }
    };
    let mut decoded = stream::iter(units).map(decode).buffered(AHEAD);
    while let Some(picture) = decoded.next().await {
        hand_over(picture, &due, take)?;
    }
    drop(decoded);
    drain(&decoder, &due, take).await
}

/// The decoder may keep the last pictures of a stream whose pictures are reordered.
async fn drain(decoder: &Decoder, due: &HashMap<Ticks, Ticks>, take: &mut dyn FnMut(&Grey)) -> Result<()> {
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
    take: &mut dyn FnMut(&Grey),
) -> Result<()> {
    match picture {
        Ok(Some(Picture::Grey(grey))) => {
            let at = due.get(&grey.at).copied().unwrap_or(grey.at);
            take(&Grey { at, ..grey });
        }
        // Before the first key frame, or damaged: as with a camera, others follow.
        Ok(_) | Err(Trouble::NeedsKey | Trouble::Broken) => {}
        Err(trouble) => {
            return Err(Error::new(Kind::Unavailable, format!("the video is not decoded: {trouble}")));
        }
    }
    Ok(())
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
mod tests {
    use super::*;
    use crate::media::{Codec, Parameters, Track, VideoParameters};

    fn units(fps: i64) -> Vec<Arc<AccessUnit>> {
        let video = VideoParameters {
            codec: Codec::H264,
            sample_entry: bytes::Bytes::new(),
            codec_string: String::new(),
            width: 16,
            height: 16,
        };
        let parameters = Arc::new(Parameters::new(video, None));
        let unit = |n: i64| AccessUnit {
            track: Track::Video,
            run: 0,
            start: Ticks(n * TICKS_PER_SECOND / fps),
            duration: 1,
            random_access: n == 0,
            data: bytes::Bytes::new(),
            parameters: Arc::clone(&parameters),
            received: Ticks(0),
            loss: 0,
        };
        // Neighbours exchanged, as with pictures that are coded out of order.
        (0..10 * fps).map(|n| Arc::new(unit(n ^ 1))).collect()
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
