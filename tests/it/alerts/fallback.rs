//! When no channel works: after five minutes the relay is told, once, and once more when one works again. The clock is the test's.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use lanewatch::alert::{
    Alerts, ExtraRoots, Fault, LocalHosts, Network, Outcome, Outside, Post, Relay, Reply, SchedulePlan, Step,
};
use lanewatch::base::{Clock, Secret};
use lanewatch::catalogue::{AlertKind, Attempt, Due, NewSecret, Outlet};
use serde_json::{Value, json};

use super::yard::{MINUTE, SECOND, Yard, hears, open, tasks};

/// A siren in the house, which may be out of order.
#[derive(Default)]
struct Siren {
    said: Mutex<Vec<String>>,
    broken: Mutex<bool>,
    tried: Mutex<u32>,
}

impl Siren {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.said.lock().expect("lock"))
    }
}

impl Network for Siren {
    fn post(&self, post: Post) -> BoxFuture<'_, Result<Reply, Fault>> {
        let other = post.url.as_str().strip_prefix("http://192.168.1.7/siren").expect("a siren").to_owned();
        let body: Value = serde_json::from_slice(&post.body).expect("json");
        *self.tried.lock().expect("lock") += 1;
        let broken = *self.broken.lock().expect("lock");
        if !broken {
            let said = format!("{}{other}", body["type"].as_str().expect("a type"));
            self.said.lock().expect("lock").push(said);
        }
        let status = if broken { 500 } else { 204 };
        async move { Ok(Reply { status, ..Reply::default() }) }.boxed()
    }
}

async fn relay(yard: &Yard, siren: &Arc<Siren>) -> (Alerts, Relay) {
    let local = LocalHosts::new(["192.168.1.7".to_owned()]);
    let outside = Outside {
        local,
        url: "https://thon.example.vn".to_owned(),
        contact: None,
        extra_roots: ExtraRoots::default(),
    };
    let network: Arc<dyn Network> = siren.clone();
    let alerts = Alerts::open(yard.catalogue.clone(), yard.clock.clone(), network, outside, hears).await;
    let alerts = alerts.expect("alerts");
    let relay = alerts.relay();
    (alerts, relay)
}

/// Lets minutes pass, a few seconds at a time, as the tasks would.
async fn pass(yard: &mut Yard, relay: &Relay, minutes: i64) {
    for _ in 0..minutes * 12 {
        yard.clock.advance(5 * SECOND);
        yard.settle().await;
        relay.step().await.expect("looked");
    }
}

async fn begun() -> (Yard, Arc<Siren>, Alerts, Relay) {
    let yard = Yard::new(4, |_| String::new()).await;
    yard.schedule(SchedulePlan { week: vec!["1".repeat(48); 7], ..SchedulePlan::default() }).await;
    let siren = Arc::new(Siren::default());
    let (alerts, relay) = relay(&yard, &siren).await;
    let url = Secret::new("http://192.168.1.7/siren");
    alerts.put_relay(true, Some(&url), false, 0, "admin").await.expect("set");
    (yard, siren, alerts, relay)
}

/// What waits of motion, wherever.
async fn waiting(yard: &Yard) -> Vec<(Outlet, Due)> {
    let mut all = Vec::new();
    for outlet in yard.catalogue.outlets(yard.clock.now() + 60 * MINUTE).await.expect("read") {
        let due = yard.catalogue.due(&outlet, 10).await.expect("read");
        let motion = due.into_iter().filter(|due| due.alert.kind == AlertKind::Motion);
        all.extend(motion.map(|due| (outlet.clone(), due)));
    }
    all
}

#[tokio::test]
async fn what_somebody_got_sounds_no_siren_and_what_only_a_machine_got_does() {
    let (mut yard, siren, alerts, relay) = begun().await;
    yard.person("binh", "head", None).await;
    let hook =
        yard.catalogue.put_alert_setting("webhook", None, json!({"enabled": true}), NewSecret::Keep, "");
    hook.await.expect("put");
    let settle = async |yard: &Yard, channel: &str, attempt: Attempt| {
        for (outlet, due) in waiting(yard).await.iter().filter(|(outlet, _)| outlet.channel == channel) {
            yard.catalogue.settle(outlet, due, attempt.clone()).await.expect("noted");
        }
    };
    // A phone has it at once; after that the webhook comes to nothing, and the night is still.
    yard.post.answers(Outcome::later(Step::Connect, "no answer"));
    yard.moves(0, 8).await;
    while yard.dispatch.step().await.expect("decided") {}
    settle(&yard, "push", Attempt::Sent).await;
    yard.clock.advance(10 * SECOND);
    settle(&yard, "webhook", Attempt::Later(yard.clock.now() + MINUTE, "no answer".to_owned())).await;
    pass(&mut yard, &relay, 80).await;
    assert!(siren.take().is_empty(), "somebody was told");
    // One more is on its way to the phone while the webhook has failed for an hour: that is too early to say.
    yard.moves(1, 8).await;
    while yard.dispatch.step().await.expect("decided") {}
    relay.step().await.expect("looked");
    assert!(siren.take().is_empty() && alerts.no_channel_works().await.expect("read").is_none());
    // Now the webhook takes all, and the phone nothing: nobody hears of it.
    settle(&yard, "push", Attempt::Later(yard.clock.now() + MINUTE, "no answer".to_owned())).await;
    yard.clock.advance(SECOND);
    settle(&yard, "webhook", Attempt::Sent).await;
    pass(&mut yard, &relay, 4).await;
    assert!(siren.take().is_empty());
    pass(&mut yard, &relay, 2).await;
    assert_eq!(siren.take(), ["relay.on"]);
    yard.post.works();
    pass(&mut yard, &relay, 11).await;
    assert_eq!(siren.take(), ["relay.off"]);
}

