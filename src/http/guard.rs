//! Who gets through: every request passes here, known route or not. Denies unless told otherwise. It finds out who
//! somebody is; what they may do each handler says in its signature ([`super::caller`]).

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::App;
use super::caller::unauthenticated;
use super::cookie::{self, Name};
use super::error::{Answer, Code, Problem};
use super::extract::{BODY_LIMIT, is_json, not_json};
use super::serve::Via;

/// The routes that answer anybody. Besides them only the web app's own files do, links to exports (`/s/…`), and how to
/// trust the recorder (`/trust`, `/ca.crt` and its kin).
pub(super) const OPEN: [(Method, &str); 6] = [
    (Method::GET, "/api/v1/health"),
    (Method::POST, "/api/v1/session"),
    // By a link that is good once: whoever has it becomes a person.
    (Method::POST, "/api/v1/invites:accept"),
    // By a token in a message: whoever has it says what became of that message.
    (Method::POST, "/api/v1/alert-receipts"),
    (Method::GET, "/api/v1/setup"),
    (Method::GET, "/api/openapi.json"),
];

/// Finds out who asks, and refuses what must not go further.
pub(super) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Answer<Response> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    if !path.starts_with("/api/") {
        return Ok(next.run(request).await);
    }
    let headers = request.headers();
    let via = request.extensions().get::<Via>().copied().unwrap_or_default();
    let bearer = bearer(headers);
    if bearer.is_none() && (!method.is_safe() || is_upgrade(headers)) {
        same_origin(headers)?;
    }
    check_body(&method, headers)?;
    let identity = match bearer {
        Some(token) => app.auth().bearer(token).await?,
        None => match cookie::find(headers, Name::Session, app.is_secure(via)) {
            Some(token) => app.auth().session(token).await?,
            None => None,
        },
    };
    match identity {
        Some(identity) => {
            request.extensions_mut().insert(identity);
        }
        None if is_open(&method, &path) => {}
        None => return Err(unauthenticated()),
    }
    Ok(next.run(request).await)
}

fn is_open(method: &Method, path: &str) -> bool {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    OPEN.iter().any(|(m, p)| m == method && *p == path)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

/// JSON only: a form of another site can send nothing else without asking first (CORS), and we never allow that.
fn check_body(method: &Method, headers: &HeaderMap) -> Answer<()> {
    if method.is_safe() {
        return Ok(());
    }
    let length = match headers.get(header::CONTENT_LENGTH) {
        None => None,
        Some(value) => match value.to_str().ok().and_then(|v| v.parse::<u64>().ok()) {
            Some(length) => Some(length),
            None => {
                return Err(Problem::invalid("the length of the body cannot be read")
                    .with_status(StatusCode::BAD_REQUEST));
            }
        },
    };
    if length.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(
            Problem::invalid("the body is longer than 256 kB").with_status(StatusCode::PAYLOAD_TOO_LARGE)
        );
    }
    let has_body = length.is_some_and(|length| length > 0) || headers.contains_key(header::TRANSFER_ENCODING);
    if has_body && !is_json(headers) { Err(not_json()) } else { Ok(()) }
}

/// Refuses requests that a page of another origin makes in the user's name.
///
/// A browser says where a request comes from in `Sec-Fetch-Site` (on trustworthy origins) and in `Origin` (on every
/// WebSocket and every unsafe method). <https://www.w3.org/TR/fetch-metadata/>
fn same_origin(headers: &HeaderMap) -> Answer<()> {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or_default());
    let same = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map_or("", |(_, host)| host);
            !host.is_empty() && text("host").is_some_and(|own| own.eq_ignore_ascii_case(host))
        }
        (None, None) => false,
    };
    if same {
        return Ok(());
    }
    let sentence = "this did not come from the recorder's own pages; programs send a bearer token, or Origin and Host alike";
    Err(Problem::new(Code::Forbidden, sentence))
}

/// Proof that a page of our own asks; for handlers that open something lasting, such as a WebSocket.
#[derive(Clone, Copy, Debug)]
pub(super) struct SameOrigin;

impl FromRequestParts<App> for SameOrigin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Answer<Self> {
        if bearer(&parts.headers).is_none() {
            same_origin(&parts.headers)?;
        }
        Ok(Self)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_our_own_pages_are_of_the_same_origin() {
        let host = ("host", "10.0.0.5:8080");
        for (ok, list) in [
            (true, vec![("sec-fetch-site", "same-origin")]),
            (true, vec![("sec-fetch-site", "none")]),
            (false, vec![("sec-fetch-site", "same-site")]),
            (false, vec![("sec-fetch-site", "cross-site"), ("origin", "http://10.0.0.5:8080"), host]),
            (true, vec![("origin", "http://10.0.0.5:8080"), host]),
            (false, vec![("origin", "http://10.0.0.5"), host]),
            (false, vec![("origin", "http://evil.example"), host]),
            (false, vec![("origin", "null"), host]),
            (false, vec![("origin", "http://10.0.0.5:8080")]),
            (false, vec![host]),
        ] {
            assert_eq!(same_origin(&headers(&list)).is_ok(), ok, "{list:?}");
        }
    }

    #[test]
    fn bodies_are_json_and_short() {
        let post = |list: &[(&'static str, &'static str)]| check_body(&Method::POST, &headers(list)).is_ok();
        assert!(post(&[]) && post(&[("content-length", "0")]));
        assert!(post(&[("content-length", "2"), ("content-type", "application/json; charset=utf-8")]));
        assert!(post(&[("content-length", "2"), ("content-type", "application/merge-patch+json")]));
        assert!(!post(&[("content-length", "2"), ("content-type", "text/plain")]));
        assert!(!post(&[("transfer-encoding", "chunked")]));
        assert!(!post(&[("content-length", "262145"), ("content-type", "application/json")]));
    }
}
