//! Alerts over HTTP: when, of what, for whom; phones, what they say back, and who takes care.

use std::sync::Arc;

use lanewatch::alert::Signer;
use lanewatch::base::{Clock, TICKS_PER_SECOND};
use lanewatch::catalogue::{PersonPatch, Reach};
use serde_json::{Value, json};

use super::bench::{Bench, PASSWORD};
use super::client::{Client, Reply};
use super::people::{find, patch};

pub(super) const P256DH: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
pub(super) const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const MINUTE: i64 = 60 * TICKS_PER_SECOND;

async fn camera(admin: &mut Client, name: &str) -> String {
    let form = json!({"name": name, "main_url": format!("rtsp://10.0.0.7/{name}")});
    let added = admin.post("/api/v1/cameras", form).await;
    assert_eq!(added.status, 201, "{}", added.text());
    added.json()["id"].as_str().expect("an id").to_owned()
}

async fn put(client: &mut Client, path: &str, revision: i64, form: Value) -> Reply {
    client.send("PUT", path, &[("If-Match", &format!("\"{revision}\""))], Some(form)).await
}

fn subscription(name: &str) -> Value {
    json!({"endpoint": format!("http://push.test/{name}"), "keys": {"p256dh": P256DH, "auth": AUTH}, "name": name})
}

