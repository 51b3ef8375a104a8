//! People: invited, limited, ended. The bench's hands for all tests about them.

use lanewatch::base::TICKS_PER_SECOND;
use serde_json::{Value, json};

use super::alerts::{AUTH, P256DH};
use super::bench::{Bench, PASSWORD};
use super::client::{Client, Reply};

const HOUR: i64 = 3600 * TICKS_PER_SECOND;

impl Bench {
    /// Somebody whom an administrator has invited and who has come in.
    pub(super) async fn person(&self, name: &str, role: &str, reach: Value) -> Client {
        self.invited(json!({"name": name, "role": role, "reach": reach})).await
    }

    /// The same, of a whole invite.
    pub(super) async fn invited(&self, form: Value) -> Client {
        let mut admin = self.admin().await;
        let name = form["name"].clone();
        let name = name.as_str().expect("a name");
        let invited = invite(&mut admin, form).await;
        let mut guest = self.stranger();
        let token = token(&invited);
        let form = json!({"token": token, "password": format!("{PASSWORD} {name}")});
        let came = guest.post("/api/v1/invites:accept", form).await;
        assert_eq!(came.status, 204, "{}", came.text());
        guest
    }
}

async fn invite(by: &mut Client, form: Value) -> Value {
    let made = by.post("/api/v1/invites", form).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

fn token(invited: &Value) -> String {
    let url = invited["url"].as_str().expect("an address");
    url.split_once("/invite#").expect("a secret behind a hash").1.to_owned()
}

async fn camera(admin: &mut Client, name: &str, area: &str, host: &str) -> Value {
    let form = json!({"name": name, "area": area, "main_url": format!("rtsp://{host}/main")});
    let added = admin.post("/api/v1/cameras", form).await;
    assert_eq!(added.status, 201, "{}", added.text());
    added.json()
}

pub(super) async fn find(client: &mut Client, name: &str) -> Value {
    let people = client.get("/api/v1/people").await.json();
    let found = people["items"].as_array().expect("a list").iter().find(|p| p["name"] == name).cloned();
    found.unwrap_or_else(|| panic!("{name} is not in {people}"))
}

pub(super) async fn patch(client: &mut Client, person: &Value, form: Value) -> Reply {
    let path = format!("/api/v1/people/{}", person["id"].as_str().expect("an id"));
    let tag = format!("\"{}\"", person["revision"]);
    client.send("PATCH", &path, &[("If-Match", &tag)], Some(form)).await
}

#[tokio::test]
async fn somebody_is_invited_once_and_signs_in_with_what_they_chose() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let form = json!({"name": "Binh.To-1", "display_name": "Anh Bình", "role": "guard"});
    let replaced = invite(&mut admin, form.clone()).await;
    let invited = invite(&mut admin, form).await;
    assert!(invited["qr_svg"].as_str().expect("a picture").starts_with("<svg xmlns="));
    assert_eq!(admin.get("/api/v1/invites").await.json()["items"].as_array().expect("a list").len(), 1);
    let mut guest = bench.stranger();
    let mut accept = async |invited: &Value, password: &str| {
        let form = json!({"token": token(invited), "password": password});
        guest.post("/api/v1/invites:accept", form).await.status
    };
    assert_eq!(accept(&replaced, PASSWORD).await, 404, "another was made for the same name");
    assert_eq!(accept(&invited, "short").await, 422);
    assert_eq!(accept(&invited, PASSWORD).await, 204);
    assert_eq!(accept(&invited, PASSWORD).await, 404, "once");
    let me = guest.get("/api/v1/me").await.json();
    let expected = json!({"name": "binh.to-1", "display_name": "Anh Bình", "role": "guard",
        "rights": ["live", "playback", "hold", "export"], "cameras": null, "full_cameras": null, "password_set": true, "locale": "vi", "phone": ""});
    assert_eq!(me, expected);

    let mut again = bench.stranger();
    let mut sign_in = async |form: Value| again.post("/api/v1/session", form).await.status;
    assert_eq!(sign_in(json!({"name": "BINH.to-1 ", "password": PASSWORD})).await, 204);
    assert_eq!(sign_in(json!({"name": "binh", "password": PASSWORD})).await, 401, "nobody has that name");
    assert_eq!(sign_in(json!({"password": PASSWORD})).await, 401, "that would be the administrator");
    let sessions = guest.get("/api/v1/sessions").await.json();
    let kinds: Vec<_> =
        sessions["items"].as_array().expect("a list").iter().map(|s| s["kind"].clone()).collect();
    assert_eq!(kinds.len(), 2);
    assert!(kinds.contains(&json!("invite")) && kinds.contains(&json!("password")));

    let late = invite(&mut admin, json!({"name": "muon", "role": "viewer"})).await;
    bench.clock.advance(48 * HOUR);
    assert_eq!(accept_late(&bench, &late).await, 404);
    for name in ["x", "a b", "Bình", &"x".repeat(33)] {
        let refused =
            bench.admin().await.post("/api/v1/invites", json!({"name": name, "role": "viewer"})).await;
        assert_eq!(refused.status, 422, "{name}");
    }
}

