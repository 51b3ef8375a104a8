//! `GET /health`: one word for everybody, reasons for those who are signed in.

use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::App;
use super::app::{Level, VolumeInfo, WorkerInfo};
use super::caller::Somebody;
use super::error::{Answer, Problem};
use super::extract::Json;
use super::machine::{self, Machine};
use super::wire::Time;
use crate::auth::Right;
use crate::base::{TICKS_PER_SECOND, Ticks};
use crate::catalogue::{Camera, Scope, Stream};
use crate::hub::{State as HubState, StreamStatus};
use crate::tls::{Standing, Tls};

/// How the recorder does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `starting` for some seconds, then `ok`, or `degraded` when a check is not.
    status: Status,
    /// What was looked at; only with a session or token.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<HealthCheck>>,
    /// The recorder's clock; only with a session or token.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<Time>,
    /// The machine that it runs on; only with a session or token, and on Linux.
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<Machine>,
}

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HealthStatus)]
pub(super) enum Status {
    /// Everything works.
    Ok,
    /// Something does not.
    Degraded,
    /// Too early to say.
    Starting,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthCheck {
    /// What: `cameras`, `recording`, `disk`, `catalogue`, `motion`, `clock`, `certificate`, `alerts`.
    id: &'static str,
    /// How it is.
    level: Level,
    /// Stable name, to be translated: `ok`, `cameras_offline`, `disk_full`, `disk_nearly_full`, `disk_error`,
    /// `disk_absent`, `not_recorded`, `nothing_to_delete`, `deleting_fails`, `days_min_broken`, `catalogue_held`,
    /// `motion_file`, `not_watched`, `camera_clock_off`, `clock_doubted`, `certificate_ending`, `certificate_ended`,
    /// `certificate_missing`, `certificate_not_had`, `certificate_files`, `authority_ending`, `alerts_stuck`,
    /// `alerts_nobody`, `alerts_nobody_left`.
    code: &'static str,
    /// Values for the translation.
    #[schema(value_type = Object)]
    params: Map<String, Value>,
    /// Since when, as far as it is known.
    #[schema(required = true)]
    since: Option<Time>,
}

/// Cameras need so long to come up after a start.
const STARTING: i64 = 15 * TICKS_PER_SECOND;
/// A camera that is live and not watched for so long stays so: a worker that ended is back before.
const UNWATCHED: i64 = 20 * TICKS_PER_SECOND;
/// Below this share of the reserve people should know: retention makes room long before, if it can.
const NEARLY_FULL: f64 = 0.5;
/// Below this share recording is about to stop.
const FULL: f64 = 0.05;
/// Changes that wait for the catalogue when another program holds it: more than a few seconds' worth.
const WAITING: usize = 200;
/// A camera whose clock is off by more shows a wrong time in its own picture.
const CLOCK_OFF_S: f64 = 10.0;
/// A certificate is renewed when a third of its life is left: with less than this, that has failed for long.
const ENDING: f64 = 1.0 / 6.0;
/// All phones must be told to trust another authority before it ends.
const AUTHORITY_ENDING_DAYS: i64 = 60;
const DAY: i64 = 86_400 * TICKS_PER_SECOND;

fn check(
    id: &'static str,
    level: Level,
    code: &'static str,
    params: Value,
    since: Option<Ticks>,
) -> HealthCheck {
    let params = if let Value::Object(params) = params { params } else { Map::new() };
    HealthCheck { id, level, code, params, since: since.map(Time) }
}

fn fine(id: &'static str) -> HealthCheck {
    check(id, Level::Ok, "ok", Value::Null, None)
}

fn cameras(main: &[StreamStatus]) -> HealthCheck {
    let offline: Vec<&StreamStatus> = main.iter().filter(|s| s.state != HubState::Live).collect();
    if offline.is_empty() {
        return fine("cameras");
    }
    let level = if offline.len() == main.len() { Level::Error } else { Level::Warn };
    let params = json!({"offline": offline.len(), "total": main.len()});
    check("cameras", level, "cameras_offline", params, offline.iter().map(|s| s.since).min())
}

/// A picture that comes and is not kept: the worst that a recorder can do, so it is said whatever the cause.
fn recording(not_recorded: usize) -> HealthCheck {
    if not_recorded == 0 {
        return fine("recording");
    }
    check("recording", Level::Error, "not_recorded", json!({"cameras": not_recorded}), None)
}

/// What may be wrong with a disk, the worst first.
const DISK_TROUBLES: [&str; 7] = [
    "disk_absent",
    "disk_error",
    "nothing_to_delete",
    "deleting_fails",
    "days_min_broken",
    "disk_full",
    "disk_nearly_full",
];

/// The worst that is wrong with a disk: how bad, and its stable name; `None` = nothing is.
pub fn volume_trouble(volume: &VolumeInfo) -> Option<(Level, &'static str)> {
    let below = |share: f64| (volume.free_bytes as f64) < share * volume.reserve_bytes as f64;
    let code = match volume.state {
        "absent" => "disk_absent",
        "suspect" => "disk_error",
        _ => match volume.trouble {
            Some(trouble) => trouble,
            None if below(FULL) => "disk_full",
            None if below(NEARLY_FULL) => "disk_nearly_full",
            None => return None,
        },
    };
    let warns = matches!(code, "days_min_broken" | "disk_nearly_full");
    Some((if warns { Level::Warn } else { Level::Error }, code))
}

/// The worst that is wrong with the disks, and where.
fn disk_trouble(volumes: &[VolumeInfo]) -> Option<(Level, &'static str, &VolumeInfo)> {
    let troubles = volumes.iter().filter_map(|volume| Some((volume_trouble(volume)?, volume)));
    let place = |code| DISK_TROUBLES.iter().position(|known| *known == code);
    let worst = troubles.min_by_key(|((_, code), _)| place(*code));
    worst.map(|((level, code), volume)| (level, code, volume))
}

fn disk(volumes: &[VolumeInfo]) -> HealthCheck {
    let Some((level, code, volume)) = disk_trouble(volumes) else { return fine("disk") };
    let path = volume.path.display().to_string();
    let params = match code {
        "disk_full" | "disk_nearly_full" => json!({"path": path, "free_bytes": volume.free_bytes}),
        _ => json!({"path": path}),
    };
    check("disk", level, code, params, None)
}

fn catalogue(waiting: usize) -> HealthCheck {
    if waiting <= WAITING {
        return fine("catalogue");
    }
    check("catalogue", Level::Error, "catalogue_held", json!({"waiting": waiting}), None)
}

/// Cameras that nobody watches, or a past that cannot be searched; the API and the log say why. Recording goes on.
fn motion(trouble: Option<String>, unwatched: &[Ticks], workers: &[WorkerInfo]) -> HealthCheck {
    if trouble.is_some() {
        return check("motion", Level::Warn, "motion_file", Value::Null, None);
    }
    if unwatched.is_empty() {
        return fine("motion");
    }
    let down = workers.iter().filter(|worker| !worker.up).count();
    let params = json!({"cameras": unwatched.len(), "workers_down": down});
    check("motion", Level::Warn, "not_watched", params, unwatched.iter().min().copied())
}

/// Since when detection of a camera is not what it should be, when its pictures come and it has been so for long.
fn unwatched(app: &App, camera: &Camera) -> Option<Ticks> {
    let detection = app.hub().motion().detection(camera.id)?;
    let live = camera.streams.iter().any(|stream| {
        let state = app.hub().get(stream.key).map(|stream| stream.status().borrow().state);
        state == Some(HubState::Live)
    });
    (detection.reason.is_some() && live && app.now() - detection.since > UNWATCHED).then_some(detection.since)
}

fn clocks(main: &[StreamStatus], doubt: Option<&'static str>) -> HealthCheck {
    if let Some(reason) = doubt {
        return check("clock", Level::Warn, "clock_doubted", json!({"reason": reason}), None);
    }
    let off = main.iter().filter_map(|s| s.camera_clock_offset_s).filter(|o| o.abs() > CLOCK_OFF_S);
    match off.clone().count() {
        0 => fine("clock"),
        cameras => {
            let worst = off.fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
            check(
                "clock",
                Level::Warn,
                "camera_clock_off",
                json!({"cameras": cameras, "offset_s": worst.round()}),
                None,
            )
        }
    }
}

/// Alerts that do not arrive anywhere: whoever looks here must not rely on their phone.
fn alerts(stuck: Option<(Ticks, u64)>, left: Option<Ticks>, anybody: bool) -> HealthCheck {
    match stuck {
        Some((since, places)) if places > 0 => {
            check("alerts", Level::Warn, "alerts_stuck", json!({"places": places}), Some(since))
        }
        // Their phones have given their subscriptions up, and somebody relies on them.
        _ if left.is_some() => check("alerts", Level::Warn, "alerts_nobody_left", Value::Null, left),
        // Said in words; a recorder that nobody has asked for alerts works all the same.
        _ if !anybody => check("alerts", Level::Ok, "alerts_nobody", Value::Null, None),
        _ => fine("alerts"),
    }
}

/// The certificate of HTTPS: how long it holds, and whether it is the one that was asked for.
fn certificate(standing: Option<&Standing>, now: Ticks) -> HealthCheck {
    const ID: &str = "certificate";
    let Some(standing) = standing else { return fine(ID) };
    let since = standing.trouble.as_ref().map(|trouble| trouble.since);
    let Some(facts) = &standing.certificate else {
        return check(ID, Level::Error, "certificate_missing", Value::Null, since);
    };
    let days = |until: Ticks| (until - now).max(0) / DAY;
    let told = json!({"days": days(facts.not_after), "name": facts.names.first().map(ToString::to_string)});
    let left = facts.left(now);
    if left <= 0.0 {
        return check(ID, Level::Error, "certificate_ended", told, Some(facts.not_after));
    }
    if !standing.is_the_wanted {
        return check(ID, Level::Warn, "certificate_not_had", Value::Null, since);
    }
    if left < ENDING {
        return check(ID, Level::Warn, "certificate_ending", told, since);
    }
    if standing.trouble.as_ref().is_some_and(|t| t.code != "acme_failed") {
        return check(ID, Level::Warn, "certificate_files", Value::Null, since);
    }
    match standing.authority.as_ref().filter(|_| standing.source == "own") {
        Some(authority) if days(authority.not_after) < AUTHORITY_ENDING_DAYS => {
            check(ID, Level::Warn, "authority_ending", json!({"days": days(authority.not_after)}), None)
        }
        _ => fine(ID),
    }
}

impl HealthCheck {
    /// For those who want to know whether anything is different.
    pub(super) fn in_short(&self) -> Value {
        json!({"id": self.id, "level": self.level, "code": self.code, "params": self.params})
    }
}

/// Looks at everything, and at some cameras.
pub(super) async fn checks(app: &App, scope: &Scope) -> Answer<(Status, Vec<HealthCheck>)> {
    let rows = app.catalogue().cameras(scope).await?;
    let streams = rows.iter().filter(|c| c.enabled).filter_map(|c| c.streams.first());
    let main: Vec<StreamStatus> = streams
        .map(|s| match app.hub().get(s.key) {
            Some(stream) => stream.status().borrow().clone(),
            None => StreamStatus::new(HubState::Connecting, app.started()),
        })
        .collect();
    let unrecorded = |s: &&Stream| s.recorded && !app.is_recording(s);
    let long_live = |s: &&Stream| {
        let status = app.hub().get(s.key).map(|stream| stream.status().borrow().clone());
        status.is_some_and(|s| s.state == HubState::Live && app.now() - s.since > STARTING)
    };
    let enabled = rows.iter().filter(|c| c.enabled);
    let not_recorded = enabled.filter(|c| c.streams.iter().filter(unrecorded).any(|s| long_live(&s))).count();
    let enabled = rows.iter().filter(|c| c.enabled);
    let unwatched: Vec<Ticks> = enabled.filter_map(|camera| unwatched(app, camera)).collect();
    let checks = vec![
        cameras(&main),
        recording(not_recorded),
        disk(&app.volumes()),
        catalogue(app.catalogue().waiting()),
        motion(app.catalogue().motion_trouble(), &unwatched, &app.workers()),
        clocks(&main, app.clock_doubt()),
        certificate(app.tls().map(Tls::standing).as_ref(), app.now()),
        alerts(
            app.alerts().no_channel_works().await?,
            app.alerts().nobody_left().await?,
            app.alerts().reaches_anybody().await?,
        ),
    ];
    let worst = checks.iter().map(|c| c.level).max().unwrap_or(Level::Ok);
    let starting = app.now() - app.started() < STARTING;
    let coming_up = starting && main.iter().any(|s| s.state == HubState::Connecting);
    let status = match worst {
        Level::Ok => Status::Ok,
        _ if coming_up => Status::Starting,
        _ => Status::Degraded,
    };
    Ok((status, checks))
}

/// Tells how the recorder does.
#[utoipa::path(get, path = "/health", tag = "site", security((), ("session" = []), ("token" = [])),
    responses((status = 200, description = "How it does", body = Health), Problem))]
