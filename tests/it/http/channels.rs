//! The site's channels over HTTP: a message to try one by, how they do, and the relay for when none works.

use std::sync::Arc;

use lanewatch::alert::{Fault, Step};
use lanewatch::base::{Clock, TICKS_PER_SECOND};
use serde_json::{Value, json};

use super::bench::Bench;
use super::client::{Client, Reply};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;

async fn put(client: &mut Client, name: &str, revision: i64, form: Value) -> Reply {
    let path = format!("/api/v1/alert-channels/{name}");
    client.send("PUT", &path, &[("If-Match", &format!("\"{revision}\""))], Some(form)).await
}

async fn attempt(client: &mut Client, name: &str, form: Value) -> Reply {
    client.post(&format!("/api/v1/alert-channels/{name}/test"), form).await
}

#[tokio::test]
async fn a_test_tells_whether_it_arrived_and_how_far_it_came() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let unset = attempt(&mut admin, "webhook", json!({})).await;
    assert_eq!((unset.status, &unset.json()["step"]), (200, &json!("settings")), "{}", unset.text());
    let form = json!({"enabled": false, "url": "https://hooks.example.vn/canary"});
    assert_eq!(put(&mut admin, "webhook", 0, form).await.status, 200);
    let told = attempt(&mut admin, "webhook", json!({})).await;
    assert_eq!(told.json(), json!({"delivered": true, "step": null, "code": null, "detail": null}));
    let sent = bench.outside.sent.lock().expect("lock").pop().expect("a call");
    let body: Value = serde_json::from_slice(&sent.body).expect("json");
    assert_eq!(body["type"], "alert.test");
    assert!(sent.headers.iter().any(|(name, _)| *name == "webhook-signature"), "it is signed");
    for (refused, step, code) in [
        (Err(Fault::at(Step::Name, "no such name")), "name", json!(null)),
        (Err(Fault::at(Step::Tls, "not proven")), "tls", json!(null)),
        (Ok(404), "answer", json!(404)),
        (Ok(503), "answer", json!(503)),
    ] {
        bench.outside.answers.lock().expect("lock").push_back(refused);
        let told = attempt(&mut admin, "webhook", json!({})).await;
        assert_eq!((told.status, &told.json()["delivered"]), (200, &json!(false)));
        assert_eq!((&told.json()["step"], &told.json()["code"]), (&json!(step), &code), "{}", told.text());
        assert!(!told.text().contains("canary"));
    }
    // Zalo and letters need somebody to write to.
    for (name, form, status) in [
        ("zalo", json!({}), 422),
        ("mail", json!({"to": "nobody"}), 422),
        ("mail", json!({"to": "binh@example.vn"}), 200),
        ("zalo", json!({"to": "1f6016dce18908d75198"}), 200),
        ("fax", json!({}), 404),
    ] {
        assert_eq!(attempt(&mut admin, name, form.clone()).await.status, status, "{name} {form}");
    }
    let mut head = bench.person("head", "head", json!(null)).await;
    assert_eq!(attempt(&mut head, "webhook", json!({})).await.status, 403);
    let audit = admin.get("/api/v1/audit?action=alert_settings").await.json();
    assert_eq!(audit["items"][0]["detail"]["tested"], "zalo", "{audit}");
}

