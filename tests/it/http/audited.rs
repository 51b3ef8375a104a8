//! Whatever changes something is noted: every route that is no reading is asked once, and the log of what people did
//! must have grown by a row of its own, or the table says why it need not.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::alerts::{AUTH, P256DH};
use super::bench::PASSWORD;
use super::client::Client;
use super::matrix::{Things, Village, described};
use super::people::find;

/// What comes of a request.
#[derive(Clone, Copy, Debug)]
enum Noted {
    /// A row with this action.
    As(&'static str),
    /// No row, for a reason.
    Not(&'static str),
}
use Noted::{As, Not};

/// One route: `METHOD path`, how it is asked (revision for `If-Match` and body, with `<things>`), what is noted.
struct Write(&'static str, Option<i64>, &'static str, Noted);

const STRETCH: &str = r#"{"items":[{"camera":"<camera>","from":"<from>","to":"<to>"}]}"#;
const MAIL: &str = r#"{"server":{"enabled":true,"host":"smtp.example.vn","port":465,"security":"tls",
    "from":"camera@example.vn","username":"camera"},"password":"x"}"#;
const MQTT: &str =
    r#"{"broker":{"enabled":true,"host":"push.test","port":1883,"username":null,"discovery":null}}"#;

/// In the order in which they are asked: what is needed later is taken away last.
const WRITES: &[Write] = &[
    Write("POST /session", None, r#"{"name":"binh","password":"<password>"}"#, As("sign_in")),
    Write("POST /invites", None, r#"{"name":"khach","role":"viewer"}"#, As("invite")),
    Write(
        "POST /invites:accept",
        None,
        r#"{"token":"<token>","password":"<password>"}"#,
        As("invite_accepted"),
    ),
    Write("DELETE /invites/{invite}", None, "", As("invite_removed")),
    Write("PUT /me/password", None, r#"{"password":"<password>"}"#, As("password")),
    Write("PUT /session/proof", None, r#"{"password":"<password>"}"#, Not("what is done then is")),
    Write("DELETE /sessions/{session}", None, "", As("session_ended")),
    Write("PATCH /people/{person}", Some(1), r#"{"display_name":"Anh Bình"}"#, As("person_changed")),
    Write("POST /people/{person}/invite", None, "", As("invite")),
    Write("DELETE /people/{person}", None, "", As("person_removed")),
    Write("POST /cameras", None, r#"{"name":"Chợ","main_url":"rtsp://10.9.8.90/main"}"#, As("camera_added")),
    Write("PUT /cameras/order", None, r#"{"cameras":["<camera>"]}"#, As("camera_changed")),
    Write("PATCH /cameras/{camera}", Some(1), r#"{"area":"Xóm Mới"}"#, As("camera_changed")),
    Write("POST /cameras/{camera}/restart", None, "", As("camera_restarted")),
    Write("POST /camera-tests", None, r#"{"address":"10.9.8.91"}"#, Not("asks a camera and keeps nothing")),
    Write("POST /discovery", None, "{}", Not("listens for cameras and keeps nothing")),
    Write("PATCH /site", None, r#"{"name":"Thôn Đoài"}"#, As("site")),
    Write("POST /layouts", None, r#"{"name":"Chợ"}"#, As("layout")),
    Write("PATCH /layouts/{layout}", Some(1), r#"{"name":"Đình"}"#, As("layout")),
    Write("DELETE /layouts/{layout}", None, "", As("layout")),
    Write("POST /events:mark", None, r#"{"ids":["<event>"],"seen":true}"#, As("mark")),
    Write("POST /alerts/{alert}/handled", None, "{}", As("mark")),
    Write("DELETE /alerts/{alert}/handled", None, "", As("mark")),
    Write(
        "POST /alert-receipts",
        None,
        "",
        Not(
            "needs a message; what is done by one is noted (alerts.rs), that it was shown or opened is a receipt",
        ),
    ),
    Write("PUT /schedules/site", Some(0), r#"{"week":<week>}"#, As("alert_settings")),
    Write("PUT /alert-rules", Some(0), r#"{"night_budget":6}"#, As("alert_settings")),
    Write("PUT /me/notification-prefs", None, r#"{"mail":"binh@example.vn"}"#, As("alert_prefs")),
    Write("PUT /me/phone", None, r#"{"phone":"0912 345 678"}"#, As("person_changed")),
    Write("POST /me/zalo-link", None, "", As("alert_prefs")),
    Write("DELETE /me/zalo-link", None, "", As("alert_prefs")),
    Write("POST /alert-channels/webhook/test", None, "{}", As("alert_settings")),
    Write("PUT /alert-channels/webhook", Some(0), r#"{"enabled":false}"#, As("alert_settings")),
    Write("PUT /alert-channels/relay", Some(0), r#"{"enabled":false,"mqtt":false}"#, As("alert_settings")),
    Write("PUT /alert-channels/mail", Some(0), MAIL, As("alert_settings")),
    Write("POST /me/alert-tests/mail", None, "", As("alert_prefs")),
    Write("PUT /alert-channels/mqtt", Some(0), MQTT, As("alert_settings")),
    Write("PUT /alert-channels/zalo", Some(0), r#"{"enabled":false}"#, As("alert_settings")),
    Write("POST /snoozes", None, r#"{"camera":"<camera>","until":"2026-11-23T00:00:00Z"}"#, As("snooze")),
    Write("DELETE /snoozes/{snooze}", None, "", As("snooze")),
    Write(
        "POST /push-subscriptions",
        None,
        r#"{"endpoint":"http://push.test/x","keys":{"p256dh":"<p256dh>","auth":"<auth>"},"name":"x"}"#,
        As("push_device"),
    ),
    Write(
        "POST /push-subscriptions/{phone}/test",
        None,
        "",
        Not("a message to oneself, which changes nothing"),
    ),
    Write("DELETE /push-subscriptions/{phone}", None, "", As("push_device")),
    Write("POST /bookmarks", None, r#"{"camera":"<camera>","at":"<from>"}"#, As("bookmark")),
    Write("PATCH /bookmarks/{bookmark}", Some(1), r#"{"note":"x"}"#, As("bookmark")),
    Write("DELETE /bookmarks/{bookmark}", None, "", As("bookmark")),
    Write("POST /locks", None, r#"{"camera":"<camera>","from":"<from>","to":"<to>"}"#, As("lock")),
    Write("DELETE /locks/{lock}", None, "", As("unlock")),
    Write("PUT /cameras/{camera}/zones", Some(0), r#"{"items":[]}"#, As("zones")),
    Write(
        "POST /cameras/{camera}/zones:preview",
        None,
        r#"{"items":[],"from":"<from>","to":"<to>"}"#,
        Not("reckons and keeps nothing"),
    ),
    Write(
        "POST /motion-searches",
        None,
        r#"{"camera":"<camera>","from":"<from>","to":"<to>","polygon":[[0,0],[1,0],[1,1]]}"#,
        As("search"),
    ),
    Write("DELETE /motion-searches/{search}", None, "", Not("forgets an answer that goes by itself")),
    Write("POST /exports:estimate", None, STRETCH, Not("reckons and keeps nothing")),
    Write("POST /exports", None, STRETCH, As("export")),
    Write("DELETE /jobs/{job}", None, "", As("export_removed")),
    Write("POST /exports/{export}/shares", None, "{}", As("share")),
    Write("DELETE /shares/{share}", None, "", As("share_revoked")),
    Write("DELETE /exports/{export}", None, "", As("export_removed")),
    Write("DELETE /cameras/{camera}", None, "", As("camera_removed")),
    Write("DELETE /session", None, "", As("sign_out")),
];

/// As in the description: with the names of its parameters.
fn route(asked: &str) -> String {
    let (method, path) = asked.split_once(' ').expect("a method");
    let parts = path.split('/').enumerate().map(|(n, part)| match part {
        "webhook" if path.ends_with("/test") => "{name}",
        "mail" if n == 3 => "{name}",
        "site" if n == 2 => "{id}",
        part if part.starts_with('{') => match part.split_once('}') {
            Some((_, "")) => "{id}",
            _ => part,
        },
        part => part,
    });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

#[test]
fn the_table_has_every_route_that_is_no_reading() {
    let writes: BTreeSet<String> =
        described().into_iter().filter(|route| !route.starts_with("GET ")).collect();
    let listed: BTreeSet<String> = WRITES.iter().map(|write| route(write.0)).collect();
    assert_eq!(listed, writes, "say in audited.rs how a new route is noted, or why it is not");
    assert_eq!(WRITES.len(), writes.len(), "each once");
    for Write(route, _, _, noted) in WRITES {
        assert!(!matches!(noted, Not(reason) if reason.is_empty()), "{route} has no reason");
    }
}

/// Number of the newest row, and what it says was done.
async fn newest(reader: &mut Client) -> (i64, Value) {
    let log = reader.get("/api/v1/audit?limit=1").await.json();
    (log["items"][0]["seq"].as_i64().expect("a row"), log["items"][0]["action"].clone())
}

#[tokio::test]
async fn what_changes_something_is_noted() {
    let village = Village::new().await;
    let (bench, mut admin) = (&village.bench, village.admin.clone());
    // A program: sessions end on the way.
    let mut reader = bench.machine("admin").await;
    let mut things = Things(village.cameras[0].0.clone());
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut binh = bench.person("binh", "guard", json!(null)).await;
    let session = binh.get("/api/v1/sessions").await.json()["items"][0]["id"].clone();
    let open = admin.post("/api/v1/invites", json!({"name": "moi", "role": "viewer"})).await.json();
    let taken_back = admin.post("/api/v1/invites", json!({"name": "thoi", "role": "viewer"})).await.json();
    things.0.extend([
        ("password", format!("{PASSWORD} binh")),
        ("person", text(&find(&mut admin, "binh").await["id"])),
        ("session", text(&session)),
        ("token", open["url"].as_str().and_then(|url| url.split_once('#')).expect("a link").1.to_owned()),
        ("invite", text(&taken_back["id"])),
        ("week", json!(vec!["1".repeat(48); 7]).to_string()),
        ("p256dh", P256DH.to_owned()),
        ("auth", AUTH.to_owned()),
    ]);
    for Write(asked, revision, body, noted) in WRITES {
        let (method, path) = asked.split_once(' ').expect("a method");
        let body = things.fill(body);
        let body = (!body.is_empty()).then(|| serde_json::from_str(&body).expect("a form"));
        let tag = revision.map(|revision| format!("\"{revision}\""));
        let headers: Vec<(&str, &str)> = tag.iter().map(|tag| ("If-Match", tag.as_str())).collect();
        bench.catalogue.flush().await.expect("written");
        let (before, _) = newest(&mut reader).await;
        // Those who come in do so with a browser of their own.
        let (mut stranger, comes) =
            (bench.stranger(), ["POST /session", "POST /invites:accept"].contains(asked));
        let client = if comes { &mut stranger } else { &mut admin };
        let reply = client.send(method, &format!("/api/v1{}", things.fill(path)), &headers, body).await;
        bench.catalogue.flush().await.expect("written");
        let (after, action) = newest(&mut reader).await;
        match noted {
            As(name) => {
                assert!(reply.status < 300, "{asked}: {} {}", reply.status, reply.text());
                assert!(after > before, "{asked} is not noted");
                assert_eq!(action, *name, "{asked}");
            }
            Not(reason) => assert_eq!(after, before, "{asked} is noted though: {reason}"),
        }
        let made = match *asked {
            "POST /snoozes" => "snooze",
            "POST /push-subscriptions" => "phone",
            "POST /motion-searches" => "search",
            "POST /exports" => "job",
            _ => continue,
        };
        things.0.push((made, text(&reply.json()["id"])));
    }
}
