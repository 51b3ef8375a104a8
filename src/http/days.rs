//! `GET /days`: on which days of a month there is footage.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{Caller, Playback};
use super::error::{Answer, Problem};
use super::extract::{Json, Query};
use super::timeline::named_cameras;
use crate::base::{CameraId, TICKS_PER_SECOND, TimeRange, Zone};
use crate::catalogue::{Camera, Scope};

/// Which days of whom.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Ids or slugs, separated by commas; all cameras when it is left out.
    cameras: Option<String>,
    /// Such as `2026-11`.
    month: String,
    /// Zone of the days, an IANA name; that of the site when it is left out.
    tz: Option<String>,
}

/// Days with footage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Days {
    /// In order; days without footage are left out.
    items: Vec<Day>,
}

/// One day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Day {
    /// Such as `2026-11-22`.
    #[schema(format = Date)]
    date: String,
    /// Seconds recorded, summed over the cameras.
    seconds: u64,
    /// How many of the cameras have footage.
    cameras_with_footage: usize,
    /// Events that began on it.
    events: u64,
    /// Those of them that whoever asks has not seen.
    alerts_unseen: u64,
}

/// Seconds and number of cameras of each day.
type Sums = BTreeMap<i32, (u64, usize)>;

fn add(sums: &mut Sums, day: i32, seconds: u64) {
    if seconds > 0 {
        let sum = sums.entry(day).or_default();
        *sum = (sum.0 + seconds, sum.1 + 1);
    }
}

/// Tells on which days of a month there is footage.
#[utoipa::path(get, path = "/days", tag = "footage", params(Which),
    responses((status = 200, description = "Days with footage", body = Days), Problem))]
pub(super) async fn get_days(
    State(app): State<App>,
    caller: Caller<Playback>,
    Query(which): Query<Which>,
) -> Answer<Json<Days>> {
    let field = |name: &'static str| move |e: crate::base::Error| Problem::from(e).with("field", name);
    let days = Zone::month_days(&which.month).map_err(field("month"))?;
    let zone = match &which.tz {
        Some(name) => name.parse().map_err(field("tz"))?,
        None => app.zone(),
    };
    let cameras = named_cameras(&app, &caller.scope, which.cameras.as_deref()).await?;
    let sums = if zone == app.catalogue().zone() {
        from_summaries(&app, &caller.scope, &cameras, days).await?
    } else {
        from_spans(&app, &caller.scope, &cameras, days, zone).await?
    };
    let ids: Vec<CameraId> = cameras.iter().map(|camera| camera.id).collect();
    let mut items = Vec::with_capacity(sums.len());
    for (day, (seconds, cameras_with_footage)) in sums {
        let whole = TimeRange::new(zone.day_start(day), zone.day_start(day + 1));
        let counts = app.catalogue().count_events(&caller.scope, whole, &[], caller.who.id()).await?;
        let counts = ids.iter().filter_map(|id| counts.get(id));
        let (events, alerts_unseen) =
            counts.fold((0, 0), |(all, unseen), count| (all + count.events, unseen + count.unseen));
        items.push(Day { date: Zone::day_name(day), seconds, cameras_with_footage, events, alerts_unseen });
    }
    Ok(Json(Days { items }))
}

/// The site's own days stand in the catalogue.
async fn from_summaries(
    app: &App,
    scope: &Scope,
    cameras: &[Camera],
    (from, to): (i32, i32),
) -> Answer<Sums> {
    let mut sums = Sums::new();
    let streams: Vec<_> = cameras.iter().filter_map(|c| c.streams.first()).map(|s| s.key).collect();
    for day in app.catalogue().days(scope, &streams, from, to).await? {
        add(&mut sums, day.day, u64::from(day.seconds()));
    }
    Ok(sums)
}

/// Days of another zone are counted from the footage.
async fn from_spans(
    app: &App,
    scope: &Scope,
    cameras: &[Camera],
    (from, to): (i32, i32),
    zone: Zone,
) -> Answer<Sums> {
    let mut sums = Sums::new();
    let month = TimeRange::new(zone.day_start(from), zone.day_start(to));
    for stream in cameras.iter().filter_map(|c| c.streams.first()) {
        let spans = app.catalogue().spans(scope, stream.key, month).await?;
        for day in from..to {
            let whole = TimeRange::new(zone.day_start(day), zone.day_start(day + 1));
            let ticks: i64 = spans.iter().filter_map(|s| s.overlap(whole)).map(TimeRange::ticks).sum();
            add(&mut sums, day, (ticks / TICKS_PER_SECOND).unsigned_abs());
        }
    }
    Ok(sums)
}
