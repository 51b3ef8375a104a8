//! Pure. What people have set: when the site alerts, what is worth a word, and how each of them wants to be told. Documents as
//! the API has them and the catalogue keeps them, and what follows from them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rule::Rule;
use super::schedule::{Day, Hand, Schedule, Week};
use crate::base::{CameraId, Error, Result, TICKS_PER_SECOND, Ticks, Zone, ZoneId};
use crate::catalogue::{AlertKind, ZONES_MOST};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// Special days that a schedule may name: some years of holidays.
const SPECIAL_MOST: usize = 200;
/// People who may stand in line.
const LINE_MOST: usize = 20;
/// Cameras that a list may name.
const CAMERAS_MOST: usize = 500;

/// When alerts are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchedulePlan {
    /// Seven days, Monday first; each its 48 half hours from midnight on in the site's zone, `1` = wanted.
    #[schema(min_items = 7, max_items = 7)]
    pub week: Vec<String>,
    /// Days that are otherwise, such as Tết.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub special: Vec<SpecialDay>,
    /// Somebody has switched alerts on or off by hand.
    #[serde(default)]
    #[schema(required = true)]
    pub hand: Option<HandPlan>,
}

/// A day that is other than its weekday.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecialDay {
    /// Such as `2027-02-06`.
    #[schema(format = Date)]
    pub date: String,
    /// Its 48 half hours.
    #[schema(min_length = 48, max_length = 48)]
    pub halves: String,
}

/// On or off, whatever the week says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScheduleHand)]
pub struct HandPlan {
    /// On or off.
    pub armed: bool,
    /// Then the week counts again, or what is said in `then`; null = until somebody does otherwise.
    #[schema(format = DateTime, required = true)]
    pub until: Option<String>,
    /// What counts after `until`, before the week does: an earlier hand that lasts longer.
    #[serde(default)]
    #[schema(required = true)]
    pub then: Option<HandBefore>,
}

/// An earlier hand.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandBefore {
    /// On or off.
    pub armed: bool,
    /// Then the week counts again; null = until somebody does otherwise.
    #[schema(format = DateTime, required = true)]
    pub until: Option<String>,
}

fn instant(text: Option<&str>) -> Result<Option<Ticks>> {
    text.map(Ticks::parse).transpose()
}

impl HandPlan {
    /// Off or on until a time, over what a hand has said before: what lasts longer counts again afterwards.
    pub fn over(armed: bool, until: Ticks, before: Option<Self>) -> Self {
        let outlasts = |end: Option<&str>| instant(end).is_ok_and(|end| end.is_none_or(|end| end > until));
        let then = before.and_then(|before| {
            let first = HandBefore { armed: before.armed, until: before.until };
            [Some(first), before.then].into_iter().flatten().find(|hand| outlasts(hand.until.as_deref()))
        });
        Self { armed, until: Some(until.rfc3339()), then }
    }
}

impl Default for SchedulePlan {
    /// Nights, from 22:00 to 05:00.
    fn default() -> Self {
        Self { week: Week::nightly(44, 10).texts().to_vec(), special: Vec::new(), hand: None }
    }
}

impl SchedulePlan {
    /// What follows from it.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong.
    pub fn checked(&self) -> Result<(Schedule, Option<Hand>)> {
        if self.special.len() > SPECIAL_MOST {
            return Err(Error::invalid("these are too many special days; name at most 200"));
        }
        let mut special = BTreeMap::new();
        for day in &self.special {
            special.insert(Zone::day_number(&day.date)?, Day::parse(&day.halves)?);
        }
        let schedule = Schedule { week: Week::parse(&self.week)?, special };
        let hand = match &self.hand {
            None => None,
            Some(hand) => {
                let then = match &hand.then {
                    Some(then) => Some((then.armed, instant(then.until.as_deref())?)),
                    None => None,
                };
                Some(Hand { armed: hand.armed, until: instant(hand.until.as_deref())?, then })
            }
        };
        Ok((schedule, hand))
    }
}

