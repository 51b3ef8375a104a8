//! No internet for a day: nothing is lost, and nobody gets two hundred messages when it is back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use lanewatch::alert::{
    AlertRules, Channel, Deliver, Fault, Message, NotificationPrefs, Outcome, QuietHours, SchedulePlan,
    Signer, Step,
};
use lanewatch::base::{Clock, Stop, Tasks};
use lanewatch::catalogue::{AlertKind, EventKind, Scope};
use serde_json::json;
use tokio::sync::Notify;
use uuid::Uuid;

use super::yard::{HOUR, MINUTE, SECOND, Yard, event, hears, sabotage};

async fn always(yard: &Yard) {
    yard.schedule(SchedulePlan { week: vec!["1".repeat(48); 7], ..SchedulePlan::default() }).await;
    let rules = AlertRules {
        night_budget: 500,
        cooldown_minutes: 0,
        digest_at: "06:30".to_owned(),
        ..AlertRules::default()
    };
    yard.rules(rules).await;
}

#[tokio::test]
async fn a_day_without_internet_is_one_digest_with_everything_in_it() {
    let mut yard = Yard::new(12, |_| String::new()).await;
    always(&yard).await;
    yard.person("who", "head", None).await;
    yard.catalogue
        .put_alert_setting(
            "webhook",
            None,
            json!({"enabled": true}),
            lanewatch::catalogue::NewSecret::Keep,
            "admin",
        )
        .await
        .expect("put");
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    let mut happened = Vec::new();
    for n in 0..144 {
        happened.push(yard.moves(n % 12, 6 + (n % 5) as i64).await);
        yard.pass(10 * MINUTE, 2 * MINUTE).await;
    }
    assert!(yard.post.take().is_empty());
    yard.post.works();
    yard.pass(20 * MINUTE, 10 * SECOND).await;
    let told = yard.post.take();
    let (person, machine): (Vec<_>, Vec<_>) = told.into_iter().partition(|m| !m.person.is_nil());
    assert_eq!(
        person.len(),
        1,
        "one digest: {:?}",
        person.iter().map(|m| &m.words.title).collect::<Vec<_>>()
    );
    assert_eq!(person[0].kind, AlertKind::Digest);
    let (members, count) = yard.catalogue.digest_members(person[0].alert, 500).await.expect("members");
    assert_eq!((members.len(), count as usize), (happened.len(), happened.len()), "nothing is lost");
    assert!(
        members.windows(2).all(
            |two| two[0].rank > two[1].rank || (two[0].rank == two[1].rank && two[0].from >= two[1].from)
        ),
        "the worst first, then the newest"
    );
    let order: Vec<_> = machine.iter().map(|m| m.alert).collect();
    assert_eq!(order, happened.iter().map(|id| id.0).collect::<Vec<_>>(), "a machine gets each, in order");
    yard.moves(0, 8).await;
    yard.settle().await;
    assert!(
        yard.post.take().iter().any(|m| m.kind == AlertKind::Motion && !m.person.is_nil()),
        "and then as before"
    );
}

#[tokio::test]
async fn a_short_cut_is_caught_up_in_order_and_each_once() {
    let mut yard = Yard::new(4, |_| String::new()).await;
    always(&yard).await;
    yard.person("who", "head", None).await;
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    let mut happened = Vec::new();
    for n in 0..3 {
        happened.push(yard.moves(n, 8).await.0);
        yard.pass(MINUTE, 10 * SECOND).await;
    }
    yard.post.works();
    yard.pass(10 * MINUTE, SECOND).await;
    let told: Vec<_> = yard.post.take().iter().map(|m| m.alert).collect();
    assert_eq!(told, happened);
}

#[tokio::test]
async fn a_single_motion_that_is_hours_old_rings_no_more_by_itself() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    always(&yard).await;
    yard.person("who", "head", None).await;
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    let id = yard.moves(0, 8).await.0;
    yard.pass(3 * HOUR, 5 * MINUTE).await;
    yard.post.works();
    yard.pass(20 * MINUTE, MINUTE).await;
    let told = yard.post.take();
    assert_eq!((told.len(), told[0].kind, told[0].count), (1, AlertKind::Digest, 1));
    let (members, _) = yard.catalogue.digest_members(told[0].alert, 5).await.expect("members");
    assert_eq!(members[0].id, id);
}

