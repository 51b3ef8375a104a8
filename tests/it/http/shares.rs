//! Links to exports: opened without an account, with PIN and end, every opening noted.

use lanewatch::base::TICKS_PER_SECOND;
use serde_json::{Value, json};

use super::client::{Client, Reply};
use super::exports::{Making, export, stretch};
use super::filmed::{Filmed, PICTURE};
use super::people::{find, patch};

struct Shared {
    filmed: Filmed,
    export: Value,
    path: String,
}

impl Shared {
    async fn new() -> Self {
        let mut filmed = Filmed::new().await;
        let making = Making::begin(&filmed);
        let export = export(&mut filmed, json!({"items": [stretch(0, 50 * PICTURE)]})).await;
        making.end().await;
        let path = format!("/api/v1/exports/{}/shares", export["id"].as_str().expect("an id"));
        Self { filmed, export, path }
    }

    /// The path of a new link.
    async fn link(&mut self, body: Value) -> String {
        let made = self.filmed.client.post(&self.path, body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let url = made.json()["url"].as_str().expect("an address").to_owned();
        let host = format!("http://{}", self.filmed.bench.address);
        url.strip_prefix(&host).expect("at this recorder").to_owned()
    }

    async fn told(&mut self) -> Value {
        self.filmed.get(&self.path.clone()).await.json()["items"][0].clone()
    }

    async fn log(&mut self) -> Vec<String> {
        let told = self.told().await;
        let log = told["log"].as_array().expect("a log").iter();
        log.map(|open| open["what"].as_str().expect("a word").to_owned()).collect()
    }
}

async fn give_pin(visitor: &mut Client, path: &str, pin: &str) -> Reply {
    let body = format!("pin={pin}");
    let cookies: Vec<String> = visitor.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        visitor.address,
        cookies.join("; "),
        body.len()
    );
    let reply = Reply::parse(&visitor.exchange(head.as_bytes()).await).expect("a reply");
    if let Some(line) = reply.header("set-cookie") {
        let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
        visitor.cookies.push((name.to_owned(), value.to_owned()));
    }
    reply
}

#[tokio::test]
async fn a_link_opens_one_file_without_an_account_and_says_who_came() {
    let mut shared = Shared::new().await;
    let link = shared.link(json!({})).await;
    let token = link.strip_prefix("/s/").expect("a token");
    assert_eq!(token.len(), 64, "256 bits");
    let mut visitor = shared.filmed.bench.stranger();
    let page = visitor.get(&link).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = page.text();
    for word in ["Ngõ 7", "22:00:00 – 22:00:05 22/11/2026", "Tải về máy", "Download", "Thôn Đông"]
    {
        assert!(text.contains(word), "{word}");
    }
    assert!(text.contains(shared.export["sha256"].as_str().expect("a hash")));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert!(!page.header("content-security-policy").expect("one").contains("script-src"));

    let own = shared.export["url"].as_str().expect("an address").to_owned();
    let file = visitor.get(&format!("{link}/file")).await;
    assert_eq!(file.body, shared.filmed.get(&own).await.body);
    assert_eq!(visitor.get(&own).await.status, 401, "the link opens nothing else");
    let part = visitor.send("GET", &format!("{link}/file?view=1"), &[("Range", "bytes=10-19")], None).await;
    assert_eq!((part.status, &part.body[..]), (206, &file.body[10..20]));
    assert!(part.header("content-disposition").expect("one").starts_with("inline"));

    let told = shared.told().await;
    assert_eq!((&told["state"], &told["opens"], &told["pin"]), (&json!("open"), &json!(2), &json!(false)));
    assert_eq!(told["expires_at"], "2026-11-23T15:00:19.000Z", "a day after the sharing");
    assert_eq!(told["log"][0], json!({"at": told["log"][0]["at"], "address": "127.0.0.1", "what": "file"}));
    assert_eq!(shared.log().await, ["file", "page"], "a part in the middle is no new opening");
    assert!(!shared.filmed.get(&shared.path.clone()).await.text().contains(token), "a token is told once");
    assert_eq!(visitor.get("/s/0000").await.status, 404);
}

