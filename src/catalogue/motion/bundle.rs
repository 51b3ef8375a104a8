//! Pure. Four hours of a camera's minutes in one blob: a search steps over few rows, and the folds of all of them lie
//! side by side, so that only the cells of minutes are looked at that may be wanted.
//!
//! Stored: how many minutes (1 byte); of each, in order, its number in the bundle (1 byte); of each the length of its
//! cells (2 bytes, little endian); of each its fold (8 bytes, little endian); of each its cells, as [`pack`](super::pack)
//! writes them.

use std::collections::BTreeMap;

use super::pack::Minute;

/// Minutes that a bundle is of. What retention drops goes bundle by bundle, and a minute is a row of its own until its
/// bundle is complete: a longer one would keep cells longer than their footage, a shorter one wastes more of its pages.
pub(super) const MINUTES: i64 = 240;

/// A bundle to read.
#[derive(Clone, Copy)]
pub(super) struct Bundle<'a> {
    numbers: &'a [u8],
    lengths: &'a [[u8; 2]],
    folds: &'a [[u8; 8]],
    cells: &'a [u8],
}

impl<'a> Bundle<'a> {
    /// From what was stored; `None` when that is damaged.
    pub(super) fn open(packed: &'a [u8]) -> Option<Self> {
        let (count, rest) = packed.split_first()?;
        let count = usize::from(*count);
        let (numbers, rest) = rest.split_at_checked(count)?;
        let (lengths, rest) = rest.split_at_checked(2 * count)?;
        let (folds, cells) = rest.split_at_checked(8 * count)?;
        let (lengths, folds) = (lengths.as_chunks().0, folds.as_chunks().0);
        let whole: usize = lengths.iter().map(length).sum();
        let in_order = numbers.is_sorted_by(|a, b| a < b);
        let in_bundle = numbers.last().is_none_or(|last| i64::from(*last) < MINUTES);
        (whole == cells.len() && in_order && in_bundle).then_some(Self { numbers, lengths, folds, cells })
    }

    /// Its minutes, newest first: number in the bundle, fold, and packed cells.
    pub(super) fn newest_first(self) -> impl Iterator<Item = (i64, i64, &'a [u8])> {
        let mut cells = self.cells;
        let each = self.numbers.iter().zip(self.lengths).zip(self.folds);
        each.rev().filter_map(move |((number, long), fold)| {
            let packed = cells.split_off(cells.len() - length(long)..)?;
            Some((i64::from(*number), i64::from_le_bytes(*fold), packed))
        })
    }

    /// The same, of those whose fold meets another one.
    pub(super) fn meeting(self, fold: i64) -> impl Iterator<Item = (i64, &'a [u8])> {
        let minutes = self.newest_first().filter(move |(_, of, _)| of & fold != 0);
        minutes.map(|(number, _, packed)| (number, packed))
    }
}

fn length(bytes: &[u8; 2]) -> usize {
    usize::from(u16::from_le_bytes(*bytes))
}

/// A bundle in the making: fold and packed cells of each minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft(BTreeMap<u8, (i64, Vec<u8>)>);

impl Draft {
    /// One that is to be added to.
    pub(super) fn of(bundle: Bundle<'_>) -> Self {
        let mut draft = Self::default();
        for (number, _, packed) in bundle.newest_first() {
            draft.put(number, packed);
        }
        draft
    }

    /// Adds a packed minute to what is known of it; of a damaged one what can be read. `false` = it is damaged.
    pub(super) fn put(&mut self, number: i64, packed: &[u8]) -> bool {
        let Ok(number) = u8::try_from(number) else { return false };
        let (mut minute, whole) = Minute::unpack_some(packed);
        if minute.is_empty() {
            return whole;
        }
        let known = self.0.get(&number);
        let packed = match known {
            None if whole => packed.to_vec(),
            _ => {
                if let Some((_, known)) = known {
                    minute.merge(&Minute::unpack_some(known).0);
                }
                minute.pack()
            }
        };
        self.0.insert(number, (minute.fold(), packed));
        whole
    }

    /// The fold of all minutes; 0 = there are none.
    pub(super) fn fold(&self) -> i64 {
        self.0.values().fold(0, |all, (fold, _)| all | fold)
    }

    /// As stored.
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut out = vec![u8::try_from(self.0.len()).expect("fewer than 256 minutes")];
        out.extend(self.0.keys());
        for (_, packed) in self.0.values() {
            let length = u16::try_from(packed.len()).expect("sixty grids take less than 64 KiB");
            out.extend(length.to_le_bytes());
        }
        self.0.values().for_each(|(fold, _)| out.extend(fold.to_le_bytes()));
        self.0.values().for_each(|(_, packed)| out.extend(packed));
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pack::tests::minute;
    use super::*;

    fn minutes() -> impl Strategy<Value = Vec<(i64, Minute)>> {
        proptest::collection::vec((0..MINUTES, minute()), 0..12)
    }

    /// Put in this order, and what is then there.
    fn draft(minutes: &[(i64, Minute)]) -> (Draft, BTreeMap<i64, Minute>) {
        let (mut draft, mut all) = (Draft::default(), BTreeMap::<i64, Minute>::new());
        for (number, minute) in minutes {
            assert!(draft.put(*number, &minute.pack()));
            all.entry(*number).or_default().merge(minute);
        }
        all.retain(|_, minute| !minute.is_empty());
        (draft, all)
    }

    proptest! {
        #[test]
        fn what_is_bundled_comes_back(minutes in minutes(), fold in 0..i64::MAX) {
            let (draft, all) = draft(&minutes);
            let packed = draft.pack();
            let bundle = Bundle::open(&packed).expect("whole");
            prop_assert_eq!(Draft::of(bundle), draft.clone());
            let wanted: Vec<_> = all.iter().rev().filter(|(_, m)| m.fold() & fold != 0).collect();
            let found: Vec<_> = bundle.meeting(fold).collect();
            prop_assert_eq!(wanted.len(), found.len());
            for ((number, minute), (found, packed)) in wanted.into_iter().zip(found) {
                prop_assert_eq!((*number, Some(minute.clone())), (found, Minute::unpack(packed)));
            }
            prop_assert_eq!(draft.fold(), all.values().fold(0, |fold, minute| fold | minute.fold()));
        }

        #[test]
        fn damage_is_refused_or_survived(minutes in minutes(), cut in 0_usize..600, at in 0_usize..600, byte: u8) {
            let mut packed = draft(&minutes).0.pack();
            let whole = packed.len();
            if let Some(place) = packed.get_mut(at) {
                *place = byte;
            }
            packed.truncate(cut);
            prop_assert!(cut >= whole || at < whole || Bundle::open(&packed).is_none());
            if let Some(bundle) = Bundle::open(&packed) {
                prop_assert!(bundle.newest_first().all(|(number, ..)| number < MINUTES));
                Draft::of(bundle).pack();
            }
        }
    }

    #[test]
    fn of_a_damaged_minute_the_readable_seconds_are_kept() {
        let mut minute = Minute::default();
        minute.add(3, crate::base::Cells::ALL);
        let first = minute.clone();
        minute.add(4, crate::base::Cells::ALL);
        let packed = minute.pack();
        let mut draft = Draft::default();
        assert!(!draft.put(7, &packed[..packed.len() - 1]));
        let packed = draft.pack();
        let kept: Vec<_> = Bundle::open(&packed).expect("whole").meeting(i64::MAX).collect();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].0, Minute::unpack(kept[0].1)), (7, Some(first)));
    }
}
