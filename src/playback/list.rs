//! Pure. The fragment list of our own player: where every fragment lies, so that a seek fetches just what it needs.

use super::plan::PlannedSegment;
use crate::base::{SegmentId, TimeRange};
use crate::media::ParametersHash;

/// One fragment: offset and bytes in the file, start after the segment's start and duration in ticks, random access.
pub type ListedFragment = (u64, u32, i64, u32, u8);

/// One segment of the list.
#[derive(Clone, Debug)]
pub struct ListedSegment {
    /// Its id; the file is fetched by it.
    pub id: SegmentId,
    /// Decoder parameters.
    pub parameters: ParametersHash,
    /// Whole time it covers.
    pub range: TimeRange,
    /// Bytes of `ftyp moov`.
    pub first_offset: u64,
    /// False while it is still growing.
    pub complete: bool,
    /// The fragments that the range needs.
    pub fragments: Vec<ListedFragment>,
}

impl From<&PlannedSegment> for ListedSegment {
    fn from(s: &PlannedSegment) -> Self {
        let listed = s.wanted().iter();
        let fragments = listed
            .map(|f| (f.offset, f.bytes, f.start - s.range.from, f.duration, u8::from(f.key())))
            .collect();
        Self {
            id: s.id,
            parameters: s.parameters,
            range: s.range,
            first_offset: s.first_offset,
            complete: s.complete,
            fragments,
        }
    }
}
