//! What happened, where it counts, and searching for it.

use lanewatch::base::{CameraId, Cells, EventId, TICKS_PER_SECOND, Ticks, TimeRange, ZoneId};
use lanewatch::catalogue::{Camera, Event, EventKind, Object, ObjectKind, Picture, PictureSize, Scope};
use lanewatch::hub::{Detection, DetectionMode, LiveActivity};
use serde_json::{Value, json};

use super::bench::{Bench, JPEG, now};
use super::client::{Client, Reply};
use super::filmed::{Filmed, PICTURE};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// The two hours up to now.
const LATELY: &str = "from=2026-11-22T13:00:00Z&to=2026-11-22T15:00:00Z";

fn ago(minutes: i64) -> Ticks {
    now() - minutes * MINUTE
}

fn event(camera: CameraId, from: i64, to: Option<i64>) -> Event {
    let mut cells = Cells::NONE;
    cells.set(0, 0);
    cells.set(31, 17);
    Event {
        id: EventId::fresh(ago(from)),
        camera,
        kind: EventKind::Motion,
        start: ago(from),
        seen: ago(to.unwrap_or(from)),
        end: to.map(ago),
        score: 0.5,
        peak: 144,
        cells,
        zones: Vec::new(),
        best: ago(from),
        objects: None,
    }
}

impl Bench {
    async fn camera(&self, client: &mut Client, name: &str) -> Camera {
        let made =
            client.post("/api/v1/cameras", json!({"name": name, "main_url": "rtsp://10.0.0.7/main"})).await;
        let id = made.json()["id"].as_str().expect("id").to_owned();
        self.catalogue.camera(Scope::everything(), &id).await.expect("catalogue").expect("camera")
    }

    async fn happened(&self, events: &[Event]) {
        for event in events {
            assert!(self.catalogue.end_event(event.clone()));
        }
        self.catalogue.flush().await.expect("written");
    }
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|e| e["id"].as_str().expect("id")).collect()
}

#[tokio::test]
async fn the_feed_is_filtered_and_read_page_by_page() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let (seven, nine) = (bench.camera(&mut client, "Ngõ 7").await, bench.camera(&mut client, "Ngõ 9").await);
    let zone = ZoneId::fresh(now());
    let mut events: Vec<Event> = (0..5).map(|n| event(seven.id, 60 - n, Some(59 - n))).collect();
    events[1].zones = vec![zone];
    events[2].end = Some(events[2].start + TICKS_PER_SECOND);
    events.push(Event { kind: EventKind::TamperCovered, ..event(nine.id, 30, None) });
    bench.happened(&events).await;
    let of = |n: usize| events[n].id.to_string();

    let all = client.get(&format!("/api/v1/events?{LATELY}")).await.json();
    assert_eq!(ids(&all), [of(5), of(4), of(3), of(2), of(1), of(0)]);
    assert_eq!(all["next_cursor"], json!(null));
    let mut query = format!("/api/v1/events?{LATELY}&limit=2");
    let mut paged: Vec<String> = Vec::new();
    loop {
        let page = client.get(&query).await.json();
        paged.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("/api/v1/events?{LATELY}&limit=2&cursor={cursor}");
    }
    assert_eq!(paged, ids(&all));
    for (filter, expected) in [
        ("cameras=ngo-9", vec![5]),
        ("cameras=ngo-9,ngo-7&kind=motion", vec![4, 3, 2, 1, 0]),
        ("kind=tamper", vec![5]),
        ("kind=tamper_black", vec![]),
        (&format!("zone={zone}"), vec![1]),
        ("min_duration=PT2S&kind=motion", vec![4, 3, 1, 0]),
    ] {
        let found = client.get(&format!("/api/v1/events?{LATELY}&{filter}")).await.json();
        assert_eq!(ids(&found), expected.iter().map(|n| of(*n)).collect::<Vec<_>>(), "{filter}");
    }
    for (status, query) in [
        (422, format!("{LATELY}&kind=fire")),
        (422, format!("{LATELY}&limit=0")),
        (422, format!("{LATELY}&limit=201")),
        (422, format!("{LATELY}&cursor=1")),
        (422, format!("{LATELY}&zone=gate")),
        (422, format!("{LATELY}&min_duration=3")),
        (404, format!("{LATELY}&cameras=ngo-8")),
        (400, "from=2026-11-22T13:00:00Z".to_owned()),
    ] {
        assert_eq!(client.get(&format!("/api/v1/events?{query}")).await.status, status, "{query}");
    }
    // Footage of a camera that is gone may still be there, and so may be what happened.
    bench.catalogue.remove_camera(nine.id).await.expect("removed");
    let all = client.get(&format!("/api/v1/events?{LATELY}")).await.json();
    assert_eq!(ids(&all).len(), 6);
}

