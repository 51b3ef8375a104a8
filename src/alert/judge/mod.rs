//! Decides what becomes of what happened. It remembers what it has told, and asks the world for everything else; nothing here
//! waits or writes: a decision is a value.

mod troubles;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use uuid::Uuid;

use super::budget::{Budget, Room, STRONG, Weight};
use super::habit::{Habit, hour_of_week};
use super::incident::{Belongs, Incident, Incidents};
use super::outage::Outages;
use super::rule::{Happening, Says, Why};
use super::world::World;
use crate::base::{CameraId, EventId, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::{Alert, AlertKind, Decision, Event, EventKind, Handled, Judged, ObjectKind, Trouble};
pub(super) use troubles::{boot_name, is_boot};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const HOUR: i64 = 60 * MINUTE;
/// An event that has not ended has seen motion within this: detection ends one after three seconds of quiet.
const QUIET: i64 = 3 * TICKS_PER_SECOND;
/// What is over for longer is no news: it waits for the digest.
const LATE: i64 = 30 * MINUTE;
/// Detection ends an event after so long, and begins another.
const EVENT_LONGEST: i64 = 10 * MINUTE;
/// What counts for hardly more than before is not written again.
const RISE: f64 = 0.01;
/// A camera that is covered again and again is one matter.
const TAMPER_COOLDOWN: i64 = 10 * MINUTE;
/// Cells of the grid that events are measured on.
const CELLS: f64 = 576.0;
/// Weeks of which habits are made.
pub(super) const HABIT_WEEKS: i32 = 26;

/// What it remembers.
#[derive(Default)]
pub(super) struct Memory {
    incidents: Incidents,
    /// Of the last day.
    alerts: HashMap<Uuid, Alert>,
    budget: Option<(i32, u32, Budget)>,
    habits: HashMap<CameraId, Habit>,
    /// Events that may still become worth a word.
    pub(super) waiting: BTreeSet<EventId>,
    /// Events that are part of another matter, and whether they were strong when they joined it. Also when they have ended: what is
    /// found in their pictures is heard of later.
    joined: HashMap<EventId, (EventId, bool)>,
    pub(super) outages: Outages,
    /// Other troubles, by name.
    troubles: BTreeMap<String, Trouble>,
}

/// The week of a local day, counted from the Monday before 1970.
pub(super) fn week_of(day: i32) -> i32 {
    (day + 3).div_euclid(7)
}

/// Something that the recorder says of itself at the moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// Stable name: what is wrong.
    pub code: &'static str,
    /// With what, where there are several such things: its id, and what people call it.
    pub of: Option<(Uuid, String)>,
    /// What kind of alert tells of it.
    pub kind: AlertKind,
    /// How bad it is, 0 to 1.
    pub rank: f64,
}

impl Sign {
    /// Names this trouble among all.
    fn name(&self) -> String {
        match &self.of {
            None => self.code.to_owned(),
            Some((id, _)) => format!("{} {id}", self.code),
        }
    }

    /// What its alert is made of.
    fn facts(&self) -> Value {
        match &self.of {
            None => json!({"code": self.code}),
            Some((id, path)) => json!({"code": self.code, "of": id, "path": path}),
        }
    }
}

/// Areas of the camera of an event.
#[derive(Debug, Default)]
pub(super) struct Areas {
    /// People have drawn where they want to be alerted of something.
    pub(super) drawn: bool,
    /// Names of those that the event has met.
    pub(super) met: Vec<String>,
}

