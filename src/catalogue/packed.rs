//! Pure. A list of segments that SQLite hands over as one row.
//!
//! sqlx costs two to three microseconds a row of fourteen columns, and a page of a player list has a thousand; joined
//! by SQLite into one text of numbers and one blob it is half of that, and the fragment indexes are slices of one
//! buffer.

use bytes::Bytes;
use uuid::Uuid;

use super::types::{Segment, SegmentState};
use crate::base::{SegmentId, StreamKey, Ticks, VolumeId};
use crate::media::ParametersHash;

/// A segment row with local keys; volume and parameters of the segment are filled in from them.
pub(super) struct Raw {
    pub(super) segment: Segment,
    pub(super) volume: i64,
    pub(super) parameters: i64,
}

/// Bytes of id and chain hash before each index.
const FIXED: usize = 16 + 32;

/// Takes rows apart: `numbers` has eleven per row (start, volume, boot, run, state, duration, bytes, parameters, first
/// offset, holds, length of the index), `packed` id, chain hash and index. `None` when they do not fit each other.
pub(super) fn unpack(stream: StreamKey, numbers: &str, mut packed: Bytes) -> Option<Vec<Raw>> {
    let mut numbers = numbers.split_ascii_whitespace().map(|number| number.parse::<i64>().ok());
    let mut rows = Vec::new();
    while let Some(start) = numbers.next() {
        let mut next = || numbers.next().flatten();
        let (start, volume, boot, run, state) = (start?, next()?, next()?, next()?, next()?);
        let (duration, bytes, parameters, first_offset, holds) =
            (next()?, next()?, next()?, next()?, next()?);
        let length = usize::try_from(next()?).ok()?;
        if packed.len() < FIXED.checked_add(length)? {
            return None;
        }
        let fixed = packed.split_to(FIXED);
        let segment = Segment {
            id: SegmentId(Uuid::from_slice(&fixed[..16]).ok()?),
            stream,
            start: Ticks(start),
            duration,
            bytes,
            volume: VolumeId(Uuid::nil()),
            boot,
            run,
            state: SegmentState::from_code(state),
            parameters_hash: ParametersHash([0; 16]),
            first_offset,
            held: holds > 0,
            chain_hash: fixed[16..].try_into().ok(),
            frag_index: packed.split_to(length),
        };
        rows.push(Raw { segment, volume, parameters });
    }
    packed.is_empty().then_some(rows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_does_not_fit_is_refused() {
        let row = "1 2 3 4 1 6 7 8 9 0 2";
        let stream = StreamKey(1);
        assert_eq!(unpack(stream, "", Bytes::new()).map(|rows| rows.len()), Some(0));
        assert_eq!(unpack(stream, row, Bytes::from(vec![0; FIXED + 2])).map(|rows| rows.len()), Some(1));
        assert!(unpack(stream, row, Bytes::from(vec![0; FIXED + 1])).is_none());
        assert!(unpack(stream, row, Bytes::from(vec![0; FIXED + 3])).is_none());
        assert!(unpack(stream, "1 2 3", Bytes::from(vec![0; FIXED + 2])).is_none());
        assert!(unpack(stream, "1 2 3 4 1 6 7 8 9 0 -2", Bytes::from(vec![0; FIXED])).is_none());
    }

    proptest! {
        #[test]
        fn any_text_and_bytes_are_survived(numbers in "[-0-9 x]{0,60}", packed in proptest::collection::vec(any::<u8>(), 0..200)) {
            unpack(StreamKey(1), &numbers, packed.into());
        }
    }
}
