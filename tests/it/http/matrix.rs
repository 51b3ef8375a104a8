//! Roles × cameras × every route of the description: who may, and that nothing of another's camera comes out.

use std::collections::BTreeSet;

use lanewatch::base::{CameraId, EventId, Stop, StreamKind, TICKS_PER_SECOND, Tasks, Ticks};
use lanewatch::catalogue::{Alert, AlertKind, Decision, Judged, NewCamera, Picture, PictureSize};
use serde_json::{Value, json};

use super::bench::{Bench, JPEG, now};
use super::client::{Client, Reply};
use super::matrix_table::{About, Needs, Row, TABLE};
use crate::support::footage::{Lane, Rooms, test_card};

/// What a role may, told once more: not asked of the program that is tested.
fn rights(role: &str) -> &'static [&'static str] {
    match role {
        "viewer" => &["live"],
        "guard" => &["live", "playback", "hold", "export"],
        "head" => &["live", "playback", "hold", "export", "share", "zones", "alerts", "people"],
        "admin" => &[
            "live", "playback", "hold", "export", "share", "zones", "alerts", "people", "settings", "metrics",
        ],
        "read" => &["live", "playback", "metrics"],
        "metrics" => &["metrics"],
        _ => &[],
    }
}

/// A camera and what there is of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Things(pub(super) Vec<(&'static str, String)>);

impl Things {
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    pub(super) fn fill(&self, text: &str) -> String {
        let fill = |text: String, (name, value): &(&str, String)| {
            text.replace(&format!("{{{name}}}"), value).replace(&format!("<{name}>"), value)
        };
        self.0.iter().fold(text.to_owned(), fill)
    }

    /// What nobody may read who does not see the camera.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        let telling = [
            "camera", "slug", "name", "host", "segment", "event", "bookmark", "lock", "export", "share",
            "layout", "alert",
        ];
        telling.into_iter().map(|name| self.get(name)).filter(|value| !value.is_empty())
    }
}

/// People were told of an event; the alert's id.
async fn told(bench: &Bench, camera: CameraId, event: EventId, at: Ticks) -> String {
    let id = lanewatch::base::fresh_uuid(at);
    let alert = Alert { cameras: vec![camera], rank: 0.5, ..Alert::new(id, AlertKind::Motion, at) };
    let judged = vec![Judged { event, alert: Some(id), why: "told" }];
    let decision = Decision { alerts: vec![alert], judged, ..Decision::default() };
    bench.catalogue.decide(decision).await.expect("decided");
    id.to_string()
}

pub(super) struct Village {
    pub(super) bench: Bench,
    pub(super) admin: Client,
    pub(super) cameras: Vec<Things>,
}