async fn accept_late(bench: &Bench, invited: &Value) -> u16 {
    let form = json!({"token": token(invited), "password": PASSWORD});
    bench.stranger().post("/api/v1/invites:accept", form).await.status
}

#[tokio::test]
async fn whoever_is_disabled_or_limited_loses_it_at_once() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let mine = camera(&mut admin, "Ngõ 7", "Xóm Đông", "10.0.0.7").await;
    camera(&mut admin, "Ngõ 8", "Xóm Tây", "10.0.0.8").await;
    let mut guard = bench.person("binh", "guard", json!(null)).await;
    let seen = async |client: &mut Client| {
        let list = client.get("/api/v1/cameras").await.json();
        list["items"].as_array().expect("a list").iter().map(|c| c["slug"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&mut guard).await, ["ngo-7", "ngo-8"]);
    let person = find(&mut admin, "binh").await;
    let less = patch(&mut admin, &person, json!({"reach": {"areas": ["Xóm Đông"]}})).await;
    assert_eq!(less.status, 200, "{}", less.text());
    assert_eq!(patch(&mut admin, &person, json!({"role": "viewer"})).await.code(), "stale_revision");
    assert_eq!(seen(&mut guard).await, ["ngo-7"]);
    assert_eq!(guard.get("/api/v1/me").await.json()["cameras"], json!([mine["id"]]));
    assert_eq!(guard.get("/api/v1/cameras/ngo-8").await.code(), "not_found");
    assert_eq!(admin.get("/api/v1/cameras/ngo-8").await.status, 200);

    let ended = patch(&mut admin, &less.json(), json!({"enabled": false})).await.json();
    assert!(ended["ended_at"].is_string());
    assert_eq!(guard.get("/api/v1/cameras").await.status, 401);
    let form = json!({"name": "binh", "password": format!("{PASSWORD} binh")});
    assert_eq!(guard.post("/api/v1/session", form.clone()).await.status, 401);
    assert_eq!(patch(&mut admin, &ended, json!({"enabled": true})).await.status, 200);
    assert_eq!(guard.post("/api/v1/session", form).await.status, 204);
    let session = find_session(&mut admin, &ended).await;
    assert_eq!(admin.send("DELETE", &session, &[], None).await.status, 204);
    assert_eq!(guard.get("/api/v1/cameras").await.status, 401);
    let path = format!("/api/v1/people/{}", ended["id"].as_str().expect("an id"));
    assert_eq!(admin.send("DELETE", &path, &[], None).await.status, 204);
    assert_eq!(admin.send("DELETE", &path, &[], None).await.status, 404);

    bench.catalogue.flush().await.expect("written");
    let log = admin.get("/api/v1/audit?limit=500").await.json();
    let log = log["items"].as_array().expect("a list");
    for action in [
        "sign_in",
        "invite",
        "invite_accepted",
        "person_changed",
        "session_ended",
        "person_removed",
        "camera_added",
    ] {
        assert!(log.iter().any(|entry| entry["action"] == action), "{action} is not in {log:?}");
    }
    let failed = admin.get("/api/v1/audit?action=sign_in_failed&limit=1").await.json();
    assert_eq!(
        (&failed["items"][0]["actor"], &failed["items"][0]["address"]),
        (&json!(""), &json!("127.0.0.1"))
    );
    assert_eq!(bench.catalogue.audit_broken().await.expect("read").1, None);
}

