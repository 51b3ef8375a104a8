//! Clocks. The program reads time only through [`Clock`]; [`SimClock`] makes tests independent of real time.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime};

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use super::{Error, Result, Ticks};

/// Wall time and time that never steps.
pub trait Clock: Send + Sync + 'static {
    /// Wall time, UTC; may step when somebody sets the clock.
    fn now(&self) -> Ticks;
    /// Ticks since an arbitrary start; never steps, never goes back.
    fn monotonic(&self) -> i64;
}

/// A clock as the rooms receive it.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A shared handle; its monotonic time starts at 0 here.
    pub fn shared() -> SharedClock {
        Arc::new(Self { start: Instant::now() })
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "base owns the clock")]
    fn now(&self) -> Ticks {
        // Asked for every picture; chrono would make a calendar date of it on the way.
        let now = SystemTime::now();
        let micros = match now.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => since.as_micros() as i64,
            Err(before) => -(before.duration().as_micros() as i64),
        };
        Ticks::from_micros(micros)
    }

    fn monotonic(&self) -> i64 {
        (self.start.elapsed().as_nanos() as i64) / 100_000 * 9
    }
}

/// A clock that moves only when told to: for tests.
#[derive(Debug, Default)]
pub struct SimClock {
    wall: AtomicI64,
    mono: AtomicI64,
}

impl SimClock {
    /// Starts at the given wall time.
    pub fn starting_at(wall: Ticks) -> Arc<Self> {
        Arc::new(Self { wall: AtomicI64::new(wall.0), mono: AtomicI64::new(0) })
    }

    /// Lets time pass: wall and monotonic time move by `ticks`.
    pub fn advance(&self, ticks: i64) {
        self.wall.fetch_add(ticks, Ordering::SeqCst);
        self.mono.fetch_add(ticks, Ordering::SeqCst);
    }

