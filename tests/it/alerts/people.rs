//! Who is told of what: reach, rules, quiet, who is in line, and what is told together.

use std::collections::BTreeSet;

use lanewatch::alert::{
    AlertRules, HandPlan, Message, NotificationPrefs, Outcome, QuietHours, SchedulePlan, Sign, Step, Subject,
};
use lanewatch::base::{Clock, Ticks};
use lanewatch::catalogue::{
    AlertKind, EventKind, GapCause, NewPushEndpoint, Object, ObjectKind, PushAddress, Scope,
};
use serde_json::json;

use super::yard::{HOUR, MINUTE, SECOND, Yard, begin, event};

fn to(messages: &[Message]) -> BTreeSet<uuid::Uuid> {
    messages.iter().map(|message| message.person).collect()
}

#[tokio::test]
async fn whoever_sees_the_camera_is_told_and_nobody_else() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    let (all, _) = yard.person("all", "head", None).await;
    let (first, _) = yard.person("first", "guard", Some(vec![yard.cameras[0].id])).await;
    let (second, _) = yard.person("second", "guard", Some(vec![yard.cameras[1].id])).await;
    let (viewer, _) = yard.person("viewer", "viewer", None).await;
    let id = yard.moves(0, 8).await;
    yard.settle().await;
    let told = yard.post.take();
    assert_eq!(to(&told), BTreeSet::from([all, first]), "neither {second} nor {viewer}");
    let message = &told[0];
    assert_eq!(message.words.title, "Ngõ 1: có chuyển động");
    assert_eq!(message.navigate, format!("https://thon.example.vn/e/{id}"));
    assert_eq!((message.alert, message.kind), (id.0, AlertKind::Motion));
    yard.settle().await;
    assert!(yard.post.take().is_empty(), "once");
    // Between the decision and the sending somebody loses the camera.
    yard.clock.advance(10 * MINUTE);
    yard.moves(0, 8).await;
    while yard.dispatch.step().await.expect("decided") {}
    let person = yard.catalogue.person_by_id(first).await.expect("read").expect("there");
    let reach =
        Some(Some(lanewatch::catalogue::Reach { cameras: vec![yard.cameras[1].id], areas: Vec::new() }));
    let patch = lanewatch::catalogue::PersonPatch { reach, ..Default::default() };
    yard.catalogue.patch_person(first, person.revision, patch).await.expect("patched");
    yard.settle().await;
    assert_eq!(to(&yard.post.take()), BTreeSet::from([all]));
}

#[tokio::test]
async fn whoever_sees_one_camera_of_an_alert_is_led_to_what_it_saw() {
    let mut yard = Yard::new(2, |_| "Xóm Đông".to_owned()).await;
    let (all, _) = yard.person("all", "head", None).await;
    let (second, _) = yard.person("second", "guard", Some(vec![yard.cameras[1].id])).await;
    let first = yard.moves(0, 8).await;
    assert!(yard.catalogue.put_objects(first, vec![Object { kind: ObjectKind::Person, confidence: 0.9 }]));
    yard.catalogue.flush().await.expect("written");
    yard.settle().await;
    let told = yard.post.take();
    assert_eq!((to(&told), told[0].words.title.as_str()), (BTreeSet::from([all]), "Ngõ 1: có người"));
    yard.clock.advance(30 * SECOND);
    let other = yard.moves(1, 8).await;
    yard.settle().await;
    let told = yard.post.take();
    let of = |who| told.iter().find(|message| message.person == who).expect("told");
    assert_eq!((of(all).event, of(second).event), (Some(first), Some(other)));
    assert_eq!(of(second).navigate, format!("https://thon.example.vn/e/{other}"));
    assert_eq!(of(second).words.title, "Ngõ 2: có chuyển động", "that was learned at the first");
    let sent: serde_json::Value = serde_json::from_slice(&of(second).push_json(4000)).expect("json");
    assert_eq!(sent["notification"]["data"]["lanewatch"]["event"], json!(other));
}

