//! The live socket, with pictures that come when the test says so.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use lanewatch::base::TICKS_PER_SECOND;
use lanewatch::catalogue::{LiveReach, NewCamera, PersonPatch, Reach, Scope};
use lanewatch::http::Limits;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::bench::{Bench, now};
use super::client::Reply;
use super::filmed::{Filmed, PICTURE};
use crate::support::footage::{Lane, Picture};

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A browser's side of the socket.
struct Viewer(WebSocketStream<TcpStream>);

/// What a binary message says.
struct Media {
    kind: u8,
    channel: u16,
    micros: i64,
    bytes: Vec<u8>,
}

impl Viewer {
    async fn connect(filmed: &Filmed) -> Self {
        Self::of(filmed, "authorization", &format!("Bearer {}", filmed.token)).await
    }

    /// Of somebody whom a header names.
    async fn of(filmed: &Filmed, header: &'static str, value: &str) -> Self {
        let url = format!("ws://{}/api/v1/live", filmed.bench.address);
        let mut request = url.into_client_request().expect("a request");
        let headers = request.headers_mut();
        headers.insert(header, value.parse().expect("header"));
        headers.insert("origin", format!("http://{}", filmed.bench.address).parse().expect("header"));
        headers.insert("sec-websocket-protocol", "nvr.live.v1".parse().expect("header"));
        // A small window: what a test does not read soon waits in the server.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(64 << 10).expect("a size");
        let stream = socket.connect(filmed.bench.address).await.expect("connects");
        let (socket, _) = client_async(request, stream).await.expect("upgraded");
        let mut viewer = Self(socket);
        assert_eq!(viewer.event("hello").await["now"], now().rfc3339());
        viewer
    }

    async fn say(&mut self, request: Value) {
        self.0.send(Message::text(request.to_string())).await.expect("sent");
    }

    async fn message(&mut self) -> Message {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("in time");
            match next.expect("open").expect("a message") {
                Message::Ping(_) => {}
                message => return message,
            }
        }
    }

    /// Takes what comes until the socket ends; answers what it was closed with.
    async fn end(mut self) -> Option<CloseFrame> {
        let end = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(why))) => return why,
                    Some(Ok(_)) => {}
                    None | Some(Err(_)) => return None,
                }
            }
        };
        tokio::time::timeout(PATIENCE, end).await.expect("it ends")
    }

    /// The next message, which is this event; the time of day may be told at any moment.
    async fn event(&mut self, name: &str) -> Value {
        loop {
            let message = self.message().await;
            let event: Value = serde_json::from_str(message.to_text().expect("text")).expect("JSON");
            if event["ev"] != "time" || name == "time" {
                assert_eq!(event["ev"], name, "{event}");
                return event;
            }
        }
    }

    /// The next message, which is text.
    async fn spoken(&mut self) -> Value {
        serde_json::from_str(self.message().await.to_text().expect("text")).expect("JSON")
    }

    /// The next message, which is binary.
    async fn media(&mut self) -> Media {
        loop {
            match self.message().await {
                Message::Binary(b) => {
                    assert_eq!(b[0], 1, "version");
                    return Media {
                        kind: b[1],
                        channel: u16::from_be_bytes([b[2], b[3]]),
                        micros: i64::from_be_bytes(b[4..12].try_into().expect("8 bytes")),
                        bytes: b[12..].to_vec(),
                    };
                }
                message => {
                    let text = message.to_text().expect("text");
                    assert!(text.contains("\"time\""), "{text}");
                }
            }
        }
    }

    /// Subscribes and takes what comes before the first picture; answers the init segment.
    async fn watch(&mut self, channel: u16) -> Vec<u8> {
        self.say(json!({"op": "sub", "ch": channel, "camera": "ngo-7", "rendition": "main"})).await;
        assert_eq!(self.event("state").await["ch"], channel);
        let open = self.event("open").await;
        assert_eq!(
            (&open["ch"], &open["width"], &open["height"]),
            (&json!(channel), &json!(320), &json!(180))
        );
        let init = self.media().await;
        assert_eq!((init.kind, init.channel), (0, channel));
        init.bytes
    }

    /// The next picture, which must be that one of the clip.
    async fn picture(&mut self, filmed: &Filmed, channel: u16, number: usize) -> Vec<u8> {
        let media = self.media().await;
        let known = &filmed.clip.pictures[number];
        assert!(media.bytes.ends_with(&known.data), "not picture {number}");
        assert_eq!((media.kind, media.channel), (if known.key { 1 } else { 2 }, channel));
        assert_eq!(media.micros, (now() + number as i64 * PICTURE).micros(), "picture {number}");
        media.bytes
    }
}

