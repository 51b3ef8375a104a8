//! What is wrong with cameras and with the recorder itself: told when it lasts, once, and forgotten when it is over.

use std::collections::HashSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::outage::{self, Loss};
use super::super::world::World;
use super::{HOUR, MINUTE, Memory, Sign};
use crate::base::{CameraId, TICKS_PER_SECOND, Ticks, fresh_uuid};
use crate::catalogue::{Alert, AlertKind, Decision, Trouble};

/// What was told so often within [`LATELY`] comes and goes: it waits for the digest.
const FLAPS: usize = 2;
const LATELY: i64 = 12 * HOUR;
/// What comes and goes and then stays is told at once all the same: this time somebody may have cut it.
const STAYS: i64 = 10 * MINUTE;
/// A sign that has been gone for so long and comes again is told anew: a disk at its limit is there all the time.
const FORGOTTEN_AFTER: i64 = 30 * MINUTE;
/// In an alert's facts: it was told as it stayed.
const STAYED: &str = "stayed";
/// It is waited for at most so many times twice as long.
const STAYED_MOST: usize = 6;

impl Memory {
    /// Cameras that were lost, or are back, for as long as there is anything to be told.
    pub(in crate::alert) fn look_at_cameras(&mut self, world: &World, decision: &mut Decision) {
        while let Some(told) = self.outages.look(world.now) {
            let kind = match (told.loss, told.back) {
                (Loss::Camera, false) => AlertKind::CameraLost,
                (Loss::Camera, true) => AlertKind::CameraBack,
                (Loss::Recording, _) => AlertKind::NotRecording,
            };
            // One that was switched off or removed meanwhile is neither missed nor back.
            let cameras: Vec<CameraId> = told.cameras.iter().copied().filter(|c| world.records(*c)).collect();
            if cameras.is_empty() {
                self.outages.told(&told, Uuid::nil());
                continue;
            }
            let mut facts = outage::facts(&told);
            facts["cameras"] = cameras.iter().map(|camera| world.named(*camera)).collect();
            let rank = if told.back { 0.3 } else { 0.8 };
            let often = |camera: &CameraId| {
                self.lately(kind, world.now, |alert| alert.cameras.contains(camera)) >= FLAPS
            };
            // Whoever heard that one of them is lost hears that it is back.
            let heard = |loss: &Uuid| self.alerts.get(loss).is_none_or(|loss| loss.out);
            let out = if told.back { told.alerts.iter().any(heard) } else { !cameras.iter().all(often) };
            let id = fresh_uuid(world.now);
            let alert = self.make(world, id, kind, cameras, rank, out, facts);
            self.outages.told(&told, id);
            self.tell(world, Alert { from: told.from, ..alert }, decision);
        }
        let (troubles, over) = self.outages.take_changes();
        decision.troubles.extend(troubles);
        decision.over.extend(over);
    }

    /// How many alerts there were of the same lately.
    fn lately(&self, kind: AlertKind, now: Ticks, same: impl Fn(&Alert) -> bool) -> usize {
        let lately = |alert: &&Alert| alert.kind == kind && now - alert.made < LATELY && same(alert);
        self.alerts.values().filter(lately).count()
    }

    fn stays(&self, now: Ticks) -> impl Iterator<Item = &Alert> {
        let signs = self.troubles.values().filter(|trouble| trouble.right.is_none());
        let held: HashSet<Uuid> =
            signs.filter_map(|trouble| trouble.alert).chain(self.outages.open()).collect();
        let stays = move |alert: &&Alert| {
            !alert.out
                && held.contains(&alert.id)
                && now - alert.from >= STAYS << self.stayed_lately(alert, now).min(STAYED_MOST)
        };
        self.alerts.values().filter(stays)
    }

    /// How often that was told before. What goes for long, over and over, must stay for twice as long each time: it is little
    /// news, and what somebody cuts in the end is told all the same.
    fn stayed_lately(&self, alert: &Alert, now: Ticks) -> usize {
        let told = |other: &Alert| {
            other.facts[STAYED] == true
                && same_trouble(&other.facts, &alert.facts)
                && alert.cameras.iter().all(|camera| other.cameras.contains(camera))
        };
        self.lately(alert.kind, now, told)
    }

