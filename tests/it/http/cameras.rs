//! Cameras: adding, reading, changing, removing, restarting, testing.

use lanewatch::base::TICKS_PER_SECOND;
use lanewatch::catalogue::Scope;
use lanewatch::hub::{Limits, Picture, Reason, ReasonCode, State};
use serde_json::{Value, json};

use super::bench::{Bench, now};

fn form() -> Value {
    json!({"name": "Ngõ 7 - cổng đình", "area": "Ngõ 7", "main_url": "rtsp://admin:s3cret@10.0.0.7:554/main",
        "sub_url": "rtsp://10.0.0.7/sub"})
}

#[tokio::test]
async fn a_camera_lives_from_post_to_delete() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let added = client.post("/api/v1/cameras", form()).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let camera = added.json();
    let id = camera["id"].as_str().expect("id").to_owned();
    assert_eq!(added.header("location"), Some(format!("/api/v1/cameras/{id}").as_str()));
    assert_eq!(camera["slug"], "ngo-7-cong-dinh");
    assert_eq!((&camera["username"], &camera["has_password"]), (&json!("admin"), &json!(true)));
    assert_eq!(camera["renditions"][0]["url"], "rtsp://10.0.0.7:554/main");
    assert_eq!(camera["renditions"][1]["id"], "sub");
    assert_eq!((&camera["state"], &camera["recording"]), (&json!("connecting"), &json!(false)));
    let tag = added.header("etag").expect("etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", camera["revision"]));

    let by_slug = client.get("/api/v1/cameras/ngo-7-cong-dinh").await;
    assert_eq!((by_slug.json(), by_slug.header("etag")), (camera.clone(), Some(tag.as_str())));
    let list = client.get("/api/v1/cameras").await.json();
    assert_eq!(list, json!({"items": [camera], "next_cursor": null}));

    let path = format!("/api/v1/cameras/{id}");
    let patch = json!({"name": "Ngõ 8", "sub_url": null, "enabled": false, "username": null});
    let without = client.send("PATCH", &path, &[], Some(patch.clone())).await;
    assert_eq!((without.status, without.code().as_str()), (428, "stale_revision"));
    let changed = client.send("PATCH", &path, &[("If-Match", &tag)], Some(patch.clone())).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let camera = changed.json();
    assert_eq!(
        (&camera["name"], &camera["state"], &camera["slug"]),
        (&json!("Ngõ 8"), &json!("off"), &json!("ngo-7-cong-dinh"))
    );
    assert_eq!((&camera["username"], &camera["has_password"]), (&Value::Null, &json!(true)));
    assert_eq!(camera["renditions"].as_array().map(Vec::len), Some(1));
    let stale = client.send("PATCH", &path, &[("If-Match", &tag)], Some(patch)).await;
    assert_eq!((stale.status, stale.code().as_str()), (412, "stale_revision"));

    assert_eq!(
        client.post(&format!("{path}/restart"), json!({})).await.code(),
        "conflict",
        "it is switched off"
    );
    assert_eq!(client.send("DELETE", &path, &[("If-Match", &tag)], None).await.status, 412);
    assert_eq!(client.send("DELETE", &path, &[], None).await.status, 204);
    assert_eq!(client.get(&path).await.code(), "not_found");
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_added() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("main_url", json!("http://10.0.0.7/")),
        ("main_url", json!("rtsp://")),
        ("main_url", json!("rtsp://10.0.0.7/\r\nTEARDOWN")),
        ("sub_url", json!("ftp://x/")),
        ("area", json!("x".repeat(300))),
        ("username", json!("a\nb")),
        ("transport", json!("carrier pigeon")),
        ("days_max", json!(0)),
        ("enabled", json!("yes")),
        ("order", json!(1e30)),
        ("unknown", json!(1)),
    ] {
        let mut wrong = form();
        wrong[field] = value;
        let reply = client.post("/api/v1/cameras", wrong.clone()).await;
        assert_eq!((reply.status, reply.code().as_str()), (422, "invalid"), "{wrong}");
    }
    assert!(bench.catalogue.cameras(Scope::everything()).await.expect("cameras").is_empty());
}

