//! Pure. Cameras that are lost and come back: what lasts is told, what belongs together is told once. Six cameras that go dark
//! within five seconds hang on one switch or one plug; a camera that blinks is nobody's business.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::base::{CameraId, TICKS_PER_SECOND, Ticks};
use crate::catalogue::Trouble;

/// A camera that is gone for shorter is not told of: it reconnects by itself.
const LOST_AFTER: i64 = 20 * TICKS_PER_SECOND;
/// A camera that is back must stay so for so long.
const BACK_AFTER: i64 = 20 * TICKS_PER_SECOND;
/// What is not kept is told sooner: every second of it is gone.
const NOT_KEPT_AFTER: i64 = 8 * TICKS_PER_SECOND;
/// What goes, or comes back, within so long has one cause.
const TOGETHER: i64 = 5 * TICKS_PER_SECOND;

/// Why a camera's footage is missing, as far as somebody should be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loss {
    /// It cannot be had.
    Camera,
    /// It is there, and not kept.
    Recording,
}

impl Loss {
    /// What a gap's cause means; `None` = nothing that anybody must be told.
    pub(super) fn of(cause: &str) -> Option<Self> {
        match cause {
            "camera_lost" | "camera_silent" | "camera_auth" | "camera_refused_stream" => Some(Self::Camera),
            "disk_full" | "disk_error" | "recorder_late" => Some(Self::Recording),
            _ => None,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Camera => "camera:",
            Self::Recording => "recording:",
        }
    }

    fn after(self) -> i64 {
        match self {
            Self::Camera => LOST_AFTER,
            Self::Recording => NOT_KEPT_AFTER,
        }
    }

    fn name(self, camera: CameraId) -> String {
        format!("{}{camera}", self.prefix())
    }
}

/// Something that is to be told now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    /// What happened.
    pub(super) loss: Loss,
    /// It is over.
    pub(super) back: bool,
    /// Cameras, in the order in which it met them.
    pub(super) cameras: Vec<CameraId>,
    /// Since when.
    pub(super) from: Ticks,
    /// Why, as the first gap says.
    pub(super) cause: String,
    /// The alerts that told of the losses, where they are over.
    pub(super) alerts: Vec<Uuid>,
}

/// A camera that is lost, from the gaps of its streams.
#[derive(Clone, Debug, Default)]
pub(super) struct Outages {
    troubles: BTreeMap<String, Trouble>,
    /// Names that are not as the catalogue has them; `false` = gone.
    changed: BTreeMap<String, bool>,
}

fn gaps(trouble: &Trouble) -> Vec<String> {
    let list = trouble.facts["gaps"].as_array().cloned().unwrap_or_default();
    list.into_iter().filter_map(|gap| gap.as_str().map(str::to_owned)).collect()
}

impl Outages {
    /// What was known before.
    pub(super) fn restore(troubles: impl IntoIterator<Item = Trouble>) -> Self {
        let ours = |trouble: &Trouble| camera_of(&trouble.name).is_some();
        let troubles = troubles.into_iter().filter(ours).map(|t| (t.name.clone(), t)).collect();
        Self { troubles, changed: BTreeMap::new() }
    }

    /// A gap of a camera is there, or has ended (`over`).
    pub(super) fn gap(
        &mut self,
        camera: CameraId,
        gap: Uuid,
        cause: &str,
        from: Ticks,
        over: bool,
        now: Ticks,
    ) {
        let id = gap.to_string();
        if over {
            for loss in [Loss::Camera, Loss::Recording] {
                let name = loss.name(camera);
                let Some(trouble) = self.troubles.get_mut(&name) else { continue };
                let mut left = gaps(trouble);
                let before = left.len();
                left.retain(|known| *known != id);
                if left.len() == before {
                    continue;
                }
                trouble.right = left.is_empty().then_some(now);
                trouble.facts["gaps"] = json!(left);
                self.changed.insert(name, true);
            }
            return;
        }
        let Some(loss) = Loss::of(cause) else { return };
        let name = loss.name(camera);
        let fresh =
            || Trouble { name: name.clone(), from, facts: json!({"cause": cause}), alert: None, right: None };
        let trouble = self.troubles.entry(name.clone()).or_insert_with(fresh);
        let mut all = gaps(trouble);
        if all.contains(&id) && trouble.right.is_none() {
            return;
        }
        if !all.contains(&id) {
            all.push(id);
        }
        // One that blinked, and was not told, begins anew.
        if trouble.alert.is_none() && trouble.right.is_some() {
            trouble.from = from;
        }
        trouble.right = None;
        trouble.facts["gaps"] = json!(all);
        self.changed.insert(name, true);
    }

    /// Something is waiting for its time, or to be written.
    pub(super) fn waits(&self) -> bool {
        !self.changed.is_empty() || self.troubles.values().any(|t| t.alert.is_none() || t.right.is_some())
    }