#[tokio::test]
async fn secrets_of_channels_are_taken_away_by_an_empty_one() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let form = json!({"enabled": true, "url": "https://hooks.example.vn/x"});
    assert_eq!(put(&mut admin, "webhook", 0, form).await.status, 200);
    let gone = put(&mut admin, "webhook", 1, json!({"enabled": true, "url": ""})).await.json();
    assert_eq!((&gone["enabled"], &gone["host"]), (&json!(false), &json!(null)));
    let form = json!({"enabled": true, "token": "1903914807:AbCdEf-token"});
    assert_eq!(put(&mut admin, "zalo", 0, form).await.status, 200);
    let gone = put(&mut admin, "zalo", 1, json!({"enabled": true, "token": ""})).await.json();
    assert_eq!((&gone["enabled"], &gone["token_set"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn the_relay_is_set_tried_and_told_of_by_health() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    for wrong in [
        json!({"enabled": true, "mqtt": false}),
        json!({"enabled": true, "mqtt": true}),
        json!({"enabled": true, "mqtt": false, "url": "http://192.168.1.7/siren"}),
    ] {
        assert_eq!(put(&mut admin, "relay", 0, wrong.clone()).await.status, 422, "{wrong}");
    }
    let url = "http://push.test/siren-canary";
    let set = put(&mut admin, "relay", 0, json!({"enabled": true, "mqtt": false, "url": url})).await;
    assert_eq!((set.status, &set.json()["host"]), (200, &json!("push.test")), "{}", set.text());
    assert!(set.json()["secret"].as_str().is_some_and(|key| key.starts_with("whsec_")));
    let shown = admin.get("/api/v1/alert-channels/relay").await;
    assert!(shown.json().get("secret").is_none() && !shown.text().contains("canary"), "{}", shown.text());
    assert_eq!(attempt(&mut admin, "relay", json!({})).await.json()["delivered"], true);
    assert!(admin.get("/api/v1/alert-channels/relay").await.json()["on_since"].is_string());
    // It is let go of by itself, whatever became of whoever tried it.
    assert_eq!(bench.alerts.relay().step().await.expect("told"), 1);
    assert_eq!(admin.get("/api/v1/alert-channels/relay").await.json()["on_since"], json!(null));
    let said: Vec<Value> = bench
        .outside
        .sent
        .lock()
        .expect("lock")
        .drain(..)
        .map(|post| serde_json::from_slice(&post.body).expect("json"))
        .collect();
    assert_eq!((&said[0]["type"], &said[1]["type"]), (&json!("relay.on"), &json!("relay.off")));
    // Whoever has the webhook as their only channel is told by the pages when it fails.
    let form = json!({"enabled": true, "url": "https://hooks.example.vn/x"});
    assert_eq!(put(&mut admin, "webhook", 0, form).await.status, 200);
    let week = json!({"week": vec!["1".repeat(48); 7], "hand": null});
    let armed = admin.send("PUT", "/api/v1/schedules/site", &[("If-Match", "\"0\"")], Some(week)).await;
    assert_eq!(armed.status, 200);
    let camera = admin.post("/api/v1/cameras", json!({"name": "a", "main_url": "rtsp://10.0.0.7/a"})).await;
    let camera = camera.json()["id"].as_str().map(str::to_owned).expect("an id");
    let mut dispatch = bench.alerts.dispatch(Arc::new(()));
    dispatch.step().await.expect("decided");
    bench.moved(&camera, bench.clock.now() - 9 * TICKS_PER_SECOND, 9 * TICKS_PER_SECOND);
    bench.catalogue.flush().await.expect("written");
    while dispatch.step().await.expect("decided") {}
    let deliver = bench.alerts.deliver();
    for minute in 0..6 {
        let health = admin.get("/api/v1/health").await.json();
        let alerts =
            health["checks"].as_array().and_then(|all| all.iter().find(|c| c["id"] == "alerts")).cloned();
        let code = alerts.expect("a check")["code"].as_str().map(str::to_owned);
        assert_eq!(code.as_deref(), Some("ok"), "minute {minute}");
        bench.outside.answers.lock().expect("lock").push_back(Ok(503));
        deliver.step().await.expect("tried");
        bench.outside.answers.lock().expect("lock").clear();
        bench.clock.advance(MINUTE - i64::from(minute == 0));
    }
    let health = admin.get("/api/v1/health").await.json();
    let alerts =
        health["checks"].as_array().and_then(|all| all.iter().find(|c| c["id"] == "alerts")).cloned();
    assert_eq!(alerts.expect("a check")["code"], "alerts_stuck");
    let standing = admin.get("/api/v1/alert-channels").await.json();
    let webhook =
        standing["items"].as_array().and_then(|all| all.iter().find(|c| c["name"] == "webhook")).cloned();
    let webhook = webhook.expect("the webhook");
    assert_eq!(
        (&webhook["enabled"], &webhook["waiting"], &webhook["sent_at"]),
        (&json!(true), &json!(1), &json!(null))
    );
    assert!(
        webhook["failing_since"].is_string() && standing["local_hosts"] == json!(["push.test"]),
        "{standing}"
    );
    bench.clock.advance(11 * MINUTE);
    deliver.step().await.expect("sent");
    let metrics = admin.get("/api/v1/metrics").await.text();
    let counted = |result: &str| {
        let begin = format!("lanewatch_push_total{{channel=\"webhook\",result=\"{result}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&begin));
        line.and_then(|count| count.parse::<u32>().ok()).unwrap_or_else(|| panic!("{begin} in {metrics}"))
    };
    assert!(counted("sent") == 1 && counted("later") >= 3 && counted("refused") == 0, "{metrics}");
}
