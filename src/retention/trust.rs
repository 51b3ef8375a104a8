//! Pure. Whether the wall clock may decide what is too old.
//!
//! A clock that is behind deletes nothing, one that is ahead deletes everything: so a leap forward is doubted longest.
//! What is compared with is the last instant that was believed, kept over restarts; a leap that was doubted does not
//! become true because the service started again with it.

use crate::base::{TICKS_PER_SECOND, Ticks};

const HOUR: i64 = 3600 * TICKS_PER_SECOND;
const DAY: i64 = 24 * HOUR;
/// Steps of the clock that add up to more than this within a day are a jump. Correcting by slewing, at most 500 ppm
/// (43 s a day), stays far below.
const JUMP: i64 = HOUR;
/// A recorder is rarely switched off for longer: a time so far after the last believed one is more likely wrong.
const FAR: i64 = 30 * DAY;
/// Footage is dated by its cameras' clocks, and by how long its last picture will be shown: a little ahead is no sign of
/// a clock that is behind.
const NEAR: i64 = 5 * TICKS_PER_SECOND;
/// A doubted clock that nothing has corrected for so long counts as right: time servers correct within minutes of
/// being reached, and people notice within a day.
const STEADY: i64 = DAY;
/// The same for a clock that is far ahead: internet may be away for days, and believing too early costs all footage,
/// while believing too late only keeps some of it a week longer.
const STEADY_FAR: i64 = 7 * DAY;

/// Why the clock is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It shows a time before the last sign of life or before the newest footage.
    Behind,
    /// It shows a time more than a month after the last that was believed.
    Ahead,
    /// It jumped by more than an hour while the service ran.
    Jumped,
}

impl Doubt {
    /// Name in logs and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Behind => "behind",
            Self::Ahead => "ahead",
            Self::Jumped => "jumped",
        }
    }
}

/// What is known from before this start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Past {
    /// The later of the last sign of life and the end of the newest footage; `None` = the first start ever.
    pub(super) seen: Option<Ticks>,
    /// The last instant that was believed.
    pub(super) believed: Option<Ticks>,
}

/// What is thought of the clock.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    seen: Ticks,
    believed: Ticks,
    /// Steady clock, and what the wall clock was ahead of it then.
    anchor: (i64, i64),
    /// Why, and since when on the steady clock.
    doubt: Option<(Doubt, i64)>,
}

impl Trust {
    /// Looks at the clock for the first time in this start.
    pub(super) fn begin(wall: Ticks, steady: i64, past: Past) -> Self {
        let seen = past.seen.into_iter().chain(past.believed).max().unwrap_or(wall);
        let believed = past.believed.unwrap_or(seen);
        let doubt = if wall < seen - NEAR {
            Some((Doubt::Behind, steady))
        } else if wall - believed > FAR {
            Some((Doubt::Ahead, steady))
        } else {
            None
        };
        let believed = if doubt.is_none() { wall } else { believed };
        Self { seen, believed, anchor: (steady, wall.0 - steady), doubt }
    }

    /// Looks again: at least every few minutes.
    pub(super) fn look(&mut self, wall: Ticks, steady: i64) {
        let ahead = wall.0 - steady;
        if (ahead - self.anchor.1).abs() > JUMP {
            self.anchor = (steady, ahead);
            self.doubt = Some((Doubt::Jumped, steady));
        } else if steady - self.anchor.0 >= DAY {
            self.anchor = (steady, ahead);
        }
        if let Some((doubt, since)) = self.doubt {
            let far = wall - self.believed > FAR;
            let patience = if far { STEADY_FAR } else { STEADY };
            let caught_up = doubt == Doubt::Behind && wall >= self.seen;
            if steady - since >= patience || caught_up && !far {
                self.doubt = None;
            } else if caught_up {
                self.doubt = Some((Doubt::Ahead, since));
            }
        }
        if self.doubt.is_none() {
            self.believed = wall;
        }
    }

    /// Why the clock is not trusted; `None` = it is.
    pub(super) fn doubt(&self) -> Option<Doubt> {
        self.doubt.map(|(doubt, _)| doubt)
    }

