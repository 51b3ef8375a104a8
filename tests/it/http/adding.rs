//! The first run and adding cameras: the place, who is on the network, a look before adding.

use lanewatch::base::{TICKS_PER_SECOND, Zone};
use lanewatch::http::{FoundCamera, Whereabouts};
use serde_json::{Value, json};

use super::bench::{Bench, JPEG};

#[tokio::test]
async fn a_camera_can_be_tested_before_it_is_added() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let wanted =
        json!({"address": "rtsp://u:p@10.0.0.7/main", "sub_url": "rtsp://10.0.0.7/sub", "transport": "udp"});
    let reply = client.post("/api/v1/camera-tests", wanted).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let test = reply.json();
    let stream = &test["streams"][0];
    assert_eq!((&test["ok"], &stream["report"]["width"]), (&json!(true), &json!(1920)));
    assert_eq!((&stream["role"], &stream["url"]), (&json!("main"), &json!("rtsp://10.0.0.7/main")));
    {
        let probed = bench.hands.probed.lock().expect("lock");
        let credentials = probed[0].credentials.as_ref().expect("credentials");
        assert_eq!((credentials.username.as_str(), credentials.password.expose()), ("u", "p"));
        let Whereabouts::Streams(_, Some(sub)) = &probed[0].whereabouts else { panic!("{probed:?}") };
        assert_eq!(sub.to_string(), "rtsp://10.0.0.7/sub");
    }
    // The picture is there for who asked, and for some minutes.
    let picture = stream["snapshot_url"].as_str().expect("a picture").to_owned();
    let answer = client.get(&picture).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(answer.body, JPEG);
    assert_eq!(bench.admin().await.get(&picture).await.status, 404, "of another session");
    assert_eq!(bench.stranger().get(&picture).await.status, 401);
    bench.clock.advance(601 * TICKS_PER_SECOND);
    assert_eq!(client.get(&picture).await.code(), "not_found");
}

#[tokio::test]
async fn a_camera_is_asked_for_its_streams_where_they_are_not_given() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    for (address, url) in [
        ("10.0.0.7", "http://10.0.0.7/"),
        (" cam.lan:8000 ", "http://cam.lan:8000/"),
        ("http://u:p%40@10.0.0.7/onvif/device_service", "http://10.0.0.7/onvif/device_service"),
    ] {
        assert_eq!(client.post("/api/v1/camera-tests", json!({"address": address})).await.status, 200);
        let probed = bench.hands.probed.lock().expect("lock").pop().expect("a look");
        let Whereabouts::Onvif(asked) = probed.whereabouts else { panic!("{address}") };
        assert_eq!(asked.as_str(), url);
        let named = address.contains('@');
        assert_eq!(
            probed.credentials.map(|c| c.password.expose().to_owned()),
            named.then(|| "p@".to_owned())
        );
    }
    for wrong in ["", "https://10.0.0.7/", "ftp://10.0.0.7/", "http://", "rtsp://", "10.0.0.7:99999", "a\nb"]
    {
        let reply = client.post("/api/v1/camera-tests", json!({"address": wrong})).await;
        assert_eq!((reply.status, reply.code().as_str()), (422, "invalid"), "{wrong:?}");
    }
    assert!(bench.hands.probed.lock().expect("lock").is_empty());
}