#[tokio::test]
async fn the_relay_is_told_once_that_no_channel_works_and_once_that_one_does() {
    let (mut yard, siren, alerts, relay) = begun().await;
    yard.person("binh", "head", None).await;
    let hook =
        yard.catalogue.put_alert_setting("webhook", None, json!({"enabled": true}), NewSecret::Keep, "");
    hook.await.expect("put");
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    pass(&mut yard, &relay, 20).await;
    assert!(siren.take().is_empty(), "nothing has happened, and nobody was to be told");
    yard.moves(0, 8).await;
    yard.settle().await;
    pass(&mut yard, &relay, 4).await;
    assert!(siren.take().is_empty() && alerts.no_channel_works().await.expect("read").is_none());
    pass(&mut yard, &relay, 2).await;
    assert_eq!(siren.take(), ["relay.on"]);
    let (_, places) = alerts.no_channel_works().await.expect("read").expect("none works");
    assert_eq!(places, 2);
    // More that happens, and time, and a restart, are no new beginning.
    yard.moves(1, 8).await;
    pass(&mut yard, &relay, 90).await;
    assert!(siren.take().is_empty(), "it is the same outage, also when all has become a digest");
    let again = open(yard.folder.path(), &yard.clock).await;
    yard.catalogue.close().await;
    (yard.dispatch, yard.deliver) = tasks(&again, &yard.clock, &yard.post, &yard.says).await;
    yard.catalogue = again;
    let (_, relay) = self::relay(&yard, &siren).await;
    pass(&mut yard, &relay, 5).await;
    assert!(siren.take().is_empty(), "it remembers what it has said");
    yard.post.works();
    pass(&mut yard, &relay, 20).await;
    assert_eq!(siren.take(), ["relay.off"]);
    // The next outage is one of its own.
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    yard.moves(2, 8).await;
    pass(&mut yard, &relay, 7).await;
    assert_eq!(siren.take(), ["relay.on"]);
}

#[tokio::test]
async fn one_channel_that_works_is_enough_and_what_can_wait_sounds_no_siren() {
    let (mut yard, siren, alerts, relay) = begun().await;
    let (person, phone) = yard.person("binh", "head", None).await;
    yard.phone(person, "second").await;
    // Somebody tries their phone while there is no internet: that is no alert.
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    alerts.test(person, phone).await.expect("on its way");
    pass(&mut yard, &relay, 10).await;
    assert!(siren.take().is_empty());
    // One of two phones is told: the other's turn comes, and nobody needs a siren.
    yard.moves(0, 8).await;
    while yard.dispatch.step().await.expect("decided") {}
    let places = waiting(&yard).await;
    assert_eq!(places.len(), 2);
    let later = Attempt::Later(yard.clock.now() + MINUTE, "no internet".to_owned());
    yard.catalogue.settle(&places[0].0, &places[0].1, later).await.expect("noted");
    yard.clock.advance(SECOND);
    yard.catalogue.settle(&places[1].0, &places[1].1, Attempt::Sent).await.expect("noted");
    pass(&mut yard, &relay, 10).await;
    assert!(siren.take().is_empty());
    // Switched off while it is on: it is let go of.
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    pass(&mut yard, &relay, 5).await;
    yard.moves(1, 8).await;
    pass(&mut yard, &relay, 7).await;
    assert_eq!(siren.take(), ["relay.on"]);
    alerts.put_relay(false, None, false, 1, "admin").await.expect("set");
    pass(&mut yard, &relay, 1).await;
    assert_eq!(siren.take(), ["relay.off"]);
}

