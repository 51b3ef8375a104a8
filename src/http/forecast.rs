//! `GET /storage/forecast`: how far back footage will reach, from what was written lately, and what if.

use std::collections::BTreeMap;

use axum::extract::State;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{Caller, Playback};
use super::error::{Answer, Problem};
use super::extract::{Json, Query};
use super::storage::room;
use super::wire::Time;
use crate::base::{CameraId, TICKS_PER_SECOND, Ticks, TimeRange};
use crate::catalogue::{Camera, Scope, Stream, Usage};
use crate::config::Days;

const DAY: i64 = 86_400 * TICKS_PER_SECOND;
const DAY_S: f64 = 86_400.0;
const GB: f64 = 1e9;
/// Days back that are looked at.
const LOOK: u32 = 7;
const LOOK_MAX: u32 = 30;
/// Seconds of footage that a day can be judged from.
const ENOUGH_S: f64 = 3600.0;
/// No disk lasts longer; also what "for ever" is in sums.
const FOREVER: f64 = 36_500.0;
/// More bits a second than a camera sends.
const KBPS_MAX: f64 = 200_000.0;

/// What to reckon with.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct What {
    /// Judge by the last so many days, 1 to 30; 7 when it is left out.
    days: Option<u32>,
    /// What if: `camera:off`, `camera:kbps=1024` (its full picture) or `camera:days=10` (kept at most so long), separated
    /// by commas; the camera by id or slug.
    overrides: Option<String>,
}

/// How far back footage will reach.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Forecast {
    /// Days back once the disks are full, or the rules say so; null while there is too little footage to say.
    #[schema(required = true)]
    days_kept: Option<f64>,
    /// What bounds it: `room` or `rule`; null while it cannot be said.
    #[schema(required = true)]
    bound_by: Option<&'static str>,
    /// When the oldest footage begins to go for want of room: now, when it does already; null when that will not happen,
    /// or cannot be said.
    #[schema(required = true)]
    full_at: Option<Time>,
    /// Cameras of which there is too little footage lately to say what they take.
    cameras_unknown: usize,
    /// In their order on the wall.
    per_camera: Vec<CameraForecast>,
}

/// What a camera takes.
#[derive(Debug, Serialize, ToSchema)]
struct CameraForecast {
    /// Which.
    #[schema(value_type = String, format = "uuid")]
    camera: CameraId,
    /// What a day without gaps takes, in 10^9 bytes; 0 when it is not recorded; null while there is too little footage.
    #[schema(required = true)]
    gb_per_day: Option<f64>,
    /// How far back its full picture will reach; null while that cannot be said, or when it is not recorded.
    #[schema(required = true)]
    days_kept: Option<f64>,
    /// Share of the time looked at that was recorded of its full picture, 0 to 1.
    recorded: f64,
    /// Bytes that it has now.
    bytes: i64,
    /// Oldest footage.
    #[schema(required = true)]
    oldest_at: Option<Time>,
}

/// Another world for one camera.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct WhatIf {
    off: bool,
    kbps: Option<f64>,
    days: Option<f64>,
}

/// Pure. What is asked, by the name of the camera.
fn read_overrides(text: &str) -> Option<BTreeMap<&str, WhatIf>> {
    let mut all: BTreeMap<&str, WhatIf> = BTreeMap::new();
    for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        let (camera, what) = one.split_once(':')?;
        let entry = all.entry(camera).or_default();
        let number = |text: &str, most: f64| text.parse::<f64>().ok().filter(|n| (1.0..=most).contains(n));
        match what.split_once('=') {
            None if what == "off" => entry.off = true,
            Some(("kbps", n)) => entry.kbps = Some(number(n, KBPS_MAX)?),
            Some(("days", n)) => entry.days = Some(number(n, FOREVER)?),
            _ => return None,
        }
    }
    Some(all)
}

/// A stream in the sums: days and bytes a day.
#[derive(Clone, Copy, Debug)]
struct Load {
    a_day: f64,
    /// Days that it is promised.
    min: f64,
    /// Days after which it goes.
    max: f64,
    /// Bytes it has now.
    has: f64,
}

impl Load {
    /// Days it has when the others of its disks have `level`.
    fn kept(&self, level: f64) -> f64 {
        level.clamp(self.min.min(self.max), self.max)
    }
}

/// The least in 0 to [`FOREVER`] from which on something holds.
fn least(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, FOREVER);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

/// Pure. Days back that fit into the room; [`FOREVER`] when room bounds nothing. Where even what is promised does not fit,
/// promises are broken, the oldest first.
fn level(room: f64, loads: &[Load]) -> f64 {
    let promised: f64 = loads.iter().map(|l| l.a_day * l.kept(0.0)).sum();
    least(|days| {
        let sum: f64 = if promised > room {
            loads.iter().map(|l| l.a_day * days.min(l.kept(0.0))).sum()
        } else {
            loads.iter().map(|l| l.a_day * l.kept(days)).sum()
        };
        sum > room
    })
}