#[tokio::test]
async fn what_is_too_short_by_day_or_quieted_is_not_told() {
    let mut yard = Yard::new(3, |_| String::new()).await;
    let (who, _) = yard.person("who", "head", None).await;
    let (other, _) = yard.person("other", "head", None).await;
    let id = yard.moves(0, 1).await;
    yard.settle().await;
    assert!(yard.post.take().is_empty());
    assert_eq!(yard.catalogue.judged(id).await.expect("read").as_deref(), Some("too_short"));
    // Off by hand, until later.
    let until = Some((begin() + HOUR).rfc3339());
    yard.schedule(SchedulePlan {
        hand: Some(HandPlan { armed: false, until, then: None }),
        ..SchedulePlan::default()
    })
    .await;
    let id = yard.moves(0, 8).await;
    yard.settle().await;
    assert_eq!(yard.catalogue.judged(id).await.expect("read").as_deref(), Some("not_armed"));
    yard.clock.advance(HOUR);
    yard.catalogue.add_snooze(who, Some(yard.cameras[0].id), yard.clock.now() + HOUR).await.expect("added");
    yard.moves(0, 8).await;
    yard.settle().await;
    assert_eq!(to(&yard.post.take()), BTreeSet::from([other]), "quiet is each one's own");
    yard.moves(1, 8).await;
    yard.settle().await;
    assert_eq!(to(&yard.post.take()), BTreeSet::from([who, other]), "and of that camera alone");
    let prefs = NotificationPrefs { subjects: vec![Subject::Tamper], ..NotificationPrefs::default() };
    yard.catalogue.put_alert_pref(who, json!(prefs)).await.expect("put");
    yard.moves(2, 8).await;
    yard.settle().await;
    assert_eq!(to(&yard.post.take()), BTreeSet::from([other]));
    // A camera that is covered is told of by day too.
    yard.clock.advance(12 * HOUR);
    let covered = event(yard.cameras[2].id, EventKind::TamperCovered, yard.clock.now(), 3);
    yard.catalogue.end_event(covered);
    yard.catalogue.flush().await.expect("written");
    yard.settle().await;
    let told = yard.post.take();
    let covered: Vec<_> = told.iter().filter(|m| m.kind == AlertKind::Tamper).collect();
    assert_eq!(covered.len(), 2);
    assert_eq!(covered[0].words.title, "Ngõ 3: camera bị che");
}

#[tokio::test]
async fn an_event_that_lasts_is_told_while_it_lasts_and_grows_in_its_place() {
    let mut yard = Yard::new(2, |_| "Ngõ".to_owned()).await;
    yard.person("who", "head", None).await;
    let mut walker = event(yard.cameras[0].id, EventKind::Motion, yard.clock.now(), 1);
    walker.end = None;
    yard.catalogue.begin_event(walker.clone());
    yard.catalogue.flush().await.expect("written");
    yard.settle().await;
    assert!(yard.post.take().is_empty(), "not yet");
    yard.pass(6 * SECOND, SECOND).await;
    let told = yard.post.take();
    assert_eq!((told.len(), told[0].alert, told[0].silent), (1, walker.id.0, false));
    // A neighbour sees it a minute later: the same matter, told in its place and without a sound.
    yard.clock.advance(MINUTE);
    yard.moves(1, 8).await;
    yard.settle().await;
    let more = yard.post.take();
    assert_eq!((more.len(), more[0].id, more[0].tag()), (1, told[0].id, told[0].tag()));
    assert!(more[0].silent && more[0].version == 2);
    assert_eq!(more[0].words.title, "Ngõ 1 → Ngõ 2: có chuyển động");
}

