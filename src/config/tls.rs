//! Pure. How the recorder is reached by HTTPS.

use core::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::Spanned;
use url::Url;

use super::checked::{path, text_or};
use super::place::Place;
use super::raw::{self, AcmeChallenge};
use crate::base::{Error, Host, Result};

/// How other machines reach the recorder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// A second address that is listened on; `None` = HTTPS comes to the first one, beside plain HTTP.
    pub listen: Option<SocketAddr>,
    /// What the recorder is called besides what the machine knows of itself.
    pub names: Vec<Host>,
    /// Where the certificate comes from.
    pub source: CertificateSource,
}

/// Where a certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateSource {
    /// The recorder's own authority, which phones are told to trust.
    Own,
    /// Files that somebody else looks after.
    Files {
        /// PEM: the certificate, then those that it was signed with; absolute.
        certificate: PathBuf,
        /// PEM without a password; absolute.
        key: PathBuf,
    },
    /// An authority that browsers know, asked over the network (RFC 8555).
    Acme(Acme),
}

/// How an authority is asked for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acme {
    /// Public names, at least one.
    pub names: Vec<String>,
    /// Where the authority says what it can do.
    pub directory: Url,
    /// Where it writes to when something is wrong.
    pub email: Option<String>,
    /// How it is shown that the names are ours.
    pub proof: Proof,
    /// PEM of who signs the authority's own HTTPS, when the machine does not know them; absolute. Its certificates are then
    /// not taken for ones that every browser trusts.
    pub root: Option<PathBuf>,
}

/// How it is shown that names are ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The authority fetches a file from port 80 of the name (RFC 8555 section 8.3).
    Http,
    /// The authority reads a TXT record (RFC 8555 section 8.4); this works for private addresses, too.
    Dns {
        /// Program that is called with `add` or `remove`, the record's name and its value; absolute.
        hook: PathBuf,
        /// Seconds that the record needs to be seen everywhere.
        settle_s: u32,
    },
}

/// Let's Encrypt, which asks for nothing.
const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";
const SETTLE_S: i64 = 30;
const SETTLE_MAX_S: i64 = 600;

/// `behind_a_proxy`: the site has an address of its own, so that by default somebody else does HTTPS.
pub(super) fn tls(
    place: &Place<'_>,
    raw: &raw::Tls,
    folder: &Path,
    behind_a_proxy: bool,
) -> Result<Option<Tls>> {
    let says_something = raw.listen.is_some()
        || raw.names.is_some()
        || raw.certificate.is_some()
        || raw.key.is_some()
        || raw.acme.is_some();
    if !raw.enabled.unwrap_or(says_something || !behind_a_proxy) {
        return Ok(None);
    }
    let source = match (&raw.certificate, &raw.key, &raw.acme) {
        (None, None, None) => CertificateSource::Own,
        (None, None, Some(how)) => CertificateSource::Acme(acme(place, how, folder)?),
        (Some(certificate), Some(key), None) => CertificateSource::Files {
            certificate: path(place, Some(certificate), folder)?.unwrap_or_default(),
            key: path(place, Some(key), folder)?.unwrap_or_default(),
        },
        (Some(one), None, None) | (None, Some(one), None) => {
            let sentence = "tls.certificate and tls.key belong together; give both";
            return Err(place.error(one.span(), sentence));
        }
        (_, _, Some(how)) => {
            let sentence =
                "a certificate comes from files or by ACME; remove tls.certificate and tls.key, or tls.acme";
            return Err(place.error(how.span(), sentence));
        }
    };
    let listen = match &raw.listen {
        None => None,
        Some(value) => Some(value.get_ref().trim().parse().map_err(|_| {
            let sentence =
                format!("{:?} is no address to listen on; write it like \"0.0.0.0:443\"", value.get_ref());
            place.error(value.span(), &sentence)
        })?),
    };
    let names = raw.names.iter().flatten().map(|name| host(place, name)).collect::<Result<_>>()?;
    Ok(Some(Tls { listen, names, source }))
}

