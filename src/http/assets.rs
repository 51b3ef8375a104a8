//! The web app's files, inside the program.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::{Code, Problem};
use super::etag::{etag, not_modified};
use crate::base::hex;

/// What `npm run build` left; a program built without it has a page that says so.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Dist;

/// The page of all client routes.
const INDEX: &str = "index.html";
/// Vite puts a hash of the content into the names of everything in here.
const HASHED: &str = "assets/";

/// Said when the program was built without the web app.
const MISSING: &str = "<!doctype html>
<html lang=\"vi\">
<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>lanewatch</title></head>
<body>
<h1>lanewatch</h1>
<p>Chương trình này được tạo ra khi chưa có giao diện web. Hãy chạy <code>npm ci &amp;&amp; npm run build</code> trong thư mục
<code>web</code>, rồi tạo lại chương trình.</p>
<p lang=\"en\">This program was built before the web app. Run <code>npm ci &amp;&amp; npm run build</code> in the folder
<code>web</code>, then build the program again.</p>
</body>
</html>
";

/// Paths that the web app's own router knows.
fn is_client_route(path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let parts = (parts.next(), parts.next(), parts.next());
    matches!(
        parts,
        (
            None | Some(
                "cameras"
                    | "sync"
                    | "events"
                    | "exports"
                    | "system"
                    | "health"
                    | "alerts"
                    | "people"
                    | "welcome"
                    | "invite"
                    | "setup"
                    | "login"
            ),
            None,
            None,
        ) | (Some("c" | "e"), Some(_), None)
            | (Some("alerts"), Some("channels"), None)
            | (Some("c"), Some(_), Some("zones" | "search"))
    )
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The file in the best coding that the client takes and the build has made.
fn coded(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let takes = |coding: &str| {
        accepted.split(',').map(str::trim).any(|a| {
            let (name, quality) = a.split_once(';').unwrap_or((a, ""));
            name.trim() == coding && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
    };
    for (coding, end) in [("br", "br"), ("gzip", "gz")] {
        if takes(coding)
            && let Some(file) = Dist::get(&format!("{path}.{end}"))
        {
            return Some((file, Some(coding)));
        }
    }
    Some((Dist::get(path)?, None))
}

/// Answers everything that is no API route.
pub(super) async fn get_asset(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Problem::not_found("there is no such address in the API; see /api/openapi.json")
            .into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        let problem = Problem::new(Code::Invalid, "this address can only be read; use GET");
        let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
        return (allow, problem.with_status(StatusCode::METHOD_NOT_ALLOWED)).into_response();
    }
    let name = if is_client_route(path) { INDEX } else { path };
    match coded(name, &headers) {
        Some((file, coding)) => answer(name, file, coding, &headers),
        None if name == INDEX => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], MISSING)
                .into_response()
        }
        None => match coded(INDEX, &headers).filter(|_| wants_page(&headers)) {
            // Somebody follows an old link: the app says so in words and knows the way back.
            Some((file, coding)) => {
                let mut page = answer(INDEX, file, coding, &headers);
                if page.status() == StatusCode::OK {
                    *page.status_mut() = StatusCode::NOT_FOUND;
                }
                page
            }
            None => Problem::not_found("there is no such page").into_response(),
        },
    }
}

/// A browser goes to this address, instead of fetching a part of a page from it.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|a| a.trim().starts_with("text/html"))
}

fn answer(name: &str, file: EmbeddedFile, coding: Option<&'static str>, headers: &HeaderMap) -> Response {
    respond(name, file.data, file.metadata.sha256_hash(), coding, headers)
}

fn respond(
    name: &str,
    data: Cow<'static, [u8]>,
    hash: [u8; 32],
    coding: Option<&'static str>,
    headers: &HeaderMap,
) -> Response {
    let tag = etag(hex(&hash[..16]));
    let keep = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut answer = if not_modified(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(data).into_response()
    };
    let out = answer.headers_mut();
    out.insert(header::ETAG, tag);
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    if let Some(coding) = coding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_routes_are_few() {
        for yes in [
            "",
            "cameras",
            "sync",
            "c/ngo-7",
            "login/",
            "system",
            "health",
            "alerts",
            "alerts/channels",
            "people",
            "welcome",
            "invite",
            "setup",
            "events",
            "exports",
            "e/1",
            "c/ngo-7/zones",
            "c/ngo-7/search",
        ] {
            assert!(is_client_route(yes), "{yes}");
        }
        for no in ["c", "c/a/b", "cameras/x", "favicon.ico", "assets/x.js", "../etc/passwd"] {
            assert!(!is_client_route(no), "{no}");
        }
    }

    #[test]
    fn hashed_files_are_kept_for_ever_and_the_page_is_asked_for_again() {
        let respond =
            |name, coding, headers: &HeaderMap| respond(name, Cow::from(&b"x"[..]), [7; 32], coding, headers);
        let script = respond("assets/index-abc.js", Some("br"), &HeaderMap::new());
        let is = |answer: &Response, name: header::HeaderName, value: &str| {
            assert_eq!(answer.headers().get(&name).and_then(|v| v.to_str().ok()), Some(value), "{name}");
        };
        is(&script, header::CACHE_CONTROL, "public, max-age=31536000, immutable");
        is(&script, header::CONTENT_ENCODING, "br");
        is(&script, header::CONTENT_TYPE, "text/javascript; charset=utf-8");
        let page = respond(INDEX, None, &HeaderMap::new());
        is(&page, header::CACHE_CONTROL, "no-cache");
        // At the top, so that its scope is the whole app; a browser must see the next one.
        let worker = respond("sw.js", None, &HeaderMap::new());
        is(&worker, header::CACHE_CONTROL, "no-cache");
        is(&worker, header::CONTENT_TYPE, "text/javascript; charset=utf-8");
        let known = HeaderMap::from_iter([(header::IF_NONE_MATCH, page.headers()[header::ETAG].clone())]);
        assert_eq!(respond(INDEX, None, &known).status(), StatusCode::NOT_MODIFIED);
    }
}
