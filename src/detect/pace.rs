//! Pure. Which pictures of a stream are looked at.

use crate::base::{TICKS_PER_SECOND, Ticks};

/// Cameras are not punctual: a picture counts as due this share of a period early.
const EARLY: i64 = 4;
/// Time that is looked back over for rates, in ticks.
const WINDOW: i64 = 10 * TICKS_PER_SECOND;

/// Of one stretch that was left out.
const MOST_MISSED: i64 = 100;

/// What is done with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// It is not decoded.
    Skip,
    /// It is decoded because later ones refer to it.
    Reference,
    /// It is decoded and looked at.
    Look,
}

/// The pace of one stream.
#[derive(Debug)]
pub(super) struct Pace {
    /// Ticks between two pictures that are looked at.
    period: i64,
    keys_only: bool,
    next: Ticks,
    /// What came before was not decoded: nothing can be until a random access point.
    blind: bool,
    /// The newest picture that was looked at.
    latest: Ticks,
    /// Pictures up to here have been looked at, and come again because the decoder is new.
    known: Option<Ticks>,
    rates: Rates,
}

#[derive(Debug)]
struct Rates {
    since: Option<Ticks>,
    wanted: u32,
    looked: u32,
    /// Pictures were left out before the next one.
    left_out: bool,
    told: (f32, f32),
}

impl Pace {
    /// `rate`: pictures a second, at most; `keys_only`: random access points only, whatever their rate.
    pub(super) fn new(rate: f32, keys_only: bool) -> Self {
        Self {
            period: (TICKS_PER_SECOND as f32 / rate) as i64,
            keys_only,
            next: Ticks(i64::MIN),
            blind: true,
            latest: Ticks(i64::MIN),
            known: None,
            rates: Rates { since: None, wanted: 0, looked: 0, left_out: false, told: (0.0, 0.0) },
        }
    }

    /// Decides about the next picture of the stream.
    pub(super) fn plan(&mut self, start: Ticks, random_access: bool) -> Plan {
        if self.known.is_some_and(|known| start <= known) {
            self.blind &= !random_access;
            return if self.blind || self.keys_only { Plan::Skip } else { Plan::Reference };
        }
        self.known = None;
        if std::mem::take(&mut self.rates.left_out) && !self.keys_only {
            let missed = start.0.saturating_sub(self.next.0) / self.period;
            self.rates.wanted += u32::try_from(missed.clamp(0, MOST_MISSED)).unwrap_or(0);
        }
        // A clock that was set back, or a stream that begins anew, must not wait for the time it had reached.
        let due = !(self.period / EARLY + 1..=2 * self.period).contains(&self.next.0.saturating_sub(start.0));
        let wanted = if self.keys_only { random_access } else { due };
        if wanted {
            // In step with the rate, unless pictures are missing.
            let next = Ticks(self.next.0.saturating_add(self.period));
            let ahead = next.0.saturating_sub(start.0);
            self.next = if (1..=self.period + self.period / EARLY).contains(&ahead) {
                next
            } else {
                start + self.period
            };
            self.rates.wanted += 1;
        }
        self.blind &= !random_access;
        match (self.blind, wanted) {
            (true, _) => Plan::Skip,
            (false, true) => Plan::Look,
            (false, false) if self.keys_only => Plan::Skip,
            (false, false) => Plan::Reference,
        }
    }

    /// A picture was looked at.
    pub(super) fn looked(&mut self, start: Ticks) {
        self.rates.looked += 1;
        self.latest = start;
    }

    /// The stream comes again from a random access point, because the decoder is new.
    pub(super) fn again(&mut self) {
        self.lost();
        self.known = Some(self.latest);
        self.next = Ticks(i64::MIN);
    }

    /// A picture was not decoded, or not rightly: those after it wait for a random access point.
    pub(super) fn lost(&mut self) {
        self.blind = !self.keys_only;
    }

    /// Some pictures were not even planned: as many as the time to the next one says.
    pub(super) fn left_out(&mut self) {
        self.lost();
        self.rates.left_out = true;
    }