async fn phone(client: &mut Client, name: &str) -> String {
    let made = client.post("/api/v1/push-subscriptions", subscription(name)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(!made.text().contains(AUTH) && !made.text().contains("push.test/"), "it opens the phone");
    made.json()["id"].as_str().expect("an id").to_owned()
}

impl Bench {
    /// Decides and sends all that there is.
    async fn tell(&self, dispatch: &mut lanewatch::alert::Dispatch) -> usize {
        self.catalogue.flush().await.expect("written");
        while dispatch.step().await.expect("decided") {}
        let deliver = self.alerts.deliver();
        let mut given = 0;
        loop {
            match deliver.step().await.expect("sent") {
                0 => return given,
                more => given += more,
            }
        }
    }

    async fn begun(&self) -> lanewatch::alert::Dispatch {
        let mut dispatch = self.alerts.dispatch(Arc::new(()));
        dispatch.step().await.expect("decided");
        dispatch
    }

    /// Alerts are wanted at any hour.
    async fn always(&self, admin: &mut Client) {
        let week = vec!["1".repeat(48); 7];
        let set = put(admin, "/api/v1/schedules/site", 0, json!({"week": week, "hand": null})).await;
        assert_eq!(set.status, 200, "{}", set.text());
    }
}

#[tokio::test]
async fn a_head_sets_when_alerts_are_sent_and_a_guard_may_not() {
    let bench = Bench::new().await;
    let (mut head, mut guard) =
        (bench.person("head", "head", json!(null)).await, bench.person("guard", "guard", json!(null)).await);
    let mut half = bench.person("half", "head", json!({"cameras": [], "areas": []})).await;
    // It is 22:00 at the place: the night has just begun.
    let shown = guard.get("/api/v1/schedules/site").await;
    assert_eq!((shown.status, shown.header("etag")), (200, Some("\"0\"")));
    assert_eq!(
        shown.json()["standing"],
        json!({"armed": true, "by_hand": false, "until": "2026-11-22T22:00:00.000Z"})
    );
    let off = json!({"week": shown.json()["week"], "special": [], "hand": {"armed": false, "until": "2026-11-22T16:00:00Z"}});
    let refused = put(&mut guard, "/api/v1/schedules/site", 0, off.clone()).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"));
    assert_eq!(
        put(&mut half, "/api/v1/schedules/site", 0, off.clone()).await.status,
        422,
        "not for all cameras"
    );
    let set = put(&mut head, "/api/v1/schedules/site", 0, off.clone()).await;
    assert_eq!((set.status, set.header("etag")), (200, Some("\"1\"")), "{}", set.text());
    assert_eq!(
        set.json()["standing"],
        json!({"armed": false, "by_hand": true, "until": "2026-11-22T16:00:00.000Z"})
    );
    assert_eq!(put(&mut head, "/api/v1/schedules/site", 0, off.clone()).await.code(), "stale_revision");
    assert_eq!(head.send("PUT", "/api/v1/schedules/site", &[], Some(off)).await.status, 428);
    for wrong in
        [json!({"week": []}), json!({"week": vec!["2".repeat(48); 7]}), json!({"week": vec!["1"; 7]})]
    {
        assert_eq!(put(&mut head, "/api/v1/schedules/site", 1, wrong).await.status, 422);
    }
    assert_eq!(head.get("/api/v1/schedules/other").await.status, 404);
    let rules = head.get("/api/v1/alert-rules").await.json();
    assert_eq!((rules["night_budget"].as_u64(), rules["revision"].as_i64()), (Some(20), Some(0)));
    let set = put(&mut head, "/api/v1/alert-rules", 0, json!({"night_budget": 6})).await;
    assert_eq!((set.status, set.json()["night_budget"].as_u64()), (200, Some(6)), "{}", set.text());
    assert_eq!(put(&mut head, "/api/v1/alert-rules", 1, json!({"night_budget": 6000})).await.status, 422);
    let audit = bench.admin().await.get("/api/v1/audit?action=alert_settings").await.json();
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn zones_of_the_rules_are_those_that_are_there_and_may_be_seen() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let (a, b) = (camera(&mut admin, "a").await, camera(&mut admin, "b").await);
    let area = json!({"kind": "alert", "name": "Cổng", "points": [[0, 0], [0.5, 0], [0.5, 1]]});
    let path = format!("/api/v1/cameras/{a}/zones");
    let drawn = put(&mut admin, &path, 0, json!({"items": [area, area]})).await.json();
    let [gate, road] = [0, 1].map(|n: usize| drawn["items"][n]["id"].clone());
    let rules = json!({"zones": {&a: [gate, road], &b: [gate]}});
    let set = put(&mut admin, "/api/v1/alert-rules", 0, rules).await;
    assert_eq!((set.status, &set.json()["zones"]), (200, &json!({&a: [gate, road]})), "{}", set.text());
    let mut half = bench.person("half", "guard", json!({"cameras": [b]})).await;
    assert_eq!(half.get("/api/v1/alert-rules").await.json()["zones"], json!({}));
    let left = json!({"items": [drawn["items"][1]]});
    let revision = drawn["revision"].as_i64().expect("a revision");
    assert_eq!(put(&mut admin, &path, revision, left).await.status, 200);
    assert_eq!(admin.get("/api/v1/alert-rules").await.json()["zones"], json!({&a: [road]}));
    let unknown = json!({"zones": {"019f0000-0000-7000-8000-000000000000": [gate]}});
    assert_eq!(put(&mut admin, "/api/v1/alert-rules", 1, unknown).await.status, 404);
    let many = json!({"zones": {&a: vec![&gate; 33]}});
    assert_eq!(put(&mut admin, "/api/v1/alert-rules", 1, many).await.status, 422);
}

#[tokio::test]
async fn quiet_and_preferences_are_each_persons_own() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let (mine, other) = (camera(&mut admin, "a").await, camera(&mut admin, "b").await);
    let mut guard = bench.person("guard", "guard", json!({"cameras": [mine]})).await;
    let until = "2026-11-22T16:00:00Z";
    let quiet = guard.post("/api/v1/snoozes", json!({"camera": mine, "until": until})).await;
    assert_eq!(quiet.status, 201, "{}", quiet.text());
    assert_eq!(guard.post("/api/v1/snoozes", json!({"camera": other, "until": until})).await.status, 404);
    for wrong in ["2026-11-22T14:00:00Z", "2027-11-22T14:00:00Z"] {
        assert_eq!(guard.post("/api/v1/snoozes", json!({"until": wrong})).await.status, 422);
    }
    assert_eq!(admin.get("/api/v1/snoozes").await.json()["items"], json!([]), "nobody else's");
    let id = quiet.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(admin.send("DELETE", &format!("/api/v1/snoozes/{id}"), &[], None).await.status, 404);
    assert_eq!(guard.send("DELETE", &format!("/api/v1/snoozes/{id}"), &[], None).await.status, 204);
    let prefs = guard.get("/api/v1/me/notification-prefs").await.json();
    assert_eq!((prefs["enabled"].as_bool(), &prefs["quiet"]), (Some(true), &json!(null)));
    let form = json!({"subjects": ["motion"], "cameras": [mine], "quiet": {"from": "23:00", "to": "05:00"}, "mail": "g@example.vn"});
    let set = guard.send("PUT", "/api/v1/me/notification-prefs", &[], Some(form)).await;
    assert_eq!(
        (set.status, set.json()["quiet"]["strong_anyway"].as_bool()),
        (200, Some(true)),
        "{}",
        set.text()
    );
    for wrong in
        [json!({"cameras": [other]}), json!({"mail": "no"}), json!({"quiet": {"from": "7", "to": "8"}})]
    {
        let refused = guard.send("PUT", "/api/v1/me/notification-prefs", &[], Some(wrong)).await;
        assert!([404, 422].contains(&refused.status), "{}", refused.text());
    }
    let mut machine = bench.machine("read").await;
    assert_eq!(machine.get("/api/v1/me/notification-prefs").await.status, 422, "a program has no phone");
}

