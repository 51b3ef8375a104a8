//! One look at what may have changed, and what was seen at the one before. It looks at everything, once for all
//! followers; each piece of news says who may hear it.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use super::App;
use super::changes::{Audience, News, Topic, Topics, news};
use super::error::Answer;
use super::exports::{JobState, progress};
use super::health;
use crate::base::{CameraId, ExportId};
use crate::catalogue::{Camera, Export, ExportState, Outgoing, Scope};

/// Rows of the outbox that one look takes; who is further behind reads everything anew.
const ROWS: u32 = 500;
/// Exports that are looked at: those before have ended.
const JOBS: u32 = 20;
/// Health is asked at every so many looks: it counts in seconds.
const HEALTH_EVERY: u32 = 4;
/// Exports are, when none ran at the look before.
const JOBS_EVERY: u32 = 2;

/// An export's state, percent and cameras.
type Job = (ExportState, u32, Vec<CameraId>);

/// What a camera was seen to do: what people see of it.
type Seen = (&'static str, Option<&'static str>, bool, Option<(&'static str, Option<&'static str>)>);

/// What was seen last; `None` = not looked at yet.
#[derive(Debug)]
pub(super) struct Look {
    turn: u32,
    outbox: Option<i64>,
    revisions: watch::Receiver<u64>,
    cameras: Vec<Camera>,
    states: Option<HashMap<CameraId, Seen>>,
    jobs: Option<HashMap<ExportId, Job>>,
    /// For each of the followers' scopes.
    health: Vec<(Scope, Value)>,
}

impl Look {
    pub(super) fn new(app: &App) -> Self {
        let mut revisions = app.catalogue().changes();
        revisions.mark_changed();
        Self {
            turn: 0,
            outbox: None,
            revisions,
            cameras: Vec::new(),
            states: None,
            jobs: None,
            health: Vec::new(),
        }
    }

    /// What is new in some topics; `None` = so much that it cannot be told. What cannot be read now is left to the next.
    pub(super) async fn look(&mut self, app: &App, topics: Topics, scopes: &[Scope]) -> Option<Vec<News>> {
        let mut all = Vec::new();
        let turn = self.turn;
        self.turn = turn.wrapping_add(1);
        match self.outbox(app, &mut all).await {
            Ok(true) => {}
            Ok(false) => return None,
            Err(problem) => tracing::debug!(?problem, "changes are looked for at the next turn"),
        }
        if topics.has(Topic::Cameras) {
            self.states(app, &mut all).await;
        }
        let running =
            self.jobs.as_ref().is_some_and(|jobs| jobs.values().any(|(state, ..)| !is_over(*state)));
        if topics.has(Topic::Jobs) && (self.jobs.is_none() || running || turn.is_multiple_of(JOBS_EVERY)) {
            self.jobs(app, &mut all).await;
        }
        if topics.has(Topic::Health) {
            self.health(app, scopes, turn.is_multiple_of(HEALTH_EVERY), &mut all).await;
        }
        Some(all)
    }

    /// `false` = there are too many rows.
    async fn outbox(&mut self, app: &App, all: &mut Vec<News>) -> Answer<bool> {
        let Some(seen) = self.outbox else {
            self.outbox = Some(app.catalogue().outbox_newest().await?);
            return Ok(true);
        };
        let rows = app.catalogue().outbox(seen, ROWS).await?;
        if rows.len() == ROWS as usize {
            self.outbox = Some(app.catalogue().outbox_newest().await?);
            return Ok(false);
        }
        self.outbox = rows.last().map_or(self.outbox, |row| Some(row.seq));
        all.extend(rows.into_iter().filter_map(told));
        Ok(true)
    }

    async fn states(&mut self, app: &App, all: &mut Vec<News>) {
        if self.revisions.has_changed().unwrap_or(false)
            && let Ok(cameras) = app.catalogue().cameras(Scope::everything()).await
        {
            self.revisions.mark_unchanged();
            self.cameras = cameras;
        }
        let now: HashMap<CameraId, Seen> = self.cameras.iter().map(|c| (c.id, seen(app, c))).collect();
        if let Some(before) = &self.states {
            // A new camera is told of by the outbox.
            let changed = now.iter().filter(|(id, seen)| before.get(id).is_some_and(|was| was != *seen));
            all.extend(changed.map(|(id, (state, reason, recording, _))| {
                let data = json!({"what": "state", "id": id, "state": state, "reason": reason, "recording": recording});
                News { topic: Topic::Cameras, audience: Audience::Cameras(vec![*id]), data }
            }));
        }
        self.states = Some(now);
    }