/// What is worth a word, and how many there may be.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertRules {
    /// Ids of the cameras whose motion is told of; none = all.
    #[schema(value_type = Vec<String>, max_items = 500)]
    pub cameras: Vec<CameraId>,
    /// Ids of cameras whose motion is not told of although they are among these; that one is covered or turned away is.
    #[schema(value_type = Vec<String>, max_items = 500)]
    pub cameras_off: Vec<CameraId>,
    /// Ids of alert zones by the id of their camera, at most 500 cameras with at most 32 each: motion before a camera that is
    /// named here is told of only once it has met one of these zones. Of a camera that is not named, or none of whose zones is
    /// there any more, it is told of anywhere.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub zones: BTreeMap<CameraId, Vec<ZoneId>>,
    /// Motion that lasts shorter is not told of, in seconds.
    pub min_seconds: f64,
    /// Motion that takes a smaller share of the picture is not told of, 0 to 1.
    pub min_size: f64,
    /// A camera that is covered or turned away is told of at any hour.
    pub tamper_always: bool,
    /// After a word about a camera it is left alone for so long.
    pub cooldown_minutes: u32,
    /// Alerts of motion from one noon to the next; what counts for less waits for the digest.
    pub night_budget: u32,
    /// When the digest of what was held is sent, `HH:MM` in the site's zone.
    pub digest_at: String,
    /// When nobody has looked at an alert for so long, the next in line is told; null = nobody is.
    #[schema(required = true)]
    pub escalate_after_minutes: Option<u32>,
    /// Ids of the people who are told only when nobody has looked, in this order.
    #[schema(value_type = Vec<String>, max_items = 20)]
    pub in_line: Vec<Uuid>,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self {
            cameras: Vec::new(),
            cameras_off: Vec::new(),
            zones: BTreeMap::new(),
            min_seconds: 2.0,
            min_size: 0.0,
            tamper_always: true,
            cooldown_minutes: 5,
            night_budget: 20,
            digest_at: "06:30".to_owned(),
            escalate_after_minutes: None,
            in_line: Vec::new(),
        }
    }
}

impl AlertRules {
    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong.
    pub fn check(&self) -> Result<()> {
        let right = [
            ((0.0..=600.0).contains(&self.min_seconds), "min_seconds is a time from 0 to 600 seconds"),
            ((0.0..=1.0).contains(&self.min_size), "min_size is a share of the picture from 0 to 1"),
            (self.cooldown_minutes <= 24 * 60, "cooldown_minutes is at most a day, 1440"),
            (self.night_budget <= 500, "night_budget is at most 500"),
            (
                self.escalate_after_minutes.is_none_or(|after| (1..=24 * 60).contains(&after)),
                "escalate_after_minutes is from 1 to 1440; null = nobody else is told",
            ),
            (self.in_line.len() <= LINE_MOST, "at most 20 people may stand in line"),
            (
                self.cameras.len().max(self.cameras_off.len()) <= CAMERAS_MOST,
                "at most 500 cameras may be named; none means all",
            ),
            (self.zones.len() <= CAMERAS_MOST, "zones may be chosen of at most 500 cameras"),
            (
                self.zones.values().all(|zones| zones.len() <= ZONES_MOST),
                "at most 32 zones of a camera may be chosen; a camera that is not named is told of anywhere",
            ),
        ];
        if let Some((_, sentence)) = right.into_iter().find(|(right, _)| !right) {
            return Err(Error::invalid(sentence));
        }
        minute(&self.digest_at).map(drop)
    }

    /// Leaves only zones that are there. A camera none of whose zones is left is told of anywhere again: what somebody does to
    /// its zones does not silence it for ever.
    pub fn keep_zones(&mut self, there: &BTreeSet<(CameraId, ZoneId)>) {
        self.zones.retain(|camera, zones| {
            zones.retain(|zone| there.contains(&(*camera, *zone)));
            !zones.is_empty()
        });
    }

