//! Pure. When alerts are wanted: half hours of the local week, days that are other than their weekday, and a hand that
//! overrides both until a time of its own.

use std::collections::BTreeMap;

use crate::base::{Error, Result, TICKS_PER_SECOND, Ticks, Zone};

const HALF_HOUR: i64 = 1800 * TICKS_PER_SECOND;
/// Half hours of a day.
const HALVES: u32 = 48;
/// Further ahead no change is looked for: a week has all there are, but for special days.
const AHEAD_DAYS: i32 = 15;

/// The half hours of one day in which alerts are wanted: bit n stands for n × 30 minutes after midnight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day(u64);

impl Day {
    /// Not at all.
    pub const NEVER: Self = Self(0);
    /// From midnight to midnight.
    pub const ALWAYS: Self = Self((1 << HALVES) - 1);

    /// The half hours from `from` up to and without `to`, 0 to 48.
    pub fn between(from: u32, to: u32) -> Self {
        (from..to.min(HALVES)).fold(Self::NEVER, |day, n| Self(day.0 | 1 << n))
    }

    /// Both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, half: u32) -> bool {
        self.0 >> half.min(HALVES - 1) & 1 == 1
    }
}

impl Day {
    /// 48 characters of `0` and `1`.
    pub fn text(self) -> String {
        (0..HALVES).map(|n| if self.has(n) { '1' } else { '0' }).collect()
    }

    /// Reads what [`Self::text`] writes.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let mut day = Self::NEVER;
        for (n, c) in text.chars().take(HALVES as usize + 1).enumerate() {
            match c {
                '1' if n < HALVES as usize => day.0 |= 1 << n,
                '0' => {}
                _ => return Err(not_a_day()),
            }
        }
        if text.len() == HALVES as usize { Ok(day) } else { Err(not_a_day()) }
    }
}

fn not_a_day() -> Error {
    Error::invalid("a day is its 48 half hours from midnight on, each 0 or 1")
}

/// A week of days, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week(pub [Day; 7]);

impl Week {
    /// Every night from one half hour to another of the next morning.
    pub fn nightly(from: u32, to: u32) -> Self {
        Self([Day::between(from, HALVES).with(Day::between(0, to)); 7])
    }

    /// As the API and the catalogue have it: a text for each day, Monday first.
    pub fn texts(self) -> [String; 7] {
        self.0.map(Day::text)
    }

    /// Reads what [`Self::texts`] writes.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong.
    pub fn parse(texts: &[String]) -> Result<Self> {
        let days = texts.iter().map(|text| Day::parse(text)).collect::<Result<Vec<_>>>()?;
        let days = <[Day; 7]>::try_from(days);
        days.map(Self).map_err(|_| Error::invalid("a week is seven days, Monday first"))
    }
}

/// When alerts are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Usually.
    pub week: Week,
    /// Days that are otherwise, such as Tết: by the number of the local day ([`Zone::day_of`]).
    pub special: BTreeMap<i32, Day>,
}

/// Somebody has switched alerts on or off by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hand {
    /// On or off.
    pub armed: bool,
    /// Not beyond this; `None` = until somebody does otherwise.
    pub until: Option<Ticks>,
    /// What an earlier hand has said, which counts again afterwards: on or off, and until when; then the schedule does.
    pub then: Option<(bool, Option<Ticks>)>,
}

impl Hand {
    /// What it says at an instant, and until when; `None` = it is over.
    pub(super) fn says(self, at: Ticks) -> Option<(bool, Option<Ticks>)> {
        let both = [Some((self.armed, self.until)), self.then];
        both.into_iter().flatten().find(|(_, until)| until.is_none_or(|until| at < until))
    }
}

/// Whether alerts are wanted at an instant, and how long that stays so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// They are.
    pub armed: bool,
    /// It is a hand that says so, not the schedule.
    pub by_hand: bool,
    /// When it changes next; `None` when not within two weeks.
    pub until: Option<Ticks>,
}

impl Schedule {
    fn day(&self, day: i32) -> Day {
        // 1970-01-01 was a Thursday.
        let weekday = (day + 3).rem_euclid(7).unsigned_abs() as usize;
        self.special
            .get(&day)
            .copied()
            .unwrap_or_else(|| self.week.0.get(weekday).copied().unwrap_or_default())
    }

    /// What the schedule alone says.
    fn planned(&self, at: Ticks, zone: Zone) -> bool {
        // By the clock on the wall, also on days on which it is changed.
        self.day(zone.day_of(at)).has(zone.minute_of_day(at) / 30)
    }

    /// Beginning of the first half hour after `at` in which the schedule says otherwise.
    fn turn(&self, at: Ticks, zone: Zone) -> Option<Ticks> {
        let now = self.planned(at, zone);
        let today = zone.day_of(at);
        (today..today + AHEAD_DAYS).find_map(|day| {
            let (begin, end) = (zone.day_start(day), zone.day_start(day + 1));
            let halves = (end - begin).div_euclid(HALF_HOUR);
            (0..halves).map(|n| begin + n * HALF_HOUR).find(|t| *t > at && self.planned(*t, zone) != now)
        })
    }