impl Memory {
    /// As a run before this one would remember it.
    pub(super) fn restore(
        alerts: Vec<Alert>,
        troubles: Vec<Trouble>,
        habits: &[(CameraId, i32, u32, u32)],
        this_week: i32,
    ) -> Self {
        let motion = alerts.iter().filter(|alert| alert.kind == AlertKind::Motion);
        let incident = |alert: &Alert| Incident {
            first: EventId(alert.id),
            from: alert.from,
            seen: alert.seen,
            strong: (alert.rank >= STRONG).then_some(alert.seen),
            handled: alert.handled.as_ref().map(|handled| handled.at),
            cameras: alert.cameras.clone(),
        };
        let open = motion.map(incident).collect();
        let mut weeks: BTreeMap<(CameraId, i32), [u32; 168]> = BTreeMap::new();
        for (camera, week, hour, events) in habits.iter().filter(|(_, week, ..)| *week < this_week) {
            let counts = weeks.entry((*camera, *week)).or_insert([0; 168]);
            if let Some(count) = counts.get_mut(*hour as usize) {
                *count = *events;
            }
        }
        let mut learned: HashMap<CameraId, (Habit, i32)> = HashMap::new();
        for ((camera, week), counts) in weeks {
            let (habit, last) = learned.entry(camera).or_insert_with(|| (Habit::default(), week - 1));
            // Weeks without any event were quiet weeks.
            for _ in *last + 1..week {
                habit.learn(&[0; 168]);
            }
            habit.learn(&counts);
            *last = week;
        }
        for (habit, last) in learned.values_mut() {
            for _ in *last + 1..this_week {
                habit.learn(&[0; 168]);
            }
        }
        Self {
            incidents: Incidents::restore(open),
            alerts: alerts.into_iter().map(|alert| (alert.id, alert)).collect(),
            budget: None,
            habits: learned.into_iter().map(|(camera, (habit, _))| (camera, habit)).collect(),
            waiting: BTreeSet::new(),
            joined: HashMap::new(),
            troubles: troubles
                .iter()
                .filter(|t| !t.name.contains(':'))
                .map(|t| (t.name.clone(), t.clone()))
                .collect(),
            outages: Outages::restore(troubles),
        }
    }

    /// From noon to noon; what was sent before a restart counts.
    fn spend(&mut self, world: &World, rank: f64) -> Room {
        let (zone, now, total) = (world.zone, world.now, world.rules.night_budget);
        let day = zone.day_of(Ticks(now.0 - 12 * HOUR));
        if self.budget.as_ref().is_none_or(|(of, was, _)| *of != day || *was != total) {
            let night = TimeRange::new(zone.day_start(day) + 12 * HOUR, zone.day_start(day + 1) + 12 * HOUR);
            let mut sent: Vec<(Ticks, f64)> = self
                .alerts
                .values()
                .filter(|alert| alert.kind == AlertKind::Motion && alert.out)
                .map(|alert| (alert.made, alert.rank))
                .collect();
            sent.sort_by_key(|(at, _)| *at);
            self.budget = Some((day, total, Budget::new(night, total, &sent)));
        }
        match &mut self.budget {
            Some((_, _, budget)) => budget.spend(now, rank),
            None => Room::Digest,
        }
    }

    /// Somebody has dealt with an alert, or takes that back.
    pub(super) fn handled(&mut self, alert: Uuid, handled: Option<Handled>) {
        self.incidents.handled(EventId(alert), handled.as_ref().map(|handled| handled.at));
        if let Some(alert) = self.alerts.get_mut(&alert) {
            alert.handled = handled;
        }
    }

    /// Drops what is a day and a half old.
    pub(super) fn forget(&mut self, now: Ticks) {
        self.alerts.retain(|_, alert| now - alert.made < 36 * HOUR);
        let alerts = &self.alerts;
        self.joined.retain(|_, (first, _)| alerts.contains_key(&first.0));
    }

    fn unusual(&self, world: &World, event: &Event) -> f64 {
        let day = world.zone.day_of(event.start);
        let hour = hour_of_week(day, world.zone.minute_of_day(event.start) / 60);
        self.habits
            .get(&event.camera)
            .map_or_else(|| Habit::default().unusual(hour), |habit| habit.unusual(hour))
    }