/// Pure. Days until the room is full, when it ever is; `others` is footage of cameras that are no more.
fn days_to_full(room: f64, others: f64, loads: &[Load]) -> Option<f64> {
    let used = |days: f64| {
        let of = |l: &Load| {
            if l.a_day > 0.0 { (l.has + days * l.a_day).min((l.max * l.a_day).max(l.has)) } else { l.has }
        };
        others + loads.iter().map(of).sum::<f64>()
    };
    // What a sweep frees ahead of what comes counts as full.
    let full = room * 0.98;
    (used(FOREVER) > full).then(|| if used(0.0) > full { 0.0 } else { least(|days| used(days) > full) })
}

fn tenth(days: f64) -> f64 {
    (days * 10.0).round() / 10.0
}

/// A recorded stream, as far as it is known.
struct Known {
    camera: CameraId,
    main: bool,
    group: String,
    load: Load,
    enough: bool,
    recorded: f64,
}

async fn look(
    app: &App,
    scope: &Scope,
    camera: &Camera,
    stream: &Stream,
    what_if: WhatIf,
    days: u32,
    usage: &[Usage],
) -> Answer<Known> {
    let own = || usage.iter().filter(|u| u.stream == stream.key);
    let now = app.now();
    let oldest = own().filter_map(|u| u.oldest).min().unwrap_or(now);
    let range = TimeRange::new(oldest.max(now - i64::from(days) * DAY), now);
    let main = camera.streams.first().is_some_and(|first| first.key == stream.key);
    let pace =
        if range.ticks() > 0 { Some(app.catalogue().pace(scope, stream.key, range).await?) } else { None };
    let wanted = what_if.kbps.filter(|_| main).map(|kbps| kbps * 1000.0 / 8.0);
    let enough = pace.is_some_and(|pace| pace.recorded * range.seconds() >= ENOUGH_S) || wanted.is_some();
    let rate = wanted.or(pace.map(|pace| pace.bytes_per_s)).unwrap_or(0.0);
    let on = camera.enabled && stream.recorded && !what_if.off;
    let site: Days = app.days();
    let max = what_if.days.or(stream.max_days.or(site.max).map(f64::from)).unwrap_or(FOREVER);
    let min = stream.min_days.or(site.min).map_or(0.0, f64::from);
    let load = Load {
        a_day: if on { rate * DAY_S } else { 0.0 },
        min,
        max,
        has: own().map(|u| u.bytes as f64).sum(),
    };
    let recorded = pace.map_or(0.0, |pace| pace.recorded);
    Ok(Known { camera: camera.id, main, group: stream.group.clone(), load, enough: enough || !on, recorded })
}

/// Forecasts from what was really written: how many days back footage will reach when the disks are full, and when that is.
/// A stream that is switched off takes nothing more; one that had gaps is reckoned without them.
#[utoipa::path(get, path = "/storage/forecast", tag = "site", params(What),
    responses((status = 200, description = "How far back", body = Forecast), Problem))]
