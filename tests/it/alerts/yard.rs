//! A place with cameras and people, and a channel that is this program.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use lanewatch::alert::{
    AlertRules, Channel, Deliver, Dispatch, Message, Outcome, SchedulePlan, Sign, Signer, Signs,
};
use lanewatch::base::{CameraId, Cells, Clock, EventId, SimClock, TICKS_PER_SECOND, Tasks, Ticks, Zone};
use lanewatch::catalogue::{
    Camera, Catalogue, Event, EventKind, NewCamera, NewPushEndpoint, NewSecret, PersonPatch, PushAddress,
    Reach,
};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Notify;
use uuid::Uuid;

pub(super) const SECOND: i64 = TICKS_PER_SECOND;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;

/// In the evening, a minute after alerts are wanted.
pub(super) fn begin() -> Ticks {
    Ticks::parse("2026-11-27T22:01:00+07:00").expect("a time")
}

/// What a channel was given, and what it answers.
#[derive(Default)]
pub(super) struct Post {
    pub(super) given: Mutex<Vec<Message>>,
    pub(super) answer: Mutex<Option<Outcome>>,
}

impl Post {
    pub(super) fn answers(&self, outcome: Outcome) {
        *self.answer.lock().expect("lock") = Some(outcome);
    }

    pub(super) fn works(&self) {
        *self.answer.lock().expect("lock") = None;
    }

    /// What it was given since this was last asked.
    pub(super) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.given.lock().expect("lock"))
    }
}

/// The hand of a channel; several have the same post.
pub(super) struct Letterbox(pub(super) Arc<Post>);

impl Channel for Letterbox {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Outcome> {
        let answer = self.0.answer.lock().expect("lock").clone().unwrap_or(Outcome::Taken);
        if answer == Outcome::Taken {
            self.0.given.lock().expect("lock").push(message.clone());
        }
        // A moment in which the recorder may die: it was taken, and nobody has noted it.
        async move {
            tokio::task::yield_now().await;
            answer
        }
        .boxed()
    }
}

/// What the recorder says of itself.
#[derive(Default)]
pub(super) struct Says(pub(super) Mutex<Vec<Sign>>);

impl Signs for Says {
    fn signs(&self) -> Vec<Sign> {
        self.0.lock().expect("lock").clone()
    }
}

/// Everybody but viewers.
pub(super) fn hears(role: &str) -> bool {
    role != "viewer"
}

pub(super) struct Yard {
    pub(super) folder: tempfile::TempDir,
    pub(super) clock: Arc<SimClock>,
    pub(super) catalogue: Catalogue,
    pub(super) post: Arc<Post>,
    pub(super) says: Arc<Says>,
    pub(super) dispatch: Dispatch,
    pub(super) deliver: Deliver,
    pub(super) cameras: Vec<Camera>,
}

/// The two tasks on a catalogue.
pub(super) async fn tasks(
    catalogue: &Catalogue,
    clock: &Arc<SimClock>,
    post: &Arc<Post>,
    says: &Arc<Says>,
) -> (Dispatch, Deliver) {
    let due = Arc::new(Notify::new());
    let mut channels: BTreeMap<&'static str, Arc<dyn Channel>> = BTreeMap::new();
    for name in ["push", "webhook"] {
        channels.insert(name, Arc::new(Letterbox(Arc::clone(post))));
    }
    let signer = Signer::open(catalogue).await.expect("a key");
    let dispatch = Dispatch::new(catalogue.clone(), clock.clone(), says.clone(), hears, Arc::clone(&due));
    let url = "https://thon.example.vn".to_owned();
    let deliver = Deliver::new(catalogue.clone(), clock.clone(), channels, hears, signer, url, due);
    (dispatch, deliver)
}

pub(super) async fn open(folder: &Path, clock: &Arc<SimClock>) -> Catalogue {
    let path = folder.join("catalogue.db");
    Catalogue::open(&path, clock.clone(), Zone::HO_CHI_MINH, &Tasks::new()).await.expect("a catalogue")
}

