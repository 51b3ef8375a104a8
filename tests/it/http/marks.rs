//! Marks on events and bookmarks, as the web app and a program use them.

use lanewatch::base::{EventId, TICKS_PER_SECOND};
use lanewatch::catalogue::Scope;
use serde_json::{Value, json};

use super::bench::{Bench, now};
use super::client::Client;

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const LATELY: &str = "from=2026-11-22T13:00:00Z&to=2026-11-22T15:00:00Z";

/// A camera and three events, of 30, 20 and 10 minutes ago.
async fn begin(bench: &Bench, client: &mut Client) -> (String, Vec<String>) {
    let form = json!({"name": "Ngõ 7", "main_url": "rtsp://10.0.0.7/main"});
    let camera = client.post("/api/v1/cameras", form).await.json();
    let camera = camera["id"].as_str().expect("id").to_owned();
    let ids = [30, 20, 10].map(|ago| bench.moved(&camera, now() - ago * MINUTE, MINUTE)).to_vec();
    bench.catalogue.flush().await.expect("written");
    (camera, ids)
}

async fn unseen(client: &mut Client) -> Vec<Value> {
    let page = client.get(&format!("/api/v1/events?{LATELY}&seen=false")).await.json();
    page["items"].as_array().expect("items").iter().map(|e| e["id"].clone()).collect()
}

#[tokio::test]
async fn events_are_marked_and_every_mark_can_be_undone() {
    let bench = Bench::new().await;
    let (mut person, mut machine) = (bench.admin().await, bench.machine("admin").await);
    let (camera, ids) = begin(&bench, &mut person).await;
    let mark = "/api/v1/events:mark";

    let reply = person.post(mark, json!({"ids": [ids[2], ids[0]], "seen": true})).await.json();
    let seen: Vec<_> =
        reply["items"].as_array().expect("items").iter().map(|e| (&e["id"], &e["seen"])).collect();
    assert_eq!(seen, [(&json!(ids[2]), &json!(true)), (&json!(ids[0]), &json!(true))]);
    assert_eq!(unseen(&mut person).await, [json!(ids[1])]);
    assert_eq!(unseen(&mut machine).await.len(), 3, "seen is each one's own");
    let form = json!({"ids": [ids[1]], "handled": {"note": "  đã gọi điện "}, "verdict": "false_alarm"});
    let reply = machine.post(mark, form).await.json();
    let handled = json!({"at": "2026-11-22T15:00:00.000Z", "by": "token", "note": "đã gọi điện"});
    assert_eq!((&reply["items"][0]["handled"], &reply["items"][0]["seen"]), (&handled, &json!(false)));
    let one = person.get(&format!("/api/v1/events/{}", ids[1])).await.json();
    assert_eq!((&one["handled"], &one["verdict"]), (&handled, &json!("false_alarm")), "the team's");

    let count = person.get(&format!("/api/v1/events:count?{LATELY}&kind=motion")).await.json();
    let of_camera = json!([{"camera": camera, "events": 3, "unseen": 1}]);
    assert_eq!(count, json!({"events": 3, "unseen": 1, "cameras": of_camera}));
    assert_eq!(person.get(&format!("/api/v1/events:count?{LATELY}&kind=tamper")).await.json()["events"], 0);

    let undo = json!({"ids": ids, "seen": false, "handled": null, "verdict": null});
    let reply = person.post(mark, undo).await.json();
    for e in reply["items"].as_array().expect("items") {
        assert_eq!((&e["seen"], &e["handled"], &e["verdict"]), (&json!(false), &json!(null), &json!(null)));
    }
    assert_eq!(unseen(&mut person).await.len(), 3);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_what_is_gone_passed_over() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let (_, ids) = begin(&bench, &mut client).await;
    let many: Vec<&String> = std::iter::repeat_n(&ids[0], 201).collect();
    for form in [
        json!({"ids": [], "seen": true}),
        json!({"ids": many, "seen": true}),
        json!({"ids": [ids[0]]}),
        json!({"ids": [ids[0]], "verdict": "fire"}),
        json!({"ids": ["7"], "seen": true}),
        json!({"ids": [ids[0]], "handled": {"note": "x".repeat(501)}}),
        json!({"ids": [ids[0]], "handled": {"note": "a\u{0}b"}}),
    ] {
        let reply = client.post("/api/v1/events:mark", form.clone()).await;
        assert_eq!((reply.status, reply.code().as_str()), (422, "invalid"), "{form}");
    }
    let gone = EventId::fresh(now()).to_string();
    let reply = client.post("/api/v1/events:mark", json!({"ids": [gone, ids[0]], "seen": true})).await.json();
    assert_eq!(reply["items"].as_array().expect("items").len(), 1);
    let mut reader = bench.machine("read").await;
    let refused = reader.post("/api/v1/events:mark", json!({"ids": ids, "seen": true})).await;
    assert_eq!(refused.code(), "forbidden");
}