#[tokio::test]
async fn six_cameras_that_drop_within_five_seconds_are_one_alert_naming_their_lane() {
    let mut yard = Yard::new(8, |n| if n < 6 { "Xóm Đông".to_owned() } else { String::new() }).await;
    yard.person("who", "head", None).await;
    let lost = |yard: &Yard, n: usize, cause| {
        yard.catalogue.open_gap(yard.cameras[n].streams[0].key, yard.clock.now(), cause);
    };
    for n in 0..6 {
        lost(&yard, n, GapCause::CameraLost);
        yard.clock.advance(SECOND * 4 / 5);
        yard.catalogue.flush().await.expect("written");
        yard.settle().await;
    }
    yard.pass(10 * MINUTE, SECOND).await;
    let told = yard.post.take();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].kind, told[0].cameras.len()), (AlertKind::CameraLost, 6));
    assert_eq!(told[0].words.title, "Xóm Đông: mất hình 6 camera");
    for n in 0..6 {
        let (key, at) = (yard.cameras[n].streams[0].key, yard.clock.now());
        yard.catalogue.close_gap(key, begin(), at);
        yard.catalogue.flush().await.expect("written");
        yard.pass(2 * SECOND, SECOND).await;
    }
    yard.pass(2 * MINUTE, SECOND).await;
    let told = yard.post.take();
    assert_eq!((told.len(), told[0].kind), (1, AlertKind::CameraBack), "{told:?}");
    lost(&yard, 7, GapCause::DiskError);
    yard.catalogue.flush().await.expect("written");
    yard.pass(MINUTE, SECOND).await;
    let told = yard.post.take();
    assert_eq!((told.len(), told[0].kind), (1, AlertKind::NotRecording));
}

#[tokio::test]
async fn what_the_recorder_says_of_itself_is_told_once_to_those_who_see_the_site() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    let (all, _) = yard.person("all", "head", None).await;
    yard.person("some", "guard", Some(vec![yard.cameras[0].id])).await;
    let full = Sign { code: "disk_nearly_full", of: None, kind: AlertKind::Disk, rank: 0.8 };
    *yard.says.0.lock().expect("lock") = vec![full.clone()];
    yard.pass(2 * SECOND, SECOND).await;
    assert!(yard.post.take().is_empty(), "it must say it twice");
    yard.pass(30 * SECOND, SECOND).await;
    let told = yard.post.take();
    assert_eq!((told.len(), to(&told)), (1, BTreeSet::from([all])));
    assert_eq!(told[0].words.title, "Đầu ghi: ổ cứng sắp đầy");
    // At its limit it comes and goes: that is one matter.
    for _ in 0..10 {
        yard.says.0.lock().expect("lock").clear();
        yard.pass(3 * MINUTE, 10 * SECOND).await;
        *yard.says.0.lock().expect("lock") = vec![full.clone()];
        yard.pass(3 * MINUTE, 10 * SECOND).await;
    }
    yard.says.0.lock().expect("lock").clear();
    yard.pass(32 * MINUTE, 10 * SECOND).await;
    assert!(yard.post.take().is_empty() && yard.catalogue.troubles().await.expect("read").is_empty());
}