#[tokio::test]
async fn a_viewer_begins_at_the_newest_key_picture_and_gets_each_at_once() {
    let filmed = Filmed::begin().await;
    let mut viewer = Viewer::connect(&filmed).await;
    let mut lane = filmed.lane().await;
    lane.show(&filmed.clip.pictures[..25], PICTURE as u32).await;
    let mut body = viewer.watch(7).await;
    for number in 20..25 {
        body.extend(viewer.picture(&filmed, 7, number).await);
    }
    for number in 25..40 {
        lane.publish(&filmed.clip.pictures[number], PICTURE as u32);
        body.extend(viewer.picture(&filmed, 7, number).await);
    }
    let reply = Reply { status: 200, headers: Vec::new(), body };
    assert_eq!(filmed.shown(&reply), &filmed.clip.decoded[20..40], "fragments of one picture each play");
    assert_eq!(filmed.bench.hub.viewers(), 1);
    viewer.say(json!({"op": "unsub", "ch": 7})).await;
    viewer.say(json!({"op": "switch", "ch": 7, "rendition": "sub"})).await;
    assert_eq!(viewer.event("error").await["code"], "not_found");
    assert_eq!(filmed.bench.hub.viewers(), 0);
    lane.end().await;
}

#[tokio::test]
async fn a_late_viewer_goes_on_at_the_newest_key_picture() {
    let filmed = Filmed::begin().await;
    let mut viewer = Viewer::connect(&filmed).await;
    let mut lane = filmed.lane().await;
    lane.show(&filmed.clip.pictures[..3], PICTURE as u32).await;
    viewer.watch(1).await;
    for number in 0..3 {
        viewer.picture(&filmed, 1, number).await;
    }
    // The server has no turn meanwhile, as if it could not write: more than a second passes.
    filmed.clip.pictures[3..24].iter().for_each(|picture| lane.publish(picture, PICTURE as u32));
    assert_eq!(viewer.event("drop").await, json!({"ev": "drop", "ch": 1, "frames": 17}));
    for number in 20..24 {
        viewer.picture(&filmed, 1, number).await;
    }
    lane.end().await;
}

#[tokio::test]
async fn a_hidden_page_gets_nothing_until_it_is_seen_again() {
    let filmed = Filmed::begin().await;
    let mut viewer = Viewer::connect(&filmed).await;
    let mut lane = filmed.lane().await;
    lane.show(&filmed.clip.pictures[..12], PICTURE as u32).await;
    viewer.watch(1).await;
    for number in 10..12 {
        viewer.picture(&filmed, 1, number).await;
    }
    viewer.say(json!({"op": "pause"})).await;
    // Answered in order: when this comes, the pause is in force.
    viewer.say(json!({"op": "switch", "ch": 9, "rendition": "main"})).await;
    viewer.event("error").await;
    assert_eq!(filmed.bench.hub.viewers(), 0);
    lane.show(&filmed.clip.pictures[12..33], PICTURE as u32).await;
    viewer.say(json!({"op": "resume"})).await;
    assert_eq!(viewer.event("state").await["ch"], 1);
    viewer.event("open").await;
    assert_eq!(viewer.media().await.kind, 0);
    viewer.picture(&filmed, 1, 30).await;
    lane.end().await;
}

#[tokio::test]
async fn two_channels_of_one_socket_do_not_meet() {
    let filmed = Filmed::begin().await;
    let mut viewer = Viewer::connect(&filmed).await;
    let mut lane = filmed.lane().await;
    lane.show(&filmed.clip.pictures[..1], PICTURE as u32).await;
    for channel in [3, 400] {
        viewer.watch(channel).await;
        viewer.picture(&filmed, channel, 0).await;
    }
    lane.publish(&filmed.clip.pictures[1], PICTURE as u32);
    let mut seen = [viewer.media().await.channel, viewer.media().await.channel];
    seen.sort_unstable();
    assert_eq!(seen, [3, 400]);
    lane.end().await;
}

