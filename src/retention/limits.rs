//! Pure. How much a volume must give, from its budget, its disk and what comes in.
//!
//! "Slack" is what may still come before something has to go.

use crate::storage::Space;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Seconds of recording that room is kept for: two sweeps.
const AHEAD: u64 = 2 * super::SWEEP_EVERY.as_secs();
/// And so much more, for cameras that begin meanwhile.
const AHEAD_MIN: u64 = 64 * MIB;

/// What one volume carries, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    /// Footage it may hold; `None` = what the disk gives.
    pub(super) budget: Option<u64>,
    /// Room on its disk.
    pub(super) space: Space,
    /// Complete footage.
    pub(super) kept: u64,
    /// Files that are being written.
    pub(super) growing: u64,
    /// Handed over, not yet written.
    pub(super) waiting: u64,
    /// What comes in, bytes a second.
    pub(super) rate: u64,
}

impl Load {
    /// What stays free on the disk: 3 %, because file systems become slow when they are full, but at least 2 GiB,
    /// because the system and the catalogue may live there too, and at most 32 GiB. Of a small disk a tenth. And never
    /// more than a quarter of what is free or footage: where others fill the disk, footage shrinks with what they
    /// leave, instead of going altogether for the sake of a reserve.
    pub(super) fn reserve(&self) -> u64 {
        let usual = (self.space.total / 100 * 3).clamp(2 * GIB, 32 * GIB);
        usual.min(self.space.total / 10).min(self.within_reach() / 4)
    }

    /// Bytes that may still come before something has to go; negative: so much has to go.
    pub(super) fn slack(&self) -> i64 {
        let free = signed(self.space.free) - signed(self.waiting);
        let disk = free - signed(self.reserve()) - signed(self.ahead(self.within_reach()));
        let Some(budget) = self.budget else { return disk };
        let used = signed(self.kept) + signed(self.growing) + signed(self.waiting);
        disk.min(signed(budget) - used - signed(self.ahead(budget)))
    }

    /// Bytes that fit, when they are more than a sweep or two would free anyway.
    pub(super) fn room(&self) -> Option<u64> {
        let limit = self.budget.map_or(self.within_reach(), |budget| budget.min(self.within_reach()));
        u64::try_from(self.slack()).ok().filter(|slack| *slack > self.ahead(limit))
    }

    /// What footage can have of the disk.
    fn within_reach(&self) -> u64 {
        self.space.free + self.kept + self.growing
    }

    /// Room for what comes in until the next sweep has done its work. Of a small limit only a part: a recorder that
    /// keeps little must still keep most of it.
    fn ahead(&self, limit: u64) -> u64 {
        (self.rate * AHEAD + AHEAD_MIN.min(limit / 32)).min(limit / 8)
    }
}

/// Sizes of disks fit.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOAD: Load = Load {
        budget: None,
        space: Space { total: 1000 * GIB, free: 500 * GIB },
        kept: 400 * GIB,
        growing: 0,
        waiting: 0,
        rate: 10 * MIB,
    };

    #[test]
    fn the_reserve_fits_the_disk() {
        for (total, expected) in [
            (200 * MIB, 20 * MIB),
            (10 * GIB, GIB),
            (20 * GIB, 2 * GIB),
            (64 * GIB, 2 * GIB),
            (1000 * GIB, 30 * GIB),
            (8000 * GIB, 32 * GIB),
        ] {
            let got = Load { space: Space { total, free: total }, ..LOAD }.reserve();
            assert!(got.abs_diff(expected) < MIB, "{total}: {got} and not {expected}");
        }
        let crowded = Load { space: Space { free: 3 * GIB, ..LOAD.space }, kept: GIB, ..LOAD };
        assert_eq!(crowded.reserve(), GIB, "a quarter of what others leave");
    }

    #[test]
    fn room_is_made_before_the_limit_is_reached() {
        assert!(LOAD.slack() > 0);
        let ahead = signed(10 * 10 * MIB + AHEAD_MIN);
        let full = Load { space: Space { free: LOAD.reserve(), ..LOAD.space }, ..LOAD };
        assert_eq!(full.slack(), -ahead, "the reserve is left alone");
        let budget = Load { budget: Some(400 * GIB), ..LOAD };
        assert_eq!(budget.slack(), -ahead);
        let growing = Load { growing: GIB, ..budget };
        assert_eq!(growing.slack(), -ahead - signed(GIB), "open files count");
        let both = Load { budget: Some(450 * GIB), ..full };
        assert_eq!(both.slack(), full.slack(), "a budget does not make a full disk larger");
        assert_eq!(Load { budget: Some(300 * GIB), ..LOAD }.slack(), -ahead - signed(100 * GIB));
    }

    proptest! {
        /// Where others fill a disk, each sweep makes some room, and leaves footage as long as there is some.
        #[test]
        fn a_crowded_disk_is_shared(kept in 1_u64 << 20..1 << 40, total in 1_u64 << 30..1 << 43) {
            let load = Load { budget: None, space: Space { total, free: 0 }, kept, growing: 0, waiting: 0, rate: 0 };
            let must = u64::try_from(-load.slack()).unwrap_or(0);
            prop_assert!(must > 0 && must <= kept / 4 + kept / 8);
        }

        /// A volume that gives what it must, and takes what comes until the next sweep, stays within its limits.
        #[test]
        fn the_budget_holds_until_the_next_sweep(
            budget in 1_u64 << 20..1 << 40, kept in 0_u64..1 << 40, growing in 0_u64..1 << 30, rate in 0_u64..1 << 30,
        ) {
            let space = Space { total: 1 << 42, free: 1 << 41 };
            let load = Load { budget: Some(budget), space, kept, growing, waiting: 0, rate };
            let must = u64::try_from(-load.slack()).unwrap_or(0);
            let after = (kept + growing).saturating_sub(must);
            // A limit that eight times two sweeps' writes do not fit in cannot promise this.
            if rate * AHEAD <= budget / 8 {
                prop_assert!(after + rate * AHEAD <= budget);
            }
            prop_assert!(after <= budget);
            if must > 0 {
                prop_assert!(after >= budget - budget / 8, "most of the budget is used");
            }
        }
    }
}
