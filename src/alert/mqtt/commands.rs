//! What somebody at the broker may do, where it is allowed: quiet for all cameras for a while, and the motion of one camera
//! told or not. Both are settings that people see and change in the app, and both stand in the log of what people did.

use serde_json::json;
use tokio::time::{Duration, Instant};

use super::line::Heard;
use super::{MqttBroker, Site};
use crate::alert::service::Alerts;
use crate::alert::settings::{AlertRules, HandPlan, SchedulePlan};
use crate::base::{CameraId, Error, Kind, Result, TICKS_PER_SECOND, Ticks};
use crate::catalogue::{AuditAction, Camera, NewAudit};

/// Longest quiet that can be asked for, in minutes: a day.
pub(super) const MINUTES_MOST: u32 = 1440;
/// Longest payload that means anything, in bytes.
const PAYLOAD: usize = 16;
/// Commands in a minute that are followed: a switch for each of many cameras, and some more.
const A_MINUTE: u32 = 100;
/// How often it is said that something was not understood.
const SAY_EVERY: Duration = Duration::from_secs(60);
/// Somebody may change the same at the same time, so often.
const TRIES: u32 = 4;
/// Who it was, in the log of what people did.
const ACTOR: &str = "mqtt";

/// Something that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// No alerts for so many minutes; 0 = that is over.
    Quiet(u32),
    /// Motion before a camera is told, or not.
    Motion(CameraId, bool),
}

/// Topics of commands.
pub(super) fn topics(broker: &MqttBroker) -> Vec<String> {
    vec![broker.topic("snooze/set"), broker.topic("+/alerts/set")]
}

/// What a message wants; `None` = it is not understood, or too old: what the broker has kept was meant for another time.
pub(super) fn read(broker: &MqttBroker, cameras: &[Camera], heard: &Heard) -> Option<Command> {
    let rest = heard.topic.strip_prefix(&broker.base)?.strip_prefix('/')?;
    if heard.kept || heard.payload.len() > PAYLOAD {
        return None;
    }
    let text = std::str::from_utf8(&heard.payload).ok()?.trim();
    if rest == "snooze/set" {
        // Home Assistant may write a number as 30.0.
        let digits = text.strip_suffix(".0").unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let minutes = plain.then(|| digits.parse::<u32>().ok()).flatten();
        return minutes.filter(|minutes| *minutes <= MINUTES_MOST).map(Command::Quiet);
    }
    let slug = rest.strip_suffix("/alerts/set")?;
    let camera = cameras.iter().find(|camera| camera.slug == slug)?;
    match text {
        "ON" => Some(Command::Motion(camera.id, true)),
        "OFF" => Some(Command::Motion(camera.id, false)),
        _ => None,
    }
}

/// Pure. Counts what comes, so that nobody can fill the log of what people did, nor ours.
#[derive(Debug, Default)]
pub(super) struct Measure {
    minute: Option<Instant>,
    taken: u32,
    said: Option<Instant>,
}

impl Measure {
    /// There may be one more.
    pub(super) fn may(&mut self, now: Instant) -> bool {
        if self.minute.is_none_or(|begun| now - begun >= Duration::from_secs(60)) {
            (self.minute, self.taken) = (Some(now), 0);
        }
        self.taken += 1;
        self.taken <= A_MINUTE
    }

    /// Something was not done: it is time to say so.
    pub(super) fn should_say(&mut self, now: Instant) -> bool {
        let due = self.said.is_none_or(|said| now - said >= SAY_EVERY);
        if due {
            self.said = Some(now);
        }
        due
    }
}

/// Minutes of quiet that are left, as the broker is told.
pub(super) fn minutes_left(plan: &SchedulePlan, now: Ticks) -> u32 {
    let hand = plan.checked().ok().and_then(|(_, hand)| hand);
    let Some((false, until)) = hand.and_then(|hand| hand.says(now)) else { return 0 };
    let Some(until) = until else { return MINUTES_MOST };
    let left = (until - now).max(0);
    let minutes = left.unsigned_abs().div_ceil((60 * TICKS_PER_SECOND).unsigned_abs());
    u32::try_from(minutes).unwrap_or(MINUTES_MOST).min(MINUTES_MOST)
}

/// Whether motion before a camera is told.
pub(super) fn is_told(rules: &AlertRules, camera: CameraId) -> bool {
    (rules.cameras.is_empty() || rules.cameras.contains(&camera)) && !rules.cameras_off.contains(&camera)
}