/// Lets time pass for timers, without waiting for it. A lane's recorder has timers, too: how it ends after that says
/// nothing.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Waits until nobody watches; less long than the socket itself would wait for a client.
async fn left(filmed: &Filmed) {
    let left = async {
        while filmed.bench.hub.viewers() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), left).await.expect("the client is left");
}

#[tokio::test]
async fn a_socket_ends_when_its_session_does() {
    let filmed = Filmed::begin().await;
    let mut browser = filmed.bench.admin().await;
    let cookies: Vec<String> = browser.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let mut viewer = Viewer::of(&filmed, "cookie", &cookies.join("; ")).await;
    let mut lane = filmed.lane().await;
    lane.show(&filmed.clip.pictures[..3], PICTURE as u32).await;
    viewer.watch(1).await;
    pass(Duration::from_secs(5)).await;
    viewer.picture(&filmed, 1, 0).await;
    assert_eq!(browser.send("DELETE", "/api/v1/session", &[], None).await.status, 204);
    pass(Duration::from_secs(5)).await;
    let why = viewer.end().await.expect("it is told why");
    assert_eq!((u16::from(why.code), why.reason.as_str()), (1008, "sign in first"));
    assert_eq!(filmed.bench.hub.viewers(), 0);
}

#[tokio::test]
async fn watching_is_use_of_the_session_and_a_hidden_page_is_not() {
    let filmed = Filmed::begin().await;
    let mut browser = filmed.bench.admin().await;
    let cookies: Vec<String> = browser.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let mut viewer = Viewer::of(&filmed, "cookie", &cookies.join("; ")).await;
    let mut lane = filmed.lane().await;
    lane.show(&filmed.clip.pictures[..1], PICTURE as u32).await;
    viewer.watch(1).await;
    viewer.picture(&filmed, 1, 0).await;
    let hours = |hours: i64| filmed.bench.clock.advance(hours * 3600 * TICKS_PER_SECOND);
    for _ in 0..5 {
        hours(5);
        pass(Duration::from_secs(10)).await;
        // Told when the session is looked up; one look that comes late does no harm.
        viewer.event("time").await;
        filmed.bench.catalogue.flush().await.expect("noted");
    }
    viewer.say(json!({"op": "pause"})).await;
    // Answered in order: when this comes, the pause is in force.
    viewer.say(json!({"op": "switch", "ch": 9, "rendition": "main"})).await;
    viewer.event("error").await;
    hours(13);
    pass(Duration::from_secs(5)).await;
    assert!(viewer.end().await.is_some(), "nobody has watched");
    assert_eq!(browser.get("/api/v1/me").await.status, 401);
}