    /// Something comes and goes, and has stayed now.
    pub(in crate::alert) fn has_what_stays(&self, now: Ticks) -> bool {
        self.stays(now).next().is_some()
    }

    /// Tells of what waits for the digest, as it came and went before, and has stayed now.
    pub(in crate::alert) fn look_at_what_stays(&mut self, world: &World, decision: &mut Decision) {
        for alert in self.stays(world.now).cloned().collect::<Vec<_>>() {
            let mut alert = Alert { out: true, seen: world.now, ..alert };
            alert.facts[STAYED] = json!(true);
            self.tell(world, Alert { escalate: world.escalates(&alert), ..alert }, decision);
        }
    }

    /// What the recorder says of itself, told when it says it twice and forgotten when it has not for half an hour.
    pub(in crate::alert) fn look_at_signs(&mut self, world: &World, signs: &[Sign], decision: &mut Decision) {
        for sign in signs {
            let before = self.troubles.get(&sign.name()).cloned();
            let mut trouble = before.clone().unwrap_or_else(|| Trouble {
                name: sign.name(),
                from: world.now,
                facts: json!({}),
                alert: None,
                right: None,
            });
            let lasts = before.is_some() && world.now - trouble.from >= 4 * TICKS_PER_SECOND;
            trouble.right = None;
            if trouble.alert.is_none() && lasts {
                let id = fresh_uuid(world.now);
                let facts = sign.facts();
                let same = |alert: &Alert| same_trouble(&alert.facts, &facts);
                let out = self.lately(sign.kind, world.now, same) < FLAPS;
                let alert = self.make(world, id, sign.kind, Vec::new(), sign.rank, out, facts);
                trouble.alert = Some(id);
                self.tell(world, Alert { from: trouble.from, ..alert }, decision);
            }
            if before.as_ref() != Some(&trouble) {
                decision.troubles.push(trouble.clone());
                self.troubles.insert(trouble.name.clone(), trouble);
            }
        }
        let gone: Vec<String> = self
            .troubles
            .keys()
            .filter(|name| !signs.iter().any(|sign| sign.name() == **name))
            .cloned()
            .collect();
        for name in gone {
            let Some(trouble) = self.troubles.get_mut(&name) else { continue };
            match trouble.right {
                None => {
                    trouble.right = Some(world.now);
                    decision.troubles.push(trouble.clone());
                }
                Some(right) if world.now - right >= FORGOTTEN_AFTER => {
                    self.troubles.remove(&name);
                    decision.over.push(name);
                }
                Some(_) => {}
            }
        }
    }

    /// Some sign is there, or was a moment ago.
    pub(in crate::alert) fn has_signs(&self) -> bool {
        !self.troubles.is_empty()
    }

    /// The recorder has started again after it was cut off; told once for each start.
    pub(in crate::alert) fn restarted(
        &mut self,
        world: &World,
        boot: i64,
        facts: Value,
        from: Ticks,
        decision: &mut Decision,
    ) {
        let id = fresh_uuid(world.now);
        let cameras = facts["cameras"].as_array().cloned().unwrap_or_default();
        let cameras: Vec<CameraId> = cameras.iter().filter_map(|c| c["id"].as_str()?.parse().ok()).collect();
        let alert = self.make(world, id, AlertKind::Restarted, cameras, 0.6, true, facts);
        let name = boot_name(boot);
        decision.troubles.push(Trouble { name, from, facts: json!({}), alert: Some(id), right: None });
        self.tell(world, Alert { from, ..alert }, decision);
    }
}

/// Whether alerts made of these tell of the same.
fn same_trouble(a: &Value, b: &Value) -> bool {
    ["code", "of"].iter().all(|key| a[key] == b[key])
}

/// Name of the trouble that a start was told of.
pub(in crate::alert) fn boot_name(boot: i64) -> String {
    format!("boot:{boot}")
}

/// One of these names.
pub(in crate::alert) fn is_boot(name: &str) -> bool {
    name.starts_with("boot:")
}
