//! Pure. Which units and streams end workers, and what is done about it.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::base::StreamKey;

/// So many ends, and a unit is not sent again: once may be bad luck.
const UNIT_ENDS: u32 = 2;
/// Units that are remembered.
const MOST_UNITS: usize = 32;
/// So many ends within [`FORGET`], and the stream is left alone: whoever sends always another deadly unit would
/// otherwise take the pictures of all others.
const STREAM_ENDS: u32 = 4;
/// First rest of a stream; twice as long each time.
const FIRST_REST: Duration = Duration::from_secs(30);
const LONGEST_REST: Duration = Duration::from_secs(600);
/// After so long without an end a stream starts afresh.
const FORGET: Duration = Duration::from_secs(900);

/// What follows from an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The unit may try again.
    Again,
    /// The unit is not sent any more.
    SkipUnit,
    /// The stream is left alone for so long.
    RestStream(Duration),
}

#[derive(Debug, Default)]
pub(super) struct Strikes {
    units: VecDeque<(StreamKey, Bytes, u32)>,
    streams: HashMap<StreamKey, Record>,
}

#[derive(Debug)]
struct Record {
    ends: u32,
    last: Instant,
    rests_until: Option<Instant>,
}

impl Strikes {
    /// A worker ended at this unit.
    pub(super) fn ended(&mut self, stream: StreamKey, data: &Bytes, now: Instant) -> Verdict {
        let record = self.streams.entry(stream).or_insert(Record { ends: 0, last: now, rests_until: None });
        if now.duration_since(record.last) > FORGET {
            record.ends = 0;
        }
        record.ends += 1;
        record.last = now;

        let known = self.units.iter().position(|(s, d, _)| *s == stream && d == data);
        let (.., ends) = known
            .and_then(|at| self.units.remove(at))
            .map_or((stream, Bytes::new(), 1), |(s, d, ends)| (s, d, ends + 1));
        self.units.push_back((stream, data.clone(), ends));
        if self.units.len() > MOST_UNITS {
            self.units.pop_front();
        }

        if record.ends >= STREAM_ENDS {
            let rest = FIRST_REST * 2u32.saturating_pow((record.ends - STREAM_ENDS).min(8));
            let rest = rest.min(LONGEST_REST);
            record.rests_until = Some(now + rest);
            return Verdict::RestStream(rest);
        }
        if ends >= UNIT_ENDS { Verdict::SkipUnit } else { Verdict::Again }
    }

    /// Whether this unit must not be sent.
    pub(super) fn forbid(&self, stream: StreamKey, data: &Bytes, now: Instant) -> bool {
        let Some(record) = self.streams.get(&stream) else { return false };
        record.rests_until.is_some_and(|until| now < until)
            || self.units.iter().any(|(s, d, ends)| *ends >= UNIT_ENDS && *s == stream && d == data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANE: StreamKey = StreamKey(1);
    const OTHER: StreamKey = StreamKey(2);

    fn unit(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn a_unit_is_skipped_after_its_second_end_and_only_it() {
        let (mut strikes, now) = (Strikes::default(), Instant::now());
        assert_eq!(strikes.ended(LANE, &unit("deadly"), now), Verdict::Again);
        assert!(!strikes.forbid(LANE, &unit("deadly"), now));
        assert_eq!(strikes.ended(LANE, &unit("deadly"), now), Verdict::SkipUnit);
        assert!(strikes.forbid(LANE, &unit("deadly"), now));
        assert!(!strikes.forbid(LANE, &unit("good"), now));
        assert!(!strikes.forbid(OTHER, &unit("deadly"), now));
    }

    #[test]
    fn a_stream_of_ever_new_deadly_units_rests_longer_each_time() {
        let (mut strikes, mut now) = (Strikes::default(), Instant::now());
        let mut rests = Vec::new();
        for deadly in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
            if let Verdict::RestStream(rest) = strikes.ended(LANE, &unit(deadly), now) {
                assert!(strikes.forbid(LANE, &unit("good"), now + rest - Duration::from_millis(1)));
                assert!(!strikes.forbid(OTHER, &unit("good"), now));
                now += rest;
                assert!(!strikes.forbid(LANE, &unit("good"), now));
                rests.push(rest.as_secs());
            }
        }
        assert_eq!(rests, [30, 60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn ends_long_ago_do_not_count() {
        let (mut strikes, mut now) = (Strikes::default(), Instant::now());
        for deadly in ["a", "b", "c", "d", "e", "f"] {
            assert_eq!(strikes.ended(LANE, &unit(deadly), now), Verdict::Again);
            now += FORGET + Duration::from_secs(1);
        }
    }

    #[test]
    fn memory_of_units_is_bounded() {
        let (mut strikes, now) = (Strikes::default(), Instant::now());
        for n in 0..1000u32 {
            strikes.ended(LANE, &Bytes::copy_from_slice(&n.to_le_bytes()), now);
        }
        assert_eq!(strikes.units.len(), MOST_UNITS);
    }
}
