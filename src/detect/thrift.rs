//! Pure. Which pictures of a stream are not even decoded while nothing stirs.
//!
//! A key picture needs no other to be decoded. So a picture that has a key picture within [`HELD`] behind it is not needed
//! to notice, within that time, that somebody is there. The others are decoded a few at a time, which costs the processor
//! less than as many one by one. As soon as anything stirs every picture is decoded, beginning with those still held; and
//! until a while after.

use std::sync::Arc;

use crate::base::{TICKS_PER_SECOND, Ticks};
use crate::media::AccessUnit;

/// Longest time that a picture is held back: so much later, at most, something is noticed.
const HELD: i64 = TICKS_PER_SECOND;
/// Pictures that will be decoded anyway are gathered for this long.
const GATHERED: i64 = 2 * TICKS_PER_SECOND / 5;
/// Nothing has stirred for so long where a stream is quiet.
const QUIET: i64 = 10 * TICKS_PER_SECOND;

/// The thrift of one stream. Give it every picture, and what was seen in those that it gives back.
pub(super) struct Thrift {
    /// A stream whose every picture is to be decoded has none.
    practised: bool,
    /// When something last stirred, as far as is known.
    stirred: Option<Ticks>,
    looked: Option<Ticks>,
    key: Option<Ticks>,
    /// From one key picture to the next.
    gop: i64,
    held: Vec<Arc<AccessUnit>>,
}

impl Thrift {
    pub(super) fn new(practised: bool) -> Self {
        Self { practised, stirred: None, looked: None, key: None, gop: 0, held: Vec::new() }
    }

    /// The pictures to decode now, this one or earlier ones; they follow each other without a gap from a key picture on.
    pub(super) fn take(&mut self, unit: Arc<AccessUnit>) -> Vec<Arc<AccessUnit>> {
        let quiet = self.practised && self.is_quiet();
        if unit.random_access {
            self.gop = self.key.map_or(0, |key| unit.start - key);
            self.key = Some(unit.start);
            if quiet {
                self.held.clear();
            }
        }
        let key = unit.random_access;
        self.held.push(unit);
        if !quiet || key || self.is_due() { std::mem::take(&mut self.held) } else { Vec::new() }
    }

    fn is_quiet(&self) -> bool {
        // A clock that was set back makes nothing quiet.
        self.stirred.zip(self.looked).is_some_and(|(stirred, looked)| looked - stirred >= QUIET)
    }

    fn is_due(&self) -> bool {
        let (Some(first), Some(last), Some(key)) = (self.held.first(), self.held.last(), self.key) else {
            return true;
        };
        let held = last.start - first.start;
        // From here on the next key picture is near enough, if it comes when it should.
        let near = key + self.gop - HELD;
        let needed = first.start < near && (last.start >= near || held >= GATHERED);
        needed || !(0..HELD).contains(&held)
    }

    /// What was seen: does anything stir?
    pub(super) fn looked(&mut self, at: Ticks, stirs: bool) {
        self.looked = Some(at);
        if stirs || self.stirred.is_none_or(|stirred| stirred > at) {
            self.stirred = Some(at);
        }
    }

    /// The stream begins anew: what is held comes again, or is lost.
    pub(super) fn forget(&mut self) {
        self.held.clear();
        self.key = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::score::tests::unit;

    const SECOND: i64 = TICKS_PER_SECOND;

    /// A stream of so many pictures a second and so many to a key picture: those that are decoded of a minute, by their
    /// number, each with the number of the one that released it. `stirs`: what is seen in which.
    fn decoded(fps: i64, gop: i64, stirs: impl Fn(i64) -> bool) -> Vec<(i64, i64)> {
        let mut thrift = Thrift::new(true);
        let mut found = Vec::new();
        for n in 0..60 * fps {
            for unit in thrift.take(unit(n * SECOND / fps, n % gop == 0)) {
                let number = (unit.start.0 * fps + SECOND / 2) / SECOND;
                thrift.looked(unit.start, stirs(number));
                found.push((number, n));
            }
        }
        found
    }

    #[test]
    fn all_is_decoded_until_it_has_long_been_quiet() {
        let found = decoded(5, 10, |_| false);
        assert!((0..50).all(|n| found.contains(&(n, n))));
        assert!(found.len() < 250, "{}", found.len());
    }

    #[test]
    fn key_pictures_are_enough_where_they_come_every_second() {
        let found = decoded(5, 5, |_| false);
        assert!(found.iter().all(|&(n, _)| n <= 51 || n % 5 == 0), "{found:?}");
    }

    #[test]
    fn all_is_decoded_as_soon_as_something_stirs() {
        // Seen first in a key picture, and to be seen until shortly after.
        let found = decoded(5, 5, |n| (150..180).contains(&n));
        assert!((150..230).all(|n| found.iter().any(|&(decoded, _)| decoded == n)), "{found:?}");
        assert!(!found.iter().any(|&(n, _)| n == 234), "quiet again: {found:?}");
    }

    #[test]
    fn who_is_not_thrifty_decodes_all_at_once() {
        let mut thrift = Thrift::new(false);
        for n in 0..300 {
            thrift.looked(Ticks(n * SECOND / 5), false);
            assert_eq!(thrift.take(unit(n * SECOND / 5, n % 10 == 0)).len(), 1);
        }
    }

    proptest! {
        #[test]
        fn chains_are_whole_and_nothing_waits_long(
            fps in 1i64..30, gop in 1i64..150, noise in proptest::collection::vec(0i64..60, 0..4)
        ) {
            let found = decoded(fps, gop, |n| noise.iter().any(|at| n / fps == *at));
            prop_assert_eq!(found[0].0, 0);
            for pair in found.windows(2) {
                let ((before, _), (n, by)) = (pair[0], pair[1]);
                prop_assert!(n == before + 1 || n > before && n % gop == 0, "a chain from a key picture: {pair:?}");
                prop_assert!((by - n) * SECOND <= HELD * fps + SECOND, "held: {pair:?}");
                // The longest stretch that is not looked at.
                prop_assert!((n - before) * SECOND <= HELD * fps + 2 * SECOND, "left out: {pair:?}");
            }
        }
    }
}
