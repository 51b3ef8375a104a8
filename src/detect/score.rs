//! Files and footage through the same eyes as cameras, as fast as the processor goes.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, stream};

use super::motion::picture_size;
use super::observer::frame;
use super::pace::{Pace, Plan};
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

/// Decodes units from a random access point on and hands over the pictures that are looked at, in order of time.
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
        let want = if due.contains(&unit.start) { grey } else { Want::Reference };
        let (unit, decoder) = (Arc::clone(unit), &decoder);
        async move { decoder.decode(&unit, want).await }
    };
    let mut decoded = stream::iter(units).map(decode).buffered(AHEAD);
    while let Some(picture) = decoded.next().await {
        hand_over(picture, take)?;
    }
    drop(decoded);
    drain(&decoder, take).await
}

/// The decoder may keep the last pictures of a stream whose pictures are reordered.
async fn drain(decoder: &Decoder, take: &mut dyn FnMut(&Grey)) -> Result<()> {
    loop {
        let picture = decoder.drain().await;
        if matches!(picture, Ok(None)) {
            return Ok(());
        }
        hand_over(picture, take)?;
    }
}

fn hand_over(
    picture: std::result::Result<Option<Picture>, Trouble>,
    take: &mut dyn FnMut(&Grey),
) -> Result<()> {
    match picture {
        Ok(Some(Picture::Grey(grey))) => take(&grey),
        // Before the first key frame, or damaged: as with a camera, others follow.
        Ok(_) | Err(Trouble::NeedsKey | Trouble::Broken) => {}
        Err(trouble) => {
            return Err(Error::new(Kind::Unavailable, format!("the video is not decoded: {trouble}")));
        }
    }
    Ok(())
}

/// The times of the pictures that are looked at; files may hold their pictures in another order.
fn due(units: &[Arc<AccessUnit>], rate: f32) -> HashSet<Ticks> {
    let mut starts: Vec<Ticks> = units.iter().map(|unit| unit.start).collect();
    starts.sort_unstable();
    let mut pace = Pace::new(rate, false);
    let looked = starts.into_iter().enumerate().filter(|&(n, at)| pace.plan(at, n == 0) == Plan::Look);
    looked.map(|(_, at)| at).collect()
}
