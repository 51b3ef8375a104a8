//! The pictures of a camera's events: the key frame of the main stream that is nearest to the best moment, as JPEG.
//!
//! A picture is made when the event begins, so that an alert has one at once, and again when it is over, or lasts, and a
//! better moment has come: each takes as long as a second of looking. Only the latest waits to be made: pictures are
//! never a reason to be late.

use std::sync::Arc;

use tokio::sync::watch;

use super::motion::Bounds;
use super::objects::Look;
use super::{Rooms, stills};
use crate::base::{CameraId, EventId, Stop, StreamKey, TICKS_PER_SECOND, Ticks};
use crate::catalogue::{Picture, PictureSize};
use crate::hub::Stream;
use crate::media::{AccessUnit, Track};
use crate::vision::Jpeg;

/// Key frames further away than this show something else.
const NEAR: i64 = 10 * TICKS_PER_SECOND;
/// Ticks between two pictures of an event that lasts.
const AGAIN: i64 = 30 * TICKS_PER_SECOND;
/// No key frame that comes later than this after the best moment will be nearer than the one before it.
const SETTLED: i64 = 3 * TICKS_PER_SECOND;
/// Sizes that are made: which, pixels across, JPEG quality.
const SIZES: [(PictureSize, u16, u8); 2] = [(PictureSize::Small, 320, 70), (PictureSize::Large, 1280, 80)];

/// The moment of an event to be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Best {
    pub(super) at: Ticks,
    /// Where the mover was; `None` when there is none.
    pub(super) mover: Option<Bounds>,
}

/// A key frame that a picture is to be made of.
#[derive(Clone, Debug)]
struct Shot {
    event: EventId,
    unit: Arc<AccessUnit>,
    best: Best,
}

/// Chooses the key frames of one camera.
pub(super) struct Album {
    main: Arc<Stream>,
    /// The latest event, and its best moment.
    wanted: Option<(EventId, Best)>,
    over: bool,
    /// The nearest key frame so far, when it has not been sent.
    nearest: Option<Shot>,
    /// The event that has a picture, and when that was sent.
    sent: Option<(EventId, Ticks)>,
    shots: watch::Sender<Option<Shot>>,
}

impl Album {
    /// `main`: the stream the pictures are of.
    pub(super) fn new(main: Arc<Stream>) -> Self {
        let shots = watch::Sender::new(None);
        Self { main, wanted: None, over: false, nearest: None, sent: None, shots }
    }

    /// What makes the pictures of this album.
    pub(super) fn darkroom(&self, rooms: Arc<Rooms>, camera: CameraId, stream: StreamKey) -> Darkroom {
        Darkroom { rooms, camera, stream, shots: self.shots.subscribe() }
    }

    /// An event has its best moment there, so far.
    pub(super) fn event(&mut self, event: EventId, best: Best, now: Ticks) {
        if self.wanted.is_some_and(|(wanted, _)| wanted != event) {
            // The one before has no later chance.
            self.send(now);
        }
        self.wanted = Some((event, best));
        self.over = false;
        self.look(now);
    }

    /// An event is over: its best moment is known.
    pub(super) fn over(&mut self, event: EventId, best: Best, now: Ticks) {
        self.event(event, best, now);
        self.over = true;
    }

    /// Keeps the key frame that is nearest to the best moment: one that comes after it may be nearer than the one before.
    pub(super) fn look(&mut self, now: Ticks) {
        let Some((event, best)) = self.wanted else { return };
        let distance = |unit: &AccessUnit| (unit.start - best.at).abs();
        let recent = self.main.since(best.at - NEAR);
        let keys = recent.iter().filter(|unit| unit.track == Track::Video && unit.random_access);
        if let Some(nearest) = keys.min_by_key(|unit| distance(unit)).filter(|unit| distance(unit) <= NEAR) {
            let kept = self.nearest.as_ref().filter(|shot| shot.event == event);
            if kept.is_none_or(|kept| distance(nearest) < distance(&kept.unit)) {
                self.nearest = Some(Shot { event, unit: Arc::clone(nearest), best });
            }
        }
        let first = self.sent.is_none_or(|(sent, _)| sent != event);
        let passed = self.sent.is_none_or(|(_, at)| !(0..AGAIN).contains(&(now - at)));
        let settled = self.over && recent.last().is_none_or(|unit| unit.start > best.at + SETTLED);
        if first || passed || settled {
            self.send(now);
        }
        if settled {
            self.wanted = None;
            self.nearest = None;
        }
    }

    fn send(&mut self, now: Ticks) {
        let Some(shot) = &self.nearest else { return };
        let latest = self.shots.borrow().clone();
        let same = |other: &Shot| other.event == shot.event && Arc::ptr_eq(&other.unit, &shot.unit);
        if !latest.as_ref().is_some_and(same) {
            self.sent = Some((shot.event, now));
            self.shots.send_replace(Some(shot.clone()));
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
                    if size == PictureSize::Large {
                        self.offer(shot, &jpeg);
                    }
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

    /// Lets the object filter look at it.
    fn offer(&self, shot: &Shot, jpeg: &Jpeg) {
        let Some((objects, mover)) = self.rooms.objects.as_ref().zip(shot.best.mover) else { return };
        let apart = jpeg.at - shot.best.at;
        objects.offer(Look { event: shot.event, file: jpeg.file.clone(), mover, apart });
    }
}
