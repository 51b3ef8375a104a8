//! Pure. What belongs together: whoever walks past five cameras is one matter and one alert, brought up to date in its place.

use crate::base::{CameraId, EventId, TICKS_PER_SECOND, Ticks};

/// Between neighbours, or at the same camera, what comes no later belongs to the same matter.
const TOGETHER: i64 = 120 * TICKS_PER_SECOND;
/// However many follow each other: a matter that has gone on for so long is told of anew.
const LONGEST: i64 = 30 * 60 * TICKS_PER_SECOND;

/// Several events that are one matter. Its name is that of its first event: the same after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its first event.
    pub first: EventId,
    /// Where it began.
    pub from: Ticks,
    /// Last instant known of it.
    pub seen: Ticks,
    /// When something strong was last seen of it; `None` = nothing of it was.
    pub strong: Option<Ticks>,
    /// When somebody said that it is dealt with.
    pub handled: Option<Ticks>,
    /// Cameras, in the order in which they saw it.
    pub cameras: Vec<CameraId>,
}

/// Where an event belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// It is a matter of its own.
    New(EventId),
    /// It is part of one that has been told of.
    Known(EventId),
}

/// Matters that go on.
#[derive(Clone, Debug, Default)]
pub struct Incidents {
    open: Vec<Incident>,
}

impl Incidents {
    /// What a run before this one knew.
    pub fn restore(open: Vec<Incident>) -> Self {
        Self { open }
    }

    /// An event of a matter goes on, and may have become a strong one: what comes soon after its end still belongs to it.
    pub fn goes_on(&mut self, first: EventId, seen: Ticks, strong: bool) {
        if let Some(incident) = self.open.iter_mut().find(|i| i.first == first) {
            incident.seen = incident.seen.max(seen);
            if strong {
                incident.strong = incident.strong.max(Some(seen));
            }
        }
    }

    /// Somebody has dealt with it: those who are there now belong to it, whoever comes later and is strong does not. `None` = they
    /// have not after all.
    pub fn handled(&mut self, first: EventId, at: Option<Ticks>) {
        if let Some(incident) = self.open.iter_mut().find(|i| i.first == first) {
            incident.handled = at;
        }
    }