impl Village {
    /// Four cameras, each with two seconds of footage and one of everything.
    pub(super) async fn new() -> Self {
        let bench = Bench::new().await;
        let clip = test_card(bench.folder.path(), 2, 10, 10);
        let mut admin = bench.admin().await;
        let mut cameras = Vec::new();
        for (n, name) in ["Cổng Bắc", "Giếng Làng", "Sân Đình", "Bờ Ao"].into_iter().enumerate() {
            let host = format!("10.9.8.{}", 71 + n);
            let new = NewCamera::new(name, format!("rtsp://{host}/main").parse().expect("address"));
            let new = NewCamera { area: format!("Xóm {n}"), ..new };
            let camera = bench.catalogue.add_camera(new).await.expect("camera");
            let Bench { catalogue, volumes, hub, clock, .. } = &bench;
            let (catalogue, volumes, hub, clock) =
                (catalogue.clone(), volumes.clone(), hub.clone(), clock.clone());
            let from = bench.catalogue.clone();
            let begun = now() + n as i64 * 2 * TICKS_PER_SECOND;
            let rooms = Rooms { catalogue, volumes, hub, clock };
            let mut lane = Lane::begin(&rooms, &camera, StreamKind::Main, clip.parameters.clone()).await;
            lane.show(&clip.pictures, (TICKS_PER_SECOND / 10) as u32).await;
            lane.end().await;
            let event = bench.moved(&camera.id.to_string(), begun, TICKS_PER_SECOND);
            let id: EventId = event.parse().expect("an id");
            let picture = Picture { at: begun, jpeg: JPEG.into() };
            from.put_picture(id, camera.id, PictureSize::Small, picture).expect("kept");
            from.flush().await.expect("written");
            let alert = told(&bench, camera.id, id, begun).await;
            let to = begun + TICKS_PER_SECOND;
            let mut things = Things(vec![
                ("camera", camera.id.to_string()),
                ("slug", camera.slug.clone()),
                ("name", name.to_owned()),
                ("host", host),
                ("event", event),
                ("alert", alert),
                ("from", begun.rfc3339()),
                ("to", to.rfc3339()),
                ("range", format!("from={}&to={}", begun.rfc3339(), to.rfc3339())),
                ("nothing", "00000000-0000-7000-8000-000000000000".to_owned()),
            ]);
            let list = admin.get(&things.fill("/api/v1/cameras/{camera}/segments?{range}")).await.json();
            let segment = list["segments"][0].clone();
            let word = |value: &Value| value.as_str().expect("a text").to_owned();
            things.0.extend([("segment", word(&segment["id"])), ("init", word(&segment["init"]))]);
            for (name, path, body) in [
                ("bookmark", "bookmarks", r#"{"camera":"<camera>","at":"<from>"}"#),
                ("lock", "locks", r#"{"camera":"<camera>","from":"<from>","to":"<to>"}"#),
                ("layout", "layouts", r#"{"name":"Tường <slug>","cameras":["<camera>"]}"#),
                ("export", "exports", r#"{"items":[{"camera":"<camera>","from":"<from>","to":"<to>"}]}"#),
            ] {
                let form = serde_json::from_str(&things.fill(body)).expect("a form");
                let made = admin.post(&format!("/api/v1/{path}"), form).await;
                assert!(made.status < 300, "{path}: {}", made.text());
                things.0.push((name, word(&made.json()["id"])));
            }
            cameras.push(things);
        }
        let mut village = Self { bench, admin, cameras };
        village.share().await;
        village
    }

    async fn share(&mut self) {
        let stop = Stop::new();
        let making = Tasks::new().spawn("exports", self.bench.exports.clone().run(stop.clone()));
        for things in &mut self.cameras {
            let path = things.fill("/api/v1/exports/{export}");
            while self.admin.get(&path).await.json()["state"] != "done" {
                tokio::task::yield_now().await;
            }
            let made = self.admin.post(&format!("{path}/shares"), json!({})).await;
            assert_eq!(made.status, 201, "{}", made.text());
            things.0.push(("share", made.json()["id"].as_str().expect("an id").to_owned()));
        }
        stop.request();
        making.await.expect("no panic");
    }

    /// A guard of the first camera, who sees live pictures of the second and, by its area, of the third.
    async fn mixed(&self) -> Client {
        let [first, second] = [0, 1].map(|n| self.cameras[n].get("camera").to_owned());
        let live = json!({"cameras": [second], "areas": ["Xóm 2"]});
        let form = json!({"name": "mixed", "role": "guard", "reach": {"cameras": [first]}, "live": live});
        self.bench.invited(form).await
    }

    /// A person with the first camera, and the second by its area.
    async fn half(&self, name: &str, role: &str) -> Client {
        let reach = json!({"cameras": [self.cameras[0].get("camera")], "areas": ["Xóm 1"]});
        self.bench.person(name, role, reach).await
    }
}

/// Whoever asks.
struct Asker {
    who: &'static str,
    client: Client,
    rights: &'static [&'static str],
    signed_in: bool,
    whole_site: bool,
    /// Of the cameras of the village so many, from the first on, where their rights hold; and of which they see live pictures.
    full: usize,
    live: usize,
}

impl Asker {
    /// A camera is there for them, for what a route needs.
    fn has(&self, n: usize, needs: Needs) -> bool {
        self.whole_site || n < if needs == Needs::Right("live") { self.live } else { self.full }
    }

    /// The first camera of which an answer may say nothing.
    fn foreign(&self, row: &Row) -> usize {
        match row.needs {
            _ if !self.signed_in => 0,
            // Whoever is signed in may be told of what they see live, where nothing else is asked.
            Needs::Right("live") | Needs::SignedIn | Needs::Nothing => self.live,
            Needs::Right(_) => self.full,
        }
    }

    fn may(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::SignedIn => self.signed_in,
            Needs::Right(right) => self.rights.contains(&right),
        }
    }

    async fn ask(&mut self, row: &Row, things: &Things) -> (String, Reply) {
        let (method, _) = row.route.split_once(' ').expect("a method");
        let body = row.body.map(|body| things.fill(body));
        let target = format!("/api/v1{}", things.fill(row.target));
        let asked = format!("{method} {target} {}", body.clone().unwrap_or_default());
        let body = body.map(|body| serde_json::from_str(&body).expect("a form"));
        let reply = self.client.send(method, &target, &[], body).await;
        (asked, reply)
    }
}

async fn askers(village: &Village) -> Vec<Asker> {
    let bench = &village.bench;
    let asker = |who, role, client, whole_site| Asker {
        who,
        client,
        rights: rights(role),
        signed_in: role != "nobody",
        whole_site,
        full: 2,
        live: 2,
    };
    let mut disabled = bench.person("cu", "admin", json!(null)).await;
    let mut admin = village.admin.clone();
    let people = admin.get("/api/v1/people").await.json();
    let person =
        people["items"].as_array().expect("a list").iter().find(|p| p["name"] == "cu").expect("there");
    let path = format!("/api/v1/people/{}", person["id"].as_str().expect("an id"));
    assert_eq!(disabled.get("/api/v1/cameras").await.status, 200);
    let off = admin.send("PATCH", &path, &[("If-Match", "\"1\"")], Some(json!({"enabled": false}))).await;
    assert_eq!(off.status, 200, "{}", off.text());
    vec![
        asker("nobody", "nobody", bench.stranger(), false),
        asker("a disabled person", "nobody", disabled, false),
        asker("admin", "admin", admin, true),
        asker("head", "head", bench.person("head", "head", json!(null)).await, true),
        asker("guard", "guard", bench.person("guard", "guard", json!(null)).await, true),
        asker("viewer", "viewer", bench.person("viewer", "viewer", json!(null)).await, true),
        asker("token read", "read", bench.machine("read").await, true),
        asker("token metrics", "metrics", bench.machine("metrics").await, true),
        asker("guard of two", "guard", village.half("guard2", "guard").await, false),
        asker("viewer of two", "viewer", village.half("viewer2", "viewer").await, false),
        Asker {
            full: 1,
            live: 3,
            ..asker("guard of one, live of three", "guard", village.mixed().await, false)
        },
        // Last: takes things away.
        asker("head of two", "head", village.half("head2", "head").await, false),
    ]
}

/// Nothing of what may not be seen is in an answer, but what the request itself said.
fn leak(asked: &str, reply: &Reply, foreign: &[Things]) -> Option<String> {
    let text = format!("{:?}{}", reply.headers, reply.text());
    let mut words = foreign.iter().flat_map(Things::secrets).filter(|word| !asked.contains(word));
    words.find(|word| text.contains(word)).map(str::to_owned)
}

/// Every route of the description, such as `GET /cameras`.
pub(super) fn described() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&lanewatch::http::openapi_json()).expect("json");
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("methods").keys() {
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    described
}

#[test]
fn the_table_has_every_route_and_no_other() {
    let described = described();
    let listed: BTreeSet<String> = TABLE.iter().map(|row| row.route.to_owned()).collect();
    assert_eq!(listed, described, "say in matrix_table.rs what a new route needs and what it is about");
    let open: BTreeSet<&str> =
        TABLE.iter().filter(|row| row.needs == Needs::Nothing).map(|row| row.route).collect();
    assert_eq!(
        open,
        BTreeSet::from([
            "GET /setup",
            "GET /health",
            "POST /session",
            "POST /invites:accept",
            "POST /alert-receipts"
        ])
    );
}

#[tokio::test]
async fn everybody_gets_what_is_theirs_and_nothing_else() {
    let village = Village::new().await;
    let (mut wrong, mut asked_in_all) = (Vec::new(), 0);
    for mut asker in askers(&village).await {
        for (n, things) in village.cameras.iter().enumerate() {
            let mut things = things.clone();
            let search = TABLE.iter().find(|row| row.route == "POST /motion-searches").expect("a row");
            let begun = asker.ask(search, &things).await.1;
            let id = if begun.status == 202 { begun.json()["id"].as_str().map(str::to_owned) } else { None };
            things.0.push(("search", id.unwrap_or_else(|| things.get("nothing").to_owned())));
            for row in TABLE {
                let own = asker.has(n, row.needs);
                let (may, found) =
                    (asker.may(row.needs), own || matches!(row.about, About::Site | About::Many));
                if row.last && may && found {
                    continue;
                }
                let (asked, reply) = asker.ask(row, &things).await;
                asked_in_all += 1;
                let right = match (may, found) {
                    (false, _) if asker.signed_in => reply.status == 403,
                    (false, _) => reply.status == 401,
                    (true, false) => reply.status == 404,
                    (true, true) if row.about == About::One => {
                        ![401, 403, 404].contains(&reply.status) && reply.status < 500
                    }
                    (true, true) => ![401, 403].contains(&reply.status) && reply.status < 500,
                };
                if !right {
                    let said: String = reply.text().chars().take(200).collect();
                    wrong.push(format!("{}: {asked}: {} {said}", asker.who, reply.status));
                }
                if may && !own && row.route == "POST /events:mark" && reply.json()["items"] != json!([]) {
                    wrong.push(format!("{}: {asked}: marked", asker.who));
                }
                let foreign = &village.cameras[asker.foreign(row)..];
                if let Some(word) = leak(&asked, &reply, foreign).filter(|_| !asker.whole_site) {
                    wrong.push(format!("{}: {asked}: says {word:?}", asker.who));
                }
            }
        }
        // Those who may take something away do so with the second camera's things, one after another.
        if asker.who == "head of two" {
            let last: Vec<&Row> = TABLE
                .iter()
                .filter(|row| row.last && asker.may(row.needs) && row.about == About::One)
                .collect();
            for row in last {
                let (asked, reply) = asker.ask(row, &village.cameras[1]).await;
                if ![204, 409].contains(&reply.status) {
                    wrong.push(format!("{}: {asked}: {} {}", asker.who, reply.status, reply.text()));
                }
            }
        }
    }
    assert!(asked_in_all > 3000, "{asked_in_all}");
    assert!(wrong.is_empty(), "{} of {asked_in_all}:\n{}", wrong.len(), wrong.join("\n"));
}
