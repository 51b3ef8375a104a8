//! What might fall between two others, and does not: a second trouble beside the first, something taken back, a step that fails.

use lanewatch::alert::{AlertRules, Outcome, Sign, Step};
use lanewatch::base::Clock;
use lanewatch::catalogue::{AlertKind, EventKind, Object, ObjectKind, Scope};
use uuid::Uuid;

use super::yard::{MINUTE, SECOND, Yard, event, sabotage, tasks};

fn kinds(yard: &Yard) -> Vec<AlertKind> {
    yard.post.take().iter().map(|message| message.kind).collect()
}

#[tokio::test]
async fn a_camera_that_is_covered_again_and_stays_so_is_told_when_the_silence_is_over() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("who", "head", None).await;
    let camera = yard.cameras[0].id;
    assert!(yard.catalogue.end_event(event(camera, EventKind::TamperDefocused, yard.clock.now(), 30)));
    yard.catalogue.flush().await.expect("written");
    yard.settle().await;
    assert_eq!(kinds(&yard), [AlertKind::Tamper]);
    yard.clock.advance(8 * MINUTE);
    let mut covered = event(camera, EventKind::TamperCovered, yard.clock.now(), 3);
    covered.end = None;
    assert!(yard.catalogue.begin_event(covered.clone()));
    yard.catalogue.flush().await.expect("written");
    yard.pass(MINUTE, SECOND).await;
    assert!(yard.post.take().is_empty(), "one matter, so far");
    yard.pass(2 * MINUTE, SECOND).await;
    let told = yard.post.take();
    assert_eq!((told.len(), told[0].alert), (1, covered.id.0));
    assert_eq!(told[0].words.title, "Ngõ 1: camera bị che");
}

#[tokio::test]
async fn a_second_disk_that_is_gone_is_told_of_though_the_first_is_known() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("who", "head", None).await;
    let gone = |n: u128, path: &str| Sign {
        code: "disk_absent",
        of: Some((Uuid::from_u128(n), path.to_owned())),
        kind: AlertKind::Disk,
        rank: 1.0,
    };
    let mut says = Vec::new();
    for (n, path) in [(1, "/srv/a"), (2, "/srv/b"), (3, "/srv/c")] {
        says.push(gone(n, path));
        *yard.says.0.lock().expect("lock") = says.clone();
        yard.pass(20 * MINUTE, 10 * SECOND).await;
        let told = yard.post.take();
        assert_eq!((told.len(), told[0].words.title.as_str()), (1, "Đầu ghi: không thấy ổ cứng"));
        assert!(told[0].words.body.starts_with(path), "{}", told[0].words.body);
    }
    // After a restart they are known.
    let restarted = tasks(&yard.catalogue, &yard.clock, &yard.post, &yard.says).await;
    (yard.dispatch, yard.deliver) = restarted;
    yard.pass(5 * MINUTE, 10 * SECOND).await;
    assert!(yard.post.take().is_empty());
    yard.says.0.lock().expect("lock").clear();
    yard.pass(35 * MINUTE, 10 * SECOND).await;
    assert!(yard.catalogue.troubles().await.expect("read").is_empty());
}

/// An alert of the first camera, and its state at the only place there is.
async fn state(yard: &Yard, alert: Uuid) -> String {
    yard.catalogue.deliveries_of(alert).await.expect("read")[0].state.clone()
}

#[tokio::test]
async fn what_somebody_took_care_of_by_mistake_is_told_after_all() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("first", "guard", None).await;
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    let id = yard.moves(0, 8).await;
    yard.settle().await;
    let alert = yard.catalogue.alert_of(Scope::everything(), id).await.expect("read").expect("told");
    yard.catalogue.handle_alert(alert.clone(), "Anh Bình", "").await.expect("handled");
    yard.pass(MINUTE, 5 * SECOND).await;
    assert_eq!(state(&yard, alert.id).await, "dropped");
    assert!(yard.catalogue.reopen_alert(alert.clone()).await.expect("reopened"));
    yard.post.works();
    yard.pass(MINUTE, 5 * SECOND).await;
    assert_eq!(yard.post.take().iter().map(|m| m.alert).collect::<Vec<_>>(), [alert.id]);
    // What was told is not told again, when more of it was dropped.
    yard.catalogue.handle_alert(alert.clone(), "Anh Bình", "").await.expect("handled");
    assert!(yard.catalogue.reopen_alert(alert.clone()).await.expect("reopened"));
    yard.pass(MINUTE, 5 * SECOND).await;
    assert!(yard.post.take().is_empty());
    assert_eq!(state(&yard, alert.id).await, "sent");
}