#[tokio::test]
async fn a_phone_is_told_says_what_became_of_it_and_the_team_sees_who_takes_care() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let camera = camera(&mut admin, "gate").await;
    bench.always(&mut admin).await;
    let (mut binh, mut an) =
        (bench.person("binh", "guard", json!(null)).await, bench.person("an", "guard", json!(null)).await);
    let key = binh.get("/api/v1/push/vapid-key").await.json();
    assert_eq!(key["public_key"].as_str().map(str::len), Some(87), "a point in base64url");
    let (his, hers) = (phone(&mut binh, "binh").await, phone(&mut an, "an").await);
    let mut dispatch = bench.begun().await;

    let test = binh.post(&format!("/api/v1/push-subscriptions/{his}/test"), json!({})).await;
    assert_eq!(test.status, 202, "{}", test.text());
    assert_eq!(an.post(&format!("/api/v1/push-subscriptions/{his}/test"), json!({})).await.status, 404);
    assert_eq!(bench.tell(&mut dispatch).await, 1);
    let list = binh.get(&format!("/api/v1/push-subscriptions/{his}/deliveries")).await.json();
    assert_eq!(
        (&list["items"][0]["alert"], list["items"][0]["state"].as_str()),
        (&test.json()["alert"], Some("sent"))
    );
    assert_eq!(an.get(&format!("/api/v1/push-subscriptions/{his}/deliveries")).await.status, 404);

    let start = bench.clock.now();
    bench.clock.advance(10 * TICKS_PER_SECOND);
    let event = bench.moved(&camera, start, 9 * TICKS_PER_SECOND);
    assert_eq!(bench.tell(&mut dispatch).await, 2);
    let sent = bench.outside.sent.lock().expect("lock").clone();
    let header = |name: &str| sent[1].headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
    assert_eq!(header("topic").map(|topic| topic.len()), Some(32));
    assert_eq!(
        (header("urgency").as_deref(), header("content-encoding").as_deref()),
        (Some("high"), Some("aes128gcm"))
    );
    assert!(
        header("authorization").is_some_and(|v| v.starts_with("vapid t=")),
        "{:?}",
        header("authorization")
    );
    assert!(sent.iter().all(|post| post.body.len() == sent[0].body.len()), "of one length");

    // The token in the message is proof enough: the phone's session may be over.
    let list = binh.get(&format!("/api/v1/push-subscriptions/{his}/deliveries")).await.json();
    let delivery = list["items"][0]["id"].as_str().expect("an id").parse().expect("an id");
    let signer = Signer::open(&bench.catalogue).await.expect("a key");
    let token = signer.token(delivery, bench.clock.now() + MINUTE);
    let mut stranger = bench.stranger();
    let mut says = async |form: Value| stranger.post("/api/v1/alert-receipts", form).await.status;
    assert_eq!(says(json!({"token": token, "what": "shown"})).await, 204);
    assert_eq!(says(json!({"token": token, "what": "opened"})).await, 204);
    assert_eq!(says(json!({"token": token, "what": "snooze", "minutes": 30})).await, 204);
    assert_eq!(says(json!({"token": token, "what": "snooze", "minutes": 0})).await, 422);
    assert_eq!(says(json!({"token": token[1..], "what": "shown"})).await, 404);
    assert_eq!(says(json!({"token": token, "what": "dance"})).await, 422);
    let seen = async |client: &mut Client| {
        client.get(&format!("/api/v1/events/{event}")).await.json()["seen"].clone()
    };
    assert_eq!(
        (seen(&mut binh).await, seen(&mut an).await),
        (json!(true), json!(false)),
        "by whoever opened it"
    );
    let quiet = binh.get("/api/v1/snoozes").await.json();
    assert_eq!(
        (quiet["items"].as_array().map(Vec::len), &quiet["items"][0]["camera"]),
        (Some(1), &json!(camera))
    );
    let alert = an.get(&format!("/api/v1/alerts/{event}")).await.json();
    assert_eq!(alert["reached"], json!({"made": 2, "sent": 2, "shown": 1, "opened": 1}));
    assert_eq!(says(json!({"token": token, "what": "handled"})).await, 204);
    let alert = an.get(&format!("/api/v1/alerts/{event}")).await.json();
    assert_eq!((alert["handled"]["by"].as_str(), &alert["events"][0]), (Some("binh"), &json!(event)));
    let seen = an.get(&format!("/api/v1/events/{event}")).await.json();
    assert_eq!(seen["handled"]["by"], "binh", "its event says so, too");
    bench.catalogue.flush().await.expect("written");
    let log = admin.get("/api/v1/audit?actor=binh&limit=2").await.json();
    let noted = |n: usize| (log["items"][n]["action"].clone(), log["items"][n]["detail"]["alert"].clone());
    assert_eq!(noted(0), (json!("mark"), alert["id"].clone()), "though nobody was signed in");
    assert_eq!(noted(1), (json!("snooze"), alert["id"].clone()));
    // A message about a camera that they do not see any more silences nothing, least of all every other camera.
    let before = bench.catalogue.person("binh").await.expect("read").expect("there");
    let sees = |reach: Option<Reach>| PersonPatch { reach: Some(reach), ..PersonPatch::default() };
    let nothing = sees(Some(Reach { cameras: Vec::new(), areas: Vec::new() }));
    let limited = bench.catalogue.patch_person(before.id, before.revision, nothing).await.expect("patched");
    assert_eq!(says(json!({"token": token, "what": "snooze", "minutes": 60})).await, 404);
    let all = bench.catalogue.snoozes(bench.clock.now()).await.expect("read");
    assert!(all.iter().all(|snooze| snooze.camera.is_some()), "{all:?}");
    bench.catalogue.patch_person(limited.id, limited.revision, sees(None)).await.expect("patched");
    // The first who says so counts.
    let second = an.post(&format!("/api/v1/alerts/{event}/handled"), json!({"note": "tôi"})).await;
    assert_eq!((second.status, second.json()["handled"]["by"].as_str()), (200, Some("binh")));
    // It is taken back on its event: nobody takes care, and whoever says so next counts.
    let undone = an.post("/api/v1/events:mark", json!({"ids": [event], "handled": null})).await;
    assert_eq!((undone.status, &undone.json()["items"][0]["handled"]), (200, &json!(null)));
    let alert = an.get(&format!("/api/v1/alerts/{event}")).await.json();
    assert_eq!(alert["handled"], json!(null));
    let third = an.post(&format!("/api/v1/alerts/{event}/handled"), json!({"note": "tôi"})).await;
    assert_eq!((third.status, third.json()["handled"]["by"].as_str()), (200, Some("an")));
    let back = binh.send("DELETE", &format!("/api/v1/alerts/{event}/handled"), &[], None).await;
    assert_eq!((back.status, &back.json()["handled"]), (200, &json!(null)));
    let seen = an.get(&format!("/api/v1/events/{event}")).await.json();
    assert_eq!(seen["handled"], json!(null), "its event says so, too");
    bench.clock.advance(2 * MINUTE);
    assert_eq!(says(json!({"token": token, "what": "shown"})).await, 404, "it has ended");

    assert_eq!(an.send("DELETE", &format!("/api/v1/push-subscriptions/{hers}"), &[], None).await.status, 204);
    bench.clock.advance(20 * MINUTE);
    bench.moved(&camera, bench.clock.now() + -9 * TICKS_PER_SECOND, 8 * TICKS_PER_SECOND);
    assert_eq!(bench.tell(&mut dispatch).await, 0, "one wants quiet, the other has no phone");
}