#[tokio::test]
async fn a_siren_that_is_out_of_order_is_told_as_soon_as_it_is_well() {
    let (mut yard, siren, alerts, relay) = begun().await;
    yard.person("binh", "head", None).await;
    *siren.broken.lock().expect("lock") = true;
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    yard.moves(0, 8).await;
    pass(&mut yard, &relay, 8).await;
    assert!(siren.take().is_empty());
    let tried = std::mem::take(&mut *siren.tried.lock().expect("lock"));
    assert!((3..10).contains(&tried), "it is left alone for longer each time: {tried}");
    assert_eq!(alerts.relay_plan().await.expect("read").1, None, "it is not on");
    *siren.broken.lock().expect("lock") = false;
    pass(&mut yard, &relay, 2).await;
    assert_eq!(siren.take(), ["relay.on"]);
    // A person takes care of it before any channel works: nothing waits, so nothing is to be heard.
    let alert = yard.catalogue.outlets(yard.clock.now() + 60 * MINUTE).await.expect("read");
    let due = yard.catalogue.due(&alert[0], 10).await.expect("read");
    yard.catalogue.handle_alert(due[0].alert.clone(), "binh", "").await.expect("noted");
    pass(&mut yard, &relay, 11).await;
    assert_eq!(siren.take(), ["relay.off"]);
}

#[tokio::test]
async fn a_siren_that_is_on_is_told_that_it_is_off_before_it_is_forgotten() {
    let (mut yard, siren, alerts, relay) = begun().await;
    yard.person("binh", "head", None).await;
    yard.post.answers(Outcome::later(Step::Connect, "no internet"));
    let set = async |url: &str, revision| {
        let url = Secret::new(url);
        alerts.put_relay(!url.expose().is_empty(), Some(&url), false, revision, "admin").await
    };
    // One that is not on has nothing to be told.
    assert!(set("http://192.168.1.7/siren2", 1).await.expect("set").let_go.is_none());
    assert!(siren.take().is_empty());
    yard.moves(0, 8).await;
    pass(&mut yard, &relay, 7).await;
    assert_eq!(siren.take(), ["relay.on2"]);
    // Nothing is set by an old revision, and the same address is not another.
    assert!(set("http://192.168.1.7/siren3", 1).await.is_err());
    assert!(set("http://192.168.1.7/siren2", 2).await.expect("set").let_go.is_none());
    assert!(siren.take().is_empty());
    let changed = set("http://192.168.1.7/siren3", 3).await.expect("set");
    assert!(matches!(changed.let_go, Some(Ok(()))) && changed.key.is_some());
    pass(&mut yard, &relay, 1).await;
    assert_eq!(siren.take(), ["relay.off2", "relay.on3"], "the old one first, and the new one as things are");
    // One that does not answer is forgotten all the same, and nobody is told of it later.
    *siren.broken.lock().expect("lock") = true;
    let gone = set("", 4).await.expect("set");
    let fault = gone.let_go.expect("it was on").expect_err("it does not answer");
    assert_eq!((fault.step, fault.code), (Step::Answer, Some(500)));
    *siren.broken.lock().expect("lock") = false;
    pass(&mut yard, &relay, 2).await;
    let (plan, on, _) = alerts.relay_plan().await.expect("read");
    assert_eq!((siren.take(), plan.host, on), (Vec::new(), None, None));
}

#[tokio::test]
async fn when_the_last_phone_is_gone_the_house_says_it_until_somebody_can_be_told_again() {
    let (mut yard, siren, alerts, relay) = begun().await;
    let left = async || alerts.nobody_left().await.expect("read");
    yard.moves(0, 8).await;
    pass(&mut yard, &relay, 8).await;
    assert!(siren.take().is_empty() && left().await.is_none(), "nobody has asked to be told");
    let (binh, _) = yard.person("binh", "head", None).await;
    yard.moves(1, 8).await;
    pass(&mut yard, &relay, 8).await;
    assert!(siren.take().is_empty() && left().await.is_none());
    // The app was taken off the phone: the push service knows it no more, so nothing waits for it either.
    yard.post.answers(Outcome::Gone("410".to_owned()));
    yard.moves(2, 8).await;
    pass(&mut yard, &relay, 4).await;
    assert!(siren.take().is_empty() && left().await.is_some(), "it is said, and it is too early for a siren");
    pass(&mut yard, &relay, 2).await;
    assert_eq!(siren.take(), ["relay.on"]);
    // A machine in the house hears of the next: no person does.
    let hook =
        yard.catalogue.put_alert_setting("webhook", None, json!({"enabled": true}), NewSecret::Keep, "");
    hook.await.expect("put");
    yard.post.works();
    yard.moves(3, 8).await;
    pass(&mut yard, &relay, 2).await;
    assert!(siren.take().is_empty() && left().await.is_some());
    yard.phone(binh, "a new one").await;
    pass(&mut yard, &relay, 1).await;
    assert_eq!((siren.take(), left().await), (vec!["relay.off".to_owned()], None));
}
