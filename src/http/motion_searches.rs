//! `POST /motion-searches`: when did something move in this part of the picture? Newest first, as it is found.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{Caller, Playback};
use super::error::{Answer, Problem};
use super::extract::{Json, Path, Query};
use super::paging::{no_cursor, page_limit};
use super::searches::{Progress, Search, State as Life, Wanted};
use super::sse;
use super::wire::{Span, Time};
use crate::base::{CameraId, Polygon};
use crate::catalogue::{AuditAction, MotionHit, Scope};

/// A cell belongs to the region when at least so much of it lies inside.
const CELL_SHARE: f32 = 0.25;
/// Hits in one answer.
const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;
/// An answer without hits waits so long for one, so that nobody has to ask in a hurry.
const WAIT: Duration = Duration::from_secs(2);

/// What to look for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSearch {
    /// Id or slug.
    camera: String,
    /// First instant inside.
    from: Time,
    /// First instant after; at most 32 days later.
    to: Time,
    /// Corners `[x, y]`, 3 to 64, each part of the width or height from the upper left, 0 to 1.
    #[schema(value_type = Vec<Vec<f32>>)]
    polygon: Vec<(f32, f32)>,
    /// Share of the region that must move in a second, 0 to 1; whatever moves when it is left out.
    #[serde(default)]
    min_strength: f64,
}

/// Where a search is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SearchState)]
enum Stage {
    /// It reads.
    Running,
    /// Everything has been looked at, or more was found than is kept.
    Done,
    /// The motion file cannot be read; the log says why.
    Failed,
}

impl From<Life> for Stage {
    fn from(life: Life) -> Self {
        match life {
            Life::Running => Self::Running,
            Life::Done => Self::Done,
            Life::Failed => Self::Failed,
        }
    }
}

/// A search.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MotionSearch)]
pub(super) struct Status {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Whose picture.
    #[schema(value_type = String, format = "uuid")]
    camera: CameraId,
    /// What it does.
    state: Stage,
    /// Share of the range that has been looked at, 0 to 1.
    progress: f64,
    /// Everything from here on has been looked at.
    scanned_until: Time,
    /// Hits so far.
    hits: usize,
    /// There were more than are kept; ask for a shorter range.
    truncated: bool,
    /// Since when motion of this camera is known; null = it was never looked at.
    #[schema(required = true)]
    data_since: Option<Time>,
    /// Seconds of the range in which motion was looked at: in the others nothing can be found.
    observed_s: f64,
}

/// A span in which something moved there.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = MotionHit)]
struct Hit {
    /// First second that matches.
    from: Time,
    /// End of the last.
    to: Time,
    /// The second in which most of the region moved.
    best_at: Time,
    /// Share of the region that moved in it, 0 to 1.
    strength: f64,
}

/// Some of what was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MotionHits)]
pub(super) struct Results {
    /// Newest first.
    items: Vec<Hit>,
    /// What the search does.
    state: Stage,
    /// Everything from here on has been looked at.
    scanned_until: Time,
    /// Ask again with it; null = that was all.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

fn hits(search: &Search, from: usize, limit: usize) -> Vec<Hit> {
    let region = search.wanted.region.count().max(1);
    let hit = |hit: MotionHit| Hit {
        from: Time(hit.range.from),
        to: Time(hit.range.to),
        best_at: Time(hit.best),
        strength: f64::from(hit.cells) / f64::from(region),
    };
    search.hits(from, limit).into_iter().map(hit).collect()
}

async fn status(app: &App, scope: &Scope, search: &Search) -> Answer<Status> {
    let (wanted, progress) = (search.wanted, search.progress());
    let observed = app.catalogue().observed(scope, wanted.camera, wanted.range).await?;
    let left = progress.scanned_until - wanted.range.from;
    Ok(Status {
        id: search.id.to_string(),
        camera: wanted.camera,
        state: progress.state.into(),
        progress: 1.0 - left as f64 / wanted.range.ticks().max(1) as f64,
        scanned_until: Time(progress.scanned_until),
        hits: progress.hits,
        truncated: progress.truncated,
        data_since: app.catalogue().observed_since(scope, wanted.camera).await?.map(Time),
        observed_s: observed.iter().map(|stretch| stretch.seconds()).sum(),
    })
}

/// Begins a search for motion in a part of a camera's picture.
#[utoipa::path(post, path = "/motion-searches", tag = "events", request_body = NewSearch,
    responses((status = 202, description = "Begun; Location says where it is", body = Status), Problem))]
