//! Pure. Which fragments a range needs: from the random access point before it to the last picture inside.

use std::ops::Range;

use crate::base::{SegmentId, Ticks, TimeRange, VolumeId};
use crate::media::{FragmentIndex, ParametersHash};

/// One fragment with its place in file and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// First byte in the file.
    pub offset: u64,
    /// Bytes, without the link that follows.
    pub bytes: u32,
    /// Start of its first picture.
    pub start: Ticks,
    /// Ticks.
    pub duration: u32,
    /// Bytes before the first picture.
    pub header_bytes: u32,
    /// Size of the first picture when decoding can start there, else 0.
    pub key_bytes: u32,
}

impl Placed {
    /// True when decoding can start with it.
    pub fn key(&self) -> bool {
        self.key_bytes > 0
    }

    /// First instant after it.
    pub fn end(&self) -> Ticks {
        self.start + i64::from(self.duration)
    }
}

/// One segment with its fragments placed.
#[derive(Clone, Debug)]
pub struct PlannedSegment {
    /// Its id.
    pub id: SegmentId,
    /// The volume it lies on.
    pub volume: VolumeId,
    /// Its decoder parameters.
    pub parameters: ParametersHash,
    /// Whole time it covers.
    pub range: TimeRange,
    /// Bytes of `ftyp moov`.
    pub first_offset: u64,
    /// False while it is still growing.
    pub complete: bool,
    /// Length of the file; of a growing one, so far.
    pub file_bytes: u64,
    /// Last link of its hash chain; `None` while it is still growing.
    pub chain: Option<[u8; 32]>,
    /// All its fragments.
    pub fragments: Vec<Placed>,
    /// Those that the asked range needs.
    pub wanted: Range<usize>,
}

impl PlannedSegment {
    /// The wanted fragments.
    pub fn wanted(&self) -> &[Placed] {
        &self.fragments[self.wanted.clone()]
    }
}

/// Gives every fragment of an index its place.
pub(super) fn place(index: &FragmentIndex, first_offset: u64, start: Ticks) -> Vec<Placed> {
    let place = |(offset, after, e): (u64, i64, &crate::media::FragmentEntry)| Placed {
        offset,
        bytes: e.bytes,
        start: start + after,
        duration: e.duration,
        header_bytes: e.header_bytes(),
        key_bytes: e.key_bytes,
    };
    index.placed(first_offset).map(place).collect()
}

/// The fragments that a range needs: those that overlap it, and before them those back to a random access point.
/// Empty when none overlaps.
pub(super) fn window(fragments: &[Placed], range: TimeRange) -> Range<usize> {
    let end = fragments.partition_point(|f| f.start < range.to);
    let first = fragments.partition_point(|f| f.end() <= range.from);
    if first >= end {
        return 0..0;
    }
    let key = fragments[..=first].iter().rposition(Placed::key).unwrap_or(0);
    key..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::media::FragmentEntry;

    fn fragments(keys: &[bool]) -> Vec<Placed> {
        let entries = keys
            .iter()
            .enumerate()
            .map(|(n, key)| FragmentEntry {
                bytes: 100,
                duration: 50,
                video_samples: 2,
                audio_samples: 0,
                key_bytes: u32::from(*key || n == 0) * 10,
            })
            .collect();
        place(&FragmentIndex { entries }, 500, Ticks(1000))
    }

    proptest! {
        #[test]
        fn a_window_covers_the_range_from_a_key(
            keys in proptest::collection::vec(any::<bool>(), 1..30), from in 900_i64..2600, length in 1_i64..500,
        ) {
            let all = fragments(&keys);
            let range = TimeRange::new(Ticks(from), Ticks(from + length));
            let window = window(&all, range);
            let mut overlapping = all.iter().filter(|f| f.start < range.to && f.end() > range.from);
            prop_assert!(overlapping.clone().all(|f| all[window.clone()].contains(f)));
            if let Some(first) = overlapping.clone().next() {
                prop_assert!(all[window.start].key() && all[window.start].start <= first.start);
                let between = all[window.clone()].iter().skip(1).take_while(|f| f.start <= first.start);
                prop_assert!(between.into_iter().all(|f| !f.key()), "starts at the nearest key");
                prop_assert_eq!(all[window.end - 1], *overlapping.next_back().expect("one overlaps"));
            } else {
                prop_assert!(window.is_empty());
            }
        }
    }
}
