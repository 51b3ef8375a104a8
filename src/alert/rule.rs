//! Pure. Which events are worth a word at all, before it is asked how many words there may be.

use std::collections::{BTreeMap, BTreeSet};

use super::schedule::Standing;
use crate::base::{CameraId, EventId, TICKS_PER_SECOND, Ticks, ZoneId};
use crate::catalogue::EventKind;

/// What people want to be told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Cameras; none = all.
    pub cameras: BTreeSet<CameraId>,
    /// Cameras whose motion is not told of.
    pub cameras_off: BTreeSet<CameraId>,
    /// Areas of a camera, of which its motion must have met one; none = anywhere.
    pub zones: BTreeMap<CameraId, BTreeSet<ZoneId>>,
    /// Motion is told of only where it lasts so long.
    pub min_seconds: f64,
    /// Motion is told of only where it takes such a share of the picture, 0 to 1.
    pub min_size: f64,
    /// Also while alerts are not armed, for a camera that is covered or turned away: it is never a walker.
    pub tamper_always: bool,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            cameras: BTreeSet::new(),
            cameras_off: BTreeSet::new(),
            zones: BTreeMap::new(),
            min_seconds: 2.0,
            min_size: 0.0,
            tamper_always: true,
        }
    }
}

/// An event as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening<'a> {
    /// Its name.
    pub event: EventId,
    /// Where.
    pub camera: CameraId,
    /// What.
    pub kind: EventKind,
    /// Areas it has met.
    pub zones: &'a [ZoneId],
    /// Its beginning.
    pub from: Ticks,
    /// Its end, or how far it has come.
    pub seen: Ticks,
    /// It is over.
    pub over: bool,
    /// Largest share of the picture, 0 to 1.
    pub size: f64,
}

impl Happening<'_> {
    /// How long it lasted so far.
    pub fn seconds(&self) -> f64 {
        (self.seen - self.from).max(0) as f64 / TICKS_PER_SECOND as f64
    }
}

/// Why nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Alerts are not armed.
    NotArmed,
    /// Somebody wants quiet from this camera, or from all.
    Snoozed,
    /// The rule is for other cameras.
    OtherCamera,
    /// It has met none of the rule's areas.
    OtherZone,
    /// It was over too soon.
    TooShort,
    /// It was too small.
    TooSmall,
}

/// What a rule says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Tell.
    Tell,
    /// Not yet: it may become long or large enough, or meet an area.
    Wait,
    /// Never.
    Never(Why),
}

impl Rule {
    /// It has met one of the areas of its camera, or may be anywhere.
    fn is_within(&self, what: &Happening<'_>) -> bool {
        let areas = self.zones.get(&what.camera).filter(|areas| !areas.is_empty());
        areas.is_none_or(|areas| what.zones.iter().any(|zone| areas.contains(zone)))
    }

