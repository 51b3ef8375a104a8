//! What plain HTTP from another machine gets, where there is HTTPS: the way to it, how to trust it ([`super::trust`]),
//! and what a public authority asks for. This machine itself may go on in plain.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::error::{Answer, Code, Problem};
use super::extract::Path;
use super::serve::{Peer, Via};
use super::{machine, trust};

/// Where an authority looks for a proof (RFC 8555 section 8.3).
pub(super) const CHALLENGE: &str = "/.well-known/acme-challenge/{token}";

/// Lets through what is secret, local, or must be had before there is trust.
pub(super) async fn front(State(app): State<App>, request: Request, next: Next) -> Answer<Response> {
    let via = request.extensions().get::<Via>().copied().unwrap_or_default();
    let local = request.extensions().get::<Peer>().is_some_and(|Peer(peer)| app.may_be_plain(*peer));
    if app.tls().is_none() || via.tls || local || is_before_trust(request.uri().path()) {
        return Ok(next.run(request).await);
    }
    let there = there(&app, request.headers(), request.uri());
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let there = there.unwrap_or_else(|| "https://".to_owned());
        let sentence = format!(
            "nothing is changed over plain HTTP, where all can read along; use {there} (/trust says how to trust it)"
        );
        return Err(Problem::new(Code::Forbidden, sentence));
    }
    let there = there.and_then(|there| HeaderValue::from_str(&there).ok());
    let there = there.ok_or_else(|| {
        Problem::invalid("the request does not say by which name the recorder was called; send Host")
            .with_status(StatusCode::BAD_REQUEST)
    })?;
    Ok((StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, there)]).into_response())
}

fn is_before_trust(path: &str) -> bool {
    trust::PATHS.contains(&path) || path.starts_with("/.well-known/acme-challenge/")
}

/// The same address by HTTPS; `None` when the request names no host.
fn there(app: &App, headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
    Some(format!("{}{rest}", secure_origin(app, headers)?))
}

/// What HTTPS addresses of the recorder begin with, for whoever calls it by this `Host`.
pub(super) fn secure_origin(app: &App, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    origin(host, app.https_port())
}

/// The same for links that leave this machine: whoever sits at it calls it by a name that nobody else can use.
pub(super) fn for_others(app: &App, host: &str) -> Option<String> {
    origin(&reached(host)?, app.https_port())
}

/// A `Host` by which other machines reach this one; `None` when it is in no network.
pub(super) fn reached(host: &str) -> Option<String> {
    let (name, port) = split(host)?;
    let is_local = match name.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost",
    };
    if !is_local {
        return Some(host.to_owned());
    }
    let address = machine::address()?;
    Some(port.map_or_else(|| address.to_string(), |port| SocketAddr::new(address, port).to_string()))
}

/// `port`: HTTPS has one of its own, else it has that of `host`.
fn origin(host: &str, port: Option<u16>) -> Option<String> {
    let (name, own) = split(host)?;
    match port.or(own) {
        // Plain HTTP on 80 and HTTPS on the same port: few browsers would find it without the number.
        None => Some(format!("https://{name}:80")),
        Some(443) => Some(format!("https://{name}")),
        Some(port) => Some(format!("https://{name}:{port}")),
    }
}

/// Name and port of a `Host` header (RFC 9110 section 7.2); `None` when it holds what a name cannot.
pub(super) fn split(host: &str) -> Option<(&str, Option<u16>)> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port.parse().ok()?)),
        _ => (host, None),
    };
    let plain = match name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    (plain && !name.is_empty() && name.len() <= 253).then_some((name, port))
}

/// What an authority is told that asks whether we asked it.
pub(super) async fn get_challenge(State(app): State<App>, Path(token): Path<String>) -> Answer<Response> {
    let answer = app.tls().and_then(|tls| tls.challenge(&token));
    let answer =
        answer.ok_or_else(|| Problem::not_found("no certificate is being asked for with this token"))?;
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))];
    Ok((kind, answer).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_https_keeps_name_and_port() {
        let origin = |host: &str, port| origin(host, port).unwrap_or_default();
        assert_eq!(origin("10.0.0.5:8080", None), "https://10.0.0.5:8080");
        assert_eq!(origin("may.local:8080", Some(443)), "https://may.local");
        assert_eq!(origin("may.local", Some(8443)), "https://may.local:8443");
        assert_eq!(origin("[fd00::1]:8080", None), "https://[fd00::1]:8080");
        assert_eq!(origin("[fd00::1]", Some(443)), "https://[fd00::1]");
        assert_eq!(origin("may", None), "https://may:80");
    }

    #[test]
    fn nobody_is_sent_to_a_name_of_this_machine_alone() {
        assert_eq!(reached("10.0.0.5:8080").as_deref(), Some("10.0.0.5:8080"));
        for local in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            let reached = reached(local);
            assert!(
                reached.is_none_or(|r| r.ends_with(":8080") && !r.starts_with("127.") && r != local),
                "{local}"
            );
        }
    }

    #[test]
    fn a_host_that_is_no_name_leads_nowhere() {
        for bad in
            ["", ":8080", "a b", "x/y", "evil.example@10.0.0.5", "a\"b", "[zz]:1", "a:99999", "a:x", "[::1"]
        {
            assert_eq!(split(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_comes_before_trust_is_a_short_list() {
        for yes in ["/trust", "/trust/check", "/ca.crt", "/.well-known/acme-challenge/x"] {
            assert!(is_before_trust(yes), "{yes}");
        }
        for no in ["/", "/trust/", "/trustx", "/api/v1/health", "/ca.crt/x", "/.well-known/x", "/sw.js"] {
            assert!(!is_before_trust(no), "{no}");
        }
    }
}