#[tokio::test]
async fn an_event_has_its_pictures_and_says_what_it_is() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let camera = bench.camera(&mut client, "Ngõ 7").await;
    let (done, lasting) = (event(camera.id, 60, Some(59)), event(camera.id, 1, None));
    bench.happened(&[done.clone(), lasting.clone()]).await;
    let picture = Picture { at: ago(60), jpeg: JPEG.into() };
    bench.catalogue.put_picture(done.id, camera.id, PictureSize::Small, picture).expect("kept");
    bench.catalogue.flush().await.expect("written");

    let seen = client.get(&format!("/api/v1/events/{}", done.id)).await.json();
    let small = format!("/api/v1/events/{}/snapshot.jpg?size=small", done.id);
    let cells = format!("01{}80", "0".repeat(140));
    assert_eq!(
        seen,
        json!({
            "id": done.id, "kind": "motion", "camera": camera.id, "score": 0.5, "size": 0.25, "cells": cells,
            "from": "2026-11-22T14:00:00.000Z", "to": "2026-11-22T14:01:00.000Z", "zone_ids": [],
            "best_at": "2026-11-22T14:00:00.000Z", "objects": null, "rank": "usual", "seen": false,
            "handled": null, "verdict": null, "snapshot": {"small": small, "large": null},
            "clip": {
                "url": format!("/api/v1/events/{}/clip.mp4", done.id),
                "from": "2026-11-22T13:59:55.000Z", "to": "2026-11-22T14:01:05.000Z",
            },
        })
    );
    let reply = client.get(&small).await;
    assert_eq!(
        (reply.status, reply.header("content-type"), &reply.body[..]),
        (200, Some("image/jpeg"), JPEG)
    );
    let tag = reply.header("etag").expect("etag").to_owned();
    assert_eq!(client.send("GET", &small, &[("If-None-Match", &tag)], None).await.status, 304);
    assert_eq!(client.get(&small.replace("small", "large")).await.code(), "not_found");
    let still = client.get(&format!("/api/v1/events/{}", lasting.id)).await.json();
    assert_eq!((&still["to"], &still["clip"]["to"]), (&json!(null), &json!("2026-11-22T15:00:00.000Z")));
    for path in ["", "/snapshot.jpg", "/clip.mp4"] {
        for id in ["x", "00000000-0000-7000-8000-000000000000"] {
            assert_eq!(
                client.get(&format!("/api/v1/events/{id}{path}")).await.code(),
                "not_found",
                "{id}{path}"
            );
        }
    }
    assert_eq!(client.get(&format!("/api/v1/events/{}/clip.mp4", done.id)).await.code(), "no_recording");
}

#[tokio::test]
async fn an_event_says_what_a_look_at_its_picture_found() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let camera = bench.camera(&mut client, "Ngõ 7").await;
    let (somebody, nobody) = (event(camera.id, 60, Some(59)), event(camera.id, 30, Some(29)));
    bench.happened(&[somebody.clone(), nobody.clone()]).await;
    let person = Object { kind: ObjectKind::Person, confidence: 0.75 };
    bench.catalogue.put_objects(somebody.id, vec![person]);
    bench.catalogue.put_objects(nobody.id, vec![]);
    bench.catalogue.flush().await.expect("written");
    let all = client.get(&format!("/api/v1/events?{LATELY}")).await.json();
    let found = |n: usize| (all["items"][n]["objects"].clone(), all["items"][n]["rank"].clone());
    assert_eq!(found(0), (json!([]), json!("low")), "less worth looking at, and still there");
    assert_eq!(found(1), (json!([{"kind": "person", "confidence": 0.75}]), json!("usual")));
}

