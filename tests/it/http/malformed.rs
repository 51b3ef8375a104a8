//! Whatever is sent, the answer is never "our mistake".

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::bench::Bench;
use super::client::{Client, Reply};
use super::walls::routes;

const CASES: usize = 600;

fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,30}",
        "[0-9]{1,25}",
        "-?[0-9]{1,20}",
        Just("2026-11-22T00:00:00Z".to_owned()),
        Just("9999-12-31T23:59:59Z".to_owned()),
        Just("-0001-01-01T00:00:00Z".to_owned()),
        Just("0000-01-01T00:00:00+23:59".to_owned()),
        Just("2026-11".to_owned()),
        Just("9999-12".to_owned()),
        Just("P99999999999D".to_owned()),
        Just("PT0.0000001S".to_owned()),
        Just("../../../etc/passwd".to_owned()),
        Just("' or 1=1 --".to_owned()),
        Just("\u{0}".to_owned()),
        Just("ngo-7".to_owned()),
        Just("main".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        nasty().prop_map(Value::from),
        Just(json!("rtsp://10.0.0.7/x")),
    ];
    let names = prop::sample::select(vec![
        "name",
        "area",
        "order",
        "enabled",
        "main_url",
        "sub_url",
        "username",
        "password",
        "transport",
        "days_min",
        "days_max",
        "code",
        "address",
        "from",
        "to",
        "cameras",
        "record_main",
        "x",
    ]);
    leaf.prop_recursive(2, 20, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(names.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// A value that is right for a parameter of this name.
fn right(name: &str) -> &'static str {
    match name {
        "cameras" => "ngo-7",
        "from" | "at" => "2026-11-22T00:00:00Z",
        "to" => "2026-11-22T12:00:00Z",
        "month" => "2026-11",
        "tz" => "Asia/Tokyo",
        "bucket" | "step" => "PT60S",
        "rendition" => "sub",
        _ => "2",
    }
}

/// Mostly right parameters, each at most once.
fn query() -> impl Strategy<Value = String> {
    let names =
        ["cameras", "from", "to", "month", "tz", "bucket", "rendition", "limit", "cursor", "at", "step"];
    let one = |name: &'static str| {
        let value = prop_oneof![4 => Just(right(name).to_owned()), 1 => nasty()];
        let often = if ["from", "to", "month"].contains(&name) { 0.95 } else { 0.2 };
        prop::option::weighted(often, value.prop_map(move |value| format!("{name}={}", escaped(&value))))
    };
    let all: Vec<_> = names.into_iter().map(one).collect();
    all.prop_map(|all| all.into_iter().flatten().collect::<Vec<_>>().join("&"))
}