pub(super) async fn post_search(
    State(app): State<App>,
    caller: Caller<Playback>,
    Json(form): Json<NewSearch>,
) -> Answer<Response> {
    let range = Span { from: form.from, to: form.to }.range()?;
    let polygon =
        Polygon::new(form.polygon).map_err(|e| Problem::invalid(e.message()).with("field", "polygon"))?;
    if !(0.0..=1.0).contains(&form.min_strength) {
        return Err(Problem::invalid("min_strength is a share of the region; give 0 to 1")
            .with("field", "min_strength"));
    }
    let camera = app.camera(&caller.scope, &form.camera).await?.id;
    let region = polygon.cells(CELL_SHARE);
    let least = (form.min_strength * f64::from(region.count())).ceil().max(1.0) as u32;
    let search = app.searches().begin(&app, &caller, Wanted { camera, range, region, least })?;
    let detail = json!({"from": range.from.rfc3339(), "to": range.to.rfc3339()});
    caller.note(&app, AuditAction::Search, Some(camera), detail);
    let place = HeaderValue::from_str(&format!("/api/v1/motion-searches/{}", search.id));
    let place = place.map_err(|e| crate::base::Error::internal("an id cannot be written").because(e))?;
    let body = Json(status(&app, &caller.scope, &search).await?);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], body).into_response())
}

/// Tells how far a search of one's own has got.
#[utoipa::path(get, path = "/motion-searches/{id}", tag = "events",
    params(("id" = String, Path, description = "Id")),
    responses((status = 200, description = "How far it is", body = Status), Problem))]
pub(super) async fn get_search(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<Json<Status>> {
    let search = app.searches().find(&app, &caller, &id)?;
    Ok(Json(status(&app, &caller.scope, &search).await?))
}

/// Ends a search and forgets what it found.
#[utoipa::path(delete, path = "/motion-searches/{id}", tag = "events",
    params(("id" = String, Path, description = "Id")),
    responses((status = 204, description = "Ended"), Problem))]
pub(super) async fn delete_search(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let search = app.searches().find(&app, &caller, &id)?;
    app.searches().end(&search);
    Ok(StatusCode::NO_CONTENT)
}

/// Which hits.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// At most so many, 1 to 1000; 100 when it is left out.
    limit: Option<u32>,
    /// `next_cursor` of the answer before.
    cursor: Option<String>,
}

/// Waits until there are hits from a position on, or the search is over; answers how far it is.
async fn more(follow: &mut watch::Receiver<Progress>, from: usize) -> Option<Progress> {
    let ready = |p: &Progress| p.hits > from || p.state != Life::Running;
    follow.wait_for(ready).await.ok().map(|progress| *progress)
}

/// Sends what was found. While nothing new is there an answer waits two seconds for it. With `Accept:
/// text/event-stream` it sends events `hit` with a MotionHit as they are found, and at last `end` with a MotionSearch.
#[utoipa::path(get, path = "/motion-searches/{id}/results", tag = "events",
    params(("id" = String, Path, description = "Id"), Page),
    responses((status = 200, description = "Hits", content((Results = "application/json"), (Results = "text/event-stream"))),
        Problem))]
pub(super) async fn get_results(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(page): Query<Page>,
    headers: HeaderMap,
) -> Answer<Response> {
    let search = app.searches().find(&app, &caller, &id)?;
    let from = match &page.cursor {
        Some(text) => usize::from_str_radix(text, 16).map_err(|_| no_cursor())?,
        None => 0,
    };
    let limit = page_limit(page.limit, LIMIT, LIMIT_MAX)?;
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if accept.contains("text/event-stream") {
        return Ok(streamed(&app, caller, search, from));
    }
    let mut follow = search.follow();
    // Whether there was something or not: it is answered what there is.
    let _ = tokio::time::timeout(WAIT, more(&mut follow, from)).await;
    let progress = search.progress();
    let items = hits(&search, from, limit as usize);
    let next = from + items.len();
    let over = progress.state != Life::Running && next >= progress.hits;
    Ok(Json(Results {
        items,
        state: progress.state.into(),
        scanned_until: Time(progress.scanned_until),
        next_cursor: (!over).then(|| format!("{next:x}")),
    })
    .into_response())
}

fn streamed(app: &App, caller: Caller<Playback>, search: Arc<Search>, from: usize) -> Response {
    struct Reading {
        app: App,
        scope: Scope,
        search: Arc<Search>,
        follow: watch::Receiver<Progress>,
        next: usize,
        over: bool,
    }
    let step = async |mut reading: Reading| {
        if reading.over {
            return None;
        }
        let progress = more(&mut reading.follow, reading.next).await?;
        let hit = hits(&reading.search, reading.next, 1).pop().filter(|_| progress.hits > reading.next);
        let event = match hit {
            Some(hit) => {
                reading.next += 1;
                sse::event("hit", &hit)
            }
            None => {
                reading.over = true;
                sse::event("end", &status(&reading.app, &reading.scope, &reading.search).await.ok())
            }
        };
        Some((event, reading))
    };
    let follow = search.follow();
    let reading = Reading { app: app.clone(), scope: caller.scope, search, follow, next: from, over: false };
    sse::answer(app, caller.who, stream::unfold(reading, move |reading| Box::pin(step(reading))))
}
