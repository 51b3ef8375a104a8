//! Web Push and webhooks over real sockets: what is sent, and what each answer leads to.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanewatch::alert::{AlertRules, Alerts, ExtraRoots, Internet, LocalHosts, Outside, SchedulePlan};
use lanewatch::base::{Clock, Secret, SharedClock, Stop, SystemClock, Tasks};
use lanewatch::catalogue::{Catalogue, EventKind, PushAddress};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stand::Stand;
use super::yard::{MINUTE, SECOND, Yard, event, hears};

pub(super) const P256DH: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
pub(super) const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

async fn alerts(catalogue: &Catalogue, clock: SharedClock) -> Alerts {
    let local = LocalHosts::new(["127.0.0.1".to_owned()]);
    let network = Arc::new(Internet::new(local.clone(), &ExtraRoots::default()).expect("TLS"));
    let outside = Outside {
        local,
        url: "https://thon.example.vn".to_owned(),
        contact: Some("mailto:binh@example.vn".to_owned()),
        extra_roots: ExtraRoots::default(),
    };
    Alerts::open(catalogue.clone(), clock, network, outside, hears).await.expect("alerts")
}

struct Post {
    yard: Yard,
    stand: Stand,
    alerts: Alerts,
    endpoint: Uuid,
    person: Uuid,
}

impl Post {
    async fn with(p256dh: &str, auth: &str) -> Self {
        let yard = Yard::new(4, |_| String::new()).await;
        yard.schedule(SchedulePlan { week: vec!["1".repeat(48); 7], ..SchedulePlan::default() }).await;
        let stand = Stand::new().await;
        let alerts = alerts(&yard.catalogue, yard.clock.clone()).await;
        let person = yard.catalogue.ensure_person("binh", "guard").await.expect("a person").id;
        let url = format!("http://127.0.0.1:{}/push/abc?d=1", stand.address.port());
        let address = PushAddress { url, p256dh: p256dh.to_owned(), auth: auth.to_owned() };
        let endpoint = alerts.subscribe(person, address, "Điện thoại", None, None).await.expect("subscribed");
        Self { yard, stand, alerts, endpoint, person }
    }

    async fn new() -> Self {
        Self::with(P256DH, AUTH).await
    }

    /// Something happens, and is decided on.
    async fn happens(&mut self, camera: usize) {
        self.yard.moves(camera, 8).await;
        while self.yard.dispatch.step().await.expect("decided") {}
    }

    async fn send(&self) -> usize {
        self.alerts.deliver().step().await.expect("sent")
    }

    /// Times of the newest delivery, and its state.
    async fn newest(&self) -> (String, u32) {
        let row = self.yard.catalogue.deliveries_to(self.endpoint, 1).await.expect("read").remove(0);
        (row.state, row.tries)
    }
}

#[tokio::test]
async fn a_message_has_what_the_standards_ask_for_and_says_nothing() {
    let mut post = Post::new().await;
    post.happens(0).await;
    assert_eq!(post.send().await, 1);
    post.alerts.test(post.person, post.endpoint).await.expect("on its way");
    assert_eq!(post.send().await, 1);
    let came = post.stand.take();
    assert_eq!(came.len(), 2);
    for one in &came {
        assert_eq!((one.target.as_str(), one.header("content-encoding")), ("/push/abc?d=1", "aes128gcm"));
        assert_eq!((one.header("urgency"), one.header("topic").len()), ("high", 32));
        assert!(one.header("ttl").parse::<u32>().is_ok_and(|ttl| (3600..=86_400).contains(&ttl)));
        let token = one.header("authorization").strip_prefix("vapid t=").expect("RFC 8292");
        assert_eq!(token.split_once(", k=").map(|(_, key)| key), Some(post.alerts.vapid_key().as_str()));
        assert_eq!(one.body.len(), came[0].body.len(), "of one length");
        assert!(one.body.len() <= 4096 && !String::from_utf8_lossy(&one.body).contains("Ngõ 1"));
    }
    assert_ne!(came[0].header("topic"), came[1].header("topic"));
    // The keys are the same after a restart: browsers have subscribed with them.
    let again = alerts(&post.yard.catalogue, post.yard.clock.clone()).await;
    assert_eq!(again.vapid_key(), post.alerts.vapid_key());
}

#[tokio::test]
async fn a_message_leads_to_the_address_by_which_its_phone_knows_the_recorder() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    let (_, old) = yard.person("cu", "head", None).await;
    let (an, new) = yard.person("an", "head", None).await;
    let keys =
        |url: &str| PushAddress { url: url.to_owned(), p256dh: P256DH.to_owned(), auth: AUTH.to_owned() };
    let alerts = alerts(&yard.catalogue, yard.clock.clone()).await;
    let origin = Some("https://192.168.1.5:8443".to_owned());
    let own =
        alerts.subscribe(an, keys("http://127.0.0.1:9/an"), "", origin, None).await.expect("subscribed");
    yard.moves(0, 8).await;
    yard.settle().await;
    let told = yard.post.take();
    let leads = |target| {
        let message = told.iter().find(|message| message.target == target).expect("told");
        message.navigate.split_once("/e/").expect("an event").0.to_owned()
    };
    assert_eq!(leads(own), "https://192.168.1.5:8443");
    assert_eq!(
        (leads(old), leads(new)),
        ("https://thon.example.vn".into(), "https://thon.example.vn".into())
    );
}

