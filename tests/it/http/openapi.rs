//! The description in the repository is the one the program gives.

use serde_json::Value;

use super::bench::Bench;

#[test]
fn the_committed_description_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/web/openapi.json");
    let current = lanewatch::http::openapi_json();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        #[expect(clippy::disallowed_methods, reason = "a tool of developers, not a file of the recorder")]
        std::fs::write(path, &current).expect("web/openapi.json can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == current,
        "web/openapi.json is old; run UPDATE_OPENAPI=1 cargo test --test it openapi"
    );
}

#[test]
fn every_route_has_a_summary_a_name_and_says_how_it_fails() {
    let document: Value = serde_json::from_str(&lanewatch::http::openapi_json()).expect("json");
    assert!(document["openapi"].as_str().is_some_and(|v| v.starts_with("3.1")));
    let mut names = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(
                operation["responses"]["default"]["content"]["application/problem+json"].is_object(),
                "{method} {path}"
            );
            names.push(operation["operationId"].as_str().expect("operationId").to_owned());
        }
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[tokio::test]
async fn anybody_may_read_it_and_keep_it() {
    let bench = Bench::new().await;
    let mut client = bench.stranger();
    let reply = client.get("/api/openapi.json").await;
    assert_eq!(reply.text(), lanewatch::http::openapi_json());
    let tag = reply.header("etag").expect("etag").to_owned();
    assert_eq!(client.send("GET", "/api/openapi.json", &[("If-None-Match", &tag)], None).await.status, 304);
}
