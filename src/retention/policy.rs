//! Pure. What goes: from rules and the oldest footage to the segments that are deleted.

use crate::base::{TICKS_PER_SECOND, Ticks};
use crate::catalogue::{Doomed, Stream};
use crate::config::Days;

const DAY: i64 = 86_400 * TICKS_PER_SECOND;

/// How long a stream's footage stays, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    /// Goes only when nothing else is left to give; `None` = no promise.
    min: Option<i64>,
    /// Goes although there is room; `None` = no limit.
    max: Option<i64>,
}

impl Rule {
    /// A stream's own days, and the site's where it says nothing. What must go by a maximum is not promised beyond.
    pub(super) fn of(stream: &Stream, site: Days) -> Self {
        let ticks = |days: u32| i64::from(days) * DAY;
        let max = stream.max_days.or(site.max).map(ticks);
        let min = stream.min_days.or(site.min).map(ticks);
        Self { min: min.map(|min| max.map_or(min, |max| min.min(max))), max }
    }

    /// True when footage that ended then is older than allowed.
    pub(super) fn is_too_old(self, end: Ticks, now: Ticks) -> bool {
        self.max.is_some_and(|max| now - end >= max)
    }

    fn is_promised(self, end: Ticks, now: Ticks) -> bool {
        self.min.is_some_and(|min| now - end < min)
    }
}

/// The oldest footage of one stream on one volume that nothing holds, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    /// Of the stream.
    pub(super) rule: Rule,
    /// All of it, or as many as a batch takes.
    pub(super) segments: Vec<Doomed>,
}

fn end(segment: &Doomed) -> Ticks {
    segment.start + segment.duration
}

/// What is older than allowed, oldest first, at most `limit`.
pub(super) fn aged(shelves: &[Shelf], now: Ticks, limit: usize) -> Vec<Doomed> {
    let of_shelf = |shelf: &Shelf| {
        let rule = shelf.rule;
        shelf.segments.iter().copied().take_while(move |s| rule.is_too_old(end(s), now)).collect::<Vec<_>>()
    };
    let mut all: Vec<Doomed> = shelves.iter().flat_map(of_shelf).collect();
    all.sort_unstable_by_key(|s| (s.start, s.stream));
    all.truncate(limit);
    all
}

/// What a volume gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    /// In the order they are chosen.
    pub(super) segments: Vec<Doomed>,
    /// How many of them were promised to stay: recording goes on, and people are told.
    pub(super) promised: usize,
}

