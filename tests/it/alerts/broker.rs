//! MQTT with a real Mosquitto, where there is one.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lanewatch::alert::{
    Alerts, CameraDoes, ExtraRoots, HandPlan, Internet, LocalHosts, MqttBroker, Outside, SchedulePlan,
    Sights, SiteChannel, Step,
};
use lanewatch::base::{CameraId, Clock as _, Secret, Stop, Tasks, TimeRange, hex};
use lanewatch::catalogue::{AuditFilter, Camera, CameraPatch, Event, EventKind, Picture, PictureSize, Scope};
use serde_json::{Value, json};

use super::push::ask;
use super::yard::{MINUTE, SECOND, Yard, event, hears};

/// Home Assistant's start is believed at most so often.
const GREETED: Duration = Duration::from_millis(10_500);

/// Ends with the test, whatever becomes of it.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn mosquitto() -> Option<&'static str> {
    ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
}

fn broker(program: &str, folder: &std::path::Path, port: u16) -> Ends {
    let (config, passwords) = (folder.join("mosquitto.conf"), folder.join("passwords"));
    let made =
        Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&passwords).args(["ha", "geheim"]).status();
    assert!(made.expect("mosquitto_passwd").success());
    let text = format!(
        "listener {port} 127.0.0.1\nallow_anonymous false\nuser root\npassword_file {}\n",
        passwords.display()
    );
    #[expect(clippy::disallowed_methods, reason = "the broker's file, not one of the recorder")]
    std::fs::write(&config, text).expect("written");
    let child = Command::new(program)
        .arg("-c")
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mosquitto");
    let running = Ends(child);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }
    running
}

/// What cameras do, as the test says.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<CameraId, (Option<CameraDoes>, bool)>>);

impl Seen {
    fn says(&self, camera: &Camera, does: CameraDoes, moves: bool) {
        self.0.lock().expect("lock").insert(camera.id, (Some(does), moves));
    }
}

impl Sights for Seen {
    fn does(&self, camera: &Camera) -> Option<CameraDoes> {
        self.0.lock().expect("lock").get(&camera.id).and_then(|(does, _)| *does)
    }

    fn moves(&self, camera: CameraId) -> bool {
        self.0.lock().expect("lock").get(&camera).is_some_and(|(_, moves)| *moves)
    }

    fn free_bytes(&self) -> u64 {
        7_000_000_000
    }
}

/// Somebody at the broker.
struct Listener {
    said: tokio::sync::mpsc::Receiver<(String, bool, String)>,
    _child: Ends,
}

