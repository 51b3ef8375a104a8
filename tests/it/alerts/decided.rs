//! What is decided at the edges: who is next when nobody hears, cameras that are gone, hours that begin, matters that go on.

use std::collections::{BTreeMap, BTreeSet};

use lanewatch::alert::{AlertRules, HandPlan, NotificationPrefs, QuietHours, SchedulePlan, Sign};
use lanewatch::base::{Clock, Polygon, ZoneId};
use lanewatch::catalogue::{
    AlertKind, CameraPatch, CameraZone, EventKind, GapCause, Scope, Sensitivity, ZoneKind,
};
use serde_json::json;

use super::yard::{HOUR, MINUTE, SECOND, Yard, event};

/// Large enough to count for much.
const STRONG: u32 = 400;

fn told(yard: &Yard) -> BTreeSet<uuid::Uuid> {
    yard.post.take().iter().map(|message| message.person).collect()
}

async fn sleeps(yard: &Yard, person: uuid::Uuid) {
    let quiet = QuietHours { from: "21:00".to_owned(), to: "06:00".to_owned(), strong_anyway: false };
    let prefs = NotificationPrefs { quiet: Some(quiet), ..NotificationPrefs::default() };
    yard.catalogue.put_alert_pref(person, json!(prefs)).await.expect("put");
}

#[tokio::test]
async fn whoever_sleeps_is_not_next_in_line_and_nobody_waits_for_somebody_who_cannot_hear() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    let (first, phone) = yard.person("first", "guard", None).await;
    let (asleep, _) = yard.person("asleep", "guard", None).await;
    let (third, _) = yard.person("third", "head", None).await;
    sleeps(&yard, asleep).await;
    let rules = AlertRules {
        escalate_after_minutes: Some(3),
        in_line: vec![asleep, third],
        cooldown_minutes: 0,
        ..AlertRules::default()
    };
    yard.rules(rules).await;
    yard.moves(0, 8).await;
    yard.settle().await;
    assert_eq!(told(&yard), BTreeSet::from([first]));
    yard.pass(4 * MINUTE, 10 * SECOND).await;
    assert_eq!(told(&yard), BTreeSet::from([third]), "not whoever sleeps");
    // The first one's phone is gone: whoever is next hears at once.
    assert!(yard.catalogue.remove_push_endpoint(first, phone).await.expect("gone"));
    yard.clock.advance(HOUR);
    yard.moves(0, 8).await;
    yard.settle().await;
    assert_eq!(told(&yard), BTreeSet::from([third]));
}

#[tokio::test]
async fn a_camera_that_is_switched_off_or_removed_is_not_back() {
    let mut yard = Yard::new(3, |_| String::new()).await;
    yard.person("who", "head", None).await;
    for n in 0..3 {
        yard.catalogue.open_gap(yard.cameras[n].streams[0].key, yard.clock.now(), GapCause::CameraLost);
        yard.catalogue.flush().await.expect("written");
        yard.pass(MINUTE, SECOND).await;
        let lost = yard.post.take();
        assert_eq!((lost.len(), lost[0].kind), (1, AlertKind::CameraLost));
    }
    let off = CameraPatch { enabled: Some(false), ..CameraPatch::default() };
    yard.catalogue.patch_camera(yard.cameras[0].id, None, off).await.expect("off");
    yard.catalogue.remove_camera(yard.cameras[1].id).await.expect("removed");
    let began = yard.clock.now() - HOUR;
    for n in [0, 2] {
        yard.catalogue.close_gap(yard.cameras[n].streams[0].key, began, yard.clock.now());
    }
    yard.catalogue.flush().await.expect("written");
    yard.pass(3 * MINUTE, SECOND).await;
    let back = yard.post.take();
    let cameras: Vec<_> = back.iter().map(|message| (message.kind, message.cameras.clone())).collect();
    assert_eq!(cameras, [(AlertKind::CameraBack, vec![yard.cameras[2].id])]);
    assert!(yard.catalogue.troubles().await.expect("read").is_empty());
}

#[tokio::test]
async fn whoever_comes_a_minute_before_alerts_are_wanted_and_stays_is_told_of() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    yard.person("who", "head", None).await;
    let until = Some((yard.clock.now() + 5 * MINUTE).rfc3339());
    let hand = Some(HandPlan { armed: false, until, then: None });
    yard.schedule(SchedulePlan { hand, ..SchedulePlan::default() }).await;
    let mut stays = event(yard.cameras[0].id, EventKind::Motion, yard.clock.now(), 8);
    stays.end = None;
    let goes = yard.moves(1, 8).await;
    assert!(yard.catalogue.begin_event(stays.clone()));
    yard.catalogue.flush().await.expect("written");
    yard.pass(4 * MINUTE, 20 * SECOND).await;
    assert!(told(&yard).is_empty());
    assert_eq!(yard.catalogue.judged(goes).await.expect("read").as_deref(), Some("not_armed"));
    yard.pass(2 * MINUTE, 20 * SECOND).await;
    let given = yard.post.take();
    assert_eq!(given.iter().map(|message| message.alert).collect::<Vec<_>>(), [stays.id.0]);
}

