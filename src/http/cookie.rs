//! Pure. The two cookies: the session, and the mark of a device that has signed in before.

use axum::http::{HeaderMap, HeaderValue, header};

use super::error::{Answer, Code, Problem};

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// Opens everything that its owner may see.
    Session,
    /// Opens nothing.
    Device,
}

impl Name {
    /// Over TLS the name itself promises what the cookie is like (RFC 6265bis section 4.1.3.2); over plain HTTP a
    /// browser would refuse that name.
    fn text(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-lanewatch",
            (Self::Session, false) => "lanewatch",
            (Self::Device, true) => "__Host-lanewatch-device",
            (Self::Device, false) => "lanewatch-device",
        }
    }
}

/// The value that the client sent.
pub(super) fn find(headers: &HeaderMap, name: Name, secure: bool) -> Option<&str> {
    let name = name.text(secure);
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// A `Set-Cookie` line; `max_age_s` 0 takes the cookie away.
pub(super) fn set(name: Name, value: &str, max_age_s: i64, secure: bool) -> Answer<HeaderValue> {
    let (name, end) = (name.text(secure), if secure { "; Secure" } else { "" });
    let line = format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{end}");
    let mut line = HeaderValue::from_str(&line)
        .map_err(|_| Problem::new(Code::Internal, "the session cannot be written; report this"))?;
    line.set_sensitive(true);
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_among_others_and_by_their_whole_name() {
        let line = HeaderValue::from_static("lanewatch-device=d; x=1; lanewatch=abc; lanewatch=second");
        let headers = HeaderMap::from_iter([(header::COOKIE, line)]);
        assert_eq!(find(&headers, Name::Session, false), Some("abc"));
        assert_eq!(find(&headers, Name::Device, false), Some("d"));
        assert_eq!(find(&headers, Name::Session, true), None);
    }

    #[test]
    fn scripts_and_other_sites_never_get_them() {
        let line = set(Name::Session, "t", 60, true).expect("cookie");
        let expected = "__Host-lanewatch=t; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure";
        assert_eq!(line.to_str().expect("text"), expected);
        assert!(set(Name::Session, "t\n", 60, true).is_err());
    }
}