    /// Alerts of what is still lost.
    pub(super) fn open(&self) -> impl Iterator<Item = Uuid> {
        self.troubles.values().filter(|trouble| trouble.right.is_none()).filter_map(|trouble| trouble.alert)
    }

    fn due(&self, loss: Loss, now: Ticks) -> Option<Told> {
        let open = |t: &&Trouble| t.name.starts_with(loss.prefix()) && t.alert.is_none() && t.right.is_none();
        let mut waiting: Vec<&Trouble> = self.troubles.values().filter(open).collect();
        waiting.sort_by_key(|t| t.from);
        let first = waiting.iter().find(|t| now - t.from >= loss.after())?;
        // Those that came within the time of the first, each within it of the one before.
        let mut last = first.from;
        let mut cameras = Vec::new();
        for trouble in waiting.iter().filter(|t| t.from >= first.from) {
            if trouble.from - last <= TOGETHER {
                last = trouble.from;
                cameras.extend(camera_of(&trouble.name));
            }
        }
        let cause = first.facts["cause"].as_str().unwrap_or_default().to_owned();
        Some(Told { loss, back: false, cameras, from: first.from, cause, alerts: Vec::new() })
    }

    fn back(&self, now: Ticks) -> Option<Told> {
        let returned = |t: &&Trouble| t.name.starts_with(Loss::Camera.prefix()) && t.alert.is_some();
        let mut waiting: Vec<(&Trouble, Ticks)> =
            self.troubles.values().filter(returned).filter_map(|t| Some((t, t.right?))).collect();
        waiting.sort_by_key(|(_, right)| *right);
        let (first, since) = *waiting.iter().find(|(_, right)| now - *right >= BACK_AFTER)?;
        // Those that were told as one and come back one after another are waited for, as long as there is hope.
        let mut last = since;
        let (mut cameras, mut alerts) = (Vec::new(), Vec::new());
        for (trouble, right) in waiting.iter().filter(|(_, right)| *right >= since) {
            if *right - last <= TOGETHER || trouble.alert == first.alert {
                last = *right;
                cameras.extend(camera_of(&trouble.name));
                alerts.extend(trouble.alert);
            }
        }
        Some(Told { loss: Loss::Camera, back: true, cameras, from: since, cause: String::new(), alerts })
    }

    /// What is to be told now; [`Self::told`] says that it was. Forgets what was over before anybody heard of it.
    pub(super) fn look(&mut self, now: Ticks) -> Option<Told> {
        let silent = |t: &Trouble| {
            let over = t.right.is_some_and(|right| now - right >= BACK_AFTER);
            over && (t.alert.is_none() || t.name.starts_with(Loss::Recording.prefix()))
        };
        let gone: Vec<String> =
            self.troubles.values().filter(|t| silent(t)).map(|t| t.name.clone()).collect();
        for name in gone {
            self.troubles.remove(&name);
            self.changed.insert(name, false);
        }
        self.due(Loss::Recording, now).or_else(|| self.due(Loss::Camera, now)).or_else(|| self.back(now))
    }

    /// An alert tells of it.
    pub(super) fn told(&mut self, told: &Told, alert: Uuid) {
        for camera in &told.cameras {
            let name = told.loss.name(*camera);
            if told.back {
                self.troubles.remove(&name);
                self.changed.insert(name, false);
            } else if let Some(trouble) = self.troubles.get_mut(&name) {
                trouble.alert = Some(alert);
                self.changed.insert(name, true);
            }
        }
    }

    /// What the catalogue does not have yet: troubles as they are, and names of those that are over.
    pub(super) fn take_changes(&mut self) -> (Vec<Trouble>, Vec<String>) {
        let changed = std::mem::take(&mut self.changed);
        let (there, gone): (Vec<_>, Vec<_>) = changed.into_iter().partition(|(_, there)| *there);
        let there = there.into_iter().filter_map(|(name, _)| self.troubles.get(&name).cloned()).collect();
        (there, gone.into_iter().map(|(name, _)| name).collect())
    }
}

fn camera_of(name: &str) -> Option<CameraId> {
    let id = [Loss::Camera, Loss::Recording].into_iter().find_map(|loss| name.strip_prefix(loss.prefix()))?;
    id.parse().ok()
}

