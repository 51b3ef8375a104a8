//! What handlers take: axum's extractors with our limits, and with our words for what is wrong.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::App;
use super::error::{Answer, Code, Problem};
pub(super) use super::guard::SameOrigin;
use super::serve::{Peer, Via};

/// Longest body of a request, in bytes.
pub(super) const BODY_LIMIT: usize = 256 << 10;
/// A body that takes longer is given up.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A JSON body, both ways.
#[derive(Clone, Copy, Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Answer<Self> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        let read = to_bytes(request.into_body(), BODY_LIMIT);
        let body = tokio::time::timeout(BODY_TIME, read).await.map_err(|_| {
            Problem::invalid("the body took too long; send it at once")
                .with_status(StatusCode::REQUEST_TIMEOUT)
        })?;
        let body = body.map_err(|_| {
            Problem::invalid("the body broke off or is longer than 256 kB")
                .with_status(StatusCode::PAYLOAD_TOO_LARGE)
        })?;
        serde_json::from_slice(&body).map(Self).map_err(|e| json_problem(&e))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// True for `application/json` and its merge patch (RFC 7396).
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.eq_ignore_ascii_case("application/merge-patch+json")
}

/// Refusal of another content type.
pub(super) fn not_json() -> Problem {
    Problem::invalid("the body must be JSON; send it with content-type: application/json")
        .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
}

/// What is wrong and where, without repeating values: one of them may be a password.
fn json_problem(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let what = match (error.classify(), text.rsplit_once(", expected ")) {
        (serde_json::error::Category::Data, Some((_, expected))) if text.starts_with("invalid ") => {
            format!("expected {expected}")
        }
        (serde_json::error::Category::Data, _) if is_about_a_field(text) => text.to_owned(),
        (serde_json::error::Category::Data, _) => "a value is not right".to_owned(),
        _ => {
            return Problem::invalid(format!("this is not JSON: look at line {line}, column {column}"))
                .with_status(StatusCode::BAD_REQUEST);
        }
    };
    Problem::invalid(format!("line {line}, column {column} of the body: {what}"))
}

fn is_about_a_field(text: &str) -> bool {
    ["missing field", "unknown field", "duplicate field"].iter().any(|start| text.starts_with(start))
}

/// The query, into a struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Answer<Self> {
        match axum::extract::Query::from_request_parts(parts, app).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(QueryRejection::FailedToDeserializeQueryString(e)) => Err(Problem::invalid(e.body_text())),
            Err(_) => Err(Problem::invalid("the query cannot be read")),
        }
        .map_err(|problem| problem.with_status(StatusCode::BAD_REQUEST))
    }
}

/// Parts of the path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Answer<Self> {
        match axum::extract::Path::from_request_parts(parts, app).await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            Err(PathRejection::FailedToDeserializePathParams(e)) => {
                Err(Problem::not_found(format!("there is no such address: {}", e.body_text())))
            }
            Err(_) => Err(Problem::not_found("there is no such address")),
        }
    }
}

impl FromRequestParts<App> for Via {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Answer<Self> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or_default())
    }
}

impl FromRequestParts<App> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Answer<Self> {
        let peer = parts.extensions.get::<Self>().copied();
        peer.ok_or_else(|| Problem::new(Code::Internal, "the recorder does not know who asks; report this"))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[expect(dead_code, reason = "only the refusal matters")]
        enabled: bool,
    }

    fn refusal(body: &str) -> String {
        let error = serde_json::from_str::<Form>(body).expect_err("refused");
        format!("{:?}", json_problem(&error))
    }

    #[test]
    fn refusals_name_the_place_and_repeat_no_value() {
        assert!(refusal(r#"{"enabled":"canary"}"#).contains("expected a boolean"));
        assert!(!refusal(r#"{"enabled":"canary, expected x"}"#).contains("canary"));
        assert!(refusal("{}").contains("missing field `enabled`"));
        assert!(refusal(r#"{"on":1}"#).contains("unknown field `on`"));
        assert!(refusal("{").contains("not JSON"));
    }
}
