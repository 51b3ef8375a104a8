//! Pure. From a camera's RTP clock to the stream's time line.
//!
//! Lengths come from the camera, instants from us: a unit stands at `elapsed + offset`, where `elapsed` is the camera's
//! RTP time and `offset` our wall clock's distance to it. A unit is delayed on its way, never early, so the *smallest*
//! "arrival − elapsed" is the best estimate of the offset. (The idea is that of Moonfire's `design/time.md`.)
//!
//! - The first unit is placed where it arrived, at once. For [`SETTLE`] a smaller offset is taken over as a whole; a
//!   backlog that a camera sends first (its last GOP) is thereby squeezed together and never lies in the future.
//! - Later the offset is bent towards the smallest of the last 10–20 s, by at most [`MAX_BEND_PPM`] of the time that
//!   passes. A camera clock that is wrong by up to that much is followed with an error of a few milliseconds.
//! - No unit lies more than [`AHEAD`] after its arrival: what would is squeezed.
//! - Instants rise by at least [`LEAST`]; what would step back a little stands so much after the one before.
//! - A jump of the camera's timestamps loses nothing: the unit is placed by its arrival, lengths go on from there, and
//!   the next random access point starts a new run. The same happens after a step of our wall clock by more than
//!   [`CLOCK_STEP`], and when all units of more than 10 s came later than [`LATE`].
//! - A run never starts before the previous one ended, with one exception: when our wall clock was set back by more
//!   than [`HOLD`], the wrong time would stay for as long as the service runs, so the new run follows the clock.

use super::window::LeastOfWindow;
use crate::base::{TICKS_PER_SECOND, Ticks};

/// How long after a run's start the offset may still fall at once.
pub(super) const SETTLE: i64 = 2 * TICKS_PER_SECOND;
/// Largest bend in millionths of the time that passes.
pub(super) const MAX_BEND_PPM: i64 = 500;
/// How far after its arrival a unit may lie.
pub(super) const AHEAD: i64 = TICKS_PER_SECOND / 5;
/// A timestamp this far beyond what the arrival allows is a jump.
pub(super) const JUMP_AHEAD: i64 = TICKS_PER_SECOND;
/// While settling, what is further beyond is no backlog of a camera but a jump.
pub(super) const BACKLOG: i64 = 30 * TICKS_PER_SECOND;
/// A timestamp this far behind the newest one is a jump; less is a picture out of order or a jitter.
pub(super) const JUMP_BACK: i64 = TICKS_PER_SECOND;
/// So many units in a row that do not advance are a jump as well; pyramids of B-frames have fewer.
pub(super) const STUCK: u32 = 8;
/// Shortest distance of two units: a millisecond. What comes squeezed, in single ticks, is taken by ffmpeg for a break in
/// time as soon as the next unit stands at its normal distance.
pub(super) const LEAST: i64 = TICKS_PER_SECOND / 1000;
/// A change of "wall − monotonic" that cannot be slewing.
pub(super) const CLOCK_STEP: i64 = TICKS_PER_SECOND;
/// Units that all come this much late mean that camera clock and ours run apart faster than bending can follow.
pub(super) const LATE: i64 = 2 * TICKS_PER_SECOND;
/// Largest step back of our clock that is waited out instead of followed.
pub(super) const HOLD: i64 = 10 * TICKS_PER_SECOND;
/// Time constant of the bending: slow against jitter of arrival, quick against quartz drift.
const TAU: i64 = 60 * TICKS_PER_SECOND;
/// Longest step taken from arrivals; sessions end sooner than that without pictures.
const MAX_STEP: i64 = 60 * TICKS_PER_SECOND;
/// Parts of a tick that bending is counted in.
const MICRO: i64 = 1_000_000;

/// When a unit was complete here, by both of our clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) wall: Ticks,
    /// Ticks of [`Clock::monotonic`](crate::base::Clock::monotonic).
    pub(super) mono: i64,
}

/// Why the time line could not simply go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The camera's timestamps jumped or stood still.
    CameraJumped,
    /// Our wall clock was set.
    OurClockStepped,
    /// Camera and wall clock run apart by more than can be bent.
    RanApart,
}

/// Where a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) start: Ticks,
    /// This unit starts a new run, for this reason.
    pub(super) new_run: Option<Cause>,
    /// Its timestamp is smaller than an earlier one's: B-frames, if it goes on like that.
    pub(super) out_of_order: bool,
    /// The camera's timestamps jumped just here.
    pub(super) jumped: bool,
}

/// The time line of one track within one session.
#[derive(Debug)]
pub(super) struct Timeline {
    not_before: Ticks,
    anchor: Option<Anchor>,
}

#[derive(Debug)]
struct Anchor {
    /// Added to the camera's ticks so that jumps disappear.
    shift: i64,
    /// Start minus unwrapped camera ticks, in millionths of a tick beyond `offset`.
    offset: i64,
    bend: i64,
    /// How far the run was started in the future because the previous run lay there, in millionths of a tick.
    held: i64,
    /// Largest camera ticks so far, shift included.
    newest: i64,
    start: Ticks,
    interval: i64,
    /// Last arrival by our clock, and until when the offset may still fall.
    ours: i64,
    settles_until: i64,
    stuck: u32,
    /// "Wall − monotonic" as last believed.
    clock: i64,
    least: LeastOfWindow,
    pending: Option<Cause>,
}

