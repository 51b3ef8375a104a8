//! The web app's files, and what every answer carries.

use super::bench::Bench;

#[tokio::test]
async fn every_answer_is_armoured() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    for path in ["/", "/nothing", "/api/v1/cameras", "/api/v1/nothing", "/api/openapi.json", "/c/ngo-7?t=x"] {
        let reply = client.get(path).await;
        let csp = reply.header("content-security-policy").expect(path);
        assert!(
            csp.starts_with("default-src 'none'; script-src 'self';") && !csp.contains("unsafe"),
            "{csp}"
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert!(reply.header("server-timing").is_some_and(|t| t.starts_with("app;dur=")), "{path}");
        assert!(reply.header("access-control-allow-origin").is_none(), "{path}");
    }
}

#[tokio::test]
async fn pages_are_served_where_the_app_has_routes_and_nowhere_else() {
    let bench = Bench::new().await;
    let mut client = bench.stranger();
    for path in ["/", "/login", "/cameras", "/system", "/health", "/setup", "/c/ngo-7"] {
        let reply = client.get(path).await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{path}"
        );
        assert_ne!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
    }
    for path in [
        "/nothing",
        "/assets/nothing.js",
        "/../Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "/%2e%2e/Cargo.toml",
        "//etc/passwd",
    ] {
        let reply = client.get(path).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"), "{path}");
    }
    // A person on an old link gets the app, which says so; a missing part of a page is no page.
    let page = client.send("GET", "/nothing/here", &[("accept", "text/html,*/*;q=0.8")], None).await;
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert_eq!(client.send("POST", "/", &[], None).await.status, 405);
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_told_apart() {
    let bench = Bench::new().await;
    let mut client = bench.admin().await;
    assert_eq!(client.get("/api/v1/nothing").await.code(), "not_found");
    let wrong = client.send("PUT", "/api/v1/cameras", &[], None).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (405, "invalid"));
    assert!(wrong.header("allow").is_some_and(|allow| allow.contains("GET") && allow.contains("POST")));
    assert_eq!(client.send("HEAD", "/api/v1/cameras", &[], None).await.status, 200);
    assert_eq!(client.get("/api/v1/cameras/ngo-7").await.code(), "not_found");
    assert_eq!(client.get("/api/v1/live").await.code(), "invalid", "no upgrade was asked for");
}