#[tokio::test]
async fn the_timeline_has_motion_and_events_at_once() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let camera = bench.camera(&mut client, "Ngõ 7").await;
    let timeline = format!("/api/v1/timeline?{LATELY}&bucket=PT60S");
    let before = client.get(&timeline).await.json();
    assert_eq!((&before["cameras"][0]["motion"], &before["cameras"][0]["events"]), (&json!([]), &json!([])));
    bench.catalogue.add_activity(camera.id, ago(1), Cells::ALL);
    let lasting = event(camera.id, 1, None);
    assert!(bench.catalogue.begin_event(lasting.clone()));
    bench.catalogue.flush().await.expect("written");
    let line = client.get(&timeline).await.json()["cameras"][0].clone();
    let motion = line["motion"].as_array().expect("motion");
    assert!(motion.len() == 120 && motion[119].as_u64() > Some(0), "{motion:?}");
    assert!(motion[..119].iter().all(|value| *value == 0), "{motion:?}");
    let told = json!([{"id": lasting.id, "kind": "motion", "from": "2026-11-22T14:59:00.000Z", "to": null}]);
    assert_eq!(line["events"], told);
    let seconds = client.get(&timeline.replace("PT60S", "PT1S")).await.json();
    let seconds = seconds["cameras"][0]["motion"].as_array().expect("motion").clone();
    assert_eq!((seconds.len(), &seconds[7140]), (7200, &json!(255)));
    assert_eq!(client.get(&timeline.replace("PT60S", "PT0.01S")).await.code(), "invalid");
}

#[tokio::test]
async fn a_clip_of_an_event_begins_before_it_and_ends_after_it() {
    let mut filmed = Filmed::new().await;
    let camera = filmed
        .bench
        .catalogue
        .camera(Scope::everything(), "ngo-7")
        .await
        .expect("catalogue")
        .expect("camera");
    // Pictures 60 to 69; seconds 8 to 13 are a gap.
    let start = now() + 60 * PICTURE;
    let event = Event { start, end: Some(start + 10 * PICTURE), seen: start, ..event(camera.id, 0, None) };
    filmed.bench.happened(std::slice::from_ref(&event)).await;
    let clip = filmed.get(&format!("/api/v1/events/{}/clip.mp4", event.id)).await;
    assert_eq!(
        filmed.shown(&clip),
        &filmed.clip.decoded[10..80],
        "five seconds before it, and what there is after it"
    );
    let part = filmed.part(&format!("/api/v1/events/{}/clip.mp4", event.id), "bytes=0-99").await;
    assert_eq!((part.status, &part.body[..]), (206, &clip.body[..100]));
    // One that lasts, so far.
    let lasting = Event { end: None, id: EventId::fresh(now()), ..event };
    filmed.bench.happened(std::slice::from_ref(&lasting)).await;
    let clip = filmed.get(&format!("/api/v1/events/{}/clip.mp4", lasting.id)).await;
    assert_eq!(filmed.shown(&clip), &filmed.clip.decoded[10..]);
}

fn zone(name: &str) -> Value {
    json!({"kind": "alert", "name": name, "points": [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0]]})
}