#[tokio::test]
async fn a_camera_that_comes_and_goes_all_day_is_told_of_twice_and_once_more_when_it_stays_away() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    let (who, _) = yard.person("who", "head", None).await;
    let gone = async |yard: &mut Yard, ticks: i64| {
        let from = yard.clock.now();
        yard.catalogue.open_gap(yard.cameras[0].streams[0].key, from, GapCause::CameraLost);
        yard.catalogue.flush().await.expect("written");
        yard.pass(ticks, 10 * SECOND).await;
        from
    };
    let mut all = Vec::new();
    for _ in 0..24 {
        let from = gone(&mut yard, 40 * SECOND).await;
        yard.catalogue.close_gap(yard.cameras[0].streams[0].key, from, yard.clock.now());
        yard.catalogue.flush().await.expect("written");
        yard.pass(25 * MINUTE, 30 * SECOND).await;
        all.extend(yard.post.take());
    }
    let count = |kind| all.iter().filter(|m| m.kind == kind && m.person == who).count();
    assert_eq!((count(AlertKind::CameraLost), count(AlertKind::CameraBack)), (2, 2), "{all:?}");
    let told: u64 = all.iter().filter(|m| m.kind == AlertKind::Digest).map(|m| m.count).sum();
    // Until half past six, where the digest is; the rest waits for the next.
    assert!(told >= 20, "{told}");
    // Now it is gone for good.
    let mut from = gone(&mut yard, 9 * MINUTE).await;
    assert!(yard.post.take().is_empty());
    yard.pass(3 * MINUTE, 10 * SECOND).await;
    let told = yard.post.take();
    assert_eq!(told.iter().map(|m| m.kind).collect::<Vec<_>>(), [AlertKind::CameraLost]);
    yard.pass(30 * MINUTE, 30 * SECOND).await;
    assert!(yard.post.take().is_empty(), "once");
    // Whoever heard that it is lost hears that it is back; that it goes for long, over and over, is no more news than before.
    for n in 0..4 {
        yard.catalogue.close_gap(yard.cameras[0].streams[0].key, from, yard.clock.now());
        yard.catalogue.flush().await.expect("written");
        yard.pass(20 * MINUTE, 10 * SECOND).await;
        let told: Vec<_> = yard.post.take().into_iter().map(|m| m.kind).collect();
        assert_eq!(told, if n == 0 { vec![AlertKind::CameraBack] } else { vec![] });
        from = gone(&mut yard, 15 * MINUTE).await;
        assert!(yard.post.take().is_empty());
    }
}

/// A camera drops for so long, and is back.
async fn drops(yard: &mut Yard, n: usize, cause: GapCause, ticks: i64) {
    let (key, from) = (yard.cameras[n].streams[0].key, yard.clock.now());
    yard.catalogue.open_gap(key, from, cause);
    yard.catalogue.flush().await.expect("written");
    yard.pass(ticks, 10 * SECOND).await;
    yard.catalogue.close_gap(key, from, yard.clock.now());
    yard.catalogue.flush().await.expect("written");
}

#[tokio::test]
async fn what_stayed_away_once_is_told_again_when_somebody_cuts_it() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("who", "head", None).await;
    for away in [40 * SECOND, 40 * SECOND, 12 * MINUTE] {
        drops(&mut yard, 0, GapCause::CameraLost, away).await;
        yard.pass(20 * MINUTE, 10 * SECOND).await;
    }
    let told: Vec<_> = yard.post.take().into_iter().map(|m| m.kind).collect();
    assert_eq!(told, [AlertKind::CameraLost, AlertKind::CameraBack].repeat(3));
    yard.catalogue.open_gap(yard.cameras[0].streams[0].key, yard.clock.now(), GapCause::CameraLost);
    yard.catalogue.flush().await.expect("written");
    yard.pass(19 * MINUTE, 10 * SECOND).await;
    assert!(yard.post.take().is_empty(), "as long as before is no news");
    yard.pass(2 * HOUR, 10 * SECOND).await;
    let told: Vec<_> = yard.post.take().into_iter().map(|m| m.kind).collect();
    assert_eq!(told, [AlertKind::CameraLost]);
}

