//! The stream of changes: what a page hears, what it hears when it comes back, and when it ends.

use std::time::Duration;

use lanewatch::base::{StreamKind, TICKS_PER_SECOND, TimeRange};
use lanewatch::catalogue::{ExportItem, NewExport, Scope};
use lanewatch::hub::{Limits, Reason, ReasonCode, State};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::bench::{Bench, now};
use super::client::Client;

const PATIENCE: Duration = Duration::from_secs(20);
const ALL: &str = "topics=events,cameras,jobs,health";

/// A page that listens.
struct Listener {
    stream: TcpStream,
    text: String,
}

/// What it hears.
#[derive(Debug)]
struct Heard {
    event: String,
    id: String,
    data: Value,
}

impl Listener {
    async fn open(client: &Client, query: &str, last: Option<&str>) -> Self {
        let cookies: Vec<String> = client.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut head = format!(
            "GET /api/v1/stream?{query} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            client.address
        );
        if !cookies.is_empty() {
            head.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        if let Some(token) = &client.bearer {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if let Some(last) = last {
            head.push_str(&format!("Last-Event-ID: {last}\r\n"));
        }
        let mut stream = TcpStream::connect(client.address).await.expect("connects");
        stream.write_all(format!("{head}\r\n").as_bytes()).await.expect("sent");
        Self { stream, text: String::new() }
    }

    /// One that has begun.
    async fn begun(client: &Client, query: &str) -> (Self, String) {
        let mut listener = Self::open(client, query, None).await;
        let hello = listener.next().await.expect("hello");
        assert_eq!(hello.event, "hello");
        (listener, hello.id)
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some((before, after)) =
                self.text.split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned()))
            {
                self.text = after;
                let field = |name: &str| {
                    before.lines().find_map(|l| l.strip_prefix(name)).map(|v| v.trim().to_owned())
                };
                let Some(event) = field("event:") else { continue };
                let data = serde_json::from_str(&field("data:").expect("data")).expect("JSON");
                return Some(Heard { event, id: field("id:").expect("id"), data });
            }
            let mut bytes = [0; 4096];
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("in time");
            match read {
                Ok(0) | Err(_) => return None,
                Ok(n) => self.text.push_str(&String::from_utf8_lossy(&bytes[..n])),
            }
        }
    }

    /// The next of some kind, past others.
    async fn what(&mut self, what: &str) -> Heard {
        let find = async {
            loop {
                let heard = self.next().await.unwrap_or_else(|| panic!("it ended before {what}"));
                assert_ne!(heard.event, "resync");
                if heard.data["what"] == what {
                    return heard;
                }
            }
        };
        // Signs of life between events would make it wait for ever.
        tokio::time::timeout(PATIENCE, find).await.unwrap_or_else(|_| panic!("no {what} in time"))
    }
}

async fn add(client: &mut Client) -> String {
    let form = json!({"name": "Ngõ 7", "main_url": "rtsp://user:geheim@10.0.0.7/main"});
    client.post("/api/v1/cameras", form).await.json()["id"].as_str().expect("id").to_owned()
}

async fn happens(bench: &Bench, camera: &str) -> String {
    let id = bench.moved(camera, now(), TICKS_PER_SECOND);
    bench.catalogue.flush().await.expect("written");
    id
}

