//! Pure. When to try a camera again.
//!
//! | what happened | pause from the start of the failed attempt |
//! |---|---|
//! | refused, unreachable, closed, silent, no picture, spoilt packets | 0.5, 1, 2, then 3.2 s |
//! | not RTSP from the start, unknown path | 0.5, 1, 2, 4, 8, then 10 s |
//! | B-frames, unsupported coding | 10, then 30 s |
//! | wrong password | 5, then 60 s |
//!
//! All ± 25 %, except that wrong passwords never come sooner: two tries a minute for each of a camera's two streams are
//! few enough not to lock it.
//!
//! Why 3.2 s and not 10 s for a camera that is away: it must be recorded again within 5 s of its return, so it has
//! to be asked more often than that; 19 lost cameras at 4 s are five packets a second. Why from the start of the
//! attempt: an attempt at a camera without power already waited for its deadline, and asking (the system repeats
//! its SYN after 1 and 3 s) is what finds a camera again.

use std::time::Duration;

use crate::hub::ReasonCode;

/// Least pause, however long the attempt took.
const LEAST: Duration = Duration::from_millis(250);
/// A session that lived this long ends the series of failures.
const HEALTHY: Duration = Duration::from_secs(10);

/// The series of failures of one stream.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    denials: u32,
}

impl Backoff {
    /// Pause before the next attempt. `took` is how long the attempt or session that just ended lasted, `was_live`
    /// whether it brought pictures, `random` any number.
    pub(super) fn pause(
        &mut self,
        code: ReasonCode,
        took: Duration,
        was_live: bool,
        random: u64,
    ) -> Duration {
        if was_live && took >= HEALTHY {
            self.failures = 0;
        }
        if code == ReasonCode::AuthFailed {
            self.denials += 1;
            let base = Duration::from_secs(match self.denials {
                1 => 5,
                _ => 60,
            });
            return base + base.mul_f64(0.1 * fraction(random));
        }
        self.denials = 0;
        let step = self.failures.min(8);
        self.failures = self.failures.saturating_add(1);
        let doubled = 500_u64 << step;
        let base = Duration::from_millis(match code {
            ReasonCode::NotFound => doubled.min(10_000),
            ReasonCode::Protocol if !was_live => doubled.min(10_000),
            ReasonCode::BFrames | ReasonCode::CodecUnsupported => {
                if step == 0 {
                    10_000
                } else {
                    30_000
                }
            }
            _ => doubled.min(3_200),
        });
        let pause = base.mul_f64(0.75 + 0.5 * fraction(random));
        if was_live { pause } else { pause.saturating_sub(took).max(LEAST) }
    }
}

/// A number within 0..1.
fn fraction(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// Mixes numbers into one that looks random (the finaliser of SplitMix64); good enough to spread retries.
pub(super) fn scatter(seed: u64) -> u64 {
    let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wrong_passwords_are_tried_twice_in_the_first_minute() {
        let (mut backoff, mut now, mut tries) = (Backoff::default(), 0.0, 0);
        while now < 60.0 {
            tries += 1;
            now += backoff.pause(ReasonCode::AuthFailed, Duration::ZERO, false, scatter(tries)).as_secs_f64();
        }
        assert_eq!(tries, 2);
    }

    #[test]
    fn a_long_session_ends_the_series() {
        let mut backoff = Backoff::default();
        for n in 0..9 {
            backoff.pause(ReasonCode::Protocol, Duration::ZERO, false, n);
        }
        let long = Duration::from_secs(60);
        assert!(backoff.pause(ReasonCode::ClosedByCamera, long, true, 0) < Duration::from_secs(1));
    }

    proptest! {
        #[test]
        fn a_camera_that_is_away_is_asked_at_least_every_four_seconds(
            tries in proptest::collection::vec((0_u64..6000, any::<bool>(), any::<u64>()), 1..40),
        ) {
            let mut backoff = Backoff::default();
            for (took, live, random) in tries {
                let pause = backoff.pause(ReasonCode::Refused, Duration::from_millis(took), live, random);
                prop_assert!(pause <= Duration::from_secs(4) && pause >= LEAST);
            }
        }
    }
}
