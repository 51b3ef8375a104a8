//! Pure. Instants and ranges on the 90 kHz UTC time line that files, catalogue and players share.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use chrono::{DateTime, SecondsFormat, Utc};

use super::{Error, Result};

/// Ticks in one second: the RTP clock of video (RFC 6184 section 8.2.1) and the timescale of our files.
pub const TICKS_PER_SECOND: i64 = 90_000;

/// An instant: 90 kHz ticks since 1970-01-01T00:00:00Z; differences of two instants are plain `i64` ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(pub i64);

impl Ticks {
    /// From microseconds since 1970, rounded down to a tick.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.div_euclid(1_000_000) * TICKS_PER_SECOND + micros.rem_euclid(1_000_000) * 9 / 100)
    }

    /// Microseconds since 1970, rounded down.
    pub fn micros(self) -> i64 {
        self.0.div_euclid(TICKS_PER_SECOND) * 1_000_000 + self.0.rem_euclid(TICKS_PER_SECOND) * 100 / 9
    }

    /// Whole seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(TICKS_PER_SECOND)
    }

    /// From whole seconds since 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds * TICKS_PER_SECOND)
    }

    /// Parses RFC 3339 with any offset.
    ///
    /// # Errors
    /// `Invalid`, saying what a right value looks like.
    pub fn parse(text: &str) -> Result<Self> {
        let parsed = DateTime::parse_from_rfc3339(text.trim()).map_err(|_| {
            Error::invalid(format!(
                "{text:?} is not a time; write it like 2026-11-22T22:14:05+07:00 (RFC 3339 with an offset)"
            ))
        })?;
        Ok(Self::from_micros(parsed.timestamp_micros()))
    }

    /// Parses a date as HTTP writes it (RFC 9110 section 5.6.7); `None` when it is none.
    pub fn parse_http(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc2822(text.trim()).ok()?;
        Some(Self::from_micros(parsed.timestamp_micros()))
    }

    /// RFC 3339 in UTC with milliseconds, as the API writes it.
    pub fn rfc3339(self) -> String {
        match DateTime::<Utc>::from_timestamp_micros(self.micros()) {
            Some(t) => t.to_rfc3339_opts(SecondsFormat::Millis, true),
            None => format!("ticks:{}", self.0),
        }
    }

    /// The later of two instants.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Ord::max(self, other)
    }
}

impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Add<i64> for Ticks {
    type Output = Self;
    fn add(self, ticks: i64) -> Self {
        Self(self.0 + ticks)
    }
}

impl AddAssign<i64> for Ticks {
    fn add_assign(&mut self, ticks: i64) {
        self.0 += ticks;
    }
}

impl Sub<i64> for Ticks {
    type Output = Self;
    fn sub(self, ticks: i64) -> Self {
        Self(self.0 - ticks)
    }
}

impl Sub for Ticks {
    type Output = i64;
    fn sub(self, other: Self) -> i64 {
        self.0 - other.0
    }
}

/// A half-open range of time: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeRange {
    /// First instant inside.
    pub from: Ticks,
    /// First instant after.
    pub to: Ticks,
}

impl TimeRange {
    /// A range; one that ends before it starts is empty.
    pub fn new(from: Ticks, to: Ticks) -> Self {
        Self { from, to: to.max(from) }
    }

    /// Length in ticks, never negative.
    pub fn ticks(self) -> i64 {
        self.to - self.from
    }

    /// Length in seconds.
    pub fn seconds(self) -> f64 {
        self.ticks() as f64 / TICKS_PER_SECOND as f64
    }

    /// True when nothing is inside.
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// The common part, if there is one.
    pub fn overlap(self, other: Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), Ord::min(self.to, other.to));
        (from < to).then_some(Self { from, to })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_any_offset_and_writes_utc() {
        let t = Ticks::parse("2026-11-22T22:14:05.120+07:00").expect("a right time");
        assert_eq!(t.rfc3339(), "2026-11-22T15:14:05.120Z");
        assert!(Ticks::parse("22:14").is_err());
    }

    proptest! {
        #[test]
        fn micros_lose_less_than_a_tick(ticks in -10_i64.pow(15)..10_i64.pow(15)) {
            let back = Ticks::from_micros(Ticks(ticks).micros());
            prop_assert!((ticks - back.0).abs() <= 1);
        }

        #[test]
        fn overlap_is_symmetric_and_inside(a in 0_i64..1000, b in 0_i64..1000, c in 0_i64..1000, d in 0_i64..1000) {
            let (x, y) = (TimeRange::new(Ticks(a), Ticks(b)), TimeRange::new(Ticks(c), Ticks(d)));
            prop_assert_eq!(x.overlap(y), y.overlap(x));
            if let Some(o) = x.overlap(y) {
                prop_assert!(o.from >= x.from && o.to <= x.to && !o.is_empty());
            }
        }
    }
}