#[tokio::test]
async fn a_pin_is_asked_for_and_cannot_be_guessed() {
    let mut shared = Shared::new().await;
    for bad in ["123", "12345678901234", "12a4"] {
        let refused = shared.filmed.client.post(&shared.path.clone(), json!({"pin": bad})).await;
        assert_eq!((refused.status, &refused.json()["params"]["field"]), (422, &json!("pin")), "{bad}");
    }
    let link = shared.link(json!({"pin": "4711"})).await;
    let mut visitor = shared.filmed.bench.stranger();
    let asked = visitor.get(&link).await;
    assert!(asked.status == 200 && asked.text().contains("name=\"pin\"") && !asked.text().contains("/file"));
    assert_eq!(visitor.get(&format!("{link}/file")).await.status, 303);
    assert_eq!(give_pin(&mut visitor, &link, "0000").await.status, 403);
    let right = give_pin(&mut visitor, &link, "47+11").await;
    assert_eq!((right.status, right.header("location")), (303, Some(&*link)));
    let cookie = right.header("set-cookie").expect("a pass");
    assert!(cookie.contains(&format!("Path={link}")) && cookie.contains("HttpOnly"), "{cookie}");
    assert!(visitor.get(&link).await.text().contains("/file"));
    assert_eq!(visitor.get(&format!("{link}/file")).await.status, 200);
    assert_eq!(shared.log().await, ["file", "page", "wrong_pin"]);

    let other = shared.link(json!({"pin": "4711"})).await;
    assert!(visitor.get(&other).await.text().contains("name=\"pin\""), "a pass is for one link");
    shared.filmed.bench.clock.advance(2 * 3600 * TICKS_PER_SECOND);
    assert!(visitor.get(&link).await.text().contains("name=\"pin\""), "and for an hour");

    let mut thief = shared.filmed.bench.stranger();
    let mut statuses = Vec::new();
    for guess in 0..7 {
        statuses.push(give_pin(&mut thief, &other, &format!("000{guess}")).await.status);
    }
    assert_eq!(statuses, [403, 403, 403, 403, 403, 429, 429]);
    for guess in 0..15 {
        shared.filmed.bench.clock.advance(60 * TICKS_PER_SECOND);
        assert_eq!(give_pin(&mut thief, &other, &format!("00{}", 10 + guess)).await.status, 403);
    }
    shared.filmed.bench.clock.advance(60 * TICKS_PER_SECOND);
    assert_eq!(
        give_pin(&mut thief, &other, "4711").await.status,
        410,
        "after twenty wrong ones it is closed"
    );
    assert_eq!(shared.told().await["state"], "locked");
}

#[tokio::test]
async fn a_link_that_is_over_says_so() {
    let mut shared = Shared::new().await;
    for bad in ["2026-11-22T14:00:00Z", "2027-11-22T15:00:00Z"] {
        let refused = shared.filmed.client.post(&shared.path.clone(), json!({"expires_at": bad})).await;
        assert_eq!(refused.status, 422, "{bad}");
    }
    let mut visitor = shared.filmed.bench.stranger();
    let short = shared.link(json!({"expires_at": "2026-11-22T15:30:00Z"})).await;
    assert_eq!(visitor.get(&short).await.status, 200);
    shared.filmed.bench.clock.advance(1800 * TICKS_PER_SECOND);
    for path in [short.clone(), format!("{short}/file")] {
        let over = visitor.get(&path).await;
        assert!(over.status == 410 && over.text().contains("hết hạn"), "{path}");
    }
    assert_eq!(shared.told().await["state"], "expired");
    assert_eq!(shared.log().await, ["over", "over", "page"]);

    let taken = shared.link(json!({})).await;
    let id = shared.told().await["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/shares/{id}");
    assert_eq!(shared.filmed.client.send("DELETE", &path, &[], None).await.status, 204);
    assert_eq!(shared.filmed.client.send("DELETE", &path, &[], None).await.status, 404);
    assert_eq!(visitor.get(&taken).await.status, 410);

    let orphan = shared.link(json!({})).await;
    let export = format!("/api/v1/exports/{}", shared.export["id"].as_str().expect("an id"));
    assert_eq!(shared.filmed.client.send("DELETE", &export, &[], None).await.status, 204);
    assert_eq!(visitor.get(&orphan).await.status, 410, "its export is gone");
}