#[tokio::test]
async fn a_push_service_that_asks_to_wait_is_left_alone_as_long_as_it_asks() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    yard.person("who", "head", None).await;
    let after = Some(std::time::Duration::from_secs(1800));
    yard.post.answers(Outcome::Later { after, why: Fault::answered(429, "429") });
    let id = yard.moves(0, 8).await;
    yard.settle().await;
    yard.post.works();
    yard.pass(29 * MINUTE, 30 * SECOND).await;
    assert!(yard.post.take().is_empty());
    yard.pass(2 * MINUTE, 30 * SECOND).await;
    assert_eq!(yard.post.take().len(), 1);
    let alert = yard.catalogue.alert_of(Scope::everything(), id).await.expect("read").expect("told");
    let deliveries = yard.catalogue.deliveries_of(alert.id).await.expect("read");
    assert_eq!((deliveries[0].tries, deliveries[0].state.as_str()), (2, "sent"));
    assert!(yard.catalogue.next_outlet().await.expect("read").is_none());
}

#[tokio::test]
async fn a_clock_that_was_ahead_leaves_no_place_alone_for_days() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    always(&yard).await;
    yard.person("who", "head", None).await;
    yard.clock.step(72 * HOUR);
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    yard.moves(0, 8).await;
    yard.settle().await;
    yard.clock.step(-72 * HOUR);
    yard.post.works();
    let id = yard.moves(1, 8).await;
    yard.settle().await;
    assert!(yard.post.take().iter().any(|message| message.alert == id.0));
}

#[tokio::test]
async fn a_channel_that_was_switched_off_sends_nothing_of_what_waited() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    always(&yard).await;
    let switch = async |yard: &Yard, on: bool| {
        let keep = lanewatch::catalogue::NewSecret::Keep;
        yard.catalogue
            .put_alert_setting("webhook", None, json!({"enabled": on}), keep, "admin")
            .await
            .expect("put");
    };
    switch(&yard, true).await;
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    let id = yard.moves(0, 8).await;
    yard.settle().await;
    switch(&yard, false).await;
    yard.post.works();
    yard.pass(5 * MINUTE, MINUTE).await;
    assert!(yard.post.take().is_empty());
    let alert = yard.catalogue.alert_of(Scope::everything(), id).await.expect("read").expect("told");
    let delivery = yard.catalogue.deliveries_of(alert.id).await.expect("read").remove(0);
    assert_eq!((delivery.state.as_str(), delivery.error.is_some()), ("dropped", true), "and it says why");
    switch(&yard, true).await;
    let next = yard.moves(1, 8).await;
    yard.settle().await;
    assert_eq!(yard.post.take().iter().map(|m| m.alert).collect::<Vec<_>>(), [next.0], "and then as before");
}

#[tokio::test]
async fn what_waited_into_hours_of_quiet_is_told_in_the_morning() {
    let mut yard = Yard::new(4, |_| String::new()).await;
    always(&yard).await;
    let (who, _) = yard.person("who", "head", None).await;
    let quiet = QuietHours { from: "22:30".to_owned(), to: "06:00".to_owned(), strong_anyway: true };
    let prefs = NotificationPrefs { quiet: Some(quiet), ..NotificationPrefs::default() };
    yard.catalogue.put_alert_pref(who, json!(prefs)).await.expect("put");
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    // Two become a digest while there is no internet, one more waits by itself, and it is night when it is back.
    let mut happened = BTreeSet::new();
    for n in 0..2 {
        happened.insert(yard.moves(n, 3).await.0);
        yard.pass(10 * MINUTE, MINUTE).await;
    }
    yard.clock.advance(HOUR);
    yard.settle().await;
    happened.insert(yard.moves(2, 3).await.0);
    yard.pass(10 * MINUTE, MINUTE).await;
    yard.post.works();
    yard.pass(6 * HOUR, 5 * MINUTE).await;
    assert!(yard.post.take().is_empty(), "nothing rings in the night");
    assert!(yard.catalogue.next_outlet().await.expect("read").is_none(), "and nothing is said to fail");
    // What counts for much is told at any hour.
    let covered = event(yard.cameras[3].id, EventKind::TamperCovered, yard.clock.now(), 3);
    let strong = covered.id;
    yard.catalogue.end_event(covered);
    yard.catalogue.flush().await.expect("written");
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    yard.pass(3 * MINUTE, MINUTE).await;
    yard.post.works();
    yard.pass(20 * MINUTE, MINUTE).await;
    assert_eq!(yard.post.take().iter().map(|m| m.alert).collect::<Vec<_>>(), [strong.0]);
    yard.pass(2 * HOUR, 5 * MINUTE).await;
    let mut told = BTreeSet::new();
    for digest in yard.post.take() {
        assert_eq!(digest.kind, AlertKind::Digest);
        let (members, _) = yard.catalogue.digest_members(digest.alert, 50).await.expect("members");
        told.extend(members.into_iter().map(|alert| alert.id));
    }
    assert_eq!(told, happened, "nothing is lost");
}

