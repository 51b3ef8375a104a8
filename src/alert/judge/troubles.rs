//! What is wrong with cameras and with the recorder itself: told when it lasts, once, and forgotten when it is over.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::outage::{self, Loss, Told};
use super::super::world::World;
use super::{HOUR, MINUTE, Memory, Sign};
use crate::base::{CameraId, TICKS_PER_SECOND, Ticks, fresh_uuid};
use crate::catalogue::{Alert, AlertKind, Decision, Trouble};

/// A camera that was told lost so often within an hour is told of in the digest.
const FLAPS: usize = 3;

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
            let out = !self.flaps(&told, world.now);
            let id = fresh_uuid(world.now);
            let alert = self.make(world, id, kind, cameras, rank, out, facts);
            self.outages.told(&told, id);
            self.tell(world, Alert { from: told.from, ..alert }, decision);
        }
        let (troubles, over) = self.outages.take_changes();
        decision.troubles.extend(troubles);
        decision.over.extend(over);
    }

    fn flaps(&self, told: &Told, now: Ticks) -> bool {
        if told.loss == Loss::Recording {
            return false;
        }
        let lately = self
            .alerts
            .values()
            .filter(|alert| alert.kind == AlertKind::CameraLost && now - alert.made < HOUR);
        lately.filter(|alert| told.cameras.iter().all(|camera| alert.cameras.contains(camera))).count()
            >= FLAPS
    }

    /// What the recorder says of itself, told when it says it twice and forgotten when it has not for a minute.
    pub(in crate::alert) fn look_at_signs(&mut self, world: &World, signs: &[Sign], decision: &mut Decision) {
        for sign in signs {
            let known = self.troubles.get(sign.name).cloned();
            let mut trouble = known.unwrap_or_else(|| Trouble {
                name: sign.name.to_owned(),
                from: world.now,
                facts: json!({}),
                alert: None,
                right: None,
            });
            let lasts =
                self.troubles.contains_key(sign.name) && world.now - trouble.from >= 4 * TICKS_PER_SECOND;
            let before = self.troubles.get(sign.name).cloned();
            trouble.right = None;
            if trouble.alert.is_none() && lasts {
                let id = fresh_uuid(world.now);
                let alert =
                    self.make(world, id, sign.kind, Vec::new(), sign.rank, true, json!({"code": sign.name}));
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
            .filter(|name| !signs.iter().any(|sign| sign.name == **name))
            .cloned()
            .collect();
        for name in gone {
            let Some(trouble) = self.troubles.get_mut(&name) else { continue };
            match trouble.right {
                None => {
                    trouble.right = Some(world.now);
                    decision.troubles.push(trouble.clone());
                }
                Some(right) if world.now - right >= MINUTE => {
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

/// Name of the trouble that a start was told of.
pub(in crate::alert) fn boot_name(boot: i64) -> String {
    format!("boot:{boot}")
}

/// One of these names.
pub(in crate::alert) fn is_boot(name: &str) -> bool {
    name.starts_with("boot:")
}