/// Does it; nothing where it is so already. It is refused like any other wish where it cannot be meant.
///
/// # Errors
/// When the catalogue cannot be used.
pub(super) async fn follow(alerts: &Alerts, site: &Site, command: &Command) -> Result<()> {
    for _ in 0..TRIES {
        let done = match command {
            Command::Quiet(minutes) => quiet(alerts, site, *minutes).await,
            Command::Motion(camera, on) => motion(alerts, site, *camera, *on).await,
        };
        match done {
            // Somebody has changed the same meanwhile.
            Err(error) if error.kind() == Kind::Conflict => {}
            done => return done,
        }
    }
    Err(Error::new(Kind::Conflict, "somebody changes the same all the time"))
}

fn note(alerts: &Alerts, site: &Site, camera: Option<CameraId>, detail: serde_json::Value) {
    let peer = site.broker.host.clone();
    let action = AuditAction::AlertSettings;
    alerts.0.catalogue.note(NewAudit { actor: ACTOR.to_owned(), action, camera, detail, peer });
}

async fn quiet(alerts: &Alerts, site: &Site, minutes: u32) -> Result<()> {
    let (mut plan, revision, _) = alerts.schedule().await?;
    let now = alerts.0.clock.now();
    let before = plan.hand.take();
    plan.hand = if minutes > 0 {
        Some(HandPlan::over(false, now + i64::from(minutes) * 60 * TICKS_PER_SECOND, before))
    } else {
        match before {
            // What was before counts again. What somebody has switched off without an end is theirs to switch on.
            Some(HandPlan { armed: false, until: Some(_), then }) => {
                then.map(|then| HandPlan { armed: then.armed, until: then.until, then: None })
            }
            _ => return Ok(()),
        }
    };
    alerts.put_schedule(&plan, revision, ACTOR).await?;
    note(alerts, site, None, json!({"schedule": plan.hand}));
    Ok(())
}

async fn motion(alerts: &Alerts, site: &Site, camera: CameraId, on: bool) -> Result<()> {
    let (mut rules, revision) = alerts.rules().await?;
    if is_told(&rules, camera) == on {
        return Ok(());
    }
    rules.cameras_off.retain(|off| *off != camera);
    if !on {
        rules.cameras_off.push(camera);
    } else if !is_told(&rules, camera) {
        rules.cameras.push(camera);
    }
    alerts.put_rules(&rules, revision, ACTOR).await?;
    note(alerts, site, Some(camera), json!({"rules": {"motion": on}}));
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::broker;
    use super::*;

    fn heard(topic: &str, payload: &[u8]) -> Heard {
        Heard { topic: topic.to_owned(), payload: payload.to_vec(), kept: false }
    }

    #[test]
    fn minutes_are_read_and_nothing_else() {
        let read = |payload: &[u8]| read(&broker(), &[], &heard("lanewatch/snooze/set", payload));
        assert_eq!(read(b"30"), Some(Command::Quiet(30)));
        assert_eq!(read(b" 0\n"), Some(Command::Quiet(0)));
        assert_eq!(read(b"15.0"), Some(Command::Quiet(15)));
        for wrong in ["", "-1", "+5", "1441", "99999999999", "1e3", "soon", "15.5", "00000000000000000030"] {
            assert_eq!(read(wrong.as_bytes()), None, "{wrong}");
        }
        let kept = Heard { kept: true, ..heard("lanewatch/snooze/set", b"30") };
        assert_eq!(super::read(&broker(), &[], &kept), None, "it was said for another time");
        assert_eq!(super::read(&broker(), &[], &heard("other/snooze/set", b"30")), None);
    }

    #[test]
    fn a_flood_is_not_followed() {
        let (mut measure, now) = (Measure::default(), Instant::now());
        assert_eq!((0..1000).filter(|_| measure.may(now)).count(), A_MINUTE as usize);
        assert!(measure.may(now + Duration::from_secs(60)));
        assert!(measure.should_say(now) && !measure.should_say(now + Duration::from_secs(59)));
    }

    #[test]
    fn quiet_is_told_in_minutes_and_only_while_it_lasts() {
        let now = Ticks::parse("2026-11-27T22:00:30+07:00").expect("a time");
        let left = |armed, until: Option<&str>| {
            let hand = Some(HandPlan { armed, until: until.map(str::to_owned), then: None });
            minutes_left(&SchedulePlan { hand, ..SchedulePlan::default() }, now)
        };
        assert_eq!(left(false, Some("2026-11-27T22:10:00+07:00")), 10);
        assert_eq!(left(false, Some("2026-11-27T22:00:00+07:00")), 0);
        assert_eq!((left(false, None), left(true, None)), (MINUTES_MOST, 0));
        assert_eq!(minutes_left(&SchedulePlan::default(), now), 0);
    }

    proptest! {
        #[test]
        fn whatever_is_published_is_read_or_not(topic in "lanewatch/\\PC{0,40}", payload: Vec<u8>) {
            let _ = read(&broker(), &[], &heard(&topic, &payload));
        }
    }
}