    /// What is made of an event as it is now. `before`: what was decided on it, if anything was.
    pub(super) fn event(
        &mut self,
        world: &World,
        event: &Event,
        areas: &Areas,
        before: Option<&str>,
        decision: &mut Decision,
    ) {
        let happening = happening(event, world.now);
        if before.is_some() {
            self.waiting.remove(&event.id);
            if before == Some("told") {
                self.grow(world, event, &happening, areas, decision);
            }
            return;
        }
        // What happened a while ago is judged by what held then.
        let at = if world.now - event.start > 10 * MINUTE { event.start } else { world.now };
        let why = match world.rule.says(&happening, world.standing(at), false) {
            Says::Wait => {
                self.waiting.insert(event.id);
                return;
            }
            // They come before alerts are wanted, and are still there when they are.
            Says::Never(Why::NotArmed) if !happening.over && world.arms_within(EVENT_LONGEST) => {
                self.waiting.insert(event.id);
                return;
            }
            Says::Never(why) => Err(name(why)),
            Says::Tell if event.kind == EventKind::Motion => {
                Ok(self.motion(world, event, &happening, areas, decision))
            }
            Says::Tell => match self.tamper(world, event, decision) {
                // It may last longer than the silence after the one before: then it is told.
                Err(_) if !happening.over => {
                    self.waiting.insert(event.id);
                    return;
                }
                judged => judged,
            },
        };
        self.waiting.remove(&event.id);
        if why.is_ok() && event.kind == EventKind::Motion {
            self.waits_on(event, self.alerts.get(&event.id.0).is_some_and(|own| own.out));
        }
        let (alert, why) = match why {
            Ok(alert) => (Some(alert), "told"),
            Err(why) => (None, why),
        };
        decision.judged.push(Judged { event: event.id, alert, why });
        if event.kind == EventKind::Motion {
            let day = world.zone.day_of(event.start);
            let hour = hour_of_week(day, world.zone.minute_of_day(event.start) / 60);
            decision.counted.push((event.camera, week_of(day), u32::try_from(hour).unwrap_or(0)));
        }
    }

    fn weight(
        &self,
        world: &World,
        event: &Event,
        happening: &Happening<'_>,
        areas: &Areas,
        cameras: usize,
    ) -> Weight {
        Weight {
            size: happening.size,
            seconds: happening.seconds(),
            in_zone: areas.drawn.then_some(!event.zones.is_empty()),
            unusual: self.unusual(world, event),
            object: event.objects.as_ref().map(|_| matches!(object_of(event), Some("person" | "vehicle"))),
            cameras,
        }
    }

    /// Where a motion belongs, and the alert of it: a matter of its own, or one more of something that goes on.
    fn motion(
        &mut self,
        world: &World,
        event: &Event,
        happening: &Happening<'_>,
        areas: &Areas,
        decision: &mut Decision,
    ) -> Uuid {
        let rank = self.weight(world, event, happening, areas, 1).rank();
        let (strong, cooldown) = (rank >= STRONG, world.rules.cooldown());
        let near = |a, b| world.near(a, b);
        let belongs = self.incidents.take(event.id, event.camera, event.start, cooldown, strong, near);
        let (Belongs::Known(first) | Belongs::New(first)) = belongs;
        self.incidents.goes_on(first, happening.seen, strong);
        let known = match belongs {
            Belongs::Known(first) => self.alerts.get(&first.0).cloned(),
            Belongs::New(_) => None,
        };
        if known.is_some() {
            self.joined.insert(event.id, (first, strong));
        }
        match known {
            Some(alert) => self.joins(world, event, happening, areas, alert, decision),
            None => {
                let facts = json!({
                    "cameras": [world.named(event.camera)], "zones": areas.met, "object": object_of(event), "event": event.id,
                    "events": 1,
                });
                let cameras = vec![event.camera];
                let mut alert = self.make(world, event.id.0, AlertKind::Motion, cameras, rank, false, facts);
                (alert.from, alert.seen) = (event.start, happening.seen);
                self.let_out(world, event, &mut alert);
                self.tell(world, alert, decision);
                event.id.0
            }
        }
    }