    /// Pictures a second that were looked at lately, and the share of the wanted ones that was not.
    pub(super) fn rates(&mut self, now: Ticks) -> (f32, f32) {
        let rates = &mut self.rates;
        let since = *rates.since.get_or_insert(now);
        if now - since >= WINDOW || now < since {
            let seconds = (now - since).max(1) as f32 / TICKS_PER_SECOND as f32;
            let missed = rates.wanted.saturating_sub(rates.looked);
            rates.told = (rates.looked as f32 / seconds, missed as f32 / rates.wanted.max(1) as f32);
            (rates.since, rates.wanted, rates.looked) = (Some(now), 0, 0);
        }
        rates.told
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = TICKS_PER_SECOND;

    fn looks(pace: &mut Pace, pictures: impl Iterator<Item = (i64, bool)>) -> Vec<i64> {
        let looked = pictures.filter(|&(at, key)| pace.plan(Ticks(at), key) == Plan::Look);
        looked.map(|(at, _)| at).collect()
    }

    /// So many pictures a second for ten seconds, a key frame every two.
    fn stream(fps: i64) -> impl Iterator<Item = (i64, bool)> {
        (0..10 * fps).map(move |n| (n * SECOND / fps, n % (2 * fps) == 0))
    }

    #[test]
    fn the_rate_is_kept_whatever_the_stream_s() {
        for (fps, least) in [(5, 49), (6, 49), (10, 49), (15, 49), (25, 49), (30, 49), (4, 40), (1, 10)] {
            let looked = looks(&mut Pace::new(5.0, false), stream(fps)).len();
            assert!((least..=51).contains(&looked), "{looked} of {fps} a second");
        }
    }

    #[test]
    fn key_frames_only_are_all_key_frames() {
        assert_eq!(looks(&mut Pace::new(5.0, true), stream(15)).len(), 5);
    }

    #[test]
    fn after_a_loss_nothing_is_decoded_before_a_key_frame() {
        let mut pace = Pace::new(5.0, false);
        assert_eq!(pace.plan(Ticks(0), false), Plan::Skip);
        assert_eq!(pace.plan(Ticks(SECOND), true), Plan::Look);
        assert_eq!(pace.plan(Ticks(SECOND + 1), false), Plan::Reference);
        pace.lost();
        assert_eq!(pace.plan(Ticks(2 * SECOND), false), Plan::Skip);
        assert_eq!(pace.plan(Ticks(3 * SECOND), true), Plan::Look);
    }

    #[test]
    fn what_was_seen_is_only_decoded_when_it_comes_again() {
        let mut pace = Pace::new(5.0, false);
        pace.plan(Ticks(0), true);
        pace.looked(Ticks(0));
        pace.plan(Ticks(SECOND), false);
        pace.looked(Ticks(SECOND));
        let under_way = Ticks(SECOND + SECOND / 5);
        assert_eq!(pace.plan(under_way, false), Plan::Look);
        pace.again();
        assert_eq!(pace.plan(Ticks(0), true), Plan::Reference);
        assert_eq!(pace.plan(Ticks(SECOND), false), Plan::Reference);
        assert_eq!(pace.plan(under_way, false), Plan::Look, "it was not answered");
    }

    #[test]
    fn what_was_not_looked_at_is_told() {
        let mut pace = Pace::new(5.0, false);
        pace.rates(Ticks(0));
        for (n, (at, key)) in stream(5).enumerate() {
            if pace.plan(Ticks(at), key) == Plan::Look && n % 2 == 0 {
                pace.looked(Ticks(at));
            }
        }
        let (fps, shed) = pace.rates(Ticks(10 * SECOND));
        assert!((fps - 2.5).abs() < 0.1 && (shed - 0.5).abs() < 0.05, "{fps} {shed}");
    }

    #[test]
    fn what_was_left_out_unseen_is_told_too() {
        let mut pace = Pace::new(5.0, false);
        pace.rates(Ticks(0));
        for (at, key) in stream(5).filter(|(at, _)| !(SECOND..6 * SECOND).contains(at)) {
            if at == 6 * SECOND {
                pace.left_out();
            }
            if pace.plan(Ticks(at), key) == Plan::Look {
                pace.looked(Ticks(at));
            }
        }
        let (_, shed) = pace.rates(Ticks(10 * SECOND));
        assert!((shed - 0.5).abs() < 0.05, "{shed}");
    }

    proptest! {
        #[test]
        fn no_clock_stops_it(jumps in proptest::collection::vec(-100 * SECOND..100 * SECOND, 1..40)) {
            let (mut pace, mut at) = (Pace::new(5.0, false), 0);
            for jump in jumps {
                at += jump;
                let looked = looks(&mut pace, (0..4).map(|n| (at + n * SECOND, n == 0)));
                prop_assert!(looked.len() >= 3, "{looked:?} at {at}");
                at += 4 * SECOND;
            }
        }
    }
}
