//! Pure. From depacketised pictures to access units of runs: which are kept, where they stand, which run they belong to.
//!
//! - A run starts with a random access point whose parameters are known; what comes before is dropped.
//! - H.265 RASL pictures are dropped: they refer to pictures before their CRA, and any CRA may start a file.
//! - After a loss pictures are kept, with the loss noted on the unit: damaged evidence is better than none, and who
//!   cannot use it (detection) waits for the next random access point. A unit whose NAL lengths do not add up, or that
//!   holds no slice, is not a picture and is dropped.
//! - B-frames end the session. A camera that was refused for them is watched for a while before anything is published.

use std::sync::Arc;

use bytes::Bytes;

use super::order::{self, Order};
use super::timeline::{Arrival, Cause, Timeline};
use crate::base::{TICKS_PER_SECOND, Ticks};
use crate::media::{AccessUnit, AudioParameters, Codec, Parameters, Track, VideoParameters, summarize};

/// Longest and shortest length that is believed to come next.
const MOST_DURATION: i64 = 10 * TICKS_PER_SECOND;

/// A picture as depacketised.
#[derive(Debug)]
pub(super) struct Picture {
    /// Length-prefixed NAL units.
    pub(super) data: Vec<u8>,
    /// 90 kHz ticks since the session's start.
    pub(super) elapsed: i64,
    /// Packets lost before it.
    pub(super) loss: u16,
    /// Parameters that came with it and differ from those before.
    pub(super) parameters: Option<VideoParameters>,
    pub(super) arrival: Arrival,
}

/// What became of a picture.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Publish this.
    Unit(AccessUnit),
    /// The first unit of a run: publish it, and say that the stream is live.
    FirstOfRun(AccessUnit),
    /// A picture, but nothing to decode it with yet.
    Waiting,
    /// Dropped for ever.
    Dropped,
    /// The camera sends B-frames.
    BFrames,
}

/// The pictures and sounds of one session.
#[derive(Debug)]
pub(super) struct Assembler {
    codec: Codec,
    timeline: Timeline,
    sound_timeline: Timeline,
    order: Order,
    /// Pictures still to be watched before anything is published.
    watch: u32,
    audio: Option<AudioParameters>,
    pending: Option<VideoParameters>,
    current: Option<Arc<Parameters>>,
    needs_key: bool,
    run: u64,
    last: Option<(Ticks, u32)>,
    default_duration: u32,
    loss: u16,
    jumps: u32,
}

impl Assembler {
    /// `run` is the number of the last run of the stream; `framerate` what the camera's description says.
    pub(super) fn new(
        codec: Codec,
        audio: Option<AudioParameters>,
        not_before: Ticks,
        run: u64,
        framerate: Option<f32>,
    ) -> Self {
        let framerate = framerate.filter(|f| (0.1..=240.0).contains(f)).unwrap_or(15.0);
        Self {
            codec,
            timeline: Timeline::new(not_before),
            sound_timeline: Timeline::new(not_before),
            order: Order::default(),
            watch: 0,
            audio,
            pending: None,
            current: None,
            needs_key: true,
            run,
            last: None,
            default_duration: (TICKS_PER_SECOND as f32 / framerate) as u32,
            loss: 0,
            jumps: 0,
        }
    }

    /// Publishes nothing before it is clear that there are no B-frames.
    pub(super) fn watch_for_b_frames(&mut self) {
        self.watch = order::WINDOW;
    }

    /// Jumps of the camera's timestamps so far.
    pub(super) fn jumps(&self) -> u32 {
        self.jumps
    }

    /// The parameters of the run.
    pub(super) fn parameters(&self) -> Option<&Arc<Parameters>> {
        self.current.as_ref()
    }

    /// Takes the next picture.
    pub(super) fn picture(&mut self, picture: Picture) -> Outcome {
        let Picture { data, elapsed, loss, parameters, arrival } = picture;
        self.loss = self.loss.saturating_add(loss);
        if let Some(new) = parameters {
            let same = self.current.as_ref().is_some_and(|c| c.video == new);
            self.needs_key |= !same;
            self.pending = (!same).then_some(new);
        }
        let summary = summarize(self.codec, &data);
        if summary.broken || !summary.has_slice || summary.rasl {
            return Outcome::Dropped;
        }
        let has_parameters = self.pending.is_some() || self.current.is_some();
        if self.watch == 0 && self.needs_key && !(summary.random_access && has_parameters) {
            return Outcome::Waiting;
        }
        let placed = self.timeline.place(elapsed, arrival, summary.random_access);
        self.jumps += u32::from(placed.jumped);
        if self.order.push(placed.out_of_order) {
            return Outcome::BFrames;
        }
        if self.watch > 0 {
            self.watch -= 1;
            return Outcome::Waiting;
        }
        let first = self.needs_key || placed.new_run.is_some();
        if first {
            self.start_run(placed.start, placed.new_run);
        }
        let Some(parameters) = self.current.clone() else {
            return Outcome::Waiting;
        };
        let duration = match self.last {
            Some((last, _)) if !first => (placed.start - last).clamp(1, MOST_DURATION) as u32,
            Some((_, duration)) => duration,
            None => self.default_duration,
        };
        self.last = Some((placed.start, duration));
        let unit = AccessUnit {
            track: Track::Video,
            run: self.run,
            start: placed.start,
            duration,
            random_access: summary.random_access,
            data: tight(data),
            parameters,
            received: arrival.wall,
            loss: std::mem::take(&mut self.loss),
        };
        if first { Outcome::FirstOfRun(unit) } else { Outcome::Unit(unit) }
    }

    fn start_run(&mut self, start: Ticks, cause: Option<Cause>) {
        self.run = (self.run + 1).max(start.micros().max(0) as u64);
        self.needs_key = false;
        if let Some(video) = self.pending.take() {
            self.current = Some(Arc::new(Parameters::new(video, self.audio.clone())));
        }
        if cause.is_some() {
            self.sound_timeline.restart();
        }
    }

    /// Takes the next sound: one AAC frame of `length` ticks. `None` while there is no picture it could go with.
    pub(super) fn sound(
        &mut self,
        data: Bytes,
        elapsed: i64,
        length: u32,
        arrival: Arrival,
    ) -> Option<AccessUnit> {
        let parameters = self.current.clone().filter(|p| p.audio.is_some() && !self.needs_key)?;
        let placed = self.sound_timeline.place(elapsed, arrival, true);
        Some(AccessUnit {
            track: Track::Audio,
            run: self.run,
            start: placed.start,
            duration: length.max(1),
            random_access: true,
            data,
            parameters,
            received: arrival.wall,
            loss: 0,
        })
    }
}

/// The bytes without slack beyond a quarter, so that the ring's count of bytes is the memory it takes.
fn tight(mut data: Vec<u8>) -> Bytes {
    if data.capacity() - data.len() > data.len() / 4 {
        data.shrink_to_fit();
    }
    Bytes::from(data)
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