    async fn jobs(&mut self, app: &App, all: &mut Vec<News>) {
        let Ok(rows) = app.catalogue().exports(Scope::everything(), None, JOBS).await else { return };
        let percent = |row| (progress(app, row) * 100.0) as u32;
        let cameras = |row: &Export| row.items.iter().map(|item| item.camera).collect();
        let now: HashMap<_, Job> =
            rows.iter().map(|row| (row.id, (row.state, percent(row), cameras(row)))).collect();
        if let Some(before) = &self.jobs {
            for (id, (state, percent, cameras)) in
                now.iter().filter(|(id, seen)| before.get(id) != Some(*seen))
            {
                let state = JobState::from(*state);
                let data =
                    json!({"what": "job", "id": id, "state": state, "progress": f64::from(*percent) / 100.0});
                all.push(News { topic: Topic::Jobs, audience: Audience::Cameras(cameras.clone()), data });
            }
            let gone = before.iter().filter(|(id, (state, ..))| !is_over(*state) && !now.contains_key(id));
            all.extend(gone.map(|(id, job)| news(Topic::Jobs, "job_removed", id.0, job.2.clone())));
        }
        self.jobs = Some(now);
    }

    async fn health(&mut self, app: &App, scopes: &[Scope], due: bool, all: &mut Vec<News>) {
        // What whoever sees everything was told last stays known while nobody follows.
        self.health.retain(|(scope, _)| scope.is_everything() || scopes.contains(scope));
        for scope in scopes {
            let known = self.health.iter().position(|(known, _)| known == scope);
            if known.is_some() && !due {
                continue;
            }
            let Ok((status, checks)) = health::checks(app, scope).await else { continue };
            let checks: Vec<Value> = checks.iter().map(health::HealthCheck::in_short).collect();
            let now = json!({"what": "health", "status": status, "checks": checks});
            let Some(known) = known else {
                self.health.push((scope.clone(), now));
                continue;
            };
            if self.health[known].1 != now {
                let audience = Audience::Exactly(scope.clone());
                all.push(News { topic: Topic::Health, audience, data: now.clone() });
                self.health[known].1 = now;
            }
        }
    }
}

fn is_over(state: ExportState) -> bool {
    !matches!(state, ExportState::Queued | ExportState::Running)
}

/// What a row of the outbox is to a follower, if anything.
fn told(row: Outgoing) -> Option<News> {
    let id = row.object;
    // One of an older program does not say whose it is: nobody is told.
    let camera = || -> Option<CameraId> { row.body["camera"].as_str()?.parse().ok() };
    match row.kind.as_str() {
        "event" => {
            let audience = Audience::Cameras(vec![camera()?]);
            let data = json!({"what": "event", "id": id, "event": row.body});
            Some(News { topic: Topic::Events, audience, data })
        }
        "event_mark" => Some(news(Topic::Events, "event_mark", id, vec![camera()?])),
        // What one person was told is theirs.
        "alert" if row.body["person"].is_null() => {
            let cameras = serde_json::from_value(row.body["cameras"].clone()).ok()?;
            let data =
                json!({"what": "alert", "id": id, "kind": row.body["kind"], "handled": row.body["handled"]});
            Some(News { topic: Topic::Events, audience: Audience::Any(cameras), data })
        }
        // Seen is each one's own.
        "event_seen" => {
            let person: Uuid = row.body["person"].as_str()?.parse().ok()?;
            let audience = Audience::Person(person, camera()?);
            Some(News { audience, ..news(Topic::Events, "event_seen", id, Vec::new()) })
        }
        // Without the body: addresses may hold passwords.
        "camera" | "camera_removed" | "zones" => {
            Some(news(Topic::Cameras, &row.kind, id, vec![CameraId(id)]))
        }
        "gap" | "gap_removed" => Some(news(Topic::Health, &row.kind, id, vec![camera()?])),
        _ => None,
    }
}

fn seen(app: &App, camera: &Camera) -> Seen {
    let status = |key| app.hub().get(key).map(|s| s.status().borrow().clone());
    let main = camera.streams.first().and_then(|stream| status(stream.key)).filter(|_| camera.enabled);
    let state = main.as_ref().map_or("off", |main| main.state.name());
    let reason = main.as_ref().and_then(|main| Some(main.reason.as_ref()?.code.name()));
    let recording = camera.streams.iter().any(|stream| app.is_recording(stream));
    let detection = app.hub().motion().detection(camera.id).map(|d| (d.mode.name(), d.reason));
    (state, reason, recording, detection)
}
