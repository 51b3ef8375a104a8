//! Pure. How many alerts a night may bring, and which: people read twenty and switch off two hundred. What is let through
//! goes at once; the rest waits for the morning's digest.
//!
//! Nobody knows in the evening how many there will be, so room is given out by the clock: an ordinary alert may take no more
//! than its share of the night so far, and the less of that is left the more it must count for. A part is kept for strong ones,
//! so that a night of rain does not use up what somebody at the gate at four needs; and a part of that opens with the night only,
//! so that an evening of strong ones (a wedding, a wind with lamps in it) does not use it up either.

use crate::base::{TICKS_PER_SECOND, Ticks, TimeRange};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// No more than such a share of the budget in any ten minutes, and so many of them ordinary ones; of a small one at least so many.
/// One storm is one matter, and whoever has been called so often is looking.
const BURST: (f64, usize) = (0.3, 6);
const BURST_ORDINARY: (f64, usize) = (0.2, 4);
const BURST_TIME: i64 = 10 * MINUTE;
/// Share of the budget that only strong ones may use.
const KEPT: f64 = 0.3;
/// Share of the ordinary part that there is from the beginning of a night on.
const AT_ONCE: f64 = 0.25;
/// Share of the whole budget that is there from the beginning of a night on; the rest opens by the clock.
const WHOLE_AT_ONCE: f64 = 0.6;
/// From this rank on an alert is strong.
pub const STRONG: f64 = 0.75;
/// What an ordinary one must count for when nearly all room of now is used.
const MOST_ASKED: f64 = 0.6;

/// What a night has used so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    night: TimeRange,
    total: u32,
    /// When alerts went out, oldest first.
    sent: Vec<Ticks>,
    strong: u32,
}

/// What becomes of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It goes out now.
    Now,
    /// It waits for the digest.
    Digest,
}

impl Budget {
    /// A night with room for `total` alerts. `sent` are those that went out in it already, with their ranks: a restart forgets
    /// nothing.
    pub fn new(night: TimeRange, total: u32, sent: &[(Ticks, f64)]) -> Self {
        let mut budget = Self { night, total, sent: Vec::new(), strong: 0 };
        for (at, rank) in sent.iter().filter(|(at, _)| night.from <= *at && *at < night.to) {
            budget.note(*at, *rank);
        }
        budget
    }

    /// The stretch it is for.
    pub fn night(&self) -> TimeRange {
        self.night
    }

    /// Alerts that went out.
    pub fn used(&self) -> u32 {
        u32::try_from(self.sent.len()).unwrap_or(u32::MAX)
    }

    fn note(&mut self, at: Ticks, rank: f64) {
        self.sent.push(at);
        if rank >= STRONG {
            self.strong += 1;
        }
    }

    /// How much of a part of the budget there is up to an instant of the night, of which so much is there at once.
    fn opened(&self, part: f64, at_once: f64, at: Ticks) -> f64 {
        let length = self.night.ticks().max(1) as f64;
        let passed = ((at - self.night.from) as f64 / length).clamp(0.0, 1.0);
        f64::from(self.total) * part * (1.0 - at_once).mul_add(passed, at_once)
    }

    fn burst(&self, (share, least): (f64, usize)) -> usize {
        least.max((f64::from(self.total) * share) as usize)
    }

    /// Decides on an alert of a rank of 0 to 1, and counts it when it goes out.
    pub fn spend(&mut self, at: Ticks, rank: f64) -> Room {
        if self.used() >= self.total {
            return Room::Digest;
        }
        // One at least: a small budget is for those that count.
        let all = self.opened(1.0, WHOLE_AT_ONCE, at).max(1.0);
        let lately = self.sent.iter().rev().take_while(|sent| at - **sent < BURST_TIME).count();
        if f64::from(self.used()) + 1.0 > all || lately >= self.burst(BURST) {
            return Room::Digest;
        }
        if rank < STRONG {
            let used = f64::from(self.used() - self.strong);
            let room = self.opened(1.0 - KEPT, AT_ONCE, at);
            // The first half is for whatever comes; then it gets dear.
            let scarce = (2.0_f64.mul_add(used / room.max(1.0), -1.0)).clamp(0.0, 1.0);
            if used + 1.0 > room || rank < scarce * MOST_ASKED || lately >= self.burst(BURST_ORDINARY) {
                return Room::Digest;
            }
        }
        self.note(at, rank);
        Room::Now
    }
}

