//! Pure. The ring: recent access units of one stream, whole GOPs, bounded.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::TICKS_PER_SECOND;
use crate::media::{AccessUnit, Track};

/// How much a ring may keep. The newest GOP stays whatever its length, up to `bytes`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of payload.
    pub bytes: usize,
    /// Ticks from the oldest to the newest unit; whole GOPs beyond it go.
    pub ticks: i64,
}

impl Default for Limits {
    /// 16 MiB, and the GOP in progress plus what else lies within 2 s.
    fn default() -> Self {
        Self { bytes: 16 << 20, ticks: 2 * TICKS_PER_SECOND }
    }
}

/// Recent units, numbered from 0 for the stream's life.
#[derive(Debug)]
pub(super) struct Ring {
    limits: Limits,
    units: VecDeque<Arc<AccessUnit>>,
    /// Numbers of the random access points inside, oldest first.
    keys: VecDeque<u64>,
    /// Number of the oldest unit inside.
    first: u64,
    bytes: usize,
}

impl Ring {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, units: VecDeque::new(), keys: VecDeque::new(), first: 0, bytes: 0 }
    }

    /// Number that the next unit will get.
    pub(super) fn next_number(&self) -> u64 {
        self.first + self.units.len() as u64
    }

    /// Bytes of payload inside.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of the newest random access point.
    pub(super) fn newest_key(&self) -> Option<u64> {
        self.keys.back().copied()
    }

    pub(super) fn get(&self, number: u64) -> Option<&Arc<AccessUnit>> {
        self.units.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Number of the oldest unit inside.
    pub(super) fn oldest(&self) -> u64 {
        self.first
    }

    /// Adds a unit and lets go of whole GOPs that are beyond the limits. A single GOP beyond the byte limit loses its
    /// beginning: readers who are inside go on, newcomers wait for the next random access point.
    pub(super) fn push(&mut self, unit: Arc<AccessUnit>) {
        let end = unit.end();
        if unit.track == Track::Video && unit.random_access {
            self.keys.push_back(self.next_number());
        }
        self.bytes += unit.data.len();
        self.units.push_back(unit);
        while let Some(&second) = self.keys.get(1) {
            let too_old = self.get(second).is_some_and(|u| end - u.start >= self.limits.ticks);
            if !too_old && self.bytes <= self.limits.bytes {
                break;
            }
            self.drop_before(second);
        }
        while self.bytes > self.limits.bytes {
            self.drop_before(self.first + 1);
        }
    }

    /// Empties the ring; numbering goes on.
    pub(super) fn clear(&mut self) {
        self.first = self.next_number();
        self.units.clear();
        self.keys.clear();
        self.bytes = 0;
    }

    fn drop_before(&mut self, number: u64) {
        while self.first < number {
            if let Some(unit) = self.units.pop_front() {
                self.bytes -= unit.data.len();
            }
            self.first += 1;
        }
        while self.keys.front().is_some_and(|k| *k < number) {
            self.keys.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::base::Ticks;
    use crate::media::{Codec, Parameters, VideoParameters};

    fn unit(at: i64, key: bool, bytes: usize) -> Arc<AccessUnit> {
        let video = VideoParameters {
            codec: Codec::H264,
            sample_entry: Bytes::new(),
            codec_string: String::new(),
            width: 16,
            height: 16,
        };
        Arc::new(AccessUnit {
            track: Track::Video,
            run: 1,
            start: Ticks(at),
            duration: 6000,
            random_access: key,
            data: Bytes::from(vec![0; bytes]),
            parameters: Arc::new(Parameters::new(video, None)),
            received: Ticks(at),
            loss: 0,
        })
    }

    proptest! {
        #[test]
        fn stays_bounded_and_knows_its_keys(units in proptest::collection::vec((any::<bool>(), 0_usize..400), 0..200)) {
            let mut ring = Ring::new(Limits { bytes: 1000, ticks: 30_000 });
            for (n, (key, bytes)) in units.iter().enumerate() {
                ring.push(unit(n as i64 * 6000, *key, *bytes));
                prop_assert_eq!(ring.next_number(), n as u64 + 1);
                prop_assert!(ring.bytes() <= 1000);
                let sum: usize = ring.units.iter().map(|u| u.data.len()).sum();
                prop_assert_eq!(sum, ring.bytes());
                for k in &ring.keys {
                    prop_assert!(ring.get(*k).is_some_and(|u| u.random_access));
                }
            }
        }
    }

    #[test]
    fn keeps_the_gop_in_progress_and_what_the_time_allows() {
        let mut ring = Ring::new(Limits { bytes: 1 << 20, ticks: 90_000 });
        for n in 0..40 {
            ring.push(unit(n * 6000, n % 10 == 0, 10));
        }
        assert_eq!((ring.oldest(), ring.newest_key()), (20, Some(30)));
    }
}
