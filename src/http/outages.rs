//! `GET /outages`: when a camera, or the recorder, did not do its work.

use axum::extract::State;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::App;
use super::caller::{Caller, Playback};
use super::duration;
use super::error::{Answer, Problem};
use super::extract::{Json, Query};
use super::paging::{cut, page_limit, read_cursor};
use super::wire::Time;
use crate::base::{CameraId, TICKS_PER_SECOND, TimeRange};
use crate::catalogue::Gap;

const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 200;
/// How far back it goes when nothing is said.
const USUAL: i64 = 30 * 86_400 * TICKS_PER_SECOND;

/// Which outages.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// First instant inside; 30 days before `to` when it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// First instant after; now when it is left out.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// Id or slug: of this camera, and of the recorder. All when it is left out.
    camera: Option<String>,
    /// Shorter ones of a camera are left out, such as `PT10S`.
    min_duration: Option<String>,
    /// At most so many, 1 to 200; 50 when it is left out.
    limit: Option<u32>,
    /// `next_cursor` of the answer before.
    cursor: Option<String>,
}

/// A stretch in which nothing was recorded that should have been.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Outage {
    /// For ever.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// Whose; null: the recorder was off, and no camera was recorded.
    #[schema(required = true, value_type = Option<String>, format = "uuid")]
    camera: Option<CameraId>,
    /// Stable name: `recorder_off`, or what a gap of a camera has.
    cause: &'static str,
    /// First instant without footage.
    from: Time,
    /// First instant after; null while it lasts.
    #[schema(required = true)]
    to: Option<Time>,
}

/// Some of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutagePage {
    /// The newest first.
    items: Vec<Outage>,
    /// For the next page; null: that was all.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

fn outage(camera: Option<CameraId>, gap: &Gap) -> Outage {
    Outage { id: gap.id, camera, cause: gap.cause.name(), from: Time(gap.from), to: gap.to.map(Time) }
}

/// Tells when cameras were not recorded, by their full pictures, and when the recorder itself was off: that is one
/// outage for all of them. What was switched off or deleted is none.
#[utoipa::path(get, path = "/outages", tag = "site", params(Which),
    responses((status = 200, description = "Outages", body = OutagePage), Problem))]
pub(super) async fn list_outages(
    State(app): State<App>,
    caller: Caller<Playback>,
    Query(which): Query<Which>,
) -> Answer<Json<OutagePage>> {
    let to = which.to.map_or(app.now(), |to| to.0);
    let from = which.from.map_or(to - USUAL, |from| from.0);
    if to <= from {
        return Err(Problem::invalid("the range is empty; give a to that is later than from"));
    }
    let range = TimeRange::new(from, to);
    let limit = page_limit(which.limit, LIMIT, LIMIT_MAX)?;
    let least = match &which.min_duration {
        Some(text) => {
            duration::parse(text).map_err(|e| Problem::invalid(e.message()).with("field", "min_duration"))?
        }
        None => 0,
    };
    let before = read_cursor(which.cursor.as_deref())?;
    let catalogue = app.catalogue();
    let cameras = match &which.camera {
        Some(name) => vec![app.camera(&caller.scope, name).await?],
        None => catalogue.cameras(&caller.scope).await?,
    };
    let streams = cameras.iter().filter_map(|c| Some((c.id, c.streams.first()?.key)));
    let gaps = streams.map(async |(camera, stream)| {
        let gaps = catalogue.outages(&caller.scope, stream, range, least, before, limit + 1).await?;
        Ok::<_, crate::base::Error>(gaps.iter().map(|gap| outage(Some(camera), gap)).collect::<Vec<_>>())
    });
    let mut items: Vec<Outage> = try_join_all(gaps).await?.into_iter().flatten().collect();
    let off = catalogue.times_off(range, before, limit + 1).await?;
    items.extend(off.iter().map(|gap| outage(None, gap)));
    items.sort_unstable_by_key(|o| std::cmp::Reverse((o.from.0, o.id)));
    let next_cursor = cut(&mut items, limit, |o| (o.from.0, o.id));
    Ok(Json(OutagePage { items, next_cursor }))
}