impl Listener {
    async fn new(port: u16) -> Self {
        let port = port.to_string();
        let mut child = Command::new("mosquitto_sub")
            .args(["-h", "127.0.0.1", "-p", &port, "-u", "ha", "-P", "geheim", "-q", "1", "-F", "%t %r %x"])
            .args(["-t", "$SYS/broker/version", "-t", "#"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("mosquitto_sub");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let (say, said) = tokio::sync::mpsc::channel(10_000);
        Tasks::thread("listener", move || {
            for line in out.lines().map_while(Result::ok) {
                let mut parts = line.trim_end().splitn(3, ' ').map(str::to_owned);
                let mut part = || parts.next().unwrap_or_default();
                if say.blocking_send((part(), part() == "1", unhex(&part()))).is_err() {
                    return;
                }
            }
        });
        let mut listener = Self { said, _child: Ends(child) };
        listener.hears("$SYS/broker/version").await;
        listener
    }

    /// The next on a topic; what comes before is passed over.
    async fn hears(&mut self, topic: &str) -> String {
        loop {
            let (about, _, payload) = self.said.recv().await.expect("somebody speaks");
            if about == topic {
                return payload;
            }
        }
    }

    async fn hears_that(&mut self, topic: &str, payload: &str) {
        while self.hears(topic).await != payload {}
    }
}

/// A payload as text; a picture is none, and stays what it was told as.
fn unhex(told: &str) -> String {
    let byte = |n: usize| told.get(2 * n..2 * n + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    let bytes: Vec<u8> = (0..told.len() / 2).filter_map(byte).collect();
    String::from_utf8(bytes).unwrap_or_else(|_| told.to_owned())
}

/// What the broker keeps, as somebody sees it who comes now.
fn kept(port: u16) -> BTreeMap<String, String> {
    let out = Command::new("mosquitto_sub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-u", "ha", "-P", "geheim", "-q", "1"])
        .args(["--retained-only", "-W", "1", "-F", "%t %x", "-t", "#"])
        .output()
        .expect("mosquitto_sub");
    let text = String::from_utf8(out.stdout).expect("text");
    let pair = |line: &str| line.split_once(' ').map(|(topic, payload)| (topic.to_owned(), unhex(payload)));
    text.lines().filter_map(pair).collect()
}

fn says(port: u16, topic: &str, payload: &str, keeps: bool) {
    let mut command = Command::new("mosquitto_pub");
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-u", "ha", "-P", "geheim", "-q", "1"]);
    command.args(["-t", topic, "-m", payload]).args(keeps.then_some("-r"));
    assert!(command.status().expect("mosquitto_pub").success());
}

struct House {
    yard: Yard,
    alerts: Alerts,
    seen: Arc<Seen>,
    host: MqttBroker,
    port: u16,
    folder: tempfile::TempDir,
    program: &'static str,
    revision: i64,
    tasks: Tasks,
}

impl House {
    #[expect(clippy::print_stdout, reason = "a test that is left out says so")]
    async fn new() -> Option<Self> {
        let Some(program) = mosquitto() else {
            println!("left out: there is no mosquitto");
            return None;
        };
        let yard = Yard::new(2, |_| String::new()).await;
        yard.schedule(SchedulePlan { week: vec!["1".repeat(48); 7], ..SchedulePlan::default() }).await;
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let local = LocalHosts::new(["127.0.0.1".to_owned()]);
        let network = Arc::new(Internet::new(local.clone(), &ExtraRoots::default()).expect("TLS"));
        let outside = Outside {
            local,
            url: "https://thon.example.vn".to_owned(),
            contact: None,
            extra_roots: ExtraRoots::default(),
        };
        let alerts = Alerts::open(yard.catalogue.clone(), yard.clock.clone(), network, outside, hears)
            .await
            .expect("alerts");
        let host = MqttBroker {
            enabled: true,
            host: "127.0.0.1".to_owned(),
            port,
            username: Some("ha".to_owned()),
            base: "lanewatch".to_owned(),
            discovery: Some("homeassistant".to_owned()),
            commands: false,
            pictures: false,
        };
        let seen = Arc::<Seen>::default();
        seen.says(&yard.cameras[0], CameraDoes::Live, false);
        seen.says(&yard.cameras[1], CameraDoes::Live, false);
        let folder = tempfile::tempdir().expect("a folder");
        Some(Self { yard, alerts, seen, host, port, folder, program, revision: 0, tasks: Tasks::new() })
    }

    fn broker(&self) -> Ends {
        broker(self.program, self.folder.path(), self.port)
    }

    async fn set(&mut self, host: MqttBroker, password: Option<&str>) {
        let put = self.alerts.put_mqtt(&host, password.map(Secret::new), self.revision, "admin");
        self.revision = put.await.expect("set");
        self.host = host;
    }

    fn present(&self) -> (Stop, tokio::task::JoinHandle<()>) {
        let stop = Stop::new();
        let task = self.alerts.presence(self.seen.clone()).run(stop.clone());
        (stop, self.tasks.spawn("mqtt", task))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_broker_gets_alerts_and_keeps_what_cameras_do() {
    let Some(mut house) = House::new().await else { return };
    house.set(house.host.clone(), Some("geheim")).await;
    let (stop, presence) = house.present();
    // It is not there yet: nothing is lost.
    let id = house.yard.moves(0, 8).await;
    while house.yard.dispatch.step().await.expect("decided") {}
    assert_eq!(house.alerts.deliver().step().await.expect("tried"), 1);
    let row = house.yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!((row.state.as_str(), row.tries), ("due", 1), "{row:?}");
    let running = house.broker();
    let mut listener = Listener::new(house.port).await;
    house.yard.clock.advance(MINUTE);
    assert_eq!(house.alerts.deliver().step().await.expect("sent"), 1);
    let row = house.yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!((row.state.as_str(), row.error.as_deref()), ("sent", None));
    let payload = listener.hears("lanewatch/ngo-1/alert").await;
    let alert: Value = serde_json::from_str(&payload).expect("json");
    assert_eq!(
        (alert["event_type"].as_str(), alert["event"].as_str()),
        (Some("motion"), Some(&*id.to_string()))
    );
    listener.hears("lanewatch/alert").await;
    // What it keeps, whoever comes when.
    listener.hears_that("lanewatch/stats", &kept_stats()).await;
    let all = kept(house.port);
    let stands = |topic: &str| all.get(topic).map(String::as_str);
    assert_eq!(stands("lanewatch/available"), Some("online"));
    assert_eq!(
        (stands("lanewatch/ngo-1/status"), stands("lanewatch/ngo-1/motion")),
        (Some("live"), Some("OFF"))
    );
    assert!(!all.keys().any(|topic| topic.contains("snooze") || topic.ends_with("/alerts/state")), "{all:?}");
    let device: Value =
        serde_json::from_str(stands("homeassistant/device/lanewatch_ngo-1/config").expect("announced"))
            .expect("json");
    assert_eq!(device["dev"]["name"], "Ngõ 1");
    let kinds = device["cmps"]["alert"]["event_types"].as_array().expect("kinds");
    assert!(kinds.contains(&alert["event_type"]));
    assert_eq!(device["cmps"]["alerts"], json!({"p": "switch"}), "there are no commands");
    assert_eq!(device["cmps"]["picture"], json!({"p": "image"}), "nor pictures");
    for (name, component) in device["cmps"]
        .as_object()
        .expect("components")
        .iter()
        .filter(|(_, c)| c.as_object().is_some_and(|c| c.len() > 1))
    {
        assert!(component["p"].is_string() && component["unique_id"].is_string(), "{name}");
        let topic = component["state_topic"].as_str().expect("a topic");
        assert!(topic == "lanewatch/ngo-1/alert" || stands(topic).is_some(), "{topic}");
    }
    let recorder: Value =
        serde_json::from_str(stands("homeassistant/device/lanewatch/config").expect("announced"))
            .expect("json");
    assert_eq!(recorder["dev"]["ids"][0], device["dev"]["via_device"]);
    // A camera is lost, and something moves before the other.
    house.seen.says(&house.yard.cameras[0], CameraDoes::Offline, true);
    house.seen.says(&house.yard.cameras[1], CameraDoes::Live, true);
    listener.hears_that("lanewatch/ngo-1/status", "offline").await;
    listener.hears_that("lanewatch/ngo-2/motion", "ON").await;
    house.seen.says(&house.yard.cameras[1], CameraDoes::Live, false);
    listener.hears_that("lanewatch/ngo-2/motion", "OFF").await;
    assert_eq!(
        kept(house.port)["lanewatch/ngo-1/motion"],
        "OFF",
        "nobody sees what moves before a lost camera"
    );
    // An event, as it begins and as it ends.
    let now = house.yard.clock.now();
    let whole = event(house.yard.cameras[1].id, EventKind::Motion, now, 4);
    assert!(house.yard.catalogue.begin_event(Event { end: None, ..whole.clone() }));
    let told: Value = serde_json::from_str(&listener.hears("lanewatch/events").await).expect("json");
    // Who comes later may have heard of the one before.
    let told = if told["after"]["id"] == json!(whole.id) {
        told
    } else {
        serde_json::from_str(&listener.hears("lanewatch/events").await).expect("json")
    };
    assert_eq!((&told["type"], &told["after"]["camera"]), (&json!("new"), &json!("ngo-2")));
    assert!(house.yard.catalogue.end_event(whole));
    let told: Value = serde_json::from_str(&listener.hears("lanewatch/events").await).expect("json");
    assert_eq!((&told["type"], &told["before"]["to"]), (&json!("end"), &Value::Null));
    // It can be tried, and a siren beside it hears that no channel works, and that one does.
    assert_eq!(house.alerts.try_channel(SiteChannel::Mqtt, None, "vi").await.expect("tried"), None);
    assert!(listener.hears("lanewatch/alert").await.contains(r#""event_type":"test""#));
    house.alerts.put_relay(true, None, true, 0, "admin").await.expect("set");
    assert_eq!(house.alerts.try_relay().await.expect("tried"), None);
    listener.hears_that("lanewatch/siren", "ON").await;
    assert_eq!(house.alerts.relay().step().await.expect("told"), 1);
    listener.hears_that("lanewatch/siren", "OFF").await;
    // The broker starts again, and has forgotten everything: it is told.
    drop(running);
    let _running = house.broker();
    let mut listener = Listener::new(house.port).await;
    listener.hears_that("lanewatch/available", "online").await;
    listener.hears_that("lanewatch/ngo-1/status", "offline").await;
    // A camera that is removed is taken away; one that was switched off says so and stays.
    let patch = CameraPatch { enabled: Some(false), ..CameraPatch::default() };
    house.yard.catalogue.patch_camera(house.yard.cameras[1].id, None, patch).await.expect("off");
    listener.hears_that("lanewatch/ngo-2/status", "off").await;
    assert!(kept(house.port).contains_key("homeassistant/device/lanewatch_ngo-2/config"));
    house.yard.catalogue.remove_camera(house.yard.cameras[1].id).await.expect("removed");
    listener.hears_that("homeassistant/device/lanewatch_ngo-2/config", "").await;
    // The recorder stops in order.
    stop.request();
    presence.await.expect("ended");
    listener.hears_that("lanewatch/available", "offline").await;
}

fn kept_stats() -> String {
    json!({"days_kept": 0.0, "disk_free_bytes": 7_000_000_000_u64, "cameras": 2, "cameras_live": 2})
        .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorder_that_dies_is_known_to_be_gone_and_a_broker_that_is_left_keeps_nothing() {
    let Some(mut house) = House::new().await else { return };
    let _running = house.broker();
    let mut listener = Listener::new(house.port).await;
    let (_, presence) = house.present();
    house.set(house.host.clone(), Some("geheim")).await;
    listener.hears_that("lanewatch/ngo-2/status", "live").await;
    presence.abort();
    listener.hears_that("lanewatch/available", "offline").await;
    // A camera goes meanwhile: the next start takes away what nobody else would.
    house.yard.catalogue.remove_camera(house.yard.cameras[1].id).await.expect("removed");
    assert!(presence.await.is_err());
    let (_stop, _presence) = house.present();
    listener.hears_that("homeassistant/device/lanewatch_ngo-2/config", "").await;
    listener.hears_that("lanewatch/ngo-2/status", "").await;
    // Home Assistant has started anew: it is told everything, once in a while.
    tokio::time::sleep(GREETED).await;
    says(house.port, "homeassistant/status", "online", false);
    listener.hears("homeassistant/device/lanewatch_ngo-1/config").await;
    // A wrong password is said, and is no reason to throw anything away.
    house.set(house.host.clone(), Some("falsch")).await;
    let fault =
        house.alerts.try_channel(SiteChannel::Mqtt, None, "vi").await.expect("tried").expect("refused");
    assert_eq!(fault.step, Step::SignIn, "{fault:?}");
    let id = house.yard.moves(0, 8).await;
    while house.yard.dispatch.step().await.expect("decided") {}
    assert_eq!(house.alerts.deliver().step().await.expect("tried"), 1);
    let row = house.yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!(row.state, "due");
    assert!(row.error.is_some_and(|why| !why.contains("falsch")));
    house.set(house.host.clone(), Some("geheim")).await;
    listener.hears_that("lanewatch/available", "online").await;
    assert_eq!(house.alerts.try_channel(SiteChannel::Mqtt, None, "vi").await.expect("tried"), None);
    // It is switched off: it goes, and leaves nothing but that; it can be tried all the same.
    house.set(MqttBroker { enabled: false, ..house.host.clone() }, None).await;
    listener.hears_that("homeassistant/device/lanewatch_ngo-1/config", "").await;
    listener.hears_that("lanewatch/available", "offline").await;
    let left: Vec<String> = kept(house.port).into_keys().collect();
    assert_eq!(left, ["lanewatch/available"]);
    assert_eq!(house.alerts.try_channel(SiteChannel::Mqtt, None, "vi").await.expect("tried"), None);
    assert_eq!(kept(house.port)["lanewatch/available"], "offline", "a try is no presence");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_at_the_broker_silences_alerts_only_where_that_is_allowed() {
    let Some(mut house) = House::new().await else { return };
    let _running = house.broker();
    let mut listener = Listener::new(house.port).await;
    house.set(house.host.clone(), Some("geheim")).await;
    let (_stop, _presence) = house.present();
    listener.hears_that("lanewatch/ngo-2/status", "live").await;
    says(house.port, "lanewatch/snooze/set", "30", false);
    says(house.port, "lanewatch/ngo-1/alerts/set", "OFF", false);
    // What came before the next is dealt with, or never will be.
    assert_eq!(house.alerts.try_channel(SiteChannel::Mqtt, None, "vi").await.expect("tried"), None);
    assert!(house.alerts.schedule().await.expect("read").2.armed, "it is not allowed");
    // What was kept before it was allowed was meant for another time.
    says(house.port, "lanewatch/snooze/set", "600", true);
    house.set(MqttBroker { commands: true, ..house.host.clone() }, None).await;
    listener.hears_that("lanewatch/ngo-1/alerts/state", "ON").await;
    listener.hears_that("lanewatch/snooze/state", "0").await;
    for wrong in ["soon", "-1", "99999999", &"9".repeat(200)] {
        says(house.port, "lanewatch/snooze/set", wrong, false);
    }
    says(house.port, "lanewatch/unknown/alerts/set", "OFF", false);
    says(house.port, "lanewatch/ngo-1/alerts/set", "OFF", false);
    listener.hears_that("lanewatch/ngo-1/alerts/state", "OFF").await;
    assert!(house.alerts.schedule().await.expect("read").2.armed, "nothing of it was understood");
    // Motion before that camera is not told, before the other it is.
    let (silent, told) = (house.yard.moves(0, 8).await, house.yard.moves(1, 8).await);
    while house.yard.dispatch.step().await.expect("decided") {}
    let deliveries = async |id: lanewatch::base::EventId| {
        house.yard.catalogue.deliveries_of(id.0).await.expect("read").len()
    };
    assert_eq!((deliveries(silent).await, deliveries(told).await), (0, 1));
    says(house.port, "lanewatch/ngo-1/alerts/set", "ON", false);
    listener.hears_that("lanewatch/ngo-1/alerts/state", "ON").await;
    assert!(house.alerts.rules().await.expect("read").0.cameras_off.is_empty());
    // Quiet for all, and its end.
    says(house.port, "lanewatch/snooze/set", "30", false);
    listener.hears_that("lanewatch/snooze/state", "30").await;
    let standing = house.alerts.schedule().await.expect("read").2;
    assert!(!standing.armed && standing.by_hand);
    says(house.port, "lanewatch/snooze/set", "0", false);
    listener.hears_that("lanewatch/snooze/state", "0").await;
    assert!(house.alerts.schedule().await.expect("read").2.armed);
    // What somebody has switched off without an end is not switched on from there.
    let (mut plan, revision, _) = house.alerts.schedule().await.expect("read");
    plan.hand = Some(HandPlan { armed: false, until: None, then: None });
    house.alerts.put_schedule(&plan, revision, "head").await.expect("put");
    listener.hears_that("lanewatch/snooze/state", "1440").await;
    says(house.port, "lanewatch/snooze/set", "30", false);
    listener.hears_that("lanewatch/snooze/state", "30").await;
    says(house.port, "lanewatch/snooze/set", "0", false);
    listener.hears_that("lanewatch/snooze/state", "1440").await;
    says(house.port, "lanewatch/snooze/set", "0", false);
    says(house.port, "lanewatch/snooze/set", "20", false);
    listener.hears_that("lanewatch/snooze/state", "20").await;
    house.yard.clock.advance(30 * MINUTE);
    listener.hears_that("lanewatch/snooze/state", "1440").await;
    let (mut plan, revision, _) = house.alerts.schedule().await.expect("read");
    plan.hand = None;
    house.alerts.put_schedule(&plan, revision, "head").await.expect("put");
    // All of it stands in the log of what people did.
    house.yard.catalogue.flush().await.expect("written");
    let now = house.yard.clock.now();
    let range = TimeRange::new(now - 3600 * SECOND, now + SECOND);
    let filter = AuditFilter { actor: Some("mqtt".to_owned()), ..AuditFilter::default() };
    let log = house.yard.catalogue.audit_log(Scope::everything(), range, &filter, 20).await.expect("read");
    let log: Vec<(bool, &Value)> =
        log.iter().rev().map(|entry| (entry.camera.is_some(), &entry.detail)).collect();
    assert_eq!(log.len(), 7, "{log:?}");
    assert_eq!(log[0], (true, &json!({"rules": {"motion": false}})));
    assert_eq!(log[2].1["schedule"]["armed"], json!(false));
    assert_eq!(log[3], (false, &json!({"schedule": null})));
    // Somebody publishes what no recorder should read: it goes on, and hears nothing more from there.
    says(house.port, "lanewatch/snooze/set", &"9".repeat(20_000), false);
    listener.hears_that("lanewatch/available", "offline").await;
    listener.hears_that("lanewatch/available", "online").await;
    says(house.port, "lanewatch/snooze/set", "30", false);
    assert_eq!(house.alerts.try_channel(SiteChannel::Mqtt, None, "vi").await.expect("tried"), None);
    assert!(house.alerts.schedule().await.expect("read").2.armed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_motions_picture_stands_there_where_that_is_allowed() {
    let Some(mut house) = House::new().await else { return };
    let _running = house.broker();
    let mut listener = Listener::new(house.port).await;
    house.set(MqttBroker { pictures: true, ..house.host.clone() }, Some("geheim")).await;
    let (stop, presence) = house.present();
    listener.hears_that("lanewatch/ngo-2/status", "live").await;
    let catalogue = house.yard.catalogue.clone();
    let camera = house.yard.cameras[0].id;
    let shows = |event, fill: u8| {
        let jpeg: Vec<u8> = [0xFF, 0xD8, 0xFF, 0xE0]
            .into_iter()
            .chain(vec![fill; PictureSize::Small.most_bytes() - 4])
            .collect();
        let text = hex(&jpeg);
        let picture = Picture { at: house.yard.clock.now(), jpeg: jpeg.into() };
        catalogue.put_picture(event, camera, PictureSize::Small, picture).expect("kept");
        text
    };
    // It comes some moments after what is told of the event, and a better one takes its place.
    let whole = event(camera, EventKind::Motion, house.yard.clock.now(), 4);
    assert!(catalogue.begin_event(Event { end: None, ..whole.clone() }));
    listener.hears("lanewatch/events").await;
    let first = shows(whole.id, 7);
    listener.hears_that("lanewatch/ngo-1/picture", &first).await;
    let better = shows(whole.id, 8);
    assert!(catalogue.end_event(whole.clone()));
    listener.hears_that("lanewatch/ngo-1/picture", &better).await;
    // Another start leaves what stands there; it is taken away when it is not allowed any more.
    stop.request();
    presence.await.expect("ended");
    let (_stop, _presence) = house.present();
    listener.hears_that("lanewatch/available", "online").await;
    listener.hears("lanewatch/stats").await;
    let all = kept(house.port);
    assert_eq!(all.get("lanewatch/ngo-1/picture"), Some(&better));
    assert!(!all.contains_key("lanewatch/ngo-2/picture"));
    house.set(MqttBroker { pictures: false, ..house.host.clone() }, Some("geheim")).await;
    listener.hears_that("lanewatch/ngo-1/picture", "").await;
    house.set(MqttBroker { pictures: true, ..house.host.clone() }, Some("geheim")).await;
    listener.hears_that("lanewatch/available", "online").await;
    assert!(!kept(house.port).contains_key("lanewatch/ngo-1/picture"), "its picture was taken away");
}

/// With all that can be allowed, and with nothing of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn home_assistants_own_schemas_take_what_is_announced() {
    let Ok(python) = std::env::var("LANEWATCH_HOME_ASSISTANT") else {
        println!("left out: LANEWATCH_HOME_ASSISTANT names no Python; see scripts/alert-peers");
        return;
    };
    let Some(mut house) = House::new().await else { return };
    let _running = house.broker();
    let mut listener = Listener::new(house.port).await;
    let (_stop, _presence) = house.present();
    for all in [false, true] {
        let host = MqttBroker { commands: all, pictures: all, ..house.host.clone() };
        house.set(host, Some("geheim")).await;
        listener.hears_that("lanewatch/available", "online").await;
        listener.hears("lanewatch/stats").await;
        let devices: BTreeMap<String, Value> = kept(house.port)
            .into_iter()
            .filter(|(topic, _)| topic.starts_with("homeassistant/"))
            .map(|(topic, payload)| (topic, serde_json::from_str(&payload).expect("json")))
            .collect();
        assert_eq!(devices.len(), 3, "two cameras and the recorder");
        let answer = ask(&python, "announced", &json!({"devices": devices}));
        assert_eq!(answer["wrong"], json!([]), "{answer}");
        let of = |platform: &str| answer["checked"][platform].as_u64().unwrap_or(0);
        println!("taken by Home Assistant: {}", answer["checked"]);
        assert_eq!((of("binary_sensor"), of("event"), of("sensor")), (5, 3, 3));
        let allowed = u64::from(all);
        assert_eq!((of("switch"), of("image"), of("number")), (2 * allowed, 2 * allowed, allowed));
    }
}