    fn joins(
        &mut self,
        world: &World,
        event: &Event,
        happening: &Happening<'_>,
        areas: &Areas,
        mut alert: Alert,
        decision: &mut Decision,
    ) -> Uuid {
        let new_camera = !alert.cameras.contains(&event.camera);
        let cameras = alert.cameras.len() + usize::from(new_camera);
        let rank = self.weight(world, event, happening, areas, cameras).rank();
        if new_camera {
            alert.cameras.push(event.camera);
            if let Some(cameras) = alert.facts["cameras"].as_array_mut() {
                cameras.push(world.named(event.camera));
            }
        }
        alert.facts["events"] = json!(alert.facts["events"].as_u64().unwrap_or(1) + 1);
        alert.seen = alert.seen.max(happening.seen);
        let (id, better) = (alert.id, names_object(&mut alert, event));
        let let_out = self.rises(world, event, &mut alert, rank);
        self.settle(world, alert, new_camera || better || let_out, decision);
        id
    }

    /// Counts an alert for more, when it does; `true` when it goes out for that.
    fn rises(&mut self, world: &World, event: &Event, alert: &mut Alert, rank: f64) -> bool {
        if rank < alert.rank + RISE {
            return false;
        }
        alert.rank = rank;
        if rank >= STRONG {
            self.incidents.goes_on(EventId(alert.id), event.start, true);
        }
        let goes_out = !alert.out && self.let_out(world, event, alert);
        if goes_out {
            // It goes out for this one: that is what its readers are led to, not whatever it began with.
            alert.facts["event"] = json!(event.id);
        }
        goes_out
    }

    /// Lets an alert out when there is room for it.
    fn let_out(&mut self, world: &World, event: &Event, alert: &mut Alert) -> bool {
        let late = event.end.is_some_and(|end| world.now - end > LATE);
        alert.out = !late && self.spend(world, alert.rank) == Room::Now;
        alert.escalate = world.escalates(alert);
        alert.out
    }

    /// Keeps a changed alert; `news`: its readers are to be told.
    fn settle(&mut self, world: &World, mut alert: Alert, news: bool, decision: &mut Decision) {
        if news {
            alert.version += 1;
            self.tell(world, alert, decision);
        } else {
            self.keep(alert, decision);
        }
    }

