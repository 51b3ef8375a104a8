//! Pure. Token buckets: so many tries at once, then so many a minute.

use std::collections::HashMap;
use std::hash::Hash;

use crate::base::TICKS_PER_SECOND;

/// Tries at once, and tries that come back in each minute: in no minute are there more than twice as many.
pub(super) const TRIES: i64 = 5;
/// Ticks in which one try comes back.
const REFILL: i64 = 60 * TICKS_PER_SECOND / TRIES;

/// One account's, address's or device's tries. Kept as the instant when it is full again (monotonic ticks).
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    full_at: i64,
}

impl Bucket {
    /// Ticks until there is a try; 0 = now.
    fn wait(self, now: i64) -> i64 {
        (self.full_at - now - (TRIES - 1) * REFILL).max(0)
    }

    fn take(&mut self, now: i64) {
        self.full_at = self.full_at.max(now) + REFILL;
    }

    fn give_back(&mut self) {
        self.full_at -= REFILL;
    }
}

/// Buckets by name, bounded: beyond the bound, newcomers share one.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    by_name: HashMap<K, Bucket>,
    others: Bucket,
    at_most: usize,
}

impl<K: Eq + Hash> Buckets<K> {
    pub(super) fn new(at_most: usize) -> Self {
        Self { by_name: HashMap::new(), others: Bucket::default(), at_most }
    }

    /// Ticks until there is a try; 0 = now.
    pub(super) fn wait(&self, name: &K, now: i64) -> i64 {
        match self.by_name.get(name) {
            Some(bucket) => bucket.wait(now),
            None if self.by_name.len() < self.at_most => 0,
            None => self.others.wait(now),
        }
    }

    /// Uses a try up.
    pub(super) fn take(&mut self, name: K, now: i64) {
        if self.by_name.len() >= self.at_most {
            self.by_name.retain(|_, bucket| bucket.full_at > now);
        }
        if self.by_name.len() < self.at_most || self.by_name.contains_key(&name) {
            self.by_name.entry(name).or_default().take(now);
        } else {
            self.others.take(now);
        }
    }

    /// The try was a right one and does not count.
    pub(super) fn give_back(&mut self, name: &K) {
        if let Some(bucket) = self.by_name.get_mut(name) {
            bucket.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60 * TICKS_PER_SECOND;

    #[test]
    fn five_at_once_then_one_each_twelve_seconds() {
        let mut buckets = Buckets::new(10);
        for _ in 0..TRIES {
            assert_eq!(buckets.wait(&"a", 0), 0);
            buckets.take("a", 0);
        }
        assert_eq!(buckets.wait(&"a", 0), REFILL);
        assert_eq!(buckets.wait(&"b", 0), 0);
        assert_eq!(buckets.wait(&"a", REFILL), 0);
        buckets.give_back(&"a");
        assert_eq!(buckets.wait(&"a", 0), 0);
    }

    proptest! {
        #[test]
        fn no_minute_has_more_than_ten_tries(steps in proptest::collection::vec(0_i64..MINUTE / 4, 1..300)) {
            let (mut buckets, mut now, mut tries) = (Buckets::new(10), 0, Vec::new());
            for step in steps {
                now += step;
                if buckets.wait(&(), now) == 0 {
                    buckets.take((), now);
                    tries.push(now);
                }
            }
            for (n, first) in tries.iter().enumerate() {
                let within = tries[n..].iter().take_while(|t| **t < first + MINUTE).count();
                prop_assert!(within as i64 <= 2 * TRIES);
            }
        }

        #[test]
        fn names_stay_bounded(names in proptest::collection::vec(any::<u16>(), 0..500)) {
            let mut buckets = Buckets::new(20);
            for (n, name) in names.into_iter().enumerate() {
                buckets.take(name, n as i64);
                prop_assert!(buckets.by_name.len() <= 20);
            }
        }
    }
}