/// What an alert of it remembers beside its cameras.
pub(super) fn facts(told: &Told) -> Value {
    json!({"cause": told.cause})
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = TICKS_PER_SECOND;

    fn begin() -> Ticks {
        Ticks::parse("2026-11-27T22:14:00+07:00").expect("a time")
    }

    fn camera(n: i64) -> CameraId {
        CameraId(Uuid::from_u128(1000 + n.unsigned_abs() as u128))
    }

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    /// Looks each second for a while, tells what is to be told, and answers it.
    fn watch(outages: &mut Outages, from: i64, to: i64) -> Vec<(i64, Told)> {
        let mut all = Vec::new();
        for second in from..to {
            while let Some(told) = outages.look(begin() + second * SECOND) {
                outages.told(&told, id(100 + all.len() as u128));
                all.push((second, told));
            }
        }
        all
    }

    #[test]
    fn six_cameras_of_one_switch_are_one_alert_and_one_when_they_are_back() {
        let mut outages = Outages::default();
        let cameras: Vec<CameraId> = (0..6).map(camera).collect();
        for (n, camera) in cameras.iter().enumerate() {
            let at = begin() + n as i64 * SECOND;
            outages.gap(*camera, id(n as u128), "camera_lost", at, false, at);
        }
        let told = watch(&mut outages, 0, 300);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].0, &told[0].1.cameras), (20, &cameras));
        for (n, camera) in cameras.iter().enumerate() {
            let at = begin() + (300 + 3 * n as i64) * SECOND;
            outages.gap(*camera, id(n as u128), "camera_lost", begin(), true, at);
        }
        let told = watch(&mut outages, 300, 600);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].1.back && told[0].1.cameras.len() == 6);
        assert!(outages.troubles.is_empty());
    }

    #[test]
    fn a_camera_that_blinks_is_nobodys_business() {
        let mut outages = Outages::default();
        let camera = camera(1);
        for n in 0..20 {
            let at = begin() + n * 30 * SECOND;
            outages.gap(camera, id(n as u128), "camera_silent", at, false, at);
            assert!(watch(&mut outages, n * 30, n * 30 + 10).is_empty());
            outages.gap(camera, id(n as u128), "camera_silent", at, true, at + 10 * SECOND);
            assert!(watch(&mut outages, n * 30 + 10, n * 30 + 30).is_empty());
        }
    }

    #[test]
    fn one_that_was_told_and_blinks_is_told_once() {
        let mut outages = Outages::default();
        let camera = camera(1);
        outages.gap(camera, id(1), "camera_lost", begin(), false, begin());
        assert_eq!(watch(&mut outages, 0, 60).len(), 1);
        outages.gap(camera, id(1), "camera_lost", begin(), true, begin() + 60 * SECOND);
        assert!(watch(&mut outages, 60, 70).is_empty());
        outages.gap(camera, id(2), "camera_lost", begin() + 70 * SECOND, false, begin() + 70 * SECOND);
        assert!(watch(&mut outages, 70, 200).is_empty());
        outages.gap(camera, id(2), "camera_lost", begin(), true, begin() + 200 * SECOND);
        let told = watch(&mut outages, 200, 260);
        assert!(told.len() == 1 && told[0].1.back);
    }

    #[test]
    fn both_streams_are_one_camera_and_what_is_not_kept_is_told_sooner() {
        let mut outages = Outages::default();
        let camera = camera(1);
        outages.gap(camera, id(1), "disk_error", begin(), false, begin());
        outages.gap(camera, id(2), "disk_error", begin(), false, begin());
        outages.gap(camera, id(3), "disabled", begin(), false, begin());
        let told = watch(&mut outages, 0, 60);
        assert_eq!((told.len(), told[0].0, told[0].1.loss), (1, 8, Loss::Recording));
        outages.gap(camera, id(1), "", begin(), true, begin() + 60 * SECOND);
        assert!(outages.troubles.values().all(|t| t.right.is_none()), "the other stream is still not kept");
        outages.gap(camera, id(2), "", begin(), true, begin() + 60 * SECOND);
        assert!(watch(&mut outages, 60, 100).is_empty() && outages.troubles.is_empty());
    }

    proptest! {
        /// A run that ends at any moment and begins again from what was written tells the same.
        #[test]
        fn a_restart_tells_the_same(
            steps in proptest::collection::vec((0_i64..4, 0_i64..40, any::<bool>()), 1..40), cut in 0_usize..40,
        ) {
            let mut told = Vec::new();
            for restarts in [false, true] {
                let (mut outages, mut kept): (Outages, BTreeMap<String, Trouble>) = Default::default();
                let (mut second, mut all) = (0, Vec::new());
                for (n, (which, wait, over)) in steps.iter().enumerate() {
                    let at = begin() + second * SECOND;
                    outages.gap(camera(*which), id(*which as u128), "camera_lost", at, *over, at);
                    all.extend(watch(&mut outages, second, second + wait));
                    second += wait;
                    let (there, gone) = outages.take_changes();
                    kept.extend(there.into_iter().map(|t| (t.name.clone(), t)));
                    kept.retain(|name, _| !gone.contains(name));
                    if restarts && n == cut {
                        outages = Outages::restore(kept.values().cloned());
                    }
                }
                let what: Vec<_> = all.into_iter().map(|(at, told)| (at, told.cameras, told.back)).collect();
                told.push(what);
            }
            prop_assert_eq!(&told[0], &told[1]);
        }
    }
}