#[tokio::test]
async fn a_camera_that_is_there_already_is_told_of() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    client.post("/api/v1/cameras", json!({"name": "Ngõ 7", "main_url": "rtsp://10.0.0.7:554/main"})).await;
    let codes = async |client: &mut super::client::Client, address: &str| {
        let test = client.post("/api/v1/camera-tests", json!({"address": address})).await.json();
        test["checks"].as_array().expect("checks").clone()
    };
    let told = codes(&mut client, "rtsp://10.0.0.7/main").await;
    assert_eq!((&told[0]["code"], &told[0]["params"]), (&json!("same_address"), &json!({"camera": "Ngõ 7"})));
    assert!(codes(&mut client, "rtsp://10.0.0.7/other").await.is_empty());
    *bench.hands.found.lock().expect("lock") = ["http://10.0.0.7/onvif/d", "http://10.0.0.8:81/"]
        .map(|address| FoundCamera {
            address: address.to_owned(),
            make: "M".to_owned(),
            model: "1".to_owned(),
        })
        .to_vec();
    let found = client.send("POST", "/api/v1/discovery", &[], None).await;
    assert_eq!(found.status, 200, "{}", found.text());
    assert_eq!(
        found.json(),
        json!({"found": [
            {"address": "10.0.0.7", "onvif": "http://10.0.0.7/onvif/d", "make": "M", "model": "1", "already_added": "Ngõ 7"},
            {"address": "10.0.0.8:81", "onvif": "http://10.0.0.8:81/", "make": "M", "model": "1", "already_added": null},
        ]})
    );
    let mut reader = bench.machine("read").await;
    assert_eq!(reader.send("POST", "/api/v1/discovery", &[], None).await.status, 403);
}

#[tokio::test]
async fn the_place_is_named_and_its_days_follow_its_zone() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let site = client.get("/api/v1/site").await.json();
    assert_eq!(
        site,
        json!({"name": "Thôn Đông", "time_zone": "Asia/Ho_Chi_Minh", "words": {"lane": "Ngõ"}, "setup_step": null})
    );
    let patch = json!({"name": " Làng Vân ", "time_zone": "Asia/Tokyo", "words": {"lane": "Xóm"}, "setup_step": "cameras"});
    let changed = client.send("PATCH", "/api/v1/site", &[], Some(patch)).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let expected = json!({"name": "Làng Vân", "time_zone": "Asia/Tokyo", "words": {"lane": "Xóm"}, "setup_step": "cameras"});
    assert_eq!((changed.json(), client.get("/api/v1/site").await.json()), (expected.clone(), expected));
    let setup = bench.stranger().get("/api/v1/setup").await.json();
    assert_eq!((&setup["site_name"], &setup["time_zone"]), (&json!("Làng Vân"), &json!("Asia/Tokyo")));
    // Half past four in the afternoon of UTC is tomorrow in Tokyo, and today in Hanoi.
    let late = lanewatch::base::Ticks::parse("2026-11-22T15:30:00Z").expect("time");
    assert_eq!(bench.catalogue.zone().day_of(late), Zone::HO_CHI_MINH.day_of(late) + 1);
    for (field, value) in [
        ("name", json!("x".repeat(101))),
        ("time_zone", json!("Hanoi")),
        ("words", json!({"lane": " "})),
        ("setup_step", json!("coffee")),
        ("unknown", Value::Null),
    ] {
        let reply = client.send("PATCH", "/api/v1/site", &[], Some(json!({field: value}))).await;
        assert_eq!((reply.status, reply.code().as_str()), (422, "invalid"), "{field}");
    }
    let before = client.get("/api/v1/site").await.json();
    client.send("PATCH", "/api/v1/site", &[], Some(json!({"setup_step": "done"}))).await;
    let after = client.get("/api/v1/site").await.json();
    assert_eq!((&after["name"], &after["time_zone"]), (&before["name"], &before["time_zone"]));
}

#[tokio::test]
async fn what_was_chosen_counts_more_than_the_configuration() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    client.send("PATCH", "/api/v1/site", &[], Some(json!({"time_zone": "Europe/Berlin"}))).await;
    bench.stop.request();
    bench.running.await.expect("the server ends");
    bench.catalogue.close().await;
    let (path, tasks) = (bench.folder.path().join("catalogue.db"), lanewatch::base::Tasks::new());
    let open = lanewatch::catalogue::Catalogue::open(&path, bench.clock.clone(), Zone::HO_CHI_MINH, &tasks);
    let again = open.await.expect("catalogue");
    assert_eq!(again.zone().name(), "Europe/Berlin");
    again.close().await;
}
