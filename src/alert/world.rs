//! What a decision depends on besides what happened: settings, cameras, people, what they want. Read anew for each decision, so
//! that a switch holds at once.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use uuid::Uuid;

use super::channel::Hears;
use super::quiet::counts_for_much;
use super::rule::Rule;
use super::schedule::{Hand, Schedule, Standing};
use super::settings::{AlertRules, NotificationPrefs, SchedulePlan};
use super::words;
use crate::base::{CameraId, Result, Ticks, Zone};
use crate::catalogue::{Alert, AlertKind, Camera, Catalogue, NewDelivery, Person, Scope, Snooze};

/// Documents of settings, by their names in the catalogue.
pub(super) const SCHEDULE: &str = "schedule";
pub(super) const RULES: &str = "rules";
/// Channels whose address is each person's own, and those that are the site's.
pub(super) const PUSH: &str = "push";
pub(super) const MAIL: &str = "mail";
pub(super) const ZALO: &str = "zalo";
pub(super) const WEBHOOK: &str = "webhook";
pub(super) const MQTT: &str = "mqtt";
/// How the relay is told, and what it was told last.
pub(super) const RELAY: &str = "relay";
pub(super) const RELAY_TOLD: &str = "relay_told";
/// Topics that the broker was told to keep.
pub(super) const MQTT_TOLD: &str = "mqtt_told";

/// The schedule as it is set, or as it is before anybody has.
pub(super) async fn plan(catalogue: &Catalogue) -> Result<SchedulePlan> {
    let kept = catalogue.alert_setting(SCHEDULE).await?;
    Ok(serde_json::from_value(kept.body).unwrap_or_default())
}

/// The rules as they are set.
pub(super) async fn rules(catalogue: &Catalogue) -> Result<AlertRules> {
    let kept = catalogue.alert_setting(RULES).await?;
    Ok(serde_json::from_value(kept.body).unwrap_or_default())
}

/// Whether a channel of the site is switched on.
pub(super) async fn is_on(catalogue: &Catalogue, channel: &str) -> Result<bool> {
    Ok(catalogue.alert_setting(channel).await?.body["enabled"] == Value::Bool(true))
}

/// Somebody who may be told.
pub(super) struct Listener {
    pub(super) id: Uuid,
    scope: Scope,
    prefs: NotificationPrefs,
    /// Channel and target of each place where they hear.
    places: Vec<(&'static str, Uuid)>,
    snoozed_all: bool,
    snoozed: BTreeSet<CameraId>,
}

/// What somebody hears of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    Now,
    Held,
    Not,
}

impl Listener {
    fn hears(&self, alert: &Alert, zone: Zone, now: Ticks) -> Hearing {
        let mine: Vec<CameraId> = alert.cameras.iter().copied().filter(|c| self.scope.sees(*c)).collect();
        let wanted = |camera: &CameraId| self.prefs.cameras.is_empty() || self.prefs.cameras.contains(camera);
        let quiet_camera = |camera: &CameraId| self.snoozed.contains(camera);
        if !alert.concerns(&self.scope) || !self.prefs.wants(alert.kind) {
            return Hearing::Not;
        }
        let mut about = mine.iter().filter(|camera| wanted(camera)).peekable();
        if !mine.is_empty() && about.peek().is_none() {
            return Hearing::Not;
        }
        if self.snoozed_all || (about.peek().is_some() && about.all(quiet_camera)) {
            // What matters waits for the morning; the rest was not wanted.
            return if counts_for_much(alert) { Hearing::Held } else { Hearing::Not };
        }
        if !alert.out || self.prefs.is_quiet(now, zone, counts_for_much(alert)) {
            return Hearing::Held;
        }
        Hearing::Now
    }
}

/// What is asked of a camera.
struct Known {
    name: String,
    area: String,
    enabled: bool,
}

/// Everything.
pub(super) struct World {
    pub(super) now: Ticks,
    pub(super) zone: Zone,
    schedule: Schedule,
    hand: Option<Hand>,
    pub(super) rules: AlertRules,
    pub(super) rule: Rule,
    cameras: HashMap<CameraId, Known>,
    people: Vec<Listener>,
    /// Channels of the site that are on.
    site: Vec<&'static str>,
}

