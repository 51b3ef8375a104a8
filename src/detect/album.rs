//! The pictures of a camera's events: the key frame of the main stream that is nearest to the best moment, as JPEG.
//!
//! A key frame is taken when the event begins, so that an alert has a picture at once, and again when a better moment, or
//! one nearer to it, has come. Only the latest waits to be made: pictures are never a reason to be late.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Rooms, stills};
use crate::base::{CameraId, EventId, Stop, StreamKey, TICKS_PER_SECOND, Ticks};
use crate::catalogue::{Picture, PictureSize};
use crate::hub::Stream;
use crate::media::{AccessUnit, Track};

/// Key frames further away than this show something else.
const NEAR: i64 = 10 * TICKS_PER_SECOND;
/// Sizes that are made: which, pixels across, JPEG quality.
const SIZES: [(PictureSize, u16, u8); 2] = [(PictureSize::Small, 320, 70), (PictureSize::Large, 1280, 80)];
/// A key frame that a picture is to be made of.
#[derive(Clone, Debug)]
struct Shot {
    event: EventId,
    unit: Arc<AccessUnit>,
}

/// Chooses the key frames of one camera.
pub(super) struct Album {
    main: Arc<Stream>,
    /// The latest event, and its best moment.
    wanted: Option<(EventId, Ticks)>,
    taken: Option<(EventId, Ticks)>,
    shots: watch::Sender<Option<Shot>>,
}

impl Album {
    /// `main`: the stream the pictures are of.
    pub(super) fn new(main: Arc<Stream>) -> Self {
        Self { main, wanted: None, taken: None, shots: watch::Sender::new(None) }
    }

    /// What makes the pictures of this album.
    pub(super) fn darkroom(&self, rooms: Arc<Rooms>, camera: CameraId, stream: StreamKey) -> Darkroom {
        Darkroom { rooms, camera, stream, shots: self.shots.subscribe() }
    }

    /// An event has its best moment there, so far.
    pub(super) fn event(&mut self, event: EventId, best: Ticks) {
        self.wanted = Some((event, best));
        self.look();
    }

    /// Takes the key frame that is nearest to the best moment, unless it has been taken: one that came after the moment
    /// may be nearer than the one before it.
    pub(super) fn look(&mut self) {
        let Some((event, best)) = self.wanted else { return };
        let recent = self.main.since(best - NEAR);
        let keys = recent.iter().filter(|unit| unit.track == Track::Video && unit.random_access);
        let Some(nearest) = keys.min_by_key(|unit| (unit.start - best).abs()) else { return };
        let taken = Some((event, nearest.start));
        if nearest.start - best <= NEAR && self.taken != taken {
            self.taken = taken;
            self.shots.send_replace(Some(Shot { event, unit: Arc::clone(nearest) }));
        }
        if recent.last().is_some_and(|unit| unit.start > best + NEAR) {
            self.wanted = None;
        }
    }
}

/// Makes the pictures of one camera.
pub(super) struct Darkroom {
    rooms: Arc<Rooms>,
    camera: CameraId,
    stream: StreamKey,
    shots: watch::Receiver<Option<Shot>>,
}

impl Darkroom {
    /// Until stopped, or until the album is gone.
    pub(super) async fn run(mut self, stop: Stop) {
        loop {
            tokio::select! {
                () = stop.wait() => return,
                changed = self.shots.changed() => if changed.is_err() { return },
            }
            let shot = self.shots.borrow_and_update().clone();
            if let Some(shot) = shot {
                self.make(&shot).await;
            }
        }
    }

    async fn make(&self, shot: &Shot) {
        // A decoder of a main stream takes ten megabytes; it is not kept for the next event.
        let decoder = self.rooms.vision.stream(self.stream);
        for (size, max_width, quality) in SIZES {
            let put = match stills::jpeg(&decoder, &shot.unit, max_width, quality).await {
                Ok(Some(jpeg)) => {
                    let picture = Picture { at: jpeg.at, jpeg: jpeg.file };
                    self.rooms.catalogue.put_picture(shot.event, self.camera, size, picture)
                }
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = put {
                tracing::warn!(event.id = %shot.event, error = %error, "an event has no picture");
            }
        }
    }
}