    /// Sorts an event in: `cooldown` ticks a camera is left alone after the last it saw of a matter, `near` says which cameras
    /// see the same people. What counts as `strong` belongs only to what was strong a moment ago: somebody at the gate is not
    /// one more of the rain.
    pub fn take(
        &mut self,
        event: EventId,
        camera: CameraId,
        at: Ticks,
        cooldown: i64,
        strong: bool,
        near: impl Fn(CameraId, CameraId) -> bool,
    ) -> Belongs {
        let same = TOGETHER.max(cooldown);
        self.open.retain(|i| at - i.seen <= same && at - i.from <= LONGEST.max(cooldown));
        let known = self.open.iter_mut().rev().find(|i| {
            let last = if strong { i.strong } else { Some(i.seen) };
            let over = strong && i.handled.is_some_and(|handled| at - handled > TOGETHER);
            let since = last.filter(|_| at >= i.from && !over).map(|last| at - last);
            let within = |limit: i64| since.is_some_and(|since| since <= limit);
            (within(same) && i.cameras.contains(&camera))
                || (within(TOGETHER) && i.cameras.iter().any(|c| near(*c, camera)))
        });
        if let Some(incident) = known {
            incident.seen = incident.seen.max(at);
            if strong {
                incident.strong = incident.strong.max(Some(at));
            }
            if !incident.cameras.contains(&camera) {
                incident.cameras.push(camera);
            }
            return Belongs::Known(incident.first);
        }
        let strong = strong.then_some(at);
        self.open.push(Incident {
            first: event,
            from: at,
            seen: at,
            strong,
            handled: None,
            cameras: vec![camera],
        });
        Belongs::New(event)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: i64 = 60 * TICKS_PER_SECOND;
    const COOLDOWN: i64 = 5 * MINUTE;

    fn begin() -> Ticks {
        Ticks::parse("2026-11-27T22:14:00+07:00").expect("a time")
    }

    fn cameras() -> Vec<CameraId> {
        (0..5).map(|n| CameraId::fresh(begin() + n)).collect()
    }

    fn event(n: i64) -> EventId {
        EventId::fresh(begin() + n)
    }

    /// In a lane each camera is near the next.
    fn lane(all: &[CameraId]) -> impl Fn(CameraId, CameraId) -> bool {
        let place = |c: CameraId| all.iter().position(|x| *x == c).expect("a camera of the lane");
        move |a, b| place(a).abs_diff(place(b)) == 1
    }

    #[test]
    fn a_walk_along_the_lane_is_one_matter() {
        let all = cameras();
        let mut incidents = Incidents::default();
        let first = event(0);
        let steps: Vec<_> = (0..5_i64)
            .map(|n| {
                let id = if n == 0 { first } else { event(n) };
                incidents.take(id, all[n as usize], begin() + n * MINUTE, COOLDOWN, false, lane(&all))
            })
            .collect();
        assert_eq!(steps[0], Belongs::New(first));
        assert!(steps[1..].iter().all(|s| *s == Belongs::Known(first)), "{steps:?}");
        assert_eq!(incidents.open.iter().map(|i| i.cameras.len()).collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn far_apart_are_two_and_the_same_place_again_soon_is_the_same() {
        let (all, ids) = (cameras(), [0, 1, 2, 3].map(event));
        let mut incidents = Incidents::default();
        let mut take = |n: usize, camera: usize, minute: i64| {
            incidents.take(ids[n], all[camera], begin() + minute * MINUTE, COOLDOWN, false, lane(&all))
        };
        assert_eq!(take(0, 0, 0), Belongs::New(ids[0]));
        assert_eq!(take(1, 4, 0), Belongs::New(ids[1]));
        assert_eq!(take(2, 0, 3), Belongs::Known(ids[0]));
        assert_eq!(take(3, 0, 9), Belongs::New(ids[3]));
    }

    #[test]
    fn somebody_in_the_rain_is_a_matter_of_their_own_and_the_next_of_the_rain_is_not() {
        let (all, rain, thief) = (cameras(), event(0), event(3));
        let mut incidents = Incidents::default();
        let mut take = |id, minute: i64, strong| {
            incidents.take(id, all[0], begin() + minute * MINUTE, COOLDOWN, strong, lane(&all))
        };
        assert_eq!(take(rain, 0, false), Belongs::New(rain));
        assert_eq!(take(event(1), 1, false), Belongs::Known(rain));
        assert_eq!(take(thief, 2, true), Belongs::New(thief));
        assert_eq!(take(event(4), 3, true), Belongs::Known(thief), "they come back");
        assert!(matches!(take(event(5), 4, false), Belongs::Known(_)));
        assert!(matches!(take(event(6), 7, false), Belongs::Known(_)));
        let second = event(7);
        assert_eq!(take(second, 9, true), Belongs::New(second), "rain between two does not make them one");
    }

    #[test]
    fn what_goes_on_holds_what_comes_after_its_end_until_it_has_gone_on_for_too_long() {
        let (all, [first, later, last]) = (cameras(), [0, 1, 2].map(event));
        let mut incidents = Incidents::default();
        let at = |minute: i64| begin() + minute * MINUTE;
        incidents.take(first, all[0], at(0), COOLDOWN, true, lane(&all));
        incidents.goes_on(first, at(10), true);
        let next = incidents.take(later, all[1], at(11), COOLDOWN, true, lane(&all));
        assert_eq!(next, Belongs::Known(first));
        incidents.goes_on(first, at(40), true);
        let next = incidents.take(last, all[0], at(41), COOLDOWN, true, lane(&all));
        assert_eq!(next, Belongs::New(last));
    }

    #[test]
    fn after_it_was_handled_somebody_else_is_a_matter_of_their_own() {
        let (all, ids) = (cameras(), [0, 1, 2, 3].map(event));
        let mut incidents = Incidents::default();
        let take = |incidents: &mut Incidents, n: usize, minute: i64, strong| {
            incidents.take(ids[n], all[0], begin() + minute * MINUTE, COOLDOWN, strong, lane(&all))
        };
        take(&mut incidents, 0, 0, true);
        incidents.handled(ids[0], Some(begin() + MINUTE));
        assert_eq!(take(&mut incidents, 1, 2, true), Belongs::Known(ids[0]), "they are still there");
        assert_eq!(take(&mut incidents, 2, 4, false), Belongs::Known(ids[0]), "the rain goes on");
        assert_eq!(take(&mut incidents, 3, 5, true), Belongs::New(ids[3]));
    }

    #[test]
    fn what_has_become_strong_takes_up_strong_ones() {
        let (all, first) = (cameras(), event(0));
        let mut incidents = Incidents::default();
        incidents.take(first, all[0], begin(), COOLDOWN, false, lane(&all));
        incidents.goes_on(first, begin(), true);
        let next = incidents.take(event(1), all[1], begin() + MINUTE, COOLDOWN, true, lane(&all));
        assert_eq!(next, Belongs::Known(first));
    }

    #[test]
    fn what_never_ends_is_told_of_again() {
        let all = cameras();
        let mut incidents = Incidents::default();
        let new = (0..90).filter(|n| {
            let at = begin() + n * MINUTE;
            matches!(
                incidents.take(event(*n), all[(*n % 2) as usize], at, COOLDOWN, false, lane(&all)),
                Belongs::New(_)
            )
        });
        assert!((2..=4).contains(&new.count()));
    }

    proptest! {
        #[test]
        fn no_camera_is_told_of_anew_within_its_cooldown(
            steps in proptest::collection::vec((0_usize..5, 1_i64..400), 1..200), cooldown in 0_i64..15,
        ) {
            let all = cameras();
            let cooldown = cooldown * MINUTE;
            let (mut incidents, mut at) = (Incidents::default(), begin());
            let mut told: std::collections::BTreeMap<CameraId, Ticks> = std::collections::BTreeMap::new();
            for (n, (camera, seconds)) in steps.into_iter().enumerate() {
                at += seconds * TICKS_PER_SECOND;
                let new = matches!(incidents.take(event(n as i64), all[camera], at, cooldown, false, lane(&all)), Belongs::New(_));
                if new && let Some(before) = told.insert(all[camera], at) {
                    prop_assert!(at - before >= cooldown.min(TOGETHER));
                }
            }
        }
    }
}
