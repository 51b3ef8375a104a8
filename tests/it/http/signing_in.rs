//! Sessions, passwords, codes and tokens.

use serde_json::json;

use super::bench::{Bench, PASSWORD};

#[tokio::test]
async fn a_code_opens_once_and_a_password_can_be_set_with_it() {
    let bench = Bench::new().await;
    let code = bench.auth.one_time_code().await.expect("code");
    let form = json!({"code": code.expose()});
    let mut first = bench.stranger();
    let setup = first.get("/api/v1/setup").await.json();
    assert_eq!((&setup["password_set"], &setup["time_zone"]), (&json!(false), &json!("Asia/Ho_Chi_Minh")));
    let reply = first.post("/api/v1/session", form.clone()).await;
    assert_eq!(reply.status, 204);
    let cookie = reply.header("set-cookie").expect("a cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Strict") && !cookie.contains("Secure"), "{cookie}");
    let again = bench.stranger().post("/api/v1/session", form).await;
    assert_eq!((again.status, again.code().as_str()), (401, "unauthenticated"));

    let me = first.get("/api/v1/me").await.json();
    assert_eq!(
        (&me["name"], &me["role"], &me["password_set"]),
        (&json!("admin"), &json!("admin"), &json!(false))
    );
    let short = first.send("PUT", "/api/v1/me/password", &[], Some(json!({"password": "short"}))).await;
    assert_eq!((short.status, short.code().as_str()), (422, "invalid"));
    let mut other = bench.admin().await;
    let set = first.send("PUT", "/api/v1/me/password", &[], Some(json!({"password": PASSWORD}))).await;
    assert_eq!(set.status, 204, "{}", set.text());
    assert_eq!(first.get("/api/v1/me").await.json()["password_set"], true, "the new session goes on");
    assert_eq!(other.get("/api/v1/me").await.status, 401, "the other one has ended");
}

#[tokio::test]
async fn the_right_password_opens_and_guessing_is_slowed() {
    let bench = Bench::new().await;
    let mut owner = bench.admin().await;
    owner.send("PUT", "/api/v1/me/password", &[], Some(json!({"password": PASSWORD}))).await;
    let mut stranger = bench.stranger();
    for _ in 0..5 {
        let reply = stranger.post("/api/v1/session", json!({"password": "wrong wrong wrong"})).await;
        assert_eq!(reply.status, 401);
    }
    let reply = stranger.post("/api/v1/session", json!({"password": PASSWORD})).await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "too_many"));
    let wait: i64 = reply.header("retry-after").expect("seconds").parse().expect("a number");
    assert_eq!(reply.json()["params"]["retry_after_s"], wait);

    owner.cookies.retain(|(name, _)| name.ends_with("device"));
    assert_eq!(owner.get("/api/v1/me").await.status, 401);
    let reply = owner.post("/api/v1/session", json!({"password": PASSWORD})).await;
    assert_eq!(reply.status, 204, "a known device has tries of its own");

    bench.clock.advance(wait * lanewatch::base::TICKS_PER_SECOND);
    assert_eq!(stranger.post("/api/v1/session", json!({"password": PASSWORD})).await.status, 204);
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let mut copy = client.clone();
    assert_eq!(copy.get("/api/v1/me").await.status, 200);
    assert_eq!(client.send("DELETE", "/api/v1/session", &[], None).await.status, 204);
    assert!(client.cookies.iter().all(|(name, _)| name != "lanewatch"));
    assert_eq!(copy.get("/api/v1/me").await.status, 401);
}

#[tokio::test]
async fn tokens_do_what_their_scope_says() {
    let bench = Bench::new().await;
    let mut metrics = bench.machine("metrics").await;
    let text = metrics.get("/api/v1/metrics").await;
    assert_eq!(text.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(text.text().contains("lanewatch_ring_bytes 0\n"), "{}", text.text());
    assert_eq!(metrics.get("/api/v1/cameras").await.code(), "forbidden");
    let mut reader = bench.machine("read").await;
    assert_eq!(reader.get("/api/v1/cameras").await.status, 200);
    let form = json!({"name": "Ngõ 7", "main_url": "rtsp://10.0.0.7/main"});
    assert_eq!(reader.post("/api/v1/cameras", form.clone()).await.code(), "forbidden");
    let mut admin = bench.machine("admin").await;
    assert_eq!(admin.post("/api/v1/cameras", form).await.status, 201, "a token needs no origin");
    assert_eq!(
        admin.send("PUT", "/api/v1/me/password", &[], Some(json!({"password": PASSWORD}))).await.status,
        403
    );
    admin.bearer = Some("0".repeat(64));
    assert_eq!(admin.get("/api/v1/cameras").await.status, 401);
}