fn host(place: &Place<'_>, name: &Spanned<String>) -> Result<Host> {
    name.get_ref().parse().map_err(|e: Error| place.error(name.span(), e.message()))
}

fn acme(place: &Place<'_>, raw: &Spanned<raw::Acme>, folder: &Path) -> Result<Acme> {
    let (span, raw) = (raw.span(), raw.get_ref());
    let mut names = Vec::new();
    for name in &raw.names {
        match host(place, name)? {
            Host::Dns(text) if text.contains('.') => names.push(text),
            _ => {
                let sentence = "ACME is for public names; write them like \"camera.example.vn\"";
                return Err(place.error(name.span(), sentence));
            }
        }
    }
    if names.is_empty() {
        return Err(place.error(span, "tls.acme needs names; write names = [\"camera.example.vn\"]"));
    }
    if raw.agree != Some(true) {
        let sentence = "the authority gives certificates to those who agree to its terms; read them, then write agree = true";
        return Err(place.error(span, sentence));
    }
    let text = raw.directory.as_ref().map_or(DIRECTORY, |d| d.get_ref().trim());
    let directory = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.has_host());
    let directory = directory.ok_or_else(|| {
        let at = raw.directory.as_ref().map_or(span.clone(), Spanned::span);
        place.error(at, &format!("{text:?} is no directory; write it like \"{DIRECTORY}\""))
    })?;
    let email =
        raw.email.as_ref().map(|email| text_or(place, Some(email), "tls.acme.email", "")).transpose()?;
    if let (Some(text), Some(at)) = (&email, &raw.email)
        && (!text.contains('@') || text.contains([' ', ':']))
    {
        return Err(place.error(at.span(), "this is no address; write it like \"it@example.vn\""));
    }
    let hook = path(place, raw.hook.as_ref(), folder)?;
    let proof = match (raw.challenge.unwrap_or(AcmeChallenge::Http), hook) {
        (AcmeChallenge::Http, _) => Proof::Http,
        (AcmeChallenge::Dns, Some(hook)) => Proof::Dns { hook, settle_s: settle(place, raw)? },
        (AcmeChallenge::Dns, None) => {
            let sentence = "challenge = \"dns\" needs a program that writes the record; name it with hook = \"/etc/lanewatch/dns-hook\"";
            return Err(place.error(span, sentence));
        }
    };
    Ok(Acme { names, directory, email, proof, root: path(place, raw.root.as_ref(), folder)? })
}

