//! Pictures of what has moved, for the broker: an event's picture comes some moments after what is told of the event, and a better
//! one may take its place.

use std::collections::BTreeMap;

use bytes::Bytes;
use tokio::time::{Duration, Instant};

use crate::base::{CameraId, EventId};
use crate::catalogue::{Catalogue, PictureSize, Scope};

/// After something is told of an event its picture is looked for at once, and again after twice as long each time, up to this.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// Whose pictures are looked for.
#[derive(Debug, Default)]
pub(super) struct Pictures(BTreeMap<CameraId, Wanted>);

#[derive(Debug)]
struct Wanted {
    event: EventId,
    next: Instant,
    pause: Duration,
}

impl Pictures {
    /// Something is told of an event: its picture is to stand there as the camera's last one.
    pub(super) fn wants(&mut self, camera: CameraId, event: EventId, now: Instant) {
        self.0.insert(camera, Wanted { event, next: now, pause: FIRST_PAUSE });
    }

    /// Events that are to be looked at now. Each is looked at some times, then no more.
    fn turns(&mut self, now: Instant) -> Vec<(CameraId, EventId)> {
        let mut turns = Vec::new();
        self.0.retain(|camera, wanted| {
            if now < wanted.next {
                return true;
            }
            turns.push((*camera, wanted.event));
            wanted.next = now + wanted.pause;
            wanted.pause *= 2;
            wanted.pause <= LONGEST_PAUSE * 2
        });
        turns
    }

    /// The pictures that are there now: each a JPEG file, small enough for a list.
    pub(super) async fn due(&mut self, catalogue: &Catalogue, now: Instant) -> Vec<(CameraId, Bytes)> {
        let mut found = Vec::new();
        for (camera, event) in self.turns(now) {
            // A broker is the site's own: it sees all cameras.
            match catalogue.picture(Scope::everything(), event, PictureSize::Small).await {
                Ok(picture) => found.extend(picture.map(|picture| (camera, picture.jpeg))),
                // Everything else is told all the same.
                Err(error) => {
                    tracing::debug!(error = %error, "a picture for the MQTT broker could not be read")
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Ticks;

    #[test]
    fn a_picture_is_looked_for_some_times_and_the_newest_event_counts() {
        let (camera, begun) = (CameraId::fresh(Ticks(1)), Instant::now());
        let (one, other) = (EventId::fresh(Ticks(1)), EventId::fresh(Ticks(2)));
        let mut pictures = Pictures::default();
        pictures.wants(camera, one, begun);
        assert_eq!(pictures.turns(begun), [(camera, one)]);
        assert!(pictures.turns(begun).is_empty(), "not at every look");
        pictures.wants(camera, other, begun);
        let mut looked = Vec::new();
        for tenth in 0..600 {
            let turns = pictures.turns(begun + Duration::from_millis(100) * tenth);
            looked.extend(turns.into_iter().map(|(_, event)| (tenth, event)));
        }
        assert!(looked.iter().all(|(_, event)| *event == other));
        let tenths: Vec<u32> = looked.into_iter().map(|(tenth, _)| tenth).collect();
        assert_eq!(tenths, [0, 5, 15, 35, 75, 155, 315]);
        assert!(pictures.0.is_empty());
    }
}