/// Shows more than a socket's buffers hold to a viewer that does not read. Nobody can decode it.
async fn overwhelm(lane: &Lane) {
    let large = Picture { key: true, data: vec![0; 2 << 20].into() };
    for _ in 0..12 {
        lane.publish(&large, 1);
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_client_that_asks_on_without_reading_is_not_served() {
    let mut filmed = Filmed::begin().await;
    let mut viewer = Viewer::connect(&filmed).await;
    let lane = filmed.lane().await;
    lane.publish(&filmed.clip.pictures[0], PICTURE as u32);
    viewer.watch(1).await;
    overwhelm(&lane).await;
    let request = json!({"op": "sub", "ch": 1, "camera": "ngo-7", "rendition": "main"}).to_string();
    for _ in 0..300 {
        viewer.0.send(Message::text(request.clone())).await.expect("sent");
        // Takes the server longer than one such request.
        filmed.get("/api/v1/cameras/ngo-7").await;
    }
    let views = filmed.bench.hub.viewers();
    assert!(views <= 2 * 64, "{views} views of one channel");
    lane.end().await;
}

#[tokio::test]
async fn a_client_that_takes_too_little_is_left() {
    // The socket alone would be content with a byte a minute.
    let minute = Limits { write: Duration::from_secs(60), ..Limits::default() };
    let filmed = Filmed::begin_with(minute).await;
    let mut viewer = Viewer::connect(&filmed).await;
    let lane = filmed.lane().await;
    lane.publish(&filmed.clip.pictures[0], PICTURE as u32);
    viewer.watch(1).await;
    overwhelm(&lane).await;
    assert_eq!(filmed.bench.hub.viewers(), 1);
    pass(Duration::from_secs(11)).await;
    left(&filmed).await;
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_left() {
    let mut filmed = Filmed::begin().await;
    let mut viewer = Viewer::connect(&filmed).await;
    let lane = filmed.lane().await;
    lane.publish(&filmed.clip.pictures[0], PICTURE as u32);
    viewer.watch(1).await;
    viewer.picture(&filmed, 1, 0).await;
    // It is there as long as it answers: the ping before this event was.
    for _ in 0..4 {
        pass(Duration::from_secs(31)).await;
        viewer.event("time").await;
        viewer.say(json!({"op": "switch", "ch": 9, "rendition": "main"})).await;
        viewer.event("error").await;
    }
    assert_eq!(filmed.bench.hub.viewers(), 1);
    // Nothing is read from here on, so nothing is answered.
    for _ in 0..3 {
        pass(Duration::from_secs(31)).await;
        filmed.get("/api/v1/cameras/ngo-7").await;
    }
    left(&filmed).await;
}

#[tokio::test]
async fn what_is_asked_wrongly_is_answered_in_words() {
    let filmed = Filmed::begin().await;
    let mut viewer = Viewer::connect(&filmed).await;
    for (request, code, channel) in [
        (json!({"op": "dance"}), "invalid", json!(null)),
        (json!({"op": "sub", "ch": 1, "camera": "ngo-8", "rendition": "main"}), "not_found", json!(1)),
        (json!({"op": "sub", "ch": 2, "camera": "ngo-7", "rendition": "main"}), "unavailable", json!(2)),
        (json!({"op": "switch", "ch": 5, "rendition": "sub"}), "not_found", json!(5)),
    ] {
        viewer.say(request.clone()).await;
        let error = viewer.event("error").await;
        assert_eq!((&error["code"], &error["ch"]), (&json!(code), &channel), "{request}: {error}");
        assert!(!error["message"].as_str().expect("a sentence").is_empty());
    }
}

/// A page needs one long connection: what changes comes on the same socket.
#[tokio::test]
async fn changes_come_on_the_same_socket() {
    let filmed = Filmed::begin().await;
    let (mut viewer, mut other) = (Viewer::connect(&filmed).await, Viewer::connect(&filmed).await);
    viewer.say(json!({"op": "topics", "topics": ["weather"]})).await;
    assert_eq!(viewer.event("error").await["code"], "invalid");
    viewer.say(json!({"op": "topics", "topics": ["cameras"]})).await;
    let begun = viewer.event("topics").await;
    let form = json!({"name": "Ngõ 8", "main_url": "rtsp://10.0.0.8/main"});
    let made = filmed.bench.admin().await.post("/api/v1/cameras", form).await.json();
    let change = loop {
        let event = viewer.spoken().await;
        if event["ev"] == "change" && event["data"]["what"] == "camera" {
            break event;
        }
    };
    assert_eq!((&change["topic"], &change["data"]["id"]), (&json!("cameras"), &made["id"]));
    // Another socket goes on where this one began.
    other.say(json!({"op": "topics", "topics": ["cameras"], "since": begun["id"]})).await;
    loop {
        let event = other.spoken().await;
        if event["ev"] == "change" {
            assert_eq!((&event["data"]["what"], &event["data"]["id"]), (&json!("camera"), &made["id"]));
            break;
        }
        assert!(["time", "cameras"].contains(&event["ev"].as_str().expect("event")), "{event}");
    }
    other.say(json!({"op": "topics", "topics": ["cameras"], "since": "7.1"})).await;
    while other.spoken().await["ev"] != "resync" {}
}

#[tokio::test]
async fn who_sees_some_cameras_has_no_other_on_the_socket_and_none_when_they_are_taken() {
    let filmed = Filmed::begin().await;
    let Bench { catalogue, hub, .. } = &filmed.bench;
    let new = NewCamera::new("Ngõ 8", "rtsp://10.0.0.8/main".parse().expect("address"));
    let other = catalogue.add_camera(new).await.expect("camera");
    let mine = catalogue.camera(Scope::everything(), "ngo-7").await.expect("read").expect("camera");
    for camera in [&mine, &other] {
        hub.ensure(camera.streams[0].key, lanewatch::hub::Limits::default(), now());
    }
    let person = filmed.bench.person("binh", "guard", json!({"cameras": [mine.id]})).await;
    let cookies: Vec<String> = person.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let mut viewer = Viewer::of(&filmed, "cookie", &cookies.join("; ")).await;
    for which in [other.id.to_string(), other.slug.clone()] {
        viewer.say(json!({"op": "sub", "ch": 1, "camera": which, "rendition": "main"})).await;
        let refused = viewer.event("error").await;
        assert_eq!((&refused["ch"], &refused["code"]), (&json!(1), &json!("not_found")));
    }
    viewer.say(json!({"op": "topics", "topics": ["events", "cameras", "jobs", "health"]})).await;
    viewer.event("topics").await;
    filmed.bench.moved(&other.id.to_string(), now(), TICKS_PER_SECOND);
    let event = filmed.bench.moved(&mine.id.to_string(), now(), TICKS_PER_SECOND);
    let told = viewer.event("change").await;
    assert_eq!((&told["topic"], &told["data"]["id"]), (&json!("events"), &json!(event)), "{told}");
    viewer.say(json!({"op": "sub", "ch": 1, "camera": "ngo-7", "rendition": "main"})).await;
    assert_eq!(viewer.event("state").await["camera"], json!(mine.id));

    let binh = catalogue.person("binh").await.expect("read").expect("there");
    let none = PersonPatch { reach: Some(Some(Reach::default())), ..PersonPatch::default() };
    catalogue.patch_person(binh.id, binh.revision, none).await.expect("patched");
    let why = viewer.end().await.expect("a reason");
    assert_eq!(u16::from(why.code), 1012, "come again: {why:?}");
}

/// Of a camera that somebody sees live only, pictures and state come, and nothing of what happened there.
#[tokio::test]
async fn who_sees_a_camera_live_only_hears_of_no_event_there() {
    let filmed = Filmed::begin().await;
    let Bench { catalogue, hub, .. } = &filmed.bench;
    let new = NewCamera::new("Ngõ 8", "rtsp://10.0.0.8/main".parse().expect("address"));
    let other = catalogue.add_camera(new).await.expect("camera");
    let mine = catalogue.camera(Scope::everything(), "ngo-7").await.expect("read").expect("camera");
    hub.ensure(other.streams[0].key, lanewatch::hub::Limits::default(), now());
    let live = json!({"cameras": [other.id]});
    let form = json!({"name": "binh", "role": "guard", "reach": {"cameras": [mine.id]}, "live": live});
    let person = filmed.bench.invited(form).await;
    let cookies: Vec<String> = person.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let mut viewer = Viewer::of(&filmed, "cookie", &cookies.join("; ")).await;
    viewer.say(json!({"op": "sub", "ch": 1, "camera": other.slug, "rendition": "main"})).await;
    assert_eq!(viewer.event("state").await["camera"], json!(other.id));
    viewer.say(json!({"op": "topics", "topics": ["events", "cameras", "jobs", "health"]})).await;
    viewer.event("topics").await;
    filmed.bench.moved(&other.id.to_string(), now(), TICKS_PER_SECOND);
    let event = filmed.bench.moved(&mine.id.to_string(), now(), TICKS_PER_SECOND);
    let told = loop {
        let told = viewer.event("change").await;
        if told["topic"] == "events" {
            break told;
        }
    };
    assert_eq!(told["data"]["id"], json!(event), "{told}");

    let binh = catalogue.person("binh").await.expect("read").expect("there");
    let none = PersonPatch { live: Some(LiveReach::default()), ..PersonPatch::default() };
    catalogue.patch_person(binh.id, binh.revision, none).await.expect("patched");
    let why = viewer.end().await.expect("a reason");
    assert_eq!(u16::from(why.code), 1012, "come again: {why:?}");
}