impl Timeline {
    /// For a session whose first unit may not stand before `not_before`.
    pub(super) fn new(not_before: Ticks) -> Self {
        Self { not_before, anchor: None }
    }

    /// Places the next unit. `elapsed` is its RTP time since the session's start in 90 kHz ticks, unwrapped;
    /// `may_start_run` says that decoding can start with it.
    pub(super) fn place(&mut self, elapsed: i64, arrival: Arrival, may_start_run: bool) -> Placed {
        let not_before = self.not_before;
        let Some(anchor) = &mut self.anchor else {
            let anchor = self.anchor.insert(Anchor::new(elapsed, arrival, not_before));
            return Placed { start: anchor.start, new_run: None, out_of_order: false, jumped: false };
        };
        let ours = anchor.ours_at(arrival);
        if may_start_run && let Some(cause) = anchor.pending {
            let end = anchor.start + anchor.interval.min(ours - anchor.ours).max(1);
            *anchor = Anchor::new(elapsed, arrival, end);
            return Placed {
                start: anchor.start,
                new_run: Some(cause),
                out_of_order: false,
                jumped: cause == Cause::CameraJumped,
            };
        }
        anchor.next(elapsed, ours)
    }

    /// Starts afresh with the next unit, not before the last one's end.
    pub(super) fn restart(&mut self) {
        if let Some(anchor) = self.anchor.take() {
            self.not_before = anchor.start + anchor.interval;
        }
    }
}

impl Anchor {
    fn new(elapsed: i64, arrival: Arrival, not_before: Ticks) -> Self {
        let follow_the_clock = not_before - arrival.wall > HOLD;
        let start = if follow_the_clock { arrival.wall } else { arrival.wall.max(not_before) };
        let mut least = LeastOfWindow::new(10 * TICKS_PER_SECOND);
        least.push(arrival.wall.0, arrival.wall.0 - elapsed);
        Self {
            shift: 0,
            offset: start.0 - elapsed,
            bend: 0,
            held: (start - arrival.wall) * MICRO,
            newest: elapsed,
            start,
            interval: 1,
            ours: arrival.wall.0,
            settles_until: arrival.wall.0 + SETTLE,
            stuck: 0,
            clock: arrival.wall.0 - arrival.mono,
            least,
            pending: None,
        }
    }

    /// Our clock at an arrival: the wall clock, unless it was just set; then it goes on as before until the next run.
    fn ours_at(&mut self, arrival: Arrival) -> i64 {
        let clock = arrival.wall.0 - arrival.mono;
        if (clock - self.clock).abs() > CLOCK_STEP {
            self.pending = Some(Cause::OurClockStepped);
        } else {
            self.clock = clock;
        }
        arrival.mono + self.clock
    }

    fn next(&mut self, elapsed: i64, ours: i64) -> Placed {
        let passed = (ours - self.ours).clamp(0, MAX_STEP);
        self.ours = self.ours.max(ours);
        let unwrapped = elapsed.saturating_add(self.shift);
        let advance = unwrapped - self.newest;
        let limit = ours + self.held / MICRO;
        let settling = ours <= self.settles_until;
        let beyond = unwrapped.saturating_add(self.total_offset()).saturating_sub(limit);
        let out_of_order = advance < 0 && advance > -JUMP_BACK;
        let mut jumped = false;
        let start = if advance > 0 && beyond <= if settling { BACKLOG } else { JUMP_AHEAD } {
            self.stuck = 0;
            let room = if settling { 0 } else { AHEAD };
            if beyond > room {
                self.offset -= beyond - room;
            }
            self.bend_by(advance, ours - unwrapped, ours);
            self.newest = unwrapped;
            Ticks(unwrapped + self.total_offset())
        } else if advance <= 0 && advance > -JUMP_BACK && self.stuck < STUCK {
            self.stuck += 1;
            self.start + LEAST
        } else {
            jumped = true;
            self.pending.get_or_insert(Cause::CameraJumped);
            let step = if passed > 0 { passed } else { self.interval };
            let room = limit + AHEAD - self.newest - self.total_offset();
            self.newest += step.min(room).max(1);
            self.shift = self.newest.saturating_sub(elapsed);
            Ticks(self.newest + self.total_offset())
        };
        let start = start.max(self.start + LEAST);
        self.interval = (start - self.start).min(MAX_STEP);
        self.start = start;
        Placed { start, new_run: None, out_of_order, jumped }
    }

    fn total_offset(&self) -> i64 {
        self.offset + self.bend.div_euclid(MICRO)
    }

    /// Moves the offset towards the least one seen lately, as far as `advance` ticks of camera time allow.
    fn bend_by(&mut self, advance: i64, offset_now: i64, ours: i64) {
        self.least.push(ours, offset_now);
        let error = self.least.least() - self.total_offset();
        if error > LATE && self.least.is_full() {
            self.pending.get_or_insert(Cause::RanApart);
        }
        let most = advance * MAX_BEND_PPM;
        let wanted = i128::from(error) * i128::from(MICRO) * i128::from(advance) / i128::from(TAU);
        let change = wanted.clamp(-i128::from(most), i128::from(most)) as i64;
        self.bend += change;
        self.held = (self.held + change.min(0)).max(0);
    }
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