async fn find_session(admin: &mut Client, person: &Value) -> String {
    let path = format!("/api/v1/sessions?person={}", person["id"].as_str().expect("an id"));
    let list = admin.get(&path).await.json();
    format!("/api/v1/sessions/{}", list["items"][0]["id"].as_str().expect("a session"))
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_have() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let mine = camera(&mut admin, "Ngõ 7", "Xóm Đông", "10.0.0.7").await;
    let other = camera(&mut admin, "Ngõ 8", "Xóm Tây", "10.0.0.8").await;
    let mut head = bench.person("truong", "head", json!(null)).await;
    let mut half = bench.person("pho", "head", json!({"cameras": [mine["id"]]})).await;
    bench.person("quan", "admin", json!(null)).await;
    let tries = async |by: &mut Client, role: &str, reach: Value| {
        let made = by.post("/api/v1/invites", json!({"name": "khach", "role": role, "reach": reach})).await;
        (made.status, made.text())
    };
    assert_eq!(tries(&mut head, "guard", json!(null)).await.0, 201);
    assert_eq!(tries(&mut head, "head", json!(null)).await.0, 403);
    assert_eq!(tries(&mut half, "guard", json!({"cameras": [mine["id"]]})).await.0, 201);
    assert_eq!(tries(&mut half, "guard", json!(null)).await.0, 403, "not the whole site");
    assert_eq!(tries(&mut half, "guard", json!({"cameras": [other["id"]]})).await.0, 404, "it is not there");
    assert_eq!(tries(&mut half, "guard", json!({"areas": ["Xóm Tây"]})).await.0, 404);
    assert_eq!(tries(&mut admin, "admin", json!({"cameras": [mine["id"]]})).await.0, 422);

    let (account, truong) = (find(&mut admin, "admin").await, find(&mut admin, "truong").await);
    let quan = find(&mut admin, "quan").await;
    for (person, form, status) in [
        (&account, json!({"enabled": false}), 403),
        (&account, json!({"role": "viewer"}), 403),
        (&account, json!({"display_name": "Ban quản trị", "locale": "en"}), 200),
        (&truong, json!({"locale": "fr"}), 422),
    ] {
        assert_eq!(patch(&mut admin, person, form.clone()).await.status, status, "{form}");
    }
    assert_eq!(patch(&mut head, &truong, json!({"role": "admin"})).await.status, 403, "not oneself");
    assert_eq!(patch(&mut head, &quan, json!({"enabled": false})).await.status, 403, "not those above");
    assert_eq!(
        patch(&mut half, &quan, json!({"enabled": false})).await.status,
        404,
        "who sees more is not there"
    );
    let known = half.get("/api/v1/people").await.text();
    assert!(known.contains("pho") && !known.contains("quan") && !known.contains("truong"), "{known}");
    for path in ["/api/v1/audit", "/api/v1/metrics"] {
        assert_eq!(head.get(path).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn each_account_has_tries_of_its_own() {
    let bench = Bench::new().await;
    bench.person("binh", "viewer", json!(null)).await;
    let mut stranger = bench.stranger();
    let mut tries = async |name: &str| {
        stranger.post("/api/v1/session", json!({"name": name, "password": "wrong wrong wrong"})).await.status
    };
    for _ in 0..5 {
        assert_eq!(tries("binh").await, 401);
    }
    assert_eq!(tries("binh").await, 429);
    assert_eq!(tries("nobody").await, 429, "the address has tried enough");
}

/// Somebody has forgotten their password: they are who they were, with another one, and nowhere else signed in.
#[tokio::test]
async fn whoever_forgot_their_password_gets_a_link_for_another() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let mut head = bench.person("head", "head", json!(null)).await;
    let mut binh = bench.person("binh", "guard", json!(null)).await;
    let prefs = json!({"mail": "binh@example.vn"});
    assert_eq!(binh.send("PUT", "/api/v1/me/notification-prefs", &[], Some(prefs)).await.status, 200);
    let person = find(&mut admin, "binh").await;
    let path = |person: &Value| format!("/api/v1/people/{}/invite", person["id"].as_str().expect("an id"));
    let asked = async |by: &mut Client, person: &Value| by.post(&path(person), json!({})).await;
    assert_eq!(asked(&mut binh, &person).await.status, 403);
    let heads = find(&mut admin, "head").await;
    assert_eq!(asked(&mut head, &heads).await.status, 403, "one's own is changed in the app");
    let account = find(&mut admin, "admin").await;
    assert_eq!(asked(&mut head, &account).await.status, 403);
    let first = asked(&mut head, &person).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let made = asked(&mut head, &person).await.json();
    let open = head.get("/api/v1/invites").await.json();
    assert_eq!((open["items"].as_array().map(Vec::len), &open["items"][0]["again"]), (Some(1), &json!(true)));
    let mut phone = bench.stranger();
    let accept = async |phone: &mut Client, invited: &Value, password: &str| {
        let form = json!({"token": token(invited), "password": password});
        phone.post("/api/v1/invites:accept", form).await.status
    };
    assert_eq!(accept(&mut phone, &first.json(), PASSWORD).await, 404, "another was made");
    assert_eq!(binh.get("/api/v1/me").await.status, 200, "nothing has happened yet");
    assert_eq!(accept(&mut phone, &made, "trâu cày ruộng cạn").await, 204);
    assert_eq!(accept(&mut phone, &made, PASSWORD).await, 404, "once");
    assert_eq!(binh.get("/api/v1/me").await.status, 401);
    let kept = phone.get("/api/v1/me/notification-prefs").await.json();
    assert_eq!(kept["mail"], "binh@example.vn", "they are who they were");
    assert_eq!(find(&mut admin, "binh").await["id"], person["id"]);
    let mut again = bench.stranger();
    let mut sign_in = async |password: &str| {
        again.post("/api/v1/session", json!({"name": "binh", "password": password})).await.status
    };
    assert_eq!((sign_in(&format!("{PASSWORD} binh")).await, sign_in("trâu cày ruộng cạn").await), (401, 204));
    // It was made for a guard: it opens nothing for somebody who is more by now, or nobody any more.
    for change in [json!({"role": "head"}), json!({"enabled": false})] {
        let person = find(&mut admin, "binh").await;
        let made = asked(&mut admin, &person).await.json();
        assert_eq!(patch(&mut admin, &person, change.clone()).await.status, 200);
        assert_eq!(accept(&mut phone, &made, PASSWORD).await, 404, "{change}");
    }
    let disabled = find(&mut admin, "binh").await;
    assert_eq!(asked(&mut admin, &disabled).await.status, 422);
}

#[tokio::test]
async fn of_some_cameras_somebody_sees_live_pictures_only() {
    let bench = Bench::new().await;
    let mut admin = bench.admin().await;
    let first = camera(&mut admin, "Ngõ 7", "Xóm Đông", "10.0.0.7").await;
    let second = camera(&mut admin, "Ngõ 8", "Xóm Tây", "10.0.0.8").await;
    camera(&mut admin, "Ngõ 9", "Xóm Nam", "10.0.0.9").await;
    let reach = json!({"cameras": [first["id"]], "areas": []});
    let live = json!({"whole_site": false, "cameras": [], "areas": ["Xóm Tây"]});
    let form = json!({"name": "binh", "role": "guard", "reach": reach, "live": live});
    let mut guard = bench.invited(form).await;
    let me = guard.get("/api/v1/me").await.json();
    assert_eq!(
        (&me["cameras"], &me["full_cameras"]),
        (&json!([first["id"], second["id"]]), &json!([first["id"]]))
    );
    let list = guard.get("/api/v1/cameras").await.json();
    assert_eq!(list["items"].as_array().expect("a list").len(), 2);
    for (slug, status) in [("ngo-7", 200), ("ngo-8", 404), ("ngo-9", 404)] {
        let asked = format!("/api/v1/days?cameras={slug}&month=2026-11");
        assert_eq!(guard.get(&asked).await.status, status, "{slug}");
    }

    let person = find(&mut admin, "binh").await;
    assert_eq!((&person["reach"], &person["live"]), (&reach, &live));
    let all = json!({"live": {"whole_site": true}});
    let more = patch(&mut admin, &person, all.clone()).await;
    assert_eq!(more.status, 200, "{}", more.text());
    let me = guard.get("/api/v1/me").await.json();
    assert_eq!((&me["cameras"], &me["full_cameras"]), (&json!(null), &json!([first["id"]])));
    assert_eq!(guard.get("/api/v1/cameras/ngo-9").await.status, 200);
    assert_eq!(guard.get("/api/v1/days?cameras=ngo-9&month=2026-11").await.code(), "not_found");

    // Whoever sees one of the same cameras knows where to call; nobody else does.
    let phone = json!({"phone": " 0912 345 678 "});
    assert_eq!(guard.send("PUT", "/api/v1/me/phone", &[], Some(phone)).await.status, 204);
    assert_eq!(
        guard.send("PUT", "/api/v1/me/phone", &[], Some(json!({"phone": "hỏi Bình"}))).await.status,
        422
    );
    let mut beside = bench.person("an", "guard", json!({"areas": ["Xóm Nam"]})).await;
    let called = async |client: &mut Client| client.get("/api/v1/team").await.json()["items"].clone();
    assert_eq!(called(&mut beside).await[0]["phone"], "0912 345 678", "they see all live");
    let person = find(&mut admin, "binh").await;
    assert_eq!(patch(&mut admin, &person, json!({"live": {"areas": ["Xóm Tây"]}})).await.status, 200);
    assert_eq!(called(&mut beside).await, json!([]));

    // Nobody gives away what they do not have: neither recordings of a camera that they see live, nor what they do not see.
    let reach = json!({"cameras": [first["id"]]});
    let head = json!({"name": "truong", "role": "head", "reach": reach, "live": {"cameras": [second["id"]]}});
    let mut head = bench.invited(head).await;
    let mut give = async |name: &str, reach: &Value, live: Value| {
        let form = json!({"name": name, "role": "guard", "reach": reach, "live": live});
        head.post("/api/v1/invites", form).await.status
    };
    assert_eq!(give("mot", &reach, json!({"cameras": [second["id"]]})).await, 201);
    assert_eq!(give("hai", &json!({"cameras": [second["id"]]}), json!({})).await, 404);
    assert_eq!(give("ba", &reach, json!({"whole_site": true})).await, 403);
    assert_eq!(give("bon", &reach, json!({"areas": ["Xóm Tây"]})).await, 404);
    // Whoever sees more than oneself is none of one's people.
    assert_eq!(
        patch(&mut head, &find(&mut admin, "binh").await, json!({"enabled": false})).await.status,
        404
    );
}

#[tokio::test]
async fn a_phone_that_is_told_stays_signed_in_and_asks_for_the_password_before_what_could_do_harm() {
    let bench = Bench::new().await;
    let mut told = bench.person("binh", "head", json!(null)).await;
    let mut other = bench.person("an", "head", json!(null)).await;
    let form = json!({"endpoint": "http://push.test/a", "keys": {"p256dh": P256DH, "auth": AUTH}});
    let subscribed = told.post("/api/v1/push-subscriptions", form.clone()).await;
    assert_eq!(subscribed.status, 201, "{}", subscribed.text());
    assert_eq!(told.get("/api/v1/me").await.status, 200, "which is seen to last from then on");
    bench.catalogue.flush().await.expect("written");
    let invite = json!({"name": "khach", "role": "viewer"});
    assert_eq!(told.post("/api/v1/invites", invite.clone()).await.status, 201, "they have just signed in");
    bench.clock.advance(13 * HOUR);
    assert_eq!(other.get("/api/v1/me").await.status, 401, "nobody was there for half a day");
    assert_eq!(told.get("/api/v1/people").await.status, 200, "to look asks nothing");
    assert_eq!(told.post("/api/v1/invites", invite.clone()).await.code(), "password_needed");
    let new = json!({"password": "một mật khẩu khác hẳn"});
    assert_eq!(told.send("PUT", "/api/v1/me/password", &[], Some(new)).await.code(), "password_needed");
    let mut prove = async |password: String| {
        told.send("PUT", "/api/v1/session/proof", &[], Some(json!({"password": password}))).await.status
    };
    assert_eq!(prove("không phải".to_owned()).await, 422);
    assert_eq!(prove(format!("{PASSWORD} binh")).await, 204);
    assert_eq!(told.post("/api/v1/invites", invite.clone()).await.status, 201);
    // Also where nobody is told any more: that would be the way around it.
    let phone = format!("/api/v1/push-subscriptions/{}", subscribed.json()["id"].as_str().expect("an id"));
    assert_eq!(told.send("DELETE", &phone, &[], None).await.status, 204);
    for _ in 0..3 {
        bench.clock.advance(5 * HOUR);
        assert_eq!(told.get("/api/v1/me").await.status, 200, "somebody is there");
        bench.catalogue.flush().await.expect("written");
    }
    assert_eq!(told.post("/api/v1/invites", invite.clone()).await.code(), "password_needed");
    assert_eq!(told.post("/api/v1/push-subscriptions", form).await.status, 201);
    // A month without it is the end; and so is half a year with it.
    for _ in 0..6 {
        assert_eq!(told.get("/api/v1/me").await.status, 200);
        bench.catalogue.flush().await.expect("written");
        bench.clock.advance(29 * 24 * HOUR);
        assert_eq!(told.get("/api/v1/me").await.status, 200);
        bench.catalogue.flush().await.expect("written");
    }
    bench.clock.advance(6 * 24 * HOUR);
    assert_eq!(told.get("/api/v1/me").await.status, 401);
}
