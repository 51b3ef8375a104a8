//! Live view of one stream: every access unit as a fragment of its own, at once, with a predicted duration.

use std::sync::Arc;

use bytes::Bytes;

use crate::base::{TICKS_PER_SECOND, Ticks};
use crate::hub::{Item, Start, Stream, Subscription};
use crate::media::{AccessUnit, Parameters, Sample, Track, sample_fragment};

/// A viewer who is further behind than this is taken to the newest random access point.
const MAX_LATE: i64 = TICKS_PER_SECOND;

/// What a viewer gets.
#[derive(Clone, Debug)]
pub enum Chunk {
    /// New decoder parameters: the init segment and what it is.
    Init {
        /// The parameters; without the audio part when the viewer wants none.
        parameters: Arc<Parameters>,
    },
    /// One access unit as a fragment: `head`, then `payload`.
    Fragment {
        /// `moof` and the head of `mdat`.
        head: Bytes,
        /// The unit itself, shared with the ring.
        payload: Bytes,
        /// Decoding can start here.
        key: bool,
        /// Wall time of its capture, as far as known: its start on the stream's time line.
        start: Ticks,
    },
    /// So many units were left out because the viewer was late; a random access point follows.
    Dropped(u64),
}

/// A viewer's position in a stream.
#[derive(Debug)]
pub struct LiveFeed {
    subscription: Subscription,
    audio: bool,
    parameters: Option<(Arc<Parameters>, u64)>,
    held: Option<Arc<AccessUnit>>,
    number: u32,
}

impl LiveFeed {
    /// Begins at the newest random access point in memory. Without `audio` only pictures come.
    pub fn new(stream: &Arc<Stream>, audio: bool) -> Self {
        let subscription = stream.view(Start::NewestKey);
        Self { subscription, audio, parameters: None, held: None, number: 0 }
    }

    /// The next chunk; waits for it. `now` tells how late the viewer is. `None` when the stream is gone.
    pub async fn next(&mut self, now: impl Fn() -> Ticks) -> Option<Chunk> {
        loop {
            let unit = match self.held.take() {
                Some(unit) => unit,
                None => match self.subscription.next().await? {
                    Item::Missed(units) => return Some(Chunk::Dropped(units)),
                    Item::Unit(unit) => unit,
                },
            };
            if unit.track == Track::Audio && !self.audio {
                continue;
            }
            if now() - unit.received > MAX_LATE && self.number > 0 {
                let skipped = self.subscription.skip_to_newest_key();
                if skipped > 0 {
                    return Some(Chunk::Dropped(skipped + 1));
                }
            }
            if let Some(parameters) = self.changed_parameters(&unit) {
                self.held = Some(unit);
                return Some(Chunk::Init { parameters });
            }
            self.number += 1;
            let sample = Sample {
                start: unit.start,
                duration: unit.duration,
                random_access: unit.random_access,
                data: unit.data.clone(),
            };
            let head = sample_fragment(self.number, unit.track, &sample);
            let key = unit.track == Track::Video && unit.random_access;
            return Some(Chunk::Fragment { head, payload: sample.data, key, start: unit.start });
        }
    }

    /// The parameters as this viewer needs them, when they differ from the last.
    fn changed_parameters(&mut self, unit: &AccessUnit) -> Option<Arc<Parameters>> {
        if self
            .parameters
            .as_ref()
            .is_some_and(|(p, run)| *run == unit.run || Arc::ptr_eq(p, &unit.parameters))
        {
            return None;
        }
        let known = self.parameters.as_ref().is_some_and(|(p, _)| p.hash == unit.parameters.hash);
        self.parameters = Some((Arc::clone(&unit.parameters), unit.run));
        if known {
            return None;
        }
        Some(match (&unit.parameters.audio, self.audio) {
            (Some(_), false) => Arc::new(Parameters::new(unit.parameters.video.clone(), None)),
            _ => Arc::clone(&unit.parameters),
        })
    }
}