#[tokio::test]
async fn whoever_heard_of_a_loss_hears_of_its_end_beside_one_that_comes_and_goes() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    yard.person("who", "head", None).await;
    for _ in 0..2 {
        drops(&mut yard, 0, GapCause::CameraLost, 40 * SECOND).await;
        yard.pass(20 * MINUTE, 10 * SECOND).await;
    }
    yard.post.take();
    let (key, from) = (yard.cameras[1].streams[0].key, yard.clock.now());
    yard.catalogue.open_gap(key, from, GapCause::CameraLost);
    yard.catalogue.flush().await.expect("written");
    yard.pass(MINUTE, 10 * SECOND).await;
    drops(&mut yard, 0, GapCause::CameraLost, 40 * SECOND).await;
    let told: Vec<_> = yard.post.take().into_iter().map(|m| m.cameras).collect();
    assert_eq!(told, [vec![yard.cameras[1].id]], "the other waits for the digest");
    yard.clock.advance(2 * SECOND);
    yard.catalogue.close_gap(key, from, yard.clock.now());
    yard.catalogue.flush().await.expect("written");
    yard.pass(MINUTE, 10 * SECOND).await;
    let told = yard.post.take();
    assert_eq!(told.iter().map(|m| m.kind).collect::<Vec<_>>(), [AlertKind::CameraBack]);
    assert!(told[0].cameras.contains(&yard.cameras[1].id));
}

#[tokio::test]
async fn a_recording_that_fails_again_and_again_is_told_twice_and_the_rest_in_the_digest() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("who", "head", None).await;
    for _ in 0..24 {
        drops(&mut yard, 0, GapCause::DiskError, 20 * SECOND).await;
        yard.pass(25 * MINUTE, 30 * SECOND).await;
    }
    let told = yard.post.take();
    let at_once: Vec<_> = told.iter().map(|m| m.kind).filter(|kind| *kind != AlertKind::Digest).collect();
    assert_eq!(at_once, [AlertKind::NotRecording; 2]);
    let digest: u64 = told.iter().filter(|m| m.kind == AlertKind::Digest).map(|m| m.count).sum();
    assert!(digest >= 15, "{digest}");
}

#[tokio::test]
async fn a_night_has_its_budget_and_the_rest_comes_in_the_morning() {
    let mut yard = Yard::new(10, |_| String::new()).await;
    let (who, _) = yard.person("who", "head", None).await;
    let (late, _) = yard.person("late", "head", None).await;
    let quiet = QuietHours { from: "22:00".to_owned(), to: "09:00".to_owned(), strong_anyway: false };
    let prefs = NotificationPrefs { quiet: Some(quiet), ..NotificationPrefs::default() };
    yard.catalogue.put_alert_pref(late, json!(prefs)).await.expect("put");
    yard.rules(AlertRules { night_budget: 6, ..AlertRules::default() }).await;
    let mut happened = 0;
    // Until an hour before the digest: the rest of the night is still.
    while yard.clock.now() < Ticks::parse("2026-11-28T04:50:00+07:00").expect("a time") {
        yard.moves(happened % 10, 8).await;
        happened += 1;
        yard.pass(6 * MINUTE, MINUTE).await;
    }
    let night = yard.post.take();
    assert!((1..=6).contains(&night.len()), "{}", night.len());
    assert_eq!(to(&night), BTreeSet::from([who]));
    yard.pass(3 * HOUR, MINUTE).await;
    let mut morning = yard.post.take();
    morning.sort_by_key(|digest| digest.person == late);
    let each: Vec<_> = morning.iter().map(|m| (m.kind, m.person, m.silent)).collect();
    assert_eq!(each, [(AlertKind::Digest, who, false), (AlertKind::Digest, late, true)]);
    assert_eq!(morning[0].count as usize + night.len(), happened, "nothing is dropped");
    assert_eq!(morning[1].count as usize, happened);
}

#[tokio::test]
async fn what_grows_in_the_moment_in_which_the_next_in_line_is_told_has_grown() {
    let mut yard = Yard::new(2, |_| "Xóm Đông".to_owned()).await;
    let (first, _) = yard.person("first", "guard", None).await;
    let (second, _) = yard.person("second", "guard", None).await;
    yard.rules(AlertRules {
        escalate_after_minutes: Some(1),
        in_line: vec![second],
        ..AlertRules::default()
    })
    .await;
    let id = yard.moves(0, 8).await;
    yard.settle().await;
    assert_eq!(to(&yard.post.take()), BTreeSet::from([first]));
    yard.clock.advance(65 * SECOND);
    yard.moves(1, 8).await;
    yard.settle().await;
    let told = yard.post.take();
    assert!(to(&told).contains(&second), "{told:?}");
    let alert = yard.catalogue.alert(Scope::everything(), id.0).await.expect("read").expect("there");
    assert_eq!((alert.cameras.len(), alert.escalated), (2, 1));
}