/// What is sent as a body.
#[derive(Clone, Debug)]
enum Sent {
    Nothing,
    /// The right form of the route.
    Right,
    /// The same with one field changed.
    Changed(&'static str, Value),
    Anything(Value),
}

/// A right form for a route; those of [`MADE`] make a thing.
fn right_form(path: &str) -> Value {
    let (from, to) = ("2026-11-22T00:00:00Z", "2026-11-22T00:01:00Z");
    let stretch = json!({"camera": "ngo-7", "from": from, "to": to});
    match path.trim_start_matches('/').split(['/', ':']).next().unwrap_or_default() {
        "cameras" if path == "/cameras" => json!({"name": "Ngõ 7", "main_url": "rtsp://10.0.0.7/main"}),
        "cameras" => json!({"area": "Ngõ 7", "days_max": 3}),
        "camera-tests" => json!({"address": "rtsp://u:p@10.0.0.7/main"}),
        "bookmarks" if path == "/bookmarks" => json!({"camera": "ngo-7", "at": from, "note": "xe lạ"}),
        "bookmarks" => json!({"note": "xe quen"}),
        "locks" => stretch,
        "layouts" => json!({"name": "Tường", "grid": "2x2", "cameras": []}),
        "exports" => json!({"items": [stretch]}),
        "events" => json!({"ids": [], "seen": true}),
        "site" => json!({"name": "Hổ Thôn"}),
        "schedules" => json!({"week": vec!["1".repeat(48); 7]}),
        "alert-rules" => json!({"night_budget": 12}),
        "alert-channels" => json!({"enabled": false}),
        "alert-receipts" => json!({"token": "x", "what": "shown"}),
        _ => json!({"password": "four words are good"}),
    }
}

/// Kinds of things that are there: the test makes them, and anew when a request has removed them.
const MADE: [&str; 4] = ["cameras", "bookmarks", "locks", "layouts"];

/// Makes a thing of a kind; answers the name that it has in paths.
async fn make(client: &mut Client, kind: &str) -> String {
    let path = format!("/{kind}");
    let made = client.post(&format!("/api/v1{path}"), right_form(&path)).await;
    if kind == "cameras" {
        "ngo-7".to_owned()
    } else {
        made.json()["id"].as_str().unwrap_or("gone").to_owned()
    }
}

fn body() -> impl Strategy<Value = Sent> {
    let fields = vec![
        "name",
        "main_url",
        "sub_url",
        "order",
        "enabled",
        "password",
        "transport",
        "days_min",
        "address",
        "camera",
        "to",
        "note",
        "items",
        "grid",
        "seen",
    ];
    let changed =
        (prop::sample::select(fields), value()).prop_map(|(field, value)| Sent::Changed(field, value));
    prop_oneof![1 => Just(Sent::Nothing), 3 => Just(Sent::Right), 6 => changed, 3 => value().prop_map(Sent::Anything)]
}

/// Method, path with [`ID`] for a name, the name if it is not the right one, query, body, `If-Match`.
type Request = (String, String, Option<String>, String, Sent, String);

/// Stands for the name of a thing in paths.
const ID: &str = "00000000-0000-7000-8000-000000000000";

fn request() -> impl Strategy<Value = Request> {
    let path = prop_oneof![
        8 => prop::sample::select(routes()),
        1 => ("[A-Z]{1,8}", nasty().prop_map(|tail| format!("/{}", escaped(&tail)))),
    ];
    let id = prop_oneof![3 => Just(None), 1 => nasty().prop_map(|id| Some(escaped(&id)))];
    let tag = prop_oneof![2 => (0_u8..40).prop_map(|n| format!("\"{n}\"")), 1 => "[ -~]{0,20}"];
    (path, id, query(), body(), tag)
        .prop_map(|((method, path), id, query, body, tag)| (method, path, id, query, body, tag))
}

/// The kind of thing that a path is about.
fn kind(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// Answers the status.
async fn check(client: &mut Client, names: &HashMap<&str, String>, request: Request) -> u16 {
    let (method, path, id, query, body, tag) = request;
    let name = id.as_deref().or_else(|| names.get(kind(&path)).map(String::as_str)).unwrap_or("ngo-7");
    let body = match body {
        _ if method == "GET" => None,
        Sent::Nothing => None,
        Sent::Right => Some(right_form(&path)),
        Sent::Changed(field, value) => {
            let mut form = right_form(&path);
            form[field] = value;
            Some(form)
        }
        Sent::Anything(value) => Some(value),
    };
    let path = format!("/api/v1{}?{query}", path.replace(ID, name));
    let reply = client.send(&method, &path, &[("If-Match", tag.trim())], body.clone()).await;
    assert!(reply.status < 500, "{method} {path} {body:?} If-Match: {tag}: {}", reply.text());
    if reply.status >= 400 && method != "HEAD" {
        assert!(!reply.code().is_empty(), "{method} {path}");
    }
    reply.status
}

#[tokio::test]
async fn no_request_makes_the_server_fail() {
    let bench = Bench::new().await;
    let mut client = bench.machine("admin").await;
    let mut names = HashMap::from([("schedules", "site".to_owned())]);
    for kind in MADE {
        names.insert(kind, make(&mut client, kind).await);
    }
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let mut fine = 0;
    for _ in 0..CASES {
        let case = request().new_tree(&mut runner).expect("a case").current();
        let removed = MADE.into_iter().find(|made| case.0 == "DELETE" && kind(&case.1) == *made);
        let status = check(&mut client, &names, case).await;
        fine += usize::from(status < 300);
        if let Some(kind) = removed.filter(|_| status == 204) {
            names.insert(kind, make(&mut client, kind).await);
        }
    }
    // Enough of them got past the first check.
    assert!((CASES / 5..CASES).contains(&fine), "{fine} of {CASES} were answered");
}

#[tokio::test]
async fn bytes_that_are_no_http_are_refused_or_cut() {
    let bench = Bench::new().await;
    let client = bench.stranger();
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://%%%/ HTTP/1.1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        long.as_bytes(),
    ] {
        let mut all = bytes.to_vec();
        all.extend_from_slice(b"\r\n\r\n");
        let back = client.exchange(&all).await;
        let status = Reply::parse(&back).map_or(400, |reply| reply.status);
        assert!((400..500).contains(&status), "{status} for {:?}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(bench.stranger().get("/api/v1/health").await.status, 200);
}