#[tokio::test]
async fn what_a_message_allows_ends_with_its_person() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let camera = camera(&mut admin, "gate").await;
    bench.always(&mut admin).await;
    let mut binh = bench.person("binh", "guard", json!(null)).await;
    let his = phone(&mut binh, "binh").await;
    let mut dispatch = bench.begun().await;
    let start = bench.clock.now();
    bench.clock.advance(10 * TICKS_PER_SECOND);
    let event = bench.moved(&camera, start, 9 * TICKS_PER_SECOND);
    assert_eq!(bench.tell(&mut dispatch).await, 1);
    let list = binh.get(&format!("/api/v1/push-subscriptions/{his}/deliveries")).await.json();
    let delivery = list["items"][0]["id"].as_str().expect("an id").parse().expect("an id");
    let signer = Signer::open(&bench.catalogue).await.expect("a key");
    let token = signer.token(delivery, bench.clock.now() + MINUTE);
    let mut stranger = bench.stranger();
    let mut says = async |what: &str| {
        stranger.post("/api/v1/alert-receipts", json!({"token": token, "what": what})).await.status
    };
    assert_eq!(says("shown").await, 204);
    let person = find(&mut admin, "binh").await;
    let off = patch(&mut admin, &person, json!({"enabled": false})).await;
    for what in ["shown", "opened", "snooze", "handled"] {
        assert_eq!(says(what).await, 404, "{what} by somebody who is disabled");
    }
    let on = patch(&mut admin, &off.json(), json!({"enabled": true})).await;
    assert_eq!((on.status, says("opened").await), (200, 204));
    let path = format!("/api/v1/people/{}", person["id"].as_str().expect("an id"));
    assert_eq!(admin.send("DELETE", &path, &[], None).await.status, 204);
    for what in ["shown", "opened", "snooze", "handled"] {
        assert_eq!(says(what).await, 404, "{what} by somebody who was removed");
    }
    let alert = admin.get(&format!("/api/v1/alerts/{event}")).await.json();
    assert_eq!(alert["handled"], json!(null), "nobody took care");
}