#[tokio::test]
async fn the_next_in_line_is_told_where_care_was_taken_back() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("first", "guard", None).await;
    let (second, _) = yard.person("second", "guard", None).await;
    yard.rules(AlertRules {
        escalate_after_minutes: Some(3),
        in_line: vec![second],
        ..AlertRules::default()
    })
    .await;
    let id = yard.moves(0, 8).await;
    yard.settle().await;
    yard.post.take();
    let alert = yard.catalogue.alert_of(Scope::everything(), id).await.expect("read").expect("told");
    yard.catalogue.handle_alert(alert.clone(), "Anh Bình", "").await.expect("handled");
    yard.pass(5 * MINUTE, 10 * SECOND).await;
    assert!(yard.post.take().is_empty(), "somebody takes care of it");
    yard.catalogue.reopen_alert(alert).await.expect("reopened");
    yard.pass(MINUTE, 10 * SECOND).await;
    assert_eq!(yard.post.take().iter().map(|m| m.person).collect::<Vec<_>>(), [second]);
}

#[tokio::test]
async fn what_is_not_sent_for_our_own_reasons_says_nothing_of_the_place() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    yard.person("who", "head", None).await;
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    let id = yard.moves(0, 8).await;
    yard.moves(1, 8).await;
    yard.settle().await;
    let failing = async |yard: &Yard| {
        let outlets = yard.catalogue.outlets(yard.clock.now() + 10 * MINUTE).await.expect("read");
        outlets.iter().find_map(|outlet| outlet.failing)
    };
    let since = failing(&yard).await.expect("it fails");
    yard.pass(2 * MINUTE, 5 * SECOND).await;
    let alert = yard.catalogue.alert_of(Scope::everything(), id).await.expect("read").expect("told");
    yard.catalogue.handle_alert(alert, "Anh Bình", "").await.expect("handled");
    yard.pass(2 * MINUTE, 5 * SECOND).await;
    assert_eq!(failing(&yard).await, Some(since), "it has failed all the time");
}

#[tokio::test]
async fn an_event_that_may_become_worth_a_word_is_looked_at_after_a_step_that_failed() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    yard.person("who", "head", None).await;
    let mut walker = event(yard.cameras[0].id, EventKind::Motion, yard.clock.now(), 1);
    walker.end = None;
    assert!(yard.catalogue.begin_event(walker.clone()));
    // Another that is told of at once, by which it is noted how far was read.
    yard.moves(1, 8).await;
    yard.settle().await;
    assert_eq!(yard.post.take().len(), 1, "the first is too short yet");
    let refuse =
        "create trigger full before insert on alert begin select raise(abort, 'the disk is full'); end";
    sabotage(&yard, refuse).await;
    yard.clock.advance(10 * SECOND);
    assert!(yard.dispatch.step().await.is_err());
    sabotage(&yard, "drop trigger full").await;
    yard.pass(2 * SECOND, SECOND).await;
    assert_eq!(yard.post.take().iter().map(|m| m.alert).collect::<Vec<_>>(), [walker.id.0]);
}

#[tokio::test]
async fn who_is_found_in_the_pictures_of_what_was_told_is_not_told_again() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("who", "head", None).await;
    let first = yard.moves_large(400).await;
    yard.clock.advance(MINUTE);
    let second = yard.moves_large(400).await;
    let found =
        |id| yard.catalogue.put_objects(id, vec![Object { kind: ObjectKind::Person, confidence: 0.9 }]);
    assert!(found(second));
    yard.catalogue.flush().await.expect("written");
    yard.settle().await;
    let alert = yard.catalogue.alert(Scope::everything(), first.0).await.expect("read").expect("told");
    assert_eq!(alert.facts["events"].as_u64(), Some(2), "each counts once");
}

#[tokio::test]
async fn somebody_long_after_it_was_dealt_with_is_told_of_also_after_a_restart() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("who", "head", None).await;
    let first = yard.moves_large(400).await;
    yard.post.take();
    let alert = yard.catalogue.alert(Scope::everything(), first.0).await.expect("read").expect("told");
    yard.catalogue.handle_alert(alert, "Anh Bình", "").await.expect("handled");
    yard.settle().await;
    let restarted = tasks(&yard.catalogue, &yard.clock, &yard.post, &yard.says).await;
    (yard.dispatch, yard.deliver) = restarted;
    // Rain goes on at the same camera: it joins, and is written each time.
    for _ in 0..3 {
        yard.clock.advance(MINUTE);
        yard.moves_large(6).await;
    }
    yard.clock.advance(MINUTE);
    yard.post.take();
    let second = yard.moves_large(400).await;
    assert_eq!(yard.post.take().iter().map(|m| m.alert).collect::<Vec<_>>(), [second.0]);
}
