//! Pure. Arithmetic on sorted half-open ranges: what the gap ledger and the timeline are made of.

use crate::base::{Ticks, TimeRange};

/// The end of a range that still lasts.
pub(super) const FOREVER: Ticks = Ticks(i64::MAX);

/// Sorts ranges and joins those that touch or overlap.
pub(super) fn coalesce(mut ranges: Vec<TimeRange>) -> Vec<TimeRange> {
    ranges.retain(|r| !r.is_empty());
    ranges.sort_unstable_by_key(|r| r.from);
    let mut out: Vec<TimeRange> = Vec::with_capacity(ranges.len());
    for r in ranges {
        match out.last_mut() {
            Some(last) if r.from <= last.to => last.to = last.to.max(r.to),
            _ => out.push(r),
        }
    }
    out
}

/// What is left of `whole` without `parts`, in order; `parts` may overlap and come in any order.
pub(super) fn without(whole: TimeRange, parts: Vec<TimeRange>) -> Vec<TimeRange> {
    let mut left = Vec::new();
    let mut at = whole.from;
    for part in coalesce(parts) {
        if part.from >= whole.to {
            break;
        }
        if part.from > at {
            left.push(TimeRange::new(at, part.from));
        }
        at = at.max(part.to);
    }
    if at < whole.to {
        left.push(TimeRange::new(at, whole.to));
    }
    left
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range() -> impl Strategy<Value = TimeRange> {
        (0_i64..60, 0_i64..15).prop_map(|(from, length)| TimeRange::new(Ticks(from), Ticks(from + length)))
    }

    fn inside(ranges: &[TimeRange], t: i64) -> bool {
        ranges.iter().any(|r| r.from.0 <= t && t < r.to.0)
    }

    proptest! {
        #[test]
        fn without_equals_counting_instants(whole in range(), parts in proptest::collection::vec(range(), 0..8)) {
            let left = without(whole, parts.clone());
            for t in 0..80 {
                prop_assert_eq!(inside(&left, t), inside(&[whole], t) && !inside(&parts, t));
            }
            prop_assert!(left.windows(2).all(|w| w[0].to < w[1].from) && left.iter().all(|r| !r.is_empty()));
        }

        #[test]
        fn coalesce_keeps_every_instant(parts in proptest::collection::vec(range(), 0..8)) {
            let joined = coalesce(parts.clone());
            for t in 0..80 {
                prop_assert_eq!(inside(&joined, t), inside(&parts, t));
            }
            prop_assert!(joined.windows(2).all(|w| w[0].to < w[1].from));
        }
    }
}