    fn tamper(
        &mut self,
        world: &World,
        event: &Event,
        decision: &mut Decision,
    ) -> Result<Uuid, &'static str> {
        let lately = self.alerts.values().any(|alert| {
            let same = alert.kind == AlertKind::Tamper && alert.cameras.contains(&event.camera);
            same && alert.id != event.id.0 && world.now - alert.made < TAMPER_COOLDOWN
        });
        if lately {
            return Err("cooling");
        }
        let facts =
            json!({"cameras": [world.named(event.camera)], "tamper": event.kind.name(), "event": event.id});
        let late = event.end.is_some_and(|end| world.now - end > LATE);
        let alert = self.make(world, event.id.0, AlertKind::Tamper, vec![event.camera], 0.9, !late, facts);
        self.tell(world, Alert { from: event.start, seen: event.range().to, ..alert }, decision);
        Ok(event.id.0)
    }

    /// An event that was told of has grown, ended, or been looked at: it may count for more than when it was two seconds old.
    fn grow(
        &mut self,
        world: &World,
        event: &Event,
        happening: &Happening<'_>,
        areas: &Areas,
        decision: &mut Decision,
    ) {
        let Some(before) = self.alerts.get(&event.id.0).cloned() else {
            if event.kind != EventKind::Motion {
                return;
            }
            return self.goes_along(world, event, happening, areas, decision);
        };
        let mut alert = before.clone();
        alert.seen = alert.seen.max(event.end.unwrap_or(alert.seen));
        let mut news = false;
        if event.kind == EventKind::Motion {
            let rank = self.weight(world, event, happening, areas, alert.cameras.len()).rank();
            self.incidents.goes_on(event.id, happening.seen, rank >= STRONG);
            news = names_object(&mut alert, event) | self.rises(world, event, &mut alert, rank);
            self.waits_on(event, alert.out);
        }
        if alert != before {
            self.settle(world, alert, news, decision);
        }
    }

    /// One more of something else goes on, and may be more than that by now.
    fn goes_along(
        &mut self,
        world: &World,
        event: &Event,
        happening: &Happening<'_>,
        areas: &Areas,
        decision: &mut Decision,
    ) {
        let joined = self.joined.get(&event.id).copied();
        if let Some((first, strong)) = joined {
            self.incidents.goes_on(first, happening.seen, strong);
        }
        let strong = self.weight(world, event, happening, areas, 1).rank() >= STRONG;
        if strong && joined.is_none_or(|(_, strong)| !strong) {
            let alert = Some(self.motion(world, event, happening, areas, decision));
            decision.judged.push(Judged { event: event.id, alert, why: "told" });
        } else {
            self.waits_on(event, false);
        }
    }

    /// What goes on and has not gone out is looked at again.
    fn waits_on(&mut self, event: &Event, out: bool) {
        if event.end.is_none() && !out {
            self.waiting.insert(event.id);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is a column of the row that is made")]
    fn make(
        &self,
        world: &World,
        id: Uuid,
        kind: AlertKind,
        cameras: Vec<CameraId>,
        rank: f64,
        out: bool,
        facts: Value,
    ) -> Alert {
        let alert = Alert { cameras, rank, out, facts, ..Alert::new(id, kind, world.now) };
        Alert { escalate: world.escalates(&alert), ..alert }
    }

    fn keep(&mut self, alert: Alert, decision: &mut Decision) {
        self.alerts.insert(alert.id, alert.clone());
        decision.alerts.retain(|other| other.id != alert.id);
        decision.alerts.push(alert);
    }

    fn tell(&mut self, world: &World, mut alert: Alert, decision: &mut Decision) {
        let mut told = world.deliveries(&alert);
        // Where nobody else hears of it now, whoever is next in line does not wait.
        let heard = told.iter().any(|delivery| !delivery.person.is_nil() && !delivery.held);
        if !heard
            && world.escalates(&alert).is_some()
            && let Some((place, first)) = world.next_in_line(&alert)
        {
            alert.escalated = place + 1;
            told.extend(first);
        }
        decision.deliveries.extend(told);
        self.keep(alert, decision);
    }

    /// Nobody has looked at an alert for too long.
    pub(super) fn escalate(&mut self, world: &World, alert: &Alert, seen: bool, decision: &mut Decision) {
        // It may have grown a moment ago.
        let mut alert = self.alerts.get(&alert.id).unwrap_or(alert).clone();
        alert.escalate = None;
        if !seen && let Some((place, deliveries)) = world.next_in_line(&alert) {
            alert.escalated = place + 1;
            alert.escalate = world.escalates(&alert);
            decision.deliveries.extend(deliveries);
        }
        self.keep(alert, decision);
    }
}

fn name(why: Why) -> &'static str {
    match why {
        Why::NotArmed => "not_armed",
        Why::Snoozed => "snoozed",
        Why::OtherCamera => "other_camera",
        Why::OtherZone => "other_zone",
        Why::TooShort => "too_short",
        Why::TooSmall => "too_small",
    }
}

/// An event as far as it has come.
fn happening(event: &Event, now: Ticks) -> Happening<'_> {
    let seen = if event.end.is_some() { event.range().to } else { event.seen.max(Ticks(now.0 - QUIET)) };
    Happening {
        event: event.id,
        camera: event.camera,
        kind: event.kind,
        zones: &event.zones,
        from: event.start,
        seen: seen.max(event.start),
        over: event.end.is_some(),
        size: f64::from(event.peak) / CELLS,
    }
}

/// Says in an alert what moved, where that was not known; `true` when it is known now.
fn names_object(alert: &mut Alert, event: &Event) -> bool {
    let object = object_of(event);
    let better = alert.facts["object"].is_null() && object.is_some();
    if better {
        alert.facts["object"] = json!(object);
    }
    better
}

/// What moved, as far as it has a word of its own.
fn object_of(event: &Event) -> Option<&'static str> {
    let found = event.objects.as_ref()?;
    let has = |kind| found.iter().any(|object| object.kind == kind);
    let words =
        [(ObjectKind::Person, "person"), (ObjectKind::Vehicle, "vehicle"), (ObjectKind::Animal, "animal")];
    words.into_iter().find(|(kind, _)| has(*kind)).map(|(_, word)| word)
}
