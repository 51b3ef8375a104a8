//! What the health page asks: how far back footage will reach, and when there was none.

use lanewatch::base::{TICKS_PER_SECOND, TimeRange};
use lanewatch::catalogue::{Catalogue, GapCause, Scope};
use serde_json::{Value, json};

use super::bench::{Bench, now};
use super::client::Client;

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const DAY: i64 = 1440 * MINUTE;

async fn add(client: &mut Client, n: u32) -> String {
    let form = json!({"name": format!("Ngõ {n}"), "main_url": format!("rtsp://10.0.0.{n}/main")});
    client.post("/api/v1/cameras", form).await.json()["id"].as_str().expect("id").to_owned()
}

async fn main_of(catalogue: &Catalogue, camera: &str) -> lanewatch::base::StreamKey {
    catalogue.camera(Scope::everything(), camera).await.expect("read").expect("camera").streams[0].key
}

async fn forecast(client: &mut Client, query: &str) -> Value {
    client.get(&format!("/api/v1/storage/forecast?{query}")).await.json()
}

#[tokio::test]
async fn a_forecast_follows_from_what_was_written_and_what_if() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let (known, new) = (add(&mut client, 7).await, add(&mut client, 8).await);
    let nothing = forecast(&mut client, "").await;
    assert_eq!(
        (&nothing["days_kept"], &nothing["full_at"]),
        (&json!(null), &json!(null)),
        "nothing to judge by"
    );
    assert_eq!(nothing["cameras_unknown"], 2);
    // Segments of 10 MB a minute, up to now.
    bench.record_minutes(main_of(&bench.catalogue, &known).await, 120);
    bench.record_minutes(main_of(&bench.catalogue, &new).await, 5);
    bench.catalogue.flush().await.expect("written");

    let seen = forecast(&mut client, "days=1").await;
    let (of_known, of_new) = (&seen["per_camera"][0], &seen["per_camera"][1]);
    assert_eq!((&of_known["camera"], &of_known["gb_per_day"]), (&json!(known), &json!(14.4)), "{seen}");
    assert_eq!(of_known["oldest_at"], (now() - 120 * MINUTE).rfc3339());
    assert_eq!(
        (&of_new["gb_per_day"], &seen["cameras_unknown"]),
        (&json!(null), &json!(1)),
        "too little to say"
    );
    // 400 GiB of budget, two cameras that write alike.
    assert_eq!((&seen["days_kept"], &seen["bound_by"]), (&json!(14.9), &json!("room")));
    assert!(seen["full_at"].as_str().expect("some day") > now().rfc3339().as_str());

    let alone = forecast(&mut client, "overrides=ngo-8:off").await;
    assert_eq!((&alone["days_kept"], &alone["cameras_unknown"]), (&json!(29.8), &json!(0)));
    let smaller = forecast(&mut client, "overrides=ngo-8:off,ngo-7:kbps=1000").await;
    assert_eq!(smaller["per_camera"][0]["gb_per_day"], 10.8);
    let ruled = forecast(&mut client, "overrides=ngo-7:days=3,ngo-8:days=2").await;
    assert_eq!((&ruled["days_kept"], &ruled["bound_by"]), (&json!(3.0), &json!("rule")));
    assert_eq!((&ruled["full_at"], &ruled["per_camera"][0]["days_kept"]), (&json!(null), &json!(3.0)));

    for (status, query) in
        [(422, "days=0"), (422, "days=31"), (422, "overrides=ngo-7"), (404, "overrides=ngo-9:off")]
    {
        let path = format!("/api/v1/storage/forecast?{query}");
        assert_eq!(client.get(&path).await.status, status, "{query}");
    }
}

#[tokio::test]
async fn outages_come_in_pages_and_the_recorders_own_once() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let (seven, eight) = (add(&mut client, 7).await, add(&mut client, 8).await);
    let (c, at) = (&bench.catalogue, |minutes: i64| now() - minutes * MINUTE);
    for camera in [&seven, &eight] {
        let stream = main_of(c, camera).await;
        c.put_gap(stream, TimeRange::new(at(300), at(240)), GapCause::RecorderOff);
        c.put_gap(stream, TimeRange::new(at(400), at(390)), GapCause::Retention);
        c.put_gap(stream, TimeRange::new(at(200), at(190)), GapCause::Disabled);
    }
    let stream = main_of(c, &seven).await;
    c.put_gap(stream, TimeRange::new(at(100), at(90)), GapCause::CameraLost);
    c.put_gap(stream, TimeRange::new(at(80), at(80) + 2 * TICKS_PER_SECOND), GapCause::CameraSilent);
    c.put_gap(stream, TimeRange::new(at(60 * 24 * 40), at(60 * 24 * 39)), GapCause::CameraLost);
    c.open_gap(main_of(c, &eight).await, at(10), GapCause::CameraAuth);
    c.flush().await.expect("written");

    let whole = client.get("/api/v1/outages").await.json();
    let told = |page: &Value| -> Vec<(Value, Value)> {
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|o| (o["camera"].clone(), o["cause"].clone()))
            .collect()
    };
    let expected = [
        (json!(eight), json!("camera_auth")),
        (json!(seven), json!("camera_silent")),
        (json!(seven), json!("camera_lost")),
    ];
    assert_eq!(told(&whole), expected, "{whole}");
    assert_eq!((&whole["items"][0]["to"], &whole["next_cursor"]), (&json!(null), &json!(null)), "it lasts");
    assert_eq!(whole["items"][2]["to"], at(90).rfc3339());

    let (mut cursor, mut pages) = (String::new(), Vec::new());
    loop {
        let page = client.get(&format!("/api/v1/outages?limit=1{cursor}")).await.json();
        pages.extend(told(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(pages, expected);
    let long = client.get("/api/v1/outages?min_duration=PT10S&camera=ngo-7").await.json();
    assert_eq!(told(&long), expected[2..]);
    let earlier = format!("/api/v1/outages?from={}&to={}", at(60 * 24 * 41).rfc3339(), at(95).rfc3339());
    assert_eq!(told(&client.get(&earlier).await.json()).len(), 2, "one that reaches into it counts");
    let wrong = format!("/api/v1/outages?from={}&to={}", at(5).rfc3339(), at(5).rfc3339());
    assert_eq!(client.get(&wrong).await.code(), "invalid");
}

/// A recorder that was off for an hour tells it once, whatever cameras there are.
#[tokio::test]
async fn the_time_between_two_starts_is_an_outage_of_the_site() {
    let bench = Bench::new().await;
    let path = bench.folder.path().join("catalogue.db");
    add(&mut bench.admin().await, 7).await;
    // A program: what it asks writes nothing, so the first start gives no more signs of life.
    let mut client = bench.machine("read").await;
    bench.catalogue.flush().await.expect("written");
    bench.clock.advance(DAY / 24);
    // The next start of the service, beside this one.
    let tasks = lanewatch::base::Tasks::new();
    let zone = lanewatch::base::Zone::HO_CHI_MINH;
    let next = Catalogue::open(&path, bench.clock.clone(), zone, &tasks).await.expect("opened");
    let page = client.get("/api/v1/outages").await.json();
    let items = page["items"].as_array().expect("items");
    assert_eq!(items.len(), 1, "{page}");
    assert_eq!((&items[0]["camera"], &items[0]["cause"]), (&json!(null), &json!("recorder_off")));
    assert_eq!(
        (&items[0]["from"], &items[0]["to"]),
        (&json!(now().rfc3339()), &json!((now() + DAY / 24).rfc3339()))
    );
    next.close().await;
}
