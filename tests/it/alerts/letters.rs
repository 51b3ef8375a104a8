//! Letters to a real mail server (aiosmtpd, where there is one), and the Zalo bot against answers as its documentation has them.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use lanewatch::alert::{
    Alerts, ExtraRoots, Fault, LocalHosts, MailSecurity, MailServer, Network, NotificationPrefs, Outside,
    Post, Reply, SchedulePlan, SiteChannel, Step, ZaloLink,
};
use lanewatch::base::{EventId, Secret, Stop, Tasks};
use lanewatch::catalogue::{PersonPatch, Picture, PictureSize, Reach};
use serde_json::{Value, json};
use uuid::Uuid;

use super::yard::{MINUTE, SECOND, Yard, hears};

/// Answers as Zalo's documentation has them, and what it was sent.
#[derive(Default)]
struct Platform {
    sent: Mutex<Vec<Post>>,
    answers: Mutex<VecDeque<(u16, &'static str)>>,
}

impl Network for Platform {
    fn post(&self, post: Post) -> BoxFuture<'_, Result<Reply, Fault>> {
        self.sent.lock().expect("lock").push(post);
        let answer = self.answers.lock().expect("lock").pop_front();
        let (status, body) = answer.unwrap_or((200, r#"{"ok":true,"result":{"message_id":"1","date":1}}"#));
        async move { Ok(Reply { status, retry_after: None, body: body.into() }) }.boxed()
    }
}

async fn alerts(yard: &Yard, network: Arc<dyn Network>) -> Alerts {
    yard.schedule(SchedulePlan { week: vec!["1".repeat(48); 7], ..SchedulePlan::default() }).await;
    let local = LocalHosts::new(["127.0.0.1".to_owned()]);
    let outside = Outside {
        local,
        url: "https://thon.example.vn".to_owned(),
        contact: None,
        extra_roots: ExtraRoots::default(),
    };
    Alerts::open(yard.catalogue.clone(), yard.clock.clone(), network, outside, hears).await.expect("alerts")
}

async fn somebody(yard: &Yard, prefs: NotificationPrefs) -> Uuid {
    prefs.check().expect("right");
    let person = yard.catalogue.ensure_person("binh", "guard").await.expect("a person").id;
    yard.catalogue.put_alert_pref(person, json!(prefs)).await.expect("put");
    person
}

async fn happens(yard: &mut Yard, camera: usize) -> EventId {
    let id = yard.moves(camera, 8).await;
    while yard.dispatch.step().await.expect("decided") {}
    id
}

#[tokio::test]
async fn the_bot_writes_to_whoever_gave_their_chat() {
    let mut yard = Yard::new(3, |_| String::new()).await;
    let platform = Arc::new(Platform::default());
    let alerts = alerts(&yard, platform.clone()).await;
    somebody(
        &yard,
        NotificationPrefs { zalo: Some("1f6016dce18908d75198".to_owned()), ..NotificationPrefs::default() },
    )
    .await;
    happens(&mut yard, 0).await;
    assert_eq!(alerts.deliver().step().await.expect("sent"), 0, "no bot is set");
    alerts.put_zalo(true, Some(Secret::new("1903914807:AbCdEf-token")), 0, "admin").await.expect("set");
    yard.clock.advance(10 * MINUTE);
    platform
        .answers
        .lock()
        .expect("lock")
        .push_back((200, r#"{"ok":false,"error_code":429,"description":"Too many"}"#));
    happens(&mut yard, 1).await;
    assert_eq!(alerts.deliver().step().await.expect("sent"), 1);
    yard.clock.advance(MINUTE);
    assert_eq!(alerts.deliver().step().await.expect("sent"), 1, "it is tried again");
    let sent = platform.sent.lock().expect("lock").clone();
    assert_eq!(
        sent[1].url.as_str(),
        "https://bot-api.zaloplatforms.com/bot1903914807:AbCdEf-token/sendMessage"
    );
    let body: Value = serde_json::from_slice(&sent[1].body).expect("json");
    assert_eq!(body["chat_id"], "1f6016dce18908d75198");
    assert!(body["text"].as_str().is_some_and(
        |text| text.starts_with("Ngõ 2: có chuyển động") && text.contains("https://thon.example.vn/e/")
    ));
    platform
        .answers
        .lock()
        .expect("lock")
        .push_back((200, r#"{"ok":false,"error_code":400,"description":"chat"}"#));
    yard.clock.advance(10 * MINUTE);
    let id = happens(&mut yard, 2).await;
    alerts.deliver().step().await.expect("sent");
    let row = yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!((row.state.as_str(), row.error.as_deref()), ("due", Some("Zalo answered 400")));
    assert!(alerts.channel_state(SiteChannel::Zalo).await.expect("read").1.failing.is_some(), "it is said");
    // They link another chat: what waited goes there.
    let prefs = NotificationPrefs { zalo: Some("2a7127edf29".to_owned()), ..NotificationPrefs::default() };
    somebody(&yard, prefs).await;
    yard.clock.advance(10 * MINUTE);
    assert_eq!(alerts.deliver().step().await.expect("sent"), 1);
    let row = yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!(row.state, "sent");
}

/// The platform's answers are those of its documentation (`getMe`, `getUpdates`, `sendMessage`).
#[tokio::test]
async fn whoever_sends_their_code_to_the_bot_is_told_there() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    let platform = Arc::new(Platform::default());
    let alerts = alerts(&yard, platform.clone()).await;
    let person = somebody(&yard, NotificationPrefs::default()).await;
    let answers = |all: &[&'static str]| {
        platform.answers.lock().expect("lock").extend(all.iter().map(|body| (200, *body)));
    };
    let linked = |link: &ZaloLink| matches!(link, ZaloLink::Linked { .. });
    assert!(matches!(
        alerts.link_zalo(person).await.expect("asked"),
        ZaloLink::Failed(Fault { step: Step::Settings, .. })
    ));
    alerts.put_zalo(true, Some(Secret::new("1903914807:AbCdEf-token")), 0, "admin").await.expect("set");
    answers(&[r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#]);
    let refused = alerts.link_zalo(person).await.expect("asked");
    assert!(matches!(refused, ZaloLink::Failed(Fault { step: Step::SignIn, .. })), "{refused:?}");
    answers(&[
        r#"{"ok":true,"result":{"id":"1903914807","account_name":"bot.HoThon","account_type":"BASIC","can_join_groups":false}}"#,
    ]);
    let ZaloLink::Waiting { code, bot, .. } = alerts.link_zalo(person).await.expect("asked") else {
        panic!("a code");
    };
    assert_eq!((code.len(), bot.as_str()), (8, "bot.HoThon"));
    let message = |text: &str, kind: &str| -> &'static str {
        let message = json!({"from": {"id": "6ede", "display_name": "Anh Bình", "is_bot": false}, "text": text,
            "chat": {"id": "1f6016dce18908d75198", "chat_type": kind}, "message_id": "m1", "date": 1});
        json!({"ok": true, "result": {"event_name": "message.text.received", "message": message}})
            .to_string()
            .leak()
    };
    answers(&[
        r#"{"ok":false,"error_code":408,"description":"Request timeout"}"#,
        message("xin chào", "PRIVATE"),
        message(&code, "GROUP"),
        r#"{"ok":false,"error_code":500}"#,
        message(&format!("Mã của tôi là {code}"), "PRIVATE"),
    ]);
    let stop = Stop::new();
    let following = Tasks::new().spawn("zalo links", {
        let (alerts, stop) = (alerts.clone(), stop.clone());
        async move { alerts.follow_zalo(stop).await }
    });
    while !linked(&alerts.zalo_link(person)) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(alerts.zalo_link(person), ZaloLink::Linked { name: "Anh Bình".to_owned() });
    let sent = async |n: usize| {
        while platform.sent.lock().expect("lock").len() < n {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        platform.sent.lock().expect("lock").clone()
    };
    let asked = sent(8).await;
    let methods: Vec<&str> = asked.iter().filter_map(|post| post.url.path().rsplit('/').next()).collect();
    assert_eq!(
        methods[2..],
        ["getUpdates", "getUpdates", "getUpdates", "getUpdates", "getUpdates", "sendMessage"]
    );
    let prefs = yard.catalogue.alert_pref(person).await.expect("read").expect("kept");
    assert_eq!(prefs["zalo"], "1f6016dce18908d75198");
    // It is left alone from then on, and alerts go there.
    happens(&mut yard, 0).await;
    assert_eq!(alerts.deliver().step().await.expect("sent"), 1);
    let last = sent(9).await.pop().expect("a message");
    assert!(last.url.path().ends_with("/sendMessage"), "nothing is asked any more");
    let body: Value = serde_json::from_slice(&last.body).expect("json");
    assert_eq!(body["chat_id"], "1f6016dce18908d75198");
    stop.request();
    following.await.expect("ended");
}

/// A server that writes what it takes as JSON, one line for each letter.
const SERVER: &str = r#"
import json, sys, email, email.policy
from aiosmtpd.controller import Controller
class Taker:
    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [[p.get_content_type(), p.get_filename(), len(p.get_payload(decode=True) or b"")] for p in letter.walk() if not p.is_multipart()]
        text = letter.get_body(("plain",)).get_content()
        print(json.dumps({"to": envelope.rcpt_tos, "subject": letter["subject"], "id": letter["message-id"], "parts": parts, "text": text}), flush=True)
        return "250 OK"
controller = Controller(Taker(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
print("ready", flush=True)
sys.stdin.read()
"#;

#[tokio::test]
async fn a_letter_has_the_words_a_link_and_the_picture() {
    let Ok(python) = std::env::var("LANEWATCH_ALERT_PEERS") else {
        println!("left out: LANEWATCH_ALERT_PEERS names no Python; see scripts/alert-peers");
        return;
    };
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let mut server = Command::new(python)
        .args(["-c", SERVER, &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python");
    let mut said = BufReader::new(server.stdout.take().expect("its output"));
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    assert_eq!(line.trim(), "ready");
    let mut yard = Yard::new(2, |_| String::new()).await;
    let alerts = alerts(&yard, Arc::new(Platform::default())).await;
    somebody(
        &yard,
        NotificationPrefs { mail: Some("binh@example.vn".to_owned()), ..NotificationPrefs::default() },
    )
    .await;
    let host = MailServer {
        enabled: true,
        host: "127.0.0.1".to_owned(),
        port,
        security: MailSecurity::None,
        from: "camera@example.vn".to_owned(),
        username: None,
    };
    alerts.put_mail(&host, None, 0, "admin").await.expect("set");
    let id = happens(&mut yard, 0).await;
    let jpeg: Vec<u8> = [0xFF, 0xD8, 0xFF, 0xE0].into_iter().chain(vec![7; 5000]).collect();
    let picture = Picture { at: id.made(), jpeg: jpeg.into() };
    yard.catalogue.put_picture(id, yard.cameras[0].id, PictureSize::Large, picture).expect("kept");
    yard.catalogue.flush().await.expect("written");
    assert_eq!(alerts.deliver().step().await.expect("sent"), 1);
    let row = yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!((row.state.as_str(), row.error.as_deref()), ("sent", None));
    line.clear();
    said.read_line(&mut line).expect("a letter");
    let letter: Value = serde_json::from_str(&line).expect("json");
    assert_eq!(
        (&letter["to"], letter["subject"].as_str()),
        (&json!(["binh@example.vn"]), Some("Ngõ 1: có chuyển động"))
    );
    assert!(
        letter["text"].as_str().is_some_and(|text| text.contains(&format!("https://thon.example.vn/e/{id}"))),
        "{letter}"
    );
    assert_eq!(letter["parts"][1], json!(["image/jpeg", "event.jpg", 5004]));
    assert!(
        letter["id"].as_str().is_some_and(|name| name.starts_with(&format!("<{}.1@", row.id))),
        "{letter}"
    );
    let tried = async || {
        let to = Some("an@example.vn");
        alerts.try_channel(SiteChannel::Mail, to, "vi").await.expect("tried").map(|fault| fault.step)
    };
    assert_eq!(tried().await, None);
    line.clear();
    said.read_line(&mut line).expect("a letter");
    assert!(line.contains("an@example.vn") && line.contains("/alerts/channels"), "{line}");
    // It is gone: the next one waits for it.
    drop(server.stdin.take());
    server.kill().expect("ended");
    server.wait().expect("ended");
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("its end");
    yard.clock.advance(10 * MINUTE);
    let id = happens(&mut yard, 1).await;
    assert_eq!(alerts.deliver().step().await.expect("tried"), 1);
    let row = yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!((row.state.as_str(), row.error.as_deref()), ("due", Some("the mail server does not answer")));
    assert_eq!(tried().await, Some(Step::Connect));
}

/// One connection brings one letter.
const LETTERS: usize = 1;

/// A mail server that answers so when it is told for whom a letter is (RFC 5321 section 4.2), and the letter that it takes.
fn server(recipient: &'static str) -> (MailServer, mpsc::Receiver<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (letter, taken) = mpsc::sync_channel(LETTERS);
    Tasks::thread("mail server", move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let lines = BufReader::new(stream.try_clone().expect("the same"));
        let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).is_ok();
        say("220 mail.example.vn");
        let mut text: Option<String> = None;
        for line in lines.lines().map_while(Result::ok) {
            let answer = match (line.get(..4), &mut text) {
                (_, Some(text)) if line != "." => {
                    text.push_str(&line);
                    continue;
                }
                (_, Some(_)) => {
                    letter.send(text.take().unwrap_or_default()).ok();
                    "250 taken"
                }
                (Some("DATA"), None) => {
                    text = Some(String::new());
                    "354 go on"
                }
                (Some("RCPT"), None) => recipient,
                (Some("QUIT"), None) => "221 bye",
                _ => "250 well",
            };
            if !say(answer) {
                return;
            }
        }
    });
    let server = MailServer {
        enabled: true,
        host: "127.0.0.1".to_owned(),
        port,
        security: MailSecurity::None,
        from: "camera@example.vn".to_owned(),
        username: None,
    };
    (server, taken)
}

#[tokio::test]
async fn a_letter_has_the_picture_of_the_camera_that_its_reader_sees() {
    let mut yard = Yard::new(2, |_| "Xóm Đông".to_owned()).await;
    let alerts = alerts(&yard, Arc::new(Platform::default())).await;
    let mail = Some("binh@example.vn".to_owned());
    let binh = somebody(&yard, NotificationPrefs { mail, ..NotificationPrefs::default() }).await;
    let person = yard.catalogue.person_by_id(binh).await.expect("read").expect("there");
    let reach = Some(Reach { cameras: vec![yard.cameras[1].id], areas: Vec::new() });
    let patch = PersonPatch { reach: Some(reach), ..PersonPatch::default() };
    yard.catalogue.patch_person(binh, person.revision, patch).await.expect("patched");
    let (host, taken) = server("250 well");
    alerts.put_mail(&host, None, 0, "admin").await.expect("set");
    let mut events = Vec::new();
    // In a letter the bytes are "qqqq…" and "u7u7…".
    for (camera, byte) in [(0, 0xAA), (1, 0xBB)] {
        let id = happens(&mut yard, camera).await;
        let jpeg: Vec<u8> = [0xFF, 0xD8, 0xFF, 0xE0].into_iter().chain(vec![byte; 3000]).collect();
        let picture = Picture { at: id.made(), jpeg: jpeg.into() };
        yard.catalogue.put_picture(id, yard.cameras[camera].id, PictureSize::Large, picture).expect("kept");
        yard.catalogue.flush().await.expect("written");
        yard.clock.advance(10 * SECOND);
        events.push(id);
    }
    assert_eq!(alerts.deliver().step().await.expect("sent"), 1);
    let letter = taken.recv_timeout(Duration::from_secs(10)).expect("a letter");
    assert!(letter.contains("u7u7u7u7") && !letter.contains("qqqqqqqq"), "{letter}");
    assert!(letter.contains(&events[1].to_string()) && !letter.contains(&events[0].to_string()), "{letter}");
}

#[tokio::test]
async fn a_letter_that_is_refused_waits_and_the_channel_says_so() {
    let mut yard = Yard::new(1, |_| String::new()).await;
    let alerts = alerts(&yard, Arc::new(Platform::default())).await;
    let mail = Some("binnh@example.vn".to_owned());
    somebody(&yard, NotificationPrefs { mail, ..NotificationPrefs::default() }).await;
    let (host, _) = server("550 5.1.1 no such user");
    alerts.put_mail(&host, None, 0, "admin").await.expect("set");
    let id = happens(&mut yard, 0).await;
    assert_eq!(alerts.deliver().step().await.expect("tried"), 1);
    let row = yard.catalogue.deliveries_of(id.0).await.expect("read").remove(0);
    assert_eq!((row.state.as_str(), row.error.as_deref()), ("due", Some("the mail server answered 550")));
    assert!(alerts.channel_state(SiteChannel::Mail).await.expect("read").1.failing.is_some());
}