#[tokio::test]
async fn what_matters_waits_for_the_morning_while_somebody_wants_quiet() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    let (who, _) = yard.person("who", "head", None).await;
    let (near, _) = yard.person("near", "head", None).await;
    let morning = begin() + 7 * HOUR;
    yard.catalogue.add_snooze(who, None, morning + 7 * HOUR).await.expect("quiet");
    yard.catalogue.add_snooze(near, Some(yard.cameras[0].id), morning).await.expect("quiet");
    yard.moves(0, 8).await;
    yard.settle().await;
    yard.clock.advance(20 * MINUTE);
    let mut large = event(yard.cameras[0].id, EventKind::Motion, yard.clock.now(), 40);
    large.peak = 400;
    assert!(yard.catalogue.end_event(large.clone()));
    yard.catalogue.flush().await.expect("written");
    yard.settle().await;
    assert!(yard.post.take().is_empty());
    let alert = yard.catalogue.alert(Scope::everything(), large.id.0).await.expect("read").expect("there");
    assert!(alert.rank >= 0.75, "{}", alert.rank);
    while yard.clock.now() < morning + 2 * HOUR {
        yard.pass(10 * MINUTE, MINUTE).await;
    }
    let digests: Vec<_> =
        yard.post.take().into_iter().map(|m| (m.kind, m.person, m.count, m.silent)).collect();
    // Where they want quiet still, it is there without a sound.
    for (person, silent) in [(who, true), (near, false)] {
        assert!(
            digests.contains(&(AlertKind::Digest, person, 1, silent)),
            "what was small was not wanted: {digests:?}"
        );
    }
}

#[tokio::test]
async fn when_nobody_looks_the_next_in_line_is_told() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    let (first, _) = yard.person("first", "guard", None).await;
    let (second, _) = yard.person("second", "guard", None).await;
    let (third, _) = yard.person("third", "head", None).await;
    let rules = AlertRules {
        escalate_after_minutes: Some(3),
        in_line: vec![second, third],
        cooldown_minutes: 1,
        ..AlertRules::default()
    };
    yard.rules(rules).await;
    yard.moves(0, 8).await;
    yard.settle().await;
    assert_eq!(to(&yard.post.take()), BTreeSet::from([first]));
    yard.pass(4 * MINUTE, 10 * SECOND).await;
    assert_eq!(to(&yard.post.take()), BTreeSet::from([second]));
    yard.pass(4 * MINUTE, 10 * SECOND).await;
    assert_eq!(to(&yard.post.take()), BTreeSet::from([third]));
    yard.pass(10 * MINUTE, 10 * SECOND).await;
    assert!(yard.post.take().is_empty(), "there is nobody left");
    // Somebody opens it: nobody else is told.
    yard.moves(0, 8).await;
    yard.settle().await;
    let told = yard.post.take();
    yard.catalogue.put_receipt(told[0].id, true).await.expect("noted");
    yard.pass(10 * MINUTE, 10 * SECOND).await;
    assert!(yard.post.take().is_empty());
    // Or takes care of it.
    let id = yard.moves(0, 8).await;
    yard.settle().await;
    yard.post.take();
    let alert = yard.catalogue.alert_of(Scope::everything(), id).await.expect("read").expect("told");
    yard.catalogue.handle_alert(alert, "Anh Bình", "").await.expect("handled");
    yard.pass(10 * MINUTE, 10 * SECOND).await;
    assert!(yard.post.take().is_empty());
}