    /// Whether alerts are wanted.
    pub fn standing(&self, at: Ticks, zone: Zone, hand: Option<Hand>) -> Standing {
        let Some((armed, end)) = hand.and_then(|hand| hand.says(at)) else {
            return Standing { armed: self.planned(at, zone), by_hand: false, until: self.turn(at, zone) };
        };
        let Some(end) = end else { return Standing { armed, by_hand: true, until: None } };
        // Where the same is said afterwards, it goes on beyond the hand's own end.
        let after = self.standing(end, zone, hand);
        let until = if after.armed == armed { after.until } else { Some(end) };
        Standing { armed, by_hand: true, until }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONE: Zone = Zone::HO_CHI_MINH;

    fn at(text: &str) -> Ticks {
        Ticks::parse(text).expect("a time")
    }

    fn nights() -> Schedule {
        Schedule { week: Week::nightly(44, 10), special: BTreeMap::new() }
    }

    #[test]
    fn a_night_goes_over_midnight_in_the_sites_zone() {
        let s = nights();
        let standing = |text| s.standing(at(text), ZONE, None);
        assert!(!standing("2026-11-27T21:59:59+07:00").armed);
        let begun = standing("2026-11-27T22:00:00+07:00");
        assert_eq!((begun.armed, begun.until), (true, Some(at("2026-11-28T05:00:00+07:00"))));
        assert!(standing("2026-11-28T04:59:59+07:00").armed);
        let over = standing("2026-11-28T05:00:00+07:00");
        assert_eq!((over.armed, over.until), (false, Some(at("2026-11-28T22:00:00+07:00"))));
    }

    #[test]
    fn a_special_day_is_other_than_its_weekday() {
        let mut s = nights();
        s.special.insert(ZONE.day_of(at("2027-02-06T12:00:00+07:00")), Day::ALWAYS);
        assert!(s.standing(at("2027-02-06T12:00:00+07:00"), ZONE, None).armed);
        assert!(!s.standing(at("2027-02-07T12:00:00+07:00"), ZONE, None).armed);
        // From the night before until the next morning without a break.
        let until = s.standing(at("2027-02-05T23:00:00+07:00"), ZONE, None).until;
        assert_eq!(until, Some(at("2027-02-07T05:00:00+07:00")));
    }

    #[test]
    fn a_hand_counts_until_its_time_and_then_the_schedule_does() {
        let s = nights();
        let off = Hand { armed: false, until: Some(at("2026-11-27T23:00:00+07:00")), then: None };
        let quiet = s.standing(at("2026-11-27T22:30:00+07:00"), ZONE, Some(off));
        assert_eq!((quiet.armed, quiet.by_hand, quiet.until), (false, true, off.until));
        assert!(s.standing(at("2026-11-27T23:00:00+07:00"), ZONE, Some(off)).armed);
        // Off until noon: nothing changes at noon, but in the evening.
        let off = Hand { armed: false, until: Some(at("2026-11-28T12:00:00+07:00")), then: None };
        let quiet = s.standing(at("2026-11-27T22:30:00+07:00"), ZONE, Some(off));
        assert_eq!(quiet.until, Some(at("2026-11-28T22:00:00+07:00")));
        let ever = Hand { armed: true, until: None, then: None };
        assert_eq!(s.standing(at("2026-11-28T12:00:00+07:00"), ZONE, Some(ever)).until, None);
    }

    #[test]
    fn after_a_short_hand_the_longer_one_before_it_counts_again() {
        let s = nights();
        let (noon, end) = (at("2026-11-28T12:00:00+07:00"), at("2026-11-29T12:00:00+07:00"));
        let hand = Hand { armed: false, until: Some(noon), then: Some((true, Some(end))) };
        let quiet = s.standing(at("2026-11-28T11:00:00+07:00"), ZONE, Some(hand));
        assert_eq!((quiet.armed, quiet.by_hand, quiet.until), (false, true, Some(noon)));
        let on = s.standing(noon, ZONE, Some(hand));
        assert_eq!((on.armed, on.by_hand, on.until), (true, true, Some(end)));
        let over = s.standing(end, ZONE, Some(hand));
        assert_eq!((over.armed, over.by_hand), (false, false));
        // What is off anyway stays so.
        let off = Hand { then: Some((false, None)), ..hand };
        assert_eq!(s.standing(at("2026-11-28T11:00:00+07:00"), ZONE, Some(off)).until, None);
    }

    #[test]
    fn what_never_changes_has_no_end() {
        let s = Schedule { week: Week([Day::ALWAYS; 7]), special: BTreeMap::new() };
        assert_eq!(s.standing(at("2026-11-28T12:00:00+07:00"), ZONE, None).until, None);
    }

    #[test]
    fn a_week_that_cannot_be_read_is_refused() {
        let seven = Week([Day::between(1, 3); 7]).texts();
        assert!(Week::parse(&seven).is_ok());
        assert!(Week::parse(&seven[1..]).is_err() && Week::parse(&[]).is_err());
        for text in
            ["", "0", &seven[0][1..], &seven[0].replace('1', "2"), &format!("{}0", seven[0]), &"1".repeat(49)]
        {
            assert!(Day::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_week_are_the_same(days in proptest::array::uniform7(0_u64..1 << 48)) {
            let week = Week(days.map(Day));
            prop_assert_eq!(Week::parse(&week.texts()).expect("its own text"), week);
        }

        #[test]
        fn nothing_changes_before_the_told_end_and_something_at_it(
            days in proptest::array::uniform7(0_u64..1 << 48),
            seconds in 1_700_000_000_i64..1_900_000_000,
            zone in prop_oneof![Just("Asia/Ho_Chi_Minh"), Just("Europe/Berlin"), Just("Australia/Lord_Howe")],
        ) {
            let zone: Zone = zone.parse().expect("a zone");
            let s = Schedule { week: Week(days.map(Day)), special: BTreeMap::new() };
            let now = Ticks::from_seconds(seconds);
            let standing = s.standing(now, zone, None);
            if let Some(until) = standing.until {
                prop_assert!(until > now);
                prop_assert_ne!(s.standing(until, zone, None).armed, standing.armed);
                let steps = ((until - now) / HALF_HOUR).min(800);
                for n in 0..steps {
                    prop_assert_eq!(s.standing(now + n * HALF_HOUR, zone, None).armed, standing.armed);
                }
            }
        }
    }
}