#[tokio::test]
async fn days_tell_what_nobody_has_looked_at() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let (camera, ids) = begin(&bench, &mut client).await;
    let stream =
        bench.catalogue.camera(Scope::everything(), &camera).await.expect("read").expect("camera").streams[0]
            .key;
    bench.record_minutes(stream, 30);
    bench.catalogue.flush().await.expect("written");
    client.post("/api/v1/events:mark", json!({"ids": [ids[0]], "seen": true})).await;
    let days = client.get("/api/v1/days?month=2026-11").await.json();
    let day = &days["items"][0];
    assert_eq!(
        (&day["date"], &day["events"], &day["alerts_unseen"]),
        (&json!("2026-11-22"), &json!(3), &json!(2))
    );
}

#[tokio::test]
async fn bookmarks_are_made_changed_and_removed() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let (camera, _) = begin(&bench, &mut client).await;
    let form = json!({"camera": "ngo-7", "at": "2026-11-22T21:30:00+07:00", "note": "Xe tải lạ"});
    let made = client.post("/api/v1/bookmarks", form).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let mut expected = made.json();
    let id = expected["id"].as_str().expect("id").to_owned();
    assert_eq!(
        expected,
        json!({"id": id, "camera": camera, "at": "2026-11-22T14:30:00.000Z", "to": null, "note": "Xe tải lạ",
            "by": "admin", "made_at": "2026-11-22T15:00:00.000Z", "revision": 1})
    );
    let stretch = json!({"camera": "ngo-7", "at": "2026-11-22T14:00:00Z", "to": "2026-11-22T14:01:00Z"});
    assert_eq!(client.post("/api/v1/bookmarks", stretch).await.status, 201);

    let path = format!("/api/v1/bookmarks/{id}");
    let patch = json!({"note": "Xe nhà bác Tư", "to": "2026-11-22T14:31:00Z"});
    let changed = client.send("PATCH", &path, &[("If-Match", "\"1\"")], Some(patch.clone())).await;
    expected["note"] = json!("Xe nhà bác Tư");
    expected["to"] = json!("2026-11-22T14:31:00.000Z");
    expected["revision"] = json!(2);
    assert_eq!(changed.json(), expected);
    let stale = client.send("PATCH", &path, &[("If-Match", "\"1\"")], Some(patch)).await;
    assert_eq!((stale.status, stale.code().as_str()), (412, "stale_revision"));
    let moment = client.send("PATCH", &path, &[("If-Match", "\"2\"")], Some(json!({"to": null}))).await;
    assert_eq!(moment.json()["to"], json!(null));

    let first = client.get("/api/v1/bookmarks?camera=ngo-7&limit=1").await.json();
    assert_eq!(first["items"][0]["id"], json!(id), "newest moment first");
    let cursor = first["next_cursor"].as_str().expect("another");
    let second = client.get(&format!("/api/v1/bookmarks?limit=1&cursor={cursor}")).await.json();
    assert_eq!(
        (&second["items"][0]["at"], &second["next_cursor"]),
        (&json!("2026-11-22T14:00:00.000Z"), &json!(null))
    );
    let within =
        client.get("/api/v1/bookmarks?from=2026-11-22T14:10:00Z&to=2026-11-22T15:00:00Z").await.json();
    assert_eq!(within["items"].as_array().expect("items").len(), 1);

    assert_eq!(client.send("DELETE", &path, &[], None).await.status, 204);
    assert_eq!(client.send("DELETE", &path, &[], None).await.code(), "not_found");
    for (status, form) in [
        (404, json!({"camera": "ngo-8", "at": "2026-11-22T14:00:00Z"})),
        (422, json!({"camera": "ngo-7", "at": "2026-11-22T14:00:00Z", "to": "2026-11-22T14:00:00Z"})),
        (422, json!({"camera": "ngo-7", "at": "yesterday"})),
        (422, json!({"camera": "ngo-7", "at": "2026-11-22T14:00:00Z", "note": "x".repeat(501)})),
    ] {
        assert_eq!(client.post("/api/v1/bookmarks", form.clone()).await.status, status, "{form}");
    }
}