/// What an alert counts for, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weight {
    /// Share of the picture that moved at its largest, 0 to 1.
    pub size: f64,
    /// Seconds it lasted so far.
    pub seconds: f64,
    /// It was in an area that people have drawn to be alerted of; `None` = they have drawn none.
    pub in_zone: Option<bool>,
    /// How unusual it is for the hour, 0 to 1 ([`super::Habit::unusual`]).
    pub unusual: f64,
    /// What the object filter says: `Some(true)` = a person or vehicle, `Some(false)` = it looked and found nothing.
    pub object: Option<bool>,
    /// Cameras that saw it.
    pub cameras: usize,
}

impl Weight {
    /// The rank: what is large, lasts, is where people look out for, is unusual and moves from camera to camera counts most.
    pub fn rank(self) -> f64 {
        // A person in a lane takes about 2 % of the picture, one near the camera 10 and more.
        let size = (self.size / 0.08).sqrt().clamp(0.0, 1.0);
        let length = (self.seconds / 15.0).clamp(0.0, 1.0);
        let zone = match self.in_zone {
            Some(true) => 1.0,
            // Nobody said that any of the picture matters less.
            None => 0.8,
            Some(false) => 0.3,
        };
        let walked = if self.cameras > 1 { 1.0 } else { 0.0 };
        let sum = 0.22 * size + 0.2 * length + 0.22 * zone + 0.26 * self.unusual + 0.1 * walked;
        match self.object {
            Some(true) => 0.25_f64.mul_add(1.0, sum).min(1.0),
            Some(false) => sum * 0.6,
            None => sum,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn night() -> TimeRange {
        let from = Ticks::parse("2026-11-27T22:00:00+07:00").expect("a time");
        TimeRange::new(from, from + 7 * 60 * MINUTE)
    }

    #[test]
    fn a_quiet_night_brings_all_of_its_few() {
        let mut budget = Budget::new(night(), 20, &[]);
        for hour in 0..5 {
            assert_eq!(budget.spend(night().from + hour * 60 * MINUTE, 0.3), Room::Now);
        }
    }

    #[test]
    fn rain_all_night_leaves_room_for_whoever_comes_at_the_end() {
        let mut budget = Budget::new(night(), 20, &[]);
        let rain =
            (0..2500).filter(|n| budget.spend(night().from + n * MINUTE / 6, 0.25) == Room::Now).count();
        assert!((3..=14).contains(&rain), "{rain}");
        let late = night().to - 5 * MINUTE;
        for _ in 0..6 {
            assert_eq!(budget.spend(late, 0.9), Room::Now);
        }
        assert!(budget.used() <= 20);
    }

    #[test]
    fn one_storm_is_one_matter() {
        let mut budget = Budget::new(night(), 20, &[]);
        let begins = night().to - 60 * MINUTE;
        let mut sent = |from: i64, rank| {
            (from..from + 100)
                .filter(|n| budget.spend(begins + n * TICKS_PER_SECOND, rank) == Room::Now)
                .count()
        };
        assert_eq!(sent(0, 0.5), 4);
        assert_eq!(sent(100, 0.9), 2, "there is always room for a strong one among them");
        assert_eq!(budget.spend(begins + 14 * MINUTE, 0.5), Room::Now);
        // Whoever wants to hear of hundreds hears of more at a time.
        let mut large = Budget::new(night(), 500, &[]);
        let all = (0..200).filter(|n| large.spend(begins + n * TICKS_PER_SECOND, 0.9) == Room::Now);
        assert_eq!(all.count(), 150);
    }

    #[test]
    fn an_evening_of_strong_ones_leaves_room_for_whoever_comes_at_four() {
        let mut budget = Budget::new(night(), 20, &[]);
        let evening =
            (0..60).filter(|n| budget.spend(night().from + n * 2 * MINUTE, 0.8) == Room::Now).count();
        assert!((12..=15).contains(&evening), "{evening}");
        for n in 0..3 {
            assert_eq!(budget.spend(night().from + (6 * 60 + n) * MINUTE, 0.8), Room::Now);
        }
        let mut small = Budget::new(night(), 1, &[]);
        assert_eq!(small.spend(night().from, 0.9), Room::Now);
    }

    #[test]
    fn a_restart_forgets_nothing() {
        let mut whole = Budget::new(night(), 8, &[]);
        let mut told = Vec::new();
        for n in 0..40 {
            let (at, rank) = (night().from + n * 9 * MINUTE, f64::from(n as u32 % 10) / 10.0);
            if n % 7 == 3 {
                whole = Budget::new(night(), 8, &told);
            }
            if whole.spend(at, rank) == Room::Now {
                told.push((at, rank));
            }
        }
        let mut straight = Budget::new(night(), 8, &[]);
        let sent = (0..40).filter(|n| {
            straight.spend(night().from + n * 9 * MINUTE, f64::from(*n as u32 % 10) / 10.0) == Room::Now
        });
        assert_eq!(sent.count(), told.len());
    }

    #[test]
    fn somebody_at_the_gate_at_night_is_strong_and_an_evening_walker_is_not() {
        let gate =
            Weight { size: 0.06, seconds: 12.0, in_zone: Some(true), unusual: 0.9, object: None, cameras: 1 };
        let walker = Weight {
            size: 0.02,
            seconds: 8.0,
            in_zone: Some(false),
            unusual: 0.05,
            object: None,
            cameras: 1,
        };
        let leaf = Weight {
            size: 0.01,
            seconds: 2.0,
            in_zone: Some(false),
            unusual: 0.7,
            object: Some(false),
            cameras: 1,
        };
        assert!(gate.rank() >= STRONG, "{}", gate.rank());
        assert!(walker.rank() < 0.5 && leaf.rank() < 0.3, "{} {}", walker.rank(), leaf.rank());
        assert!(Weight { object: Some(true), ..walker }.rank() > walker.rank());
        let nothing_drawn = Weight { in_zone: None, ..gate };
        assert!(nothing_drawn.rank() >= STRONG, "{}", nothing_drawn.rank());
    }

    proptest! {
        #[test]
        fn never_more_than_the_budget(total in 0_u32..40, ranks in proptest::collection::vec(0.0..1.0_f64, 0..400)) {
            let mut budget = Budget::new(night(), total, &[]);
            let step = night().ticks() / 400;
            let sent = ranks.iter().enumerate().filter(|(n, rank)| budget.spend(night().from + *n as i64 * step, **rank) == Room::Now);
            let sent = u32::try_from(sent.count()).expect("few");
            prop_assert!(sent <= total);
            prop_assert_eq!(sent, budget.used());
        }

        #[test]
        fn what_counts_for_more_is_never_refused_where_less_is_let_through(
            before in proptest::collection::vec(0.0..1.0_f64, 0..40), a in 0.0..1.0_f64, b in 0.0..1.0_f64,
        ) {
            let mut budget = Budget::new(night(), 20, &[]);
            for (n, rank) in before.iter().enumerate() {
                budget.spend(night().from + n as i64 * 10 * MINUTE, *rank);
            }
            let at = night().from + 6 * 60 * MINUTE + 55 * MINUTE;
            let (less, more) = (a.min(b), a.max(b));
            if budget.clone().spend(at, less) == Room::Now {
                prop_assert_eq!(budget.spend(at, more), Room::Now);
            }
        }
    }
}