#[tokio::test]
async fn what_was_taken_and_could_not_be_noted_is_sent_once() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    always(&yard).await;
    yard.person("who", "head", None).await;
    let first = yard.moves(0, 8).await;
    while yard.dispatch.step().await.expect("decided") {}
    let refuse =
        "create trigger full before update on delivery begin select raise(abort, 'the disk is full'); end";
    sabotage(&yard, refuse).await;
    for _ in 0..3 {
        assert!(yard.deliver.step().await.is_err());
        yard.clock.advance(SECOND);
    }
    assert_eq!(yard.post.take().iter().map(|m| m.alert).collect::<Vec<_>>(), [first.0]);
    sabotage(&yard, "drop trigger full").await;
    let second = yard.moves(1, 8).await;
    yard.settle().await;
    assert_eq!(yard.post.take().iter().map(|m| m.alert).collect::<Vec<_>>(), [second.0]);
    let alert = yard.catalogue.alert_of(Scope::everything(), first).await.expect("read").expect("told");
    assert_eq!(yard.catalogue.deliveries_of(alert.id).await.expect("read")[0].state, "sent");
}

/// Takes what is for one person at once; whatever is for others hangs until it is cut.
#[derive(Default)]
struct Hole {
    quick: Uuid,
    hanging: Mutex<BTreeSet<Uuid>>,
    /// How many hung when each message was taken.
    taken: Mutex<Vec<(Uuid, usize)>>,
    news: Notify,
}

struct Hangs<'a>(&'a Hole, Uuid);

impl Drop for Hangs<'_> {
    fn drop(&mut self) {
        self.0.hanging.lock().expect("lock").remove(&self.1);
    }
}

impl Channel for Hole {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Outcome> {
        async move {
            if message.person == self.quick {
                let hanging = self.hanging.lock().expect("lock").len();
                self.taken.lock().expect("lock").push((message.alert, hanging));
                self.news.notify_one();
                return Outcome::Taken;
            }
            assert!(self.hanging.lock().expect("lock").insert(message.target), "one at a time for a place");
            let _hangs = Hangs(self, message.target);
            self.news.notify_one();
            std::future::pending().await
        }
        .boxed()
    }
}

#[tokio::test]
async fn twenty_phones_that_hang_hold_up_nobody_else() {
    let mut yard = Yard::new(2, |_| String::new()).await;
    always(&yard).await;
    let (slow, _) = yard.person("slow", "head", Some(vec![yard.cameras[0].id])).await;
    for n in 1..20 {
        yard.phone(slow, &format!("slow{n}")).await;
    }
    let (quick, _) = yard.person("quick", "head", None).await;
    let hole = Arc::new(Hole { quick, ..Hole::default() });
    let channels = BTreeMap::from([("push", hole.clone() as Arc<dyn Channel>)]);
    let signer = Signer::open(&yard.catalogue).await.expect("a key");
    let (url, due) = ("https://thon.example.vn".to_owned(), Arc::new(Notify::new()));
    let deliver =
        Deliver::new(yard.catalogue.clone(), yard.clock.clone(), channels, hears, signer, url, due.clone());
    let (tasks, stop) = (Tasks::new(), Stop::new());
    let sending = tasks.spawn("send", deliver.run(stop.clone()));
    let first = yard.moves(0, 8).await.0;
    while yard.dispatch.step().await.expect("decided") {}
    due.notify_one();
    // Where they wait for each other they do so for ever; on a machine that stands still for ten seconds some are cut before.
    let patience = std::time::Duration::from_secs(60);
    let all = async {
        while hole.hanging.lock().expect("lock").len() < 20 {
            hole.news.notified().await;
        }
    };
    tokio::time::timeout(patience, all).await.expect("all hang at once");
    let second = yard.moves(1, 8).await.0;
    while yard.dispatch.step().await.expect("decided") {}
    due.notify_one();
    let taken = async {
        while !hole.taken.lock().expect("lock").iter().any(|(alert, _)| *alert == second) {
            hole.news.notified().await;
        }
    };
    tokio::time::timeout(patience, taken).await.expect("whoever answers is told");
    stop.request();
    sending.await.expect("no panic");
    let taken = hole.taken.lock().expect("lock").clone();
    assert_eq!(taken.iter().map(|(alert, _)| *alert).collect::<Vec<_>>(), [first, second], "in order");
    assert_eq!(taken[1].1, 20, "while all of them hang");
}