#[tokio::test]
async fn a_place_that_is_no_more_is_not_tried_again() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    let (who, phone) = yard.person("who", "head", None).await;
    yard.post.answers(Outcome::Gone("410".to_owned()));
    yard.moves(0, 8).await;
    yard.settle().await;
    let endpoint = yard.catalogue.push_endpoints_of(who).await.expect("read").remove(0);
    assert!(endpoint.id == phone && endpoint.gone.is_some(), "its owner can see why");
    yard.post.works();
    yard.moves(1, 8).await;
    yard.pass(HOUR, MINUTE).await;
    assert!(yard.post.take().is_empty());
    // The browser subscribes anew.
    assert_eq!(yard.phone(who, "who").await, phone);
    yard.moves(1, 8).await;
    yard.settle().await;
    assert_eq!(yard.post.take().len(), 1);
}

#[tokio::test]
async fn a_browser_that_subscribes_again_keeps_what_waits_for_its_person_and_for_nobody_else() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    let (who, phone) = yard.person("who", "head", None).await;
    let an = yard.catalogue.ensure_person("an", "head").await.expect("a person").id;
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    yard.moves(0, 8).await;
    yard.settle().await;
    assert_eq!(yard.phone(who, "who").await, phone);
    yard.post.works();
    yard.settle().await;
    assert_eq!(to(&yard.post.take()), BTreeSet::from([who]), "and it is tried at once");
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    yard.clock.advance(10 * MINUTE);
    yard.moves(1, 8).await;
    yard.settle().await;
    let url = format!("https://push.example/who/{who}");
    let address = PushAddress { url, p256dh: String::new(), auth: String::new() };
    let (host, name) = ("push.example".to_owned(), "who".to_owned());
    let new = NewPushEndpoint { person: an, address, host, name, origin: None, session: None };
    assert_eq!(yard.catalogue.put_push_endpoint(new).await.expect("kept"), phone);
    yard.post.works();
    yard.pass(10 * MINUTE, MINUTE).await;
    assert!(yard.post.take().is_empty(), "it was told to whoever had it then");
}

/// A minute later a camera sees somebody: the one message of it.
async fn seen(yard: &mut Yard, camera: usize) -> Message {
    yard.clock.advance(MINUTE);
    yard.moves(camera, 8).await;
    yard.settle().await;
    let mut told = yard.post.take();
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

#[tokio::test]
async fn more_of_what_was_never_shown_is_heard() {
    let mut yard = Yard::new(3, |_| "Ngõ".to_owned()).await;
    yard.person("who", "head", None).await;
    // A phone that says what it shows, and says nothing of the first of a walk: it was asleep, or off.
    let before = seen(&mut yard, 0).await;
    yard.catalogue.put_receipt(before.id, false).await.expect("noted");
    yard.clock.advance(HOUR);
    let (first, second) = (seen(&mut yard, 0).await, seen(&mut yard, 1).await);
    assert!(first.id == second.id && second.version == 2 && !second.silent);
    yard.catalogue.put_receipt(first.id, false).await.expect("noted");
    let third = seen(&mut yard, 2).await;
    assert!(third.id == first.id && third.version == 3 && third.silent);
}

#[tokio::test]
async fn what_five_cameras_see_at_one_moment_is_two_messages_on_a_phone() {
    let mut yard = Yard::new(5, |_| "Ngõ".to_owned()).await;
    yard.person("who", "head", None).await;
    for camera in 0..5 {
        yard.moves(camera, 8).await;
        yard.settle().await;
        yard.clock.advance(SECOND / 20);
    }
    assert_eq!(yard.post.take().len(), 1, "the rest is told together");
    yard.pass(10 * SECOND, SECOND).await;
    let told = yard.post.take();
    assert_eq!((told.len(), told[0].version, told[0].cameras.len()), (1, 5, 5));
}