    /// The last instant that was believed: now, while the clock is trusted.
    pub(super) fn believed(&self) -> Ticks {
        self.believed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::{Clock, SimClock};

    const MINUTE: i64 = 60 * TICKS_PER_SECOND;
    const YEAR: i64 = 365 * DAY;

    fn now() -> Ticks {
        Ticks::parse("2026-11-22T22:14:05+07:00").expect("time")
    }

    fn past(believed: Ticks) -> Past {
        Past { seen: Some(believed), believed: Some(believed) }
    }

    /// A service that ran until `before`, started with the clock at `wall`.
    fn start(before: Ticks, wall: Ticks) -> (std::sync::Arc<SimClock>, Trust) {
        let clock = SimClock::starting_at(wall);
        let trust = Trust::begin(clock.now(), clock.monotonic(), past(before));
        (clock, trust)
    }

    /// Lets time pass, looking each minute; says whether the clock was trusted at every look.
    fn pass(clock: &SimClock, trust: &mut Trust, ticks: i64) -> Vec<bool> {
        let minutes = ticks / MINUTE;
        let look = |_| {
            clock.advance(MINUTE);
            trust.look(clock.now(), clock.monotonic());
            trust.doubt().is_none()
        };
        (0..minutes).map(look).collect()
    }

    fn step(clock: &SimClock, trust: &mut Trust, ticks: i64) {
        clock.step(ticks);
        trust.look(clock.now(), clock.monotonic());
    }

    #[test]
    fn an_ordinary_start_is_trusted() {
        for off in [0, 5 * MINUTE, DAY, 29 * DAY] {
            let (clock, mut trust) = start(now(), now() + off);
            assert_eq!(trust.doubt(), None);
            assert!(pass(&clock, &mut trust, 2 * DAY).into_iter().all(|trusted| trusted));
            assert_eq!(trust.believed(), clock.now());
        }
        assert_eq!(Trust::begin(Ticks(0), 0, Past::default()).doubt(), None, "the first start has no past");
    }

    #[test]
    fn small_steps_are_no_jump() {
        let (clock, mut trust) = start(now(), now());
        for ticks in [20 * MINUTE, -30 * MINUTE, 59 * MINUTE] {
            step(&clock, &mut trust, ticks);
            assert_eq!(trust.doubt(), None);
        }
        step(&clock, &mut trust, 12 * MINUTE);
        assert_eq!(trust.doubt(), Some(Doubt::Jumped), "they add up within a day");
    }

    #[test]
    fn an_hour_forward_or_back_is_doubted_for_a_day() {
        for ticks in [HOUR + MINUTE, -HOUR - MINUTE] {
            let (clock, mut trust) = start(now(), now());
            pass(&clock, &mut trust, HOUR);
            let before = trust.believed();
            step(&clock, &mut trust, ticks);
            assert_eq!((trust.doubt(), trust.believed()), (Some(Doubt::Jumped), before));
            assert!(pass(&clock, &mut trust, DAY - MINUTE).into_iter().all(|trusted| !trusted));
            assert_eq!(pass(&clock, &mut trust, MINUTE), [true]);
            assert_eq!(trust.believed(), clock.now());
        }
    }

    #[test]
    fn ten_years_ahead_are_doubted_for_a_week_and_over_a_restart() {
        let (clock, mut trust) = start(now(), now());
        step(&clock, &mut trust, 10 * YEAR);
        assert!(pass(&clock, &mut trust, 6 * DAY).into_iter().all(|trusted| !trusted));
        // The sign of life of that start and its footage are ten years ahead as well.
        let tainted = Past { seen: Some(clock.now()), believed: Some(trust.believed()) };
        let mut again = Trust::begin(clock.now(), clock.monotonic(), tainted);
        assert_eq!(again.doubt(), Some(Doubt::Ahead));
        assert!(pass(&clock, &mut again, 6 * DAY).into_iter().all(|trusted| !trusted));
        // The same, a little behind the sign of life: catching up with it is no proof.
        let tainted = Past { seen: Some(clock.now() + 3 * MINUTE), believed: Some(trust.believed()) };
        let mut again = Trust::begin(clock.now(), clock.monotonic(), tainted);
        assert_eq!(again.doubt(), Some(Doubt::Behind));
        assert!(pass(&clock, &mut again, 6 * DAY).into_iter().all(|trusted| !trusted));
        assert!(pass(&clock, &mut again, 2 * DAY).ends_with(&[true]));
    }

    #[test]
    fn a_clock_of_1970_that_is_set_right_is_trusted_a_day_later() {
        let (clock, mut trust) = start(now(), Ticks(0));
        assert_eq!(trust.doubt(), Some(Doubt::Behind));
        pass(&clock, &mut trust, 20 * MINUTE);
        step(&clock, &mut trust, now() - Ticks(0));
        assert_eq!((trust.doubt(), trust.believed()), (Some(Doubt::Jumped), now()));
        assert!(pass(&clock, &mut trust, DAY - MINUTE).into_iter().all(|trusted| !trusted));
        assert_eq!(pass(&clock, &mut trust, MINUTE), [true]);
    }

    #[test]
    fn footage_that_ends_a_moment_ahead_is_no_doubt() {
        let second = TICKS_PER_SECOND;
        assert_eq!(start(now() + second, now()).1.doubt(), None);
        assert_eq!(start(now() + 6 * second, now()).1.doubt(), Some(Doubt::Behind));
    }

    #[test]
    fn a_clock_a_little_behind_is_trusted_when_it_has_caught_up() {
        let (clock, mut trust) = start(now(), now() - 3 * MINUTE);
        assert_eq!(pass(&clock, &mut trust, 4 * MINUTE), [false, false, true, true]);
    }

    proptest! {
        /// Whatever happened to the clock before: a time more than a month after the last believed one is not believed
        /// within three days, neither after a jump nor after a restart.
        #[test]
        fn a_leap_ahead_is_never_believed_soon(
            turns in proptest::collection::vec((-400_i64..400, 1_i64..72, any::<bool>()), 1..40),
        ) {
            let (clock, mut trust) = start(now(), now());
            for (days, hours, restart) in turns {
                let believed = trust.believed();
                clock.step(days * DAY);
                let leapt = (days != 0 || restart) && clock.now() - believed > FAR;
                if restart {
                    let past = Past { seen: Some(clock.now()), believed: Some(believed) };
                    trust = Trust::begin(clock.now(), clock.monotonic(), past);
                } else {
                    trust.look(clock.now(), clock.monotonic());
                }
                for _ in 0..hours {
                    prop_assert!(!leapt || trust.doubt().is_some(), "{:?}", trust);
                    clock.advance(HOUR);
                    trust.look(clock.now(), clock.monotonic());
                }
            }
        }

        #[test]
        fn a_clock_that_is_slewed_stays_trusted(ppm in -500_i64..500, days in 1_i64..100) {
            let (clock, mut trust) = start(now(), now());
            for _ in 0..days * 24 {
                clock.advance(HOUR);
                clock.step(HOUR * ppm / 1_000_000);
                trust.look(clock.now(), clock.monotonic());
                prop_assert_eq!(trust.doubt(), None);
            }
        }
    }
}