#[tokio::test]
async fn pages_follow_each_other_without_repeating() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    for n in 0..7 {
        let form =
            json!({"name": format!("Ngõ {n}"), "main_url": "rtsp://10.0.0.7/main", "order": n / 2 - 1});
        assert_eq!(client.post("/api/v1/cameras", form).await.status, 201);
    }
    let (mut seen, mut path) = (Vec::new(), "/api/v1/cameras?limit=2".to_owned());
    loop {
        let page = client.get(&path).await.json();
        seen.extend(
            page["items"]
                .as_array()
                .expect("items")
                .iter()
                .map(|c| c["slug"].as_str().expect("slug").to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/cameras?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, (0..7).map(|n| format!("ngo-{n}")).collect::<Vec<_>>());
    assert_eq!(client.get("/api/v1/cameras?cursor=x").await.status, 422);
    assert_eq!(client.get("/api/v1/cameras?limit=0").await.status, 422);
    assert_eq!(client.get("/api/v1/cameras?limit=x").await.status, 400);
}

#[tokio::test]
async fn the_list_shows_how_the_streams_do() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    client.post("/api/v1/cameras", form()).await;
    let camera = bench
        .catalogue
        .camera(Scope::everything(), "ngo-7-cong-dinh")
        .await
        .expect("catalogue")
        .expect("camera");
    let stream = |n: usize| bench.hub.ensure(camera.streams[n].key, Limits::default(), now());
    stream(0).set_status(|s| {
        (s.state, s.fps, s.kbps, s.gop_ms) = (State::Live, 14.98, 2100.04, 2000);
        s.picture = Some(Picture {
            audio_not_recorded: None,
            codec: "avc1.640028".to_owned(),
            mime: "video/mp4; codecs=\"avc1.640028\"".to_owned(),
            width: 1920,
            height: 1080,
            audio: true,
        });
    });
    let volume = lanewatch::base::VolumeId::fresh(now());
    let growing = lanewatch::catalogue::GrowingSegment {
        id: lanewatch::base::SegmentId::fresh(now()),
        start: now() - 30 * TICKS_PER_SECOND,
        duration: 29 * TICKS_PER_SECOND,
        bytes: 7,
        volume,
        run: 1,
        parameters_hash: lanewatch::media::ParametersHash::of(b"x"),
        first_offset: 800,
        frag_index: Default::default(),
    };
    // Live alone is no recording.
    let seen = client.get("/api/v1/cameras/ngo-7-cong-dinh").await.json();
    assert_eq!((&seen["state"], &seen["recording"]), (&json!("live"), &json!(false)));
    bench.catalogue.growing().put(camera.streams[0].key, growing);
    stream(1).set_status(|s| {
        s.state = State::Offline;
        s.reason = Some(Reason { code: ReasonCode::AuthFailed, message: "set the password".to_owned() });
    });
    let seen = client.get("/api/v1/cameras/ngo-7-cong-dinh").await.json();
    let is =
        |pointer: &str, value: Value| assert_eq!(seen.pointer(pointer), Some(&value), "{pointer} in {seen}");
    is("/state", json!("live"));
    is("/recording", json!(true));
    is("/renditions/1/recording", json!(false));
    is("/audio", json!(true));
    is("/renditions/0/fps", json!(15.0));
    is("/renditions/0/kbps", json!(2100.0));
    is("/renditions/0/codec", json!("avc1.640028"));
    is("/renditions/1/state", json!("offline"));
    is("/renditions/1/state_reason", json!({"code": "auth_failed", "message": "set the password"}));
    is("/renditions/1/fps", Value::Null);
    let metrics = client.get("/api/v1/metrics").await.text();
    assert!(
        metrics.contains("lanewatch_camera_up{camera=\"ngo-7-cong-dinh\",stream=\"main\"} 1\n"),
        "{metrics}"
    );
    let id = camera.id;
    assert_eq!(client.send("POST", &format!("/api/v1/cameras/{id}/restart"), &[], None).await.status, 202);
    assert_eq!(*bench.hands.restarted.lock().expect("lock"), [id]);
}