#[tokio::test]
async fn each_answer_leads_to_what_was_promised() {
    let mut post = Post::new().await;
    // 429 with a wish: obeyed to the second.
    post.stand.answer(Some((429, "Retry-After: 120\r\n")));
    post.happens(0).await;
    assert_eq!(post.send().await, 1);
    post.yard.clock.advance(119 * SECOND);
    assert_eq!(post.send().await, 0);
    post.yard.clock.advance(2 * SECOND);
    assert_eq!((post.send().await, post.newest().await), (1, ("sent".to_owned(), 2)));
    // 413: shorter, at once.
    post.yard.clock.advance(10 * MINUTE);
    post.stand.take();
    post.stand.answer(Some((413, "")));
    post.happens(1).await;
    post.send().await;
    let came = post.stand.take();
    assert!(
        came.len() == 2
            && came[1].body.len() < came[0].body.len()
            && came[0].header("topic") == came[1].header("topic")
    );
    assert_eq!(post.newest().await.0, "sent");
    // A redirect is not followed.
    post.yard.clock.advance(10 * MINUTE);
    post.stand.answer(Some((307, "Location: http://127.0.0.1:1/elsewhere\r\n")));
    post.happens(2).await;
    post.send().await;
    assert_eq!((post.stand.take().len(), post.newest().await.0), (1, "due".to_owned()));
    post.yard.clock.advance(MINUTE);
    post.send().await;
    assert_eq!(post.newest().await.0, "sent");
    // Down for a while.
    post.yard.clock.advance(10 * MINUTE);
    post.happens(3).await;
    for _ in 0..3 {
        post.stand.answer(Some((503, "")));
        post.send().await;
        post.yard.clock.advance(11 * MINUTE);
    }
    post.send().await;
    assert_eq!(post.newest().await, ("sent".to_owned(), 4));
    // 410: at most one try after it, and its owner can see it.
    post.stand.take();
    post.stand.answer(Some((410, "")));
    post.yard.clock.advance(10 * MINUTE);
    post.happens(0).await;
    post.send().await;
    for camera in 1..4 {
        post.yard.clock.advance(10 * MINUTE);
        post.happens(camera).await;
        post.send().await;
    }
    assert_eq!(post.stand.take().len(), 1);
    let mine = post.yard.catalogue.push_endpoints_of(post.person).await.expect("read").remove(0);
    assert!(mine.gone.is_some());
}

#[tokio::test]
async fn one_that_does_not_answer_holds_up_nobody_else() {
    let mut post = Post::new().await;
    let other = post.yard.catalogue.ensure_person("an", "guard").await.expect("a person").id;
    let quick = Stand::new().await;
    let url = format!("http://127.0.0.1:{}/", quick.address.port());
    let address = PushAddress { url, p256dh: P256DH.to_owned(), auth: AUTH.to_owned() };
    post.alerts.subscribe(other, address, "", None, None).await.expect("subscribed");
    post.stand.answer(None);
    post.happens(0).await;
    let begun = Instant::now();
    assert_eq!(post.send().await, 2);
    assert!(quick.take()[0].at - begun < Duration::from_secs(5), "while the other is waited for");
    assert_eq!(post.newest().await, ("due".to_owned(), 1), "it is tried again");
}

#[tokio::test]
async fn a_webhook_is_signed_and_gets_each_alert() {
    let mut post = Post::new().await;
    let url = Secret::new(format!("http://127.0.0.1:{}/hook", post.stand.address.port()));
    let key = post.alerts.put_webhook(true, Some(&url), 0, "admin").await.expect("set").expect("a key");
    post.happens(0).await;
    assert_eq!(post.send().await, 2);
    let came = post.stand.take();
    let hook = came.iter().find(|one| one.target == "/hook").expect("called");
    let told: Value = serde_json::from_slice(&hook.body).expect("json");
    assert_eq!(
        (told["type"].as_str(), told["data"]["cameras"][0].as_str()),
        (Some("alert.motion"), Some(post.yard.cameras[0].id.to_string().as_str()))
    );
    assert!(hook.header("webhook-signature").starts_with("v1,"));
    if let Some(python) = python() {
        let given = json!({"key": key.expose(), "body": String::from_utf8_lossy(&hook.body),
            "headers": {"webhook-id": hook.header("webhook-id"), "webhook-timestamp": hook.header("webhook-timestamp"),
                "webhook-signature": hook.header("webhook-signature")}});
        assert_eq!(ask(&python, "webhook", &given)["ok"], true);
    }
}

/// A Python with http_ece, PyJWT and standardwebhooks, where there is one (`scripts/alert-peers`).
fn python() -> Option<String> {
    std::env::var("LANEWATCH_ALERT_PEERS").ok()
}