/// What goes to free `need` bytes, at most `limit` segments: the oldest of all streams, first those that nobody was
/// promised, then the oldest of the others. `now` is the last time that was believed, so that a wrong clock neither
/// breaks a promise nor makes one.
pub(super) fn give(shelves: &[Shelf], need: i64, now: Ticks, limit: usize) -> Given {
    let mut all: Vec<(bool, Doomed)> = shelves
        .iter()
        .flat_map(|shelf| shelf.segments.iter().map(|s| (shelf.rule.is_promised(end(s), now), *s)))
        .collect();
    all.sort_unstable_by_key(|(promised, s)| (*promised, s.start, s.stream));
    let mut given = Given::default();
    let mut left = need;
    for (promised, segment) in all.into_iter().take(limit) {
        if left <= 0 {
            break;
        }
        left -= segment.bytes;
        given.promised += usize::from(promised);
        given.segments.push(segment);
    }
    given
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::base::{SegmentId, StreamKey, VolumeId};

    const MINUTE: i64 = 60 * TICKS_PER_SECOND;

    fn rule(min: Option<i64>, max: Option<i64>) -> Rule {
        Rule { min: min.map(|m| m * MINUTE), max: max.map(|m| m * MINUTE) }
    }

    fn segment(stream: i64, minute: i64, bytes: i64) -> Doomed {
        let start = Ticks(minute * MINUTE);
        let (id, volume) = (SegmentId::fresh(start), VolumeId::fresh(Ticks(0)));
        Doomed { stream: StreamKey(stream), start, id, volume, duration: MINUTE, bytes }
    }

    fn minutes(segments: &[Doomed]) -> Vec<(i64, i64)> {
        segments.iter().map(|s| (s.stream.0, s.start.0 / MINUTE)).collect()
    }

    #[test]
    fn the_oldest_of_all_streams_go_first_and_no_more_than_needed() {
        let shelf = |stream, from: i64| Shelf {
            rule: Rule::default(),
            segments: (from..from + 4).map(|m| segment(stream, m, 10)).collect(),
        };
        let shelves = [shelf(1, 2), shelf(2, 0)];
        let given = give(&shelves, 45, Ticks(9 * MINUTE), 99);
        assert_eq!(minutes(&given.segments), [(2, 0), (2, 1), (1, 2), (2, 2), (1, 3)]);
        assert_eq!(give(&shelves, 0, Ticks(0), 99), Given::default());
        assert_eq!(give(&shelves, 45, Ticks(0), 2).segments.len(), 2);
    }

    #[test]
    fn what_was_promised_goes_last() {
        let shelves = [
            Shelf { rule: rule(Some(8), None), segments: (0..4).map(|m| segment(1, m, 10)).collect() },
            Shelf { rule: rule(None, None), segments: (3..6).map(|m| segment(2, m, 10)).collect() },
        ];
        // Minute 9: of the first stream only minute 0 (it ended at 1) is beyond its eight minutes.
        let given = give(&shelves, 45, Ticks(9 * MINUTE), 99);
        assert_eq!(
            (minutes(&given.segments), given.promised),
            (vec![(1, 0), (2, 3), (2, 4), (2, 5), (1, 1)], 1)
        );
    }

    #[test]
    fn a_maximum_wins_over_a_minimum() {
        let days = |min, max| Days { min, max };
        let stream = |min_days, max_days| Stream {
            key: StreamKey(1),
            id: crate::base::StreamId::fresh(Ticks(0)),
            kind: crate::base::StreamKind::Main,
            url: "rtsp://10.0.0.7/main".parse().expect("url"),
            recorded: true,
            min_days,
            max_days,
            group: String::new(),
            deleted: None,
        };
        let of = |own: (Option<u32>, Option<u32>), site| {
            let rule = Rule::of(&stream(own.0, own.1), site);
            (rule.min.map(|t| t / DAY), rule.max.map(|t| t / DAY))
        };
        assert_eq!(of((None, None), days(Some(7), Some(30))), (Some(7), Some(30)), "the site's days");
        assert_eq!(of((Some(9), Some(40)), days(Some(7), Some(30))), (Some(9), Some(40)), "its own days");
        assert_eq!(of((None, Some(3)), days(Some(7), None)), (Some(3), Some(3)));
    }

    /// A volume in memory, as the catalogue and the disk show it.
    #[derive(Debug)]
    struct Model {
        rules: Vec<Rule>,
        /// With whether it is held.
        kept: Vec<(Doomed, bool)>,
    }

    impl Model {
        fn shelves(&self, limit: usize) -> Vec<Shelf> {
            let of = |stream: usize| {
                let own = |(s, held): &&(Doomed, bool)| s.stream.0 == stream as i64 && !held;
                let mut segments: Vec<Doomed> = self.kept.iter().filter(own).map(|(s, _)| *s).collect();
                segments.sort_unstable_by_key(|s| s.start);
                segments.truncate(limit);
                segments
            };
            self.rules.iter().enumerate().map(|(n, rule)| Shelf { rule: *rule, segments: of(n) }).collect()
        }

        /// One sweep, in batches of `limit`; answers what went by age and what for room.
        fn sweep(&mut self, now: Ticks, trusted: bool, mut need: i64, limit: usize) -> (Vec<Doomed>, Given) {
            let (mut by_age, mut for_room) = (Vec::new(), Given::default());
            loop {
                let shelves = self.shelves(limit);
                let aged = if trusted { aged(&shelves, now, limit) } else { Vec::new() };
                let batch = if aged.is_empty() {
                    let given = give(&shelves, need, now, limit);
                    for_room.promised += given.promised;
                    for_room.segments.extend(&given.segments);
                    given.segments
                } else {
                    by_age.extend(&aged);
                    aged
                };
                if batch.is_empty() {
                    return (by_age, for_room);
                }
                let gone: BTreeSet<_> = batch.iter().map(|s| (s.stream, s.start)).collect();
                self.kept.retain(|(s, held)| !gone.contains(&(s.stream, s.start)) || *held);
                need -= batch.iter().map(|s| s.bytes).sum::<i64>();
            }
        }
    }

    type Minutes = Option<i64>;

    fn model() -> impl Strategy<Value = Model> {
        let days = || proptest::option::of(0_i64..60);
        let rules = proptest::collection::vec((days(), days()), 1..5);
        let kept = proptest::collection::vec((0_i64..5, 0_i64..60, 1_i64..100, any::<bool>()), 0..120);
        (rules, kept).prop_map(|(rules, kept): (Vec<(Minutes, Minutes)>, Vec<_>)| {
            let cut = |(min, max): &(Minutes, Minutes)| rule(min.map(|m| m.min(max.unwrap_or(m))), *max);
            let rules: Vec<Rule> = rules.iter().map(cut).collect();
            let mut seen = BTreeSet::new();
            let kept = kept
                .into_iter()
                .map(|(stream, minute, bytes, held)| (stream % rules.len() as i64, minute, bytes, held))
                .filter(|(stream, minute, ..)| seen.insert((*stream, *minute)))
                .map(|(stream, minute, bytes, held)| (segment(stream, minute, bytes), held))
                .collect();
            Model { rules, kept }
        })
    }

    proptest! {
        #[test]
        fn a_sweep_takes_what_it_must_and_nothing_else(
            mut model in model(), minute in 0_i64..100, trusted in any::<bool>(), need in 0_i64..3000, limit in 1_usize..20,
        ) {
            let now = Ticks(minute * MINUTE);
            let before = model.kept.clone();
            let held = |kept: &[(Doomed, bool)]| kept.iter().filter(|(_, held)| *held).count();
            let (by_age, for_room) = model.sweep(now, trusted, need, limit);

            prop_assert_eq!(held(&before), held(&model.kept), "held footage stays");
            let rule = |s: &Doomed| model.rules[s.stream.0 as usize];
            prop_assert!(by_age.iter().all(|s| rule(s).is_too_old(end(s), now)));
            prop_assert!(trusted || by_age.is_empty(), "nothing by age while the clock is not trusted");
            let free = || model.kept.iter().filter(|(_, held)| !held).map(|(s, _)| s);
            prop_assert!(!trusted || free().all(|s| !rule(s).is_too_old(end(s), now)), "and all of it when it is");

            let aged: i64 = by_age.iter().map(|s| s.bytes).sum();
            let freed: i64 = for_room.segments.iter().map(|s| s.bytes).sum();
            prop_assert!(aged + freed >= need || free().next().is_none(), "enough, if there is anything to give");
            let last = for_room.segments.last().map_or(0, |s| s.bytes);
            prop_assert!(for_room.segments.is_empty() || aged + freed - last < need, "and no segment more");

            let order = |s: &Doomed| (rule(s).is_promised(end(s), now), s.start, s.stream);
            prop_assert!(for_room.segments.is_sorted_by_key(order), "oldest first");
            if let Some(last) = for_room.segments.last() {
                prop_assert!(free().all(|s| order(s) > order(last)), "nothing older was left");
            }
            let promised = for_room.segments.iter().filter(|s| rule(s).is_promised(end(s), now)).count();
            prop_assert_eq!(for_room.promised, promised);
        }
    }
}