#[tokio::test]
async fn a_page_hears_what_changes() {
    let bench = Bench::new().await;
    let (mut person, machine) = (bench.admin().await, bench.machine("read").await);
    let camera = add(&mut person).await;
    let stream =
        bench.catalogue.camera(Scope::everything(), &camera).await.expect("read").expect("camera").streams[0]
            .clone();
    let hub = bench.hub.ensure(stream.key, Limits::default(), now());
    hub.set_status(|status| status.state = State::Live);
    let (mut page, _) = Listener::begun(&person, ALL).await;
    let (mut other, _) = Listener::begun(&machine, "topics=events").await;

    let reason = Reason { code: ReasonCode::Unreachable, message: "no route to 10.0.0.7".into() };
    hub.set_status(|status| (status.state, status.reason) = (State::Offline, Some(reason)));
    let lost = page.what("state").await;
    let expected = json!({"what": "state", "id": camera, "state": "offline", "reason": "unreachable", "recording": false});
    assert_eq!((lost.event.as_str(), &lost.data), ("cameras", &expected));
    let health = page.what("health").await;
    assert_eq!(
        (health.event.as_str(), &health.data["checks"][0]["code"]),
        ("health", &json!("cameras_offline"))
    );
    let form = json!({"name": "Ngõ 8", "main_url": "rtsp://user:geheim@10.0.0.8/main"});
    let eight = person.post("/api/v1/cameras", form).await.json();
    let added = page.what("camera").await;
    assert_eq!(added.data, json!({"what": "camera", "id": eight["id"]}), "and no address with its password");

    let event = happens(&bench, &camera).await;
    let heard = page.what("event").await;
    assert_eq!((&heard.data["id"], &heard.data["event"]["camera"]), (&json!(event), &json!(camera)));
    assert_eq!(other.next().await.expect("told").data["id"], json!(event), "nothing but its topic");

    let range = TimeRange::new(now() - 60 * TICKS_PER_SECOND, now());
    let (name, slug) = ("Ngõ 7".to_owned(), "ngo-7".to_owned());
    let export = bench.catalogue.add_export(NewExport {
        items: vec![ExportItem { camera: camera.parse().expect("id"), name, slug, range }],
        rendition: StreamKind::Main,
        reason: None,
        person: "admin".to_owned(),
        idempotency: None,
        estimate_bytes: 1,
    });
    let export = export.await.expect("written").id;
    let heard = page.what("job").await;
    let expected = json!({"what": "job", "id": export, "state": "queued", "progress": 0.0});
    assert_eq!((heard.event.as_str(), &heard.data), ("jobs", &expected));

    // Seen is each one's own; a mark is everybody's.
    let ids = json!([event]);
    person.post("/api/v1/events:mark", json!({"ids": ids, "seen": true, "verdict": "false_alarm"})).await;
    assert_eq!(page.what("event_seen").await.data["id"], json!(event));
    assert_eq!(other.next().await.expect("told").data["what"], "event_mark");
}

#[tokio::test]
async fn who_comes_back_hears_what_was_missed_or_that_it_was_too_much() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let camera = add(&mut client).await;
    let (page, hello) = Listener::begun(&client, "topics=events").await;
    drop(page);
    // Nobody follows when it happens.
    let (first, second) = (happens(&bench, &camera).await, happens(&bench, &camera).await);
    let mut back = Listener::open(&client, "topics=events", Some(&hello)).await;
    let one = back.next().await.expect("missed");
    assert_eq!(one.data["id"], json!(first));
    assert_eq!(back.next().await.expect("missed").data["id"], json!(second));
    // A page has no way to set the header.
    let mut again = Listener::open(&client, &format!("topics=events&since={}", one.id), None).await;
    assert_eq!(again.next().await.expect("missed").data["id"], json!(second));

    bench.clock.advance(11 * 60 * TICKS_PER_SECOND);
    let third = happens(&bench, &camera).await;
    assert_eq!(back.next().await.expect("told").data["id"], json!(third), "who stays misses nothing");
    for unknown in [hello.as_str(), "7.1", "x"] {
        let mut late = Listener::open(&client, "topics=events", Some(unknown)).await;
        assert_eq!(late.next().await.expect("told").event, "resync", "{unknown}");
    }
    for (status, query) in [(400, ""), (422, "topics="), (422, "topics=events,weather")] {
        assert_eq!(client.get(&format!("/api/v1/stream?{query}")).await.status, status, "{query}");
    }
}

#[tokio::test]
async fn it_ends_with_the_session() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    let (mut page, _) = Listener::begun(&client, ALL).await;
    assert_eq!(client.send("DELETE", "/api/v1/session", &[], None).await.status, 204);
    while let Some(heard) = page.next().await {
        assert_ne!(heard.event, "hello", "{heard:?}");
    }
    assert_eq!(client.get("/api/v1/stream?topics=events").await.code(), "unauthenticated");
}
