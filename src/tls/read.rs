//! What stands in a certificate, and chain and key out of PEM (RFC 7468).

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Name;

use super::names::Hosts;
use crate::base::{Error, Host, Result, Ticks};

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is for.
    pub names: Vec<Host>,
    /// Common name of whose it is; may be empty.
    pub subject: String,
    /// Common name of who signed it; may be empty.
    pub issuer: String,
    /// Valid from here on.
    pub not_before: Ticks,
    /// Not valid from here on.
    pub not_after: Ticks,
}

impl Facts {
    /// Part of its life that is left, 0 to 1; all of it before it begins: whose clock is behind need not ask again.
    pub fn left(&self, now: Ticks) -> f64 {
        let whole = (self.not_after - self.not_before).max(1) as f64;
        ((self.not_after - now) as f64 / whole).clamp(0.0, 1.0)
    }
}

/// A certificate with its key, ready to be shown.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) facts: Facts,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl Pair {
    /// Out of PEM; both may stand in one text.
    ///
    /// # Errors
    /// `Invalid`: one sentence without a subject, to be put after the files' names.
    pub(super) fn read(chain: &[u8], key: &[u8]) -> Result<Self> {
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(chain).collect::<std::result::Result<_, _>>().map_err(|e| {
                Error::invalid("the certificate is no PEM; give the file with -----BEGIN CERTIFICATE-----")
                    .because(e)
            })?;
        let Some(leaf) = chain.first() else {
            return Err(Error::invalid(
                "there is no certificate in it; give the file with -----BEGIN CERTIFICATE-----",
            ));
        };
        let facts = facts(leaf)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            Error::invalid(
                "there is no key in it; give the file with -----BEGIN PRIVATE KEY-----, without a password",
            )
        })?;
        let key = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|e| match e {
            rustls::Error::InconsistentKeys(_) => {
                Error::invalid("the key belongs to another certificate; give the two that were made together")
            }
            e => Error::invalid("the key cannot be used; give an ECDSA P-256 or RSA key").because(e),
        })?;
        Ok(Self { key: Arc::new(key), facts })
    }
}

fn common_name(name: &X509Name<'_>) -> String {
    let found = name.iter_common_name().next().and_then(|cn| cn.as_str().ok());
    found
        .or_else(|| name.iter_organization().next().and_then(|o| o.as_str().ok()))
        .unwrap_or_default()
        .to_owned()
}

/// 4 or 16 bytes.
pub(super) fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// Reads a certificate.
///
/// # Errors
/// `Invalid` when it is none.
pub(super) fn facts(certificate: &[u8]) -> Result<Facts> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
        .map_err(|_| Error::invalid("the certificate cannot be read; have it made again"))?;
    let mut names = Hosts::new();
    if let Ok(Some(alternatives)) = parsed.subject_alternative_name() {
        for name in &alternatives.value.general_names {
            match name {
                // A wildcard is kept as it stands.
                GeneralName::DNSName(name) => {
                    names.insert(Host::Dns(name.to_ascii_lowercase()));
                }
                GeneralName::IPAddress(bytes) => names.extend(address(bytes).map(Host::Ip)),
                _ => {}
            }
        }
    }
    let validity = parsed.validity();
    Ok(Facts {
        names: names.into_iter().collect(),
        subject: common_name(parsed.subject()),
        issuer: common_name(parsed.issuer()),
        not_before: Ticks::from_seconds(validity.not_before.timestamp()),
        not_after: Ticks::from_seconds(validity.not_after.timestamp()),
    })
}

/// A certificate as PEM.
pub(super) fn pem(certificate: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(certificate);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    // Lines of 64 characters (RFC 7468 section 2).
    for line in text.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_a_part_of_the_whole() {
        let facts = Facts {
            names: Vec::new(),
            subject: String::new(),
            issuer: String::new(),
            not_before: Ticks(100),
            not_after: Ticks(400),
        };
        assert_eq!(facts.left(Ticks(300)), 1.0 / 3.0);
        assert_eq!((facts.left(Ticks(99)), facts.left(Ticks(400)), facts.left(Ticks(9000))), (1.0, 0.0, 0.0));
    }

    #[test]
    fn files_that_are_something_else_are_told_in_words() {
        let said =
            |chain: &[u8], key: &[u8]| Pair::read(chain, key).expect_err("refused").message().to_owned();
        assert!(said(b"", b"").contains("no certificate in it"));
        assert!(
            said(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"")
                .contains("cannot be read")
        );
        assert!(
            said(b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", b"").contains("no PEM")
        );
    }
}
