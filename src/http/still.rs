//! `GET /cameras/{id}/still.jpg`: one picture of a camera, as it looks now.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::app::StillRequest;
use super::duration;
use super::error::{Answer, Code, Problem};
use super::events::jpeg;
use super::extract::{Path, Query};
use crate::base::TICKS_PER_SECOND;

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
    if which.w.is_some_and(|w| !WIDTHS.contains(&w)) {
        let sentence = format!("w is not between {} and {}", WIDTHS.start(), WIDTHS.end());
        return Err(Problem::invalid(sentence).with("field", "w"));
    }
    let camera = app.camera(&id).await?;
    let unavailable = |sentence: &str| Problem::new(Code::Unavailable, sentence);
    let stills = app.stills().ok_or_else(|| unavailable("this recorder makes no pictures"))?;
    let request = StillRequest { camera: camera.id, width: which.w, max_age };
    let still = stills.still(request).await?;
    let still = still.ok_or_else(|| unavailable("this camera has no picture now; look at its state"))?;
    let mut answer = jpeg(&headers, still.at, still.jpeg);
    let age = (app.now() - still.at).max(0) / TICKS_PER_SECOND;
    answer.headers_mut().insert(header::AGE, age.unsigned_abs().into());
    if let Ok(at) = HeaderValue::from_str(&still.at.rfc3339()) {
        answer.headers_mut().insert(AT, at);
    }
    Ok(answer)
}