/// A phone is lost: whoever ends its session ends what it is sent, and what it may say by that.
#[tokio::test]
async fn what_a_phone_is_sent_ends_with_its_session() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let camera = camera(&mut admin, "gate").await;
    bench.always(&mut admin).await;
    let mut lost = bench.person("binh", "guard", json!(null)).await;
    let signed_in = async |password: &str| {
        let mut client = bench.stranger();
        let form = json!({"name": "binh", "password": password});
        assert_eq!(client.post("/api/v1/session", form).await.status, 204);
        client
    };
    let password = format!("{PASSWORD} binh");
    let mut kept = signed_in(&password).await;
    let (there, here) = (phone(&mut lost, "lost").await, phone(&mut kept, "kept").await);
    let mut dispatch = bench.begun().await;
    let happens = async |dispatch: &mut lanewatch::alert::Dispatch| {
        bench.clock.advance(11 * MINUTE);
        let start = bench.clock.now();
        bench.clock.advance(10 * TICKS_PER_SECOND);
        bench.moved(&camera, start, 9 * TICKS_PER_SECOND);
        bench.tell(dispatch).await
    };
    assert_eq!(happens(&mut dispatch).await, 2);
    let list = lost.get(&format!("/api/v1/push-subscriptions/{there}/deliveries")).await.json();
    assert_eq!(list["items"][0]["kind"], "motion");
    let delivery = list["items"][0]["id"].as_str().expect("an id").parse().expect("an id");
    let signer = Signer::open(&bench.catalogue).await.expect("a key");
    let token = signer.token(delivery, bench.clock.now() + 7 * 24 * 60 * MINUTE);
    let standing = async |client: &mut Client| -> Vec<(String, bool, bool)> {
        let list = client.get("/api/v1/push-subscriptions").await.json();
        let one = |item: &Value| {
            let text = item["id"].as_str().expect("an id").to_owned();
            (text, item["current"] == true, item["gone_at"].is_null())
        };
        list["items"].as_array().expect("a list").iter().map(one).collect()
    };
    assert_eq!(standing(&mut kept).await, [(there.clone(), false, true), (here.clone(), true, true)]);
    // It is ended from the phone that is left.
    let sessions = kept.get("/api/v1/sessions").await.json();
    let sessions = sessions["items"].as_array().expect("a list");
    let other = sessions.iter().find(|session| session["current"] == false).expect("the lost one");
    let path = format!("/api/v1/sessions/{}", other["id"].as_str().expect("an id"));
    assert_eq!(kept.send("DELETE", &path, &[], None).await.status, 204);
    assert_eq!(standing(&mut kept).await, [(there.clone(), false, false), (here.clone(), true, true)]);
    assert_eq!(happens(&mut dispatch).await, 1, "only the one that is left");
    let mut stranger = bench.stranger();
    for what in ["shown", "opened", "snooze", "handled"] {
        let said = stranger.post("/api/v1/alert-receipts", json!({"token": token, "what": what})).await;
        assert_eq!(said.status, 404, "{what} from a phone that is lost");
    }
    // A change of the password ends it for all; whoever has changed it goes on under their new session.
    let mut third = signed_in(&password).await;
    let form = json!({"password": "trâu cày ruộng cạn"});
    assert_eq!(third.send("PUT", "/api/v1/me/password", &[], Some(form)).await.status, 204);
    assert_eq!(happens(&mut dispatch).await, 0);
    assert_eq!(phone(&mut third, "kept").await, here);
    assert_eq!(happens(&mut dispatch).await, 1);
    // Signing out does the same.
    assert_eq!(third.send("DELETE", "/api/v1/session", &[], None).await.status, 204);
    assert_eq!(happens(&mut dispatch).await, 0);
}