#[tokio::test]
async fn zones_are_changed_by_whoever_read_them() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    bench.camera(&mut client, "Ngõ 7").await;
    let path = "/api/v1/cameras/ngo-7/zones";
    let none = client.get(path).await;
    assert_eq!((none.header("etag"), none.json()), (Some("\"0\""), json!({"revision": 0, "items": []})));
    let form = json!({"items": [zone("Cổng"), {"kind": "ignore", "name": "Cây", "points": [[0, 0], [1, 0], [1, 1]],
        "sensitivity": "high", "min_size": 0.02, "min_duration_s": 1.5}]});
    assert_eq!(client.send("PUT", path, &[], Some(form.clone())).await.status, 428);
    let put = client.send("PUT", path, &[("If-Match", "\"0\"")], Some(form.clone())).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let (seen, read) = (put.json(), client.get(path).await);
    assert_eq!((seen.clone(), put.header("etag")), (read.json(), read.header("etag")));
    assert_eq!(
        (&seen["items"][0]["sensitivity"], &seen["items"][1]["min_duration_s"]),
        (&json!("normal"), &json!(1.5))
    );
    let stale = client.send("PUT", path, &[("If-Match", "\"0\"")], Some(form)).await;
    assert_eq!((stale.status, stale.code().as_str()), (412, "stale_revision"));
    // What was read can be sent back.
    let tag = read.header("etag").expect("etag").to_owned();
    let again = json!({"items": seen["items"]});
    let put = client.send("PUT", path, &[("If-Match", &tag)], Some(again.clone())).await;
    assert_eq!(put.json()["items"], seen["items"]);
    let tag = put.header("etag").expect("etag").to_owned();
    for bad in [
        json!({"items": [{"kind": "alert", "name": "x", "points": [[0, 0], [1, 1]]}]}),
        json!({"items": [{"kind": "alert", "name": "x", "points": [[0, 0], [1, 1], [0, 2]]}]}),
        json!({"items": [{"kind": "privacy", "name": "x", "points": [[0, 0], [1, 1], [0, 1]]}]}),
        json!({"items": [zone("")]}),
        json!({"items": vec![zone("x"); 33]}),
        json!({"zones": []}),
    ] {
        let refused = client.send("PUT", path, &[("If-Match", &tag)], Some(bad.clone())).await;
        assert_eq!(refused.status, 422, "{bad}: {}", refused.text());
    }
    let mut reader = bench.machine("read").await;
    assert_eq!(reader.send("PUT", path, &[("If-Match", &tag)], Some(again)).await.code(), "forbidden");
    assert_eq!(reader.get(path).await.status, 200);
}

#[tokio::test]
async fn zones_can_be_tried_before_they_are_saved() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let camera = bench.camera(&mut client, "Ngõ 7").await;
    bench.catalogue.add_activity(camera.id, ago(60), Cells::ALL);
    let range = (json!("2026-11-22T14:00:00Z"), json!("2026-11-22T15:00:00Z"));
    let form = json!({"items": [zone("a"), zone("b")], "from": range.0, "to": range.1});
    let path = "/api/v1/cameras/ngo-7/zones:preview";
    let seen = client.post(path, form).await.json();
    assert_eq!(
        (&seen["events"], &seen["observed_s"], &seen["events_per_hour"]),
        (&json!(2), &json!(60.0), &json!(120.0))
    );
    assert_eq!((&seen["examples"][1]["zones"], &seen["examples"][1]["size"]), (&json!([1]), &json!(0.5)));
    let replayed = bench.hands.replayed.lock().expect("lock").pop().expect("asked");
    assert_eq!((replayed.0, replayed.1.len(), replayed.2), (camera.id, 2, TimeRange::new(ago(60), now())));
    let long = json!({"items": [], "from": "2026-11-20T15:00:00Z", "to": "2026-11-22T15:00:00Z"});
    assert_eq!(client.post(path, long).await.code(), "invalid");
    assert_eq!(
        client.get("/api/v1/cameras/ngo-7/zones").await.json()["items"],
        json!([]),
        "nothing is saved"
    );
}

/// A search of the left half of the picture in the last two hours.
fn left_half() -> Value {
    json!({
        "camera": "ngo-7", "from": "2026-11-22T13:00:00Z", "to": "2026-11-22T15:00:00Z",
        "polygon": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]],
    })
}

impl Bench {
    /// Something moves for three seconds in each of the last minutes: left in even ones, right in odd ones.
    fn moves(&self, camera: CameraId, minutes: i64) {
        for minute in (1..=minutes).rev() {
            let mut cells = Cells::NONE;
            let column = if minute % 2 == 0 { 4 } else { 20 };
            (5..8).for_each(|row| cells.set(column, row));
            for second in 0..3 {
                self.catalogue.add_activity(camera, ago(minute) + second * TICKS_PER_SECOND, cells);
            }
        }
    }
}