impl World {
    pub(super) async fn load(catalogue: &Catalogue, hears: Hears, now: Ticks) -> Result<Self> {
        let mut rules = rules(catalogue).await?;
        let (schedule, hand) =
            plan(catalogue).await?.checked().or_else(|_| SchedulePlan::default().checked())?;
        let cameras = catalogue.cameras(Scope::everything()).await?;
        let known = |camera: Camera| {
            (camera.id, Known { name: camera.name, area: camera.area, enabled: camera.enabled })
        };
        let cameras: HashMap<CameraId, Known> = cameras.into_iter().map(known).collect();
        // Of cameras that are all gone nothing is left to choose: it is told of all, as where none was chosen.
        rules.cameras.retain(|camera| cameras.contains_key(camera));
        // The same where zones are all gone: a camera is not silenced by what becomes of its zones.
        rules.keep_zones(&catalogue.alert_zones(rules.zones.keys().copied()).await?);
        let prefs: HashMap<Uuid, NotificationPrefs> = catalogue
            .alert_prefs()
            .await?
            .into_iter()
            .map(|(person, body)| (person, NotificationPrefs::kept(&body)))
            .collect();
        let endpoints = catalogue.push_endpoints().await?;
        let snoozes = catalogue.snoozes(now).await?;
        let (mail, zalo) = (is_on(catalogue, MAIL).await?, is_on(catalogue, ZALO).await?);
        let listener = |person: Person| {
            let mut prefs = prefs.get(&person.id).cloned().unwrap_or_default();
            prefs.cameras.retain(|camera| cameras.contains_key(camera));
            let mine = |snooze: &&Snooze| snooze.person == person.id;
            let mut places: Vec<(&'static str, Uuid)> =
                endpoints.iter().filter(|e| e.person == person.id).map(|e| (PUSH, e.id)).collect();
            places.extend((mail && prefs.mail.is_some()).then_some((MAIL, Uuid::nil())));
            places.extend((zalo && prefs.zalo.is_some()).then_some((ZALO, Uuid::nil())));
            Listener {
                id: person.id,
                scope: person.scope,
                prefs,
                places,
                snoozed_all: snoozes.iter().filter(mine).any(|snooze| snooze.camera.is_none()),
                snoozed: snoozes.iter().filter(mine).filter_map(|snooze| snooze.camera).collect(),
            }
        };
        let people = catalogue.people().await?;
        let people = people.into_iter().filter(|p| p.enabled && hears(&p.role)).map(listener).collect();
        let mut site = Vec::new();
        for channel in [WEBHOOK, MQTT] {
            if is_on(catalogue, channel).await? {
                site.push(channel);
            }
        }
        let rule = rules.rule();
        Ok(Self { now, zone: catalogue.zone(), schedule, hand, rules, rule, cameras, people, site })
    }

    /// Whether alerts are wanted at an instant.
    pub(super) fn standing(&self, at: Ticks) -> Standing {
        self.schedule.standing(at, self.zone, self.hand)
    }

    /// Cameras of one area see the same people.
    pub(super) fn near(&self, a: CameraId, b: CameraId) -> bool {
        let area = |camera| {
            self.cameras.get(&camera).map(|known| known.area.as_str()).filter(|area| !area.is_empty())
        };
        area(a).is_some() && area(a) == area(b)
    }

    /// What an alert remembers of a camera.
    pub(super) fn named(&self, camera: CameraId) -> Value {
        let known = self.cameras.get(&camera);
        let (name, area) = known.map_or(("", ""), |known| (&known.name, &known.area));
        words::named(camera, name, area)
    }

    /// It is there, and switched on.
    pub(super) fn records(&self, camera: CameraId) -> bool {
        self.cameras.get(&camera).is_some_and(|known| known.enabled)
    }

    /// Alerts are not wanted now, and will be within so many ticks.
    pub(super) fn arms_within(&self, ticks: i64) -> bool {
        let standing = self.standing(self.now);
        !standing.armed && standing.until.is_some_and(|until| until - self.now <= ticks)
    }

    /// Those in line hear of an alert one after another, as long as nobody looks; others hear of it at once.
    /// When the next of them is told, from now on; `None` = there is no line for this one.
    pub(super) fn escalates(&self, alert: &Alert) -> Option<Ticks> {
        let answered = !matches!(alert.kind, AlertKind::CameraBack | AlertKind::Restarted);
        let after = self.rules.escalates_after().filter(|_| alert.out && answered);
        after.map(|after| self.now + after)
    }

    /// There is a phone, an address or a machine that would hear of an alert.
    pub(super) fn reaches_anybody(&self) -> bool {
        !self.site.is_empty() || self.reaches_people()
    }

    /// There is a phone or an address of a person that would.
    pub(super) fn reaches_people(&self) -> bool {
        self.people.iter().any(|listener| !listener.places.is_empty())
    }

    fn place(alert: &Alert, listener: &Listener, hearing: Hearing) -> Vec<NewDelivery> {
        if hearing == Hearing::Not {
            return Vec::new();
        }
        let place = |(channel, target): &(&'static str, Uuid)| NewDelivery {
            alert: alert.id,
            person: listener.id,
            channel,
            target: *target,
            held: hearing == Hearing::Held,
        };
        listener.places.iter().map(place).collect()
    }

    /// Who is told of an alert, and where; of those in line only whose turn it was already.
    pub(super) fn deliveries(&self, alert: &Alert) -> Vec<NewDelivery> {
        let escalates = self.escalates(alert).is_some();
        let place = |id| self.rules.in_line.iter().position(|next| *next == id);
        let waits = |listener: &Listener| {
            escalates && place(listener.id).is_some_and(|place| place >= alert.escalated as usize)
        };
        let people = self.people.iter().filter(|listener| !waits(listener));
        let mut all: Vec<NewDelivery> = people
            .flat_map(|listener| Self::place(alert, listener, listener.hears(alert, self.zone, self.now)))
            .collect();
        all.extend(self.site.iter().map(|channel| NewDelivery {
            alert: alert.id,
            person: Uuid::nil(),
            channel,
            target: Uuid::nil(),
            held: false,
        }));
        all
    }

    /// The next in line who can be told, and their place in the line; `None` = there is nobody left.
    pub(super) fn next_in_line(&self, alert: &Alert) -> Option<(u32, Vec<NewDelivery>)> {
        let line = self.rules.in_line.iter().enumerate().skip(alert.escalated as usize);
        line.filter_map(|(n, id)| {
            let listener = self.people.iter().find(|listener| listener.id == *id)?;
            // Whoever is asleep cannot look.
            let hearing = listener.hears(alert, self.zone, self.now);
            let places = Self::place(alert, listener, hearing);
            (hearing == Hearing::Now && !places.is_empty()).then_some((n as u32, places))
        })
        .next()
    }
}
