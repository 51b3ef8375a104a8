//! Failures as the client sees them: `application/problem+json` (RFC 9457) with a stable code that the web app
//! translates. The only place where a kind of error becomes a status.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::base::{Error, Kind};

/// RFC 9457 section 3.
const PROBLEM: &str = "application/problem+json";
/// A refusal of axum's is one sentence.
const REFUSAL_BYTES: usize = 1024;

/// What a handler answers.
pub(super) type Answer<T> = Result<T, Problem>;

/// Stable names of what can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    /// Sign in first.
    Unauthenticated,
    /// Signed in, but not allowed; also a request from a page of another origin.
    Forbidden,
    /// Signed in, but one's password was not typed for long: `PUT /session/proof`, then the same again.
    PasswordNeeded,
    /// No such thing.
    NotFound,
    /// The request is not right; the detail says what.
    Invalid,
    /// Somebody changed it meanwhile; read it again.
    StaleRevision,
    /// It exists already or is in use.
    Conflict,
    /// Nothing is recorded there.
    NoRecording,
    /// Too many attempts or requests; wait.
    TooMany,
    /// Cannot be had now, may be later.
    Unavailable,
    /// The disk is full.
    DiskFull,
    /// A mistake of ours.
    Internal,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::PasswordNeeded => StatusCode::FORBIDDEN,
            Self::NotFound | Self::NoRecording => StatusCode::NOT_FOUND,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::StaleRevision => StatusCode::PRECONDITION_FAILED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// As in the body.
    fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::PasswordNeeded => "password_needed",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::StaleRevision => "stale_revision",
            Self::Conflict => "conflict",
            Self::NoRecording => "no_recording",
            Self::TooMany => "too_many",
            Self::Unavailable => "unavailable",
            Self::DiskFull => "disk_full",
            Self::Internal => "internal",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Not signed in",
            Self::Forbidden => "Not allowed",
            Self::PasswordNeeded => "Password needed",
            Self::NotFound => "Not found",
            Self::Invalid => "Not understood",
            Self::StaleRevision => "Changed meanwhile",
            Self::Conflict => "In conflict",
            Self::NoRecording => "No recording",
            Self::TooMany => "Too many",
            Self::Unavailable => "Not available now",
            Self::DiskFull => "Disk full",
            Self::Internal => "Failed inside",
        }
    }
}

/// A failure on its way to the client.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: Code,
    detail: String,
    params: Map<String, Value>,
    retry_after_s: Option<u64>,
}

/// The body of every answer that is not a success.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// `urn:lanewatch:problem:` and the code.
    r#type: String,
    /// The code in words.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// One sentence: what happened and what to do, in English.
    detail: String,
    /// Stable name, to be translated.
    code: Code,
    /// Values for the translation.
    #[schema(value_type = Object)]
    params: Map<String, Value>,
}

impl Problem {
    /// A failure with the code's usual status.
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        let (status, detail) = (code.status(), detail.into());
        Self { status, code, detail, params: Map::new(), retry_after_s: None }
    }

    /// A request that is not right.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Code::Invalid, detail)
    }

    /// No such thing.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Code::NotFound, detail)
    }

    /// With another status than the code's usual one.
    #[must_use]
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a value for the translation.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// Says when trying again makes sense (`Retry-After`, RFC 9110 section 10.2.3), in seconds.
    #[must_use]
    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self.with("retry_after_s", seconds)
    }
}

impl From<&Error> for Code {
    fn from(error: &Error) -> Self {
        match error.kind() {
            Kind::Invalid => Self::Invalid,
            Kind::NotFound => Self::NotFound,
            Kind::Conflict | Kind::InUse => Self::Conflict,
            Kind::Unauthenticated => Self::Unauthenticated,
            Kind::Forbidden => Self::Forbidden,
            Kind::TooMany => Self::TooMany,
            Kind::Unavailable | Kind::Timeout => Self::Unavailable,
            Kind::NoSpace => Self::DiskFull,
            Kind::Corrupt | Kind::Io | Kind::Internal => Self::Internal,
        }
    }
}

/// Stable name of a failure, for answers that are no problem document (the live socket).
pub(super) fn code(error: &Error) -> &'static str {
    Code::from(error).name()
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let code = Code::from(&error);
        if code.status().is_server_error() {
            tracing::error!(error = ?error, "a request failed");
        }
        match code {
            // Our own troubles are for the log: they may name paths.
            Code::Internal => Self::new(code, "the recorder could not do this; its log says why"),
            Code::TooMany => Self::new(code, error.message()).retry_after(5),
            _ => Self::new(code, error.message()),
        }
    }
}

/// Turns a refusal that an extractor of axum's wrote by itself (plain text) into a problem document. Those of our own
/// routes are problems already; this keeps the promise whatever a route uses.
pub(super) async fn as_problem(refusal: Response) -> Problem {
    let status = refusal.status();
    if status.is_server_error() {
        return Problem::new(Code::Internal, "the recorder could not do this; its log says why")
            .with_status(status);
    }
    let said = axum::body::to_bytes(refusal.into_body(), REFUSAL_BYTES).await.unwrap_or_default();
    Problem::invalid(String::from_utf8_lossy(&said).into_owned()).with_status(status)
}

/// True for a failure that is no problem document yet, nor a page for a person.
pub(super) fn is_bare(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let failed = answer.status().is_client_error() || answer.status().is_server_error();
    failed && kind.is_none_or(|kind| kind != PROBLEM && !kind.as_bytes().starts_with(b"text/html"))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: format!("urn:lanewatch:problem:{}", self.code.name()),
            title: self.code.title(),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
            params: self.params,
        };
        let mut answer = (self.status, axum::Json(body)).into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_name() {
        for code in [Code::Unauthenticated, Code::StaleRevision, Code::DiskFull, Code::Internal] {
            assert_eq!(serde_json::to_value(code).expect("json"), code.name());
        }
    }

    #[test]
    fn our_own_troubles_stay_in_the_log() {
        let error = Error::io("/var/lib/canary", std::io::Error::other("canary"));
        let problem = Problem::from(error);
        assert_eq!((problem.code, problem.status.as_u16()), (Code::Internal, 500));
        assert!(!problem.detail.contains("canary"));
    }

    #[test]
    fn a_wrong_value_is_told_in_the_sentence_of_the_room() {
        let problem = Problem::from(Error::invalid("write it like 2026-11"));
        assert_eq!((problem.status.as_u16(), problem.detail.as_str()), (422, "write it like 2026-11"));
    }
}