#[tokio::test]
async fn a_search_finds_what_moved_in_a_part_of_the_picture() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let camera = bench.camera(&mut client, "Ngõ 7").await;
    bench.moves(camera.id, 10);
    let begun = client.post("/api/v1/motion-searches", left_half()).await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let place = begun.header("location").expect("a place").to_owned();
    let status = begun.json();
    assert_eq!(place, format!("/api/v1/motion-searches/{}", status["id"].as_str().expect("id")));
    assert_eq!(
        (&status["data_since"], &status["observed_s"]),
        (&json!("2026-11-22T14:50:00.000Z"), &json!(600.0))
    );

    let mut found: Vec<Value> = Vec::new();
    let mut query = format!("{place}/results?limit=2");
    loop {
        let page = client.get(&query).await.json();
        found.extend(page["items"].as_array().expect("items").iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("{place}/results?limit=2&cursor={cursor}");
    }
    let from: Vec<&str> = found.iter().map(|hit| &hit["from"].as_str().expect("from")[14..19]).collect();
    assert_eq!(from, ["58:00", "56:00", "54:00", "52:00", "50:00"], "newest first");
    assert_eq!(found[0]["to"], "2026-11-22T14:58:03.000Z");
    // Sixteen columns of eighteen cells.
    assert_eq!(found[0]["strength"], json!(3.0 / 288.0));
    let done = client.get(&place).await.json();
    assert_eq!((&done["state"], &done["hits"], &done["progress"]), (&json!("done"), &json!(5), &json!(1.0)));

    let events =
        client.send("GET", &format!("{place}/results"), &[("Accept", "text/event-stream")], None).await;
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    let data = |name: &str, reply: &Reply| {
        let text = reply.text();
        let line =
            text.lines().skip_while(|line| *line != format!("event: {name}")).nth(1).map(str::to_owned);
        serde_json::from_str::<Value>(line.expect(name).strip_prefix("data: ").expect("data")).expect("json")
    };
    assert_eq!(data("hit", &events), found[0]);
    let rest = format!("{place}/results?cursor=5");
    let end = client.send("GET", &rest, &[("Accept", "text/event-stream")], None).await;
    assert_eq!(data("end", &end)["state"], "done");

    let mut form = left_half();
    form["min_strength"] = json!(0.011);
    let weak =
        client.post("/api/v1/motion-searches", form).await.header("location").expect("place").to_owned();
    assert_eq!(
        client.get(&format!("{weak}/results")).await.json()["items"],
        json!([]),
        "four cells never moved"
    );

    // Others have theirs; a reader's token may search, and ends what it began.
    let mut other = bench.machine("read").await;
    assert_eq!(other.get(&place).await.code(), "not_found");
    let theirs = other.post("/api/v1/motion-searches", left_half()).await;
    let theirs = theirs.header("location").expect("place").to_owned();
    assert_eq!(other.send("DELETE", &theirs, &[], None).await.status, 204);
    assert_eq!(other.get(&theirs).await.code(), "not_found");
    assert_eq!(client.get(&place).await.status, 200);
}

