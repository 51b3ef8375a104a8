//! One picture of a camera: `GET /cameras/{id}/still.jpg` as it looks now, `GET /cameras/{id}/frame.jpg` as it looked.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::app::{Still, StillRequest, Stills};
use super::caller::{Caller, Live, Playback};
use super::duration;
use super::error::{Answer, Code, Problem};
use super::events::jpeg;
use super::extract::{Path, Query};
use super::media::{How, nothing, save_as};
use super::segments::Which as Rendition;
use super::wire::Time;
use crate::base::TICKS_PER_SECOND;
use crate::playback::units_to;

/// Header with the instant of the picture.
const AT: HeaderName = HeaderName::from_static("x-lanewatch-at");
/// A picture that is older than this is not what the camera looks like now.
const MAX_AGE: i64 = 60 * TICKS_PER_SECOND;
/// Widths that are worth making.
const WIDTHS: std::ops::RangeInclusive<u32> = 64..=3840;

/// Which picture.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Pixels at most, 64 to 3840; as the camera sends it when it is left out.
    w: Option<u32>,
    /// An older picture will not do, such as `PT10S`; a minute when it is left out.
    max_age: Option<String>,
}

/// Sends a picture of a camera.
#[utoipa::path(get, path = "/cameras/{id}/still.jpg", tag = "live",
    params(("id" = String, Path, description = "Id or slug"), Which),
    responses((status = 200, description = "The picture", content_type = "image/jpeg", headers(
        ("age" = u32, description = "Seconds since the picture"),
        ("x-lanewatch-at" = String, description = "Instant of the picture"))), Problem))]
pub(super) async fn get_still(
    State(app): State<App>,
    caller: Caller<Live>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Answer<Response> {
    let max_age = match &which.max_age {
        Some(text) => {
            duration::parse(text).map_err(|e| Problem::invalid(e.message()).with("field", "max_age"))?
        }
        None => MAX_AGE,
    };
    let width = width(which.w)?;
    let camera = app.camera(&caller.scope, &id).await?;
    let request = StillRequest { camera: camera.id, width, max_age };
    let still = maker(&app)?.still(request).await?;
    let still = still.ok_or_else(|| unavailable("this camera has no picture now; look at its state"))?;
    let age = (app.now() - still.at).max(0) / TICKS_PER_SECOND;
    let mut answer = picture(&headers, still);
    answer.headers_mut().insert(header::AGE, age.unsigned_abs().into());
    Ok(answer)
}

fn width(asked: Option<u32>) -> Answer<Option<u32>> {
    if asked.is_some_and(|w| !WIDTHS.contains(&w)) {
        let sentence = format!("w is not between {} and {}", WIDTHS.start(), WIDTHS.end());
        return Err(Problem::invalid(sentence).with("field", "w"));
    }
    Ok(asked)
}

fn unavailable(sentence: &str) -> Problem {
    Problem::new(Code::Unavailable, sentence)
}

fn maker(app: &App) -> Answer<&dyn Stills> {
    app.stills().ok_or_else(|| unavailable("this recorder makes no pictures"))
}

fn picture(headers: &HeaderMap, still: Still) -> Response {
    let mut answer = jpeg(headers, still.at, still.jpeg);
    if let Ok(at) = HeaderValue::from_str(&still.at.rfc3339()) {
        answer.headers_mut().insert(AT, at);
    }
    answer
}

/// Which recorded picture.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct When {
    /// The instant: the picture that was shown then.
    #[param(value_type = String, format = DateTime)]
    t: Time,
    /// Pixels at most, 64 to 3840; as it was recorded when it is left out.
    w: Option<u32>,
}

/// Sends the recorded picture that was shown at an instant, not only the key picture before it. It is there about a second
/// after it was taken.
#[utoipa::path(get, path = "/cameras/{id}/frame.jpg", tag = "footage",
    params(("id" = String, Path, description = "Id or slug"), When, Rendition, How),
    responses((status = 200, description = "The picture", content_type = "image/jpeg", headers(
        ("x-lanewatch-at" = String, description = "Instant of the picture"))), Problem))]
pub(super) async fn get_frame(
    State(app): State<App>,
    caller: Caller<Playback>,
    Path(id): Path<String>,
    Query(when): Query<When>,
    Query(rendition): Query<Rendition>,
    Query(how): Query<How>,
    headers: HeaderMap,
) -> Answer<Response> {
    let width = width(when.w)?;
    let camera = app.camera(&caller.scope, &id).await?;
    let source = rendition.source(&camera)?;
    let maker = maker(&app)?;
    let units = units_to(app.playback(), &caller.scope, source, when.t.0).await.map_err(nothing)?;
    let still = maker.recorded(source.key, units, width).await?;
    let still =
        still.ok_or_else(|| unavailable("this picture is damaged; ask for one some seconds later"))?;
    let at = still.at;
    let mut answer = picture(&headers, still);
    if how.download == Some(1) {
        save_as(answer.headers_mut(), &app, &camera, at, "jpg");
    }
    Ok(answer)
}