    /// What the rule says, in the rule's own type.
    pub fn rule(&self) -> Rule {
        Rule {
            cameras: self.cameras.iter().copied().collect(),
            cameras_off: self.cameras_off.iter().copied().collect(),
            zones: self
                .zones
                .iter()
                .map(|(camera, zones)| (*camera, zones.iter().copied().collect()))
                .collect(),
            min_seconds: self.min_seconds,
            min_size: self.min_size,
            tamper_always: self.tamper_always,
        }
    }

    /// Ticks that a camera is left alone.
    pub fn cooldown(&self) -> i64 {
        i64::from(self.cooldown_minutes) * MINUTE
    }

    /// Minute of the local day at which the digest is sent.
    pub fn digest_minute(&self) -> u32 {
        minute(&self.digest_at).unwrap_or(390)
    }

    /// Ticks until the next in line is told; `None` = there is nobody.
    pub fn escalates_after(&self) -> Option<i64> {
        let after = self.escalate_after_minutes.filter(|_| !self.in_line.is_empty())?;
        Some(i64::from(after) * MINUTE)
    }
}

/// Minutes since midnight of `HH:MM`.
fn minute(text: &str) -> Result<u32> {
    let wrong = || Error::invalid(format!("{text:?} is no time of day; write it like 06:30"));
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |part: &str, most: u32| {
        let read = (part.len() == 2).then(|| part.parse::<u32>().ok()).flatten();
        read.filter(|n| *n < most).ok_or_else(wrong)
    };
    Ok(number(hours, 24)? * 60 + number(minutes, 60)?)
}

/// What somebody can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Something moved.
    Motion,
    /// A camera is covered, turned away, or shows nothing new.
    Tamper,
    /// Cameras are lost, or back.
    Cameras,
    /// Disk, clock, a restart: what the recorder says of itself.
    Recorder,
}

impl Subject {
    /// What an alert of a kind is about; `None` = it is for whoever asked for it.
    pub fn of(kind: AlertKind) -> Option<Self> {
        match kind {
            AlertKind::Motion => Some(Self::Motion),
            AlertKind::Tamper => Some(Self::Tamper),
            AlertKind::CameraLost | AlertKind::CameraBack => Some(Self::Cameras),
            AlertKind::NotRecording
            | AlertKind::Disk
            | AlertKind::Clock
            | AlertKind::Guessing
            | AlertKind::Restarted => Some(Self::Recorder),
            AlertKind::Digest | AlertKind::Test => None,
        }
    }
}

/// Hours of the day in which somebody is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// `HH:MM` in the site's zone.
    pub from: String,
    /// `HH:MM`; the next day's when it is not later.
    pub to: String,
    /// What counts for much is told all the same.
    #[serde(default = "yes")]
    pub strong_anyway: bool,
}

fn yes() -> bool {
    true
}

/// How somebody wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NotificationPrefs {
    /// At all.
    pub enabled: bool,
    /// Of what; none = everything.
    pub subjects: Vec<Subject>,
    /// Ids of the cameras of which one wants to hear; none = all that one sees.
    #[schema(value_type = Vec<String>, max_items = 500)]
    pub cameras: Vec<CameraId>,
    /// When not: what comes meanwhile waits for the digest.
    #[schema(required = true)]
    pub quiet: Option<QuietHours>,
    /// Address for e-mail; null = none is sent.
    #[schema(required = true, max_length = 254)]
    pub mail: Option<String>,
    /// Id of the chat with the site's Zalo bot; null = nothing is sent.
    #[schema(required = true, max_length = 64)]
    pub zalo: Option<String>,
}

impl Default for NotificationPrefs {
    fn default() -> Self {
        Self { enabled: true, subjects: Vec::new(), cameras: Vec::new(), quiet: None, mail: None, zalo: None }
    }
}