#[tokio::test]
async fn searches_that_make_no_sense_are_refused_and_too_many_make_room() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    bench.camera(&mut client, "Ngõ 7").await;
    let with = |field: &str, value: Value| {
        let mut form = left_half();
        form[field] = value;
        form
    };
    for (status, form) in [
        (404, with("camera", json!("ngo-8"))),
        (422, with("polygon", json!([[0, 0], [1, 1]]))),
        (422, with("polygon", json!([[0, 0], [1, 1], [2, 0]]))),
        (422, with("min_strength", json!(1.5))),
        (422, with("to", json!("2026-11-22T13:00:00Z"))),
        (422, with("from", json!("2026-01-22T13:00:00Z"))),
        (422, with("more", json!(1))),
    ] {
        let refused = client.post("/api/v1/motion-searches", form.clone()).await;
        assert_eq!(refused.status, status, "{form}: {}", refused.text());
    }
    let mut places = Vec::new();
    for _ in 0..5 {
        let begun = client.post("/api/v1/motion-searches", left_half()).await;
        assert_eq!(begun.status, 202, "{}", begun.text());
        let place = begun.header("location").expect("place").to_owned();
        // It is over when its last page was read.
        assert_eq!(client.get(&format!("{place}/results")).await.json()["state"], "done");
        places.push(place);
    }
    assert_eq!(client.get(&places[0]).await.code(), "not_found", "the oldest made room");
    assert_eq!(client.get(&places[4]).await.status, 200);
    assert_eq!(client.get(&places[4]).await.json()["data_since"], json!(null), "nobody ever looked");
    bench.clock.advance(11 * MINUTE);
    client.post("/api/v1/motion-searches", left_half()).await;
    assert_eq!(client.get(&places[4]).await.code(), "not_found", "nobody asked for ten minutes");
}

#[tokio::test]
async fn what_moves_now_is_told_as_it_moves() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let camera = bench.camera(&mut client, "Ngõ 7").await;
    let path = "/api/v1/cameras/ngo-7/activity";
    let told = client.get(path).await;
    assert_eq!((told.status, told.header("content-type")), (200, Some("text/event-stream")));
    let first = |reply: &Reply| {
        let text = reply.text();
        let mut lines = text.lines().skip_while(|line| !line.starts_with("event: "));
        let name = lines.next().expect("a name").to_owned();
        let data = lines.next().and_then(|line| line.strip_prefix("data: ")).expect("data");
        (name, serde_json::from_str::<Value>(data).expect("json"))
    };
    assert_eq!(first(&told), ("event: detection".to_owned(), json!(null)));
    let mode = DetectionMode::KeyPictures;
    let detection = Detection { mode, fps: 0.5, shed: 0.25, since: now(), reason: None };
    bench.hub.motion().set_detection(camera.id, detection);
    let shown = json!({"mode": "key_pictures", "fps": 0.5, "shed": 0.25, "since": "2026-11-22T15:00:00.000Z", "reason": null});
    assert_eq!(first(&client.get(path).await), ("event: detection".to_owned(), shown.clone()));
    assert_eq!(client.get("/api/v1/cameras/ngo-7").await.json()["detection"], shown);
    let boxes = vec![[0.25, 0.5, 0.75, 1.0]];
    let event = Some(EventId::fresh(now()));
    bench
        .hub
        .motion()
        .publish(camera.id, LiveActivity { at: now(), cells: Cells::ALL, moved: 1.0, boxes, event });
    // Which of the two comes first is open: both are there at once.
    let told = loop {
        let told = first(&client.get(path).await);
        if told.0 == "event: activity" {
            break told.1;
        }
    };
    assert_eq!((&told["cells"], &told["boxes"][0][1]), (&json!("f".repeat(144)), &json!(0.5)));
    assert_eq!((&told["event"], &told["at"]), (&json!(event), &json!("2026-11-22T15:00:00.000Z")));
}

#[tokio::test]
async fn a_still_says_how_old_it_is() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    bench.camera(&mut client, "Ngõ 7").await;
    let still = client.get("/api/v1/cameras/ngo-7/still.jpg?w=320").await;
    assert_eq!((still.status, still.header("age"), &still.body[..]), (200, Some("10"), JPEG));
    assert_eq!(still.header("x-lanewatch-at"), Some("2026-11-22T14:59:50.000Z"));
    assert_eq!(bench.hands.stills.lock().expect("lock")[0].width, Some(320));
    let tag = still.header("etag").expect("etag").to_owned();
    let path = "/api/v1/cameras/ngo-7/still.jpg";
    assert_eq!(client.send("GET", path, &[("If-None-Match", &tag)], None).await.status, 304);
    assert_eq!(client.get(&format!("{path}?max_age=PT5S")).await.code(), "unavailable");
    assert_eq!(client.get(&format!("{path}?w=10")).await.code(), "invalid");
    assert_eq!(client.get("/api/v1/cameras/ngo-8/still.jpg").await.code(), "not_found");
}