#[tokio::test]
async fn links_of_somebody_who_is_disabled_removed_or_narrowed_open_nothing_from_then_on() {
    let mut shared = Shared::new().await;
    let mut admin = shared.filmed.bench.admin().await;
    let mut visitor = shared.filmed.bench.stranger();
    let others = shared.link(json!({})).await;
    // Removed; a change, and whether it takes back what they have shared.
    let ways = [
        None,
        Some((json!({"enabled": false}), true)),
        Some((json!({"role": "viewer"}), true)),
        Some((json!({"reach": {"cameras": [], "areas": ["Thôn"]}}), true)),
        Some((json!({"display_name": "Ông Bình", "reach": null}), false)),
    ];
    for (n, way) in ways.into_iter().enumerate() {
        let name = format!("thon-{n}");
        let mut head = shared.filmed.bench.person(&name, "head", json!(null)).await;
        let made = head.post(&shared.path, json!({"reason": "Công an xã xin"})).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let url = made.json()["url"].as_str().expect("an address").to_owned();
        let link = url.split_once("/s/").map(|(_, token)| format!("/s/{token}")).expect("a link");
        assert_eq!(visitor.get(&format!("{link}/file")).await.status, 200);
        let person = find(&mut admin, &name).await;
        let path = format!("/api/v1/people/{}", person["id"].as_str().expect("an id"));
        let (ended, over) = match &way {
            None => (admin.send("DELETE", &path, &[], None).await, true),
            Some((form, over)) => (patch(&mut admin, &person, form.clone()).await, *over),
        };
        assert!([200, 204].contains(&ended.status), "{way:?}: {}", ended.text());
        for path in [link.clone(), format!("{link}/file")] {
            let answer = visitor.get(&path).await;
            assert_eq!(answer.status, if over { 410 } else { 200 }, "{way:?} {path}: {}", answer.status);
            assert!(!over || answer.text().contains("thu hồi"), "{path}");
        }
        if way.is_some() && over {
            let back = json!({"enabled": true, "role": "head", "reach": null});
            let back = patch(&mut admin, &ended.json(), back).await;
            assert_eq!(back.status, 200, "{}", back.text());
            assert_eq!(visitor.get(&link).await.status, 410, "what was taken back stays so");
        }
        assert_eq!(visitor.get(&others).await.status, 200, "those of others go on");
    }
    let told = shared.filmed.get(&shared.path.clone()).await.json();
    let states: Vec<_> = told["items"].as_array().expect("a list").iter().map(|l| &l["state"]).collect();
    assert_eq!(states, ["open", "revoked", "revoked", "revoked", "revoked", "open"]);
}

#[tokio::test]
async fn whoever_shares_says_why_and_it_is_kept() {
    let shared = Shared::new().await;
    let bench = &shared.filmed.bench;
    let (mut admin, mut head) = (bench.admin().await, bench.person("head", "head", json!(null)).await);
    for wrong in
        [json!({}), json!({"reason": "  "}), json!({"reason": "x".repeat(201)}), json!({"reason": "a\u{7}"})]
    {
        let refused = head.post(&shared.path, wrong).await;
        assert_eq!((refused.status, &refused.json()["params"]["field"]), (422, &json!("reason")));
    }
    let made = head.post(&shared.path, json!({"reason": " Mất xe đạp, công an xã xin "})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(admin.post(&shared.path, json!({})).await.status, 201, "who looks after it need not say");
    let told = head.get(&shared.path).await.json();
    let reasons: Vec<_> = told["items"].as_array().expect("a list").iter().map(|l| &l["reason"]).collect();
    assert_eq!(reasons, ["", "Mất xe đạp, công an xã xin"]);
    shared.filmed.bench.catalogue.flush().await.expect("written");
    let log = admin.get("/api/v1/audit?action=share&actor=head").await.json();
    assert_eq!(log["items"][0]["detail"]["reason"], "Mất xe đạp, công an xã xin");
    let link =
        made.json()["url"].as_str().and_then(|url| url.split_once("/s/")).expect("a link").1.to_owned();
    let page = shared.filmed.bench.stranger().get(&format!("/s/{link}")).await;
    assert!(page.status == 200 && !page.text().contains("xe đạp"), "it is not for whoever comes by the link");
}