impl Yard {
    /// So many cameras, all in one area each when `areas` says so.
    pub(super) async fn new(cameras: usize, area: impl Fn(usize) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = SimClock::starting_at(begin());
        let catalogue = open(folder.path(), &clock).await;
        let (post, says) = (Arc::new(Post::default()), Arc::new(Says::default()));
        let (mut dispatch, deliver) = tasks(&catalogue, &clock, &post, &says).await;
        let mut all = Vec::new();
        for n in 0..cameras {
            let url = format!("rtsp://10.0.0.{}/main", n + 1).parse().expect("an address");
            let new = NewCamera { area: area(n), ..NewCamera::new(format!("Ngõ {}", n + 1), url) };
            all.push(catalogue.add_camera(new).await.expect("a camera"));
        }
        // The first run of all: nothing before it is news.
        dispatch.step().await.expect("decided");
        Self { folder, clock, catalogue, post, says, dispatch, deliver, cameras: all }
    }

    /// Somebody with a phone; `reach`: what they see, all for `None`.
    pub(super) async fn person(&self, name: &str, role: &str, reach: Option<Vec<CameraId>>) -> (Uuid, Uuid) {
        let person = self.catalogue.ensure_person(name, role).await.expect("a person");
        let reach = reach.map(|cameras| Reach { cameras, areas: Vec::new() });
        let patch = PersonPatch { reach: Some(reach), ..PersonPatch::default() };
        self.catalogue.patch_person(person.id, person.revision, patch).await.expect("patched");
        (person.id, self.phone(person.id, name).await)
    }

    pub(super) async fn phone(&self, person: Uuid, name: &str) -> Uuid {
        let address = PushAddress {
            url: format!("https://push.example/{name}/{person}"),
            p256dh: String::new(),
            auth: String::new(),
        };
        let new = NewPushEndpoint {
            person,
            address,
            host: "push.example".to_owned(),
            name: name.to_owned(),
            origin: None,
            session: None,
        };
        self.catalogue.put_push_endpoint(new).await.expect("kept")
    }

    pub(super) async fn rules(&self, rules: AlertRules) {
        rules.check().expect("right");
        let body = json!(rules);
        self.catalogue.put_alert_setting("rules", None, body, NewSecret::Keep, "admin").await.expect("put");
    }

    pub(super) async fn schedule(&self, plan: SchedulePlan) {
        plan.checked().expect("right");
        let body = json!(plan);
        self.catalogue
            .put_alert_setting("schedule", None, body, NewSecret::Keep, "admin")
            .await
            .expect("put");
    }

    /// Something moves before a camera for so long, ending now.
    pub(super) async fn moves(&self, camera: usize, seconds: i64) -> EventId {
        let event = event(self.cameras[camera].id, EventKind::Motion, self.clock.now(), seconds);
        let id = event.id;
        assert!(self.catalogue.end_event(event));
        self.catalogue.flush().await.expect("written");
        id
    }

    /// Something of that size has moved before the first camera for 40 seconds, and is decided on.
    pub(super) async fn moves_large(&mut self, peak: u32) -> EventId {
        let moved = event(self.cameras[0].id, EventKind::Motion, self.clock.now(), 40);
        assert!(self.catalogue.end_event(Event { peak, ..moved.clone() }));
        self.catalogue.flush().await.expect("written");
        self.settle().await;
        moved.id
    }

    /// Decides and sends until there is nothing to do.
    pub(super) async fn settle(&mut self) {
        while self.dispatch.step().await.expect("decided") {}
        while self.deliver.step().await.expect("sent") > 0 {}
    }

    /// Lets time pass and works through it, in steps of so many ticks.
    pub(super) async fn pass(&mut self, ticks: i64, step: i64) {
        let end = self.clock.now() + ticks;
        while self.clock.now() < end {
            self.clock.advance(step);
            self.settle().await;
        }
    }
}

/// Something that lasted so long and has ended at an instant.
pub(super) fn event(camera: CameraId, kind: EventKind, now: Ticks, seconds: i64) -> Event {
    let start = now - seconds * SECOND;
    Event {
        id: EventId::fresh(now),
        camera,
        kind,
        start,
        seen: now,
        end: Some(now),
        score: 0.8,
        peak: 30,
        cells: Cells::NONE,
        zones: Vec::new(),
        best: start,
        objects: None,
    }
}

/// A statement in the catalogue's file, behind its back.
pub(super) async fn sabotage(yard: &Yard, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(yard.folder.path().join("catalogue.db"));
    let mut conn = options.connect().await.expect("a connection");
    sqlx::query(sql).execute(&mut conn).await.expect("done");
    conn.close().await.expect("closed");
}
