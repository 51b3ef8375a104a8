//! Pictures on demand: of a camera as it looks now, which is its newest key frame, and of recorded footage.

use std::sync::Arc;

use super::Rooms;
use crate::base::{CameraId, Error, Kind, Result, StreamKey, Ticks};
use crate::catalogue::Scope;
use crate::media::{AccessUnit, Track};
use crate::vision::{Decoder, Jpeg, Picture, Trouble, Want};

/// Good enough to draw on.
const QUALITY: u8 = 80;
/// Good enough to show to others.
const FINE: u8 = 92;
/// All streams that are only tested have one name: what they do to a worker is not held against a camera of ours.
const STRANGER: StreamKey = StreamKey(-1);
/// Wide enough to see what the camera looks at.
const STRANGER_WIDTH: u16 = 960;
/// A worker that ends meanwhile is asked this often.
const TRIES: u32 = 3;

/// Makes pictures on demand; cheap to clone.
#[derive(Clone)]
pub struct Stills(pub(super) Arc<Rooms>);

impl Stills {
    /// The newest key frame of a camera since `since`, at most `max_width` pixels wide (`None`: as the camera sends it). Of
    /// the small stream where that is wide enough. `None` when there is none.
    ///
    /// # Errors
    /// `NotFound` for an unknown camera; `Unavailable` when the worker cannot make it.
    pub async fn still(
        &self,
        camera: CameraId,
        max_width: Option<u32>,
        since: Ticks,
    ) -> Result<Option<Jpeg>> {
        let cameras = self.0.catalogue.cameras(Scope::everything()).await?;
        let camera = cameras.into_iter().find(|c| c.id == camera);
        let camera = camera.ok_or_else(|| Error::not_found("there is no such camera"))?;
        let mut newest = Vec::new();
        for stream in &camera.streams {
            let units = self.0.hub.get(stream.key).map(|s| s.since(since)).unwrap_or_default();
            let key = units.into_iter().rfind(|unit| unit.track == Track::Video && unit.random_access);
            newest.extend(key.map(|unit| (stream.key, unit)));
        }
        let wide_enough = |width: u32| max_width.is_some_and(|wanted| width >= wanted);
        // The smallest that is wide enough, else the widest.
        let best = newest.into_iter().min_by_key(|(_, unit)| {
            let width = unit.parameters.video.width;
            if wide_enough(width) { (0, width) } else { (1, u32::MAX - width) }
        });
        let Some((key, unit)) = best else { return Ok(None) };
        let max_width = u16::try_from(max_width.unwrap_or(0)).unwrap_or(u16::MAX);
        let _turn = self.0.turns.acquire().await;
        jpeg(&self.0.vision.stream(key), &unit, max_width, QUALITY).await
    }

    /// The last of some units of a stream, which begin with a key frame; at most `max_width` pixels wide (`None`: as it is).
    /// `None` when it is damaged.
    ///
    /// # Errors
    /// `Unavailable` when the worker cannot make it.
    pub async fn last_of(
        &self,
        stream: StreamKey,
        units: &[Arc<AccessUnit>],
        max_width: Option<u32>,
    ) -> Result<Option<Jpeg>> {
        let max_width = u16::try_from(max_width.unwrap_or(0)).unwrap_or(u16::MAX);
        let _turn = self.0.turns.acquire().await;
        let decoder = self.0.vision.stream(stream);
        persistently(|| last_of(&decoder, units, Want::Jpeg { max_width, quality: FINE })).await
    }

    /// A picture of a stream that is not in the catalogue.
    ///
    /// # Errors
    /// `Unavailable` when the worker cannot make it.
    pub async fn of_stranger(&self, unit: &Arc<AccessUnit>) -> Result<Option<Jpeg>> {
        let _turn = self.0.turns.acquire().await;
        jpeg(&self.0.vision.stream(STRANGER), unit, STRANGER_WIDTH, QUALITY).await
    }
}

/// A JPEG of a key frame, at most `max_width` pixels wide; 0 = as it is.
///
/// # Errors
/// `Unavailable` when the worker cannot make it.
pub(super) async fn jpeg(
    decoder: &Decoder,
    unit: &Arc<AccessUnit>,
    max_width: u16,
    quality: u8,
) -> Result<Option<Jpeg>> {
    let want = Want::Jpeg { max_width, quality };
    persistently(|| async {
        let made = decoder.decode(unit, want).await?;
        Ok(made.and_then(Picture::jpeg))
    })
    .await
}

/// Decodes up to the last unit, whose picture may come only when the decoder is emptied.
async fn last_of(decoder: &Decoder, units: &[Arc<AccessUnit>], want: Want) -> Result<Option<Jpeg>, Trouble> {
    let Some((last, before)) = units.split_last() else { return Ok(None) };
    for unit in before {
        decoder.decode(unit, Want::Reference).await?;
    }
    let mut made = decoder.decode(last, want).await?;
    while made.is_none() {
        made = Some(match decoder.drain().await? {
            Some(picture) => picture,
            None => return Ok(None),
        });
    }
    Ok(made.and_then(Picture::jpeg))
}

/// Asks again when the worker has ended meanwhile, which may have been because of somebody else's picture.
async fn persistently<F>(mut make: impl FnMut() -> F) -> Result<Option<Jpeg>>
where
    F: Future<Output = Result<Option<Jpeg>, Trouble>>,
{
    for _ in 0..TRIES {
        match make().await {
            Ok(made) => return Ok(made),
            Err(Trouble::Restarted) => {}
            Err(trouble) => {
                return Err(Error::new(Kind::Unavailable, format!("no picture can be made: {trouble}")));
            }
        }
    }
    Err(Error::new(Kind::Unavailable, "no picture can be made: the vision worker ends again and again"))
}