#[tokio::test]
async fn nothing_is_sent_where_a_browser_or_person_must_not_send_it() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    for wrong in [
        "https://127.0.0.1/x",
        "https://example.vn/x",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.vn/x",
        "x",
    ] {
        let mut form = subscription("a");
        form["endpoint"] = json!(wrong);
        assert_eq!(admin.post("/api/v1/push-subscriptions", form).await.status, 422, "{wrong}");
    }
    for (field, wrong) in
        [("p256dh", "AAAA"), ("p256dh", P256DH.replace('V', "W").as_str()), ("auth", "AAAA")]
    {
        let mut form = subscription("a");
        form["keys"][field] = json!(wrong);
        assert_eq!(admin.post("/api/v1/push-subscriptions", form).await.status, 422, "{field} {wrong}");
    }
    let path = "/api/v1/alert-channels/webhook";
    assert_eq!(put(&mut admin, path, 0, json!({"enabled": true})).await.status, 422, "it has no address");
    for wrong in ["https://192.168.1.1/x", "http://example.vn/canary", "https://[::1]/x"] {
        let refused = put(&mut admin, path, 0, json!({"enabled": true, "url": wrong})).await;
        assert_eq!(refused.status, 422);
        assert!(!refused.text().contains("canary"));
    }
    let set =
        put(&mut admin, path, 0, json!({"enabled": true, "url": "https://hooks.example.vn/canary"})).await;
    assert_eq!((set.status, set.json()["host"].as_str()), (200, Some("hooks.example.vn")), "{}", set.text());
    assert!(set.json()["secret"].as_str().is_some_and(|key| key.starts_with("whsec_")));
    let again = admin.get(path).await;
    assert!(again.json().get("secret").is_none() && !again.text().contains("canary"), "{}", again.text());
    let server = |host: &str, security: &str| {
        json!({"server": {"enabled": true, "host": host, "port": 465, "security": security,
        "from": "camera@example.vn", "username": "camera"}, "password": "canary"})
    };
    let path = "/api/v1/alert-channels/mail";
    for (host, security) in
        [("10.0.0.1", "tls"), ("localhost", "tls"), ("smtp.example.vn", "none"), ("a b", "tls")]
    {
        assert_eq!(put(&mut admin, path, 0, server(host, security)).await.status, 422, "{host} {security}");
    }
    let set = put(&mut admin, path, 0, server("smtp.example.vn", "tls")).await;
    assert_eq!((set.status, set.json()["password_set"].as_bool()), (200, Some(true)), "{}", set.text());
    let mut elsewhere = server("smtp.evil.example", "tls");
    elsewhere.as_object_mut().expect("a form").remove("password");
    let moved = put(&mut admin, path, 1, elsewhere).await;
    assert_eq!(moved.json()["password_set"], false, "a server elsewhere does not get the password");
    assert_eq!(put(&mut admin, path, 2, server("smtp.example.vn", "starttls")).await.status, 200);
    let path = "/api/v1/alert-channels/zalo";
    assert_eq!(put(&mut admin, path, 0, json!({"enabled": true})).await.status, 422, "it has no token");
    assert_eq!(
        put(&mut admin, path, 0, json!({"enabled": true, "token": "a/../b?canary"})).await.status,
        422
    );
    let set = put(&mut admin, path, 0, json!({"enabled": true, "token": "1903914807:canary-canary"})).await;
    assert_eq!((set.status, set.json()["token_set"].as_bool()), (200, Some(true)), "{}", set.text());
    for path in ["mail", "zalo", "webhook"] {
        assert!(!admin.get(&format!("/api/v1/alert-channels/{path}")).await.text().contains("canary"));
    }
    assert!(!admin.get("/api/v1/audit").await.text().contains("canary"));
    bench.catalogue.flush().await.expect("written");
    for file in std::fs::read_dir(bench.folder.path())
        .expect("folder")
        .map(|e| e.expect("entry").path())
        .filter(|p| p.is_file())
    {
        assert!(
            !String::from_utf8_lossy(&std::fs::read(&file).expect("bytes")).contains("canary"),
            "{}",
            file.display()
        );
    }
}
