//! Pure. How much of each minute of a local day is recorded.

use crate::base::{TICKS_PER_SECOND, Ticks, TimeRange, Zone};

/// Ticks in a minute.
pub(super) const MINUTE: i64 = 60 * TICKS_PER_SECOND;

/// A local day's range; 23 to 25 hours where the zone changes its clocks.
pub(super) fn day_range(zone: Zone, day: i32) -> TimeRange {
    TimeRange::new(zone.day_start(day), zone.day_start(day + 1))
}

/// An empty day: one zero per minute.
pub(super) fn empty(day: TimeRange) -> Vec<u8> {
    vec![0; usize::try_from((day.ticks() + MINUTE - 1) / MINUTE).unwrap_or(0)]
}

/// The whole minutes of a day that a range touches.
pub(super) fn whole_minutes(day: TimeRange, range: TimeRange) -> Option<TimeRange> {
    let part = day.overlap(range)?;
    let from = (part.from - day.from) / MINUTE * MINUTE;
    let to = ((part.to - day.from) + MINUTE - 1) / MINUTE * MINUTE;
    Some(TimeRange::new(day.from + from, Ord::min(day.from + to, day.to)))
}

/// Counts the minutes of `window` (whole minutes of the day) anew from the recorded ranges that meet it.
pub(super) fn count(minutes: &mut [u8], day: TimeRange, window: TimeRange, recorded: &[TimeRange]) {
    let mut at = window.from;
    while at < window.to {
        let minute = TimeRange::new(at, at + MINUTE);
        let ticks: i64 = recorded.iter().filter_map(|r| r.overlap(minute)).map(TimeRange::ticks).sum();
        if let Some(cell) = minutes.get_mut(((at - day.from) / MINUTE) as usize) {
            *cell = seconds(ticks);
        }
        at = minute.to;
    }
}

/// Marks a long recorded range: whole minutes inside are 60, those at its ends are added to.
pub(super) fn add(minutes: &mut [u8], day: TimeRange, recorded: TimeRange) {
    let Some(part) = day.overlap(recorded) else { return };
    let mut at: Ticks = part.from;
    while at < part.to {
        let index = (at - day.from) / MINUTE;
        let next = Ord::min(day.from + (index + 1) * MINUTE, part.to);
        if let Some(cell) = minutes.get_mut(index as usize) {
            *cell = cell.saturating_add(seconds(next - at)).min(60);
        }
        at = next;
    }
}

/// Rounded to a second, but a little is not nothing.
fn seconds(ticks: i64) -> u8 {
    let rounded = (ticks + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND;
    let floor = i64::from(ticks > 0);
    rounded.clamp(floor, 60) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day() -> TimeRange {
        day_range(Zone::HO_CHI_MINH, 20_000)
    }

    #[test]
    fn a_day_has_its_minutes() {
        assert_eq!(empty(day()).len(), 1440);
        let berlin: Zone = "Europe/Berlin".parse().expect("zone");
        let lengths: std::collections::BTreeSet<usize> =
            (20_000..20_365).map(|d| empty(day_range(berlin, d)).len()).collect();
        assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [1380, 1440, 1500]);
    }

    #[test]
    fn a_little_is_not_nothing_and_a_minute_is_sixty() {
        assert_eq!((seconds(0), seconds(1), seconds(TICKS_PER_SECOND), seconds(MINUTE - 1)), (0, 1, 1, 60));
    }

    proptest! {
        #[test]
        fn counting_and_adding_agree(from in 0_i64..86_400, length in 0_i64..20_000) {
            let range = TimeRange::new(day().from + from * TICKS_PER_SECOND, day().from + (from + length) * TICKS_PER_SECOND);
            let (mut counted, mut added) = (empty(day()), empty(day()));
            if let Some(window) = whole_minutes(day(), range) {
                count(&mut counted, day(), window, &[range]);
            }
            add(&mut added, day(), range);
            prop_assert_eq!(&counted, &added);
            let total: i64 = counted.iter().map(|m| i64::from(*m)).sum();
            prop_assert_eq!(total, length.min(86_400 - from));
        }
    }
}