#[tokio::test]
async fn rules_and_wishes_for_cameras_that_are_all_gone_are_for_all() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    let (who, _) = yard.person("who", "head", None).await;
    let cameras = vec![yard.cameras[1].id];
    yard.rules(AlertRules { cameras: cameras.clone(), ..AlertRules::default() }).await;
    yard.catalogue
        .put_alert_pref(who, json!(NotificationPrefs { cameras, ..NotificationPrefs::default() }))
        .await
        .expect("put");
    yard.moves(0, 8).await;
    yard.settle().await;
    assert!(told(&yard).is_empty());
    yard.catalogue.remove_camera(yard.cameras[1].id).await.expect("removed");
    yard.clock.advance(10 * MINUTE);
    yard.moves(0, 8).await;
    yard.settle().await;
    assert_eq!(told(&yard), BTreeSet::from([who]));
}

fn zone(name: &str) -> CameraZone {
    CameraZone {
        id: None,
        kind: ZoneKind::Alert,
        name: name.to_owned(),
        polygon: Polygon::new(vec![(0.0, 0.0), (0.5, 0.0), (0.5, 1.0)]).expect("an area"),
        sensitivity: Sensitivity::Normal,
        min_size: 0.0,
        min_duration: 0,
    }
}

/// Something has moved before the first camera and met these zones; what was decided on it.
async fn meets(yard: &mut Yard, zones: &[Option<ZoneId>]) -> String {
    yard.clock.advance(10 * MINUTE);
    let mut moves = event(yard.cameras[0].id, EventKind::Motion, yard.clock.now(), 8);
    moves.zones = zones.iter().copied().flatten().collect();
    assert!(yard.catalogue.end_event(moves.clone()));
    yard.catalogue.flush().await.expect("written");
    yard.settle().await;
    yard.catalogue.judged(moves.id).await.expect("read").expect("decided")
}

#[tokio::test]
async fn where_zones_are_chosen_only_what_meets_one_is_told_of_and_zones_that_are_gone_silence_nothing() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    let (who, _) = yard.person("who", "head", None).await;
    let camera = yard.cameras[0].id;
    let put =
        async |yard: &Yard, zones| yard.catalogue.put_zones(camera, None, zones).await.expect("put").zones;
    let drawn = put(&yard, vec![zone("Cổng"), zone("Đường")]).await;
    let [gate, road] = [0, 1].map(|n: usize| drawn[n].id);
    let zones = BTreeMap::from([(camera, Vec::from_iter(gate))]);
    yard.rules(AlertRules { zones, cooldown_minutes: 0, ..AlertRules::default() }).await;
    assert_eq!(meets(&mut yard, &[road]).await, "other_zone");
    assert!(told(&yard).is_empty());
    assert_eq!(meets(&mut yard, &[road, gate]).await, "told");
    assert_eq!(told(&yard), BTreeSet::from([who]));
    // Whoever comes along the road is told of once they are at the gate.
    yard.clock.advance(10 * MINUTE);
    let mut comes = event(camera, EventKind::Motion, yard.clock.now(), 8);
    (comes.end, comes.zones) = (None, Vec::from_iter(road));
    assert!(yard.catalogue.begin_event(comes.clone()));
    yard.catalogue.flush().await.expect("written");
    yard.pass(10 * SECOND, SECOND).await;
    assert_eq!(yard.catalogue.judged(comes.id).await.expect("read"), None);
    assert!(told(&yard).is_empty());
    comes.zones.extend(gate);
    (comes.seen, comes.end) = (yard.clock.now(), Some(yard.clock.now()));
    assert!(yard.catalogue.end_event(comes.clone()));
    yard.catalogue.flush().await.expect("written");
    yard.pass(2 * SECOND, SECOND).await;
    assert_eq!(told(&yard), BTreeSet::from([who]));
    // Another camera is told of anywhere, and this one whenever it is covered.
    yard.clock.advance(10 * MINUTE);
    yard.moves(1, 8).await;
    yard.settle().await;
    assert_eq!(told(&yard), BTreeSet::from([who]));
    let covered = event(camera, EventKind::TamperCovered, yard.clock.now(), 8);
    assert!(yard.catalogue.end_event(covered));
    yard.catalogue.flush().await.expect("written");
    yard.settle().await;
    assert_eq!(told(&yard), BTreeSet::from([who]));
    // The chosen zone is one that never counts, then again one that does, then gone.
    let ignored = CameraZone { kind: ZoneKind::Ignore, ..drawn[0].clone() };
    for (zones, decided) in [
        (vec![ignored, drawn[1].clone()], "told"),
        (drawn.clone(), "other_zone"),
        (vec![drawn[1].clone()], "told"),
    ] {
        put(&yard, zones).await;
        assert_eq!(meets(&mut yard, &[road]).await, decided);
        assert_eq!(told(&yard).is_empty(), decided != "told");
    }
}