    /// What the rule says of an event as it stands. `quiet` = somebody has snoozed its camera, or all.
    pub fn says(&self, what: &Happening<'_>, standing: Standing, quiet: bool) -> Says {
        let motion = what.kind == EventKind::Motion;
        let chosen = self.cameras.is_empty() || self.cameras.contains(&what.camera);
        // That one is covered or turned away is told of all.
        if motion && (!chosen || self.cameras_off.contains(&what.camera)) {
            return Says::Never(Why::OtherCamera);
        }
        if !standing.armed && (motion || !self.tamper_always) {
            return Says::Never(Why::NotArmed);
        }
        if quiet {
            return Says::Never(Why::Snoozed);
        }
        if !motion {
            return Says::Tell;
        }
        let lacks = [
            (!self.is_within(what), Why::OtherZone),
            (what.seconds() < self.min_seconds, Why::TooShort),
            (what.size < self.min_size, Why::TooSmall),
        ];
        match lacks.into_iter().find(|(lacks, _)| *lacks) {
            None => Says::Tell,
            Some(_) if !what.over => Says::Wait,
            Some((_, why)) => Says::Never(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Ticks {
        Ticks::parse("2026-11-27T22:14:00+07:00").expect("a time")
    }

    const ARMED: Standing = Standing { armed: true, by_hand: false, until: None };
    const OFF: Standing = Standing { armed: false, by_hand: false, until: None };

    fn walker(seconds: i64, over: bool) -> Happening<'static> {
        Happening {
            event: EventId::fresh(at()),
            camera: CameraId::fresh(at()),
            kind: EventKind::Motion,
            zones: &[],
            from: at(),
            seen: at() + seconds * TICKS_PER_SECOND,
            over,
            size: 0.02,
        }
    }

    #[test]
    fn what_is_too_short_may_still_become_long_enough() {
        let rule = Rule::default();
        assert_eq!(rule.says(&walker(1, false), ARMED, false), Says::Wait);
        assert_eq!(rule.says(&walker(1, true), ARMED, false), Says::Never(Why::TooShort));
        assert_eq!(rule.says(&walker(3, false), ARMED, false), Says::Tell);
    }

    #[test]
    fn each_condition_has_its_reason() {
        let other = Rule { cameras: BTreeSet::from([CameraId::fresh(at())]), ..Rule::default() };
        assert_eq!(other.says(&walker(9, false), ARMED, false), Says::Never(Why::OtherCamera));
        let large = Rule { min_size: 0.1, ..Rule::default() };
        assert_eq!(large.says(&walker(9, true), ARMED, false), Says::Never(Why::TooSmall));
        let rule = Rule::default();
        assert_eq!(rule.says(&walker(9, false), OFF, false), Says::Never(Why::NotArmed));
        assert_eq!(rule.says(&walker(9, false), ARMED, true), Says::Never(Why::Snoozed));
    }

    #[test]
    fn where_areas_are_chosen_motion_waits_until_it_meets_one() {
        let (camera, [gate, pond]) = (CameraId::fresh(at()), [0, 1].map(|n| ZoneId::fresh(at() + n)));
        let within = |areas| Rule { zones: BTreeMap::from([(camera, areas)]), ..Rule::default() };
        let rule = within(BTreeSet::from([gate]));
        let (beside, both) = ([pond], [pond, gate]);
        let moves = |zones, over| Happening { camera, zones, ..walker(9, over) };
        for zones in [&[][..], &beside] {
            assert_eq!(rule.says(&moves(zones, false), ARMED, false), Says::Wait);
            assert_eq!(rule.says(&moves(zones, true), ARMED, false), Says::Never(Why::OtherZone));
        }
        assert_eq!(rule.says(&moves(&both, false), ARMED, false), Says::Tell);
        assert_eq!(
            rule.says(&walker(9, true), ARMED, false),
            Says::Tell,
            "another camera is told of anywhere"
        );
        assert_eq!(within(BTreeSet::new()).says(&moves(&[], true), ARMED, false), Says::Tell, "none is all");
        let covered = Happening { kind: EventKind::TamperCovered, ..moves(&[], true) };
        assert_eq!(rule.says(&covered, ARMED, false), Says::Tell, "it has no area");
    }

    #[test]
    fn a_covered_camera_is_told_of_by_day_too() {
        let covered = Happening { kind: EventKind::TamperCovered, ..walker(0, false) };
        assert_eq!(Rule::default().says(&covered, OFF, false), Says::Tell);
        let nights = Rule { tamper_always: false, ..Rule::default() };
        assert_eq!(nights.says(&covered, OFF, false), Says::Never(Why::NotArmed));
        let others = Rule { cameras: BTreeSet::from([CameraId::fresh(at())]), ..Rule::default() };
        assert_eq!(others.says(&covered, OFF, false), Says::Tell, "only motion is chosen by camera");
        assert_eq!(Rule::default().says(&covered, ARMED, true), Says::Never(Why::Snoozed));
    }
}
