//! Pure. Entity tags (RFC 9110 sections 8.8.3 and 13.1), and documents that are changed by their revision.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::error::{Answer, Code, Problem};
use super::extract::Json;
use crate::base::{Error, Kind};

/// A document with its revision as the tag.
pub(super) type Tagged<T> = ([(HeaderName, HeaderValue); 1], Json<T>);

/// A document as it is answered.
pub(super) fn tagged<T>(revision: i64, document: T) -> Tagged<T> {
    ([(header::ETAG, etag(revision))], Json(document))
}

/// What a change has failed of, where a conflict means that somebody else was first.
pub(super) fn stale(error: Error) -> Problem {
    match error.kind() {
        Kind::Conflict => Problem::new(Code::StaleRevision, error.message()),
        _ => error.into(),
    }
}

/// A strong tag around a text of letters, digits and `-._`.
pub(super) fn etag(text: impl std::fmt::Display) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// True when the client has it already (`If-None-Match`, weak comparison).
pub(super) fn not_modified(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.to_str().unwrap_or_default();
    listed(headers, &header::IF_NONE_MATCH).any(|t| t == "*" || t.strip_prefix("W/").unwrap_or(t) == tag)
}

/// True when a range may be served: no `If-Range`, or one with this very tag (strong comparison).
pub(super) fn if_range_holds(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers.get(header::IF_RANGE).is_none_or(|value| value == tag)
}

/// The revision that the client believes to change (`If-Match: "7"`).
///
/// # Errors
/// 428 without the header, 412 with anything that is no revision of ours.
pub(super) fn expected_revision(headers: &HeaderMap) -> Answer<i64> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(Code::StaleRevision, "send If-Match with the revision that you read")
            .with_status(StatusCode::PRECONDITION_REQUIRED));
    };
    let text = value.to_str().unwrap_or_default().trim();
    let number = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
    number.ok_or_else(|| {
        Problem::new(Code::StaleRevision, "this is no revision; read it again and send its ETag")
    })
}

fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|v| v.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn none_match_compares_weakly_and_range_strongly() {
        let tag = etag("abc");
        assert!(not_modified(&with(header::IF_NONE_MATCH, "\"x\", W/\"abc\""), &tag));
        assert!(not_modified(&with(header::IF_NONE_MATCH, "*"), &tag));
        assert!(!not_modified(&HeaderMap::new(), &tag));
        assert!(if_range_holds(&with(header::IF_RANGE, "\"abc\""), &tag));
        assert!(!if_range_holds(&with(header::IF_RANGE, "W/\"abc\""), &tag));
    }

    #[test]
    fn a_change_names_the_revision_it_changes() {
        assert_eq!(expected_revision(&with(header::IF_MATCH, "\"12\"")).expect("revision"), 12);
        for bad in ["12", "*", "\"\"", "W/\"12\"", "\"99999999999999999999\""] {
            assert!(expected_revision(&with(header::IF_MATCH, bad)).is_err(), "{bad}");
        }
        assert!(expected_revision(&HeaderMap::new()).is_err());
    }
}
