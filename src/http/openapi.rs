//! `GET /api/openapi.json`: the API described by its own types. The same text stands in `web/openapi.json`, from which
//! the web app makes its types.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, Ref, RefOr, ResponseBuilder, ResponsesBuilder};
use utoipa::{IntoResponses, Modify, OpenApi, ToSchema};

use super::error::{Problem, ProblemBody};
use super::etag::{etag, not_modified};
use super::router;

#[derive(OpenApi)]
#[openapi(
    info(title = "lanewatch", description = "Video recorder for the lanes of a village. Times are RFC 3339; ranges are half-open.",
        license(name = "MIT OR Apache-2.0")),
    servers((url = "/api/v1")),
    security(("session" = []), ("token" = [])),
    components(schemas(ProblemBody)),
    modifiers(&Schemes),
)]
pub(super) struct Api;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let cookie =
            ApiKeyValue::with_description("lanewatch", "Set by POST /session; __Host-lanewatch over TLS.");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("For machines; made by the command line."));
        components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
    }
}

/// Every failure has the same shape.
impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let content = utoipa::openapi::ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(ProblemBody::name())))
            .build();
        let failure = ResponseBuilder::new()
            .description("What went wrong")
            .content("application/problem+json", content);
        ResponsesBuilder::new().response("default", failure).build().into()
    }
}

/// The text, as it stands in the repository.
pub fn json() -> String {
    let mut text = serde_json::to_string_pretty(&router::document()).unwrap_or_default();
    text.push('\n');
    text
}

static TEXT: LazyLock<(String, HeaderValue)> = LazyLock::new(|| {
    let text = json();
    let mut hash = DefaultHasher::new();
    text.hash(&mut hash);
    let tag = etag(format_args!("{:016x}", hash.finish()));
    (text, tag)
});

/// Answers the description.
pub(super) async fn get_openapi(headers: HeaderMap) -> Response {
    let (text, tag) = &*TEXT;
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    if not_modified(&headers, tag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text.as_str())
        .into_response()
}
