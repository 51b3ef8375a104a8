//! How a stream does, told to the hub: state at every change, figures once a second.
//!
//! The order matters to the recorder, who reads the cause of a gap here: a stream is said to be live before the first
//! unit of a run is published, and said not to be before anybody could wait for the next.

use std::sync::Arc;

use super::meter::Meter;
use crate::base::{SharedClock, TICKS_PER_SECOND, Ticks};
use crate::hub::{Picture, Reason, State, Stream};
use crate::media::AccessUnit;

/// Says that the stream is being tried, when nothing is known of it yet.
pub(super) fn connecting(stream: &Stream, now: Ticks) {
    stream.set_status(|s| {
        if s.state != State::Connecting {
            s.state = State::Connecting;
            s.since = now;
        }
        s.reason = None;
    });
}

/// Says that the stream is not to be had. `since` stays that of the outage, whatever is tried meanwhile.
pub(super) fn offline(stream: &Stream, now: Ticks, reason: Reason) {
    stream.set_status(|s| {
        if !matches!(s.state, State::Offline | State::Stalled) {
            s.since = now;
        }
        s.state = State::Offline;
        s.reason = Some(reason);
        s.fps = 0.0;
        s.kbps = 0.0;
    });
}

/// Says that nobody tries the stream any more.
pub(super) fn off(stream: &Stream, now: Ticks) {
    stream.set_status(|s| {
        s.state = State::Off;
        s.since = now;
        s.reason = None;
        s.fps = 0.0;
        s.kbps = 0.0;
    });
}

/// The report of one session. Counts what has not been told yet; dropping it tells the rest.
pub(super) struct Report {
    stream: Arc<Stream>,
    clock: SharedClock,
    meter: Meter,
    live: bool,
    stalled: bool,
    last_picture: Ticks,
    told_at: i64,
    units: u64,
    bytes: u64,
    lost: u64,
    camera_clock_offset_s: Option<f64>,
    warned_offset_s: f64,
}

impl Report {
    pub(super) fn new(stream: Arc<Stream>, clock: SharedClock) -> Self {
        Self {
            stream,
            clock,
            meter: Meter::default(),
            live: false,
            stalled: false,
            last_picture: Ticks(0),
            told_at: i64::MIN,
            units: 0,
            bytes: 0,
            lost: 0,
            camera_clock_offset_s: None,
            warned_offset_s: 0.0,
        }
    }

    /// True once the session brought a picture.
    pub(super) fn was_live(&self) -> bool {
        self.live
    }

    /// A run is about to start.
    pub(super) fn live(&mut self, picture: Picture) {
        let now = self.clock.now();
        self.live = true;
        self.stalled = false;
        self.stream.set_status(|s| {
            if s.state != State::Live {
                s.state = State::Live;
                s.since = now;
            }
            s.reason = None;
            s.picture = Some(picture);
        });
    }

    /// A unit of picture is about to be published.
    pub(super) fn picture(&mut self, unit: &AccessUnit) {
        self.units += 1;
        self.bytes += unit.data.len() as u64;
        self.last_picture = unit.received;
        self.meter.push(self.clock.monotonic(), unit.data.len(), unit.random_access.then_some(unit.start));
        if self.stalled {
            self.stalled = false;
            self.stream.set_status(|s| {
                s.state = State::Live;
                s.since = unit.received;
                s.reason = None;
            });
        }
    }

    /// A unit of sound is about to be published.
    pub(super) fn sound(&mut self, unit: &AccessUnit) {
        self.units += 1;
        self.bytes += unit.data.len() as u64;
    }

    /// So many packets were lost, or could not be understood.
    pub(super) fn lost(&mut self, packets: u64) {
        self.lost += packets;
    }

    /// The picture has been away for a while; the outage began with the last one.
    pub(super) fn stalled(&mut self, reason: Reason) {
        if self.live && !self.stalled {
            self.stalled = true;
            let since = self.last_picture;
            self.stream.set_status(|s| {
                s.state = State::Stalled;
                s.since = since;
                s.reason = Some(reason);
            });
        }
    }

    /// The camera's wall clock minus ours, from a sender report.
    pub(super) fn camera_clock(&mut self, offset_s: f64) {
        let offset_s = (offset_s * 10.0).round() / 10.0;
        self.camera_clock_offset_s = Some(offset_s);
        if offset_s.abs() > 2.0 && (offset_s - self.warned_offset_s).abs() > 1.0 {
            self.warned_offset_s = offset_s;
            tracing::warn!(
                offset_s,
                "the camera's clock is wrong by {offset_s} s; set its time server (recordings carry our time)"
            );
        }
    }

    /// Tells the figures, at most once a second.
    pub(super) fn tick(&mut self) {
        let now = self.clock.monotonic();
        if now >= self.told_at.saturating_add(TICKS_PER_SECOND) {
            self.told_at = now;
            self.tell();
        }
    }

    fn tell(&mut self) {
        let (fps, kbps) = self.meter.rates(self.clock.monotonic());
        let gop_ms = self.meter.gop_ms();
        let (units, bytes, lost) = (self.units, self.bytes, self.lost);
        (self.units, self.bytes, self.lost) = (0, 0, 0);
        let (live, offset) = (self.live, self.camera_clock_offset_s);
        self.stream.set_status(|s| {
            if live {
                s.fps = (fps * 10.0).round() / 10.0;
                s.kbps = kbps.round();
                s.gop_ms = gop_ms;
            }
            s.units += units;
            s.bytes += bytes;
            s.lost_packets += lost;
            s.camera_clock_offset_s = offset.or(s.camera_clock_offset_s);
        });
    }

    /// Kilobits a second, as they last.
    pub(super) fn lasting_kbps(&mut self) -> f32 {
        self.meter.lasting_kbps(self.clock.monotonic())
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.tell();
    }
}
