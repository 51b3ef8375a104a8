//! What nobody gets past.

use lanewatch::catalogue::Scope;
use serde_json::{Value, json};

use super::bench::Bench;

/// Routes that answer anybody.
const OPEN: [&str; 5] =
    ["GET /health", "POST /session", "GET /setup", "POST /invites:accept", "POST /alert-receipts"];

/// Method and path of every route in the description, ids filled in.
pub(super) fn routes() -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&lanewatch::http::openapi_json()).expect("json");
    let paths = document["paths"].as_object().expect("paths");
    let methods = |(path, item): (&String, &Value)| {
        let filled = path
            .split('/')
            .map(|p| if p.starts_with('{') { "00000000-0000-7000-8000-000000000000" } else { p });
        let filled = filled.collect::<Vec<_>>().join("/");
        let methods: Vec<String> =
            item.as_object().expect("methods").keys().map(|m| m.to_uppercase()).collect();
        methods.into_iter().map(move |method| (method, filled.clone()))
    };
    paths.iter().flat_map(methods).collect()
}

#[tokio::test]
async fn every_route_but_six_needs_a_session() {
    let bench = Bench::new().await;
    let routes = routes();
    assert!(routes.len() >= 15, "{routes:?}");
    for (method, path) in &routes {
        let body = (method != "GET" && method != "DELETE").then(|| json!({}));
        for stale in [false, true] {
            let mut client = bench.stranger();
            if stale {
                client.cookies.push(("lanewatch".to_owned(), "0".repeat(64)));
            }
            let reply = client.send(method, &format!("/api/v1{path}"), &[], body.clone()).await;
            if OPEN.contains(&format!("{method} {path}").as_str()) {
                assert_ne!(reply.status, 401, "{method} {path}");
            } else {
                assert_eq!(
                    (reply.status, reply.code().as_str()),
                    (401, "unauthenticated"),
                    "{method} {path}"
                );
            }
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{method} {path}");
        }
    }
    let mut stranger = bench.stranger();
    assert_eq!(stranger.get("/api/openapi.json").await.status, 200);
    for path in [
        "/api/v1/live",
        "/api/v1/nothing",
        "/api/v1",
        "/api/",
        "/api/v1/health/",
        "/api/v1//health",
        "/api/v2/health",
    ] {
        assert_eq!(stranger.get(path).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn other_sites_change_nothing_and_open_no_socket() {
    let bench = Bench::new().await;
    let mut victim = bench.admin().await;
    victim.own_page = false;
    let form = json!({"name": "Ngõ 7", "main_url": "rtsp://10.0.0.7/main"});
    let foreign: [&[(&str, &str)]; 4] = [
        &[],
        &[("Origin", "http://evil.example")],
        &[("Origin", "null")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", "http://evil.example")],
    ];
    for headers in foreign {
        let reply = victim.send("POST", "/api/v1/cameras", headers, Some(form.clone())).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "forbidden"), "{headers:?}");
        let upgrade = [
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let socket: Vec<_> = upgrade.iter().chain(headers).copied().collect();
        assert_eq!(
            victim.send("GET", "/api/v1/live", &socket, None).await.code(),
            "forbidden",
            "{headers:?}"
        );
    }
    assert!(bench.catalogue.cameras(Scope::everything()).await.expect("cameras").is_empty());
    let same = [("Sec-Fetch-Site", "same-origin")];
    assert_eq!(victim.send("POST", "/api/v1/cameras", &same, Some(form)).await.status, 201);
}

#[tokio::test]
async fn only_json_and_not_too_much_of_it() {
    let bench = Bench::new().await;
    let client = bench.admin().await;
    let cookies: Vec<String> = client.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let head = format!(
        "POST /api/v1/cameras HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nCookie: {1}\r\nConnection: close\r\n",
        bench.address,
        cookies.join("; ")
    );
    let status = async |rest: &str| {
        let back = client.exchange(format!("{head}{rest}").as_bytes()).await;
        super::client::Reply::parse(&back).expect("a reply").status
    };
    assert_eq!(status("Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}").await, 415);
    assert_eq!(status("Content-Length: 2\r\n\r\n{}").await, 415);
    assert_eq!(status("Content-Type: application/json\r\nContent-Length: 300000\r\n\r\n").await, 413);
    let long = format!("{:x}\r\n{}\r\n0\r\n\r\n", 300_000, "x".repeat(300_000));
    let chunked = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(status(&format!("{chunked}{long}")).await, 413);
}

#[tokio::test]
async fn strangers_learn_one_word_about_health() {
    let bench = Bench::new().await;
    assert_eq!(bench.stranger().get("/api/v1/health").await.json(), json!({"status": "ok"}));
    let told = bench.admin().await.get("/api/v1/health").await.json();
    assert_eq!(told["now"], "2026-11-22T15:00:00.000Z");
    let ids: Vec<&str> =
        told["checks"].as_array().expect("checks").iter().filter_map(|c| c["id"].as_str()).collect();
    assert_eq!(
        ids,
        ["cameras", "recording", "disk", "catalogue", "motion", "clock", "certificate", "alerts"]
    );
    assert_eq!(told["checks"][7]["code"], "alerts_nobody", "there is no phone yet, and that is said");
}
