//! MQTT to a real Mosquitto, where there is one.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use lanewatch::alert::{
    Alerts, ExtraRoots, Internet, LocalHosts, MqttBroker, Outside, SchedulePlan, SiteChannel, Step,
};
use lanewatch::base::Secret;
use serde_json::Value;

use super::yard::{MINUTE, Yard, hears};

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

#[tokio::test]
async fn a_real_broker_gets_alerts_and_what_home_assistant_needs() {
    let Some(program) = mosquitto() else {
        println!("left out: there is no mosquitto");
        return;
    };
    let mut yard = Yard::new(2, |_| String::new()).await;
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
    };
    alerts.put_mqtt(&host, Some(Secret::new("geheim")), 0, "admin").await.expect("set");
    // It is not there yet: nothing is lost.
    let id = yard.moves(0, 8).await;
    while yard.dispatch.step().await.expect("decided") {}
    assert_eq!(alerts.deliver().step().await.expect("tried"), 1);
    let row = yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!((row.state.as_str(), row.tries), ("due", 1), "{row:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let _running = broker(program, folder.path(), port);
    let mut listening = Command::new("mosquitto_sub")
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-u",
            "ha",
            "-P",
            "geheim",
            "-q",
            "1",
            "-F",
            "%t %r %p",
            "-t",
            "#",
            "-t",
            "$SYS/broker/version",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("mosquitto_sub");
    let mut said = BufReader::new(listening.stdout.take().expect("its output"));
    let _listening = Ends(listening);
    let mut next = || {
        let mut line = String::new();
        said.read_line(&mut line).expect("a line");
        let mut parts = line.trim_end().splitn(3, ' ').map(str::to_owned);
        (parts.next().expect("a topic"), parts.next().expect("a flag"), parts.next().expect("a payload"))
    };
    assert!(next().2.contains("mosquitto"), "it listens");
    yard.clock.advance(MINUTE);
    assert_eq!(alerts.deliver().step().await.expect("sent"), 1);
    let row = yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!((row.state.as_str(), row.error.as_deref()), ("sent", None));
    let (topic, _, payload) = next();
    assert_eq!(topic, "homeassistant/device/lanewatch_ngo-1/config");
    let device: Value = serde_json::from_str(&payload).expect("json");
    assert_eq!(device["dev"]["name"], "Ngõ 1");
    assert_eq!(next(), ("lanewatch/ngo-1/status".to_owned(), "0".to_owned(), "live".to_owned()));
    let (topic, _, payload) = next();
    assert_eq!(topic, device["cmps"]["alert"]["state_topic"].as_str().expect("a topic"));
    let alert: Value = serde_json::from_str(&payload).expect("json");
    assert!(device["cmps"]["alert"]["event_types"].as_array().expect("kinds").contains(&alert["event_type"]));
    let (topic, _, payload) = next();
    assert_eq!(topic, "lanewatch/events");
    let event: Value = serde_json::from_str(&payload).expect("json");
    assert_eq!(
        (event["type"].as_str(), event["after"]["data"]["event"].as_str()),
        (Some("new"), Some(id.to_string().as_str()))
    );
    // It can be tried, and a siren beside it hears that no channel works, and that one does.
    assert_eq!(alerts.try_channel(SiteChannel::Mqtt, None, "vi").await.expect("tried"), None);
    let (topic, _, payload) = next();
    assert!(topic == "lanewatch/events" && payload.contains(r#""kind":"test""#), "{topic} {payload}");
    alerts.put_relay(true, None, true, 0, "admin").await.expect("set");
    assert_eq!(alerts.try_relay().await.expect("tried"), None);
    assert_eq!(next(), ("lanewatch/siren".to_owned(), "0".to_owned(), "ON".to_owned()));
    assert_eq!(alerts.relay().step().await.expect("told"), 1);
    assert_eq!(next(), ("lanewatch/siren".to_owned(), "0".to_owned(), "OFF".to_owned()));
    // A wrong password is no reason to throw anything away.
    alerts.put_mqtt(&host, Some(Secret::new("falsch")), 1, "admin").await.expect("set");
    let fault = alerts.try_channel(SiteChannel::Mqtt, None, "vi").await.expect("tried").expect("refused");
    assert_eq!(fault.step, Step::SignIn, "{fault:?}");
    yard.clock.advance(10 * MINUTE);
    let id = yard.moves(1, 8).await;
    while yard.dispatch.step().await.expect("decided") {}
    assert_eq!(alerts.deliver().step().await.expect("tried"), 1);
    let row = yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!(row.state, "due");
    assert!(row.error.is_some_and(|why| !why.contains("falsch")));
}