    /// Sets the wall clock by `ticks`, as an administrator or NTP does.
    pub fn step(&self, ticks: i64) {
        self.wall.fetch_add(ticks, Ordering::SeqCst);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Ticks {
        Ticks(self.wall.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> i64 {
        self.mono.load(Ordering::SeqCst)
    }
}

/// The site's time zone: days and what people read. Instants stay UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// The hamlet's own zone and the default: UTC+7 all year.
    pub const HO_CHI_MINH: Self = Self(Tz::Asia__Ho_Chi_Minh);

    /// IANA name, such as `Asia/Ho_Chi_Minh`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The local day an instant falls on, as days since 1970-01-01.
    pub fn day_of(self, t: Ticks) -> i32 {
        let utc = DateTime::<Utc>::from_timestamp(t.seconds(), 0).unwrap_or_default();
        utc.with_timezone(&self.0).date_naive().to_epoch_days()
    }

    /// First instant of a local day. Where the zone skips midnight, the first instant that exists.
    pub fn day_start(self, day: i32) -> Ticks {
        let date = NaiveDate::from_epoch_days(day).unwrap_or_default();
        let mut at = date.and_hms_opt(0, 0, 0).unwrap_or_default();
        for _ in 0..8 {
            if let Some(t) = self.0.from_local_datetime(&at).earliest() {
                return Ticks::from_seconds(t.timestamp());
            }
            at += chrono::Duration::minutes(30);
        }
        Ticks::from_seconds(at.and_utc().timestamp())
    }

    /// `2026-11-22_22-14-05` for an instant, in local time: for names of files.
    pub fn local(self, t: Ticks) -> String {
        let utc = DateTime::<Utc>::from_timestamp(t.seconds(), 0).unwrap_or_default();
        utc.with_timezone(&self.0).format("%Y-%m-%d_%H-%M-%S").to_string()
    }

    /// `GMT+7` for an instant, `GMT+0530` where the zone is not whole hours off: for names of files.
    pub fn offset(self, t: Ticks) -> String {
        let utc = DateTime::<Utc>::from_timestamp(t.seconds(), 0).unwrap_or_default();
        let minutes = utc.with_timezone(&self.0).offset().fix().local_minus_utc() / 60;
        let (sign, hours, rest) =
            (if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60);
        match rest {
            0 => format!("GMT{sign}{hours}"),
            _ => format!("GMT{sign}{hours:02}{rest:02}"),
        }
    }

    /// `2026-11-22` for a day number.
    pub fn day_name(day: i32) -> String {
        NaiveDate::from_epoch_days(day).unwrap_or_default().format("%Y-%m-%d").to_string()
    }

    /// The number of a day named like `2026-11-22`.
    ///
    /// # Errors
    /// `Invalid` when the text is not a day.
    pub fn day_number(name: &str) -> Result<i32> {
        let parsed = NaiveDate::parse_from_str(name, "%Y-%m-%d");
        parsed
            .map(|date| date.to_epoch_days())
            .map_err(|_| Error::invalid(format!("{name:?} is not a day; write it like 2026-11-22")))
    }

    /// Minutes since local midnight by the clock on the wall.
    pub fn minute_of_day(self, t: Ticks) -> u32 {
        let utc = DateTime::<Utc>::from_timestamp(t.seconds(), 0).unwrap_or_default();
        let local = utc.with_timezone(&self.0);
        local.hour() * 60 + local.minute()
    }

    /// `22:14` by the clock on the wall, as people read it.
    pub fn hour_minute(self, t: Ticks) -> String {
        let minutes = self.minute_of_day(t);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// `27/11`, the local day, as people read it.
    pub fn day_month(self, t: Ticks) -> String {
        let date = NaiveDate::from_epoch_days(self.day_of(t)).unwrap_or_default();
        format!("{}/{}", date.day(), date.month())
    }

    /// Day numbers of the first day of a month and of the next month; `month` like `2026-11`.
    ///
    /// # Errors
    /// `Invalid` when the text is not a month.
    pub fn month_days(month: &str) -> Result<(i32, i32)> {
        let bad = || Error::invalid(format!("{month:?} is not a month; write it like 2026-11"));
        let first = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").map_err(|_| bad())?;
        let next = if first.month() == 12 {
            NaiveDate::from_ymd_opt(first.year() + 1, 1, 1)
        } else {
            NaiveDate::from_ymd_opt(first.year(), first.month() + 1, 1)
        };
        Ok((first.to_epoch_days(), next.ok_or_else(bad)?.to_epoch_days()))
    }
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Tz::from_str(name).map(Self).map_err(|_| {
            Error::invalid(format!("{name:?} is not a time zone; use an IANA name such as Asia/Ho_Chi_Minh"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_starts_at_local_midnight() {
        let zone = Zone::HO_CHI_MINH;
        let t = Ticks::parse("2026-11-22T23:59:59+07:00").expect("time");
        let day = zone.day_of(t);
        assert_eq!(Zone::day_name(day), "2026-11-22");
        assert_eq!(zone.day_start(day).rfc3339(), "2026-11-21T17:00:00.000Z");
        assert_eq!(zone.day_of(t + super::super::TICKS_PER_SECOND), day + 1);
    }

    #[test]
    fn offsets_stand_in_names_of_files() {
        let t = Ticks::parse("2026-11-22T22:14:05+07:00").expect("time");
        assert_eq!(Zone::HO_CHI_MINH.offset(t), "GMT+7");
        assert_eq!("Asia/Kolkata".parse::<Zone>().expect("zone").offset(t), "GMT+0530");
        assert_eq!("America/New_York".parse::<Zone>().expect("zone").offset(t), "GMT-5");
    }

    #[test]
    fn days_and_times_are_read_and_written_as_people_do() {
        let t = Ticks::parse("2026-11-22T22:04:05+07:00").expect("time");
        let zone = Zone::HO_CHI_MINH;
        assert_eq!((zone.hour_minute(t).as_str(), zone.day_month(t).as_str()), ("22:04", "22/11"));
        assert_eq!(Zone::day_number("2026-11-22").expect("a day"), zone.day_of(t));
        assert!(Zone::day_number("22/11").is_err() && Zone::day_number("2026-02-30").is_err());
    }

    #[test]
    fn months_have_their_days() {
        let (a, b) = Zone::month_days("2026-12").expect("month");
        assert_eq!((b - a, Zone::day_name(b)), (31, "2027-01-01".to_owned()));
        assert!(Zone::month_days("2026-13").is_err());
    }
}