pub(super) async fn get_forecast(
    State(app): State<App>,
    caller: Caller<Playback>,
    Query(what): Query<What>,
) -> Answer<Json<Forecast>> {
    let days = what.days.unwrap_or(LOOK);
    if !(1..=LOOK_MAX).contains(&days) {
        let sentence = format!("days is {days}; use 1 to {LOOK_MAX}");
        return Err(Problem::invalid(sentence).with("field", "days"));
    }
    let text = what.overrides.unwrap_or_default();
    let overrides = read_overrides(&text).ok_or_else(|| {
        let sentence = "overrides cannot be read; write camera:off, camera:kbps=1024 or camera:days=10, with commas between";
        Problem::invalid(sentence).with("field", "overrides")
    })?;
    let mut what_ifs = BTreeMap::new();
    for (name, what_if) in overrides {
        what_ifs.insert(app.camera(&caller.scope, name).await?.id, what_if);
    }
    let catalogue = app.catalogue();
    let (cameras, usage) = (catalogue.cameras(&caller.scope).await?, catalogue.usage(&caller.scope).await?);
    let streams = cameras.iter().flat_map(|camera| camera.streams.iter().map(move |stream| (camera, stream)));
    let looks = streams.map(|(camera, stream)| {
        let what_if = what_ifs.get(&camera.id).copied().unwrap_or_default();
        look(&app, &caller.scope, camera, stream, what_if, days, &usage)
    });
    let known = try_join_all(looks).await?;
    let groups: BTreeMap<_, _> = catalogue.volumes().await?.into_iter().map(|v| (v.id, v.group)).collect();
    let volumes = app.volumes();
    let mut whole = Forecast {
        days_kept: None,
        bound_by: None,
        full_at: None,
        cameras_unknown: 0,
        per_camera: Vec::new(),
    };
    // Who is hardly known yet counts with what is known.
    let mut levels: BTreeMap<&str, Option<f64>> = BTreeMap::new();
    let mut full: Option<f64> = None;
    for group in known.iter().map(|k| k.group.as_str()) {
        if levels.contains_key(group) {
            continue;
        }
        let here =
            volumes.iter().filter(|v| v.state == "ok" && groups.get(&v.id).is_some_and(|g| g == group));
        let (space, used) =
            here.fold((0.0, 0.0), |(space, used), v| (space + room(v), used + v.used_bytes as f64));
        let own: Vec<&Known> = known.iter().filter(|k| k.group == group).collect();
        let loads: Vec<Load> = own.iter().map(|k| k.load).collect();
        if !own.iter().any(|k| k.enough && k.load.a_day > 0.0) {
            levels.insert(group, None);
            continue;
        }
        levels.insert(group, Some(level(space, &loads)));
        let others = used - loads.iter().map(|l| l.has).sum::<f64>();
        full = match (full, days_to_full(space, others.max(0.0), &loads)) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    let reach = |k: &Known| {
        let level = levels.get(k.group.as_str()).copied().flatten()?;
        (k.load.a_day > 0.0).then(|| (k.load.kept(level), level))
    };
    // What a rule ends early is no measure of the disks.
    let mut reaches: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (k, (days, level)) in known.iter().filter_map(|k| Some((k, reach(k)?))) {
        let best = reaches.entry(k.group.as_str()).or_insert((days, level));
        best.0 = best.0.max(days);
    }
    if let Some((days, level)) = reaches.values().copied().min_by(|a, b| a.0.total_cmp(&b.0)) {
        whole.days_kept = Some(tenth(days.min(level)));
        whole.bound_by = Some(if days < level { "rule" } else { "room" });
    }
    whole.full_at = full.map(|days| Time(Ticks(app.now().0 + (days * DAY as f64) as i64)));
    whole.cameras_unknown =
        cameras.iter().filter(|c| known.iter().any(|k| k.camera == c.id && !k.enough)).count();
    whole.per_camera = cameras.iter().map(|camera| one(camera, &known, &usage, &reach)).collect();
    Ok(Json(whole))
}

fn one(
    camera: &Camera,
    known: &[Known],
    usage: &[Usage],
    reach: &impl Fn(&Known) -> Option<(f64, f64)>,
) -> CameraForecast {
    let own = || known.iter().filter(|k| k.camera == camera.id);
    let main = own().find(|k| k.main);
    let used = || usage.iter().filter(|u| camera.streams.iter().any(|s| s.key == u.stream));
    let a_day: f64 = own().map(|k| k.load.a_day).sum();
    CameraForecast {
        camera: camera.id,
        gb_per_day: own().all(|k| k.enough).then(|| (a_day / GB * 1000.0).round() / 1000.0),
        days_kept: main.filter(|k| k.enough).and_then(reach).map(|(days, _)| tenth(days)),
        recorded: main.map_or(0.0, |k| (k.recorded * 1000.0).round() / 1000.0),
        bytes: used().map(|u| u.bytes).sum(),
        oldest_at: used().filter_map(|u| u.oldest).min().map(Time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAD: Load = Load { a_day: 10.0, min: 0.0, max: FOREVER, has: 0.0 };

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 0.01
    }

    #[test]
    fn room_is_shared_and_rules_leave_it_to_others() {
        assert!(near(level(200.0, &[LOAD, LOAD]), 10.0));
        assert!(
            near(level(200.0, &[LOAD, Load { max: 4.0, ..LOAD }]), 16.0),
            "what one gives up others have"
        );
        assert!(
            near(level(200.0, &[LOAD, Load { min: 15.0, ..LOAD }]), 5.0),
            "a promise is kept by the others"
        );
        let promised = Load { min: 30.0, ..LOAD };
        assert!(near(level(200.0, &[promised, promised]), 10.0), "as far as it can be kept");
        assert!(near(level(200.0, &[Load { max: 4.0, ..LOAD }]), FOREVER));
        assert!(near(level(0.0, &[LOAD]), 0.0));
    }

    #[test]
    fn it_is_full_when_what_comes_has_filled_what_is_left() {
        let has = Load { has: 48.0, ..LOAD };
        assert!(near(days_to_full(200.0, 48.0, &[has]).expect("some day"), 10.0));
        assert!(near(days_to_full(200.0, 180.0, &[has]).expect("now"), 0.0));
        assert_eq!(days_to_full(200.0, 0.0, &[Load { max: 10.0, ..has }]), None, "a rule ends it before");
        assert_eq!(days_to_full(200.0, 0.0, &[Load { a_day: 0.0, ..has }]), None, "nothing comes");
    }

    #[test]
    fn what_if_is_read_or_refused() {
        let read = read_overrides("ngo-7:off, ngo-8:kbps=512,ngo-8:days=3").expect("read");
        assert_eq!(read["ngo-7"], WhatIf { off: true, ..WhatIf::default() });
        assert_eq!(read["ngo-8"], WhatIf { kbps: Some(512.0), days: Some(3.0), off: false });
        for wrong in ["ngo-7", "ngo-7:on", "ngo-7:kbps=", "ngo-7:kbps=-1", "ngo-7:days=NaN", "ngo-7:kbps=1e9"]
        {
            assert_eq!(read_overrides(wrong), None, "{wrong}");
        }
    }
}
