//! Pure. What is written into ONVIF messages, and what is read out of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, ParsingOptions};
use sha1::{Digest, Sha1};

use crate::base::{Credentials, Ticks};

/// Nodes of a message; the largest that cameras send has two thousand.
const MOST_NODES: u32 = 20_000;
/// Characters of a text that is shown.
const TEXT_MAX: usize = 80;

/// A message from outside. `None` when it is not XML, has a DTD, or is too large.
pub(super) fn parse(text: &str) -> Option<Document<'_>> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).ok()
}

/// All elements of this name, whatever their namespace: cameras disagree about prefixes, and some about namespaces.
pub(super) fn all<'a, 'i: 'a>(
    from: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> + 'a {
    from.descendants().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

/// Text of the first element of this name.
pub(super) fn text<'a>(from: Node<'a, '_>, name: &'static str) -> Option<&'a str> {
    all(from, name).next().and_then(|node| node.text()).map(str::trim).filter(|text| !text.is_empty())
}

/// A number in the first element of this name.
pub(super) fn number(from: Node<'_, '_>, name: &'static str) -> Option<u32> {
    text(from, name)?.parse().ok()
}

/// A stranger's text, short and without control characters.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect::<String>().trim().to_owned()
}

/// A text as it stands in XML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 section 2.2: these cannot be written at all.
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// The header that shows a password was known (OASIS UsernameToken Profile 1.0, section 3.1).
pub(super) fn security(credentials: &Credentials, nonce: &[u8], created: Ticks) -> String {
    let created = created.rfc3339();
    let mut hash = Sha1::new();
    for part in [nonce, created.as_bytes(), credentials.password.expose().as_bytes()] {
        hash.update(part);
    }
    let (digest, nonce) = (STANDARD.encode(hash.finalize()), STANDARD.encode(nonce));
    let username = escaped(&credentials.username);
    format!(
        r#"<w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" s:mustUnderstand="1"><w:UsernameToken><w:Username>{username}</w:Username><w:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">{digest}</w:Password><w:Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary">{nonce}</w:Nonce><u:Created>{created}</u:Created></w:UsernameToken></w:Security>"#
    )
}

/// A whole message (SOAP 1.2).
pub(super) fn envelope(header: &str, body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"#
    )
}

/// The camera's clock in the answer to `GetSystemDateAndTime`.
pub(super) fn clock(from: Node<'_, '_>) -> Option<Ticks> {
    let utc = all(from, "UTCDateTime").next()?;
    let [year, month, day, hour, minute, second] =
        ["Year", "Month", "Day", "Hour", "Minute", "Second"].map(|name| number(utc, name));
    let text =
        format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year?, month?, day?, hour?, minute?, second?.min(59));
    Ticks::parse(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;

    #[test]
    fn the_digest_is_the_one_of_the_standard() {
        // By hand: printf '\x01\x02\x03\x042026-11-22T15:00:00.000Zvillage' | sha1sum | xxd -r -p | base64
        let credentials = Credentials { username: "a&b".to_owned(), password: Secret::new("village") };
        let header =
            security(&credentials, &[1, 2, 3, 4], Ticks::parse("2026-11-22T15:00:00Z").expect("time"));
        assert!(header.contains(">VXJUwA7KNFZ4uOC91m2wk9sGYPU=<"), "{header}");
        assert!(header.contains(">AQIDBA==<") && header.contains(">a&amp;b<") && !header.contains("village"));
    }

    #[test]
    fn what_is_built_to_hurt_is_not_read() {
        let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>"#;
        assert!(parse(bomb).is_none());
        let deep = "<a>".repeat(80_000);
        assert!(parse(&deep).is_none());
        let deep_and_closed = format!("{}{}", "<a>".repeat(15_000), "</a>".repeat(15_000));
        // Whichever it is, it ends.
        let _ = parse(&deep_and_closed).map(|document| all(document.root(), "b").count());
        assert!(parse("RTSP/1.0 200 OK").is_none());
    }

    #[test]
    fn a_clock_is_read_and_nonsense_is_not() {
        let text = |second: &str| {
            format!(
                "<e><UTCDateTime><Time><Hour>7</Hour><Minute>5</Minute><Second>{second}</Second></Time>\
                 <Date><Year>2026</Year><Month>11</Month><Day>22</Day></Date></UTCDateTime></e>"
            )
        };
        let read = |text: &str| clock(parse(text).expect("xml").root());
        assert_eq!(read(&text("9")), Ticks::parse("2026-11-22T07:05:09Z").ok());
        assert_eq!(read(&text("-9")), None);
        assert_eq!(read(&text("9").replace("11", "99999")), None);
        assert_eq!(read("<e/>"), None);
    }
}