/// Asks others' libraries (`tests/support/alert_peers.py`).
pub(super) fn ask(python: &str, what: &str, given: &Value) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/alert_peers.py");
    let mut child = Command::new(python)
        .args([script, what])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python");
    child.stdin.take().expect("its input").write_all(given.to_string().as_bytes()).expect("written");
    let done = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&done.stdout).expect("json")
}

#[tokio::test]
async fn somebody_elses_library_reads_what_is_sent() {
    let Some(python) = python() else {
        println!("left out: LANEWATCH_ALERT_PEERS names no Python; see scripts/alert-peers");
        return;
    };
    let keys = ask(&python, "keys", &json!({}));
    let word = |name: &str| keys[name].as_str().expect("a key").to_owned();
    let mut post = Post::with(&word("p256dh"), &word("auth")).await;
    post.yard.rules(AlertRules { night_budget: 500, cooldown_minutes: 0, ..AlertRules::default() }).await;
    let mut read = 0;
    for n in 0..50 {
        post.yard.clock.advance(11 * MINUTE);
        post.happens(n % 4).await;
        post.send().await;
        for one in post.stand.take() {
            let body: String = one.body.iter().map(|b| format!("{b:02x}")).collect();
            let audience = format!("http://127.0.0.1:{}", post.stand.address.port());
            let now = post.yard.clock.now().seconds();
            let given = json!({"keys": keys, "body": body, "authorization": one.header("authorization"), "audience": audience, "now": now});
            let opened = ask(&python, "open", &given);
            assert_eq!(opened["claims"]["sub"], "mailto:binh@example.vn");
            let message: Value =
                serde_json::from_str(opened["text"].as_str().expect("a text")).expect("json");
            assert_eq!(message["web_push"], 8030);
            assert!(message["notification"]["title"].as_str().is_some_and(|title| title.starts_with("Ngõ")));
            read += 1;
        }
    }
    println!("{read} messages were decrypted by http_ece, their tokens verified by PyJWT");
    assert!(read >= 30, "{read}");
}

/// From the moment at which detection has told the catalogue to the moment at which the push service has the message, with the
/// two tasks running as in the service. A figure, not a promise: the machine may be busy.
#[tokio::test]
async fn from_motion_to_the_push_service() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SystemClock::shared();
    let (tasks, stop) = (Tasks::new(), Stop::new());
    let path = folder.path().join("catalogue.db");
    let zone = lanewatch::base::Zone::HO_CHI_MINH;
    let catalogue = Catalogue::open(&path, Arc::clone(&clock), zone, &tasks).await.expect("a catalogue");
    let plan = SchedulePlan { week: vec!["1".repeat(48); 7], ..SchedulePlan::default() };
    let rules = lanewatch::alert::AlertRules { night_budget: 500, cooldown_minutes: 0, ..Default::default() };
    for (name, body) in [("schedule", json!(plan)), ("rules", json!(rules))] {
        let keep = lanewatch::catalogue::NewSecret::Keep;
        catalogue.put_alert_setting(name, None, body, keep, "admin").await.expect("put");
    }
    let (stand, alerts) = (Stand::new().await, alerts(&catalogue, Arc::clone(&clock)).await);
    let person = catalogue.ensure_person("binh", "guard").await.expect("a person").id;
    let url = format!("http://127.0.0.1:{}/", stand.address.port());
    let address = PushAddress { url, p256dh: P256DH.to_owned(), auth: AUTH.to_owned() };
    alerts.subscribe(person, address, "", None, None).await.expect("subscribed");
    let mut cameras = Vec::new();
    for n in 0..6 {
        let url = format!("rtsp://10.0.0.{n}/main").parse().expect("an address");
        cameras.push(
            catalogue
                .add_camera(lanewatch::catalogue::NewCamera::new(format!("Ngõ {n}"), url))
                .await
                .expect("a camera"),
        );
    }
    let deciding = tasks.spawn("decide", alerts.dispatch(Arc::new(())).run(stop.clone()));
    let sending = tasks.spawn("send", alerts.deliver().run(stop.clone()));
    while catalogue.alert_position().await.expect("read").is_none() {
        tokio::task::yield_now().await;
    }
    let mut took = Vec::new();
    for camera in &cameras {
        let mut walker = event(camera.id, EventKind::Motion, clock.now(), 3);
        walker.end = None;
        let begun = Instant::now();
        catalogue.begin_event(walker);
        stand.news.notified().await;
        took.push(stand.take()[0].at - begun);
    }
    took.sort();
    println!(
        "motion to push service: median {:?}, worst {:?} of {}",
        took[took.len() / 2],
        took[took.len() - 1],
        took.len()
    );
    while !catalogue.outlets(clock.now()).await.expect("read").is_empty() {
        tokio::task::yield_now().await;
    }
    stop.request();
    deciding.await.expect("no panic");
    sending.await.expect("no panic");
    assert_eq!(catalogue.alerts_made_since(lanewatch::base::Ticks(0)).await.expect("read").len(), 6);
}