#[tokio::test]
async fn a_clock_that_may_be_years_ahead_takes_no_alert_away() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("who", "head", None).await;
    let id = yard.moves(0, 8).await;
    yard.settle().await;
    let there =
        async |yard: &Yard| yard.catalogue.alert(Scope::everything(), id.0).await.expect("read").is_some();
    let doubt = Sign { code: "clock_doubted", of: None, kind: AlertKind::Clock, rank: 0.6 };
    *yard.says.0.lock().expect("lock") = vec![doubt];
    yard.clock.advance(10 * 366 * 24 * HOUR);
    yard.pass(MINUTE, 5 * SECOND).await;
    assert!(there(&yard).await);
    // It was right after all: what is old goes with the next digest.
    yard.says.0.lock().expect("lock").clear();
    yard.pass(25 * HOUR, HOUR).await;
    assert!(!there(&yard).await);
}

#[tokio::test]
async fn somebody_new_after_it_was_dealt_with_is_told_of() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    let (who, _) = yard.person("who", "head", None).await;
    let first = yard.moves_large(STRONG).await;
    assert_eq!(told(&yard), BTreeSet::from([who]));
    let alert = yard.catalogue.alert(Scope::everything(), first.0).await.expect("read").expect("there");
    assert!(alert.rank >= 0.75, "{}", alert.rank);
    yard.catalogue.handle_alert(alert, "who", "Người quen").await.expect("handled");
    yard.clock.advance(MINUTE);
    yard.moves_large(STRONG).await;
    assert!(told(&yard).is_empty(), "they are still there");
    yard.clock.advance(4 * MINUTE);
    let second = yard.moves_large(STRONG).await;
    assert_eq!(yard.post.take().iter().map(|m| m.alert).collect::<Vec<_>>(), [second.0]);
    // Where that is taken back, whoever comes next still belongs to it.
    let alert = yard.catalogue.alert(Scope::everything(), second.0).await.expect("read").expect("there");
    assert!(yard.catalogue.handle_alert(alert.clone(), "who", "").await.expect("handled"));
    assert!(yard.catalogue.reopen_alert(alert.clone()).await.expect("reopened"));
    assert!(!yard.catalogue.reopen_alert(alert).await.expect("nothing to reopen"));
    yard.clock.advance(4 * MINUTE);
    yard.moves_large(STRONG).await;
    let alert = yard.catalogue.alert(Scope::everything(), second.0).await.expect("read").expect("there");
    assert_eq!((alert.facts["events"].as_u64(), alert.handled), (Some(2), None));
}

#[tokio::test]
async fn what_goes_out_for_one_that_came_later_leads_to_that_one() {
    let mut yard = Yard::new(5, |_| String::new()).await;
    yard.person("who", "head", None).await;
    // As many as may come within ten minutes: the next waits.
    for camera in 0..4 {
        yard.moves(camera, 4).await;
    }
    yard.settle().await;
    assert_eq!(yard.post.take().len(), 4);
    let first = yard.moves(4, 4).await;
    yard.settle().await;
    for _ in 0..2 {
        yard.pass(4 * MINUTE, MINUTE).await;
        yard.moves(4, 4).await;
        yard.settle().await;
    }
    assert!(yard.post.take().is_empty());
    yard.pass(3 * MINUTE, MINUTE).await;
    let longer = yard.moves(4, 12).await;
    yard.settle().await;
    let given = yard.post.take();
    assert_eq!(given.iter().map(|m| (m.alert, m.event)).collect::<Vec<_>>(), [(first.0, Some(longer))]);
}

#[tokio::test]
async fn that_somebody_guesses_passwords_is_told_once() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("who", "head", None).await;
    let guessing = Sign { code: "guessing", of: None, kind: AlertKind::Guessing, rank: 0.8 };
    for _ in 0..3 {
        *yard.says.0.lock().expect("lock") = vec![guessing.clone()];
        yard.pass(10 * MINUTE, 5 * SECOND).await;
        yard.says.0.lock().expect("lock").clear();
        yard.pass(10 * MINUTE, 5 * SECOND).await;
    }
    let given = yard.post.take();
    let [told] = &given[..] else { panic!("{given:?}") };
    assert_eq!(told.words.title, "Đầu ghi: có người đang dò mật khẩu");
    assert!(told.navigate.ends_with("/alerts"), "{}", told.navigate);
}
