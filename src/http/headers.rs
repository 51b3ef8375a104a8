//! What every answer carries, and the time every answer may take.

use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::error::{self, Code, Problem};
use super::serve::Via;

/// A handler that has not begun its answer after this long is given up; the test of a camera takes 15 s.
const TIME: Duration = Duration::from_secs(30);

/// Scripts, styles and pictures are ours; players need blob URLs; nobody frames us.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
    media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self' blob:; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Headers of every answer, unless a handler has set its own.
const ALWAYS: [(header::HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        header::HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), \
         midi=(), payment=(), usb=()",
    ),
    // Private by default; what may be kept says so itself.
    (header::CACHE_CONTROL, "no-store"),
];

/// A browser that was told so takes no plain HTTP from this name for a year (RFC 6797), and lets nobody click past a
/// certificate that it does not trust: only where every browser trusts it.
fn is_for_ever_https(app: &App, via: Via) -> bool {
    match app.tls() {
        None => app.is_secure(via),
        Some(tls) => via.tls && tls.is_public(),
    }
}

/// A share's address is a secret.
fn loggable(path: &str) -> &str {
    if path.starts_with("/s/") { "/s/(secret)" } else { path }
}

/// Runs the rest within the time, then adds the headers.
pub(super) async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let via = request.extensions().get::<Via>().copied().unwrap_or_default();
    let (method, path) = (request.method().clone(), loggable(request.uri().path()).to_owned());
    let mut answer = match tokio::time::timeout(TIME, next.run(request)).await {
        Ok(answer) if error::is_bare(&answer) => error::as_problem(answer).await.into_response(),
        Ok(answer) => answer,
        Err(_) => Problem::new(Code::Unavailable, "the recorder takes too long; try again").into_response(),
    };
    let took = begun.elapsed();
    let status = answer.status().as_u16();
    tracing::debug!(http.method = %method, http.path = path, http.status = status, ms = took.as_millis(), "answered");
    let headers = answer.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if is_for_ever_https(&app, via) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(value) = HeaderValue::from_str(&format!("app;dur={:.1}", took.as_secs_f64() * 1000.0)) {
        headers.insert("server-timing", value);
    }
    answer
}