pub(super) async fn get_health(State(app): State<App>, Somebody(caller): Somebody) -> Answer<Json<Health>> {
    let scope = match &caller {
        Some(who) => who.require(Right::Live).or_else(|_| who.require(Right::Metrics))?,
        // One word of the whole site.
        None => Scope::everything().clone(),
    };
    let (status, checks) = checks(&app, &scope).await?;
    let told = caller.is_some();
    let now = told.then(|| Time(app.now()));
    let machine = told.then(machine::now).flatten();
    Ok(Json(Health { status, checks: told.then_some(checks), now, machine }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(state: HubState, offset: Option<f64>) -> StreamStatus {
        StreamStatus { camera_clock_offset_s: offset, ..StreamStatus::new(state, Ticks(7)) }
    }

    #[test]
    fn some_dark_cameras_are_a_warning_and_all_an_error() {
        let (live, dark) = (stream(HubState::Live, None), stream(HubState::Offline, None));
        assert_eq!(cameras(std::slice::from_ref(&live)).level, Level::Ok);
        assert_eq!(cameras(&[]).level, Level::Ok);
        assert_eq!(cameras(&[live, dark.clone()]).level, Level::Warn);
        assert_eq!(cameras(&[dark]).level, Level::Error);
    }

    #[test]
    fn a_missing_disk_is_an_error_and_a_tight_one_a_warning() {
        let volume = |state, free_bytes, trouble| VolumeInfo {
            id: crate::base::VolumeId::fresh(Ticks(0)),
            path: "/srv".into(),
            state,
            budget_bytes: None,
            used_bytes: 1000,
            free_bytes,
            reserve_bytes: 100,
            trouble,
        };
        let told = |volumes: &[VolumeInfo]| (disk(volumes).level, disk(volumes).code);
        assert_eq!(told(&[volume("ok", 90, None)]), (Level::Ok, "ok"));
        assert_eq!(told(&[volume("ok", 40, None)]), (Level::Warn, "disk_nearly_full"));
        assert_eq!(told(&[volume("ok", 40, None), volume("ok", 4, None)]), (Level::Error, "disk_full"));
        assert_eq!(told(&[volume("ok", 90, None), volume("absent", 0, None)]), (Level::Error, "disk_absent"));
        assert_eq!(told(&[volume("suspect", 90, None)]), (Level::Error, "disk_error"));
        let broken = volume("ok", 90, Some("days_min_broken"));
        assert_eq!(told(&[broken]), (Level::Warn, "days_min_broken"));
        let stuck = volume("ok", 0, Some("nothing_to_delete"));
        assert_eq!(told(&[stuck]), (Level::Error, "nothing_to_delete"));
    }

    #[test]
    fn a_certificate_that_was_not_renewed_is_told_before_it_ends() {
        let facts = |days: i64| crate::tls::Facts {
            names: vec!["may.local".parse().expect("a name")],
            subject: String::new(),
            issuer: String::new(),
            not_before: Ticks(0),
            not_after: Ticks(days * DAY),
        };
        let standing = |source, days| Standing {
            source,
            certificate: Some(facts(days)),
            is_the_wanted: true,
            is_public: false,
            authority: None,
            trouble: None,
            next_try: None,
        };
        let told = |standing: &Standing, day| {
            let told = certificate(Some(standing), Ticks(day * DAY));
            (told.level, told.code)
        };
        let mut acme = standing("acme", 90);
        assert_eq!(told(&acme, 61), (Level::Ok, "ok"));
        acme.trouble =
            Some(crate::tls::Trouble { code: "acme_failed", message: String::new(), since: Ticks(61 * DAY) });
        assert_eq!(told(&acme, 62), (Level::Ok, "ok"), "it is tried again");
        assert_eq!(told(&acme, 80), (Level::Warn, "certificate_ending"));
        assert_eq!(told(&acme, 90), (Level::Error, "certificate_ended"));
        assert_eq!(certificate(Some(&acme), Ticks(80 * DAY)).params["days"], 10);
        acme.is_the_wanted = false;
        assert_eq!(told(&acme, 1), (Level::Warn, "certificate_not_had"));
        let mut files = standing("files", 90);
        files.trouble =
            Some(crate::tls::Trouble { code: "files_unreadable", message: String::new(), since: Ticks(0) });
        assert_eq!(told(&files, 1), (Level::Warn, "certificate_files"));
        files.certificate = None;
        assert_eq!(told(&files, 1), (Level::Error, "certificate_missing"));
        assert_eq!(certificate(None, Ticks(0)).level, Level::Ok);
    }

    #[test]
    fn a_wrong_clock_is_told_the_own_one_first() {
        let off = [stream(HubState::Live, Some(-3600.0)), stream(HubState::Live, Some(1.0))];
        let checked = clocks(&off, None);
        assert_eq!((checked.code, checked.params["offset_s"].as_f64()), ("camera_clock_off", Some(-3600.0)));
        assert_eq!(clocks(&off, Some("ahead")).code, "clock_doubted");
    }
}