fn settle(place: &Place<'_>, raw: &raw::Acme) -> Result<u32> {
    let Some(value) = &raw.settle_s else { return Ok(SETTLE_S as u32) };
    u32::try_from(*value.get_ref()).ok().filter(|s| i64::from(*s) <= SETTLE_MAX_S).ok_or_else(|| {
        let sentence =
            format!("{} is no time to wait; write seconds from 0 to {SETTLE_MAX_S}", value.get_ref());
        place.error(value.span(), &sentence)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn parse(text: &str) -> Result<Option<Tls>> {
        let (file, folder) = (Path::new("lanewatch.toml"), Path::new("/etc/lanewatch"));
        Config::parse(text, file, folder, None).map(|config| config.tls)
    }

    fn refused(text: &str) -> String {
        parse(text).expect_err("it is wrong").message().to_owned()
    }

    #[test]
    fn there_is_https_unless_a_proxy_does_it() {
        let own = Tls { listen: None, names: Vec::new(), source: CertificateSource::Own };
        assert_eq!(parse("").expect("right"), Some(own.clone()));
        assert_eq!(parse("[tls]\nenabled = false").expect("right"), None);
        let proxy = "[site]\nurl = \"https://camera.example.vn\"\n";
        assert_eq!(parse(proxy).expect("right"), None);
        assert_eq!(parse(&format!("{proxy}[tls]\nenabled = true")).expect("right"), Some(own));
        let named =
            parse(&format!("{proxy}[tls]\nnames = [\"NVR.lan\", \"10.0.0.5\"]\nlisten = \"[::]:443\""));
        let named = named.expect("right").expect("on");
        assert_eq!(named.names, [Host::Dns("nvr.lan".to_owned()), Host::Ip([10, 0, 0, 5].into())]);
        assert_eq!(named.listen.map(|a| a.port()), Some(443));
    }

    #[test]
    fn files_and_authorities_are_given_whole() {
        let files = parse("[tls]\ncertificate = \"a.pem\"\nkey = \"/b.pem\"").expect("right").expect("on");
        let (certificate, key) = ("/etc/lanewatch/a.pem".into(), "/b.pem".into());
        assert_eq!(files.source, CertificateSource::Files { certificate, key });
        let public = "[tls.acme]\nnames = [\"camera.example.vn\"]\nagree = true\n";
        let CertificateSource::Acme(acme) = parse(public).expect("right").expect("on").source else {
            panic!("ACME")
        };
        assert_eq!((acme.directory.as_str(), acme.proof, acme.root), (DIRECTORY, Proof::Http, None));
        let dns = parse(&format!(
            "{public}challenge = \"dns\"\nhook = \"hook\"\nsettle_s = 5\nemail = \"it@example.vn\""
        ));
        let CertificateSource::Acme(acme) = dns.expect("right").expect("on").source else { panic!("ACME") };
        assert_eq!(acme.proof, Proof::Dns { hook: "/etc/lanewatch/hook".into(), settle_s: 5 });
        assert_eq!(acme.email.as_deref(), Some("it@example.vn"));
    }

    #[test]
    fn the_readme_s_examples_are_right() {
        let readme = include_str!("../../README.md");
        let examples = readme.split("```toml").skip(1).filter_map(|rest| rest.split("```").next());
        let examples: Vec<&str> = examples.filter(|text| text.contains("[tls")).collect();
        assert_eq!(examples.len(), 2);
        for text in examples {
            assert_ne!(parse(text).expect("right").expect("on").source, CertificateSource::Own);
        }
    }

    #[test]
    fn what_is_half_or_wrong_is_told_with_its_place_and_remedy() {
        for (text, said) in [
            ("[tls]\ncertificate = \"a\"", "line 2, column 15: tls.certificate and tls.key belong together"),
            ("[tls]\nnames = [\"a b\"]", "line 2, column 10: \"a b\" is no name"),
            ("[tls]\nlisten = \"443\"", "line 2, column 10: \"443\" is no address"),
            ("[tls]\nport = 443", "unknown field `port`"),
            ("[tls.acme]\nagree = true", "missing field `names`"),
            ("[tls.acme]\nnames = []\nagree = true", "needs names"),
            (
                "[tls.acme]\nnames = [\"10.0.0.5\"]\nagree = true",
                "line 2, column 10: ACME is for public names",
            ),
            ("[tls.acme]\nnames = [\"a.vn\"]", "agree = true"),
            ("[tls.acme]\nnames = [\"a.vn\"]\nagree = true\nchallenge = \"dns\"", "hook ="),
            ("[tls.acme]\nnames = [\"a.vn\"]\nagree = true\ndirectory = \"http://x\"", "is no directory"),
            (
                "[tls.acme]\nnames = [\"a.vn\"]\nagree = true\nemail = \"x\"",
                "line 4, column 9: this is no address",
            ),
            (
                "[tls]\ncertificate = \"a\"\nkey = \"b\"\n[tls.acme]\nnames = [\"a.vn\"]\nagree = true",
                "from files or by ACME",
            ),
        ] {
            let refusal = refused(text);
            assert!(refusal.contains(said), "{text}: {refusal}");
        }
    }
}
