//! How it stands with the certificates, for those who ask.

use rustls::pki_types::CertificateDer;

use super::authority::Authority;
use super::profile;
use super::read::{self, Facts};
use crate::base::Ticks;

/// What does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Stable name: `files_unreadable`, `acme_failed`, `not_written`.
    pub code: &'static str,
    /// One sentence in English: what happened and what to do.
    pub message: String,
    /// Since when.
    pub since: Ticks,
}

/// What phones are told to trust.
#[derive(Clone, Debug)]
pub struct AuthorityFacts {
    /// As phones list it.
    pub name: String,
    /// The certificate (DER).
    pub der: CertificateDer<'static>,
    /// SHA-256 of it.
    pub fingerprint: [u8; 32],
    /// Not valid from here on.
    pub not_after: Ticks,
}

impl AuthorityFacts {
    /// The certificate as PEM.
    pub fn pem(&self) -> String {
        read::pem(&self.der)
    }

    /// The certificate as a profile for Apple's devices.
    pub fn profile(&self) -> String {
        profile::profile(&self.der, &self.fingerprint, &self.name)
    }

    /// What people compare: pairs of hexadecimal digits.
    pub fn fingerprint_text(&self) -> String {
        let pairs: Vec<String> = self.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }
}

/// How it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// `own`, `files` or `acme`.
    pub source: &'static str,
    /// What is shown to those who come by its names; `None` when there is nothing to show.
    pub certificate: Option<Facts>,
    /// It is the one that was asked for, not the own one in its stead.
    pub is_the_wanted: bool,
    /// Every browser trusts it without being told to.
    pub is_public: bool,
    /// The own authority.
    pub authority: Option<AuthorityFacts>,
    /// What does not work.
    pub trouble: Option<Trouble>,
    /// When a public authority is asked again.
    pub next_try: Option<Ticks>,
}

pub(super) fn authority_facts(authority: &Authority) -> AuthorityFacts {
    AuthorityFacts {
        name: authority.name().to_owned(),
        der: authority.der().clone(),
        fingerprint: authority.fingerprint(),
        not_after: authority.not_after(),
    }
}
