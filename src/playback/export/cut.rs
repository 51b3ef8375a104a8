//! Pure. Cuts what was asked for into stretches that are footage from end to end, and names what is missing.

use crate::base::{TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::{Gap, GapCause};

/// A hole up to this is a late picture or two, not a gap: the part goes on over it.
const TOLERANCE: i64 = TICKS_PER_SECOND / 2;
/// A part is no longer: a player opens it at once, and an interrupted copy of it is not all lost.
const LONGEST: i64 = 6 * 3600 * TICKS_PER_SECOND;

/// What becomes of a stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    /// Stretches of footage, in order; a file each.
    pub(super) parts: Vec<TimeRange>,
    /// The rest, with the reason.
    pub(super) missing: Vec<(TimeRange, GapCause)>,
}

/// `footage` and `gaps` in order of time; they may reach beyond the range.
pub(super) fn cut(range: TimeRange, footage: impl IntoIterator<Item = TimeRange>, gaps: &[Gap]) -> Cut {
    let mut cut = Cut::default();
    let mut open: Option<TimeRange> = None;
    let mut reached = range.from;
    for piece in footage.into_iter().filter_map(|piece| piece.overlap(range)) {
        if piece.to <= reached {
            continue;
        }
        if piece.from - reached > TOLERANCE {
            cut.parts.extend(open.take());
        }
        cut.note(TimeRange::new(reached, piece.from), gaps);
        let from = open.map_or(piece.from.max(reached), |part| part.from);
        open = Some(TimeRange::new(from, piece.to));
        reached = piece.to;
    }
    cut.parts.extend(open);
    cut.note(TimeRange::new(reached, range.to), gaps);
    cut.parts = cut.parts.into_iter().flat_map(in_lengths).collect();
    cut
}

impl Cut {
    /// A hole: as much of it as a gap explains, and what nothing explains when it is more than a late picture.
    fn note(&mut self, hole: TimeRange, gaps: &[Gap]) {
        let mut from = hole.from;
        for gap in gaps {
            let whole = TimeRange::new(gap.from, gap.to.unwrap_or(hole.to));
            let Some(part) = whole.overlap(TimeRange::new(from, hole.to)) else { continue };
            self.unexplained(from, part.from);
            self.missing.push((part, gap.cause));
            from = part.to;
        }
        self.unexplained(from, hole.to);
    }

    fn unexplained(&mut self, from: Ticks, to: Ticks) {
        if to - from > TOLERANCE {
            self.missing.push((TimeRange::new(from, to), GapCause::Unknown));
        }
    }
}

fn in_lengths(part: TimeRange) -> impl Iterator<Item = TimeRange> {
    let count = (part.ticks() + LONGEST - 1) / LONGEST;
    (0..count).map(move |n| {
        let from = part.from + n * LONGEST;
        TimeRange::new(from, Ord::min(from + LONGEST, part.to))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const S: i64 = TICKS_PER_SECOND;

    fn range(from: i64, to: i64) -> TimeRange {
        TimeRange::new(Ticks(from), Ticks(to))
    }

    fn gap(from: i64, to: Option<i64>, cause: GapCause) -> Gap {
        Gap { from: Ticks(from), to: to.map(Ticks), cause, id: Uuid::nil() }
    }

    #[test]
    fn a_gap_ends_a_part_and_is_named() {
        let gaps = [gap(60 * S, Some(70 * S), GapCause::CameraLost)];
        let cut = cut(range(10 * S, 100 * S), [range(0, 60 * S), range(70 * S, 120 * S)], &gaps);
        assert_eq!(cut.parts, [range(10 * S, 60 * S), range(70 * S, 100 * S)]);
        assert_eq!(cut.missing, [(range(60 * S, 70 * S), GapCause::CameraLost)]);
    }

    #[test]
    fn a_late_picture_is_no_gap_but_a_short_gap_is_named() {
        let footage = [range(0, 10 * S), range(10 * S + S / 4, 20 * S)];
        assert_eq!(
            cut(range(0, 20 * S), footage, &[]),
            Cut { parts: vec![range(0, 20 * S)], missing: vec![] }
        );
        let short = gap(10 * S, Some(10 * S + S / 4), GapCause::RecorderLate);
        let cut = cut(range(0, 20 * S), footage, &[short]);
        assert_eq!((cut.parts.len(), cut.missing.len()), (1, 1));
    }

    #[test]
    fn what_nothing_explains_is_unknown_and_a_lasting_gap_reaches_the_end() {
        let gaps = [gap(30 * S, None, GapCause::CameraAuth)];
        let cut = cut(range(0, 60 * S), [range(10 * S, 30 * S)], &gaps);
        assert_eq!(cut.parts, [range(10 * S, 30 * S)]);
        assert_eq!(
            cut.missing,
            [(range(0, 10 * S), GapCause::Unknown), (range(30 * S, 60 * S), GapCause::CameraAuth)]
        );
    }

    #[test]
    fn a_day_becomes_files_of_six_hours() {
        let day = range(0, 24 * 3600 * S);
        assert_eq!(cut(day, [day], &[]).parts.len(), 4);
    }

    proptest! {
        #[test]
        fn parts_and_missing_cover_what_was_asked_once(
            steps in proptest::collection::vec((0_i64..3 * S, 1_i64..20 * S), 0..12), from in 0_i64..40 * S, long in S..90 * S,
        ) {
            let (mut at, mut footage) = (0, Vec::new());
            for (hole, length) in steps {
                footage.push(range(at + hole, at + hole + length));
                at += hole + length;
            }
            let asked = range(from, from + long);
            let cut = cut(asked, footage, &[]);
            let mut all: Vec<TimeRange> = cut.parts.iter().copied().chain(cut.missing.iter().map(|m| m.0)).collect();
            all.sort_by_key(|r| r.from);
            let mut reached = asked.from;
            for piece in all {
                prop_assert!(piece.from >= reached && piece.from - reached <= TOLERANCE && !piece.is_empty());
                reached = piece.to;
            }
            prop_assert!(reached <= asked.to && asked.to - reached <= TOLERANCE);
        }
    }
}
