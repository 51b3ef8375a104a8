//! Pure. What a machine is called: a host name or an address.

use core::net::IpAddr;
use std::fmt;
use std::str::FromStr;

use super::Error;

/// A name that a machine is reached by, and that stands in a certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A host name, in lower case and ASCII.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

/// Longest name and longest part of one (RFC 1035 section 2.3.4).
const NAME_LENGTH: usize = 253;
const LABEL_LENGTH: usize = 63;

impl FromStr for Host {
    type Err = Error;

    /// An address, or a host name of letters, digits and hyphens (RFC 1123 section 2.1).
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Self::Ip(address.to_canonical()));
        }
        let label = |label: &str| {
            (1..=LABEL_LENGTH).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        // The last part of an address that was mistyped is a number; that of a name never is (RFC 3696 section 2).
        let numeric = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if text.len() > NAME_LENGTH || numeric || !text.split('.').all(label) {
            return Err(Error::invalid(format!(
                "{text:?} is no name of a machine; write it like \"camera.example.vn\" or \"10.0.0.5\""
            )));
        }
        Ok(Self::Dns(text))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_told_apart_and_typing_mistakes_from_both() {
        let parse = |text: &str| text.parse::<Host>().ok();
        assert_eq!(parse("Camera.Example.VN."), Some(Host::Dns("camera.example.vn".to_owned())));
        assert_eq!(parse("10.0.0.5"), Some(Host::Ip([10, 0, 0, 5].into())));
        assert_eq!(parse("[fd00::1]").map(|n| n.to_string()), Some("fd00::1".to_owned()));
        assert_eq!(parse("::ffff:10.0.0.5").map(|n| n.to_string()), Some("10.0.0.5".to_owned()));
        for bad in
            ["", ".", "10.0.0.256", "a b", "-a", "a-", "a..b", "ngõ", "http://x", "x:80", &"a".repeat(64)]
        {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