impl NotificationPrefs {
    /// As it was kept; what a newer program wrote and this one cannot read counts as nothing said.
    pub fn kept(body: &Value) -> Self {
        serde_json::from_value(body.clone()).unwrap_or_default()
    }

    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// `Invalid`, saying what is wrong.
    pub fn check(&self) -> Result<()> {
        if self.cameras.len() > CAMERAS_MOST || self.subjects.len() > 4 {
            return Err(Error::invalid("these lists are too long; leave them empty for everything"));
        }
        if let Some(quiet) = &self.quiet {
            minute(&quiet.from)?;
            minute(&quiet.to)?;
        }
        let one_line = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_control() || c == ' ');
        if let Some(mail) = &self.mail {
            let right =
                mail.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
            if !right || !one_line(mail) || mail.len() > 254 {
                return Err(Error::invalid("this is no address for e-mail; write it like binh@example.vn"));
            }
        }
        if self.zalo.as_deref().is_some_and(|id| !one_line(id) || id.len() > 64) {
            return Err(Error::invalid("this is no id of a chat; take it from the bot's first message"));
        }
        Ok(())
    }

    /// Whether somebody wants to hear of a kind.
    pub fn wants(&self, kind: AlertKind) -> bool {
        let listed = |subject| self.subjects.is_empty() || self.subjects.contains(&subject);
        self.enabled && Subject::of(kind).is_none_or(listed)
    }

    /// Whether these are hours in which somebody wants quiet from what counts for `strong` or not.
    pub fn is_quiet(&self, at: Ticks, zone: Zone, strong: bool) -> bool {
        let Some(quiet) = &self.quiet else { return false };
        let (Ok(from), Ok(to)) = (minute(&quiet.from), minute(&quiet.to)) else { return false };
        let now = zone.minute_of_day(at);
        let inside = if from < to { (from..to).contains(&now) } else { now >= from || now < to };
        inside && !(strong && quiet.strong_anyway)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Ticks {
        Ticks::parse(text).expect("a time")
    }

    #[test]
    fn what_was_never_set_is_nights_and_twenty_a_night() {
        let (schedule, hand) = SchedulePlan::default().checked().expect("right");
        assert!(schedule.standing(at("2026-11-27T23:00:00+07:00"), Zone::HO_CHI_MINH, hand).armed);
        assert!(!schedule.standing(at("2026-11-27T12:00:00+07:00"), Zone::HO_CHI_MINH, hand).armed);
        let rules = AlertRules::default();
        assert!(rules.check().is_ok() && rules.escalates_after().is_none());
        assert_eq!((rules.night_budget, rules.digest_minute()), (20, 390));
    }

    #[test]
    fn a_short_hand_goes_over_a_longer_one() {
        let noon = at("2026-11-28T12:00:00+07:00");
        let hand = |armed, until: Option<&str>| {
            Some(HandPlan { armed, until: until.map(str::to_owned), then: None })
        };
        let then = |before| HandPlan::over(false, noon, before).then.map(|then| (then.armed, then.until));
        assert_eq!(then(None), None);
        assert_eq!(then(hand(true, None)), Some((true, None)));
        assert_eq!(then(hand(true, Some("2026-11-28T11:00:00+07:00"))), None, "that is over by then");
        // Twice in a row: the one below both.
        let first = HandPlan::over(false, noon, hand(true, None));
        let second = HandPlan::over(false, noon + MINUTE, Some(first));
        assert_eq!(second.then.map(|then| then.armed), Some(true));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let rules = AlertRules { digest_at: "6:30".to_owned(), ..AlertRules::default() };
        assert!(rules.check().is_err());
        assert!(AlertRules { min_size: f64::NAN, ..AlertRules::default() }.check().is_err());
        let special = vec![SpecialDay { date: "2027-02-30".to_owned(), halves: "0".repeat(48) }];
        assert!(SchedulePlan { special, ..SchedulePlan::default() }.checked().is_err());
        let hand = Some(HandPlan { armed: false, until: Some("tomorrow".to_owned()), then: None });
        assert!(SchedulePlan { hand, ..SchedulePlan::default() }.checked().is_err());
        for mail in ["binh", "@a.vn", "a b@c.vn", "a@b.vn\r\nBcc: x@y.vn"] {
            let prefs = NotificationPrefs { mail: Some(mail.to_owned()), ..NotificationPrefs::default() };
            assert!(prefs.check().is_err(), "{mail}");
        }
    }

    #[test]
    fn zones_are_a_list_for_each_camera_within_bounds() {
        let [camera, other] = [1, 2].map(|n| CameraId::fresh(Ticks(n)));
        let of = |camera: CameraId, zones| AlertRules {
            zones: BTreeMap::from([(camera, zones)]),
            ..AlertRules::default()
        };
        let zones: Vec<ZoneId> = (0..33).map(|n| ZoneId::fresh(Ticks(n))).collect();
        let rules = of(camera, zones[..32].to_vec());
        assert!(rules.check().is_ok() && of(camera, zones.clone()).check().is_err());
        let cameras = |n| (0..n).map(|n| (CameraId::fresh(Ticks(n)), Vec::new())).collect();
        assert!(AlertRules { zones: cameras(500), ..AlertRules::default() }.check().is_ok());
        assert!(AlertRules { zones: cameras(501), ..AlertRules::default() }.check().is_err());
        let body = serde_json::json!(of(camera, zones[..1].to_vec()));
        assert_eq!(body["zones"], serde_json::json!({camera.to_string(): [zones[0]]}));
        let kept: AlertRules = serde_json::from_value(body).expect("read");
        assert_eq!(kept.rule().zones, BTreeMap::from([(camera, BTreeSet::from([zones[0]]))]));
        let before: AlertRules = serde_json::from_str(r#"{"night_budget":6}"#).expect("read");
        assert!(before.zones.is_empty(), "rules from before there was this");
        // A zone counts for its own camera only.
        let mut rules = of(camera, zones[..2].to_vec());
        rules.keep_zones(&BTreeSet::from([(camera, zones[1]), (other, zones[0])]));
        assert_eq!(rules.zones, BTreeMap::from([(camera, vec![zones[1]])]));
        rules.keep_zones(&BTreeSet::from([(other, zones[1])]));
        assert!(rules.zones.is_empty());
    }

    #[test]
    fn quiet_hours_go_over_midnight_and_let_through_what_counts() {
        let quiet = QuietHours { from: "22:00".to_owned(), to: "05:00".to_owned(), strong_anyway: true };
        let prefs = NotificationPrefs { quiet: Some(quiet), ..NotificationPrefs::default() };
        let quiet = |time: &str, strong| {
            prefs.is_quiet(at(&format!("2026-11-27T{time}:00+07:00")), Zone::HO_CHI_MINH, strong)
        };
        assert!(
            quiet("22:00", false)
                && quiet("04:59", false)
                && !quiet("05:00", false)
                && !quiet("21:59", false)
        );
        assert!(!quiet("23:00", true));
        assert!(!NotificationPrefs::default().is_quiet(
            at("2026-11-27T23:00:00+07:00"),
            Zone::HO_CHI_MINH,
            false
        ));
    }

    #[test]
    fn who_named_no_subject_hears_everything() {
        let prefs = NotificationPrefs::default();
        assert!(AlertKind::ALL.into_iter().all(|kind| prefs.wants(kind)));
        let some = NotificationPrefs { subjects: vec![Subject::Tamper], ..prefs };
        assert!(
            some.wants(AlertKind::Tamper) && some.wants(AlertKind::Test) && !some.wants(AlertKind::Motion)
        );
        assert!(!NotificationPrefs { enabled: false, ..some }.wants(AlertKind::Tamper));
    }
}
