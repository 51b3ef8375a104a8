//! Pure. What belongs together: whoever walks past five cameras is one matter and one alert, brought up to date in its place.

use std::collections::BTreeMap;

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
    /// Cameras, in the order in which they saw it.
    pub cameras: Vec<CameraId>,
    /// Events of it.
    pub events: u32,
}

/// Where an event belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// It is a matter of its own.
    New(EventId),
    /// It is part of one that has been told of.
    Known(EventId),
    /// It is the first again at a camera that was told of a moment ago: not worth another word.
    Cooling,
}

/// Matters that go on, and what was told when.
#[derive(Clone, Debug, Default)]
pub struct Incidents {
    open: Vec<Incident>,
    /// When the last word about a camera was said.
    told: BTreeMap<CameraId, Ticks>,
}

impl Incidents {
    /// What a run before this one knew: matters by when they began, and when the last word about each camera was said.
    pub fn restore(open: Vec<Incident>, told: BTreeMap<CameraId, Ticks>) -> Self {
        Self { open, told }
    }

    /// Sorts an event in: `cooldown` ticks a camera is left alone after a word about it, `near` says which cameras see the
    /// same people. An event that is given again, because it has grown, belongs where it did.
    pub fn take(
        &mut self,
        event: EventId,
        camera: CameraId,
        at: Ticks,
        cooldown: i64,
        near: impl Fn(CameraId, CameraId) -> bool,
    ) -> Belongs {
        self.open.retain(|i| at - i.seen <= TOGETHER.max(cooldown) && at - i.from <= LONGEST);
        let known = self.open.iter_mut().rev().find(|i| {
            at - i.seen <= TOGETHER
                && at >= i.from
                && i.cameras.iter().any(|c| *c == camera || near(*c, camera))
        });
        if let Some(incident) = known {
            incident.seen = incident.seen.max(at);
            if !incident.cameras.contains(&camera) {
                incident.cameras.push(camera);
            }
            if incident.first != event {
                incident.events += 1;
            }
            self.told.insert(camera, at);
            return Belongs::Known(incident.first);
        }
        if self.told.get(&camera).is_some_and(|told| at >= *told && at - *told < cooldown) {
            return Belongs::Cooling;
        }
        self.told.insert(camera, at);
        self.open.push(Incident { first: event, from: at, seen: at, cameras: vec![camera], events: 1 });
        Belongs::New(event)
    }

    /// A matter that goes on.
    pub fn get(&self, first: EventId) -> Option<&Incident> {
        self.open.iter().find(|i| i.first == first)
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
                incidents.take(id, all[n as usize], begin() + n * MINUTE, COOLDOWN, lane(&all))
            })
            .collect();
        assert_eq!(steps[0], Belongs::New(first));
        assert!(steps[1..].iter().all(|s| *s == Belongs::Known(first)), "{steps:?}");
        let whole = incidents.get(first).expect("it goes on");
        assert_eq!((whole.cameras.len(), whole.events), (5, 5));
    }

    #[test]
    fn far_apart_are_two_and_the_same_place_too_soon_is_none() {
        let all = cameras();
        let mut incidents = Incidents::default();
        assert!(matches!(incidents.take(event(0), all[0], begin(), COOLDOWN, lane(&all)), Belongs::New(_)));
        assert!(matches!(incidents.take(event(1), all[4], begin(), COOLDOWN, lane(&all)), Belongs::New(_)));
        let soon = incidents.take(event(2), all[0], begin() + 3 * MINUTE, COOLDOWN, lane(&all));
        assert_eq!(soon, Belongs::Cooling);
        let later = incidents.take(event(3), all[0], begin() + 6 * MINUTE, COOLDOWN, lane(&all));
        assert!(matches!(later, Belongs::New(_)));
    }

    #[test]
    fn an_event_that_grows_stays_where_it_belongs_and_counts_once() {
        let all = cameras();
        let mut incidents = Incidents::default();
        let id = event(0);
        for n in 0..4 {
            incidents.take(id, all[0], begin() + n * MINUTE, COOLDOWN, lane(&all));
        }
        assert_eq!(incidents.get(id).map(|i| i.events), Some(1));
    }

    #[test]
    fn what_never_ends_is_told_of_again() {
        let all = cameras();
        let mut incidents = Incidents::default();
        let new = (0..90).filter(|n| {
            let at = begin() + n * MINUTE;
            matches!(
                incidents.take(event(*n), all[(*n % 2) as usize], at, COOLDOWN, lane(&all)),
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
            let mut told: BTreeMap<CameraId, Ticks> = BTreeMap::new();
            for (n, (camera, seconds)) in steps.into_iter().enumerate() {
                at += seconds * TICKS_PER_SECOND;
                let new = matches!(incidents.take(event(n as i64), all[camera], at, cooldown, lane(&all)), Belongs::New(_));
                if new && let Some(before) = told.insert(all[camera], at) {
                    prop_assert!(at - before >= cooldown.min(TOGETHER));
                }
            }
        }
    }
}
